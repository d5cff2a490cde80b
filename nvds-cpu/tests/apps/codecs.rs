//! Encoders and image codecs: what comes out again is what went in, about.

use gst::prelude::*;

use crate::mux_support::{init, wait};
use crate::pictures::{difference, play, warnings};

/// Encodes and decodes a film with edges and colours; frames of `format` may differ by `most` on average. Encoded
/// frames come back.
fn check(format: &str, codec: &str, most: f64) -> Vec<gst::Buffer> {
    let line = format!(
        "videotestsrc num-buffers=10 pattern=smpte75 ! video/x-raw,format={format},width=320,height=240,framerate=30/1 ! \
         identity name=before ! nvvideoconvert ! {codec} ! nvvideoconvert ! video/x-raw,format={format} ! \
         identity name=after ! fakesink sync=false"
    );
    let ([before, coded, after], _) = play(&line, ["before", "coded", "after"]);
    assert_eq!(
        (before.len(), coded.len(), after.len()),
        (10, 10, 10),
        "{line}"
    );
    for (number, (a, b)) in before.iter().zip(&after).enumerate() {
        let difference = difference(a, b);
        assert!(difference < most, "{difference} on average: {line}");
        assert_eq!(a.pts(), b.pts(), "{line}");
        assert_eq!(a.pts(), coded[number].pts(), "{line}");
    }
    coded
}

fn bytes(buffers: &[gst::Buffer]) -> usize {
    buffers.iter().map(|b| b.size()).sum()
}

#[test]
fn h264_goes_there_and_back() {
    for format in ["NV12", "I420"] {
        check(
            "I420",
            &format!(
                "video/x-raw(memory:NVMM),format={format} ! nvv4l2h264enc bitrate=2000000 ! identity name=coded ! \
                 h264parse ! nvv4l2decoder"
            ),
            4.0,
        );
    }
}

#[test]
fn h265_goes_there_and_back() {
    check(
        "I420",
        "video/x-raw(memory:NVMM),format=NV12 ! nvv4l2h265enc bitrate=2000000 ! identity name=coded ! h265parse ! \
         nvv4l2decoder",
        4.0,
    );
}

#[test]
fn jpeg_goes_there_and_back() {
    for (format, encoder) in [
        ("I420", "nvjpegenc"),
        ("RGB", "nvjpegenc"),
        ("RGB", "nvimageenc"),
    ] {
        for decoder in ["nvjpegdec", "jpegparse ! nvimagedec"] {
            check(
                "RGB",
                &format!(
                    "video/x-raw(memory:NVMM),format={format} ! {encoder} ! identity name=coded ! {decoder} ! \
                     video/x-raw(memory:NVMM),format=RGB"
                ),
                6.0,
            );
        }
    }
}

#[test]
fn bitrate_is_in_bits_per_second() {
    let coded = |bitrate: u32| {
        let line = format!(
            "videotestsrc num-buffers=45 pattern=snow ! video/x-raw,width=160,height=120,framerate=30/1 ! nvvideoconvert ! \
             video/x-raw(memory:NVMM),format=NV12 ! nvv4l2h264enc bitrate={bitrate} name=coded ! fakesink sync=false"
        );
        let ([coded], _) = play(&line, ["coded"]);
        bytes(&coded) as f64 * 8.0 / 1.5
    };
    let (low, high) = (coded(200_000), coded(1_600_000));
    assert!(
        (100_000.0..500_000.0).contains(&low),
        "{low} bit/s instead of 200000"
    );
    assert!(
        (800_000.0..2_400_000.0).contains(&high),
        "{high} bit/s instead of 1600000"
    );
    // What deepstream-app sets where its file tells no rate.
    let none = coded(0);
    assert!(none > 800_000.0, "{none} bit/s instead of the default");
}

/// Types of the NAL units in byte-stream H.264.
fn nal_types(buffers: &[gst::Buffer]) -> Vec<u8> {
    let mut types = Vec::new();
    for buffer in buffers {
        let map = buffer.map_readable().unwrap();
        types.extend(
            map.windows(4)
                .filter(|w| w.starts_with(&[0, 0, 1]))
                .map(|w| w[3] & 31),
        );
    }
    types
}

#[test]
fn properties_reach_the_software() {
    let coded = |properties: &str| {
        let line = format!(
            "videotestsrc num-buffers=20 ! video/x-raw,width=160,height=120,framerate=30/1 ! nvvideoconvert ! \
             video/x-raw(memory:NVMM),format=NV12 ! nvv4l2h264enc {properties} name=coded ! fakesink sync=false"
        );
        play(&line, ["coded"])
    };
    let idr = |properties: &str| {
        let ([buffers], messages) = coded(properties);
        assert_eq!(warnings(&messages), [""; 0], "{properties}");
        let keys = buffers
            .iter()
            .filter(|b| !b.flags().contains(gst::BufferFlags::DELTA_UNIT));
        keys.count()
    };
    assert_eq!(idr(""), 1);
    assert_eq!(idr("iframeinterval=5"), 4);
    assert_eq!(
        idr("idrinterval=10 preset-id=7 insert-sps-pps=1 profile=High control-rate=0"),
        2
    );
    let ([buffers], _) = coded("insert-aud=1 idrinterval=10");
    let types = nal_types(&buffers);
    assert_eq!(
        types.iter().filter(|t| **t == 9).count(),
        20,
        "access unit delimiters: {types:?}"
    );
    assert_eq!(
        types.iter().filter(|t| **t == 7).count(),
        2,
        "parameter sets with each IDR frame: {types:?}"
    );
    let ([_], messages) = coded("enable-lossless=1 slice-header-spacing=1400");
    let told = warnings(&messages);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("slice-header-spacing: "), "{told:?}");
    assert!(told[1].starts_with("enable-lossless: "), "{told:?}");
}

#[test]
fn bitrate_changes_while_playing() {
    init();
    let line = "videotestsrc num-buffers=60 pattern=snow ! video/x-raw,width=160,height=120,framerate=30/1 ! \
         nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! nvv4l2h264enc bitrate=2000000 name=coded ! \
         fakesink sync=false";
    let pipeline = gst::parse::launch(line)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let buffers = crate::pictures::keep(&pipeline, "coded");
    let encoder = pipeline.by_name("coded").unwrap();
    let (counted, changed) = (buffers.clone(), encoder.clone());
    encoder
        .static_pad("src")
        .unwrap()
        .add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            if counted.lock().unwrap().len() == 30 {
                changed.set_property("bitrate", 100_000_u32);
            }
            gst::PadProbeReturn::Ok
        });
    pipeline.set_state(gst::State::Playing).unwrap();
    wait(&pipeline);
    pipeline.set_state(gst::State::Null).unwrap();
    let buffers = buffers.lock().unwrap();
    let (before, after) = (bytes(&buffers[10..30]), bytes(&buffers[40..60]));
    assert!(after * 3 < before, "{before} bytes before, {after} after");
}

#[test]
fn metadata_stays_with_the_pictures_unless_it_is_asked_for() {
    let coded = |properties: &str| {
        let line = format!(
            "nvvideotestsrc num-buffers=3 ! video/x-raw(memory:NVMM),format=NV12,width=64,height=48 ! m.sink_0 \
             nvstreammux name=m width=64 height=48 batch-size=1 ! nvv4l2h264enc {properties} name=coded ! \
             fakesink sync=false"
        );
        let ([buffers], _) = play(&line, ["coded"]);
        let batches = buffers
            .iter()
            .filter(|b| nvds::Batch::from_buffer(b).unwrap().is_some());
        (buffers.len(), batches.count())
    };
    assert_eq!(coded(""), (3, 0));
    assert_eq!(coded("copy-meta=1"), (3, 3));
}

/// What a decoder makes of such a file: errors and warnings.
fn broken_jpeg(bytes: &[u8], decoder: &str) -> (Vec<String>, Vec<String>) {
    init();
    let name = format!("nvds-cpu-jpeg-{}-{}", std::process::id(), bytes.len());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, bytes).unwrap();
    let line = format!("filesrc location={} ! {decoder} ! fakesink", file.display());
    let pipeline = gst::parse::launch(&line).unwrap();
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    // An error on the way to PAUSED fails that.
    pipeline.set_state(gst::State::Playing).ok();
    let messages = wait(&pipeline);
    pipeline.set_state(gst::State::Null).unwrap();
    std::fs::remove_file(&file).unwrap();
    (crate::mux_support::errors(&messages), warnings(&messages))
}

#[test]
fn a_broken_jpeg_is_no_silent_end() {
    let line = "videotestsrc num-buffers=1 ! video/x-raw,width=64,height=48 ! jpegenc ! identity name=coded ! fakesink";
    let ([coded], _) = play(line, ["coded"]);
    let good = coded[0].map_readable().unwrap().to_vec();
    let decoders = [
        "nvjpegdec",
        "jpegparse ! nvimagedec",
        "jpegparse ! nvv4l2decoder",
    ];
    for decoder in decoders {
        assert_eq!(broken_jpeg(&good, decoder), (vec![], vec![]), "{decoder}");
        // Between start and end marker nothing that is one of a picture.
        let noise = [&[0xff, 0xd8][..], &[7; 500], &[0xff, 0xd9]].concat();
        let (errors, _) = broken_jpeg(&noise, decoder);
        assert_eq!(errors.len(), 1, "{decoder}: {errors:?}");
        let (errors, _) = broken_jpeg(&good[..100], decoder);
        assert_eq!(errors.len(), 1, "{decoder}: {errors:?}");
    }
    // As a container has it, whose frames go to the decoder as they are.
    let cut = &good[..good.len() * 2 / 3];
    let framed = "image/jpeg,width=64,height=48,framerate=1/1 ! nvjpegdec";
    let (errors, warnings) = broken_jpeg(cut, framed);
    assert_eq!(errors, [""; 0]);
    assert!(
        warnings[0].starts_with("JPEG frame 0 is cut off: "),
        "{warnings:?}"
    );
}
