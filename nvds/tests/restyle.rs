//! Changing objects of NVIDIA's metadata library that are attached already.

use std::ffi::CStr;

use nvds::*;

fn buffer(text: Option<&str>) -> gst::Buffer {
    gst::init().unwrap();
    let mut new = NewBatch::new(1).unwrap();
    new.add_frame(&NewFrame {
        pad_index: 0,
        source_id: 0,
        batch_id: 0,
        frame_num: 0,
        buf_pts: 0,
        ntp_timestamp: 0,
        source_size: (640, 480),
        pipeline_size: (0, 0),
    });
    {
        let batch = new.batch();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let object = NewObject {
            unique_component_id: 1,
            class_id: 2,
            confidence: 0.5,
            rect: Rect {
                left: 1.0,
                top: 2.0,
                width: 3.0,
                height: 4.0,
            },
            style: RectStyle::default(),
            label: "car",
            text: text.map(|text| NewText {
                text,
                x: 5.0,
                y: 6.0,
                font: FontName::SERIF,
                size: 11,
                color: Color::WHITE,
                background: Some(Color::BLACK),
            }),
        };
        locked.add_object(&frame, &object, None).unwrap();
    }
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    buffer
}

fn first<'a>(frames: ListIter<'a, Frame<'a>>) -> Object<'a> {
    let mut frames = frames;
    frames.next().unwrap().objects().next().unwrap()
}

fn text_of<'a>(object: &Object<'a>) -> Option<&'a CStr> {
    object.text().display_text()
}

#[test]
fn a_tracker_s_box_is_its_own() {
    let buffer = buffer(None);
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
    let locked = batch.lock();
    let object = first(locked.frames());
    let (drawn, detected) = (object.rect(), object.detector_rect());
    let rect = Rect {
        left: -7.5,
        top: 8.0,
        width: 90.0,
        height: 100.0,
    };
    locked.set_tracker_rect(&object, rect);
    assert_eq!(object.tracker_rect(), rect);
    assert_eq!((object.rect(), object.detector_rect()), (drawn, detected));
}

#[test]
fn a_change_of_nothing_changes_nothing() {
    let buffer = buffer(Some("old"));
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
    let locked = batch.lock();
    let object = first(locked.frames());
    locked.change_text(&object, &TextChange::default());
    locked.change_box(&object, &BoxChange::default());
    let text = object.text();
    assert_eq!(text.display_text(), Some(c"old"));
    assert_eq!((text.x_offset(), text.y_offset()), (5, 6));
    assert_eq!(
        (text.font_name(), text.font_size()),
        (Some(c"Serif"), 11_u32)
    );
    assert_eq!(text.color(), Color::WHITE);
    assert_eq!(text.background(), Some(Color::BLACK));
    assert_eq!(object.rect_style(), RectStyle::default());
}

#[test]
fn every_part_of_text_and_box_can_be_changed() {
    let buffer = buffer(Some("old"));
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
    let blue = Color::new(0.0, 0.0, 1.0, 0.5);
    {
        let locked = batch.lock();
        let object = first(locked.frames());
        locked.change_text(
            &object,
            &TextChange {
                text: Some("new\0cut"),
                offset: Some((7, 8)),
                font: Some(FontName::intern("Mono")),
                size: Some(30),
                color: Some(Color::RED),
                background: Some(None),
            },
        );
        locked.change_box(
            &object,
            &BoxChange {
                border_width: Some(9),
                border_color: Some(Color::WHITE),
                fill: Some(Some(blue)),
            },
        );
    }
    let locked = batch.lock();
    let object = first(locked.frames());
    let text = object.text();
    assert_eq!(text.display_text(), Some(c"new"));
    assert_eq!((text.x_offset(), text.y_offset()), (7, 8));
    assert_eq!(
        (text.font_name(), text.font_size()),
        (Some(c"Mono"), 30_u32)
    );
    assert_eq!(text.color(), Color::RED);
    assert_eq!(text.background(), None);
    let expected = RectStyle {
        border_width: 9,
        border_color: Color::WHITE,
        fill: Some(blue),
    };
    assert_eq!(object.rect_style(), expected);
    let rect = object.rect();
    assert_eq!((rect.left, rect.width), (1.0, 3.0), "the place stays");
}

/// A change of the text alone.
fn text_change(text: &str) -> TextChange<'_> {
    TextChange {
        text: Some(text),
        ..TextChange::default()
    }
}

/// An OSD in another branch reads without a lock, and from another plugin. valgrind and
/// MALLOC_PERTURB_ tell whether the texts are freed too early, not at all, or twice.
#[test]
fn a_replaced_text_lives_as_long_as_its_batch() {
    let buffer = buffer(Some("first"));
    let pointer = || {
        let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
        let text = text_of(&first(locked.frames()));
        text.map_or(std::ptr::null(), CStr::as_ptr)
    };
    let mut old = vec![pointer()];
    for text in ["second", "third"] {
        let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
        locked.change_text(&first(locked.frames()), &text_change(text));
        drop(locked);
        old.push(pointer());
    }
    let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    locked.remove_text(&first(locked.frames()));
    assert_eq!(text_of(&first(locked.frames())), None);
    assert_eq!(locked.user_metas().count(), 0, "not shown");
    drop(locked);
    // The library copies the batch, not the old texts.
    let copies = [buffer.copy(), buffer.copy_deep().unwrap()];
    for copy in &copies {
        let locked = Batch::from_buffer(copy).unwrap().unwrap().lock();
        assert_eq!(locked.user_metas().count(), 0, "not shown");
        locked.change_text(&first(locked.frames()), &text_change("of the copy"));
        locked.remove_text(&first(locked.frames()));
    }
    drop(copies);
    let old: Vec<_> = old
        .into_iter()
        // SAFETY: replaced texts live as long as the buffer.
        .map(|text| unsafe { CStr::from_ptr(text) })
        .collect();
    assert_eq!(old, [c"first", c"second", c"third"]);
}

#[test]
fn an_object_without_text_can_get_one() {
    let buffer = buffer(None);
    for text in ["one", "two", ""] {
        let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
        let locked = batch.lock();
        let object = first(locked.frames());
        let change = TextChange {
            text: Some(text),
            ..TextChange::default()
        };
        locked.change_text(&object, &change);
        assert_eq!(text_of(&object).unwrap().to_str().unwrap(), text);
        locked.remove_text(&object);
        locked.remove_text(&object);
        locked.change_text(&object, &change);
    }
    let copy = buffer.copy_deep().unwrap();
    drop(buffer);
    let batch = Batch::from_buffer(&copy).unwrap().unwrap().lock();
    assert_eq!(text_of(&first(batch.frames())), Some(c""));
}

/// Batches of one buffer in many threads, each replacing and reading.
#[test]
fn threads_share_a_buffer() {
    let buffer = buffer(Some("start"));
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let buffer = &buffer;
            scope.spawn(move || {
                for round in 0..200 {
                    let batch = Batch::from_buffer(buffer).unwrap().unwrap();
                    let locked = batch.lock();
                    let object = first(locked.frames());
                    let before = text_of(&object).unwrap();
                    let text = format!("{worker} {round}");
                    let change = TextChange {
                        text: Some(&text),
                        ..TextChange::default()
                    };
                    locked.change_text(&object, &change);
                    assert!(!before.to_bytes().is_empty());
                    assert_eq!(text_of(&object).unwrap().to_str().unwrap(), text);
                }
            });
        }
    });
}

/// A reader used to see half of what another thread wrote.
#[test]
fn no_reader_sees_half_a_write() {
    let buffer = buffer(None);
    let stop = std::sync::atomic::AtomicBool::new(false);
    let relaxed = std::sync::atomic::Ordering::Relaxed;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut n = 0_u8;
            while !stop.load(relaxed) {
                n = (n + 1) % 30;
                let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
                let object = first(locked.frames());
                let mut params = object.rect_params();
                params.rect.left = n.into();
                params.style.border_width = n.into();
                params.style.fill = Some(Color::new(0.0, 0.0, 0.0, n.into()));
                locked.set_rect_params(&object, params);
            }
        });
        for _ in 0..300_000 {
            let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
            let params = first(locked.frames()).rect_params();
            let whole = params.rect.left == params.style.border_width as f32
                && (params.style.fill).is_some_and(|fill| fill.alpha as f32 == params.rect.left);
            if !whole && params.rect.left != 1.0 {
                stop.store(true, relaxed);
                panic!("{params:?}");
            }
        }
        stop.store(true, relaxed);
    });
}
