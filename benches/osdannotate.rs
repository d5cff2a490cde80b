//! What rsosdannotate costs a frame in the richest style, beside a pad probe in C that does the same
//! (`probe/src/annotate.c`).
//!
//! Buffers are made before the clock starts and released after it stops. What is measured is pushing them through an
//! element: rsosdannotate, `identity`, or `identity` with the C function in a probe on its pad.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/counting/mod.rs"]
mod counting;
#[path = "../tests/crowd/mod.rs"]
mod crowd;

use std::time::{Duration, Instant};

use common::*;
use gst::prelude::*;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

const BUFFERS: u64 = 200;
const ROUNDS: u64 = 20;
const STYLE: &str = include_str!("osdannotate/style.toml");

/// What was measured of one element.
struct Row {
    /// Of all frames of the best round: what other programs on the machine add is not in it, what the kernel takes
    /// for new memory is.
    best: Duration,
    /// Allocations by Rust in the last round, when everything has settled.
    allocated: u64,
}

/// Measures elements in turns, so that what disturbs one disturbs the others.
fn measure<const N: usize>(mut rigs: [Rig; N], objects: u64) -> [Row; N] {
    let mut rows = std::array::from_fn(|_| Row {
        best: Duration::MAX,
        allocated: 0,
    });
    for round in 0..ROUNDS {
        for (rig, row) in rigs.iter_mut().zip(&mut rows) {
            let buffers: Vec<_> = (0..BUFFERS)
                .map(|n| crowd::buffer(objects, round * BUFFERS + n, None))
                .collect();
            let mut out = Vec::with_capacity(buffers.len());
            let before = counting::allocations();
            let start = Instant::now();
            for buffer in buffers {
                rig.push(buffer).unwrap();
                out.push(rig.harness.pull().unwrap());
            }
            row.best = row.best.min(start.elapsed());
            row.allocated = counting::allocations() - before;
        }
    }
    rows
}

/// Lines, circles, boxes and texts that were drawn on the last of some frames.
fn drawn(rig: &mut Rig, objects: u64) -> [usize; 4] {
    let mut last = None;
    for n in 0..100 {
        last = Some(rig.process(crowd::buffer(objects, n, None)));
    }
    let last = last.unwrap();
    let batch = nvds::Batch::from_buffer(&last).unwrap().unwrap().lock();
    let displays: Vec<_> = batch.pool_displays().collect();
    [
        displays.iter().map(|d| d.lines().len()).sum(),
        displays.iter().map(|d| d.circles().len()).sum(),
        displays.iter().map(|d| d.rects().len()).sum(),
        displays.iter().map(|d| d.texts().len()).sum(),
    ]
}

fn main() {
    // `cargo test` runs benches, too, to see whether they still compile.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    init();
    let annotate = || {
        let rig = Rig::new("rsosdannotate frame-text=\"\"");
        rig.element.set_property("style", STYLE);
        rig
    };
    let in_c = || {
        let rig = Rig::new("identity");
        let pad = rig.element.static_pad("sink").unwrap();
        let library = nvds::library().unwrap().origin();
        assert!(nvds_bench_probe::add_annotate(
            &pad,
            library,
            (WIDTH, HEIGHT)
        ));
        rig
    };
    println!(
        "best of {ROUNDS} rounds of {BUFFERS} frames; lines, circles, boxes, texts of the last"
    );
    for objects in [20, 100] {
        let rigs = [Rig::new("identity"), annotate(), in_c()];
        let [nothing, rust, c] = measure(rigs, objects);
        let us = |row: &Row| row.best.as_secs_f64() * 1e6 / BUFFERS as f64;
        let (base, ours, theirs) = (us(&nothing), us(&rust), us(&c));
        println!("{objects} objects: identity {base:.2} us a frame");
        println!(
            "  rsosdannotate {ours:8.2} us  {:?}",
            drawn(&mut annotate(), objects)
        );
        println!(
            "  probe in C    {theirs:8.2} us  {:?}",
            drawn(&mut in_c(), objects)
        );
        println!("  ratio {:.2}", ours / theirs);
        let allocated = (rust.allocated - nothing.allocated) as f64 / BUFFERS as f64;
        println!("  allocations by Rust a frame {allocated:.2}");
    }
}
