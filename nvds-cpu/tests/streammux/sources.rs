//! Sources come, go, pause and are replaced.

use std::time::{Duration, Instant};

use gst::prelude::*;
use nvds::sys as c;

use crate::mux_support::*;

fn kinds(record: &Record, kind: c::GstNvEventType) -> Vec<String> {
    plain_events(record)
        .into_iter()
        .filter(|e| e.1 == u64::from(kind))
        .map(|e| e.2)
        .collect()
}

#[test]
fn sources_come_and_go_while_playing() {
    let bench = Bench::new("batch-size=2");
    let first = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    first.start();
    first.push(0).unwrap();
    bench.wait_for(1);

    let second = Feeder::new(&bench.mux, 1, (32, 32), 30);
    second.start();
    let pusher = std::thread::spawn(move || {
        for n in 1..4 {
            first.push(n).unwrap();
        }
        first
    });
    for n in 0..3 {
        second.push(n).unwrap();
    }
    let first = pusher.join().unwrap();
    bench.wait_for(4);
    assert_eq!(
        bench.batches()[1..],
        [[(0, 1), (1, 0)], [(0, 2), (1, 1)], [(0, 3), (1, 2)]]
    );

    let sink = second.sink.clone();
    drop(second);
    bench.mux.release_request_pad(&sink);
    first.push(4).unwrap();
    bench.wait_for(5);
    assert_eq!(bench.batches()[4], [(0, 4)]);

    let third = Feeder::new(&bench.mux, 1, (16, 16), 30);
    third.start();
    first.push(5).unwrap();
    third.push(0).unwrap();
    bench.wait_for(6);
    // Another source on the same pad number counts anew.
    assert_eq!(bench.batches()[5], [(0, 5), (1, 0)]);
    first.eos();
    third.eos();
    let (record, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(
        kinds(&record, c::GstNvEventType_GST_NVEVENT_PAD_DELETED),
        ["nv-pad-deleted-1, source-id=(uint)1;"]
    );
    assert_eq!(
        kinds(&record, c::GstNvEventType_GST_NVEVENT_PAD_ADDED),
        [
            "nv-pad-added-0, source-id=(uint)0;",
            "nv-pad-added-1, source-id=(uint)1;",
            "nv-pad-added-1, source-id=(uint)1;"
        ]
    );
}

#[test]
fn more_sources_than_at_the_start_enlarge_the_batch() {
    let bench = Bench::new("batch-size=1");
    let first = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    first.start();
    first.push(0).unwrap();
    bench.wait_for(1);
    let second = Feeder::new(&bench.mux, 1, (64, 48), 30);
    second.start();
    second.push(0).unwrap();
    first.push(1).unwrap();
    bench.wait_for(2);
    assert_eq!(batch(&bench.record.buffers()[1]).max_frames, 2);
    let sizes: Vec<i32> = bench
        .record
        .events()
        .iter()
        .filter_map(|(_, event)| match event.view() {
            gst::EventView::Caps(caps) => caps.caps().structure(0)?.get("batch-size").ok(),
            _ => None,
        })
        .collect();
    assert_eq!(sizes, [1, 2]);
}

#[test]
fn a_released_pad_gives_its_frames_away_first() {
    let bench = Bench::new("batch-size=4 width=64 height=48");
    let first = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let second = Feeder::new(&bench.mux, 1, (64, 48), 30);
    bench.play();
    first.start();
    second.start();
    second.push(0).unwrap();
    let sink = second.sink.clone();
    drop(second);
    bench.mux.release_request_pad(&sink);
    first.push(0).unwrap();
    first.eos();
    let (record, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    let frames: Vec<_> = record
        .buffers()
        .iter()
        .flat_map(|b| batch(b).frames)
        .map(|f| (f.pad_index, f.frame_num))
        .collect();
    let mut sorted = frames.clone();
    sorted.sort();
    // Dropping the feeder deactivates nothing of the mux; the pad's frame is still there.
    assert_eq!(sorted, [(0, 0), (1, 0)], "{frames:?}");
}

#[test]
fn unlinked_pads_hold_nobody_up() {
    for properties in ["batch-size=2", "batch-size=2 width=64 height=48"] {
        let bench = Bench::new(properties);
        let _unlinked = bench.mux.request_pad_simple("sink_9").unwrap();
        let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
        bench.play();
        let start = Instant::now();
        let _feeder = feeder.spawn(20).join().unwrap();
        let (record, messages) = bench.finish();
        assert_eq!(errors(&messages), [""; 0]);
        // The new mux would wait 200 ms for each of them, the default one for ever.
        let took = start.elapsed();
        assert!(took < Duration::from_secs(3), "{took:?}");
        let frames: usize = record.buffers().iter().map(|b| batch(b).frames.len()).sum();
        assert_eq!(frames, 20);
    }
}

/// Nothing comes for so long.
fn stays_at(bench: &Bench, batches: usize) {
    std::thread::sleep(Duration::from_millis(150));
    assert_eq!(bench.batches().len(), batches, "{:?}", bench.batches());
}

/// Batches with their frames in the order of pads.
fn sorted(bench: &Bench) -> Vec<Vec<(u32, i32)>> {
    let mut batches = bench.batches();
    batches.iter_mut().for_each(|frames| frames.sort());
    batches
}

/// What a thread returns; fails instead of waiting for ever.
fn joined<T>(thread: std::thread::JoinHandle<T>) -> T {
    let start = Instant::now();
    while !thread.is_finished() {
        assert!(start.elapsed().as_secs() < 20, "the source still waits");
        std::thread::sleep(Duration::from_millis(2));
    }
    thread.join().unwrap()
}

const FOR_EVER: &str = "batch-size=2 width=64 height=48";

#[test]
fn unlinking_a_silent_source_wakes_the_batch_that_waits_for_it() {
    let bench = Bench::new(FOR_EVER);
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let silent = Feeder::new(&bench.mux, 1, (64, 48), 30);
    bench.play();
    feeder.start();
    silent.start();
    for n in 0..2 {
        feeder.push(n).unwrap();
    }
    stays_at(&bench, 0);
    // Nothing else happens that could wake it.
    silent.pad.unlink(&silent.sink).unwrap();
    bench.wait_for(1);
    assert_eq!(bench.batches(), [[(0, 0), (0, 1)]]);
}

#[test]
fn an_unlinked_source_gives_what_it_has_and_no_batch_waits_for_more() {
    let bench = Bench::new("batch-size=4 width=64 height=48");
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let gone = Feeder::new(&bench.mux, 1, (64, 48), 30);
    bench.play();
    feeder.start();
    gone.start();
    gone.push(0).unwrap();
    for n in 0..2 {
        feeder.push(n).unwrap();
    }
    stays_at(&bench, 0);
    gone.pad.unlink(&gone.sink).unwrap();
    bench.wait_for(1);
    assert_eq!(bench.batches(), [[(0, 0), (1, 0), (0, 1)]]);
    // Linked again, it is waited for again.
    gone.pad
        .link_full(&gone.sink, gst::PadLinkCheck::empty())
        .unwrap();
    gone.push(1).unwrap();
    feeder.push(2).unwrap();
    stays_at(&bench, 1);
    gone.push(2).unwrap();
    feeder.push(3).unwrap();
    bench.wait_for(2);
    assert_eq!(sorted(&bench)[1], [(0, 2), (0, 3), (1, 1), (1, 2)]);
}

#[test]
fn unlinking_and_linking_while_frames_come_loses_none_of_the_others() {
    for properties in ["batch-size=2", FOR_EVER] {
        let bench = Bench::new(properties);
        let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
        let restless = Feeder::new(&bench.mux, 1, (64, 48), 30);
        bench.play();
        let thread = feeder.spawn(100);
        for n in 0..50 {
            restless.start();
            let _ = restless.push(n);
            restless.pad.unlink(&restless.sink).unwrap();
            std::thread::sleep(Duration::from_millis(1));
            let checks = gst::PadLinkCheck::empty();
            restless.pad.link_full(&restless.sink, checks).unwrap();
        }
        restless.eos();
        let _feeder = joined(thread);
        let (record, messages) = bench.finish();
        assert_eq!(errors(&messages), [""; 0]);
        let mut numbers = [Vec::new(), Vec::new()];
        for frame in record.buffers().iter().flat_map(|b| batch(b).frames) {
            numbers[frame.pad_index as usize].push(frame.frame_num);
        }
        assert_eq!(numbers[0], (0..100).collect::<Vec<_>>());
        assert_eq!(numbers[1], (0..50).collect::<Vec<_>>());
    }
}

fn gap(feeder: &Feeder) {
    let time = gst::ClockTime::ZERO;
    assert!(feeder.pad.push_event(gst::event::Gap::new(time, None)));
}

#[test]
fn a_gap_lets_the_others_go_on_until_the_source_has_a_frame_again() {
    let bench = Bench::new(FOR_EVER);
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let sparse = Feeder::new(&bench.mux, 1, (64, 48), 30);
    bench.play();
    feeder.start();
    sparse.start();
    feeder.push(0).unwrap();
    stays_at(&bench, 0);
    gap(&sparse);
    bench.wait_for(1);
    feeder.push(1).unwrap();
    bench.wait_for(2);
    sparse.push(0).unwrap();
    feeder.push(2).unwrap();
    bench.wait_for(3);
    feeder.push(3).unwrap();
    stays_at(&bench, 3);
    gap(&sparse);
    bench.wait_for(4);
    // A flush forgets it.
    sparse.pad.push_event(gst::event::FlushStart::new());
    sparse.pad.push_event(gst::event::FlushStop::new(true));
    feeder.push(4).unwrap();
    stays_at(&bench, 4);
    let batches: [&[_]; 4] = [&[(0, 0)], &[(0, 1)], &[(0, 2), (1, 0)], &[(0, 3)]];
    assert_eq!(sorted(&bench), batches);
}

#[test]
fn a_gap_spares_the_new_mux_its_timeout_and_keeps_the_place_empty() {
    let bench = Bench::new("batch-size=2");
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let sparse = Feeder::new(&bench.mux, 1, (64, 48), 30);
    bench.play();
    feeder.start();
    sparse.start();
    gap(&sparse);
    // An hour between two batches, once there are caps.
    feeder.push(0).unwrap();
    bench.wait_for(1);
    bench.mux.set_property("batched-push-timeout", i32::MAX);
    let thread = std::thread::spawn(move || {
        for n in 1..5 {
            feeder.push(n).unwrap();
        }
        feeder
    });
    bench.wait_for(5);
    let _feeder = joined(thread);
    let surface = surface_json(&bench.record.buffers()[4]);
    assert_eq!(
        (&surface["batchSize"], &surface["numFilled"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn one_frame_more_than_a_batch_takes_waits_on_a_pad() {
    let bench = Bench::new(FOR_EVER);
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let silent = Feeder::new(&bench.mux, 1, (64, 48), 30);
    bench.play();
    silent.start();
    feeder.start();
    let pushed = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let count = pushed.clone();
    let thread = std::thread::spawn(move || {
        for n in 0..6 {
            feeder.push(n).unwrap();
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
        feeder
    });
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(pushed.load(std::sync::atomic::Ordering::SeqCst), 2);
    silent.pad.unlink(&silent.sink).unwrap();
    bench.wait_for(3);
    let _feeder = joined(thread);
}

#[test]
fn properties_set_by_another_thread_disturb_no_frame() {
    for properties in ["batch-size=2", "batch-size=2 width=32 height=32"] {
        let bench = Bench::new(properties);
        let feeders = [0, 1].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
        bench.play();
        let threads = feeders.map(|feeder| feeder.spawn(150));
        let mut round = 0;
        while threads.iter().any(|thread| !thread.is_finished()) {
            let mux = &bench.mux;
            mux.set_property("batched-push-timeout", [-1, 0, 1000, 33_000][round % 4]);
            mux.set_property("max-latency", round as u64);
            mux.set_property("attach-sys-ts", round % 2 == 0);
            mux.set_property("sync-inputs", round % 3 == 0);
            mux.set_property("sort-batch", round % 5 == 0);
            mux.set_property("width", 32 + round as u32 % 3); // counts from the next start on
            round += 1;
            std::thread::yield_now();
        }
        bench.mux.set_property("batched-push-timeout", 1000);
        let _feeders = threads.map(|thread| thread.join().unwrap());
        let (record, messages) = bench.finish();
        assert_eq!(errors(&messages), [""; 0]);
        let mut numbers = [Vec::new(), Vec::new()];
        for frame in record.buffers().iter().flat_map(|b| batch(b).frames) {
            numbers[frame.pad_index as usize].push(frame.frame_num);
        }
        assert_eq!(numbers, [(0..150).collect::<Vec<_>>(), (0..150).collect()]);
    }
}
