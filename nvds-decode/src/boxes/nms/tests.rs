use super::*;

fn candidate(class_id: u32, score: f32, left: f32, top: f32, size: f32) -> Candidate {
    Candidate {
        class_id,
        score,
        entry: 0,
        x_min: left,
        y_min: top,
        x_max: left + size,
        y_max: top + size,
    }
}

fn run(candidates: &[Candidate], threshold: f32) -> Vec<u32> {
    let mut kept = Vec::new();
    Nms::default().run(candidates, NmsMode::PerClass, threshold, &mut kept);
    kept
}

#[test]
fn better_box_wins_whatever_the_order() {
    let low = candidate(1, 0.6, 0.0, 0.0, 10.0);
    let high = candidate(1, 0.9, 1.0, 0.0, 10.0);
    assert_eq!(run(&[low, high], 0.3), [1]);
    assert_eq!(run(&[high, low], 0.3), [0]);
}

#[test]
fn classes_do_not_suppress_each_other() {
    let boxes = [
        candidate(1, 0.9, 0.0, 0.0, 10.0),
        candidate(2, 0.8, 0.0, 0.0, 10.0),
        candidate(1, 0.7, 0.0, 0.0, 10.0),
        candidate(2, 0.6, 0.0, 0.0, 10.0),
    ];
    assert_eq!(run(&boxes, 0.3), [0, 1]);
}

#[test]
fn agnostic_suppression_knows_no_classes() {
    let boxes = [
        candidate(1, 0.7, 0.0, 0.0, 10.0),
        candidate(2, 0.8, 1.0, 0.0, 10.0),
        candidate(u32::MAX, 0.9, 50.0, 0.0, 10.0),
        candidate(3, 0.6, 51.0, 0.0, 10.0),
    ];
    let mut kept = Vec::new();
    Nms::default().run(&boxes, NmsMode::Agnostic, 0.3, &mut kept);
    assert_eq!(kept, [2, 1]);
}

#[test]
fn no_suppression_only_sorts() {
    let boxes = [0.7, 0.9, 0.7, 0.8].map(|score| candidate(1, score, 0.0, 0.0, 10.0));
    let mut kept = Vec::new();
    Nms::default().run(&boxes, NmsMode::None, 0.0, &mut kept);
    assert_eq!(kept, [1, 3, 0, 2]);
}

#[test]
fn classes_of_one_bucket_are_told_apart() {
    // 16 buckets: these all start in the same one.
    let boxes: Vec<_> = [0, 16, 32, 0x10_0001_u32, 0]
        .iter()
        .map(|&class| candidate(class, 0.5, 0.0, 0.0, 10.0))
        .collect();
    assert_eq!(run(&boxes, 0.3), [0, 1, 2, 3]);
}

#[test]
fn overlap_equal_to_the_threshold_is_kept() {
    // Intersection 50, union 150.
    let boxes = [
        candidate(0, 0.9, 0.0, 0.0, 10.0),
        candidate(0, 0.8, 5.0, 0.0, 10.0),
    ];
    let exact = iou(&boxes[0], &boxes[1]);
    assert_eq!(exact, 50.0 / 150.0);
    assert_eq!(run(&boxes, exact), [0, 1]);
    assert_eq!(run(&boxes, exact - f32::EPSILON), [0]);
}

#[test]
fn a_suppressed_box_suppresses_nothing() {
    // 0 overlaps 1, 1 overlaps 2, 0 and 2 lie apart.
    let boxes = [
        candidate(0, 0.9, 0.0, 0.0, 10.0),
        candidate(0, 0.8, 6.0, 0.0, 10.0),
        candidate(0, 0.7, 12.0, 0.0, 10.0),
    ];
    assert_eq!(run(&boxes, 0.2), [0, 2]);
}

#[test]
fn zero_area_overlaps_nothing() {
    let flat = Candidate {
        x_max: 0.0,
        ..candidate(0, 0.9, 0.0, 0.0, 10.0)
    };
    assert_eq!(iou(&flat, &flat), 0.0);
    assert_eq!(run(&[flat, flat], 0.0), [0, 1]);
}

#[test]
fn touching_boxes_do_not_overlap() {
    let boxes = [
        candidate(0, 0.9, 0.0, 0.0, 10.0),
        candidate(0, 0.8, 10.0, 0.0, 10.0),
    ];
    assert_eq!(run(&boxes, 0.0), [0, 1]);
}

#[test]
fn survivors_of_every_block_suppress() {
    // 30 boxes apart fill several blocks; each is then met by a copy of
    // its own, in a class where nothing else overlaps.
    let apart: Vec<_> = (0..30)
        .map(|i| candidate(3, 0.9, 20.0 * i as f32, 0.0, 10.0))
        .collect();
    for copied in &apart {
        let mut boxes = apart.clone();
        boxes.push(Candidate {
            score: 0.5,
            ..*copied
        });
        assert_eq!(run(&boxes, 0.3), (0..30).collect::<Vec<u32>>());
    }
}

#[test]
fn equal_scores_keep_their_order() {
    let boxes: Vec<_> = (0..50)
        .map(|i| candidate(0, 0.5, 20.0 * i as f32, 0.0, 10.0))
        .collect();
    assert_eq!(run(&boxes, 0.3), (0..50).collect::<Vec<u32>>());
    let zeros = [
        candidate(0, -0.0, 0.0, 0.0, 10.0),
        candidate(1, 0.0, 0.0, 0.0, 10.0),
    ];
    assert_eq!(run(&zeros, 0.3), [0, 1]);
}

#[test]
fn scores_sort_over_the_whole_range() {
    let scores = [-1.0, f32::MAX, 0.0, 1e-40, f32::MIN, 0.5, -1e-40];
    let boxes: Vec<_> = scores
        .iter()
        .map(|&score| candidate(score.to_bits() & 0xffff, score, 0.0, 0.0, 1.0))
        .collect();
    let sorted: Vec<f32> = run(&boxes, 1.0)
        .into_iter()
        .map(|i| scores[i as usize])
        .collect();
    assert_eq!(sorted, [f32::MAX, 0.5, 1e-40, 0.0, -1e-40, -1.0, f32::MIN]);
}

#[test]
fn scratch_is_clean_for_the_next_run() {
    let mut nms = Nms::default();
    let mut kept = Vec::new();
    let many: Vec<_> = (0..40)
        .map(|i| candidate(i % 3, 0.9, 20.0 * i as f32, 0.0, 15.0))
        .collect();
    nms.run(&many, NmsMode::PerClass, 0.3, &mut kept);
    assert_eq!(kept.len(), 40);
    let one = [candidate(0, 0.2, 0.0, 0.0, 15.0)];
    nms.run(&one, NmsMode::PerClass, 0.3, &mut kept);
    assert_eq!(kept, [0]);
    nms.run(&[], NmsMode::PerClass, 0.3, &mut kept);
    assert!(kept.is_empty());
}
