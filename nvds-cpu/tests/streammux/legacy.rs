//! The default mux's way of working, by its manual.

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
    let bench = Bench::new("width=64 height=64 enable-padding=true");
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
fn legacy_converts_to_the_first_format() {
    let bench = Bench::new("batch-size=2 width=64 height=48");
    let rgba = Feeder::with_format(&bench.mux, 0, (64, 48), 30, RGBA);
    let nv12 = Feeder::with_format(&bench.mux, 1, (64, 48), 30, NV12);
    bench.play();
    rgba.start();
    nv12.start();
    rgba.push(0).unwrap();
    nv12.push(0).unwrap();
    rgba.eos();
    nv12.eos();
    let (record, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    let caps = record.caps();
    let format = caps.structure(0).unwrap().get::<&str>("format").unwrap();
    let expected = if format == "RGBA" { RGBA } else { NV12 };
    let surface = surface_json(&record.buffers()[0]);
    for index in 0..2 {
        assert_eq!(surface["surfaceList"][index]["colorFormat"], expected);
    }
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
