//! What must hold for the suppression in every mode, and for what follows it.

use nvds_decode::nms::{Nms, iou};
use nvds_decode::{
    Candidate, DropReason, EdgePolicy, Explanation, Geometry, MOST_COMPETING, NmsMode, Outcome,
    Padding, Params, Postprocessor, Size, TensorView,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

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
                entry: 0,
                x_min: left,
                y_min: top,
                x_max: left + width,
                y_max: top + height,
            },
        );
    vec(one, 0..80)
}

fn mode() -> impl Strategy<Value = NmsMode> {
    select(vec![NmsMode::PerClass, NmsMode::Agnostic, NmsMode::None])
}

fn rivals(mode: NmsMode, a: &Candidate, b: &Candidate) -> bool {
    match mode {
        NmsMode::Usual | NmsMode::PerClass | NmsMode::Weighted | NmsMode::Fast => {
            a.class_id == b.class_id
        }
        NmsMode::Agnostic => true,
        NmsMode::None => false,
    }
}

fn suppress(candidates: &[Candidate], mode: NmsMode, threshold: f32) -> Vec<Candidate> {
    let mut kept = Vec::new();
    Nms::default().run(candidates, mode, threshold, &mut kept);
    kept.iter().map(|&i| candidates[i as usize]).collect()
}

/// The textbook's version, without any cleverness.
fn suppress_plainly(candidates: &[Candidate], mode: NmsMode, threshold: f32) -> Vec<Candidate> {
    let mut sorted = candidates.to_vec();
    sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Candidate> = Vec::new();
    for c in sorted {
        if kept
            .iter()
            .all(|k| !rivals(mode, k, &c) || iou(k, &c) <= threshold)
        {
            kept.push(c);
        }
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn suppression_equals_the_plain_one(candidates in candidates(), mode in mode(), threshold in 0f32..1.0) {
        prop_assert_eq!(
            suppress(&candidates, mode, threshold),
            suppress_plainly(&candidates, mode, threshold)
        );
    }

    #[test]
    fn suppression_is_idempotent(candidates in candidates(), mode in mode(), threshold in 0f32..1.0) {
        let once = suppress(&candidates, mode, threshold);
        prop_assert_eq!(suppress(&once, mode, threshold), once);
    }

    #[test]
    fn survivors_do_not_overlap_their_rivals(candidates in candidates(), mode in mode(), threshold in 0f32..1.0) {
        let kept = suppress(&candidates, mode, threshold);
        for (i, a) in kept.iter().enumerate() {
            for b in &kept[..i] {
                prop_assert!(!rivals(mode, a, b) || iou(a, b) <= threshold);
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
        mode in mode(),
        threshold in 0f32..1.0,
    ) {
        prop_assert_eq!(suppress(&shuffled, mode, threshold), suppress(&candidates, mode, threshold));
    }

    #[test]
    fn the_order_of_tensor_entries_matters_only_for_ties(
        (candidates, shuffled) in candidates().prop_flat_map(|mut candidates| {
            candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
            candidates.dedup_by_key(|c| c.score);
            (Just(candidates.clone()), Just(candidates).prop_shuffle())
        }),
        mode in mode(),
        (top_k, top_k_per_class) in (0usize..10, 0usize..5),
        edge in select(vec![EdgePolicy::Clip, EdgePolicy::Drop, EdgePolicy::Keep]),
    ) {
        prop_assume!(!candidates.is_empty());
        let geometry =
            Geometry::new(Size::new(300, 300), Size::new(640, 480), Padding::Stretch).unwrap();
        let params = Params {
            score_threshold: 0.2,
            nms_mode: mode,
            top_k,
            top_k_per_class,
            edge,
            max_height: 200.0,
            ..Params::default()
        };
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
            let mut found = postprocessor.run(&tensors, &geometry, &params).unwrap().to_vec();
            for detection in &mut found {
                // It tells which entry it was, and that one is where it says.
                let entry = std::mem::take(&mut detection.entry) as usize;
                assert_eq!(candidates[entry].score, detection.score);
            }
            found
        };
        prop_assert_eq!(run(&shuffled), run(&candidates));
    }
}

/// Boxes beyond those that compete are counted as the worst ones, in every mode, and explained so.
#[test]
fn a_crowd_is_cut_to_the_best_that_compete() {
    const MORE: usize = 100;
    let n = MOST_COMPETING + MORE;
    // Side by side, the best last.
    let scores: Vec<f32> = (0..n).map(|i| 0.5 + 0.4 * i as f32 / n as f32).collect();
    let at = |i: usize| ((i % 100) as f32 / 100.0, (i / 100) as f32 / 100.0);
    let boxes: Vec<f32> = (0..n)
        .flat_map(|i| [at(i).1, at(i).0, at(i).1 + 0.009, at(i).0 + 0.009])
        .collect();
    let (num, classes) = ([n as f32], vec![1.0f32; n]);
    let tensors = [
        TensorView::new("num_detections", &[1], &num[..]).unwrap(),
        TensorView::new("detection_scores", &[n], &scores[..]).unwrap(),
        TensorView::new("detection_classes", &[n], &classes[..]).unwrap(),
        TensorView::new("detection_boxes", &[n, 4], &boxes[..]).unwrap(),
    ];
    let size = Size {
        width: 1000,
        height: 1000,
    };
    let geometry = Geometry::new(size, size, Padding::Stretch).unwrap();
    for nms_mode in [
        NmsMode::PerClass,
        NmsMode::None,
        NmsMode::Fast,
        NmsMode::Weighted,
    ] {
        let params = Params {
            nms_mode,
            nms_iou_threshold: 0.5,
            ..Params::default()
        };
        let mut postprocessor = Postprocessor::new();
        let found = postprocessor.run(&tensors, &geometry, &params).unwrap();
        assert_eq!(found.len(), MOST_COMPETING, "{nms_mode:?}");
        assert!(found.iter().all(|d| d.entry >= MORE as u32), "{nms_mode:?}");
        assert_eq!(postprocessor.left_out(), MORE);
        let dropped = postprocessor.counts().dropped;
        assert_eq!(
            (dropped.nms, dropped.top_k),
            (0, MORE as u64),
            "{nms_mode:?}"
        );
    }
    let mut explanation = Explanation::default();
    let mut postprocessor = Postprocessor::new();
    let params = Params::default();
    postprocessor
        .explain(&tensors, &geometry, &params, 0.0, &mut explanation)
        .unwrap();
    let cut = explanation.verdicts().iter();
    let cut = cut.filter(|v| v.outcome == Outcome::Dropped(DropReason::TopK));
    assert_eq!(cut.count(), MORE);
}
