//! Sources come and go, of both muxes.

use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::mux_support::*;
use crate::with;

#[test]
fn unlinked_pads_hold_nobody_up() {
    let bench = Bench::new(&with("batch-size=2"));
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

#[test]
fn unlinking_and_linking_while_frames_come_loses_none_of_the_others() {
    let bench = Bench::new(&with("batch-size=2"));
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

#[test]
fn properties_set_by_another_thread_disturb_no_frame() {
    let bench = Bench::new(&with("batch-size=2"));
    let feeders = [0, 1].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    bench.play();
    let threads = feeders.map(|feeder| feeder.spawn(150));
    let mut round = 0;
    while threads.iter().any(|thread| !thread.is_finished()) {
        let mux = &bench.mux;
        mux.set_property("batched-push-timeout", [-1, 0, 1000, 33_000][round % 4]);
        mux.set_property_from_str("max-latency", &round.to_string());
        mux.set_property("attach-sys-ts", round % 2 == 0);
        mux.set_property("sync-inputs", round % 3 == 0);
        mux.set_property("sort-batch", round % 5 == 0);
        mux.set_property("width", 64 + round as u32 % 3); // counts from the next start on
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
