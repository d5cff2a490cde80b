//! Raw box encodings: counts, limits and numbers that are none.

use std::sync::Arc;

use nvds_decode::anchors::{TfSsd, TorchvisionSsd};
use nvds_decode::{
    Activation, Anchors, Background, BoxForm, ClassRules, Counts, Detection, Geometry, Layout,
    Options, Padding, Params, Postprocessor, Raw, Size, TensorView,
};

/// A row of anchors, `rows` of them, side by side.
fn layout(rows: u32, change: impl FnOnce(&mut Layout)) -> Layout {
    let anchors = Anchors::tf_ssd(&TfSsd {
        scales: vec![0.01],
        aspect_ratios: vec![1.0],
        interpolated_scale_aspect_ratio: 0.0,
        reduce_boxes_in_lowest_layer: false,
        feature_maps: vec![(1, rows)],
        ..TfSsd::default()
    })
    .unwrap();
    let mut layout = Layout {
        options: Options::Anchors(Raw::new(anchors)),
        ..Layout::default()
    };
    change(&mut layout);
    layout
}

fn background(class: Option<u32>) -> Background {
    class.map_or(Background::None, Background::Class)
}

fn run(layout: Layout, scores: &[f32], params: &Params) -> (Vec<Detection>, Counts) {
    let rows = layout.raw().unwrap().anchors.len();
    let boxes = vec![0.0f32; 4 * rows];
    let tensors = [
        TensorView::new("box_encodings", &[rows, 4], &boxes[..]).unwrap(),
        TensorView::new("class_predictions", &[rows, scores.len() / rows], scores).unwrap(),
    ];
    let size = Size::new(1000, 1000);
    let geometry = Geometry::new(size, size, Padding::Stretch).unwrap();
    let mut postprocessor = Postprocessor::with_layout(Arc::new(layout));
    let found = postprocessor
        .run(&tensors, &geometry, params)
        .unwrap()
        .to_vec();
    let counts = *postprocessor.counts();
    assert_eq!(
        counts.candidates,
        counts.kept + counts.dropped.total(),
        "{counts:?}"
    );
    (found, counts)
}

/// One prediction over the threshold must be found wherever it is, in whatever block or rest.
#[test]
fn every_place_is_looked_at() {
    for columns in [1, 2, 7, 24, 91] {
        for rows in [2, 33, 50] {
            for background in [None, Some(0), Some(columns as u32 - 1)] {
                for at in (0..rows * columns).step_by(5) {
                    let (row, column) = (at / columns, at % columns);
                    if background == Some(column as u32) {
                        continue;
                    }
                    let mut scores = vec![-9.0f32; rows * columns];
                    // The background is likely everywhere.
                    if let Some(class) = background {
                        scores
                            .iter_mut()
                            .skip(class as usize)
                            .step_by(columns)
                            .for_each(|s| *s = 9.0);
                    }
                    scores[at] = 2.0;
                    let layout = layout(rows as u32, |layout| {
                        layout.background = self::background(background)
                    });
                    let (found, counts) = run(layout, &scores, &Params::default());
                    let [d] = found[..] else {
                        panic!("{columns} columns, {rows} rows, at {at}: {found:?}");
                    };
                    assert_eq!(d.class_id as usize, column);
                    let centre = (row as f32 + 0.5) / rows as f32 * 1000.0;
                    assert!((d.bbox.left + d.bbox.width / 2.0 - centre).abs() < 0.01);
                    let classes = columns - usize::from(background.is_some());
                    assert_eq!(counts.candidates, (rows * classes) as u64);
                    assert_eq!(counts.dropped.below_threshold, (rows * classes - 1) as u64);
                }
            }
        }
    }
}

#[test]
fn classes_have_thresholds_of_their_own() {
    let logit = |p: f32| (p / (1.0 - p)).ln();
    // Two rows of three classes, with 0.6 for each.
    let scores = [logit(0.6); 6];
    let params = |classes| Params {
        score_threshold: 0.5,
        classes,
        ..Params::default()
    };
    let kept = |rules: ClassRules| {
        let (found, counts) = run(layout(2, |_| ()), &scores, &params(rules));
        let mut classes: Vec<u32> = found.iter().map(|d| d.class_id).collect();
        classes.sort_unstable();
        (classes, counts)
    };
    assert_eq!(kept(ClassRules::default()).0, [0, 0, 1, 1, 2, 2]);
    let (classes, counts) = kept(ClassRules::new(&[(1, 0.7)], &[]));
    assert_eq!(classes, [0, 0, 2, 2]);
    assert_eq!(counts.dropped.below_threshold, 2);
    let (classes, counts) = kept(ClassRules::new(&[], &[2]));
    assert_eq!(classes, [2, 2]);
    assert_eq!(counts.dropped.not_allowed, 4);
    // The common threshold is too high, and one class goes below it.
    let high = Params {
        score_threshold: 0.9,
        classes: ClassRules::new(&[(2, 0.3)], &[]),
        num_classes: 0,
        ..Params::default()
    };
    assert_eq!(run(layout(2, |_| ()), &scores, &high).0.len(), 2);
}

#[test]
fn classes_out_of_range_are_counted_without_being_looked_at() {
    let params = Params {
        first_class: 1,
        num_classes: 3,
        ..Params::default()
    };
    let (found, counts) = run(layout(2, |_| ()), &[f32::NAN; 10], &params);
    assert!(found.is_empty());
    assert_eq!(counts.candidates, 10);
    assert_eq!(counts.dropped.class_out_of_range, 6);
    assert_eq!(counts.dropped.non_finite, 4);
}

#[test]
fn numbers_that_are_none_cost_one_score() {
    let scores = [
        f32::NAN,
        2.0,
        f32::NEG_INFINITY,
        f32::INFINITY,
        -2.0,
        f32::NAN,
    ];
    let (found, counts) = run(layout(2, |_| ()), &scores, &Params::default());
    // The sigmoid of infinity is 1.
    let mut classes: Vec<_> = found.iter().map(|d| (d.class_id, d.score)).collect();
    classes.sort_by_key(|(class, _)| *class);
    assert_eq!(classes, [(0, 1.0), (1, 1.0 / (1.0 + (-2.0f32).exp()))]);
    assert_eq!(counts.dropped.non_finite, 2);
    assert_eq!(counts.dropped.below_threshold, 2);

    // As scores, infinity is none.
    let plain = layout(2, |layout| layout.activation = Some(Activation::None));
    let (found, counts) = run(plain, &scores, &Params::default());
    assert_eq!(found.len(), 1);
    assert_eq!(counts.dropped.non_finite, 3);

    // One NaN makes all of its row none that could be found.
    let rows = [9.0, 0.0, f32::NAN, 9.0, 0.0, 0.0];
    let softmax = layout(2, |layout| layout.activation = Some(Activation::Softmax));
    let (found, _) = run(softmax, &rows, &Params::default());
    assert_eq!(found.len(), 1);
}

#[test]
fn a_threshold_of_zero_takes_all_and_of_one_the_certain() {
    let scores = [-80.0, 0.0, 80.0, f32::MIN];
    for (threshold, kept) in [(0.0, 4), (0.5, 2), (1.0, 1)] {
        let params = Params {
            score_threshold: threshold,
            ..Params::default()
        };
        let (found, _) = run(layout(4, |_| ()), &scores, &params);
        assert_eq!(found.len(), kept, "{threshold}");
    }
}

/// Without a background class the rows are told apart by their greatest prediction.
#[test]
fn softmax_with_and_without_background() {
    let scores = [3.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 5.0];
    for (background, expected) in [(None, vec![0, 2]), (Some(0), vec![2]), (Some(2), vec![0])] {
        let layout = layout(3, |layout| {
            layout.activation = Some(Activation::Softmax);
            layout.background = self::background(background);
        });
        let (found, _) = run(layout, &scores, &Params::default());
        let mut classes: Vec<u32> = found.iter().map(|d| d.class_id).collect();
        classes.sort_unstable();
        assert_eq!(classes, expected, "{background:?}");
    }
    let layout = layout(3, |layout| layout.activation = Some(Activation::Softmax));
    let (found, _) = run(layout, &scores, &Params::default());
    let expected = 1.0 / (1.0 + 2.0 * (-5.0f32).exp());
    assert!((found[0].score - expected).abs() < 1e-6);
}

/// Encodings of TensorFlow have y before x, and so have their variances.
#[test]
fn each_number_of_an_encoding_has_its_own_variance() {
    let mut layout = layout(1, |layout| {
        layout.activation = Some(Activation::None);
        layout.background = Background::None;
    });
    let Options::Anchors(raw) = &mut layout.options else {
        panic!("{layout:?}");
    };
    raw.anchors = Anchors::from_rows(&[[0.5, 0.5, 0.1, 0.1]], BoxForm::Yxhw).unwrap();
    raw.variances = [10.0, 5.0, 4.0, 2.0];
    let boxes = [1.0, 1.0, 4.0 * 2.0f32.ln(), 2.0 * 3.0f32.ln()];
    let tensors = [
        TensorView::new("box_encodings", &[1, 4], &boxes[..]).unwrap(),
        TensorView::new("class_predictions", &[1, 1], &[0.9f32][..]).unwrap(),
    ];
    let size = Size::new(1000, 1000);
    let geometry = Geometry::new(size, size, Padding::Stretch).unwrap();
    let mut postprocessor = Postprocessor::with_layout(Arc::new(layout));
    let found = postprocessor.run(&tensors, &geometry, &Params::default());
    // Moved down by a tenth and right by a fifth of 100 pixels, twice as high and three times as wide.
    let bbox = found.unwrap()[0].bbox;
    for (found, expected) in [
        (bbox.left + bbox.width / 2.0, 520.0),
        (bbox.top + bbox.height / 2.0, 510.0),
        (bbox.width, 300.0),
        (bbox.height, 200.0),
    ] {
        assert!((found - expected).abs() < 0.01, "{bbox:?}");
    }
}

/// A size is 62.5 times its anchor's at most. The limit makes no number of NaN.
#[test]
fn torchvision_limits_how_much_larger_than_its_anchor_a_box_is() {
    let torchvision = Anchors::torchvision_ssd(&TorchvisionSsd {
        scales: vec![0.008, 0.008],
        aspect_ratios: vec![vec![]],
        feature_maps: vec![(1, 1)],
        ..TorchvisionSsd::ssdlite320()
    })
    .unwrap();
    let mut layout = layout(1, |layout| {
        layout.activation = Some(Activation::None);
        layout.background = Background::None;
    });
    layout.options = Options::Anchors(Raw::new(torchvision));
    // The second has a width that is no number.
    let nan = f32::NAN;
    let boxes = [0.0, 0.0, 999.0, 0.0, 0.0, 0.0, nan, 0.0];
    let tensors = [
        TensorView::new("box_encodings", &[2, 4], &boxes[..]).unwrap(),
        TensorView::new("class_predictions", &[2, 1], &[0.9f32, 0.8][..]).unwrap(),
    ];
    let size = Size::new(1000, 1000);
    let geometry = Geometry::new(size, size, Padding::Stretch).unwrap();
    let mut postprocessor = Postprocessor::with_layout(Arc::new(layout));
    let found = postprocessor.run(&tensors, &geometry, &Params::default());
    let [only] = found.unwrap() else {
        panic!("expected one box");
    };
    assert!((only.bbox.width - 500.0).abs() < 0.01 && (only.bbox.height - 8.0).abs() < 0.01);
    assert_eq!(postprocessor.counts().dropped.non_finite, 1);
}

/// TensorFlow 2 puts out decoded boxes and scores of all anchors besides its detections.
#[test]
fn decoded_boxes_are_not_taken_for_encodings() {
    let (boxes, scores) = ([0.5f32; 8], [0.9f32; 6]);
    let tensors = [
        TensorView::new("raw_detection_boxes", &[2, 4], &boxes[..]).unwrap(),
        TensorView::new("raw_detection_scores", &[2, 3], &scores[..]).unwrap(),
    ];
    let layout = layout(2, |_| ());
    let input = nvds_decode::select::Input {
        tensors: &tensors,
        layout: &layout,
        network: Size::new(300, 300),
    };
    assert!(nvds_decode::select::select(&nvds_decode::ssd::FAMILY, &input).is_err());
}
