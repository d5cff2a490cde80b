//! Which frames make a batch of the default mux, and how they look.

use std::time::{Duration, Instant};

use gst::prelude::*;
use gstnvdscpu::surface::Surfaces;

use crate::mux_support::*;

#[test]
fn legacy_scales_every_frame() {
    let bench = Bench::new("batch-size=2 width=128 height=64 interpolation-method=Nearest");
    let small = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let fits = Feeder::new(&bench.mux, 1, (128, 64), 30);
    bench.play();
    let threads = [small.spawn(3), fits.spawn(3)];
    let _feeders = threads.map(|t| t.join().unwrap());
    let (record, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    let structure = record.caps().structure(0).unwrap().to_owned();
    assert_eq!(structure.get::<i32>("width").unwrap(), 128);
    assert_eq!(structure.get::<i32>("height").unwrap(), 64);
    assert_eq!(structure.get::<i32>("batch-size").unwrap(), 2);
    let buffers = record.buffers();
    assert_eq!(buffers.len(), 3);
    for (n, buffer) in buffers.iter().enumerate() {
        let meta = batch(buffer);
        let sizes: Vec<_> = meta
            .frames
            .iter()
            .map(|f| (f.pad_index, f.batch_id, f.source_size, f.pipeline_size))
            .collect();
        assert_eq!(
            sizes,
            [(0, 0, (64, 48), (128, 64)), (1, 1, (128, 64), (128, 64))]
        );
        assert_eq!(meta.max_frames, 2);
        assert_eq!(surface_json(buffer)["batchSize"], 2);
        assert_eq!(
            buffer.pts().unwrap().nseconds(),
            n as u64 * 1_000_000_000 / 30
        );
        let surfaces = Surfaces::map(buffer).unwrap();
        for index in 0..2 {
            let locked = surfaces.read(index).unwrap();
            assert_eq!((locked.desc().width, locked.desc().height), (128, 64));
            let planes = locked.planes();
            for y in 0..64 {
                let row = &planes[0].data[y * planes[0].pitch..][..128];
                // Scaling goes through RGB, as on a GPU, and truncates.
                let near = |b: &u8| b.abs_diff(128 + n as u8) <= 2;
                assert!(row.iter().all(near), "frame {n} row {y}: {row:?}");
            }
        }
    }
}

#[test]
fn legacy_padding_keeps_the_aspect_ratio() {
    let bench = Bench::new("batch-size=1 width=64 height=64 enable-padding=true");
    let feeder = Feeder::new(&bench.mux, 0, (64, 32), 30);
    bench.play();
    feeder.start();
    feeder.pad.push(feeder.frame(0, 200)).unwrap();
    feeder.eos();
    let (record, _) = bench.finish();
    let buffers = record.buffers();
    let surfaces = Surfaces::map(&buffers[0]).unwrap();
    let locked = surfaces.read(0).unwrap();
    let luma = &locked.planes()[0];
    let column: Vec<u8> = (0..64).map(|y| luma.data[y * luma.pitch + 10]).collect();
    assert_eq!(column[..16], [16; 16]);
    assert_eq!(column[16..48], [200; 32]);
    assert_eq!(column[48..], [16; 16]);
}

#[test]
fn legacy_fills_batches_from_one_source_and_pushes_the_rest_at_its_end() {
    let bench = Bench::new("batch-size=4 width=64 height=48");
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    let _feeder = feeder.spawn(6).join().unwrap();
    let batches = {
        bench.wait_for(2);
        bench.batches()
    };
    let (_, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    let numbers = |range: std::ops::Range<i32>| range.map(|n| (0, n)).collect::<Vec<_>>();
    assert_eq!(batches, [numbers(0..4), numbers(4..6)]);
}

#[test]
fn legacy_pushes_a_partial_batch_after_the_timeout() {
    let bench = Bench::new("batch-size=4 width=64 height=48 batched-push-timeout=100000");
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    feeder.start();
    let start = Instant::now();
    feeder.push(0).unwrap();
    feeder.push(1).unwrap();
    bench.wait_for(1);
    let took = start.elapsed();
    assert!(
        (Duration::from_millis(95)..Duration::from_secs(5)).contains(&took),
        "{took:?}"
    );
    assert_eq!(bench.batches(), [[(0, 0), (0, 1)]]);
    let surface = surface_json(&bench.record.buffers()[0]);
    assert_eq!(
        (&surface["batchSize"], &surface["numFilled"]),
        (&4.into(), &2.into())
    );
}

#[test]
fn legacy_waits_for_ever_without_a_timeout() {
    let bench = Bench::new("batch-size=2 width=64 height=48");
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    feeder.start();
    feeder.push(0).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(bench.batches().len(), 0);
    feeder.push(1).unwrap();
    bench.wait_for(1);
    assert_eq!(bench.batches(), [[(0, 0), (0, 1)]]);
}

#[test]
fn legacy_takes_turns_when_there_are_more_sources_than_places() {
    let bench = Bench::new("batch-size=1 width=64 height=48");
    let feeders = [0, 1, 2].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    bench.play();
    let threads = feeders.map(|f| f.spawn(5));
    let _feeders = threads.map(|t| t.join().unwrap());
    let batches = {
        bench.wait_for(15);
        bench.batches()
    };
    let (record, _) = bench.finish();
    for id in 0..3 {
        let numbers: Vec<i32> = batches
            .iter()
            .flatten()
            .filter(|f| f.0 == id)
            .map(|f| f.1)
            .collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4], "source {id}");
    }
    let times: Vec<_> = record.buffers().iter().map(|b| b.pts().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn every_source_gives_its_share_round_and_round() {
    let bench = Bench::new("batch-size=4 width=64 height=48");
    // Asked for in this order.
    let feeders = [5, 2].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    bench.play();
    feeders.iter().for_each(Feeder::start);
    for n in 0..4 {
        for feeder in &feeders {
            feeder.push(n).unwrap();
        }
    }
    bench.wait_for(2);
    assert_eq!(
        bench.batches(),
        [
            [(5, 0), (2, 0), (5, 1), (2, 1)],
            [(5, 2), (2, 2), (5, 3), (2, 3)]
        ]
    );
}

#[test]
fn sorted_batches_have_their_sources_in_order_and_new_numbers() {
    let bench = Bench::new("batch-size=4 width=64 height=48 sort-batch=true");
    let feeders = [5, 2].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    bench.play();
    feeders.iter().for_each(Feeder::start);
    for n in 0..2 {
        for (feeder, grey) in feeders.iter().zip([50, 150]) {
            feeder.pad.push(feeder.frame(n, grey)).unwrap();
        }
    }
    bench.wait_for(1);
    assert_eq!(bench.batches(), [[(2, 0), (2, 1), (5, 0), (5, 1)]]);
    let buffer = bench.record.buffers().remove(0);
    let ids: Vec<_> = batch(&buffer).frames.iter().map(|f| f.batch_id).collect();
    assert_eq!(ids, [0, 1, 2, 3]);
    assert_eq!(greys(&buffer), [150, 150, 50, 50]);
}

/// First samples of all surfaces.
fn greys(buffer: &gst::BufferRef) -> Vec<u8> {
    let surfaces = Surfaces::map(buffer).unwrap();
    let first = |i| surfaces.read(i).unwrap().planes()[0].data[0];
    (0..surfaces.len()).map(first).collect()
}

#[test]
fn a_cached_frame_stands_for_a_missing_one() {
    let bench =
        Bench::new("batch-size=2 width=64 height=48 batched-push-timeout=20000 cache-buffer=true");
    let feeders = [0, 1].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    bench.play();
    feeders.iter().for_each(Feeder::start);
    let push = |id: usize, n, grey| {
        let feeder: &Feeder = &feeders[id];
        feeder.pad.push(feeder.frame(n, grey)).unwrap();
    };
    push(0, 0, 50);
    bench.wait_for(1);
    push(0, 1, 51);
    push(1, 0, 150);
    bench.wait_for(2);
    push(1, 1, 151);
    bench.wait_for(3);
    let mut batches = bench.batches();
    batches.iter_mut().for_each(|b| b.sort());
    assert_eq!(batches[0], [(0, 0), (1, 0)]);
    assert_eq!(batches[2], [(0, 1), (1, 1)]);
    let seen: Vec<_> = bench
        .record
        .buffers()
        .iter()
        .map(|b| {
            let mut greys = greys(b);
            greys.sort();
            greys
        })
        .collect();
    // Grey before its first frame.
    assert_eq!(seen, [[50, 128], [51, 150], [51, 151]]);
}

#[test]
fn live_batches_have_one_frame_of_each_and_the_clocks_time() {
    let bench =
        Bench::new("batch-size=2 width=64 height=48 live-source=true batched-push-timeout=2000000");
    let feeders = [0, 1].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30).offset(7_000_000_000));
    bench.play();
    feeders.iter().for_each(Feeder::start);
    feeders.iter().for_each(|feeder| {
        feeder.push(0).unwrap();
    });
    bench.wait_for(1);
    // That was the preroll, which has no time yet.
    let limit = gst::ClockTime::from_seconds(20);
    assert_eq!(bench.pipeline.state(limit).1, gst::State::Playing);
    for n in 1..4 {
        feeders[0].push(n).unwrap();
    }
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(bench.batches().len(), 1);
    feeders[1].push(1).unwrap();
    bench.wait_for(2);
    assert_eq!(bench.batches()[1], [(0, 1), (1, 1)]);
    let start = Instant::now();
    feeders[1].eos();
    // It takes one less.
    bench.wait_for(4);
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(bench.batches()[2..], [[(0, 2)], [(0, 3)]]);
    let buffers = bench.record.buffers();
    let times: Vec<_> = buffers
        .iter()
        .map(|b| b.pts().unwrap().mseconds())
        .collect();
    assert!(times.is_sorted() && times[0] == 0, "{times:?}");
    assert!((95..5000).contains(&times[1]), "{times:?}");
}

#[test]
fn times_are_counted_from_zero_by_the_first_sources_rate() {
    let bench = Bench::new("batch-size=4 width=64 height=48");
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 25).offset(5_000_000_000);
    bench.play();
    let _feeder = feeder.spawn(12).join().unwrap();
    let (record, _) = bench.finish();
    let times: Vec<_> = record
        .buffers()
        .iter()
        .map(|b| b.pts().unwrap().mseconds())
        .collect();
    assert_eq!(times, [0, 40, 80]);
    let frames = batch(&record.buffers()[2]).frames;
    assert_eq!(frames[3].buf_pts, 5_440_000_000);
}

#[test]
fn synchronised_batches_have_the_frames_of_one_span() {
    let bench =
        Bench::new("batch-size=2 width=64 height=48 sync-inputs=true batched-push-timeout=1000000");
    // The second begins 4 frames later, and its third frame is late.
    let first = Feeder::new(&bench.mux, 0, (64, 48), 25);
    let second = Feeder::new(&bench.mux, 1, (64, 48), 25).offset(170_000_000);
    bench.play();
    first.start();
    second.start();
    second.push(0).unwrap();
    for n in 0..5 {
        first.push(n).unwrap();
    }
    bench.wait_for(5);
    let mut batches = bench.batches();
    batches[4].sort();
    assert_eq!(
        batches[..5],
        [
            vec![(0, 0)],
            vec![(0, 1)],
            vec![(0, 2)],
            vec![(0, 3)],
            vec![(0, 4), (1, 0)]
        ]
    );
    // 120 ms is over.
    let mut late = second.frame(0, 9);
    late.get_mut()
        .unwrap()
        .set_pts(gst::ClockTime::from_mseconds(120));
    second.pad.push(late).unwrap();
    second.push(1).unwrap();
    first.push(5).unwrap();
    bench.wait_for(6);
    let last = bench.record.buffers().pop().unwrap();
    let frames = batch(&last).frames;
    let mut times: Vec<_> = frames.iter().map(|f| f.buf_pts / 1_000_000).collect();
    times.sort();
    assert_eq!(times, [200, 210]);
    assert!(bench.mux.property::<bool>("sync-inputs"));
    bench.pipeline.set_state(gst::State::Ready).unwrap();
    assert!(!bench.mux.property::<bool>("sync-inputs"));
}

#[test]
fn a_frame_that_has_metadata_brings_it_along() {
    let bench = Bench::new("batch-size=1 width=128 height=96");
    let feeder = Feeder::new(&bench.mux, 3, (64, 48), 30);
    bench.play();
    feeder.start();
    let mut buffer = feeder.frame(0, 128);
    let mut new = nvds::NewBatch::new(1).unwrap();
    new.add_frame(&nvds::NewFrame {
        pad_index: 8,
        source_id: 8,
        frame_num: 77,
        ..nvds::NewFrame::default()
    });
    {
        let batch = new.batch();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let object = nvds::NewObject {
            unique_component_id: 1,
            class_id: 4,
            confidence: 0.5,
            rect: nvds::Rect::default(),
            style: nvds::RectStyle::default(),
            label: "",
            text: None,
        };
        locked.add_object(&frame, &object, None).unwrap();
    }
    new.attach(buffer.get_mut().unwrap());
    feeder.pad.push(buffer).unwrap();
    feeder.eos();
    let (record, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    let meta = batch(&record.buffers()[0]);
    let frame = &meta.frames[0];
    assert_eq!(
        (frame.pad_index, frame.source_id, frame.batch_id),
        (3, 8, 0)
    );
    assert_eq!((frame.frame_num, frame.zeros[3]), (77, 1));
}
