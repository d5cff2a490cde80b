//! Flushes, ends and errors, of both muxes.

use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::mux_support::*;
use crate::with;

#[test]
fn drop_pipeline_eos_keeps_the_pipeline_up() {
    let bench = Bench::new(&with(
        "batch-size=1 drop-pipeline-eos=true frame-num-reset-on-eos=true",
    ));
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
    let bench = Bench::new(&with("batch-size=1"));
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
fn a_batch_as_input_is_refused_by_name() {
    let clip = data("surface/clip320.h264");
    let errors = error_of(&format!(
        "nvstreammux name=a {0} ! m.sink_3 nvstreammux name=m {0} ! fakesink \
         filesrc location={clip} ! h264parse ! nvv4l2decoder ! a.sink_0 \
         filesrc location={clip} ! h264parse ! nvv4l2decoder ! a.sink_1",
        with("batch-size=2")
    ));
    let text = &errors[0].1;
    assert!(
        text.contains("sink_3") && text.contains("batch of 2"),
        "{text}"
    );
}

#[test]
fn stopping_while_everybody_waits_does_not_hang() {
    for properties in [with("batch-size=2"), with("batch-size=4")] {
        // The sink blocks in preroll, the mux behind it, the sources behind the mux.
        let bench = Bench::with_sink(&properties, "fakesink");
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
    let bench = Bench::with_sink(
        &with("batch-size=1"),
        "identity error-after=2 ! fakesink sync=false",
    );
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
    let pipeline = gst::parse::launch(&format!(
        "nvstreammux name=m {} ! fakesink sync=false \
         filesrc location={} ! h264parse ! nvv4l2decoder ! m.sink_0 \
         filesrc location={} ! h264parse ! nvv4l2decoder ! m.sink_1",
        with("batch-size=2"),
        data("surface/clip320.h264"),
        data("surface/clip322.h264")
    ))
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    assert_eq!(errors(&wait(&pipeline)), [""; 0]);
    pipeline.set_state(gst::State::Null).unwrap();
    drop(pipeline);
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
