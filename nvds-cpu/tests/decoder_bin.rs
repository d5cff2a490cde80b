//! The decoder stand-in as a bin: what is inside, and what applications see of it.

mod decoder_support;
mod mux_support;

use decoder_support::*;
use gst::prelude::*;
use gstnvdscpu::surface::Surfaces;
use mux_support::{Record, data, errors, init};

/// The children of the decoder, from the source on.
fn children(pipeline: &gst::Pipeline) -> Vec<gst::Element> {
    let bin = pipeline.by_name("dec").unwrap();
    let bin = bin.downcast::<gst::Bin>().unwrap();
    bin.iterate_sorted()
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

fn clip() -> String {
    format!(
        "filesrc location={} ! h264parse",
        data("surface/clip320.h264")
    )
}

#[test]
fn the_software_decoder_is_a_child() {
    let (pipeline, messages) = run(
        &format!("{} ! nvv4l2decoder name=dec ! fakesink", clip()),
        |_| {},
    );
    assert_eq!(errors(&messages), [""; 0]);
    let names: Vec<_> = children(&pipeline).iter().map(|c| c.name()).collect();
    // Sorted from the sink on.
    assert_eq!(names[0], "surfaces");
    assert!(names[1].contains("264"), "{names:?}");
    let dot = pipeline.debug_to_dot_data(gst::DebugGraphDetails::ALL);
    assert!(dot.contains("surfaces") && dot.contains(names[1].as_str()));
    let clock = pipeline.clock().unwrap();
    assert!(
        children(&pipeline)
            .iter()
            .all(|c| c.clock().as_ref() == Some(&clock))
    );
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(children(&pipeline).len(), 1);
}

/// Each of the two asks for a decoder without frame threads, and nothing else does.
#[test]
fn low_latency_and_no_dpb_each_end_the_frame_threads() {
    for (properties, threads) in [
        ("low-latency-mode=true", "slice"),
        ("disable-dpb=true", "slice"),
        ("", ""),
    ] {
        let (pipeline, _) = run(
            &format!(
                "{} ! nvv4l2decoder name=dec {properties} ! fakesink",
                clip()
            ),
            |_| {},
        );
        let decoder = children(&pipeline).swap_remove(1);
        let value = decoder.property_value("thread-type");
        let (_class, values) = glib::FlagsValue::from_value(&value).expect("flags of avdec_h264");
        let nicks: Vec<_> = values.iter().map(|v| v.nick()).collect();
        assert_eq!(nicks.join(" "), threads, "{properties}");
    }
}

/// Properties of GstVideoDecoder reach the decoder inside, before and after it is there.
#[test]
fn properties_of_the_base_class_are_handed_on() {
    let (pipeline, _) = run(
        &format!(
            "{} ! nvv4l2decoder name=dec qos=false max-errors=-1 \
             automatic-request-sync-point-flags=discard-input ! fakesink",
            clip()
        ),
        |_| {},
    );
    let dec = pipeline.by_name("dec").unwrap();
    let inside = children(&pipeline).swap_remove(1);
    for element in [&dec, &inside] {
        assert!(!element.property::<bool>("qos"));
        assert_eq!(element.property::<i32>("max-errors"), -1);
        let flags = element.property_value("automatic-request-sync-point-flags");
        assert_eq!(flags.transform::<u32>().unwrap().get::<u32>().unwrap(), 1);
    }
    dec.set_property("min-force-key-unit-interval", u64::MAX);
    dec.set_property("max-errors", 7);
    for element in [&dec, &inside] {
        assert_eq!(
            element.property::<u64>("min-force-key-unit-interval"),
            u64::MAX
        );
        assert_eq!(element.property::<i32>("max-errors"), 7);
    }
}

#[test]
fn a_stream_without_caps_or_frames_ends() {
    init();
    let (_pipeline, messages) = run(
        "appsrc name=src ! nvv4l2decoder name=dec ! fakesink",
        |pipeline| {
            let src = pipeline.by_name("src").unwrap();
            let _ = src.emit_by_name::<gst::FlowReturn>("end-of-stream", &[]);
        },
    );
    assert_eq!(errors(&messages), [""; 0]);
}

#[test]
fn a_frame_without_caps_names_the_parser() {
    init();
    let (_pipeline, messages) = run(
        "appsrc name=src ! nvv4l2decoder name=dec ! fakesink",
        |pipeline| {
            let src = pipeline.by_name("src").unwrap();
            let frame = gst::Buffer::from_slice([0u8; 40]);
            let _ = src.emit_by_name::<gst::FlowReturn>("push-buffer", &[&frame]);
        },
    );
    let (factory, text) = error(&messages);
    assert_eq!(factory, "nvv4l2decoder");
    assert!(text.contains("h264parse"), "{text}");
}

/// Size and depth change within one codec: the decoder goes on, caps and surfaces follow.
#[test]
fn size_and_depth_may_change_within_a_stream() {
    let source = |caps: &str| {
        format!(
            "videotestsrc num-buffers=3 ! video/x-raw,{caps},framerate=30/1 ! x264enc ! h264parse ! \
             video/x-h264,stream-format=byte-stream,alignment=au ! c. "
        )
    };
    let mut record = None;
    let (pipeline, messages) = run(
        &format!(
            "concat name=c ! nvv4l2decoder name=dec ! fakesink sync=false {}{}{}",
            source("format=I420,width=64,height=48"),
            source("format=I420,width=96,height=80"),
            source("format=I420_10LE,width=96,height=80"),
        ),
        |pipeline| {
            let dec = pipeline.by_name("dec").unwrap();
            record = Some(Record::of(&dec.static_pad("src").unwrap()));
        },
    );
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(children(&pipeline).len(), 2);
    let seen: Vec<_> = record
        .unwrap()
        .buffers()
        .iter()
        .map(|b| {
            let desc = Surfaces::map(b).unwrap().desc(0).unwrap();
            (desc.width, desc.format.video_format().unwrap())
        })
        .collect();
    use gst_video::VideoFormat::{Nv12, P01010le};
    let expected = [(64, Nv12), (96, Nv12), (96, P01010le)];
    assert_eq!(seen, expected.map(|picture| [picture; 3]).concat());
}

/// Whole pictures, in flight while the pipeline is stopped and started again and again.
#[test]
fn stopping_in_the_middle_harms_nothing() {
    init();
    let pipeline = gst::parse::launch(
        "videotestsrc ! video/x-raw,width=64,height=48,framerate=30/1 ! jpegenc ! \
         nvv4l2decoder name=dec ! fakesink sync=false",
    )
    .unwrap();
    for round in 0..40 {
        pipeline.set_state(gst::State::Playing).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(round % 7));
        let state = [gst::State::Ready, gst::State::Null, gst::State::Paused][round as usize % 3];
        pipeline.set_state(state).unwrap();
    }
    pipeline.set_state(gst::State::Null).unwrap();
    let bus = pipeline.bus().unwrap();
    assert!(bus.pop_filtered(&[gst::MessageType::Error]).is_none());
}

/// Settings of another thread, and an application that answers an error in its bus handler, find
/// no lock held.
#[test]
fn properties_may_change_at_any_time() {
    use std::sync::atomic::{AtomicBool, Ordering};
    /// Ends the other threads, also when the test fails.
    struct End<'a>(&'a AtomicBool);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _end = End(&done);
        let mut messages = Vec::new();
        for film in ["I420", "Y444"] {
            let (_pipeline, all) = run(
                &format!(
                    "videotestsrc num-buffers=200 ! video/x-raw,format={film},width=64,height=48,\
                     framerate=30/1 ! x265enc option-string=colormatrix=gbr:lossless=1 \
                     speed-preset=ultrafast ! h265parse ! nvv4l2decoder name=dec ! \
                     fakesink sync=false"
                ),
                |pipeline| {
                    let dec = pipeline.by_name("dec").unwrap();
                    let weak = dec.downgrade();
                    pipeline.bus().unwrap().set_sync_handler(move |_, message| {
                        if message.type_() == gst::MessageType::Error
                            && let Some(dec) = weak.upgrade()
                        {
                            dec.set_property("qos", false);
                            dec.set_property("gpu-id", 3u32);
                            let _ = dec.static_pad("sink").unwrap().query_caps(None);
                        }
                        gst::BusSyncReply::Pass
                    });
                    let done = &done;
                    scope.spawn(move || {
                        for round in 0u32.. {
                            if done.load(Ordering::Relaxed) {
                                break;
                            }
                            dec.set_property("drop-frame-interval", round % 4);
                            dec.set_property("max-errors", 5 + (round % 2) as i32);
                            dec.set_property_from_str("skip-frames", "decode_all");
                            let _: i32 = dec.property("max-errors");
                            std::thread::yield_now();
                        }
                    });
                },
            );
            messages.push(all);
        }
        assert_eq!(errors(&messages[0]), [""; 0]);
        check_unusable(&messages[1], "GBR");
    });
}

/// decodebin takes it for each codec, by rank and klass.
#[test]
fn decodebin_chooses_it() {
    for codec in [
        "I420 x264enc h264parse",
        "I420 x265enc h265parse",
        "I420 jpegenc jpegparse",
        "I420 vp8enc identity",
        "I420 vp9enc identity",
        "I420 av1enc av1parse",
        "I420 avenc_mpeg4 mpeg4videoparse",
    ] {
        let [format, encoder, parser] = words(codec);
        let (pipeline, messages) = run(
            &format!(
                "videotestsrc num-buffers=3 ! video/x-raw,format={format},width=64,height=48,\
                 framerate=30/1 ! {encoder} ! {parser} ! decodebin ! \
                 video/x-raw(memory:NVMM) ! fakesink sync=false"
            ),
            |_| {},
        );
        assert_eq!(errors(&messages), [""; 0], "{codec}");
        let decoders = pipeline
            .iterate_recurse()
            .into_iter()
            .filter(|element| {
                let factory = element.as_ref().unwrap().factory();
                factory.is_some_and(|f| f.name() == "nvv4l2decoder")
            })
            .count();
        assert_eq!(decoders, 1, "{codec}");
    }
}
