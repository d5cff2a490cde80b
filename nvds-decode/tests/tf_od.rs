//! The TensorFlow object detection layout: bad input, other types, and what
//! NVIDIA's Python sample deepstream-ssd-parser gets wrong.

mod tf_od_output;

use std::sync::Arc;

use nvds_decode::{
    Counts, DecodeError, Detection, Dropped, ErrorKind, Format, Geometry, Layout, Padding, Params,
    Postprocessor, Size, TensorData, TensorView, f16, families,
};

use tf_od_output::{BOX, FRAME, Output, Raw, geometry, run, tensor};

impl Output {
    fn num(mut self, num: f32) -> Self {
        self.num = vec![num];
        self
    }
}

/// With the format stated, as whole numbers alone are also TensorRT's.
fn run_as_tf_od(tensors: &[TensorView<'_>]) -> Vec<Detection> {
    let layout = Layout {
        format: Some(Format::TfOd),
        ..Layout::default()
    };
    Postprocessor::with_layout(Arc::new(layout))
        .run(tensors, &geometry(), &Params::default())
        .unwrap()
        .to_vec()
}

fn fail(tensors: &[TensorView<'_>]) -> DecodeError {
    let mut postprocessor = Postprocessor::new();
    let error = postprocessor
        .run(tensors, &geometry(), &Params::default())
        .unwrap_err();
    assert!(postprocessor.detections().is_empty());
    assert_eq!(*postprocessor.counts(), Counts::default());
    error
}

fn classes(found: &[Detection]) -> Vec<u32> {
    found.iter().map(|d| d.class_id).collect()
}

/// Boxes side by side that do not overlap.
fn apart(count: usize) -> Vec<Raw> {
    (0..count)
        .map(|i| {
            let left = i as f32 / count as f32;
            let score = 0.99 - 0.4 * i as f32 / count as f32;
            Raw(1.0, score, [0.0, left, 1.0, left + 0.9 / count as f32])
        })
        .collect()
}

#[test]
fn box_class_and_score() {
    let (found, counts) = Output::new(&[Raw(3.0, 0.9, BOX)]).run(&Params::default());
    let [d] = found[..] else {
        panic!("{found:?}");
    };
    assert_eq!((d.class_id, d.score), (3, 0.9));
    assert_eq!((d.bbox.left, d.bbox.width), (250.0, 250.0));
    assert_eq!((d.bbox.top, d.bbox.height), (125.0, 250.0));
    assert_eq!((counts.candidates, counts.kept), (1, 1));
}

#[test]
fn score_equal_to_the_threshold_is_kept() {
    let below = f32::from_bits(0.5f32.to_bits() - 1);
    let (found, counts) =
        Output::new(&[Raw(1.0, 0.5, BOX), Raw(2.0, below, BOX)]).run(&Params::default());
    assert_eq!(classes(&found), [1]);
    assert_eq!(counts.dropped.below_threshold, 1);
}

#[test]
fn fewer_detections_than_room() {
    let output = Output::new(&apart(10)).num(4.0);
    let (found, counts) = output.run(&Params::default());
    assert_eq!(found.len(), 4);
    assert_eq!(counts.candidates, 4);
}

#[test]
fn num_detections_beyond_the_room_is_cut() {
    for num in [11.0, 1e9, f32::MAX, f32::INFINITY] {
        let (found, _) = Output::new(&apart(10)).num(num).run(&Params::default());
        assert_eq!(found.len(), 10, "{num}");
    }
}

#[test]
fn negative_or_zero_num_detections_is_none() {
    for num in [0.0, -0.0, -1.0, -1e30, f32::NEG_INFINITY] {
        let (found, counts) = Output::new(&apart(10)).num(num).run(&Params::default());
        assert_eq!((found.len(), counts), (0, Counts::default()), "{num}");
    }
}

#[test]
fn nan_num_detections_is_none_and_counted() {
    let (found, counts) = Output::new(&apart(10))
        .num(f32::NAN)
        .run(&Params::default());
    assert!(found.is_empty());
    assert_eq!((counts.candidates, counts.bad_count), (0, 1));
}

#[test]
fn nan_and_infinity_are_dropped_wherever_they_are() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut raw = vec![Raw(bad, 0.9, BOX), Raw(1.0, bad, BOX)];
        for side in 0..4 {
            let mut corners = BOX;
            corners[side] = bad;
            raw.push(Raw(1.0, 0.9, corners));
        }
        raw.push(Raw(7.0, 0.6, BOX));
        let (found, counts) = Output::new(&raw).run(&Params::default());
        assert_eq!(classes(&found), [7]);
        assert_eq!(counts.dropped.non_finite, 6, "{bad}");
    }
}

#[test]
fn no_class_limit_still_ends_at_the_c_int() {
    let raw = [
        Raw(90.0, 0.9, BOX),
        Raw(2147483648.0, 0.9, BOX),
        Raw(1e30, 0.9, BOX),
        Raw(-1e30, 0.9, BOX),
    ];
    let (found, counts) = Output::new(&raw).run(&Params::default());
    assert_eq!(classes(&found), [90]);
    assert_eq!(counts.dropped.class_out_of_range, 3);
}

#[test]
fn classes_are_truncated() {
    let raw = [Raw(2.99, 0.9, BOX), Raw(-0.5, 0.8, BOX), Raw(1.0, 0.7, BOX)];
    let (found, _) = Output::new(&raw).run(&Params::default());
    assert_eq!(classes(&found), [2, 0, 1]);
}

#[test]
fn clipping_shrinks_the_box() {
    let raw = [Raw(1.0, 0.9, [-0.5, -0.25, 0.5, 0.25])];
    let (found, _) = Output::new(&raw).run(&Params::default());
    let b = found[0].bbox;
    assert_eq!((b.left, b.top, b.width, b.height), (0.0, 0.0, 250.0, 250.0));

    let raw = [Raw(1.0, 0.9, [0.5, 0.75, 1.5, 3e38])];
    let (found, _) = Output::new(&raw).run(&Params::default());
    let b = found[0].bbox;
    assert_eq!(
        (b.left, b.top, b.width, b.height),
        (750.0, 250.0, 250.0, 250.0)
    );
}

#[test]
fn outside_reversed_and_flat_boxes_are_told_apart() {
    let raw = [
        Raw(1.0, 0.9, [0.0, 1.25, 1.0, 1.5]),
        Raw(1.0, 0.9, [-2.0, 0.0, -1.0, 1.0]),
        Raw(1.0, 0.9, [0.0, 1.0, 1.0, 2.0]),
        Raw(1.0, 0.9, [0.75, 0.5, 0.25, 0.25]),
        Raw(1.0, 0.9, [0.5, 0.5, 0.5, 0.5]),
    ];
    let (found, counts) = Output::new(&raw).run(&Params::default());
    assert!(found.is_empty());
    assert_eq!((counts.dropped.outside, counts.dropped.too_small), (3, 2));
}

#[test]
fn minimum_size_is_strict() {
    // 0.25 of 1000 is 250 px wide, 0.5 of 500 is 250 px high.
    let output = Output::new(&[Raw(1.0, 0.9, BOX)]);
    let with = |min_width, min_height| {
        let params = Params {
            min_width,
            min_height,
            ..Params::default()
        };
        let (found, counts) = output.run(&params);
        (found.len(), counts.dropped.too_small)
    };
    assert_eq!(with(249.9, 249.9), (1, 0));
    assert_eq!(with(250.0, 0.0), (0, 1));
    assert_eq!(with(0.0, 250.0), (0, 1));
    // What is no size is no demand.
    assert_eq!(with(-5.0, f32::NAN), (1, 0));
}

#[test]
fn every_drop_has_its_reason() {
    let raw = [
        Raw(1.0, 0.9, [0.0, 0.0, 0.5, 0.5]),
        Raw(1.0, 0.8, [0.0, 0.0, 0.5, 0.5]),  // nms
        Raw(2.0, 0.7, [0.0, 0.0, 0.5, 0.5]),  // top-k
        Raw(f32::NAN, 0.9, BOX),              // non-finite
        Raw(91.0, 0.1, BOX),                  // class, before score
        Raw(-1.0, 0.9, BOX),                  // class
        Raw(1.0, 0.1, [2.0, 2.0, 3.0, 3.0]),  // score, before box
        Raw(1.0, 0.9, [2.0, 2.0, 3.0, 3.0]),  // outside
        Raw(1.0, 0.9, [0.9, 0.9, 0.95, 1.0]), // small
    ];
    let params = Params {
        top_k: 1,
        min_height: 30.0,
        num_classes: 91,
        ..Params::default()
    };
    let (_, counts) = Output::new(&raw).run(&params);
    let expected = Counts {
        candidates: 9,
        kept: 1,
        dropped: Dropped {
            non_finite: 1,
            class_out_of_range: 2,
            below_threshold: 1,
            outside: 1,
            too_small: 1,
            nms: 1,
            top_k: 1,
            ..Dropped::default()
        },
        bad_count: 0,
        doubtful: 0,
    };
    assert_eq!(counts, expected);
    let mut sum = counts;
    sum += counts;
    assert_eq!((sum.candidates, sum.dropped.total()), (18, 16));
}

#[test]
fn half_scores_and_boxes() {
    let half = |values: &[f32]| -> Vec<f16> { values.iter().map(|&v| f16::from_f32(v)).collect() };
    let num = half(&[2.0]);
    let scores = half(&[0.75, 0.5]);
    let classes_ = half(&[17.0, 3.0]);
    let boxes = half(&[BOX, [0.0, 0.0, 1.0, 1.0]].concat());
    let tensors = [
        tensor("num_detections", &[1], &num[..]),
        tensor("detection_scores", &[2], &scores[..]),
        tensor("detection_classes", &[2], &classes_[..]),
        tensor("detection_boxes", &[2, 4], &boxes[..]),
    ];
    let (found, _) = run(&tensors, &Params::default());
    let same = Output::new(&[Raw(17.0, 0.75, BOX), Raw(3.0, 0.5, [0.0, 0.0, 1.0, 1.0])]);
    assert_eq!(found, same.run(&Params::default()).0);
    assert_eq!(found.len(), 2);
}

#[test]
fn whole_number_counts_and_classes() {
    let output = Output::new(&apart(3));
    let [_, scores, _, boxes] = output.tensors();
    let expected =
        [Raw(5.0, 0.0, BOX), Raw(6.0, 0.0, BOX), Raw(7.0, 0.0, BOX)].map(|raw| raw.0 as u32);
    let i32s = ([3i32], [5i32, 6, 7]);
    let i64s = ([3i64], [5i64, 6, 7]);
    let u8s = ([3u8], [5u8, 6, 7]);
    for (num, class) in [
        (TensorData::I32(&i32s.0), TensorData::I32(&i32s.1)),
        (TensorData::I64(&i64s.0), TensorData::I64(&i64s.1)),
        (TensorData::U8(&u8s.0), TensorData::U8(&u8s.1)),
    ] {
        let tensors = [
            boxes,
            tensor("detection_classes", &[3], class),
            scores,
            tensor("num_detections", &[1], num),
        ];
        assert_eq!(classes(&run_as_tf_od(&tensors)), expected);
    }
    let extreme = [i64::MIN, i64::MAX, 1 << 32];
    let tensors = [
        tensor("num_detections", &[1], &[i64::MAX][..]),
        scores,
        tensor("detection_classes", &[3], &extreme[..]),
        boxes,
    ];
    let (found, counts) = run(&tensors, &Params::default());
    assert!(found.is_empty());
    assert_eq!(
        (counts.candidates, counts.dropped.class_out_of_range),
        (3, 3)
    );
    let tensors = [
        tensor("num_detections", &[1], &[i64::MIN][..]),
        tensors[1],
        tensors[2],
        tensors[3],
    ];
    assert_eq!(run(&tensors, &Params::default()).1.candidates, 0);
}

#[test]
fn batch_dimension_present_or_not() {
    let output = Output::new(&apart(5));
    let plain = output.run(&Params::default());
    let scalar: [usize; 0] = [];
    for (num, list, boxes) in [
        (&[1, 1][..], &[1, 5][..], &[1, 5, 4][..]),
        (&scalar[..], &[5, 1][..], &[1, 1, 5, 4][..]),
    ] {
        let tensors = [
            tensor("num_detections", num, &output.num[..]),
            tensor("detection_scores", list, &output.scores[..]),
            tensor("detection_classes", list, &output.classes[..]),
            tensor("detection_boxes", boxes, &output.boxes[..]),
        ];
        assert_eq!(run(&tensors, &Params::default()), plain);
    }
}

#[test]
fn a_single_detection_with_batch_dimension() {
    let output = Output::new(&apart(1));
    let tensors = [
        tensor("num_detections", &[1], &output.num[..]),
        tensor("detection_scores", &[1, 1], &output.scores[..]),
        tensor("detection_classes", &[1, 1], &output.classes[..]),
        tensor("detection_boxes", &[1, 1, 4], &output.boxes[..]),
    ];
    assert_eq!(run(&tensors, &Params::default()).0.len(), 1);
}

#[test]
fn exporters_numbers_after_names_are_tolerated() {
    let output = Output::new(&apart(5));
    let plain = output.run(&Params::default());
    for suffix in [":0", "_0", ":12"] {
        let names = output
            .tensors()
            .map(|tensor| format!("{}{suffix}", tensor.name()));
        let tensors: Vec<_> = output
            .tensors()
            .iter()
            .zip(&names)
            .map(|(t, name)| tensor(name, t.dims(), t.data()))
            .collect();
        assert_eq!(run(&tensors, &Params::default()), plain, "{suffix}");
    }
}

#[test]
fn the_exact_name_wins_over_a_numbered_one() {
    let output = Output::new(&apart(5));
    let other = [0.0f32; 5];
    let mut tensors = vec![
        tensor("detection_scores:1", &[5], &other[..]),
        tensor("detection_scores:0", &[5], &other[..]),
    ];
    tensors.extend(output.tensors());
    assert_eq!(run(&tensors, &Params::default()).0.len(), 5);

    // Without it the least number does, wherever it stands.
    let tensors: Vec<_> = tensors
        .into_iter()
        .filter(|t| t.name() != "detection_scores")
        .chain([tensor("detection_scores_00", &[5], &output.scores[..])])
        .filter(|t| t.name() != "detection_scores:0")
        .collect();
    assert_eq!(run(&tensors, &Params::default()).0.len(), 5);
}

#[test]
fn other_layers_do_not_disturb() {
    // What a TF2 export has besides.
    let output = Output::new(&apart(5));
    let (anchors, raw) = ([0.0f32; 5], [0.0f32; 12]);
    let mut tensors = vec![
        tensor("detection_anchor_indices", &[5], &anchors[..]),
        tensor("raw_detection_boxes", &[3, 4], &raw[..]),
        tensor("detection_boxes_extra", &[12], &raw[..]),
        tensor("detection_boxes:+0", &[12], &raw[..]),
        tensor("", &[12], &raw[..]),
    ];
    tensors.extend(output.tensors());
    assert_eq!(
        run(&tensors, &Params::default()),
        output.run(&Params::default())
    );
}

#[test]
fn wrong_type_is_named() {
    let output = Output::new(&apart(2));
    let mut tensors = output.tensors();
    tensors[1] = tensor("detection_scores", &[2], &[1i8, 2][..]);
    let error = fail(&tensors);
    assert_eq!(error.kind(), ErrorKind::WrongType);
    assert_eq!(
        error.to_string(),
        "tf-od: output layer detection_scores is INT8, expected FLOAT or HALF"
    );
}

#[test]
fn wrong_shape_is_named() {
    let output = Output::new(&apart(4));
    let check = |index: usize, dims: &[usize], data: &[f32], expected: &str| {
        let mut tensors = output.tensors();
        let name = tensors[index].name();
        tensors[index] = tensor(name, dims, data);
        let error = fail(&tensors);
        assert_eq!(error.kind(), ErrorKind::WrongShape);
        assert_eq!(error.to_string(), expected);
    };
    check(
        3,
        &[4, 1, 1, 4],
        &[0.0; 16],
        "tf-od: output layer detection_boxes has dimensions [4, 1, 1, 4], \
         expected [N, 4] or [1, N, 4]",
    );
    check(
        3,
        &[4],
        &[0.0; 4],
        "tf-od: output layer detection_boxes has dimensions [4], expected [N, 4] or [1, N, 4]",
    );
    check(
        1,
        &[2, 2],
        &[0.0; 4],
        "tf-od: output layer detection_scores has dimensions [2, 2], expected [N] or [1, N]",
    );
    check(
        0,
        &[2],
        &[0.0; 2],
        "tf-od: output layer num_detections has dimensions [2], expected [1]",
    );
}

/// Networks with as many outputs as detections put out nothing for an empty frame.
#[test]
fn empty_tensors_give_no_detections() {
    let none: [f32; 0] = [];
    for num in [0.0f32, 7.0] {
        let num = [num];
        let tensors = [
            tensor("num_detections", &[1], &num[..]),
            tensor("detection_scores", &[0], &none[..]),
            tensor("detection_classes", &[1, 0], &none[..]),
            tensor("detection_boxes", &[0, 4], &none[..]),
        ];
        let (found, counts) = run(&tensors, &Params::default());
        assert_eq!((found, counts.candidates), (vec![], 0));
    }
}

#[test]
fn no_room_for_the_count_or_a_box_is_a_wrong_shape() {
    let none: [f32; 0] = [];
    let output = Output::new(&apart(4));
    let mut tensors = output.tensors();
    tensors[0] = tensor("num_detections", &[0], &none[..]);
    assert_eq!(fail(&tensors).kind(), ErrorKind::WrongShape);
    let mut tensors = output.tensors();
    tensors[3] = tensor("detection_boxes", &[4, 0], &none[..]);
    assert_eq!(fail(&tensors).kind(), ErrorKind::WrongShape);
}

#[test]
fn layers_of_different_length_are_named() {
    let output = Output::new(&apart(4));
    let mut tensors = output.tensors();
    tensors[2] = tensor("detection_classes", &[3], &output.classes[..3]);
    let error = fail(&tensors);
    assert_eq!(error.kind(), ErrorKind::CountMismatch);
    assert_eq!(
        error.to_string(),
        "tf-od: output layer detection_classes holds 3 detections, \
         but detection_scores holds 4; they must be equal"
    );
}

#[test]
fn tensors_of_another_kind_of_network() {
    let data = [0.0f32; 12];
    let tensors = [
        tensor("output_cov/Sigmoid", &[3, 2, 2], &data[..]),
        tensor("num_detections", &[1], &data[..1]),
    ];
    let error = fail(&tensors);
    assert_eq!(error.kind(), ErrorKind::NoLayout);
    let short = error.to_string();
    assert!(short.len() < 200, "{short}");
    let text = format!("{short}; {}", error.detail().unwrap());
    for part in [
        "no known detection layout fits the output layers",
        "layers found: output_cov/Sigmoid FLOAT [3, 2, 2], num_detections FLOAT [1]",
        "; tf-od (if there is one num_detections FLOAT or HALF or INT32 or INT64 or UINT8 [1], \
         detection_scores FLOAT or HALF [N] or [1, N], ",
        "nearest: tf-od: output layers detection_scores, detection_classes, detection_boxes \
         are missing",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    assert!(fail(&[]).detail().unwrap().contains("found: none"));
}

#[test]
fn good_frames_after_bad_ones() {
    let output = Output::new(&apart(4));
    let tensors = output.tensors();
    let mut postprocessor = Postprocessor::new();
    let params = Params::default();
    assert!(postprocessor.decoder().is_none());
    assert!(postprocessor.run(&[], &geometry(), &params).is_err());
    for _ in 0..2 {
        let found = postprocessor.run(&tensors, &geometry(), &params).unwrap();
        assert_eq!(found.len(), 4);
        assert_eq!(postprocessor.decoder().map(|d| d.name), Some("tf-od"));
        assert!(
            postprocessor
                .run(&tensors[..3], &geometry(), &params)
                .is_err()
        );
        assert!(postprocessor.detections().is_empty());
    }
}

#[test]
fn a_chosen_decoder_gives_its_own_error() {
    let output = Output::new(&apart(4));
    let decoder = families::by_name("tf-od").unwrap();
    let mut postprocessor = Postprocessor::with_decoder(decoder, Arc::default());
    let error = postprocessor
        .run(&output.tensors()[..3], &geometry(), &Params::default())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingLayer);
    assert!(families::by_name("tf").is_none());
}

/// What the Python sample gets wrong on the way from tensors to boxes.
mod sample {
    use super::*;

    /// More than 20 survivors raise a TypeError there: the sort key is passed by position.
    #[test]
    fn top_k_cuts_when_more_boxes_survive() {
        let mut raw = apart(40);
        raw.reverse(); // The best come last.
        let params = Params {
            top_k: 20,
            ..Params::default()
        };
        let (found, counts) = Output::new(&raw).run(&params);
        assert_eq!(found.len(), 20);
        assert_eq!(counts.dropped.top_k, 20);
        let best: Vec<f32> = apart(40).iter().take(20).map(|r| r.1).collect();
        assert_eq!(found.iter().map(|d| d.score).collect::<Vec<_>>(), best);
        // 0 is no limit.
        assert_eq!(Output::new(&raw).run(&Params::default()).0.len(), 40);
    }

    /// A negative class counts from the end of the thresholds and labels there.
    #[test]
    fn negative_class_does_not_wrap() {
        let params = Params {
            num_classes: 91,
            ..Params::default()
        };
        let raw = [Raw(-1.0, 0.9, BOX), Raw(-91.0, 0.9, BOX)];
        let (found, counts) = Output::new(&raw).run(&params);
        assert!(found.is_empty());
        assert_eq!(counts.dropped.class_out_of_range, 2);
    }

    /// A class past the labels becomes label 0, "unlabeled", there.
    #[test]
    fn class_past_the_end_is_dropped() {
        let params = Params {
            num_classes: 91,
            ..Params::default()
        };
        let raw = [Raw(90.0, 0.9, BOX), Raw(91.0, 0.9, BOX), Raw(4e9, 0.9, BOX)];
        let (found, counts) = Output::new(&raw).run(&params);
        assert_eq!(classes(&found), [90]);
        assert_eq!(counts.dropped.class_out_of_range, 2);
    }

    /// int(NaN) raises a ValueError there, which nothing catches.
    #[test]
    fn nan_class_costs_one_detection_only() {
        let raw = [Raw(f32::NAN, 0.9, BOX), Raw(1.0, 0.8, BOX)];
        let (found, counts) = Output::new(&raw).run(&Params::default());
        assert_eq!(classes(&found), [1]);
        assert_eq!(counts.dropped.non_finite, 1);
    }

    /// Minimum width and height reach its size test in swapped order.
    #[test]
    fn minimums_are_not_swapped() {
        // 300 px wide, 50 px high.
        let raw = [Raw(1.0, 0.9, [0.25, 0.25, 0.35, 0.55])];
        let min = |min_width, min_height| Params {
            min_width,
            min_height,
            ..Params::default()
        };
        assert_eq!(Output::new(&raw).run(&min(200.0, 40.0)).0.len(), 1);
        assert_eq!(Output::new(&raw).run(&min(40.0, 200.0)).0.len(), 0);
    }

    /// Boxes and the minimum size are computed for 1920x1080 there, whatever the frame is.
    #[test]
    fn frame_size_is_not_a_constant() {
        let output = Output::new(&[Raw(1.0, 0.9, BOX)]);
        let frame = Size::new(640, 480);
        let geometry = Geometry::new(Size::new(300, 300), frame, Padding::Stretch).unwrap();
        let mut postprocessor = Postprocessor::new();
        let params = Params {
            min_width: 161.0,
            ..Params::default()
        };
        let tensors = output.tensors();
        let found = postprocessor.run(&tensors, &geometry, &params).unwrap();
        assert!(found.is_empty(), "{found:?}");
        let params = Params::default();
        let found = postprocessor.run(&tensors, &geometry, &params).unwrap();
        let b = found[0].bbox;
        assert_eq!(
            (b.left, b.top, b.width, b.height),
            (160.0, 120.0, 160.0, 240.0)
        );
    }

    /// Padding is taken for picture there.
    #[test]
    fn padding_is_undone() {
        let output = Output::new(&[
            // The part of the input that shows the frame, 300x150 in 300x300.
            Raw(1.0, 0.9, [0.25, 0.0, 0.75, 1.0]),
            // In the padding above it.
            Raw(2.0, 0.8, [0.0, 0.0, 0.25, 1.0]),
        ]);
        let geometry = Geometry::new(Size::new(300, 300), FRAME, Padding::Symmetric).unwrap();
        let mut postprocessor = Postprocessor::new();
        let tensors = output.tensors();
        let found = postprocessor
            .run(&tensors, &geometry, &Params::default())
            .unwrap();
        let [d] = found[..] else {
            panic!("{found:?}");
        };
        let b = d.bbox;
        assert_eq!((b.left, b.top), (0.0, 0.0));
        assert!((b.width - 1000.0).abs() < 1e-3 && (b.height - 500.0).abs() < 1e-3);
        assert_eq!(postprocessor.counts().dropped.outside, 1);
    }

    /// A missing layer is one line on stderr per frame there, and no objects.
    #[test]
    fn missing_layer_is_an_error() {
        let output = Output::new(&apart(4));
        let error = fail(&output.tensors()[..3]);
        let text = error.to_string();
        assert!(
            text.contains("output layer detection_boxes is missing"),
            "{error}"
        );
        let detail = error.detail().unwrap();
        assert!(detail.contains("num_detections FLOAT [1], detection_scores FLOAT [4]"));
    }
}
