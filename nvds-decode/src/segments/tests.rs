use super::*;

fn run(dims: &[usize], data: &[f32], options: Options) -> Result<Map, String> {
    let tensor = TensorView::new("output", dims, data).unwrap();
    let mut map = Map::default();
    Segmenter::new(options)
        .run(&[tensor], None, &mut map)
        .map(|()| map)
        .map_err(|error| error.to_string())
}

#[test]
fn the_first_of_the_greatest_above_the_threshold_counts() {
    // Two classes of 2x3 pixels.
    let numbers = [
        0.9,
        0.2,
        0.5,
        0.4,
        f32::NAN,
        0.3,
        0.1,
        0.8,
        0.5,
        0.4,
        f32::NAN,
        f32::NAN,
    ];
    let map = run(&[2, 2, 3], &numbers, Options::default());
    // As many rows as classes: nothing tells.
    assert!(map.unwrap_err().contains("set channel-order"));
    let options = Options {
        order: Some(Order::Chw),
        threshold: Some(0.4),
        ..Options::default()
    };
    let map = run(&[2, 2, 3], &numbers, options.clone()).unwrap();
    assert_eq!(map.class_map, [0, 1, 0, -1, -1, -1]);
    assert_eq!((map.size, map.classes), (Size::new(3, 2), 2));
    assert_eq!(map.coverage(), (vec![2, 1], 3));
    // The same pixel by pixel.
    let turned: Vec<f32> = (0..6)
        .flat_map(|at| [numbers[at], numbers[6 + at]])
        .collect();
    let options = Options {
        order: Some(Order::Hwc),
        ..options
    };
    let other = run(&[2, 3, 2], &turned, options).unwrap();
    assert_eq!(other.class_map, map.class_map);
    assert_eq!(other.probabilities[..4], map.probabilities[..4]);
    assert_eq!(other.size, map.size);
}

#[test]
fn one_class_is_there_from_half_on() {
    let numbers = [0.2, 0.5, 0.6, 1.0];
    for dims in [&[1, 2, 2][..], &[2, 2, 1], &[2, 2], &[1, 1, 2, 2]] {
        let map = run(dims, &numbers, Options::default()).unwrap();
        assert_eq!(map.class_map, [-1, -1, 0, 0], "{dims:?}");
        assert_eq!((map.size, map.classes), (Size::new(2, 2), 1));
    }
    let options = Options {
        activation: Some(Activation::Sigmoid),
        ..Options::default()
    };
    let map = run(&[2, 2], &[-1.0, 0.0, 0.1, 90.0], options).unwrap();
    assert_eq!(map.class_map, [-1, -1, 0, 0]);
    assert_eq!(map.probabilities[3], 1.0);
}

#[test]
fn a_softmax_makes_parts_of_one() {
    let options = Options {
        activation: Some(Activation::Softmax),
        threshold: Some(0.7),
        ..Options::default()
    };
    let logits = [
        3.0, 0.0, 1e5, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    ];
    let map = run(&[2, 3, 3], &logits, options).unwrap();
    assert_eq!(map.class_map, [0, 1, 0, -1, 0, -1, -1, -1, -1]);
    let sum = |at: usize| map.probabilities[at] + map.probabilities[9 + at];
    assert!((0..9).all(|at| (sum(at) - 1.0).abs() < 1e-6));
}

#[test]
fn classes_of_the_graph_are_taken_as_they_are() {
    let classes = [0_i64, 7, -3, 1 << 40];
    let tensor = TensorView::new("output", &[1, 2, 2], &classes[..]).unwrap();
    let mut map = Map::default();
    Segmenter::default().run(&[tensor], None, &mut map).unwrap();
    assert_eq!(map.class_map, [0, 7, -1, -1]);
    assert_eq!(map.coverage(), (vec![1, 0, 0, 0, 0, 0, 0, 1], 2));
    assert!(map.probabilities.is_empty());
    let bytes = [1_u8, 2, 3, 4];
    let tensor = TensorView::new("output", &[2, 2], &bytes[..]).unwrap();
    Segmenter::default().run(&[tensor], None, &mut map).unwrap();
    assert_eq!(map.class_map, [1, 2, 3, 4]);
}

#[test]
fn other_layers_are_refused() {
    for dims in [&[16][..], &[1, 1, 1, 4, 4], &[0, 4, 4], &[4, 0, 4]] {
        let data = vec![0.0; dims.iter().product()];
        assert!(run(dims, &data, Options::default()).is_err(), "{dims:?}");
    }
    let numbers = [0.0_f32; 4];
    let [a, b] = ["a", "b"].map(|name| TensorView::new(name, &[2, 2], &numbers[..]).unwrap());
    let mut map = Map::default();
    let error = Segmenter::default()
        .run(&[a, b], None, &mut map)
        .unwrap_err();
    assert!(error.to_string().contains("set layer"), "{error}");
    let named = Options {
        layer: Some("b".to_owned()),
        ..Options::default()
    };
    assert_eq!(Segmenter::new(named).run(&[a, b], None, &mut map), Ok(()));
}

/// More pixels than are looked at together, and classes that are no multiple of four.
#[test]
fn large_maps_have_the_first_of_the_greatest() {
    let (classes, side) = (7, 101);
    let pixels = side * side;
    let numbers: Vec<f32> = (0..classes * pixels)
        .map(|n| (n * 7919 % 23) as f32)
        .collect();
    let tensor = TensorView::new("map", &[classes, side, side], &numbers[..]).unwrap();
    let mut map = Map::default();
    let mut segmenter = Segmenter::new(Options {
        only_classes: true,
        ..Options::default()
    });
    segmenter.run(&[tensor], None, &mut map).unwrap();
    let expected = (0..pixels).map(|pixel| {
        (0..classes).fold(0, |best, class| {
            let of = |class: usize| numbers[class * pixels + pixel];
            if of(class) > of(best) { class } else { best }
        }) as i32
    });
    assert_eq!(map.class_map, expected.collect::<Vec<_>>());
    assert!(map.probabilities.is_empty());
    assert!((0..classes as i32).all(|class| map.class_map.contains(&class)));
}
