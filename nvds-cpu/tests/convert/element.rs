//! The element in a pipeline: what it hands on, what it chooses, what it refuses.

use std::sync::{Arc, Mutex};

use gst::prelude::*;
use gstnvdscpu::surface::{MemoryKind, alloc_with};
use nvds::Batch;

use crate::support::{NVMM_BATCH, attach, error_of, harness, init, play, rgba_surfaces};

#[test]
fn the_same_caps_hand_the_buffer_on() {
    let seen = Arc::new(Mutex::new(0));
    let input = seen.clone();
    let line = "videotestsrc num-buffers=1 ! video/x-raw,format=NV12,width=64,height=48 ! \
                nvvideoconvert ! video/x-raw(memory:NVMM) ! nvvideoconvert name=c";
    let remember = move |buffer: &mut gst::Buffer| {
        *input.lock().unwrap() = buffer.as_ptr() as usize;
    };
    let (buffers, _) = play(&format!("{line} ! fakesink"), remember.clone()).unwrap();
    assert_eq!(buffers[0].as_ptr() as usize, *seen.lock().unwrap());
    let (buffers, _) = play(
        &format!("{line} disable-passthrough=true ! fakesink"),
        remember,
    )
    .unwrap();
    assert_ne!(buffers[0].as_ptr() as usize, *seen.lock().unwrap());
}

#[test]
fn other_metas_and_times_come_along() {
    let mut harness = harness(
        "video/x-raw,format=RGBA,width=4,height=4,framerate=30/1",
        "video/x-raw(memory:NVMM),format=NV12",
        &[],
    );
    let mut buffer = gst::Buffer::from_slice([9; 64]);
    {
        let buffer = buffer.get_mut().unwrap();
        buffer.set_pts(gst::ClockTime::from_mseconds(5));
        buffer.set_dts(gst::ClockTime::from_mseconds(4));
        buffer.set_duration(gst::ClockTime::from_mseconds(3));
        buffer.set_offset(7);
        buffer.set_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::DELTA_UNIT);
        gst::ReferenceTimestampMeta::add(
            buffer,
            &gst::Caps::new_empty_simple("timestamp/x-unix"),
            gst::ClockTime::from_seconds(1),
            gst::ClockTime::NONE,
        );
    }
    let out = harness.push_and_pull(buffer).unwrap();
    assert_eq!(out.pts(), Some(gst::ClockTime::from_mseconds(5)));
    assert_eq!(out.dts(), Some(gst::ClockTime::from_mseconds(4)));
    assert_eq!(out.duration(), Some(gst::ClockTime::from_mseconds(3)));
    assert_eq!(out.offset(), 7);
    assert!(out.flags().contains(gst::BufferFlags::DELTA_UNIT));
    assert_eq!(
        out.meta::<gst::ReferenceTimestampMeta>()
            .unwrap()
            .timestamp(),
        gst::ClockTime::from_seconds(1)
    );
}

#[test]
fn wrong_buffers_are_errors_that_say_so() {
    let mut nvmm = harness(NVMM_BATCH, "video/x-raw,format=RGBA", &[]);
    let text = error_of(&mut nvmm, gst::Buffer::from_slice([0; 72]));
    assert!(text.contains("stand-ins"), "{text}");
    let mut empty = harness(NVMM_BATCH, "video/x-raw,format=RGBA", &[]);
    let buffer = alloc_with(&[], MemoryKind::Nvds, 2).unwrap();
    let text = error_of(&mut empty, buffer);
    assert!(text.contains("surface 0 of 0"), "{text}");
    let mut small = harness(
        "video/x-raw,format=RGBA,width=8,height=8,framerate=30/1",
        "video/x-raw(memory:NVMM),format=NV12",
        &[],
    );
    let text = error_of(&mut small, gst::Buffer::from_slice([0; 64]));
    assert!(text.contains("64 bytes") && text.contains("8x8"), "{text}");
}

#[test]
fn wrong_properties_are_errors_that_name_them() {
    init();
    let element = gst::ElementFactory::make("nvvideoconvert")
        .property("src-crop", "1:2:3")
        .build()
        .unwrap();
    let bus = gst::Bus::new();
    element.set_bus(Some(&bus));
    assert!(element.set_state(gst::State::Paused).is_err());
    let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
    let gst::MessageView::Error(error) = message.view() else {
        unreachable!()
    };
    element.set_state(gst::State::Null).unwrap();
    let text = error.error().to_string();
    assert!(text.contains("src-crop is \"1:2:3\""), "{text}");

    for (properties, word) in [
        (("src-crop", "300:0:100:100"), "src-crop 300:0:100:100"),
        (("dest-crop", "0:0:400:100"), "dest-crop 0:0:400:100"),
        (("interpolation-method", "Algo-2"), "cannot enlarge"),
    ] {
        let mut harness = harness(
            NVMM_BATCH,
            "video/x-raw,format=RGBA,width=350,height=260",
            &[properties],
        );
        let text = error_of(&mut harness, rgba_surfaces(&[(320, 240)]));
        assert!(text.contains(word), "{text}");
    }
}

/// The library's copy crashes on such a batch; the element must not get that far.
#[test]
fn a_batch_without_its_maximum_of_frames_is_refused() {
    let mut harness = harness(NVMM_BATCH, "video/x-raw,format=RGBA", &[]);
    let mut buffer = rgba_surfaces(&[(320, 240)]);
    attach(buffer.get_mut().unwrap(), 1);
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().as_ptr();
    // SAFETY: the batch is alive and nobody else looks at it.
    unsafe { (*batch).max_frames_in_batch = 0 };
    let text = error_of(&mut harness, buffer);
    assert!(text.contains("max_frames_in_batch"), "{text}");
}

#[test]
fn turning_exchanges_the_sides_where_nobody_asks_for_a_size() {
    let (_, caps) = play(
        "videotestsrc num-buffers=1 ! video/x-raw,format=RGBA,width=64,height=48 ! \
         nvvideoconvert name=c flip-method=clockwise ! video/x-raw ! fakesink",
        |_| (),
    )
    .unwrap();
    let structure = caps.structure(0).unwrap();
    assert_eq!(structure.get::<i32>("width"), Ok(48));
    assert_eq!(structure.get::<i32>("height"), Ok(64));
}

#[test]
fn one_side_given_keeps_the_shape() {
    let (_, caps) = play(
        "videotestsrc num-buffers=1 ! video/x-raw,format=RGBA,width=768,height=576 ! \
         nvvideoconvert name=c ! video/x-raw,width=320,pixel-aspect-ratio=1/1 ! fakesink",
        |_| (),
    )
    .unwrap();
    let structure = caps.structure(0).unwrap();
    assert_eq!(structure.get::<i32>("height"), Ok(240));
    assert_eq!(
        structure.get::<gst::Fraction>("pixel-aspect-ratio"),
        Ok(gst::Fraction::new(1, 1))
    );
}
