//! What the mux says about the time that frames spend in it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gst::prelude::*;

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
        std::thread::sleep(Duration::from_millis(5));
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

/// Answers latency queries as a source of this latency would.
fn answer(feeder: &Feeder, live: bool, min: u64, max: Option<u64>) {
    feeder
        .pad
        .add_probe(gst::PadProbeType::QUERY_UPSTREAM, move |_, info| {
            if let Some(query) = info.query_mut()
                && let gst::QueryViewMut::Latency(latency) = query.view_mut()
            {
                let milliseconds = gst::ClockTime::from_mseconds;
                latency.set(live, milliseconds(min), max.map(milliseconds));
                return gst::PadProbeReturn::Handled;
            }
            gst::PadProbeReturn::Ok
        });
}

/// (live, shortest and longest in microseconds) of a mux with these sources.
fn latency_of(
    properties: &str,
    sources: &[(bool, u64, Option<u64>)],
) -> Option<(bool, u64, Option<u64>)> {
    let bench = Bench::new(properties);
    let feeders: Vec<_> = (0..)
        .zip(sources)
        .map(|(id, &(live, min, max))| {
            let feeder = Feeder::new(&bench.mux, id, (64, 48), 25);
            answer(&feeder, live, min, max);
            feeder
        })
        .collect();
    bench.play();
    for feeder in &feeders {
        feeder.start();
    }
    // Events are told from the mux's own thread.
    let start = Instant::now();
    let told = |record: &Record| {
        let caps = |(_, e): &(usize, gst::Event)| e.type_() == gst::EventType::Caps;
        record.events().iter().any(caps)
    };
    while !feeders.is_empty() && !told(&bench.record) {
        assert!(start.elapsed().as_secs() < 20, "no caps");
        std::thread::yield_now();
    }
    let mut query = gst::query::Latency::new();
    let answered = bench.mux.static_pad("src").unwrap().query(&mut query);
    let (live, min, max) = query.result();
    answered.then(|| (live, min.useconds(), max.map(|max| max.useconds())))
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
    // The new mux waits 200 ms at most, unless told otherwise.
    assert_eq!(
        latency_of("batch-size=2", &[(true, 10, None)]),
        Some((true, 210_000, None))
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
    let properties = "width=64 height=48 batched-push-timeout=40000";
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
fn nobody_to_ask_is_no_answer() {
    assert_eq!(latency_of("", &[]), None);
}

#[test]
fn a_changed_latency_is_told() {
    let bench = Bench::new("width=64 height=48");
    let _feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let bus = bench.pipeline.bus().unwrap();
    let told = || {
        let kinds = [gst::MessageType::Latency];
        let from = |m: gst::Message| m.src().map(|s| s.name().to_string());
        std::iter::from_fn(|| bus.pop_filtered(&kinds))
            .filter(|m| from(m.clone()).as_deref() == Some("m"))
            .count()
    };
    bench.mux.set_property("max-latency", 1_u64);
    bench.play();
    assert_eq!(told(), 0);
    bench.mux.set_property("max-latency", 2_u64);
    bench.mux.set_property("batched-push-timeout", 2);
    assert_eq!(told(), 2);
}

/// What `nvds_measure_buffer_latency` of the real library tells about a buffer.
fn measure(buffer: &gst::BufferRef) -> Vec<(u32, u32, f64, f64)> {
    let api = nvds::sys::Api::load().unwrap();
    let measure = api.nvds_measure_buffer_latency.unwrap();
    let none = || nvds::sys::NvDsFrameLatencyInfo {
        source_id: u32::MAX,
        frame_num: 0,
        comp_in_timestamp: 0.0,
        latency: 0.0,
    };
    let mut infos: Vec<_> = std::iter::repeat_with(none).take(16).collect();
    // SAFETY: the buffer is alive and its batch is for fewer frames than the list is long.
    let count = unsafe { measure(buffer.as_ptr().cast_mut(), infos.as_mut_ptr()) };
    infos.truncate(count as usize);
    infos
        .iter()
        .map(|i| (i.source_id, i.frame_num, i.comp_in_timestamp, i.latency))
        .collect()
}

fn components(buffer: &gst::BufferRef) -> Vec<nvds::latency::Component> {
    let batch = nvds::Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let metas = batch.user_metas();
    metas.filter_map(|m| nvds::latency::component(&m)).collect()
}

fn run_helper(name: &str, variables: &[(&str, &str)]) -> String {
    init();
    // The library reads the variables when the first batch is made.
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored", "--nocapture"])
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    text
}

#[test]
fn the_library_measures_every_frame_of_a_batch() {
    let on = ("NVDS_ENABLE_LATENCY_MEASUREMENT", "1");
    run_helper("latency::measured_helper", &[on]);
    let each = ("NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT", "1");
    let text = run_helper("latency::measured_helper", &[on, each]);
    for name in [
        "nvv4l2decoder",
        "nvstreammux-m",
        "nvtracker",
        "nvvideoconvert",
        "nvdsosd",
    ] {
        assert!(
            text.contains(&format!("Comp name = {name}")),
            "{name}: {text}"
        );
    }
}

const CLIPS: [&str; 2] = ["surface/clip320.h264", "surface/clip322.h264"];

fn clips() -> String {
    (0..2)
        .map(|id| {
            format!(
                " filesrc location={} ! h264parse ! nvv4l2decoder ! m.sink_{id}",
                data(CLIPS[id])
            )
        })
        .collect()
}

#[test]
#[ignore = "run by the test above, with the measurement on"]
fn measured_helper() {
    for sizes in ["", "width=320 height=240"] {
        init();
        let pipeline = gst::parse::launch(&format!(
            "nvstreammux name=m batch-size=2 {sizes} ! nvtracker ! nvvideoconvert \
             ! video/x-raw(memory:NVMM),format=RGBA ! nvdsosd ! fakesink name=out sync=false {}",
            clips()
        ))
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
        let out = pipeline.by_name("out").unwrap();
        let record = Record::of(&out.static_pad("sink").unwrap());
        let start = nvds::latency::now();
        pipeline.set_state(gst::State::Playing).unwrap();
        assert_eq!(errors(&wait(&pipeline)), [""; 0]);
        let buffers = record.buffers();
        assert!(buffers.len() > 5);
        for buffer in &buffers {
            let frames = batch(buffer).frames;
            let measured = measure(buffer);
            let now = nvds::latency::now();
            let ids: Vec<_> = measured.iter().map(|m| (m.0, m.1)).collect();
            let expected: Vec<_> = frames
                .iter()
                .map(|f| (f.source_id, f.frame_num as u32))
                .collect();
            assert_eq!(ids, expected);
            for (_, _, since, latency) in measured {
                // Counted from when its decoder got it; the clock has whole microseconds.
                assert!(
                    since >= start - 1.0 && since <= now,
                    "{start} {since} {now}"
                );
                assert!(latency > 0.0 && latency <= now - since + 1.0, "{latency}");
            }
            let found = components(buffer);
            let names: BTreeSet<String> = found
                .iter()
                .map(|c| {
                    c.name
                        .to_string_lossy()
                        .trim_end_matches(char::is_numeric)
                        .to_owned()
                })
                .collect();
            let expected = [
                "nvdsosd",
                "nvstreammux-m",
                "nvtracker",
                "nvvideoconvert",
                "nvv4l2decoder",
            ];
            assert_eq!(names, expected.map(str::to_owned).into());
            assert_eq!(found.len(), 2 * frames.len() + 3, "{found:?}");
            for component in found {
                assert!(component.since >= start - 1.0, "{component:?}");
                assert!(component.until >= component.since, "{component:?}");
            }
        }
        pipeline.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn behind_a_demux_a_buffer_has_what_was_measured_on_its_own_frame() {
    let on = ("NVDS_ENABLE_LATENCY_MEASUREMENT", "1");
    run_helper("latency::demuxed_helper", &[on]);
}

#[test]
#[ignore = "run by the test above, with the measurement on"]
fn demuxed_helper() {
    init();
    let pipeline = gst::parse::launch(&format!(
        "nvstreammux name=m batch-size=2 ! nvstreamdemux name=d \
         d.src_0 ! fakesink name=s0 sync=false async=false d.src_1 ! fakesink name=s1 sync=false async=false {}",
        clips()
    ))
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let records = ["s0", "s1"].map(|name| {
        let sink = pipeline.by_name(name).unwrap();
        Record::of(&sink.static_pad("sink").unwrap())
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    assert_eq!(errors(&wait(&pipeline)), [""; 0]);
    for (id, record) in (0..).zip(&records) {
        for (number, buffer) in (0..).zip(record.buffers()) {
            let measured = measure(&buffer);
            assert_eq!(measured.len(), 1);
            assert_eq!((measured[0].0, measured[0].1), (id, number));
            assert_eq!(components(&buffer).len(), 2);
        }
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn without_the_variable_nothing_is_measured() {
    let (record, _) = play(
        &format!(
            "nvstreammux name=m batch-size=2 ! fakesink sync=false {}",
            clips()
        ),
        "m",
    );
    for buffer in record.buffers() {
        assert_eq!(components(&buffer), []);
        assert_eq!(measure(&buffer), []);
    }
}
