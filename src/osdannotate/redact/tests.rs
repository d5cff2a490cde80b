use proptest::prelude::*;

use super::super::canvas::tests::{Drawn, painted};
use super::super::style::RedactArea;
use super::*;

const FRAME: Cover = Cover::Frame;
const BOXES: Cover = Cover::Boxes;
const SIZE: Option<(u32, u32)> = Some((640, 360));

fn rules(hold: u32, growth: f32, when_unknown: WhenUnknown) -> Redaction {
    Redaction {
        hold,
        growth,
        when_unknown,
    }
}

fn boxed(rect: &Rect, margin: f32) -> Option<Area> {
    with_margin(rect, margin).map(Area::Upright)
}

fn redact(margin: f32) -> Redact {
    Redact {
        area: RedactArea::Box,
        margin,
        color: Color::BLACK,
    }
}

fn rect(left: f32, top: f32, width: f32, height: f32) -> Rect {
    Rect {
        left,
        top,
        width,
        height,
    }
}

/// One frame of source 0: how it is covered, and by what.
fn frame(
    memory: &mut Memory,
    rules: &Redaction,
    inferred: bool,
    objects: &[(Option<u64>, Rect)],
) -> (Cover, Vec<Rect>) {
    memory.begin(0, inferred, rules);
    for (track, rect) in objects {
        memory.object(*track, boxed(rect, 0.0), &redact(0.0));
    }
    let mut drawn = Drawn::default();
    let cover = memory.draw(rules, &mut Canvas::new(&mut drawn, SIZE));
    (cover, drawn.rects.iter().map(|(rect, _)| *rect).collect())
}

fn covers(coverings: &[Rect], x: i32, y: i32) -> bool {
    coverings.iter().any(|rect| {
        let (columns, rows) = painted(rect);
        columns.contains(&x) && rows.contains(&y)
    })
}

/// Whether every pixel of the frame that a box touches is covered.
fn covers_box(coverings: &[Rect], rect: &Rect, grown: f32) -> bool {
    let columns = (rect.left - grown).floor().max(0.0) as i32
        ..(rect.left + rect.width + grown).ceil().min(640.0) as i32;
    let rows = (rect.top - grown).floor().max(0.0) as i32
        ..(rect.top + rect.height + grown).ceil().min(360.0) as i32;
    let sample = |range: std::ops::Range<i32>| {
        range
            .clone()
            .step_by(7)
            .chain(range.last())
            .collect::<Vec<_>>()
    };
    let columns = sample(columns);
    sample(rows)
        .iter()
        .all(|y| columns.iter().all(|x| covers(coverings, *x, *y)))
}

#[test]
fn boxes_stay_and_grow_while_frames_are_skipped() {
    let mut memory = Memory::default();
    let rules = rules(3, 2.0, WhenUnknown::Nothing);
    let object = rect(100.0, 100.0, 20.0, 10.0);
    frame(&mut memory, &rules, true, &[(None, object)]);
    for n in 1..=3 {
        let (cover, coverings) = frame(&mut memory, &rules, false, &[]);
        assert_eq!((cover, coverings.len()), (BOXES, 1), "{n}");
        let n = n as f32 * 2.0;
        assert_eq!(
            painted(&coverings[0]),
            (
                (100.0 - n) as i32..(120.0 + n) as i32,
                (100.0 - n) as i32..(110.0 + n) as i32
            )
        );
    }
    let (cover, coverings) = frame(&mut memory, &rules, false, &[]);
    assert_eq!((cover, coverings.len()), (Cover::Exposed, 0));
}

#[test]
fn turned_boxes_are_covered_whole() {
    let turned = upright(&rect(100.0, 100.0, 40.0, 20.0), 90.0);
    assert!((turned.left - 110.0).abs() < 0.01 && (turned.top - 90.0).abs() < 0.01);
    assert!((turned.width - 20.0).abs() < 0.01 && (turned.height - 40.0).abs() < 0.01);
    let slant = upright(&rect(0.0, 0.0, 10.0, 10.0), -45.0);
    assert!((slant.width - 14.142).abs() < 0.01 && (slant.left + 2.071).abs() < 0.01);
    assert!(upright(&rect(0.0, 0.0, 10.0, 10.0), f32::NAN).left.is_nan());
}

#[test]
fn an_inferred_frame_is_the_truth() {
    let mut memory = Memory::default();
    let rules = rules(9, 1.0, WhenUnknown::Frame);
    frame(
        &mut memory,
        &rules,
        true,
        &[(Some(1), rect(0.0, 0.0, 9.0, 9.0))],
    );
    frame(&mut memory, &rules, false, &[]);
    assert_eq!(frame(&mut memory, &rules, true, &[]), (BOXES, vec![]));
    assert_eq!(frame(&mut memory, &rules, false, &[]), (BOXES, vec![]));
}

#[test]
fn nothing_known_hides_the_frame_if_asked_to() {
    let whole = rect(-1.0, -1.0, 641.0, 361.0);
    let mut memory = Memory::default();
    let rules = rules(2, 1.0, WhenUnknown::Frame);
    assert_eq!(frame(&mut memory, &rules, false, &[]), (FRAME, vec![whole]));
    assert_eq!(frame(&mut memory, &rules, true, &[]).0, BOXES);
    for n in 1..=4 {
        let expected = if n <= 2 { BOXES } else { FRAME };
        assert_eq!(frame(&mut memory, &rules, false, &[]).0, expected, "{n}");
    }
    assert_eq!(frame(&mut memory, &rules, true, &[]).0, BOXES);
}

#[test]
fn a_tracker_moves_the_boxes_of_skipped_frames() {
    let mut memory = Memory::default();
    let rules = rules(9, 5.0, WhenUnknown::Frame);
    let at = |x: f32| rect(x, 50.0, 10.0, 10.0);
    frame(
        &mut memory,
        &rules,
        true,
        &[(Some(1), at(10.0)), (Some(2), at(100.0))],
    );
    // The tracker lost number 2: its box stays and grows.
    let (_, coverings) = frame(&mut memory, &rules, false, &[(Some(1), at(20.0))]);
    assert_eq!(coverings.len(), 2);
    assert!(covers_box(&coverings, &at(20.0), 0.0) && covers_box(&coverings, &at(100.0), 5.0));
    assert!(!covers(&coverings, 12, 55), "number 1 has moved on");
    // And number 1 is remembered where it was last.
    let (_, coverings) = frame(&mut memory, &rules, false, &[]);
    assert!(covers_box(&coverings, &at(20.0), 5.0) && covers_box(&coverings, &at(100.0), 10.0));
}

#[test]
fn two_objects_with_one_id_are_both_covered() {
    let mut memory = Memory::default();
    let rules = rules(9, 0.0, WhenUnknown::Frame);
    let pair = [
        (Some(1), rect(10.0, 10.0, 10.0, 10.0)),
        (Some(1), rect(200.0, 10.0, 10.0, 10.0)),
    ];
    for inferred in [true, false, false, true] {
        let (_, coverings) = frame(&mut memory, &rules, inferred, &pair);
        for (_, rect) in &pair {
            assert!(covers_box(&coverings, rect, 0.0));
        }
    }
}

/// A probe that forgets `bInferDone`: no trails of old boxes, and with `frame` no picture.
#[test]
fn objects_of_a_source_that_was_never_inferred_are_covered_where_they_are() {
    let mut memory = Memory::default();
    for (when, cover) in [
        (WhenUnknown::Nothing, Cover::Exposed),
        (WhenUnknown::Frame, FRAME),
    ] {
        let rules = rules(9, 0.0, when);
        for x in 0..20 {
            let object = rect(x as f32 * 20.0, 10.0, 10.0, 10.0);
            let (found, coverings) = frame(&mut memory, &rules, false, &[(None, object)]);
            assert_eq!((found, coverings.len()), (cover, 1));
            assert!(covers_box(&coverings, &object, 0.0));
        }
    }
}

#[test]
fn what_boxes_cannot_cover_the_frame_does() {
    let rules = rules(9, 0.0, WhenUnknown::Nothing);
    for bad in [
        rect(f32::NAN, 0.0, 5.0, 5.0),
        rect(0.0, 0.0, f32::INFINITY, 5.0),
        rect(f32::MAX, 0.0, f32::MAX, 5.0),
    ] {
        let mut memory = Memory::default();
        assert_eq!(frame(&mut memory, &rules, true, &[(None, bad)]).0, FRAME);
        assert_eq!(frame(&mut memory, &rules, false, &[]).0, FRAME, "{bad:?}");
        assert_eq!(frame(&mut memory, &rules, true, &[]).0, BOXES, "{bad:?}");
    }
    let mut memory = Memory::default();
    let many = vec![(None, rect(1.0, 1.0, 5.0, 5.0)); MAX_BOXES + 1];
    assert_eq!(frame(&mut memory, &rules, true, &many[1..]).0, BOXES);
    assert_eq!(frame(&mut memory, &rules, true, &many).0, FRAME);
    assert_eq!(frame(&mut memory, &rules, false, &[]).0, FRAME);
}

#[test]
fn negative_sizes_are_the_same_box() {
    let mut memory = Memory::default();
    let rules = rules(9, 0.0, WhenUnknown::Nothing);
    let (_, coverings) = frame(
        &mut memory,
        &rules,
        true,
        &[(None, rect(30.0, 40.0, -10.0, -20.0))],
    );
    assert!(covers_box(&coverings, &rect(20.0, 20.0, 10.0, 20.0), 0.0));
}

#[test]
fn the_margin_is_a_part_of_the_box() {
    let mut memory = Memory::default();
    let rules = rules(9, 0.0, WhenUnknown::Nothing);
    memory.begin(0, true, &rules);
    let object = boxed(&rect(100.0, 100.0, 40.0, 20.0), 0.25);
    memory.object(None, object, &redact(0.25));
    let mut drawn = Drawn::default();
    memory.draw(&rules, &mut Canvas::new(&mut drawn, SIZE));
    assert_eq!(painted(&drawn.rects[0].0), (90..150, 95..125));
}

#[test]
fn in_doubt_boxes_stay_and_the_frame_is_hidden_if_asked_to() {
    let mut memory = Memory::default();
    let object = rect(10.0, 10.0, 10.0, 10.0);
    let nothing = rules(3, 0.0, WhenUnknown::Nothing);
    frame(&mut memory, &nothing, true, &[(None, object)]);
    memory.doubt();
    for _ in 0..3 {
        let (cover, coverings) = frame(&mut memory, &nothing, false, &[]);
        assert_eq!((cover, coverings.len()), (Cover::Exposed, 1));
    }
    assert_eq!(frame(&mut memory, &nothing, false, &[]).1.len(), 0);
    let whole = rules(3, 0.0, WhenUnknown::Frame);
    frame(&mut memory, &whole, true, &[(None, object)]);
    memory.doubt();
    assert_eq!(frame(&mut memory, &whole, false, &[]).0, FRAME);
}

#[test]
fn sources_do_not_share_and_are_freed() {
    let mut memory = Memory::default();
    let rules = rules(9, 0.0, WhenUnknown::Frame);
    frame(
        &mut memory,
        &rules,
        true,
        &[(None, rect(1.0, 1.0, 5.0, 5.0))],
    );
    memory.begin(1, false, &rules);
    assert_eq!(memory.cover(&rules), FRAME, "the other source is not known");
    memory.begin(0, false, &rules);
    assert_eq!(memory.cover(&rules), BOXES);
    memory.forget_source(0);
    assert_eq!(memory.cover(&rules), FRAME);
    memory.begin(0, false, &rules);
    assert_eq!(memory.cover(&rules), FRAME);
    for id in 0..1000 {
        memory.begin(id, true, &rules);
        assert_eq!(memory.cover(&rules), BOXES);
    }
    assert_eq!(memory.sources.len(), MAX_SOURCES);
    memory.begin(0, false, &rules);
    assert_eq!(memory.cover(&rules), FRAME, "its place was taken");
}

fn any_rect() -> impl Strategy<Value = Rect> {
    (
        -100.0..700.0_f32,
        -100.0..400.0_f32,
        -50.0..300.0_f32,
        -50.0..300.0_f32,
    )
        .prop_map(|(left, top, width, height)| rect(left, top, width, height))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A redacted object of the last inferred frame is covered on every skipped frame up to the limit,
    /// whatever a tracker says meanwhile of others.
    #[test]
    fn a_redacted_object_is_covered_on_every_skipped_frame(
        objects in prop::collection::vec(any_rect(), 1..12),
        others in prop::collection::vec((100_u64..104, any_rect()), 0..6),
        hold in 0_u32..20,
        growth in 0.0..6.0_f32,
        margin in 0.0..0.5_f32,
        tracked in any::<bool>(),
    ) {
        let rules = rules(hold, growth, WhenUnknown::Frame);
        let redact = redact(margin);
        let mut memory = Memory::default();
        memory.begin(0, true, &rules);
        for (id, object) in objects.iter().enumerate() {
            memory.object(tracked.then_some(id as u64), boxed(object, margin), &redact);
        }
        for n in 0..=hold {
            if n > 0 {
                memory.begin(0, false, &rules);
                for (id, object) in &others {
                    memory.object(Some(*id), boxed(object, margin), &redact);
                }
            }
            let mut drawn = Drawn::default();
            let cover = memory.draw(&rules, &mut Canvas::new(&mut drawn, SIZE));
            prop_assert_eq!(cover, BOXES);
            let coverings: Vec<_> = drawn.rects.iter().map(|(rect, _)| *rect).collect();
            for object in &objects {
                let at = with_margin(object, 0.0).unwrap();
                let grown = growth * n as f32;
                prop_assert!(covers_box(&coverings, &at, grown * 0.999), "{:?} {}", object, n);
            }
        }
        memory.begin(0, false, &rules);
        prop_assert_eq!(memory.cover(&rules), FRAME);
    }
}
