//! What the muxes say about the time that frames spend in them.

use std::collections::BTreeSet;
use std::time::Instant;

use gst::prelude::*;

use crate::mux_support::*;
use crate::with;

/// Answers latency queries as a source of this latency would.
pub fn answer(feeder: &Feeder, live: bool, min: u64, max: Option<u64>) {
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
pub fn latency_of(
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

/// The new mux waits 200 ms at most, unless told otherwise; the default one until a source has filled its
/// part, which is two frames of 40 ms.
#[test]
fn latency_grows_by_what_a_batch_waits() {
    let expected = if crate::SIZES.is_empty() {
        210_000
    } else {
        90_000
    };
    assert_eq!(
        latency_of(&with("batch-size=2"), &[(true, 10, None)]),
        Some((true, expected, None))
    );
}

#[test]
fn nobody_to_ask_is_no_answer() {
    assert_eq!(latency_of(&with("batch-size=1"), &[]), None);
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
    let mux = with("batch-size=2");
    init();
    let pipeline = gst::parse::launch(&format!(
        "nvstreammux name=m {mux} ! nvtracker ! nvvideoconvert \
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
        "nvstreammux name=m {} ! nvstreamdemux name=d \
         d.src_0 ! fakesink name=s0 sync=false async=false d.src_1 ! fakesink name=s1 sync=false async=false {}",
        with("batch-size=2"),
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
            "nvstreammux name=m {} ! fakesink sync=false {}",
            with("batch-size=2"),
            clips()
        ),
        "m",
    );
    for buffer in record.buffers() {
        assert_eq!(components(&buffer), []);
        assert_eq!(measure(&buffer), []);
    }
}
