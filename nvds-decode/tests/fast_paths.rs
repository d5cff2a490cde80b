//! Numbers that are compared many at a time end as those that are looked at one by one.

use std::sync::Arc;

use nvds_decode::{
    Activation, Anchors, Background, BoxForm, ClassRules, Counts, Detection, Geometry, Layout,
    Options, Padding, Params, Postprocessor, Raw, Size, TensorView, f16,
};

/// Numbers that are the same in every run.
struct Random(u32);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % end
    }
}

fn run(
    layout: &Arc<Layout>,
    tensors: &[TensorView<'_>],
    params: &Params,
) -> (Vec<Detection>, Counts) {
    let geometry =
        Geometry::new(Size::new(300, 300), Size::new(1000, 500), Padding::Stretch).unwrap();
    let mut postprocessor = Postprocessor::with_layout(layout.clone());
    let found = postprocessor
        .run(tensors, &geometry, params)
        .unwrap()
        .to_vec();
    let counts = *postprocessor.counts();
    assert_eq!(counts.candidates, counts.kept + counts.dropped.total());
    (found, counts)
}

fn params(random: &mut Random) -> Params {
    Params {
        score_threshold: [0.5, 0.9, 0.0, 0.77, f32::NAN][random.below(5) as usize],
        classes: match random.below(4) {
            0 => ClassRules::new(&[(4, 0.3)], &[]),
            1 => ClassRules::new(&[(4, 0.3)], &[1, 4, 5]),
            _ => ClassRules::default(),
        },
        first_class: random.below(3),
        num_classes: [0, 6, 90][random.below(3) as usize],
        ..Params::default()
    }
}

/// HALF predictions are compared as integers: infinities and NaNs of either sign are among them.
#[test]
fn halves_are_read_as_the_same_numbers() {
    let (rows, columns) = (300, 7);
    let boxes = vec![0.0f32; 4 * rows];
    let anchors = Anchors::from_rows(&vec![[0.5, 0.5, 0.2, 0.2]; rows], BoxForm::Xywh).unwrap();
    let mut random = Random(1);
    for round in 0..300 {
        let halves: Vec<f16> = (0..rows * columns)
            .map(|_| match random.below(5000) {
                0 => f16::from_bits(random.below(1 << 16) as u16),
                1 => {
                    [f16::NAN, f16::from_bits(0xFE01), f16::NEG_INFINITY][random.below(3) as usize]
                }
                number => f16::from_f32(-9.0 + number as f32 * 0.0021),
            })
            .collect();
        let floats: Vec<f32> = halves.iter().map(|half| half.to_f32()).collect();
        let layout = Arc::new(Layout {
            options: Options::Anchors(Raw::new(anchors.clone())),
            activation: Some(
                [
                    Activation::Sigmoid,
                    Activation::Softmax,
                    Activation::None,
                    Activation::Percent,
                ][round % 4],
            ),
            background: match round % 3 {
                0 => Background::None,
                column => Background::Class(3 * column as u32 - 3),
            },
            ..Layout::default()
        });
        let params = params(&mut random);
        let dims = [rows, columns];
        let of = |scores: TensorView<'_>| {
            let boxes = TensorView::new("box_encodings", &[rows, 4], &boxes[..]).unwrap();
            run(&layout, &[boxes, scores], &params)
        };
        let float = of(TensorView::new("cls_logits", &dims, &floats[..]).unwrap());
        let half = of(TensorView::new("cls_logits", &dims, &halves[..]).unwrap());
        assert_eq!(half, float, "round {round}");
    }
}

/// Lists of FLOAT scores are passed over in blocks, those beside INT64 classes never are.
#[test]
fn listed_entries_are_read_as_one_by_one() {
    let mut random = Random(2);
    let layout = Arc::new(Layout::default());
    for round in 0..500 {
        let count = 1 + random.below(70) as usize;
        let likely = [4, 30, 1000][round % 3];
        let scores: Vec<f32> = (0..count)
            .map(|_| match random.below(likely) {
                0 => random.below(1000) as f32 / 1000.0,
                1 => [f32::NAN, f32::NEG_INFINITY, f32::INFINITY, -0.5, -1.0, 0.0]
                    [random.below(6) as usize],
                _ => random.below(300) as f32 / 1000.0,
            })
            .collect();
        let classes: Vec<i64> = (0..count)
            .map(|_| match random.below(likely) {
                0 => [-1, 100, 5000, 1 << 24, i64::from(i32::MAX)][random.below(5) as usize],
                _ => i64::from(random.below(9)),
            })
            .collect();
        let boxes: Vec<f32> = (0..count)
            .flat_map(|i| {
                let left = (i % 10) as f32 / 10.0;
                [0.1, left, 0.4, left + 0.08]
            })
            .collect();
        let params = params(&mut random);
        let number = [count as f32];
        let base = [
            TensorView::new("num_detections", &[1], &number[..]).unwrap(),
            TensorView::new("detection_scores", &[count], &scores[..]).unwrap(),
            TensorView::new("detection_boxes", &[count, 4], &boxes[..]).unwrap(),
        ];
        let with =
            |classes: TensorView<'_>| run(&layout, &[&base[..], &[classes]].concat(), &params);
        let dims = [count];
        let one_by_one = with(TensorView::new("detection_classes", &dims, &classes[..]).unwrap());
        let floats: Vec<f32> = classes.iter().map(|&class| class as f32).collect();
        let ints: Vec<i32> = classes.iter().map(|&class| class as i32).collect();
        for view in [
            TensorView::new("detection_classes", &dims, &floats[..]),
            TensorView::new("detection_classes", &dims, &ints[..]),
        ] {
            assert_eq!(with(view.unwrap()), one_by_one, "round {round}");
        }
    }
}
