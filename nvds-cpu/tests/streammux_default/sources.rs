//! Sources of the default mux come, go and pause.

use std::time::Duration;

use gst::prelude::*;

use crate::mux_support::*;

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

const FOR_EVER: &str = "batch-size=2 width=64 height=48";

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
fn ten_frames_more_than_a_batch_takes_wait_on_a_pad() {
    let bench = Bench::new(FOR_EVER);
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let silent = Feeder::new(&bench.mux, 1, (64, 48), 30);
    bench.play();
    silent.start();
    feeder.start();
    let pushed = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let count = pushed.clone();
    let thread = std::thread::spawn(move || {
        for n in 0..15 {
            feeder.push(n).unwrap();
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
        feeder
    });
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(pushed.load(std::sync::atomic::Ordering::SeqCst), 11);
    silent.pad.unlink(&silent.sink).unwrap();
    bench.wait_for(7);
    let _feeder = joined(thread);
}

/// Plays a source to its end, and then another; what the frames and errors are.
fn one_after_another(properties: &str) -> (usize, Vec<String>) {
    let bench = Bench::new(&format!("batch-size=1 width=64 height=48 {properties}"));
    let first = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    first.start();
    first.push(0).unwrap();
    first.eos();
    bench.wait_for(1);
    let bus = bench.pipeline.bus().unwrap();
    let limit = gst::ClockTime::from_seconds(20);
    let ended = bus.timed_pop_filtered(limit, &[gst::MessageType::Element]);
    assert!(ended.is_some(), "stream-eos");
    let second = Feeder::new(&bench.mux, 1, (64, 48), 30);
    second.start();
    second.push(0).unwrap();
    second.eos();
    // The end of the second: with drop-pipeline-eos there is no other.
    let kinds = [gst::MessageType::Error, gst::MessageType::Element];
    let last = bus.timed_pop_filtered(limit, &kinds);
    (bench.batches().len(), errors(last.as_slice()))
}

#[test]
fn a_source_that_comes_after_all_have_ended_is_told_the_way() {
    let (_, errors) = one_after_another("");
    assert!(errors[0].contains("drop-pipeline-eos=true"), "{errors:?}");
    assert_eq!(one_after_another("drop-pipeline-eos=true"), (2, Vec::new()));
}
