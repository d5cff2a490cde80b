//! Flushes, seeks, ends and errors.

use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::mux_support::*;

#[test]
fn drop_pipeline_eos_keeps_the_pipeline_up() {
    let bench = Bench::new("drop-pipeline-eos=true frame-num-reset-on-eos=true");
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    let feeder = feeder.spawn(2).join().unwrap();
    bench.wait_for(2);
    std::thread::sleep(Duration::from_millis(100));
    let ends = bench.record.events();
    assert!(ends.iter().all(|(_, e)| e.type_() != gst::EventType::Eos));
    // The source comes back.
    feeder.pad.push_event(gst::event::FlushStart::new());
    feeder.pad.push_event(gst::event::FlushStop::new(true));
    feeder.start();
    feeder.push(7).unwrap();
    bench.wait_for(3);
    assert_eq!(bench.batches(), [[(0, 0)], [(0, 1)], [(0, 0)]]);
}

#[test]
fn a_flush_of_one_source_is_not_passed_on() {
    let bench = Bench::new("batch-size=1");
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    feeder.start();
    feeder.push(0).unwrap();
    bench.wait_for(1);
    feeder.pad.push_event(gst::event::FlushStart::new());
    feeder.pad.push_event(gst::event::FlushStop::new(true));
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    feeder.pad.push_event(gst::event::Segment::new(&segment));
    feeder.push(1).unwrap();
    feeder.eos();
    let (record, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    let flushes = record.events();
    assert!(flushes.iter().all(|(_, e)| !matches!(
        e.type_(),
        gst::EventType::FlushStart | gst::EventType::FlushStop
    )));
    assert_eq!(record.buffers().len(), 2);
}

#[test]
fn seeking_the_pipeline_flushes_and_starts_again() {
    for sizes in ["", "width=64 height=48"] {
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
            "nvstreammux name=m batch-size=2 {sizes} ! fakesink name=out sync=false \
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
        assert_eq!(after.len(), 15, "{sizes} {after:?}");
        assert!(after.is_sorted());
    }
}

fn error_of(pipeline: &str) -> Vec<(String, String)> {
    let (_, messages) = play(pipeline, "m");
    messages
        .iter()
        .filter_map(|m| match m.view() {
            gst::MessageView::Error(e) => {
                let from = m.src().map(|s| s.name().to_string()).unwrap_or_default();
                Some((from, e.error().to_string()))
            }
            _ => None,
        })
        .collect()
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
        ("width=640", &["width=640", "height=0"]),
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

#[test]
fn a_batch_as_input_is_refused_by_name() {
    let clip = data("surface/clip320.h264");
    let errors = error_of(&format!(
        "nvstreammux name=a batch-size=2 ! m.sink_3 nvstreammux name=m ! fakesink \
         filesrc location={clip} ! h264parse ! nvv4l2decoder ! a.sink_0 \
         filesrc location={clip} ! h264parse ! nvv4l2decoder ! a.sink_1"
    ));
    let text = &errors[0].1;
    assert!(
        text.contains("sink_3") && text.contains("batch of 2"),
        "{text}"
    );
}

#[test]
fn stopping_while_everybody_waits_does_not_hang() {
    for properties in ["batch-size=2", "batch-size=4 width=64 height=48"] {
        // The sink blocks in preroll, the mux behind it, the sources behind the mux.
        let bench = Bench::with_sink(properties, "fakesink");
        let feeders = [0, 1].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
        bench.pipeline.set_state(gst::State::Paused).unwrap();
        let threads = feeders.map(|f| f.spawn(1000));
        std::thread::sleep(Duration::from_millis(100));
        let start = Instant::now();
        bench.pipeline.set_state(gst::State::Null).unwrap();
        let feeders = threads.map(|t| t.join().unwrap());
        assert!(start.elapsed() < Duration::from_secs(5));
        // And again.
        bench.play();
        let threads = feeders.map(|feeder| {
            feeder.pad.set_active(false).unwrap();
            feeder.pad.set_active(true).unwrap();
            feeder.spawn(3)
        });
        let _feeders = threads.map(|t| t.join().unwrap());
        let (_, messages) = bench.finish();
        assert_eq!(errors(&messages), [""; 0]);
    }
}

#[test]
fn what_downstream_refuses_stops_the_sources() {
    let bench = Bench::with_sink("", "identity error-after=2 ! fakesink sync=false");
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    let thread = feeder.spawn(1000);
    let (record, messages) = bench.finish();
    let _feeder = thread.join().unwrap();
    assert!(!errors(&messages).is_empty());
    assert!(record.buffers().len() < 10);
}

#[test]
fn nothing_leaks() {
    init();
    // The tracer watches the whole process, so it gets one of its own.
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "flow::leak_helper", "--ignored"])
        .env("GST_TRACERS", "leaks")
        .env("GST_DEBUG", "GST_TRACER:7")
        .env("GST_DEBUG_NO_COLOR", "1")
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    let leaks: Vec<&str> = log
        .lines()
        .filter(|l| l.contains("object-alive, type-name") && !l.contains("%s"))
        .collect();
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    assert!(log.contains("leaks"), "the tracer did not run: {log}");
}

#[test]
#[ignore = "run by the test above, under the leaks tracer"]
fn leak_helper() {
    init();
    for mux in ["batch-size=2", "batch-size=2 width=64 height=48"] {
        let pipeline = gst::parse::launch(&format!(
            "nvstreammux name=m {mux} ! fakesink sync=false \
             filesrc location={} ! h264parse ! nvv4l2decoder ! m.sink_0 \
             filesrc location={} ! h264parse ! nvv4l2decoder ! m.sink_1",
            data("surface/clip320.h264"),
            data("surface/clip322.h264")
        ))
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        assert_eq!(errors(&wait(&pipeline)), [""; 0]);
        pipeline.set_state(gst::State::Null).unwrap();
    }
    // SAFETY: the last thing this process does with GStreamer; nothing of it is alive.
    unsafe { gst::deinit() };
}

/// An element below had enough frames (`identity eos-after`), those behind it were never told, and
/// the pipeline never ended.
#[test]
fn enough_frames_downstream_end_the_pipeline() {
    let (_, messages) = play(
        "videotestsrc ! video/x-raw,width=64,height=48 ! nvvideoconvert \
         ! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_0 \
         nvstreammux name=mux batch-size=1 width=64 height=48 ! identity eos-after=4 \
         ! fakesink sync=false",
        "mux",
    );
    assert_eq!(errors(&messages), [""; 0]);
    let ended = messages.iter().any(|m| m.type_() == gst::MessageType::Eos);
    assert!(ended, "{messages:?}");
}
