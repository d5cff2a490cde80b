//! Which frames make a batch, and when.

use std::time::{Duration, Instant};

use gst::prelude::*;
use gstnvdscpu::surface::Surfaces;

use crate::mux_support::*;

#[test]
fn wall_clock_times_can_be_left_out() {
    for (properties, expected) in [("", true), ("attach-sys-ts=false", false)] {
        let bench = Bench::new(properties);
        let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
        bench.play();
        let _feeder = feeder.spawn(2).join().unwrap();
        let (record, _) = bench.finish();
        for buffer in record.buffers() {
            assert_eq!(batch(&buffer).frames[0].has_ntp, expected);
        }
    }
}

#[test]
fn new_batches_share_surfaces_and_keep_them() {
    let bench = Bench::new("batch-size=2");
    let feeders = [0, 1].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    bench.play();
    for feeder in &feeders {
        feeder.start();
    }
    for (feeder, value) in feeders.iter().zip([7, 9]) {
        feeder.pad.push(feeder.frame(0, value)).unwrap();
        feeder.eos();
    }
    let (record, _) = bench.finish();
    let buffers = record.buffers();
    let surfaces = Surfaces::map(&buffers[0]).unwrap();
    for (index, value) in [7, 9].into_iter().enumerate() {
        let locked = surfaces.read(index).unwrap();
        assert!(locked.planes()[0].data.iter().all(|b| *b == value));
    }
}

#[test]
fn sync_inputs_gives_the_latest_running_time() {
    let bench = Bench::new("batch-size=2 sync-inputs=true");
    let first = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let second = Feeder::new(&bench.mux, 1, (64, 48), 30).offset(1_000_000);
    bench.play();
    let threads = [first.spawn(3), second.spawn(3)];
    let _feeders = threads.map(|t| t.join().unwrap());
    let (record, _) = bench.finish();
    let times: Vec<_> = record
        .buffers()
        .iter()
        .map(|b| b.pts().unwrap().nseconds())
        .collect();
    assert_eq!(times, [1_000_000, 34_333_333, 67_666_666]);
}

#[test]
fn a_silent_source_holds_the_others_up_no_longer_than_the_timeout() {
    let bench = Bench::new("batch-size=2");
    let silent = Feeder::new(&bench.mux, 1, (64, 48), 30);
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    silent.start();
    feeder.start();
    let start = Instant::now();
    for n in 0..3 {
        feeder.push(n).unwrap();
    }
    bench.wait_for(3);
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(550), "{took:?}");
    assert_eq!(bench.batches(), [[(0, 0)], [(0, 1)], [(0, 2)]]);
    for buffer in bench.record.buffers() {
        let surface = surface_json(&buffer);
        assert_eq!(
            (&surface["batchSize"], &surface["numFilled"]),
            (&2.into(), &1.into())
        );
    }
    // Set while running, the property counts; without it these frames would take two more seconds.
    bench.mux.set_property("batched-push-timeout", 20_000);
    let start = Instant::now();
    for n in 3..13 {
        feeder.push(n).unwrap();
    }
    bench.wait_for(13);
    let took = start.elapsed();
    assert!(took < Duration::from_millis(1800), "{took:?}");
}

#[test]
fn the_configuration_file_sets_rate_and_size() {
    let path = std::env::temp_dir().join(format!("rsnvds-mux-{}.txt", std::process::id()));
    std::fs::write(
        &path,
        "[property]\nadaptive-batching=0\nbatch-size=2\nmax-same-source-frames=2\n",
    )
    .unwrap();
    let bench = Bench::new(&format!("config-file-path={}", path.display()));
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    let _feeder = feeder.spawn(4).join().unwrap();
    assert_eq!(bench.mux.property::<u32>("batch-size"), 1);
    bench.wait_for(2);
    let batches = bench.batches();
    let (_, messages) = bench.finish();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(batches[..2], [[(0, 0), (0, 1)], [(0, 2), (0, 3)]]);
}
