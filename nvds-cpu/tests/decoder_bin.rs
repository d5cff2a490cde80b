//! The decoder stand-in as a bin: what is inside, what applications see of it, and the formats of
//! pictures that it refuses.

mod mux_support;

use gst::prelude::*;
use gstnvdscpu::surface::Surfaces;
use mux_support::*;

/// Starts `pipeline`, in which `dec` is the decoder; `prepare` may add probes before.
fn run(pipeline: &str, prepare: impl FnOnce(&gst::Pipeline)) -> (gst::Pipeline, Vec<gst::Message>) {
    init();
    let pipeline = gst::parse::launch(pipeline)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    prepare(&pipeline);
    let _ = pipeline.set_state(gst::State::Playing);
    let messages = wait(&pipeline);
    (pipeline, messages)
}

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

/// The one error of a run: its source and text.
fn error(messages: &[gst::Message]) -> (String, String) {
    let gst::MessageView::Error(error) = messages.last().unwrap().view() else {
        panic!("no error, but {:?}", messages.last());
    };
    let first = messages
        .iter()
        .position(|m| m.type_() == gst::MessageType::Error);
    assert_eq!(first, Some(messages.len() - 1));
    let source = error.src().unwrap().clone();
    let factory = source
        .downcast::<gst::Element>()
        .unwrap()
        .factory()
        .unwrap();
    (factory.name().into(), error.error().message().to_owned())
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
        pipeline.set_state(gst::State::Null).unwrap();
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
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_stream_without_caps_or_frames_ends() {
    init();
    let (pipeline, messages) = run(
        "appsrc name=src ! nvv4l2decoder name=dec ! fakesink",
        |pipeline| {
            let src = pipeline.by_name("src").unwrap();
            let _ = src.emit_by_name::<gst::FlowReturn>("end-of-stream", &[]);
        },
    );
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(errors(&messages), [""; 0]);
}

#[test]
fn a_frame_without_caps_names_the_parser() {
    init();
    let (pipeline, messages) = run(
        "appsrc name=src ! nvv4l2decoder name=dec ! fakesink",
        |pipeline| {
            let src = pipeline.by_name("src").unwrap();
            let frame = gst::Buffer::from_slice([0u8; 40]);
            let _ = src.emit_by_name::<gst::FlowReturn>("push-buffer", &[&frame]);
        },
    );
    pipeline.set_state(gst::State::Null).unwrap();
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
    pipeline.set_state(gst::State::Null).unwrap();
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
            let (pipeline, all) = run(
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
            pipeline.set_state(gst::State::Null).unwrap();
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
        pipeline.set_state(gst::State::Null).unwrap();
    }
}

fn words(text: &str) -> [&str; 3] {
    let words: Vec<_> = text.split(' ').collect();
    words.try_into().unwrap()
}

/// Formats that no surface holds end with the decoder's own error, which names them, however the
/// decoder came into the pipeline.
#[test]
fn unusable_formats_are_named() {
    for (film, found) in [
        ("I420_12LE x265enc h265parse", "I420_12LE"),
        ("I422_12LE x265enc h265parse", "I422_12LE"),
        ("Y444_12LE x265enc h265parse", "Y444_12LE"),
        ("I420_12LE vp9enc vp9parse", "I420_12LE"),
        ("Y444_12LE vp9enc identity", "Y444_12LE"),
        (
            "Y444 x265enc@option-string=colormatrix=gbr h265parse",
            "GBR",
        ),
    ] {
        let [format, encoder, parser] = words(film);
        let encoder = encoder.replace('@', " ");
        let source = format!(
            "videotestsrc num-buffers=3 ! video/x-raw,format={format},width=64,height=48,\
             framerate=30/1 ! {encoder} ! {parser}"
        );
        for decoder in ["nvv4l2decoder", "decodebin"] {
            let (pipeline, messages) = run(
                &format!("{source} ! {decoder} ! fakesink sync=false"),
                |_| {},
            );
            pipeline.set_state(gst::State::Null).unwrap();
            check_unusable(&messages, found);
        }
    }
}

#[test]
fn unusable_films_are_named_by_uridecodebin() {
    let film = std::env::temp_dir().join(format!("rsnvds-{}-12bit.mkv", std::process::id()));
    let (pipeline, messages) = run(
        &format!(
            "videotestsrc num-buffers=3 ! video/x-raw,format=I420_12LE,width=64,height=48,\
             framerate=30/1 ! x265enc ! h265parse ! matroskamux ! filesink location={}",
            film.display()
        ),
        |_| {},
    );
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(errors(&messages), [""; 0]);
    let (pipeline, messages) = run(
        &format!("uridecodebin uri=file://{} ! fakesink", film.display()),
        |_| {},
    );
    pipeline.set_state(gst::State::Null).unwrap();
    std::fs::remove_file(&film).unwrap();
    check_unusable(&messages, "I420_12LE");
}

fn check_unusable(messages: &[gst::Message], found: &str) {
    let (factory, text) = error(messages);
    assert_eq!(factory, "nvv4l2decoder", "{found}: {text}");
    let expected = format!("cannot use the decoder's format {found}");
    assert!(text.starts_with(&expected), "{found}: {text}");
    assert!(text.contains("4:2:0") && text.contains("ffmpeg"), "{text}");
}

/// Formats that GStreamer has no name for: libav's decoder would end the process.
#[test]
fn formats_without_a_name_are_unusable() {
    for (format, found) in [
        ("I420_10LE", "4:0:0 10 bits"),
        ("I420_12LE", "4:0:0 12 bits"),
    ] {
        let (pipeline, messages) = run(
            &format!(
                "videotestsrc num-buffers=3 ! video/x-raw,format={format},width=64,height=48,\
                 framerate=30/1 ! x265enc name=enc ! h265parse ! nvv4l2decoder ! fakesink"
            ),
            |pipeline| {
                let encoder = pipeline.by_name("enc").unwrap();
                change(&encoder, |bytes| *bytes = without_chroma(bytes));
            },
        );
        pipeline.set_state(gst::State::Null).unwrap();
        check_unusable(&messages, found);
    }
}

/// 4:4:0 is what libvpx has and GStreamer not: its decoder fails with a text of its own.
#[test]
fn vp9_with_half_the_rows_of_chroma_is_unusable() {
    for (parser, expected) in [
        ("vp9parse", "cannot use the decoder's format 4:4:0 8 bits"),
        // Nobody knows, but the error of the decoder inside is the element's.
        ("identity", "No valid frames decoded"),
    ] {
        let (pipeline, messages) = run(
            &format!(
                "videotestsrc num-buffers=3 ! video/x-raw,format=Y444,width=64,height=48,\
                 framerate=30/1 ! vp9enc name=enc ! {parser} ! nvv4l2decoder ! fakesink sync=false"
            ),
            |pipeline| {
                let encoder = pipeline.by_name("enc").unwrap();
                // subsampling_y of a key frame of profile 1.
                change(&encoder, |bytes| {
                    if bytes[1..4] == [0x49, 0x83, 0x42] {
                        bytes[4] |= 4;
                    }
                });
            },
        );
        pipeline.set_state(gst::State::Null).unwrap();
        let (factory, text) = error(&messages);
        assert_eq!(factory, "nvv4l2decoder");
        assert!(text.starts_with(expected), "{parser}: {text}");
    }
}

/// Changes the compressed frames of an encoder.
fn change(encoder: &gst::Element, change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) {
    let pad = encoder.static_pad("src").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data {
            let mut bytes = buffer.map_readable().unwrap().to_vec();
            change(&mut bytes);
            let mut changed = gst::Buffer::from_mut_slice(bytes);
            let new = changed.get_mut().unwrap();
            let flags = gst::BufferCopyFlags::FLAGS | gst::BufferCopyFlags::TIMESTAMPS;
            buffer.copy_into(new, flags, ..).unwrap();
            *buffer = changed;
        }
        gst::PadProbeReturn::Ok
    });
}

/// An H.265 stream of 4:2:0 whose sequence parameters say 4:0:0.
fn without_chroma(stream: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let starts: Vec<_> = (0..stream.len().saturating_sub(3))
        .filter(|&i| stream[i..i + 3] == [0, 0, 1])
        .collect();
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(stream.len());
        let unit = &stream[start + 3..end];
        out.extend([0, 0, 0, 1]);
        if unit[0] >> 1 & 0x3f == 33 {
            out.extend(sps_without_chroma(unit));
        } else {
            out.extend(unit);
        }
    }
    out
}

fn sps_without_chroma(unit: &[u8]) -> Vec<u8> {
    let mut plain: Vec<u8> = Vec::new();
    for &byte in unit {
        // Emulation prevention.
        if !(byte == 3 && plain.ends_with(&[0, 0])) {
            plain.push(byte);
        }
    }
    let mut bits: Vec<u8> = plain
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    // Behind unit header and profile_tier_level: sps_seq_parameter_set_id 0, chroma_format_idc 1.
    assert_eq!(bits[120..124], [1, 0, 1, 0]);
    bits.splice(121..124, [1]);
    let mut escaped: Vec<u8> = Vec::new();
    for byte in bits.chunks(8) {
        let byte = (0..8).fold(0, |sum, bit| sum << 1 | byte.get(bit).unwrap_or(&0));
        if byte <= 3 && escaped.ends_with(&[0, 0]) {
            escaped.push(3);
        }
        escaped.push(byte);
    }
    escaped
}
