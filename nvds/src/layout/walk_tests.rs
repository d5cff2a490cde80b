//! The views on batches of every class.

use super::block::Block;
use super::*;
use crate::error::Error;
use crate::params::{Arrow, ArrowHead, Circle, Line, RectParams};
use crate::release::CIRCLE_WIDTH;
use crate::text::{Color, NewText, Rect, RectStyle};
use crate::{BoxChange, FontName, Locked, Mask, NewFrame, NewMask, NewObject, TextChange};

const FRAME: usize = 0;
const OBJECT: usize = 1;
const DISPLAY: usize = 2;

#[test]
fn batches_of_all_classes_are_read_and_written_within_their_elements() {
    for layout in ALL {
        whole_walk(layout, layout.first, layout.last);
        whole_walk(layout, layout.first, layout.first);
        whole_walk(layout, layout.last, layout.last);
    }
}

fn sample(text: &str) -> NewObject<'_> {
    NewObject {
        unique_component_id: 3,
        class_id: 7,
        confidence: 0.5,
        rect: RECT,
        style: RectStyle {
            border_width: 2,
            border_color: Color::RED,
            fill: Some(Color::new(0.0, 0.25, 0.5, 1.0)),
        },
        label: "person",
        text: Some(new_text(text)),
    }
}

fn new_text(text: &str) -> NewText<'_> {
    NewText {
        text,
        x: 10.0,
        y: 20.0,
        font: FontName::SERIF,
        size: 12,
        color: Color::RED,
        background: None,
    }
}

const NEW_FRAME: NewFrame = NewFrame {
    pad_index: 3,
    source_id: 7,
    batch_id: 0,
    frame_num: 42,
    buf_pts: 1_000,
    ntp_timestamp: 2_000,
    source_size: (1280, 720),
    pipeline_size: (640, 480),
};

const RECT: Rect = Rect {
    left: 1.0,
    top: 2.0,
    width: 30.0,
    height: 40.0,
};

/// Uses every call that reads or writes what moved between releases, and looks at the bytes.
pub(super) fn whole_walk(layout: &'static Layout, first: Version, last: Version) {
    let mut block = Block::new(layout, first, last);
    // What lies behind a box of the class must never be taken for its rotation, nor overwritten.
    block.poke(OBJECT, layout.object_reserved, [-1_i64; 4]);
    block.poke(OBJECT, layout.object_misc, [-1_i64; 4]);
    block.poke(FRAME, layout.frame_reserved, [-1_i64; 4]);
    {
        let batch = block.batch();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        // SAFETY: the block's own frame, which nobody else sees.
        unsafe { NEW_FRAME.fill(frame.raw(), layout) };
        assert_eq!((frame.source_id(), frame.pipeline_width()), (7, 640));
        objects(&locked, layout);
        displays(&locked, layout, first);
    }
    let zeros =
        |offset, length| assert_eq!(block.bytes(OBJECT, 0, offset, length), vec![0; length]);
    zeros(layout.object_misc, 32);
    zeros(layout.object_reserved, 32);
    assert_eq!(block.bytes(FRAME, 0, layout.frame_reserved, 32), [0; 32]);
    let label = block.bytes(OBJECT, 0, layout.object_label, 8);
    assert_eq!(&label, b"person\0\0");
    // The second line of the first display meta.
    let line = block.bytes(
        DISPLAY,
        0,
        layout.display_lines + size_of::<c::NvOSD_LineParams>(),
        8,
    );
    assert_eq!(line, [11_u32.to_ne_bytes(), 2_u32.to_ne_bytes()].concat());
    // The second box.
    let left = block.bytes(DISPLAY, 0, 64 + layout.rect, 4);
    assert_eq!(left, 1_f32.to_ne_bytes());
    let width = block.bytes(DISPLAY, 0, layout.display_circles + 88, 4);
    let expected: u32 = if first >= CIRCLE_WIDTH { 5 } else { 0 };
    assert_eq!(width, expected.to_ne_bytes());
    block.check_guards();
    free_texts(&block, layout);
}

fn objects(locked: &Locked<'_>, layout: &Layout) {
    let turns = layout.turns_boxes();
    let frame = locked.frames().next().unwrap();
    let object = locked.add_object(&frame, &sample("text"), None).unwrap();
    assert_eq!((object.class_id(), object.label()), (7, "person".into()));
    assert_eq!(object.text().display_text(), Some(c"text"));
    assert_eq!((object.rect(), object.rotation()), (RECT, 0.0));
    let mask = Mask {
        data: &[0.5; 4],
        width: 2,
        height: 2,
        threshold: 0.25,
    };
    assert!(locked.set_mask(&object, &NewMask::new(mask).unwrap()));
    let turned = RectParams {
        rotation: 30.0,
        ..object.rect_params()
    };
    locked.set_rect_params(&object, turned);
    assert_eq!(object.rotation(), if turns { 30.0 } else { 0.0 });
    assert_eq!(object.rect_params().rotation, object.rotation());
    assert_eq!(
        object.mask(),
        Some(mask),
        "the box ends in front of the mask"
    );
    locked.change_box(
        &object,
        &BoxChange {
            border_width: Some(9),
            ..BoxChange::default()
        },
    );
    locked.change_text(
        &object,
        &TextChange {
            offset: Some((8, 9)),
            size: Some(14),
            ..TextChange::default()
        },
    );
    assert_eq!(object.rect_style().border_width, 9);
    assert_eq!(
        (object.text().x_offset(), object.text().font_size()),
        (8, 14)
    );
    assert_eq!(
        object.classifiers().count() + object.user_metas().count(),
        0
    );
    let below = locked
        .add_object(&frame, &sample("below"), Some(&object))
        .unwrap();
    assert_eq!(below.parent(), Some(object));
    assert_eq!(frame.objects().count(), 2);
    assert_eq!(locked.pool_objects().count(), 2);
}

fn displays(locked: &Locked<'_>, layout: &Layout, first: Version) {
    let frame = locked.frames().next().unwrap();
    let color = Color::RED;
    let style = RectStyle::default();
    {
        let mut writer = locked.draw_on(&frame).unwrap();
        for i in 0..17_u32 {
            writer.text(&new_text("drawn"));
            writer.rect_params(RectParams {
                rotation: 45.0,
                ..RectParams::new(RECT, style)
            });
            let (from, to) = ((10 + i, 2), (3, 4));
            writer.line(&Line {
                from,
                to,
                width: 1,
                color,
            });
            writer.arrow(&Arrow {
                from,
                to,
                width: 1,
                head: ArrowHead::End,
                color,
            });
            writer.circle(&Circle {
                center: from,
                radius: 6,
                width: 5,
                color,
                fill: Some(color),
            });
        }
    }
    let displays: Vec<_> = frame.displays().rev().collect();
    assert_eq!(displays.len(), 2);
    assert_eq!(displays[0].rects().len() + displays[1].rects().len(), 17);
    let turns = layout.turns_boxes();
    for display in displays {
        for rect in display.rects() {
            assert_eq!((rect.rect, rect.style), (RECT, style));
            assert_eq!(rect.rotation, if turns { 45.0 } else { 0.0 });
        }
        assert!(display.texts().all(|t| t.display_text() == Some(c"drawn")));
        assert!(display.lines().all(|line| line.to == (3, 4)));
        assert!(display.arrows().all(|arrow| arrow.head == ArrowHead::End));
        let width = if first >= CIRCLE_WIDTH { 5 } else { 0 };
        assert!(display.circles().all(|k| (k.radius, k.width) == (6, width)));
    }
}

/// The library would free these when it releases its elements.
fn free_texts(block: &Block, layout: &Layout) {
    let batch = block.batch();
    let locked = batch.lock();
    for object in locked.pool_objects() {
        // SAFETY: texts and masks of GLib's heap that nobody uses any more.
        unsafe {
            glib::ffi::g_free((*object.text_place()).display_text.cast());
            glib::ffi::g_free((*object.mask_place()).data.cast());
        }
    }
    for display in locked.pool_displays() {
        let texts = display.text_array();
        for i in 0..texts.len() {
            // SAFETY: as above.
            unsafe { glib::ffi::g_free(texts.get(i).display_text.cast()) };
        }
    }
    assert_eq!(layout.display_texts % 8, 0);
}

/// A batch that is not like those of the library says why.
#[test]
fn other_batches_are_refused_with_what_they_are() {
    let refused = |change: fn(&mut Block)| {
        let mut block = Block::new(&A, A.first, A.last);
        change(&mut block);
        // SAFETY: the batch is alive; its pools may be missing.
        let error = unsafe { crate::Batch::new(block.owner()) }.unwrap_err();
        assert!(matches!(error, Error::Layout(_)));
        error.to_string()
    };
    let error = refused(|block| block.raw().obj_meta_pool = std::ptr::null_mut());
    assert!(error.contains("no object pool"), "{error}");
    let error = refused(|block| block.pool(FRAME).meta_type = 25);
    assert!(error.contains("a batch of audio"), "{error}");
    let error = refused(|block| block.pool(OBJECT).max_elements_in_pool = 0);
    assert!(
        error.contains("0 frames") && error.contains("batch-size"),
        "{error}"
    );
    let error = refused(|block| block.pool(OBJECT).element_size = 552);
    for part in ["object 552", "object 544", "only one metadata library"] {
        assert!(error.contains(part), "{part} missing in: {error}");
    }
}
