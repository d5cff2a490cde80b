//! What the default mux refuses, and what it tells downstream and upstream.

use gst::prelude::*;
use nvds::event::SourceEvent;

use crate::mux_support::*;

/// Domain and code of the first error.
fn code(messages: &[gst::Message]) -> Option<(String, String)> {
    messages.iter().find_map(|m| match m.view() {
        gst::MessageView::Error(e) => {
            let kind = e.error();
            let code = format!(
                "{:?} {:?} {:?}",
                kind.kind::<gst::LibraryError>(),
                kind.kind::<gst::StreamError>(),
                kind.kind::<gst::CoreError>()
            );
            Some((code, kind.to_string()))
        }
        _ => None,
    })
}

#[test]
fn what_is_not_set_is_told_before_anything_starts() {
    for (mux, text) in [
        ("batch-size=1 height=48", "Output width not set"),
        ("batch-size=1 width=64", "Output height not set"),
        ("width=64 height=48", "Batch size not set"),
        (
            "width=64 height=48 batch-size=1 sync-inputs=true",
            "Batch push timeout not set",
        ),
    ] {
        let bench = Bench::new(mux);
        assert!(bench.mux.set_state(gst::State::Ready).is_err(), "{mux}");
        let messages: Vec<_> = bench.pipeline.bus().unwrap().iter().collect();
        let (code, found) = code(&messages).unwrap();
        assert_eq!(found, text);
        assert!(code.starts_with("Some(Settings)"), "{code}");
    }
}

#[test]
fn what_sources_cannot_send_is_told_with_the_stock_codes() {
    let bench = Bench::new("batch-size=2 width=64 height=48");
    let nv12 = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let rgba = Feeder::with_format(&bench.mux, 1, (64, 48), 30, RGBA);
    bench.play();
    nv12.start();
    rgba.start();
    let (_, messages) = bench.finish();
    let (code_, text) = code(&messages).unwrap();
    assert_eq!(text, "Input Output Color Format Mismatch");
    assert!(code_.contains("Some(Format)"), "{code_}");

    let bench = Bench::new("batch-size=1 width=64 height=48");
    let feeder = Feeder::new(&bench.mux, 7, (64, 48), 30);
    bench.play();
    feeder.pad.push_event(gst::event::StreamStart::new("s"));
    let caps: gst::Caps = "video/x-raw,format=NV12,width=64,height=48,framerate=30/1"
        .parse()
        .unwrap();
    feeder.pad.push_event(gst::event::Caps::new(&caps));
    let (_, messages) = bench.finish();
    let (code, text) = code(&messages).unwrap();
    assert!(code.contains("Some(WrongType)"), "{code}");
    assert!(
        text.contains("stream_id=7") && text.contains("nvvideoconvert"),
        "{text}"
    );
}

#[test]
fn batches_have_the_properties_size_and_memory_in_their_caps() {
    let bench = Bench::new(
        "batch-size=3 width=64 height=48 gpu-id=2 nvbuf-memory-type=3 batched-push-timeout=1000",
    );
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    let _feeder = feeder.spawn(1).join().unwrap();
    let (record, _) = bench.finish();
    let caps = record.caps();
    let s = caps.structure(0).unwrap();
    assert_eq!(s.get::<i32>("batch-size"), Ok(3));
    assert_eq!(s.get::<i32>("num-surfaces-per-frame"), Ok(1));
    assert_eq!(s.get::<i32>("gpu-id"), Ok(2));
    assert_eq!(
        s.get::<&str>("nvbuf-memory-type"),
        Ok("nvbuf-mem-cuda-unified")
    );
    assert_eq!(
        s.get::<gst::Fraction>("framerate"),
        Ok(gst::Fraction::new(30, 1))
    );
    for field in [
        "pixel-aspect-ratio",
        "chroma-site",
        "interlace-mode",
        "colorimetry",
    ] {
        assert!(!s.has_field(field), "{field}");
    }
}

#[test]
fn scaling_rounds_the_size_up_and_says_so() {
    let bench = Bench::new("batch-size=1 width=100 height=50");
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    let _feeder = feeder.spawn(1).join().unwrap();
    let (record, messages) = bench.finish();
    let caps = record.caps();
    let s = caps.structure(0).unwrap();
    assert_eq!((s.get("width"), s.get("height")), (Ok(104), Ok(52)));
    assert_eq!(
        batch(&record.buffers()[0]).frames[0].pipeline_size,
        (104, 52)
    );
    let warned = messages.iter().any(|m| match m.view() {
        gst::MessageView::Warning(w) => w.error().to_string().contains("104x52"),
        _ => false,
    });
    assert!(warned);
    // What fits is not touched.
    let bench = Bench::new("batch-size=1 width=100 height=50");
    let feeder = Feeder::new(&bench.mux, 0, (100, 50), 30);
    bench.play();
    let _feeder = feeder.spawn(1).join().unwrap();
    let (record, _) = bench.finish();
    assert_eq!(record.caps().structure(0).unwrap().get("width"), Ok(100));
}

#[test]
fn each_source_starts_and_ends_and_no_size_is_told() {
    let bench = Bench::new("batch-size=2 width=64 height=48");
    let feeders = [0, 1].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    bench.play();
    let threads = feeders.map(|feeder| feeder.spawn(2));
    let _feeders = threads.map(|thread| thread.join().unwrap());
    let (record, messages) = bench.finish();
    let count = |kind: SourceEvent| {
        let events = record.events();
        events
            .iter()
            .filter(|(_, e)| SourceEvent::of(e) == Some(kind))
            .count()
    };
    let plain = |kind: gst::EventType| {
        let events = record.events();
        events.iter().filter(|(_, e)| e.type_() == kind).count()
    };
    assert_eq!(count(SourceEvent::PadAdded), 2);
    assert_eq!(count(SourceEvent::StreamSegment), 2);
    assert_eq!(count(SourceEvent::StreamEos), 2);
    assert_eq!(count(SourceEvent::UpdateCaps), 0);
    assert_eq!(plain(gst::EventType::StreamStart), 2);
    assert_eq!(
        (plain(gst::EventType::Caps), plain(gst::EventType::Segment)),
        (1, 1)
    );
    assert_eq!(element_messages(&messages, "stream-eos").len(), 2);
}

#[test]
fn no_event_goes_upstream() {
    let bench = Bench::new("batch-size=1 width=64 height=48");
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = seen.clone();
    feeder
        .pad
        .add_probe(gst::PadProbeType::EVENT_UPSTREAM, move |_, info| {
            if info
                .event()
                .is_some_and(|e| e.type_() != gst::EventType::Reconfigure)
            {
                count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
            gst::PadProbeReturn::Ok
        });
    bench.play();
    feeder.start();
    feeder.push(0).unwrap();
    bench.wait_for(1);
    let src = bench.mux.static_pad("src").unwrap();
    let seek = gst::event::Seek::new(
        1.0,
        gst::SeekFlags::FLUSH,
        gst::SeekType::Set,
        gst::ClockTime::ZERO,
        gst::SeekType::None,
        gst::ClockTime::NONE,
    );
    assert!(!src.send_event(seek));
    let qos = gst::event::Qos::new(gst::QOSType::Underflow, 1.0, 0, gst::ClockTime::ZERO);
    assert!(src.send_event(qos));
    assert!(src.send_event(gst::event::Latency::new(gst::ClockTime::ZERO)));
    assert_eq!(seen.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[test]
fn the_environment_alone_chooses_the_mux() {
    for (value, helper) in [
        ("yes", "events::new_helper"),
        ("no", "events::default_helper"),
    ] {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", helper, "--ignored"])
            .env("USE_NEW_NVSTREAMMUX", value)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
    }
}

#[test]
#[ignore = "run by the test above, with the variable set"]
fn new_helper() {
    let bench = Bench::new("width=128 height=128");
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    let _feeder = feeder.spawn(1).join().unwrap();
    let (record, _) = bench.finish();
    let surface = surface_json(&record.buffers()[0]);
    assert_eq!(surface["surfaceList"][0]["width"], 64);
    assert!(bench_has("config-file-path"));
}

#[test]
#[ignore = "run by the test above, with the variable set"]
fn default_helper() {
    init();
    assert!(!bench_has("config-file-path") && bench_has("align-inputs"));
}

fn bench_has(property: &str) -> bool {
    let mux = gst::ElementFactory::make("nvstreammux").build().unwrap();
    mux.has_property(property)
}

#[test]
fn a_demux_gives_frames_of_the_batches_size() {
    let bench = Bench::with_sink(
        "batch-size=2 width=64 height=48",
        "nvstreamdemux name=d d.src_1 ! fakesink name=s async=false sync=false",
    );
    let sink = bench.pipeline.by_name("s").unwrap();
    let record = Record::of(&sink.static_pad("sink").unwrap());
    let feeders = [(0, 64), (1, 128)].map(|(id, w)| Feeder::new(&bench.mux, id, (w, 48), 30));
    bench.play();
    let threads = feeders.map(|feeder| feeder.spawn(2));
    let _feeders = threads.map(|thread| thread.join().unwrap());
    let (_, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(record.buffers().len(), 2);
    let caps = record.caps();
    let s = caps.structure(0).unwrap();
    assert_eq!(
        (s.get("width"), s.get::<u32>("batch-size")),
        (Ok(64), Ok(1))
    );
}
