use super::*;

const CAR: Candidate = Candidate {
    component: 1,
    class: 0,
    track: Some(7),
    width: 100.0,
    height: 50.0,
};

fn objects(rules: ObjectInput, kind: NetworkType) -> Objects {
    Objects::new(rules, kind)
}

#[test]
fn rules_pick_objects() {
    let rules = ObjectInput {
        gie_id: 1,
        class_ids: [0, 2].into(),
        min_width: 80,
        max_height: 60,
        ..ObjectInput::default()
    };
    let car = Candidate { track: None, ..CAR };
    for (object, expected) in [
        (car, true),
        (
            Candidate {
                component: 2,
                ..car
            },
            false,
        ),
        (Candidate { class: 1, ..car }, false),
        (Candidate { class: -1, ..car }, false),
        (Candidate { width: 80.0, ..car }, true),
        (Candidate { width: 79.9, ..car }, false),
        (
            Candidate {
                height: 60.0,
                ..car
            },
            true,
        ),
        (
            Candidate {
                height: 60.1,
                ..car
            },
            false,
        ),
        (
            Candidate {
                height: f32::NAN,
                ..car
            },
            false,
        ),
    ] {
        assert_eq!(passes(&rules, &object), expected, "{object:?}");
    }
    let tiny = Candidate { width: 0.9, ..car };
    assert!(!passes(&ObjectInput::default(), &tiny), "nothing to scale");
}

#[test]
fn a_classifier_remembers_tracked_objects() {
    let rules = ObjectInput {
        reinfer_interval: Some(2),
        ..ObjectInput::default()
    };
    let mut objects = objects(rules, NetworkType::Classifier);
    let mut choose = |frame, car: Candidate| objects.choose(0, frame, &car);
    assert_eq!(choose(0, CAR), Choice::Infer);
    assert_eq!(choose(1, CAR), Choice::Remember);
    assert_eq!(choose(2, CAR), Choice::Remember, "2 is not above 2");
    assert_eq!(choose(3, CAR), Choice::Infer);
    let grown = Candidate {
        width: 121.0,
        ..CAR
    };
    assert_eq!(
        choose(
            4,
            Candidate {
                width: 120.0,
                ..CAR
            }
        ),
        Choice::Remember
    );
    assert_eq!(choose(4, grown), Choice::Infer, "above 1.2 times the area");
    let untracked = Candidate { track: None, ..CAR };
    assert_eq!(choose(4, untracked), Choice::Infer);
    assert_eq!(choose(4, untracked), Choice::Infer);
    let said = Classification {
        text: b"red ".to_vec(),
        ..Classification::default()
    };
    objects.remember(0, 7, &said);
    assert_eq!(objects.said(0, 7), Some(&said));
    assert_eq!(objects.said(1, 7), None, "another source");
    objects.forget(0);
    assert_eq!(objects.said(0, 7), None);
}

#[test]
fn what_was_said_stays_with_an_object_that_no_longer_passes() {
    let rules = ObjectInput {
        min_width: 100,
        ..ObjectInput::default()
    };
    let mut objects = objects(rules, NetworkType::Classifier);
    assert_eq!(objects.choose(0, 0, &CAR), Choice::Infer);
    let small = Candidate { width: 58.0, ..CAR };
    assert_eq!(objects.choose(0, 1, &small), Choice::Remember);
    let stranger = Candidate {
        track: Some(8),
        ..small
    };
    assert_eq!(objects.choose(0, 1, &stranger), Choice::Pass);
}

#[test]
fn a_detector_infers_each_frame_unless_told_otherwise() {
    let mut each = objects(ObjectInput::default(), NetworkType::Detector);
    assert_eq!(each.choose(0, 0, &CAR), Choice::Infer);
    assert_eq!(each.choose(0, 1, &CAR), Choice::Infer);
    let rules = ObjectInput {
        reinfer_interval: Some(0),
        ..ObjectInput::default()
    };
    let mut told = objects(rules.clone(), NetworkType::Detector);
    assert_eq!(told.choose(0, 0, &CAR), Choice::Infer);
    assert_eq!(told.choose(0, 0, &CAR), Choice::Pass, "the same frame");
    assert_eq!(told.choose(0, 1, &CAR), Choice::Infer);
    let mut segmentation = objects(rules, NetworkType::Segmentation);
    assert_eq!(segmentation.choose(0, 0, &CAR), Choice::Infer);
    assert_eq!(segmentation.choose(0, 0, &CAR), Choice::Infer);
}

#[test]
fn objects_that_are_gone_are_forgotten() {
    let mut objects = objects(ObjectInput::default(), NetworkType::Classifier);
    objects.begin_frame(0, 0);
    objects.choose(0, 0, &CAR);
    let other = Candidate {
        track: Some(8),
        ..CAR
    };
    objects.choose(0, 1799, &other);
    objects.begin_frame(0, 1799);
    assert!(objects.said(0, 7).is_some());
    objects.begin_frame(0, 1800);
    assert!(objects.said(0, 7).is_none());
    assert!(objects.said(0, 8).is_some());
}
