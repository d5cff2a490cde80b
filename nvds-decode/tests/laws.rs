//! What must hold for any input.

use nvds_decode::nms::{Nms, iou};
use nvds_decode::{
    BBox, BoxUnits, Candidate, Detection, Geometry, Padding, Params, Postprocessor, Scaler, Size,
    TensorData, TensorView, decoders, f16,
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
    let mut names: Vec<&'static str> = decoders::ALL
        .iter()
        .flat_map(|d| d.layers.iter().map(|layer| layer.name))
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

fn params() -> impl Strategy<Value = Params> {
    (
        prop_oneof![bits(), 0f32..1.0],
        prop_oneof![bits(), 0f32..1.0],
        prop_oneof![0usize..10, Just(usize::MAX)],
        (
            prop_oneof![bits(), 0f32..100.0],
            prop_oneof![bits(), 0f32..100.0],
        ),
        prop_oneof![0u32..10, any::<u32>()],
    )
        .prop_map(
            |(score, iou, top_k, (min_width, min_height), num_classes)| Params {
                score_threshold: score,
                nms_iou_threshold: iou,
                top_k,
                min_width,
                min_height,
                first_class: 0,
                num_classes,
            },
        )
}

/// What every result must satisfy, whatever went in.
fn check(found: &[Detection], geometry: &Geometry, params: &Params) {
    let area = geometry.area();
    let limit = (area.left + area.width, area.top + area.height);
    // Counting from the frame's origin rounds unless the area starts there.
    let slack = |from: f32, to: f32| if from == 0.0 { 0.0 } else { to * 1e-6 };
    let slack = (slack(area.left, limit.0), slack(area.top, limit.1));
    for d in found {
        let b = d.bbox;
        assert!(
            d.score.is_finite() && d.score >= params.score_threshold,
            "{d:?}"
        );
        assert!(
            params.num_classes == 0 || d.class_id < params.num_classes,
            "{d:?}"
        );
        assert!(i32::try_from(d.class_id).is_ok(), "{d:?}");
        assert!(b.left >= area.left && b.top >= area.top, "{d:?}");
        assert!(b.width > 0.0 && b.height > 0.0, "{d:?}");
        assert!(
            b.left + b.width <= limit.0 + slack.0 && b.top + b.height <= limit.1 + slack.1,
            "{d:?}"
        );
        assert!(
            !(b.width <= params.min_width || b.height <= params.min_height),
            "{d:?}"
        );
    }
    assert!(found.is_sorted_by(|a, b| a.score >= b.score));
    assert!(params.top_k == 0 || found.len() <= params.top_k);
}

/// Boxes that overlap often, with scores that tie now and then.
fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let one = (
        0u32..4,
        prop_oneof![0f32..1.0, select(vec![0.5, 0.75])],
        (0f32..60.0, 0f32..60.0),
        (0f32..40.0, 0f32..40.0),
    )
        .prop_map(
            |(class_id, score, (left, top), (width, height))| Candidate {
                class_id,
                score,
                x_min: left,
                y_min: top,
                x_max: left + width,
                y_max: top + height,
            },
        );
    vec(one, 0..80)
}

fn suppress(candidates: &[Candidate], threshold: f32) -> Vec<Candidate> {
    let mut kept = Vec::new();
    Nms::default().run(candidates, threshold, &mut kept);
    kept.iter().map(|&i| candidates[i as usize]).collect()
}

/// The textbook's version, without any cleverness.
fn suppress_plainly(candidates: &[Candidate], threshold: f32) -> Vec<Candidate> {
    let mut sorted = candidates.to_vec();
    sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Candidate> = Vec::new();
    for c in sorted {
        if kept
            .iter()
            .all(|k| k.class_id != c.class_id || iou(k, &c) <= threshold)
        {
            kept.push(c);
        }
    }
    kept
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
        for decoder in decoders::ALL {
            let mut postprocessor = Postprocessor::with_decoder(decoder);
            let decoded = postprocessor.run(&views, &geometry, &Params::default());
            prop_assert_eq!(
                decoder.matches(&views) == decoders::Match::Yes,
                decoded.is_ok()
            );
        }
    }

    #[test]
    fn suppression_equals_the_plain_one(candidates in candidates(), threshold in 0f32..1.0) {
        prop_assert_eq!(
            suppress(&candidates, threshold),
            suppress_plainly(&candidates, threshold)
        );
    }

    #[test]
    fn suppression_is_idempotent(candidates in candidates(), threshold in 0f32..1.0) {
        let once = suppress(&candidates, threshold);
        prop_assert_eq!(suppress(&once, threshold), once);
    }

    #[test]
    fn survivors_of_a_class_do_not_overlap(candidates in candidates(), threshold in 0f32..1.0) {
        let kept = suppress(&candidates, threshold);
        for (i, a) in kept.iter().enumerate() {
            for b in &kept[..i] {
                prop_assert!(a.class_id != b.class_id || iou(a, b) <= threshold);
            }
        }
    }

    #[test]
    fn iou_is_a_ratio(candidates in candidates()) {
        for pair in candidates.windows(2) {
            let ratio = iou(&pair[0], &pair[1]);
            prop_assert!((0.0..=1.0 + 1e-5).contains(&ratio), "{}", ratio);
            prop_assert_eq!(ratio, iou(&pair[1], &pair[0]));
        }
    }

    #[test]
    fn the_order_of_candidates_matters_only_for_ties(
        (candidates, shuffled) in candidates().prop_flat_map(|mut candidates| {
            candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
            candidates.dedup_by_key(|c| c.score);
            (Just(candidates.clone()), Just(candidates).prop_shuffle())
        }),
        threshold in 0f32..1.0,
    ) {
        prop_assert_eq!(suppress(&shuffled, threshold), suppress(&candidates, threshold));
    }

    #[test]
    fn the_order_of_tensor_entries_matters_only_for_ties(
        (candidates, shuffled) in candidates().prop_flat_map(|mut candidates| {
            candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
            candidates.dedup_by_key(|c| c.score);
            (Just(candidates.clone()), Just(candidates).prop_shuffle())
        }),
        top_k in 0usize..10,
    ) {
        prop_assume!(!candidates.is_empty());
        let geometry =
            Geometry::new(Size::new(300, 300), Size::new(640, 480), Padding::Stretch).unwrap();
        let params = Params { score_threshold: 0.2, top_k, ..Params::default() };
        let run = |candidates: &[Candidate]| {
            let n = candidates.len();
            let scores: Vec<f32> = candidates.iter().map(|c| c.score).collect();
            let classes: Vec<f32> = candidates.iter().map(|c| c.class_id as f32).collect();
            let boxes: Vec<f32> = candidates
                .iter()
                .flat_map(|c| [c.y_min, c.x_min, c.y_max, c.x_max])
                .map(|side| side / 90.0)
                .collect();
            let num = [n as f32];
            let tensors = [
                TensorView::new("num_detections", &[1], &num[..]).unwrap(),
                TensorView::new("detection_scores", &[n], &scores[..]).unwrap(),
                TensorView::new("detection_classes", &[n], &classes[..]).unwrap(),
                TensorView::new("detection_boxes", &[n, 4], &boxes[..]).unwrap(),
            ];
            let mut postprocessor = Postprocessor::new();
            postprocessor.run(&tensors, &geometry, &params).unwrap().to_vec()
        };
        prop_assert_eq!(run(&shuffled), run(&candidates));
    }

    #[test]
    fn clipping_never_grows_a_box(
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
        let found = postprocessor.run(&tensors, &geometry, &Params::default()).unwrap();
        let [y_min, x_min, y_max, x_max] = sides.map(f64::from);
        let (left, top) = geometry.to_frame(BoxUnits::Normalised, x_min, y_min);
        let (right, bottom) = geometry.to_frame(BoxUnits::Normalised, x_max, y_max);
        // What is left of the box, in double precision.
        let (cut_left, cut_top) = (left.max(0.0), top.max(0.0));
        let cut_right = right.min(f64::from(frame.0));
        let cut_bottom = bottom.min(f64::from(frame.1));
        let slack = 1e-6 * (left.abs() + top.abs() + right.abs() + bottom.abs() + 4000.0);
        match found {
            [d] => {
                let b = d.bbox;
                for (have, want) in [
                    (b.left, cut_left),
                    (b.top, cut_top),
                    (b.left + b.width, cut_right),
                    (b.top + b.height, cut_bottom),
                ] {
                    prop_assert!((f64::from(have) - want).abs() <= slack, "{} {}", have, want);
                }
                prop_assert!(f64::from(b.width) <= right - left + slack);
                prop_assert!(f64::from(b.height) <= bottom - top + slack);
            }
            found => {
                prop_assert!(found.is_empty());
                prop_assert!(
                    cut_right - cut_left <= slack || cut_bottom - cut_top <= slack,
                    "a box vanished"
                );
            }
        }
    }
}
