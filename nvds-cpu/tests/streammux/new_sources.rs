//! Sources of the new mux come, go and pause.

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
