//! What is kept and what is dropped, and how it is explained.

mod tf_od_output;

use nvds_decode::{
    BBox, ClassRules, DropReason, EdgePolicy, Explanation, NmsMode, Outcome, Params, Postprocessor,
};

use tf_od_output::{BOX, FRAME, Output, Raw, geometry, run, tensor};

fn sides(bbox: BBox) -> [f32; 4] {
    [bbox.left, bbox.top, bbox.width, bbox.height]
}

/// The scores of what is kept, and the reasons why the others are not.
fn kept(raw: &[Raw], params: &Params) -> (Vec<f32>, Vec<(&'static str, u64)>) {
    let (found, counts) = Output::new(raw).run(params);
    let reasons = counts
        .dropped
        .by_reason()
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(reason, count)| (reason.name(), count))
        .collect();
    (found.iter().map(|d| d.score).collect(), reasons)
}

/// A box in the column of that number, of eight.
fn column(column: usize) -> [f32; 4] {
    let left = column as f32 / 8.0;
    [0.25, left, 0.75, left + 0.125]
}

#[test]
fn classes_have_their_own_thresholds() {
    let raw = [
        Raw(1.0, 0.55, column(0)),
        Raw(2.0, 0.55, column(1)),
        Raw(3.0, 0.3, column(2)),
        Raw(3.0, 0.25, column(3)),
        Raw(2.0, 0.6, column(4)), // equal is kept
    ];
    let params = Params {
        classes: ClassRules::new(&[(2, 0.6), (3, 0.3)], &[]),
        ..Params::default()
    };
    assert_eq!(
        kept(&raw, &params),
        (vec![0.6, 0.55, 0.3], vec![("below-threshold", 2)])
    );
}

#[test]
fn only_allowed_classes_are_kept() {
    let raw = [
        Raw(1.0, 0.9, column(0)),
        Raw(2.0, 0.8, column(1)),
        Raw(3.0, 0.1, column(2)), // not allowed, before the score
        Raw(4.0, 0.1, column(3)),
        Raw(90000.0, 0.7, column(4)),
    ];
    let params = Params {
        classes: ClassRules::new(&[], &[1, 4, 90000]),
        ..Params::default()
    };
    let expected = vec![("not-allowed", 2), ("below-threshold", 1)];
    assert_eq!(kept(&raw, &params), (vec![0.9, 0.7], expected));
}

#[test]
fn maximum_size_is_not_exceeded() {
    // 250 px wide, 250 px high.
    let raw = [Raw(1.0, 0.9, BOX)];
    let with = |max_width, max_height| {
        let params = Params {
            max_width,
            max_height,
            ..Params::default()
        };
        kept(&raw, &params).1
    };
    assert_eq!(with(250.0, 250.0), []);
    assert_eq!(with(249.9, 250.0), [("too-large", 1)]);
    assert_eq!(with(250.0, 249.9), [("too-large", 1)]);
    // What is no number is no limit.
    assert_eq!(with(f32::NAN, f32::NAN), []);
}

/// A box that is too large is gone before it can suppress a good one.
#[test]
fn large_boxes_suppress_nothing() {
    let raw = [
        Raw(1.0, 0.9, [0.0, 0.0, 1.0, 1.0]),
        Raw(1.0, 0.8, [0.1, 0.1, 0.9, 0.9]),
    ];
    let params = Params {
        max_width: 900.0,
        ..Params::default()
    };
    assert_eq!(kept(&raw, &params), (vec![0.8], vec![("too-large", 1)]));
}

const EDGES: [Raw; 7] = [
    Raw(1.0, 0.9, [0.25, 0.25, 0.5, 0.5]),   // inside
    Raw(2.0, 0.8, [0.0, 0.0, 1.0, 1.0]),     // to the edge on every side
    Raw(3.0, 0.7, [-0.5, -0.25, 0.5, 0.25]), // left, top
    Raw(4.0, 0.6, [0.5, 0.75, 1.5, 1.25]),   // right, bottom
    Raw(5.0, 0.5, [1.25, 0.0, 1.5, 1.0]),    // outside
    Raw(6.0, 0.5, [0.5, 0.5, 0.25, 0.75]),   // reversed
    Raw(7.0, 0.5, [0.0, -9e37, 1.0, 9e37]),  // beyond all bounds
];

#[test]
fn clip_cuts_what_is_outside() {
    let (found, counts) = Output::new(&EDGES).run(&Params::default());
    let boxes: Vec<_> = found.iter().map(|d| (d.class_id, sides(d.bbox))).collect();
    assert_eq!(
        boxes,
        [
            (1, [250.0, 125.0, 250.0, 125.0]),
            (2, [0.0, 0.0, 1000.0, 500.0]),
            (3, [0.0, 0.0, 250.0, 250.0]),
            (4, [750.0, 250.0, 250.0, 250.0]),
            (7, [0.0, 0.0, 1000.0, 500.0]),
        ]
    );
    assert_eq!((counts.dropped.outside, counts.dropped.too_small), (1, 1));
}

/// In frame pixels, of 1000 by 500, and of no use beyond what fits C's integers.
#[test]
fn what_is_clipped_is_known_whole() {
    let output = Output::new(&EDGES);
    let mut postprocessor = Postprocessor::new();
    let found = postprocessor.run(&output.tensors(), &geometry(), &Params::default());
    assert_eq!(found.unwrap().len(), 5);
    let whole: Vec<_> = (0..5)
        .map(|index| postprocessor.whole_box(index).map(sides))
        .collect();
    let reach = EdgePolicy::REACH;
    assert_eq!(
        whole,
        [
            None,
            None,
            Some([-250.0, -250.0, 500.0, 500.0]),
            Some([750.0, 250.0, 500.0, 500.0]),
            Some([-reach, 0.0, 1000.0 + 2.0 * reach, 500.0]),
        ]
    );
}

#[test]
fn drop_drops_what_crosses_the_edge() {
    let params = Params {
        edge: EdgePolicy::Drop,
        min_width: 100.0,
        ..Params::default()
    };
    let expected = vec![("outside", 1), ("edge", 3), ("too-small", 1)];
    assert_eq!(kept(&EDGES, &params), (vec![0.9, 0.8], expected));
}

/// 300 * 1080 / 1920 truncates, and its inverse in single precision may lie a hair outside.
#[test]
fn rounding_is_not_crossing_the_edge() {
    use nvds_decode::{Geometry, Padding, Size};
    let params = Params {
        edge: EdgePolicy::Drop,
        ..Params::default()
    };
    let mut postprocessor = Postprocessor::new();
    for padding in [Padding::Stretch, Padding::RightBottom, Padding::Symmetric] {
        for (width, height) in [
            (1920, 1080),
            (1080, 1920),
            (1366, 768),
            (7680, 4320),
            (34, 22),
        ] {
            let frame = Size::new(width, height);
            let geometry = Geometry::new(Size::new(300, 300), frame, padding).unwrap();
            let (dst, at) = (geometry.destination(), geometry.offset());
            let unit = |pixels: u32| (f64::from(pixels) / 300.0) as f32;
            let whole = [
                unit(at.1),
                unit(at.0),
                unit(at.1 + dst.height),
                unit(at.0 + dst.width),
            ];
            let output = Output::new(&[Raw(1.0, 0.9, whole)]);
            let found = postprocessor
                .run(&output.tensors(), &geometry, &params)
                .unwrap();
            assert_eq!(found.len(), 1, "{padding:?} {frame}");
        }
    }
}

/// On each side alone: what a float's last digit does is rounding, ten times that is not.
#[test]
fn each_edge_has_room_for_rounding_only() {
    let params = Params {
        edge: EdgePolicy::Drop,
        ..Params::default()
    };
    for side in 0..4 {
        let beyond = |by: f32| {
            let mut whole = [0.0, 0.0, 1.0, 1.0];
            whole[side] += if side < 2 { -by } else { by };
            kept(&[Raw(1.0, 0.9, whole)], &params)
        };
        assert_eq!(beyond(2.4e-7), (vec![0.9], vec![]), "side {side}");
        assert_eq!(beyond(2.4e-6), (vec![], vec![("edge", 1)]), "side {side}");
    }
}

#[test]
fn keep_leaves_boxes_as_they_are() {
    let params = Params {
        edge: EdgePolicy::Keep,
        ..Params::default()
    };
    let (found, counts) = Output::new(&EDGES).run(&params);
    let reach = EdgePolicy::REACH;
    let boxes: Vec<_> = found.iter().map(|d| (d.class_id, sides(d.bbox))).collect();
    assert_eq!(
        boxes,
        [
            (1, [250.0, 125.0, 250.0, 125.0]),
            (2, [0.0, 0.0, 1000.0, 500.0]),
            (3, [-250.0, -250.0, 500.0, 500.0]),
            (4, [750.0, 250.0, 500.0, 500.0]),
            (7, [-reach, 0.0, 1000.0 + 2.0 * reach, 500.0]),
        ]
    );
    assert_eq!((counts.dropped.outside, counts.dropped.too_small), (1, 1));
    let (width, height) = (FRAME.width as f32, FRAME.height as f32);
    assert!(width + reach < i32::MAX as f32 && height + reach < i32::MAX as f32);
}

#[test]
fn modes_of_suppression() {
    let raw = [
        Raw(1.0, 0.9, BOX),
        Raw(1.0, 0.8, BOX),
        Raw(2.0, 0.7, BOX),
        Raw(2.0, 0.6, column(7)),
    ];
    let with = |nms_mode| {
        let params = Params {
            nms_mode,
            ..Params::default()
        };
        kept(&raw, &params).0
    };
    assert_eq!(with(NmsMode::PerClass), [0.9, 0.7, 0.6]);
    assert_eq!(with(NmsMode::Agnostic), [0.9, 0.6]);
    assert_eq!(with(NmsMode::None), [0.9, 0.8, 0.7, 0.6]);
}

#[test]
fn top_k_of_each_class_comes_before_that_of_all() {
    let raw: Vec<Raw> = (0..8)
        .map(|i| Raw((i / 5) as f32, 0.95 - 0.0625 * i as f32, column(i)))
        .collect();
    let with = |top_k_per_class, top_k| {
        let params = Params {
            top_k,
            top_k_per_class,
            ..Params::default()
        };
        let (scores, reasons) = kept(&raw, &params);
        let numbers: Vec<_> = scores
            .iter()
            .map(|s| ((0.95 - s) / 0.0625) as u32)
            .collect();
        (numbers, reasons)
    };
    // 0.95 - 0.0625 * 8 = 0.45: the last one is at 0.5125.
    let (numbers, reasons) = with(2, 0);
    assert_eq!(
        (numbers, reasons),
        (vec![0, 1, 5, 6], vec![("top-k-per-class", 4)])
    );
    let (numbers, reasons) = with(2, 3);
    assert_eq!(
        (numbers, reasons),
        (vec![0, 1, 5], vec![("top-k-per-class", 4), ("top-k", 1)])
    );
    assert_eq!(with(usize::MAX, 0).0.len(), 8);
}

fn explain(raw: &[Raw], params: &Params, floor: f32) -> (Vec<Outcome>, Explanation) {
    let mut explanation = Explanation::default();
    let output = Output::new(raw);
    let (found, counts) = output.run(params);
    let mut postprocessor = Postprocessor::new();
    let explained = postprocessor
        .explain(
            &output.tensors(),
            &geometry(),
            params,
            floor,
            &mut explanation,
        )
        .unwrap();
    assert_eq!(explained, found);
    assert_eq!(*postprocessor.counts(), counts);
    let outcomes = explanation.verdicts().iter().map(|v| v.outcome).collect();
    (outcomes, explanation)
}

#[test]
fn every_outcome_is_explained() {
    use DropReason::*;
    let nan = f32::NAN;
    let whole = [0.0, 0.0, 1.0, 1.0];
    let raw = [
        Raw(1.0, 0.9, [0.25, 0.25, 0.75, 0.5]),
        Raw(1.0, 0.8, [0.25, 0.25, 0.75, 0.375]),
        Raw(1.0, 0.7, [0.25, 0.75, 0.75, 1.0]),
        Raw(2.0, 0.6, BOX),
        Raw(nan, 0.9, BOX),
        Raw(91.0, 0.9, BOX),
        Raw(3.0, 0.9, BOX),
        Raw(1.0, 0.4, BOX),
        Raw(1.0, 0.9, [2.0, 2.0, 3.0, 3.0]),
        Raw(1.0, 0.9, [0.5, 0.5, 1.5, 1.5]),
        Raw(1.0, 0.9, [0.5, 0.5, 0.5, 0.75]),
        Raw(2.0, 0.9, whole),
        Raw(1.0, 0.9, [0.1, f32::INFINITY, 0.2, 0.3]),
        Raw(1.0, 0.1, BOX), // below the floor
    ];
    let params = Params {
        classes: ClassRules::new(&[], &[1, 2]),
        num_classes: 91,
        edge: EdgePolicy::Drop,
        max_height: 400.0,
        top_k: 1,
        top_k_per_class: 1,
        ..Params::default()
    };
    let (outcomes, explanation) = explain(&raw, &params, 0.3);
    let reasons = [
        NonFinite,
        ClassOutOfRange,
        NotAllowed,
        BelowThreshold,
        Outside,
        Edge,
        TooSmall,
        TooLarge,
        NonFinite,
    ];
    let mut expected = vec![
        Outcome::Kept { detection: 0 },
        Outcome::Suppressed { by: 0, iou: 0.5 },
        Outcome::Dropped(TopKPerClass),
        Outcome::Dropped(TopK),
    ];
    expected.extend(reasons.map(Outcome::Dropped));
    assert_eq!(outcomes, expected);
    let mut seen: Vec<_> = outcomes.iter().filter_map(Outcome::drop_reason).collect();
    seen.dedup();
    for reason in DropReason::ALL {
        assert!(seen.contains(&reason), "{reason} is not tested");
    }

    let verdicts = explanation.verdicts();
    assert_eq!(
        verdicts[8].bbox.map(sides),
        Some([2000.0, 1000.0, 1000.0, 500.0])
    );
    assert_eq!(verdicts[12].bbox, None);
    let texts: Vec<String> = verdicts.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts[0],
        "entry 0: class 1, score 0.9, 250.0x250.0 at 250.0,125.0: kept as 0"
    );
    assert_eq!(
        texts[1],
        "entry 1: class 1, score 0.8, 125.0x250.0 at 250.0,125.0: nms, overlaps entry 0 by 0.500"
    );
    assert_eq!(
        texts[4],
        "entry 4: class NaN, score 0.9, 250.0x250.0 at 250.0,125.0: non-finite"
    );
    assert_eq!(
        texts[12],
        "entry 12: class 1, score 0.9, box not finite: non-finite"
    );
}

#[test]
fn entries_from_the_floor_on_are_explained() {
    let raw = [0.3, 0.299, 0.7].map(|score| Raw(1.0, score, BOX));
    let (_, explanation) = explain(&raw, &Params::default(), 0.3);
    let entries: Vec<_> = explanation.verdicts().iter().map(|v| v.entry).collect();
    assert_eq!(entries, [0, 2]);
}

/// The better of two boxes in the way is named, and in agnostic mode one of another class.
#[test]
fn the_best_suppressor_is_named() {
    let raw = [
        Raw(1.0, 0.6, [0.0, 0.0, 1.0, 0.5]),
        Raw(2.0, 0.9, [0.0, 0.1, 1.0, 0.6]),
        Raw(1.0, 0.7, [0.0, 0.05, 1.0, 0.55]),
    ];
    let by = |nms_mode| {
        let params = Params {
            nms_mode,
            ..Params::default()
        };
        let (outcomes, _) = explain(&raw, &params, 0.0);
        outcomes
            .into_iter()
            .map(|outcome| match outcome {
                Outcome::Suppressed { by, .. } => Some(by),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(by(NmsMode::PerClass), [Some(2), None, None]);
    assert_eq!(by(NmsMode::Agnostic), [Some(1), None, Some(1)]);
    assert_eq!(by(NmsMode::None), [None, None, None]);
}

#[test]
fn an_explanation_is_of_the_last_frame_only() {
    let mut postprocessor = Postprocessor::new();
    let mut explanation = Explanation::default();
    let params = Params::default();
    let output = Output::new(&[Raw(1.0, 0.9, BOX), Raw(1.0, 0.8, column(7))]);
    let tensors = output.tensors();
    for _ in 0..2 {
        postprocessor
            .explain(&tensors, &geometry(), &params, 0.0, &mut explanation)
            .unwrap();
        assert_eq!(explanation.verdicts().len(), 2);
    }
    assert!(
        postprocessor
            .explain(&tensors[..1], &geometry(), &params, 0.0, &mut explanation)
            .is_err()
    );
    assert!(explanation.verdicts().is_empty());
    assert!(postprocessor.detections().is_empty());
    // A plain run after it tests everything again.
    let low = Params {
        score_threshold: 0.85,
        ..Params::default()
    };
    let found = postprocessor.run(&tensors, &geometry(), &low).unwrap();
    assert_eq!(found.len(), 1);
    // A count that is no number is reported as it is without explanation.
    let nan = [f32::NAN];
    let mut broken = tensors;
    broken[0] = tensor("num_detections", &[1], &nan[..]);
    postprocessor
        .explain(&broken, &geometry(), &params, 0.0, &mut explanation)
        .unwrap();
    assert_eq!(postprocessor.counts(), &run(&broken, &params).1);
    assert_eq!(postprocessor.counts().bad_count, 1);
}
