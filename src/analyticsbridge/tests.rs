//! From DeepStream's metadata and back, without GStreamer's library between.

use nvds::gst_analytics::{PixelRect, RelatedClass, RelatedObject, RelatedTrack, Relations};
use nvds::*;

use super::names::ClassIds;
use super::to_gst::{LeftOut, Reader, pixels};
use super::to_nvds::{Attached, Writer};
use crate::parser::{Labels, Turned};

const SECOND: u64 = 1_000_000_000;

fn rect(left: f32, top: f32, width: f32, height: f32) -> Rect {
    Rect {
        left,
        top,
        width,
        height,
    }
}

fn object(class_id: i32, label: &str, rect: Rect) -> NewObject<'_> {
    NewObject {
        unique_component_id: 3,
        class_id,
        confidence: 0.5,
        rect,
        style: RectStyle::default(),
        label,
        text: None,
    }
}

fn batch() -> NewBatch {
    gst::init().unwrap();
    let mut batch = NewBatch::new(1).unwrap();
    batch.add_frame(&NewFrame {
        source_id: 4,
        buf_pts: 2 * SECOND,
        ..NewFrame::default()
    });
    batch
}

/// What is read of a frame that is filled so.
fn read_of(fill: impl FnOnce(&Locked<'_>, &Frame<'_>)) -> (Relations, LeftOut) {
    let mut batch = batch();
    let batch = batch.batch();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    fill(&locked, &frame);
    Reader::default().read(&frame)
}

/// Writes onto a frame, and looks at it.
fn write(
    relations: &Relations,
    ids: &mut ClassIds,
    look: impl FnOnce(&Frame<'_>),
) -> (Attached, Option<String>) {
    let mut batch = batch();
    let batch = batch.batch();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let mut writer = Writer {
        locked: &locked,
        unique_id: 9,
        size: Some((640, 480)),
        ids,
        unknown: None,
        attached: Attached::default(),
    };
    writer.write(&frame, relations).unwrap();
    let told = (writer.attached, writer.unknown.clone());
    assert!(frame.infer_done());
    look(&frame);
    told
}

/// A car with its plate, whose text was read and which is tracked, and what has no label.
fn fill(locked: &Locked<'_>, frame: &Frame<'_>) {
    let car = object(2, "car", rect(10.4, 20.5, 99.7, 50.0));
    let car = locked.add_object(frame, &car, None).unwrap();
    locked.set_track(&car, u64::MAX - 1, 0.7);
    let labels = [("red", 0.75), ("blue", 0.25)].map(|(text, probability)| NewLabel {
        text,
        class_id: 1,
        label_id: 0,
        probability,
    });
    let classifier = NewClassifier {
        unique_component_id: 5,
        labels: &labels,
    };
    locked.add_classifier(&car, &classifier).unwrap();
    let plate = object(7, "", rect(40.0, 60.0, 20.0, 5.0));
    let plate = locked.add_object(frame, &plate, Some(&car)).unwrap();
    let point = |x, y| KeyPoint {
        x,
        y,
        confidence: 0.5,
    };
    locked
        .add_key_points(&plate, &[point(40.0, 60.0), point(60.0, 60.0)])
        .unwrap();
}

fn expected() -> Relations {
    let class = |label: &str, confidence| RelatedClass {
        label: Some(label.to_owned()),
        confidence,
    };
    let car = RelatedObject {
        label: Some("car".to_owned()),
        rect: PixelRect {
            left: 10,
            top: 21,
            width: 100,
            height: 50,
        },
        confidence: 0.5,
        track: Some(RelatedTrack {
            id: u64::MAX - 1,
            first_seen: 2 * SECOND,
            last_seen: 2 * SECOND,
            lost: false,
        }),
        classes: vec![vec![class("red", 0.75), class("blue", 0.25)]],
        ..RelatedObject::default()
    };
    let point = |x, y| KeyPoint {
        x,
        y,
        confidence: 0.5,
    };
    let plate = RelatedObject {
        label: Some("class 7".to_owned()),
        rect: PixelRect {
            left: 40,
            top: 60,
            width: 20,
            height: 5,
        },
        confidence: 0.5,
        parent: Some(0),
        key_points: vec![point(40.0, 60.0), point(60.0, 60.0)],
        ..RelatedObject::default()
    };
    Relations {
        objects: vec![car, plate],
        classes: vec![],
    }
}

#[test]
fn objects_are_read_with_all_that_belongs_to_them() {
    let (read, left_out) = read_of(fill);
    assert_eq!(left_out, LeftOut::default());
    assert_eq!(read, expected());
}

#[test]
fn what_is_written_reads_the_same() {
    let labels: Labels = ["person", "bicycle", "car"].into_iter().collect();
    let mut ids = ClassIds::new(Some(&labels));
    let (attached, unknown) = write(&expected(), &mut ids, |frame| {
        let mut objects: Vec<_> = frame.objects().collect();
        objects.reverse();
        let told: Vec<_> = objects
            .iter()
            .map(|o| {
                (
                    o.class_id(),
                    o.label().into_owned(),
                    o.unique_component_id(),
                    o.track_id(),
                )
            })
            .collect();
        let car = (2, "car".to_owned(), 9, Some(u64::MAX - 1));
        assert_eq!(told, [car, (7, String::new(), 9, None)]);
        assert_eq!(objects[1].parent().unwrap().address(), objects[0].address());
        assert_eq!(objects[0].text().display_text().unwrap(), c"car");
        let (again, _) = Reader::default().read(frame);
        assert_eq!(again, expected());
    });
    assert_eq!(unknown, None);
    let counts = (
        attached.objects,
        attached.updated,
        attached.classes,
        attached.tracks,
    );
    assert_eq!(counts, (2, 0, 1, 1));
}

#[test]
fn what_is_there_already_gets_what_it_lacks() {
    let mut batch = batch();
    let batch = batch.batch();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let car = object(2, "car", rect(10.4, 20.5, 99.7, 50.0));
    locked.add_object(&frame, &car, None).unwrap();
    let mut ids = ClassIds::default();
    let mut attached = Attached::default();
    for _ in 0..2 {
        let mut writer = Writer {
            locked: &locked,
            unique_id: 9,
            size: None,
            ids: &mut ids,
            unknown: None,
            attached,
        };
        writer.write(&frame, &expected()).unwrap();
        attached = writer.attached;
    }
    let counts = (
        attached.objects,
        attached.updated,
        attached.classes,
        attached.tracks,
    );
    assert_eq!(counts, (1, 3, 1, 1), "the plate is new the first time");
    let car = frame.objects().next_back().unwrap();
    assert_eq!(
        (car.unique_component_id(), car.track_id()),
        (3, Some(u64::MAX - 1))
    );
    assert_eq!(car.rect(), rect(10.4, 20.5, 99.7, 50.0), "not rounded");
}

#[test]
fn a_parent_may_come_behind_its_part_and_rings_end() {
    let mut relations = expected();
    relations.objects.reverse();
    relations.objects[0].parent = Some(1);
    write(&relations, &mut ClassIds::default(), |frame| {
        let plate = frame.objects().find(|o| o.class_id() == 7).unwrap();
        assert_eq!(plate.parent().unwrap().label(), "car");
    });
    relations.objects[1].parent = Some(0);
    let (attached, _) = write(&relations, &mut ClassIds::default(), |_| ());
    assert_eq!(attached.objects, 2);
    relations.objects[0].parent = Some(77);
    let (attached, _) = write(&relations, &mut ClassIds::default(), |_| ());
    assert_eq!(attached.objects, 2);
}

#[test]
fn boxes_are_whole_pixels() {
    let of = |r: Rect| pixels(&r).map(|p| [p.left, p.top, p.width, p.height]);
    assert_eq!(
        of(rect(-0.4, 1.5, 2.0, 0.2)),
        Some([0, 2, 2, 1]),
        "at least one"
    );
    assert_eq!(of(rect(1e12, 0.0, 1.0, 5.0)), Some([i32::MAX, 0, 1, 5]));
    for bad in [
        rect(0.0, 0.0, 0.0, 5.0),
        rect(0.0, 0.0, 5.0, -1.0),
        rect(f32::NAN, 0.0, 5.0, 5.0),
        rect(0.0, 0.0, f32::INFINITY, 5.0),
    ] {
        assert_eq!(of(bad), None, "{bad:?}");
    }
}

#[test]
fn what_cannot_be_told_is_left_out_and_counted() {
    let (read, left_out) = read_of(|locked, frame| {
        let bad = object(0, "flat", rect(5.0, 5.0, 10.0, 0.0));
        let bad = locked.add_object(frame, &bad, None).unwrap();
        let unsure = NewObject {
            confidence: -0.1,
            ..object(1, "person", rect(5.0, 5.0, 10.0, 10.0))
        };
        locked.add_object(frame, &unsure, Some(&bad)).unwrap();
    });
    assert_eq!(left_out, LeftOut { boxes: 1, texts: 0 });
    let [person] = &read.objects[..] else {
        panic!("{read:?}");
    };
    assert_eq!((person.parent, person.confidence), (None, 1.0));
    let mut relations = expected();
    relations.objects[0].rect.width = 0;
    let (attached, _) = write(&relations, &mut ClassIds::default(), |frame| {
        assert!(frame.objects().all(|o| o.parent().is_none()));
    });
    assert_eq!((attached.objects, attached.boxes_left_out), (1, 1));
}

#[test]
fn classes_of_the_frame_are_an_object_as_large_as_it() {
    let classes = expected().objects[0].classes.clone();
    let relations = Relations {
        objects: vec![],
        classes,
    };
    let (attached, _) = write(&relations, &mut ClassIds::default(), |frame| {
        let whole = frame.objects().next().unwrap();
        assert_eq!(
            (whole.class_id(), whole.rect()),
            (-1, rect(0.0, 0.0, 640.0, 480.0))
        );
        let (again, _) = Reader::default().read(frame);
        assert_eq!(again, relations);
    });
    assert_eq!(attached.classes, 1);
}

/// As between two bridges, with an element of GStreamer's between.
#[test]
fn nothing_is_attached_twice() {
    let mut batch = batch();
    let batch = batch.batch();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let mut told = expected();
    told.classes = told.objects[0].classes.clone();
    told.objects[0].rotation = 0.5;
    let mut counts = Vec::new();
    for _ in 0..2 {
        let mut writer = Writer {
            locked: &locked,
            unique_id: 9,
            size: Some((640, 480)),
            ids: &mut ClassIds::default(),
            unknown: None,
            attached: Attached::default(),
        };
        writer.write(&frame, &told).unwrap();
        let attached = writer.attached;
        counts.push((attached.objects, attached.updated, attached.classes));
        (told, _) = Reader::default().read(&frame);
    }
    assert_eq!(counts, [(2, 0, 2), (0, 2, 0)]);
    assert_eq!(frame.objects().count(), 3);
}

#[test]
fn boxes_stay_turned() {
    let mut relations = expected();
    relations.objects.truncate(1);
    relations.objects[0].rotation = 0.5;
    write(&relations, &mut ClassIds::default(), |frame| {
        let car = frame.objects().next().unwrap();
        let corners = car.corners().unwrap();
        // About the centre (60, 46), clockwise: the upper left corner moves up and right.
        let [first, ..] = corners.points;
        assert!(
            (first.x - 28.106).abs() < 0.01 && (first.y - 0.089).abs() < 0.01,
            "{corners:?}"
        );
        let (again, _) = Reader::default().read(frame);
        let [again] = &again.objects[..] else {
            panic!("{again:?}");
        };
        assert!((again.rotation - 0.5).abs() < 1e-4);
        assert_eq!(again.rect, relations.objects[0].rect);
    });
    let turned = Turned::new(
        rect(0.0, 0.0, 9.0, 9.0),
        0.5,
        false,
        nvds_decode::EdgePolicy::Keep,
        None,
    );
    assert_eq!(turned.rotation, 0.0, "as before 9.0");
}

#[test]
fn names_that_the_file_lacks_are_told() {
    let labels: Labels = ["person"].into_iter().collect();
    let mut ids = ClassIds::new(Some(&labels));
    let (_, unknown) = write(&expected(), &mut ids, |frame| {
        assert_eq!(frame.objects().next_back().unwrap().class_id(), 1);
    });
    assert_eq!(unknown.as_deref(), Some("car"));
}
