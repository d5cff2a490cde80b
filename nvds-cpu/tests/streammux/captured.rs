//! The new mux's way of working against captures of it.

use std::collections::BTreeMap;

use gst::prelude::*;

use crate::compare::*;
use crate::fidelity;
use crate::mux_support::*;

#[test]
fn one_source_as_captured() {
    compare(
        "mux-b1-one-source",
        "batch-size=1",
        0,
        &[(0, (320, 240), 30, 4)],
    );
}

#[test]
fn a_timestamp_offset_does_not_show_as_captured() {
    compare(
        "mux-b1-timestamp-offset",
        "batch-size=1",
        5_000_000_000,
        &[(0, (320, 240), 30, 4)],
    );
}

#[test]
fn an_early_end_as_captured() {
    compare(
        "mux-b4-two-sources",
        "batch-size=4",
        0,
        &[(0, (320, 240), 30, 5), (1, (640, 360), 30, 3)],
    );
}

#[test]
fn four_sources_as_captured() {
    compare(
        "mux-b4-four-sources",
        "batch-size=4",
        0,
        &[
            (0, (320, 240), 30, 3),
            (1, (352, 240), 30, 3),
            (2, (384, 240), 30, 3),
            (3, (416, 240), 30, 3),
        ],
    );
}

#[test]
fn pads_with_gaps_come_in_the_captured_order() {
    compare(
        "mux-b4-pads-1-and-3",
        "batch-size=4",
        0,
        &[(1, (320, 240), 30, 3), (3, (640, 360), 30, 3)],
    );
    compare(
        "mux-pads-0-2-5",
        "batch-size=3",
        0,
        &[
            (0, (320, 240), 30, 2),
            (2, (384, 240), 30, 2),
            (5, (480, 240), 30, 2),
        ],
    );
}

#[test]
fn the_order_of_requests_does_not_matter_as_captured() {
    compare(
        "mux-pads-5-2-0",
        "batch-size=3",
        0,
        &[
            (5, (480, 240), 30, 2),
            (2, (384, 240), 30, 2),
            (0, (320, 240), 30, 2),
        ],
    );
}

#[test]
fn batch_sizes_other_than_the_number_of_sources_as_captured() {
    let two: Sources<'_> = &[(0, (320, 240), 30, 4), (1, (640, 360), 30, 3)];
    compare("mux-b1-two-sources", "batch-size=1", 0, two);
    compare("mux-b2-two-sources", "batch-size=2", 0, two);
    compare(
        "mux-b2-one-source",
        "batch-size=2",
        0,
        &[(0, (320, 240), 30, 3)],
    );
}

#[test]
fn eight_sources_as_captured() {
    let sources: Vec<_> = (0..8).map(|id| (id, (320 + 32 * id, 240), 30, 2)).collect();
    compare("mux-eight", "batch-size=8", 0, &sources);
}

#[test]
fn formats_are_kept_as_captured() {
    let two: Sources<'_> = &[(0, (320, 240), 30, 2), (1, (320, 240), 30, 2)];
    compare_formats("mux-b2-rgba", "batch-size=2", 0, two, &[RGBA, RGBA]);
    compare_formats(
        "mux-b2-mixed-formats",
        "batch-size=2",
        0,
        two,
        &[RGBA, NV12],
    );
}

#[test]
fn properties_of_times_as_captured() {
    compare(
        "mux-b4-no-sys-ts",
        "batch-size=4 attach-sys-ts=false",
        0,
        &[(0, (320, 240), 30, 3), (1, (640, 360), 30, 3)],
    );
    compare(
        "mux-b2-frame-duration",
        "batch-size=2 frame-duration=40",
        0,
        &[(0, (320, 240), 30, 3), (1, (320, 240), 30, 3)],
    );
}

#[test]
fn sources_of_different_rates_share_batches_as_captured() {
    let captured = run("surface/nvstreammux.json", "mux-b4-25fps");
    let bench = Bench::new("batch-size=4");
    let slow = Feeder::new(&bench.mux, 1, (640, 360), 10);
    let fast = Feeder::new(&bench.mux, 0, (320, 240), 25);
    bench.play();
    // The slow one's caps come first and give the step of the times.
    slow.start();
    fast.start();
    let threads = [(slow, 3), (fast, 3)].map(|(feeder, count)| {
        std::thread::spawn(move || {
            for n in 0..count {
                feeder.push(n).unwrap();
            }
            feeder.eos();
            feeder
        })
    });
    let feeders = threads.map(|t| t.join().unwrap());
    let (record, messages) = bench.finish();
    compare_with(&captured, &record, &messages, Times::Same);
    drop(feeders);
}

#[test]
fn two_decoders_as_captured() {
    let captured = run("surface/nvstreammux.json", "mux-decoder-two");
    let (record, messages) = play(
        &format!(
            "nvstreammux name=m batch-size=2 ! fakesink sync=false \
             filesrc location={} ! h264parse ! nvv4l2decoder ! m.sink_0 \
             filesrc location={} ! h264parse ! nvv4l2decoder ! m.sink_1",
            data("surface/clip320.h264"),
            data("surface/clip322.h264")
        ),
        "m",
    );
    assert_eq!(errors(&messages), [""; 0]);
    // The step of the times is that of the clip whose caps come first, 30 or 25 a second.
    compare_with(&captured, &record, &messages, Times::SameFrames);
    let step = record.buffers()[2].pts().unwrap() - record.buffers()[1].pts().unwrap();
    assert!(
        [33_333_333, 40_000_000].contains(&step.nseconds()),
        "{step}"
    );
}

/// Distances of these times in nanoseconds; ends of rounding are cut off.
fn steps(times: impl IntoIterator<Item = u64>) -> Vec<u64> {
    let times: Vec<u64> = times.into_iter().collect();
    times.windows(2).map(|w| (w[1] - w[0]) / 10).collect()
}

/// Plays the captured pipeline text itself.
fn play_captured(name: &str) -> (serde_json::Value, Record, Vec<gst::Message>) {
    let captured = run("surface/nvstreammux.json", name);
    let (record, messages) = play(captured["pipeline"].as_str().unwrap(), "m");
    (captured, record, messages)
}

/// A run of live sources; their frames keep the distance of their rate.
fn live_run(name: &str) -> Record {
    let (captured, record, messages) = play_captured(name);
    assert_eq!(errors(&messages), [""; 0]);
    compare_with(&captured, &record, &messages, Times::Clock);
    for source in 0..2 {
        let times = |frames: Vec<Vec<Frame>>| {
            let frames = frames.into_iter().flatten();
            let own = frames.filter(|frame| frame.source_id == source);
            steps(own.map(|frame| frame.buf_pts))
        };
        let theirs = array(&captured["buffers"])
            .iter()
            .map(|b| BatchMeta::of_json(&b["batch_meta"]).frames);
        let ours = record.buffers().into_iter().map(|b| batch(&b).frames);
        assert_eq!(times(ours.collect()), times(theirs.collect()));
    }
    record
}

#[test]
fn live_sources_as_captured() {
    let record = live_run("mux-b2-live");
    // The first batch has the running time, each further one is a frame's duration later.
    let times: Vec<u64> = record
        .buffers()
        .iter()
        .map(|buffer| buffer.pts().unwrap().nseconds())
        .collect();
    assert_eq!(steps(times), [3_333_333; 7]);
}

#[test]
fn synchronised_sources_as_captured() {
    let record = live_run("mux-b2-sync-inputs");
    for buffer in record.buffers() {
        let frames = batch(&buffer).frames.into_iter();
        let latest = frames.map(|frame| frame.buf_pts).max();
        assert_eq!(buffer.pts().map(gst::ClockTime::nseconds), latest);
    }
}

#[test]
fn errors_as_captured() {
    for name in ["mux-b0", "mux-system-memory"] {
        let (captured, record, messages) = play_captured(name);
        assert!(record.buffers().is_empty());
        let error = messages.iter().find_map(|message| match message.view() {
            gst::MessageView::Error(error) => Some(error.error()),
            _ => None,
        });
        let error = error.unwrap();
        let expected = &captured["messages"][0];
        let text = expected["text"].as_str().unwrap();
        // Ours go on with what to change.
        assert!(error.message().starts_with(text), "{error}");
        // SAFETY: reads a number of an error that is alive.
        let code = unsafe { (*error.as_ptr()).code };
        let found = serde_json::json!([error.domain().as_str().as_str(), code]);
        assert_eq!(
            found,
            serde_json::json!([expected["domain"], expected["code"]])
        );
    }
}

/// Everything above once more, to be counted: each of these fails where anything differs.
#[test]
fn all_captured_runs_are_compared() {
    type Compared = (fn(), &'static [&'static str]);
    let tests: [Compared; 14] = [
        (live_sources_as_captured, &["mux-b2-live"]),
        (synchronised_sources_as_captured, &["mux-b2-sync-inputs"]),
        (errors_as_captured, &["mux-b0", "mux-system-memory"]),
        (one_source_as_captured, &["mux-b1-one-source"]),
        (
            a_timestamp_offset_does_not_show_as_captured,
            &["mux-b1-timestamp-offset"],
        ),
        (an_early_end_as_captured, &["mux-b4-two-sources"]),
        (four_sources_as_captured, &["mux-b4-four-sources"]),
        (
            pads_with_gaps_come_in_the_captured_order,
            &["mux-b4-pads-1-and-3", "mux-pads-0-2-5"],
        ),
        (
            the_order_of_requests_does_not_matter_as_captured,
            &["mux-pads-5-2-0"],
        ),
        (
            batch_sizes_other_than_the_number_of_sources_as_captured,
            &[
                "mux-b1-two-sources",
                "mux-b2-two-sources",
                "mux-b2-one-source",
            ],
        ),
        (eight_sources_as_captured, &["mux-eight"]),
        (
            formats_are_kept_as_captured,
            &["mux-b2-rgba", "mux-b2-mixed-formats"],
        ),
        (
            properties_of_times_as_captured,
            &["mux-b4-no-sys-ts", "mux-b2-frame-duration"],
        ),
        (
            sources_of_different_rates_share_batches_as_captured,
            &["mux-b4-25fps"],
        ),
    ];
    let mut compared = vec!["mux-decoder-two"];
    two_decoders_as_captured();
    for (test, names) in tests {
        test();
        compared.extend(names);
    }
    compared.sort();
    let all = json("surface/nvstreammux.json");
    let mut captured: Vec<_> = array(&all["runs"])
        .iter()
        .map(|run| run["name"].as_str().unwrap())
        .collect();
    captured.sort();
    assert_eq!(compared, captured);
    fidelity::record(
        "nvstreammux",
        "runs",
        fidelity::Count {
            // Of the two with live sources only the times' distances can be the same.
            exact: compared.len() - 2,
            within: 2,
            ..Default::default()
        },
    );
}

#[test]
fn properties_and_pads_are_the_captured_ones() {
    // -1 is of the default mux.
    let lenient = BTreeMap::from([("batched-push-timeout", ["minimum"].as_slice())]);
    let legacy = [
        "align-first-buffer",
        "async-process",
        "buffer-pool-size",
        "cache-buffer",
        "cache-buffer-timeout",
        "compute-hw",
        "drop-backward-sei",
        "enable-padding",
        "extract-sei-sim-time",
        "extract-sei-type5-data",
        "failsafe-flush-count",
        "gpu-id",
        "height",
        "interpolation-method",
        "live-source",
        "nvbuf-memory-type",
        "query-resolution",
        "sort-batch",
        "sync-inputs-ntp",
        "width",
    ];
    compare_properties("nvstreammux", &legacy, &lenient);
    compare_factory("nvstreammux");
    let mux = gst::ElementFactory::make("nvstreammux").build().unwrap();
    let signal = glib::subclass::SignalId::lookup("dropped", mux.type_()).unwrap();
    assert_eq!(signal.query().param_types(), [glib::Type::POINTER]);
    fidelity::record(
        "nvstreammux",
        "properties and pads",
        fidelity::Count {
            exact: 12,
            within: 1,
            ..Default::default()
        },
    );
    mux.set_property("frame-duration", 40_u64);
    assert_eq!(mux.property::<u64>("frame-duration"), 40);
}
