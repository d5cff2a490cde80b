//! Seeks, and what the new mux refuses.

use gst::prelude::*;

use crate::mux_support::*;

#[test]
fn seeking_the_pipeline_flushes_and_starts_again() {
    init();
    let encoded = std::env::temp_dir().join(format!("rsnvds-seek-{}.avi", std::process::id()));
    let make = gst::parse::launch(&format!(
        "videotestsrc num-buffers=30 ! video/x-raw,width=64,height=48,framerate=30/1 ! \
         jpegenc ! avimux ! filesink location={}",
        encoded.display()
    ))
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    make.set_state(gst::State::Playing).unwrap();
    assert_eq!(errors(&wait(&make)), [""; 0]);
    make.set_state(gst::State::Null).unwrap();

    let pipeline = gst::parse::launch(&format!(
        "nvstreammux name=m batch-size=2 ! fakesink name=out sync=false \
         filesrc location={0} ! avidemux ! nvv4l2decoder ! m.sink_0 \
         filesrc location={0} ! avidemux ! nvv4l2decoder ! m.sink_1",
        encoded.display()
    ))
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let mux = pipeline.by_name("m").unwrap();
    let record = Record::of(&mux.static_pad("src").unwrap());
    pipeline.set_state(gst::State::Paused).unwrap();
    pipeline.state(gst::ClockTime::from_seconds(10)).0.unwrap();
    pipeline
        .seek_simple(
            gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE,
            gst::ClockTime::from_mseconds(500),
        )
        .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let messages = wait(&pipeline);
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(
        pipeline.query_duration::<gst::ClockTime>(),
        Some(gst::ClockTime::from_seconds(1))
    );
    pipeline.set_state(gst::State::Null).unwrap();
    std::fs::remove_file(&encoded).unwrap();
    // Before the seek only the first frames could pass, as the pipeline was paused.
    let after: Vec<u64> = record
        .buffers()
        .iter()
        .flat_map(|b| batch(b).frames)
        .filter(|f| f.pad_index == 0)
        .map(|f| f.buf_pts)
        .filter(|pts| *pts >= 500_000_000)
        .collect();
    // Frames 15 to 29, in order.
    assert_eq!(after.len(), 15, "{after:?}");
    assert!(after.is_sorted());
}

#[test]
fn what_cannot_work_says_so() {
    let source = "videotestsrc num-buffers=3 ! video/x-raw,format=NV12 ! m.sink_7";
    for (mux, parts) in [
        ("batch-size=0", ["Batch size not set"].as_slice()),
        (
            "batch-size=1",
            &["stream_id=7", "not NVMM", "nvvideoconvert", "sink_7"],
        ),
        ("num-surfaces-per-frame=2", &["num-surfaces-per-frame=2"]),
        ("config-file-path=/no/such", &["config-file-path=/no/such"]),
    ] {
        let errors = error_of(&format!("nvstreammux name=m {mux} ! fakesink {source}"));
        let (from, text) = &errors[0];
        assert_eq!(from, "m");
        for part in parts {
            assert!(text.contains(part), "{mux}: {part} missing in: {text}");
        }
    }
}
