//! Latency of the default mux.

use std::time::Instant;

use gst::prelude::*;

use crate::latency::latency_of;
use crate::mux_support::*;

#[test]
fn live_sources_get_a_latency_and_all_frames_arrive() {
    let source = |pad: u32, size: u32| {
        format!(
            " videotestsrc is-live=true num-buffers=6 ! video/x-raw,format=I420,width={size},\
             height=48,framerate=30/1 ! jpegenc ! nvv4l2decoder ! m.sink_{pad}"
        )
    };
    init();
    let pipeline = gst::parse::launch(&format!(
        "nvstreammux name=m batch-size=2 width=64 height=48 batched-push-timeout=40000 ! \
         fakesink name=out sync=true {} {}",
        source(0, 64),
        source(1, 80)
    ))
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let mux = pipeline.by_name("m").unwrap();
    let record = Record::of(&mux.static_pad("src").unwrap());
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut latency = None;
    let start = Instant::now();
    while latency.is_none_or(|l: (bool, gst::ClockTime)| !l.0) && start.elapsed().as_secs() < 5 {
        let mut query = gst::query::Latency::new();
        if mux.static_pad("src").unwrap().query(&mut query) {
            let (live, min, _) = query.result();
            latency = Some((live, min));
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let messages = wait(&pipeline);
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(errors(&messages), [""; 0]);
    let (live, min) = latency.unwrap();
    assert!(
        live && min >= gst::ClockTime::from_mseconds(40),
        "{live} {min}"
    );
    for id in 0..2 {
        let numbers: Vec<i32> = record
            .buffers()
            .iter()
            .flat_map(|b| batch(b).frames)
            .filter(|f| f.pad_index == id)
            .map(|f| f.frame_num)
            .collect();
        assert_eq!(numbers, (0..6).collect::<Vec<_>>(), "source {id}");
    }
}

#[test]
fn latency_is_that_of_the_sources_and_the_timeout() {
    let size = "width=64 height=48 batch-size=2";
    let two = [(true, 10, Some(50)), (true, 20, Some(40))];
    assert_eq!(
        latency_of(&format!("{size} batched-push-timeout=40000"), &two),
        Some((true, 60_000, Some(80_000)))
    );
    assert_eq!(
        latency_of(
            &format!("{size} batched-push-timeout=40000 max-latency=3000000"),
            &two
        ),
        Some((true, 63_000, Some(83_000)))
    );
}

/// 25 frames a second: a source fills its part of the batch within that many frames.
#[test]
fn without_a_timeout_latency_is_the_time_to_fill_a_batch() {
    let size = "width=64 height=48";
    let two = [(true, 10, Some(50)), (true, 20, None)];
    assert_eq!(
        latency_of(&format!("{size} batch-size=2"), &two),
        Some((true, 60_000, Some(90_000)))
    );
    assert_eq!(
        latency_of(&format!("{size} batch-size=6"), &two),
        Some((true, 140_000, Some(170_000)))
    );
}

#[test]
fn sources_that_are_not_live_do_not_count() {
    let properties = "batch-size=1 width=64 height=48 batched-push-timeout=40000";
    assert_eq!(
        latency_of(properties, &[(false, 10, Some(50))]),
        Some((false, 0, None))
    );
    assert_eq!(
        latency_of(properties, &[(false, 500, Some(1)), (true, 10, None)]),
        Some((true, 50_000, None))
    );
}

#[test]
fn a_changed_latency_is_told() {
    let bench = Bench::new("batch-size=1 width=64 height=48");
    let _feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let bus = bench.pipeline.bus().unwrap();
    let told = || {
        let kinds = [gst::MessageType::Latency];
        let from = |m: gst::Message| m.src().map(|s| s.name().to_string());
        std::iter::from_fn(|| bus.pop_filtered(&kinds))
            .filter(|m| from(m.clone()).as_deref() == Some("m"))
            .count()
    };
    bench.mux.set_property("max-latency", 1_u32);
    bench.play();
    assert_eq!(told(), 0);
    bench.mux.set_property("max-latency", 2_u32);
    bench.mux.set_property("batched-push-timeout", 2);
    assert_eq!(told(), 2);
}
