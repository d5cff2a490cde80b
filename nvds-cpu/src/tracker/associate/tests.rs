use proptest::prelude::*;

use super::*;

fn person(left: f32, top: f32) -> Detection {
    Detection {
        class: 1,
        rect: Rect {
            left,
            top,
            width: 20.0,
            height: 50.0,
        },
    }
}

/// What becomes of one object that is at `places`, where it is `None` for frames on which it is not found.
fn ids_along(places: impl IntoIterator<Item = Option<Detection>>) -> Vec<u64> {
    let mut targets = Targets::default();
    let found = places
        .into_iter()
        .flat_map(|place| targets.track(place.as_slice(), true));
    found.collect()
}

#[test]
fn ids_begin_at_0_and_go_up_in_the_order_of_the_objects() {
    let mut targets = Targets::default();
    let first = [person(0.0, 0.0), person(200.0, 0.0)];
    assert_eq!(targets.track(&first, true), [0, 1]);
    let turned = [person(400.0, 0.0), person(201.0, 0.0), person(1.0, 0.0)];
    assert_eq!(targets.track(&turned, true), [2, 1, 0]);
}

#[test]
fn classes_do_not_mix() {
    let mut targets = Targets::default();
    let car = Detection {
        class: 2,
        ..person(0.0, 0.0)
    };
    assert_eq!(targets.track(&[person(0.0, 0.0)], true), [0]);
    assert_eq!(targets.track(&[car], true), [1]);
    assert_eq!(targets.track(&[car, person(0.0, 0.0)], true), [1, 0]);
}

#[test]
fn a_target_waits_for_30_frames() {
    for (gap, ids) in [(30, [0, 0]), (31, [0, 1])] {
        let there = [Some(person(0.0, 0.0))];
        let places = there.into_iter().chain(vec![None; gap]).chain(there);
        assert_eq!(ids_along(places), ids, "{gap}");
    }
}

#[test]
fn who_is_missed_is_found_where_he_walked_to() {
    // Five pixels a frame, ten frames unseen: the last box seen is two widths away.
    let walk = (0..40).map(|i| {
        let seen = !(20..30).contains(&i);
        seen.then(|| person(5.0 * i as f32, 0.0))
    });
    assert_eq!(ids_along(walk), [0; 30]);
}

#[test]
fn small_fast_boxes_keep_their_ids_without_overlap() {
    let fly = (0..10).map(|i| Some(person(25.0 * i as f32, 0.0)));
    assert_eq!(ids_along(fly), [0; 10]);
}

#[test]
fn a_newcomer_nearby_does_not_take_the_id_of_who_is_missed() {
    let places = [
        Some(person(0.0, 0.0)),
        None,
        Some(person(30.0, 0.0)), // no overlap, but within reach
    ];
    assert_eq!(ids_along(places), [0, 1]);
}

#[test]
fn a_box_of_another_size_nearby_is_another_object() {
    let large = Detection {
        class: 1,
        rect: Rect {
            left: 25.0,
            top: 0.0,
            width: 40.0,
            height: 100.0,
        },
    };
    assert_eq!(ids_along([Some(person(0.0, 0.0)), Some(large)]), [0, 1]);
}

#[test]
fn shadows_go_on_where_nobody_looked() {
    let mut targets = Targets::default();
    for i in 0..20 {
        targets.track(&[person(4.0 * i as f32, 10.0)], true);
        assert_eq!(targets.shadows().count(), 0);
    }
    for i in 20..30 {
        targets.track(&[], false);
        let shadows: Vec<_> = targets.shadows().map(|t| (t.id, t.predicted())).collect();
        let [(0, rect)] = shadows[..] else {
            panic!("{shadows:?}")
        };
        assert!((rect.left - 4.0 * i as f32).abs() < 1.0, "{i}: {rect:?}");
    }
    targets.track(&[], false);
    assert_eq!(targets.shadows().count(), 0, "after ten frames");
}

#[test]
fn who_was_looked_for_and_not_found_has_no_shadow() {
    let mut targets = Targets::default();
    targets.track(&[person(0.0, 0.0)], true);
    targets.track(&[], true);
    targets.track(&[], false);
    assert_eq!(targets.shadows().count(), 0);
}

#[test]
fn ids_go_on_after_forgetting() {
    let mut targets = Targets::default();
    targets.track(&[person(0.0, 0.0)], true);
    targets.forget();
    assert_eq!(targets.track(&[person(0.0, 0.0)], true), [1]);
}

#[test]
fn what_is_remembered_has_a_limit() {
    let mut targets = Targets::default();
    let crowd = |row: usize| -> Vec<_> {
        let top = 100.0 * row as f32;
        (0..800).map(|i| person(100.0 * i as f32, top)).collect()
    };
    targets.track(&crowd(0), true);
    let second = targets.track(&crowd(1), true);
    assert_eq!(targets.known.len(), MOST_TARGETS);
    assert_eq!(
        targets.track(&crowd(1), true),
        second,
        "the newer ones stay"
    );
}

fn detections() -> impl Strategy<Value = Vec<Detection>> {
    let side = || prop_oneof![1.0_f32..300.0, Just(f32::MIN_POSITIVE), Just(1e38)];
    let place = || prop_oneof![-50.0_f32..2000.0, Just(-1e38), Just(1e38)];
    let any = (0..3, place(), place(), side(), side()).prop_map(|(class, left, top, w, h)| {
        let rect = Rect {
            left,
            top,
            width: w,
            height: h,
        };
        Detection { class, rect }
    });
    prop::collection::vec(any, 0..12)
}

proptest! {
    /// Whatever is found, on one frame no two objects have the same id, shadows included, an id stays with its class,
    /// and the same film gives the same ids.
    #[test]
    fn ids_are_unique_in_a_frame(film in prop::collection::vec((detections(), any::<bool>()), 1..20)) {
        let (mut targets, mut again) = (Targets::default(), Targets::default());
        let mut class_of = std::collections::HashMap::new();
        for (found, inferred) in &film {
            let ids = targets.track(found, *inferred);
            prop_assert_eq!(&ids, &again.track(found, *inferred));
            prop_assert_eq!(ids.len(), found.len());
            for (id, detection) in ids.iter().zip(found) {
                prop_assert_eq!(*class_of.entry(*id).or_insert(detection.class), detection.class);
            }
            let mut all = ids;
            all.extend(targets.shadows().map(|target| target.id));
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all.len(), count);
        }
    }

    /// Slow boxes that do not meet keep their ids, in whatever order the detector lists them.
    #[test]
    fn slow_boxes_keep_their_ids(
        speeds in prop::collection::vec((-4.0_f32..4.0, -4.0_f32..4.0), 1..8),
        rotations in prop::collection::vec(0_usize..8, 40),
    ) {
        let mut targets = Targets::default();
        for (frame, rotation) in rotations.iter().enumerate() {
            let mut order: Vec<_> = (0..speeds.len()).collect();
            if frame > 0 {
                order.rotate_left(rotation % speeds.len());
            }
            let found: Vec<_> = order.iter().map(|i| {
                let (x, y) = speeds[*i];
                person(500.0 * *i as f32 + x * frame as f32, 300.0 + y * frame as f32)
            }).collect();
            let ids: Vec<_> = order.iter().map(|i| *i as u64).collect();
            prop_assert_eq!(targets.track(&found, true), ids);
        }
    }

    /// Two who walk through each other keep their ids.
    #[test]
    fn crossing_boxes_keep_their_ids(
        speed in 1.0_f32..6.0, other in 1.0_f32..6.0, drop in -10.0_f32..10.0, swapped in any::<bool>(),
    ) {
        let mut targets = Targets::default();
        for frame in -40_i16..40 {
            let frame = f32::from(frame);
            let mut found = [person(300.0 + speed * frame, 100.0), person(300.0 - other * frame, 100.0 + drop)];
            let mut ids = [0, 1];
            if swapped && frame > -40.0 {
                found.reverse();
                ids.reverse();
            }
            prop_assert_eq!(targets.track(&found, true), ids);
        }
    }
}
