//! `nvsegvisual` on segmentations as nvinfer attaches them.

use gst::prelude::*;
use gst_check::Harness;
use gstnvdscpu::surface::Surfaces;
use nvds::{Batch, NewSegmentation};

use super::support::{CAPS, batch, failure, has_6_2, init};

/// A batch of one frame with a segmentation of 4x2 pixels: classes 0 to 6 and one without a colour.
fn segmented(unique_id: i32) -> gst::Buffer {
    let buffer = batch(1);
    {
        let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
        let frame = locked.frames().next().unwrap();
        let classes = vec![0, 1, 2, 3, 4, 5, 6, 99];
        let new = NewSegmentation::new(unique_id, (4, 2), 7, classes, Vec::new()).unwrap();
        locked.add_segmentation_to_frame(&frame, new).unwrap();
    }
    buffer
}

/// The first pixels of the first two rows that come out, the size, and what was warned of.
fn painted(properties: &str, buffer: gst::Buffer) -> (Vec<[u8; 4]>, (u32, u32), Vec<String>) {
    init();
    let mut h = Harness::new_parse(&format!("nvsegvisual {properties}"));
    let bus = gst::Bus::new();
    h.element().unwrap().set_bus(Some(&bus));
    h.set_src_caps_str(CAPS);
    let out = h.push_and_pull(buffer).unwrap();
    let surfaces = Surfaces::map(&out).unwrap();
    let desc = surfaces.desc(0).unwrap();
    let surface = surfaces.read(0).unwrap();
    let plane = surface.planes()[0];
    let row = |y: usize| plane.data[y * plane.pitch..][..16].chunks_exact(4);
    let pixels = row(0).chain(row(1));
    let pixels = pixels.map(|p| p.try_into().unwrap()).collect();
    let batch = Batch::from_buffer(&out).unwrap().expect("metas are copied");
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    assert!(frame.user_metas().any(|m| m.as_segmentation().is_some()));
    let caps = h.sinkpad().unwrap().current_caps().unwrap();
    let structure = caps.structure(0).unwrap();
    assert_eq!(structure.get::<&str>("format"), Ok("RGBA"));
    assert_eq!(structure.get::<i32>("width"), Ok(desc.width as i32));
    let messages = bus.iter().filter_map(|message| match message.view() {
        gst::MessageView::Warning(w) => Some(w.error().to_string()),
        _ => None,
    });
    let messages = messages.collect();
    // Messages hold their source, which holds the bus.
    bus.set_flushing(true);
    h.element().unwrap().set_bus(None);
    (pixels, (desc.width, desc.height), messages)
}

#[test]
fn classes_are_painted_on_the_stretched_frame() {
    let (pixels, size, warnings) = painted("width=4 height=2", segmented(1));
    assert_eq!(size, (4, 2));
    let colors: Vec<_> = pixels.iter().map(|p| [p[0], p[1], p[2]]).collect();
    assert_eq!(
        colors[..7],
        [
            [0, 128, 128],
            [128, 0, 0],
            [128, 0, 128],
            [128, 128, 0],
            [0, 128, 0],
            [0, 0, 64],
            [0, 0, 192]
        ]
    );
    // What has no colour is the frame's: column and row stretched.
    assert_eq!(colors[7][2], 0);
    assert!(colors[7][0] >= 8 && colors[7][1] >= 8, "{colors:?}");
    assert!(pixels.iter().all(|p| p[3] == 255), "alpha is left alone");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("have no colour"), "{warnings:?}");
}

#[test]
fn the_background_shows_through() {
    // Another's segmentation; before DeepStream 6.2 nothing says whose it is.
    let other = "width=4 height=2 operate-on-seg-meta-id=2";
    let plain = match has_6_2() {
        true => painted(other, segmented(1)).0,
        false => return,
    };
    let half = "width=4 height=2 original-background=1 class-id=3 alpha=0.5";
    let blended = painted(half, segmented(1)).0;
    assert_eq!(blended[3], plain[3], "class 3 is the background");
    let expected = (f32::from(plain[1][0]) * 0.5 + 64.0) as u8;
    assert_eq!(blended[1][0], expected);
}

#[test]
fn sizes_that_differ_are_told_and_none_is_an_error() {
    let (pixels, size, warnings) = painted("width=3 height=8", segmented(1));
    assert_eq!((size, pixels[2][0]), ((3, 8), 128));
    assert!(warnings[0].contains("set width=4 height=2"), "{warnings:?}");
    assert!(failure("nvsegvisual width=0").contains("expected 1 to 32768 pixels"));
    let mut h = Harness::new_parse("nvsegvisual");
    h.set_src_caps_str(CAPS);
    assert_eq!(h.push(gst::Buffer::new()), Err(gst::FlowError::Error));
}
