//! What must hold for any input.

use std::sync::Arc;

use nvds_decode::select::{Input, Match};
use nvds_decode::{
    BBox, BoxUnits, ClassRules, Detection, DropReason, Dropped, EdgePolicy, Explanation, Geometry,
    Layout, NmsMode, Outcome, Padding, Params, Postprocessor, Scaler, Size, TensorData, TensorView,
    f16, families,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Elements of any bits.
#[derive(Debug, Clone)]
enum Data {
    F32(Vec<f32>),
    F16(Vec<f16>),
    I8(Vec<i8>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
}

impl Data {
    fn borrow(&self) -> TensorData<'_> {
        match self {
            Self::F32(data) => TensorData::F32(data),
            Self::F16(data) => TensorData::F16(data),
            Self::I8(data) => TensorData::I8(data),
            Self::I32(data) => TensorData::I32(data),
            Self::I64(data) => TensorData::I64(data),
            Self::U8(data) => TensorData::U8(data),
        }
    }
}

fn bits() -> impl Strategy<Value = f32> {
    prop_oneof![
        any::<u32>().prop_map(f32::from_bits),
        -0.5f32..1.5,
        select(vec![
            0.0,
            -0.0,
            1.0,
            f32::NAN,
            f32::INFINITY,
            f32::MAX,
            f32::MIN_POSITIVE
        ]),
    ]
}

fn data(len: usize) -> impl Strategy<Value = Data> {
    prop_oneof![
        4 => vec(bits(), len).prop_map(Data::F32),
        2 => vec(bits().prop_map(f16::from_f32), len).prop_map(Data::F16),
        1 => vec(any::<i8>(), len).prop_map(Data::I8),
        1 => vec(any::<i32>(), len).prop_map(Data::I32),
        1 => vec(any::<i64>(), len).prop_map(Data::I64),
        1 => vec(any::<u8>(), len).prop_map(Data::U8),
    ]
}

type Owned = (&'static str, Vec<usize>, Data);

fn tensor(
    name: &'static str,
    dims: impl Strategy<Value = Vec<usize>>,
) -> impl Strategy<Value = Owned> {
    dims.prop_flat_map(move |dims| {
        let len = dims.iter().product();
        (Just(name), Just(dims), data(len))
    })
}

/// Dimensions that fit now and then.
fn dims() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        vec(0usize..5, 0..4),
        Just(vec![1]),
        Just(vec![6]),
        Just(vec![1, 6]),
        Just(vec![6, 4]),
        Just(vec![1, 6, 4]),
    ]
}

/// Any layers: the names that decoders look for, with any dimensions and types.
fn any_tensors() -> impl Strategy<Value = Vec<Owned>> {
    let mut names: Vec<&'static str> = families::decoders()
        .flat_map(|d| {
            d.layers
                .iter()
                .flat_map(|layer| layer.names.iter().copied())
        })
        .collect();
    names.extend(["", "detection_boxes:0", "other"]);
    vec(
        (select(names), dims()).prop_flat_map(|(name, dims)| tensor(name, Just(dims))),
        0..8,
    )
}

/// Layers of the layout, with any numbers in them.
fn tf_od_tensors() -> impl Strategy<Value = Vec<Owned>> {
    (1usize..40).prop_flat_map(|n| {
        let float = |name, dims: Vec<usize>| {
            let len = dims.iter().product::<usize>();
            vec(bits(), len).prop_map(move |data| (name, dims.clone(), Data::F32(data)))
        };
        (
            (bits().prop_map(|num| ("num_detections", vec![1], Data::F32(vec![num * 40.0])))),
            float("detection_scores", vec![n]),
            prop_oneof![
                float("detection_classes", vec![n]).boxed(),
                vec(-2f32..6.0, n)
                    .prop_map(|data| ("detection_classes", vec![data.len()], Data::F32(data)))
                    .boxed()
            ],
            float("detection_boxes", vec![n, 4]),
        )
            .prop_map(|(a, b, c, d)| vec![a, b, c, d])
    })
}

fn views(tensors: &[Owned]) -> Vec<TensorView<'_>> {
    tensors
        .iter()
        .map(|(name, dims, data)| TensorView::new(name, dims, data.borrow()).unwrap())
        .collect()
}

fn geometry() -> impl Strategy<Value = Geometry> {
    let side = || prop_oneof![1u32..700, Just(300), 1u32..5000, Just(u32::MAX)];
    (
        (side(), side()),
        (side(), side()),
        select(vec![
            Padding::Stretch,
            Padding::RightBottom,
            Padding::Symmetric,
        ]),
        select(vec![Scaler::Nvinfer, Scaler::NvinferServer]),
        prop_oneof![Just(None), object().prop_map(Some)],
    )
        .prop_filter_map("no mapping", |(network, frame, padding, scaler, object)| {
            let size = |(width, height)| Size::new(width, height);
            let (network, frame) = (size(network), size(frame));
            match object {
                None => Geometry::with_scaler(scaler, network, frame, padding),
                Some(object) => Geometry::of_object(scaler, network, object, frame, padding),
            }
            .ok()
        })
}

/// Box of an object for secondary inference, mostly inside a frame.
fn object() -> impl Strategy<Value = BBox> {
    let side = || prop_oneof![9 => -50f32..2000.0, 1 => bits()];
    (side(), side(), side(), side()).prop_map(|(left, top, width, height)| BBox {
        left,
        top,
        width,
        height,
    })
}

fn class_rules() -> impl Strategy<Value = ClassRules> {
    let class = || prop_oneof![6 => 0u32..6, 1 => any::<u32>()];
    let rules = (vec((class(), bits()), 0..4), vec(class(), 0..4));
    prop_oneof![
        Just(ClassRules::default()),
        rules.prop_map(|(thresholds, allowed)| ClassRules::new(&thresholds, &allowed)),
    ]
}

fn params() -> impl Strategy<Value = Params> {
    let side = || prop_oneof![bits(), 0f32..100.0];
    let most = || prop_oneof![Just(f32::INFINITY), bits(), 0f32..3000.0];
    let top_k = || prop_oneof![3 => 0usize..10, 1 => Just(usize::MAX)];
    let modes = vec![NmsMode::PerClass, NmsMode::Agnostic, NmsMode::None];
    let edges = vec![EdgePolicy::Clip, EdgePolicy::Drop, EdgePolicy::Keep];
    (
        (prop_oneof![bits(), 0f32..1.0], class_rules()),
        (prop_oneof![bits(), 0f32..1.0], select(modes)),
        (top_k(), top_k()),
        (side(), side(), most(), most(), select(edges)),
        (0u32..2, prop_oneof![0u32..10, any::<u32>()]),
    )
        .prop_map(|(scores, nms, top_k, boxes, range)| Params {
            score_threshold: scores.0,
            classes: scores.1,
            nms_iou_threshold: nms.0,
            nms_mode: nms.1,
            top_k: top_k.0,
            top_k_per_class: top_k.1,
            min_width: boxes.0,
            min_height: boxes.1,
            max_width: boxes.2,
            max_height: boxes.3,
            edge: boxes.4,
            first_class: range.0,
            num_classes: range.1,
        })
}

/// What every result must satisfy, whatever went in.
fn check(found: &[Detection], geometry: &Geometry, params: &Params) {
    let area = geometry.area();
    let limit = (area.left + area.width, area.top + area.height);
    let reach = match params.edge {
        EdgePolicy::Clip | EdgePolicy::Drop => 0.0,
        EdgePolicy::Keep | EdgePolicy::KeepAll => EdgePolicy::REACH,
    };
    // Counting from the frame's origin rounds unless the area starts there, and so does adding
    // up the sides of boxes that start far outside.
    let slack = |from: f32, to: f32| match from {
        0.0 if reach == 0.0 => 0.0,
        _ => (to + from.abs() + 2.0 * reach) * 1e-6,
    };
    let slack = (slack(area.left, limit.0), slack(area.top, limit.1));
    for d in found {
        let b = d.bbox;
        let (right, bottom) = (b.left + b.width, b.top + b.height);
        assert!(params.classes.allows(d.class_id), "{d:?}");
        let least = params.classes.threshold(d.class_id, params.score_threshold);
        assert!(d.score.is_finite() && d.score >= least, "{d:?}");
        assert!(d.class_id >= params.first_class, "{d:?}");
        assert!(
            params.num_classes == 0 || d.class_id < params.num_classes,
            "{d:?}"
        );
        assert!(i32::try_from(d.class_id).is_ok(), "{d:?}");
        assert!(
            b.left >= area.left - reach - slack.0 && b.top >= area.top - reach - slack.1,
            "{d:?}"
        );
        assert!(b.width > 0.0 && b.height > 0.0, "{d:?}");
        // Some part is inside.
        assert!(
            b.left <= limit.0 + slack.0 && b.top <= limit.1 + slack.1,
            "{d:?}"
        );
        assert!(
            right >= area.left - slack.0 && bottom >= area.top - slack.1,
            "{d:?}"
        );
        assert!(
            right <= limit.0 + reach + slack.0 && bottom <= limit.1 + reach + slack.1,
            "{d:?}"
        );
        assert!(
            !(b.width <= params.min_width || b.height <= params.min_height),
            "{d:?}"
        );
        assert!(
            !(b.width > params.max_width || b.height > params.max_height),
            "{d:?}"
        );
        if params.top_k_per_class > 0 {
            let same = found.iter().filter(|other| other.class_id == d.class_id);
            assert!(same.count() <= params.top_k_per_class, "{d:?}");
        }
    }
    assert!(found.is_sorted_by(|a, b| a.score >= b.score));
    assert!(params.top_k == 0 || found.len() <= params.top_k);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_panic_on_any_layers(
        tensors in any_tensors(),
        geometry in geometry(),
        params in params(),
    ) {
        let mut postprocessor = Postprocessor::new();
        let views = views(&tensors);
        let decoded = postprocessor.run(&views, &geometry, &params).map(<[_]>::to_vec);
        match decoded {
            Ok(found) => check(&found, &geometry, &params),
            Err(error) => {
                // Whoever reads it learns which layers there are or which one is wrong.
                let text = error.to_string();
                prop_assert!(text.contains("layer"), "{}", text);
                prop_assert!(postprocessor.detections().is_empty());
            }
        }
    }

    #[test]
    fn no_panic_on_any_numbers(
        tensors in tf_od_tensors(),
        geometry in geometry(),
        params in params(),
    ) {
        let mut postprocessor = Postprocessor::new();
        let found = postprocessor.run(&views(&tensors), &geometry, &params).unwrap();
        check(found, &geometry, &params);
        let counts = *postprocessor.counts();
        prop_assert_eq!(counts.candidates, counts.kept + counts.dropped.total());
        prop_assert_eq!(counts.kept, postprocessor.detections().len() as u64);
    }

    #[test]
    fn the_probe_agrees_with_the_decoder(tensors in any_tensors(), geometry in geometry()) {
        let views = views(&tensors);
        for decoder in families::decoders() {
            let mut postprocessor = Postprocessor::with_decoder(decoder, Arc::default());
            let decoded = postprocessor.run(&views, &geometry, &Params::default());
            prop_assert_eq!(
                decoder.matches(&Input {
                    tensors: &views,
                    layout: &Layout::default(),
                    network: geometry.network(),
                }) == Match::Yes,
                decoded.is_ok()
            );
        }
    }

    /// The path that explains finds the same, and a reason for everything.
    #[test]
    fn an_explanation_agrees_with_the_run(
        tensors in tf_od_tensors(),
        geometry in geometry(),
        params in params(),
        floor in prop_oneof![Just(f32::NEG_INFINITY), bits(), 0f32..1.0],
    ) {
        let views = views(&tensors);
        let mut postprocessor = Postprocessor::new();
        let found = postprocessor.run(&views, &geometry, &params).unwrap().to_vec();
        let counts = *postprocessor.counts();
        let mut explanation = Explanation::default();
        let explained = postprocessor
            .explain(&views, &geometry, &params, floor, &mut explanation)
            .unwrap()
            .to_vec();
        prop_assert_eq!(&explained, &found);
        prop_assert_eq!(postprocessor.counts(), &counts);

        let mut dropped = Dropped::default();
        let mut kept = vec![false; found.len()];
        for verdict in explanation.verdicts() {
            prop_assert!(verdict.score >= floor || verdict.score.is_nan() || floor.is_nan());
            match verdict.outcome {
                Outcome::Kept { detection } => {
                    prop_assert!(!std::mem::replace(&mut kept[detection], true));
                    prop_assert_eq!(found[detection].score, verdict.score);
                    prop_assert_eq!(found[detection].class_id, verdict.class as u32);
                }
                Outcome::Dropped(reason) => {
                    prop_assert_ne!(reason, DropReason::Nms, "nobody is named");
                    dropped.note(reason, 1);
                }
                Outcome::Suppressed { by, iou } => {
                    dropped.note(DropReason::Nms, 1);
                    prop_assert!(iou > params.nms_iou_threshold);
                    // The better one is over the floor if this one is.
                    let better = explanation.verdicts().iter().find(|v| v.entry == by).unwrap();
                    prop_assert!(better.score >= verdict.score);
                    // It was a survivor, whatever became of it then.
                    let reason = better.outcome.drop_reason();
                    let survivor = [None, Some(DropReason::TopK), Some(DropReason::TopKPerClass)];
                    prop_assert!(survivor.contains(&reason), "{:?}", reason);
                    if params.nms_mode == NmsMode::PerClass {
                        prop_assert_eq!(better.class as u32, verdict.class as u32);
                    }
                }
            }
        }
        for ((reason, told), (_, all)) in dropped.by_reason().into_iter().zip(counts.dropped.by_reason()) {
            prop_assert!(told <= all, "{}: {} of {}", reason, told, all);
        }
        if floor == f32::NEG_INFINITY {
            prop_assert_eq!(dropped, counts.dropped);
            prop_assert!(kept.iter().all(|&told| told));
        }
        for (detection, told) in found.iter().zip(kept) {
            prop_assert!(told || detection.score < floor);
        }
    }

    #[test]
    fn no_edge_policy_grows_a_box(
        edge in select(vec![EdgePolicy::Clip, EdgePolicy::Drop, EdgePolicy::Keep]),
        sides in [-0.5f32..1.5, -0.5f32..1.5, -0.5f32..1.5, -0.5f32..1.5],
        frame in (2u32..4000, 2u32..4000),
        padding in select(vec![Padding::Stretch, Padding::RightBottom, Padding::Symmetric]),
    ) {
        let size = Size::new(frame.0, frame.1);
        let Ok(geometry) = Geometry::new(Size::new(300, 300), size, padding) else {
            return Ok(());
        };
        let tensors = [
            TensorView::new("num_detections", &[1], &[1f32][..]).unwrap(),
            TensorView::new("detection_scores", &[1], &[1f32][..]).unwrap(),
            TensorView::new("detection_classes", &[1], &[1f32][..]).unwrap(),
            TensorView::new("detection_boxes", &[1, 4], &sides[..]).unwrap(),
        ];
        let mut postprocessor = Postprocessor::new();
        let params = Params { edge, ..Params::default() };
        let found = postprocessor.run(&tensors, &geometry, &params).unwrap().to_vec();
        let dropped = postprocessor.counts().dropped;
        let [y_min, x_min, y_max, x_max] = sides.map(f64::from);
        let (left, top) = geometry.to_frame(BoxUnits::Normalised, x_min, y_min);
        let (right, bottom) = geometry.to_frame(BoxUnits::Normalised, x_max, y_max);
        // What is left of the box, in double precision.
        let (far_right, far_bottom) = (f64::from(frame.0), f64::from(frame.1));
        let (cut_left, cut_top) = (left.max(0.0), top.max(0.0));
        let (cut_right, cut_bottom) = (right.min(far_right), bottom.min(far_bottom));
        let slack = 4e-6 * (left.abs() + top.abs() + right.abs() + bottom.abs() + 4000.0);
        let overhang = (cut_left - left)
            .max(cut_top - top)
            .max(right - cut_right)
            .max(bottom - cut_bottom);
        let gone = cut_right - cut_left <= slack || cut_bottom - cut_top <= slack;
        match &found[..] {
            [d] => {
                let b = d.bbox;
                let wanted = match edge {
                    EdgePolicy::Clip | EdgePolicy::Drop => [cut_left, cut_top, cut_right, cut_bottom],
                    EdgePolicy::Keep | EdgePolicy::KeepAll => [left, top, right, bottom],
                };
                let have = [b.left, b.top, b.left + b.width, b.top + b.height];
                for (have, want) in have.into_iter().zip(wanted) {
                    prop_assert!((f64::from(have) - want).abs() <= slack, "{} {}", have, want);
                }
                prop_assert!(f64::from(b.width) <= right - left + slack);
                prop_assert!(f64::from(b.height) <= bottom - top + slack);
                prop_assert!(edge != EdgePolicy::Drop || overhang <= slack, "{}", overhang);
            }
            [] if dropped.edge == 1 => {
                prop_assert_eq!(edge, EdgePolicy::Drop);
                prop_assert!(overhang > 0.0, "{}", overhang);
            }
            [] => prop_assert!(gone, "a box vanished: {:?}", dropped),
            [_, _, ..] => prop_assert!(false, "two boxes of one"),
        }
    }
}
