//! Whatever comes in, the parsers neither crash nor lie, and say what to change; called from C++ under AddressSanitizer.

mod caller;

use caller::{Answer, Frame, Headers, Layer, Run, folder, library};

const YOLO: &str = "NvDsInferParseRsnvdsYolo";
const SSD: &str = "NvDsInferParseRsnvdsSsd";

/// Rows as DeepStream-Yolo's exports have them: corners, score, class.
fn rows(rows: &[[f32; 6]]) -> Layer {
    Layer::floats("output", &[rows.len() as u32, 6], rows.as_flattened())
}

fn frame(layers: Vec<Layer>) -> Frame {
    Frame {
        network: [64, 32],
        classes: 3,
        thresholds: vec![0.5; 3],
        layers,
    }
}

const GOOD: [f32; 6] = [8.0, 4.0, 24.0, 20.0, 0.75, 1.0];

fn run(frames: Vec<Frame>) -> Run<'static> {
    let mut run = Run::new(YOLO, frames).options("format=deepstream-yolo");
    run.headers = Headers::Sanitized;
    run
}

/// The boxes of the only frame.
fn boxes(answer: &Answer) -> Vec<[f64; 4]> {
    let [(true, objects)] = &answer.frames[..] else {
        panic!("{answer:?}");
    };
    objects.iter().map(|object| object.sides).collect()
}

#[test]
fn rows_are_kept_as_deepstream_yolo_keeps_them() {
    let nan = f32::NAN;
    let given = [
        GOOD,
        // Clipped to the network.
        [-5.0, -5.0, 10.0, 10.0, 0.5, 0.0],
        [50.0, 20.0, 90.0, 90.0, 0.9, 2.0],
        // A pixel is enough, less is not.
        [1.0, 1.0, 2.0, 2.0, 0.6, 0.0],
        [1.0, 1.0, 1.99, 9.0, 0.6, 0.0],
        [-5.0, 1.0, 0.5, 9.0, 0.6, 0.0],
        // Outside, inside out, no numbers, no class.
        [70.0, 1.0, 80.0, 9.0, 0.6, 0.0],
        [20.0, 9.0, 10.0, 1.0, 0.6, 0.0],
        [1.0, 1.0, 9.0, 9.0, nan, 0.0],
        [nan, 1.0, 9.0, 9.0, 0.9, 0.0],
        [1.0, 1.0, f32::INFINITY, 9.0, 0.9, 0.0],
        [1.0, 1.0, 9.0, 9.0, 0.9, nan],
        [1.0, 1.0, 9.0, 9.0, 0.9, -1.0],
        [1.0, 1.0, 9.0, 9.0, 0.9, 3.0],
        [1.0, 1.0, 9.0, 9.0, 0.9, 4e9],
        // Equal to the threshold counts, less does not.
        [2.0, 2.0, 9.0, 9.0, 0.5, 1.0],
        [2.0, 2.0, 9.0, 9.0, 0.49, 1.0],
    ];
    let answer = run(vec![frame(vec![rows(&given)])]).run();
    let mut found = boxes(&answer);
    found.sort_by(f64_rows);
    let mut expected = [
        [8.0, 4.0, 16.0, 16.0],
        [0.0, 0.0, 10.0, 10.0],
        [50.0, 20.0, 14.0, 12.0],
        [1.0, 1.0, 1.0, 1.0],
        [2.0, 2.0, 7.0, 7.0],
    ];
    expected.sort_by(f64_rows);
    assert_eq!(found, expected);
    assert!(
        answer.frames[0].1.iter().all(|object| object.angle == 0.0),
        "{answer:?}"
    );
    let beyond = "the network has a class 3, but num-detected-classes is 3";
    assert_eq!(
        answer.messages.matches(beyond).count(),
        1,
        "{}",
        answer.messages
    );
}

fn f64_rows(a: &[f64; 4], b: &[f64; 4]) -> std::cmp::Ordering {
    a.partial_cmp(b).unwrap()
}

#[test]
fn networks_of_odd_sizes_are_not_scaled() {
    let mut frame = frame(vec![rows(&[[1.0, 1.0, 99.0, 99.0, 0.9, 0.0]])]);
    frame.network = [63, 31];
    assert_eq!(boxes(&run(vec![frame]).run()), [[1.0, 1.0, 62.0, 30.0]]);
}

#[test]
fn each_class_has_its_threshold() {
    let given: Vec<[f32; 6]> = (0..3)
        .map(|class| [1.0, 1.0, 9.0, 9.0, 0.5, class as f32])
        .collect();
    for (thresholds, classes) in [
        (vec![0.4, 0.6, 0.5], vec![0, 2]),
        (vec![0.6, 0.6, 0.6], vec![]),
        // Of a class without one, nvinfer's usual 0.2 holds.
        (vec![0.6], vec![1, 2]),
        (vec![], vec![0, 1, 2]),
        (vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY], vec![0, 2]),
        (vec![0.1, 0.2, 0.3, 0.9, 0.9], vec![0, 1, 2]),
    ] {
        let frame = Frame {
            thresholds: thresholds.clone(),
            ..frame(vec![rows(&given)])
        };
        let mut found: Vec<u32> = run(vec![frame])
            .objects()
            .iter()
            .map(|object| object.class)
            .collect();
        found.sort_unstable();
        assert_eq!(found, classes, "{thresholds:?}");
    }
    // With a threshold of 0, whatever the network says is an object, which nobody wants: nvinferserver's without any.
    let answer = run(vec![Frame {
        thresholds: vec![0.0; 3],
        ..frame(vec![rows(&given)])
    }])
    .run();
    assert_eq!(answer.frames[0].1.len(), 3);
    assert!(
        answer.messages.contains("the threshold of class 0 is 0"),
        "{}",
        answer.messages
    );
    // They may change from frame to frame.
    let frames = [0.4, 0.6, 0.5].map(|threshold| Frame {
        thresholds: vec![threshold; 3],
        ..frame(vec![rows(&given)])
    });
    let counts: Vec<usize> = run(frames.to_vec())
        .run()
        .frames
        .iter()
        .map(|frame| frame.1.len())
        .collect();
    assert_eq!(counts, [3, 0, 3]);
}

#[test]
fn layers_that_are_wrong_are_named() {
    let good = || rows(&[GOOD]);
    let changed = |change: fn(&mut Layer)| {
        let mut layer = good();
        change(&mut layer);
        vec![layer]
    };
    for (layers, text) in [
        (vec![], "layers found: none"),
        (
            changed(|layer| layer.bytes = None),
            "output layer output: it has no host memory",
        ),
        (
            changed(|layer| layer.data_type = 9),
            "data type 9 is not known, expected 0 (FLOAT) to 5 (UINT8)",
        ),
        (
            changed(|layer| layer.dims = vec![1; 9]),
            "it has 9 dimensions, expected at most 8",
        ),
        (
            changed(|layer| layer.elements = Some(7)),
            "[1, 6], but it has 7 elements",
        ),
        (
            changed(|layer| layer.dims = vec![u32::MAX; 8]),
            "but it has",
        ),
        (
            changed(|layer| layer.dims = vec![u32::MAX, 6]),
            "but it has",
        ),
        (changed(|layer| layer.is_input = true), "layers found: none"),
        (
            changed(|layer| layer.name = String::new()),
            "its name is missing",
        ),
        (
            changed(|layer| layer.dims = vec![3, 2]),
            "output has dimensions [3, 2], expected",
        ),
    ] {
        let answer = run(vec![frame(layers.clone())]).run();
        assert_eq!(answer.frames, [(true, vec![])], "{layers:?}");
        assert!(
            answer.messages.contains(text),
            "{layers:?}: {}",
            answer.messages
        );
        // It is said once, and what comes after it is read.
        let mut run = run(vec![frame(layers), frame(vec![good()])])
            .options("format=deepstream-yolo;on-error=fail");
        run.rounds = 3;
        let answer = run.run();
        let [(false, none), (true, objects)] = &answer.frames[..] else {
            panic!("{answer:?}");
        };
        assert!(none.is_empty() && objects.len() == 1, "{answer:?}");
        let errors = answer.messages.matches("error: ").count();
        assert_eq!(errors, 1, "{}", answer.messages);
    }
}

/// Networks that suppress boxes themselves put out as many rows as they find.
#[test]
fn no_rows_are_no_objects() {
    let mut none = rows(&[GOOD]);
    none.dims = vec![0, 6];
    let answer = run(vec![frame(vec![none])]).run();
    assert_eq!(answer.frames, [(true, vec![])]);
    assert!(!answer.messages.contains("error"), "{}", answer.messages);
}

#[test]
fn what_two_formats_fit_is_refused() {
    // YOLOX with one class, or rows of DeepStream-Yolo.
    let frame = Frame {
        network: [64, 32],
        classes: 1,
        thresholds: vec![0.5],
        layers: vec![rows(&[[1.0, 1.0, 9.0, 9.0, 0.9, 0.0]; 42])],
    };
    let answer = Run::new(YOLO, vec![frame]).run();
    assert_eq!(answer.frames, [(true, vec![])]);
    for part in [
        "format=yolox",
        "format=deepstream-yolo",
        "state it in the options",
    ] {
        assert!(answer.messages.contains(part), "{}", answer.messages);
    }
}

#[test]
fn configurations_without_sense_are_named() {
    let good = || frame(vec![rows(&[GOOD])]);
    let mut nothing = good();
    nothing.classes = 0;
    let mut empty = good();
    empty.network = [0, 32];
    for (frame, text) in [
        (nothing, "set num-detected-classes"),
        (empty, "the network input is 0x32"),
    ] {
        let answer = run(vec![frame]).run();
        assert_eq!(answer.frames, [(true, vec![])]);
        assert!(answer.messages.contains(text), "{}", answer.messages);
    }
    for (options, text) in [
        (
            "format=yolov88",
            "no network or layout is known as yolov88, expected one of",
        ),
        (
            "format=rtdetr",
            "rtdetr is of another family: take NvDsInferParseRsnvdsDetr",
        ),
        (
            "fromat=yolov8",
            "RSNVDS_PARSER_OPTIONS: fromat: no such key, did you mean format?",
        ),
        ("/no/such/file.toml", "/no/such/file.toml: No such file"),
        ("/dev/zero", "larger than"),
        ("strides=[16, 8]", "stride"),
    ] {
        let answer = run(vec![good(), good()]).options(options).run();
        assert_eq!(answer.frames, [(false, vec![]), (false, vec![])]);
        assert!(
            answer.messages.contains(text),
            "{options}: {}",
            answer.messages
        );
        assert_eq!(
            answer.messages.matches("error: ").count(),
            1,
            "{}",
            answer.messages
        );
    }
    // What does not suit a function that nobody calls is no error.
    assert_eq!(
        run(vec![good()])
            .options("detr.format=rtdetr;format=deepstream-yolo")
            .objects()
            .len(),
        1
    );
}

/// Layers of an SSD, whose boxes are parts of the network's input.
#[test]
fn an_ssd_is_read() {
    let layers = vec![
        Layer::floats("num_detections", &[1], &[2.0]),
        Layer::floats("detection_scores", &[2], &[0.9, 0.6]),
        Layer::floats("detection_classes", &[2], &[2.0, 1.0]),
        Layer::floats(
            "detection_boxes",
            &[2, 4],
            &[0.25, 0.5, 0.75, 1.0, 0.0, 0.0, 1.5, 0.5],
        ),
    ];
    for function in [SSD, "NvDsInferParseRsnvds"] {
        let answer = Run::new(function, vec![frame(layers.clone())]).run();
        assert_eq!(
            boxes(&answer),
            [[32.0, 8.0, 32.0, 16.0], [0.0, 0.0, 32.0, 32.0]],
            "{answer:?}"
        );
        assert!(
            answer.messages.contains(" as tf-od; objects of 28 bytes"),
            "{}",
            answer.messages
        );
    }
}

#[test]
fn options_lie_beside_the_library() {
    let place = folder("beside");
    let copy = place.join("libmine.so");
    std::fs::copy(library(), &copy).unwrap();
    let rows = || vec![frame(vec![rows(&[[0.125, 0.125, 0.25, 0.5, 0.9, 0.0]])])];
    let run = |options: Option<&str>| {
        let mut run = Run::new(YOLO, rows());
        run.library = copy.clone();
        run.options = options.map(str::to_owned);
        run
    };
    let file = place.join("libmine.toml");
    std::fs::write(&file, "box-units = \"pixels\"\n[yolo]\nformat = \"deepstream-yolo\"\nbox-units = \"normalised\"\n").unwrap();
    assert_eq!(boxes(&run(None).run()), [[8.0, 4.0, 8.0, 12.0]]);
    // The variable wins, for all functions or one.
    assert!(boxes(&run(Some("box-units=pixels")).run()).is_empty());
    assert_eq!(
        boxes(&run(Some("box-units=normalised; top-k=0")).run()).len(),
        1
    );
    // Another file in its place.
    let other = place.join("other.toml");
    std::fs::write(
        &other,
        "format = \"deepstream-yolo\"\ndeepstream-version = 9.1\nbox-units = \"normalised\"",
    )
    .unwrap();
    let mut named = run(Some(other.to_str().unwrap()));
    named.version = None;
    assert_eq!(boxes(&named.run()).len(), 1);
    std::fs::write(&file, "\n[yolo]\nlables = 3\n").unwrap();
    let answer = run(None).run();
    let text = format!(
        "{}: line 3: lables: no such key, did you mean labels?",
        file.display()
    );
    assert!(answer.messages.contains(&text), "{}", answer.messages);
}
