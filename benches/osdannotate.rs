//! What rsosdannotate costs a batch, beside a pad probe in C that attaches as much (`probe/src/annotate.c`).
//!
//! Buffers are made before the clock starts and released after it stops. What is measured is pushing them through an
//! element: rsosdannotate, `identity`, or `identity` with the C function in a probe on its pad. A probe can sit on a
//! pad that is there anyway, so `identity` is taken off what it costs.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/counting/mod.rs"]
mod counting;
#[path = "../tests/crowd/mod.rs"]
mod crowd;

use std::time::{Duration, Instant};

use common::*;
use gst::prelude::*;
use nvds_bench_probe::Annotation;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

/// Objects in all buffers of a round, at most, and buffers, at least and at most.
const OBJECTS: u64 = 40_000;
const BUFFERS: std::ops::RangeInclusive<u64> = 20..=200;
const ROUNDS: u64 = 20;
const STYLE: &str = include_str!("osdannotate/style.toml");

/// What is measured.
#[derive(Clone, Copy)]
struct Work {
    name: &'static str,
    annotation: Annotation,
    sources: u32,
    objects: u64,
    goal: f64,
}

impl Work {
    fn title(&self) -> String {
        let (sources, objects) = (self.sources, self.objects);
        format!(
            "rsosdannotate, {}, batch {sources}, {objects} objects",
            self.name
        )
    }

    fn buffers(&self) -> u64 {
        let objects = (self.objects * u64::from(self.sources)).max(1);
        (OBJECTS / objects).clamp(*BUFFERS.start(), *BUFFERS.end())
    }

    fn buffer(&self, n: u64) -> gst::Buffer {
        crowd::batch(self.sources, self.objects, n, None)
    }

    fn ours(&self) -> Rig {
        if self.annotation == Annotation::Text {
            return Rig::new("rsosdannotate");
        }
        let rig = Rig::new("rsosdannotate frame-text=\"\"");
        let style = match self.annotation {
            Annotation::NoTraces => STYLE.replace("trace = 32", "trace = 0"),
            _ => STYLE.to_owned(),
        };
        rig.element.set_property("style", style);
        rig
    }

    fn theirs(&self) -> Rig {
        self.probe(self.annotation)
    }

    /// Takes from the library as many display metas as ours does, and does nothing else.
    fn library(&self) -> Rig {
        let out = self.ours().process(self.buffer(0));
        let locked = nvds::Batch::from_buffer(&out).unwrap().unwrap().lock();
        let metas = locked.frames().map(|frame| frame.displays().count());
        self.probe(Annotation::Metas(metas.max().unwrap() as u32))
    }

    fn probe(&self, annotation: Annotation) -> Rig {
        let rig = Rig::new("identity");
        let pad = rig.element.static_pad("sink").unwrap();
        let library = nvds::library().unwrap().origin();
        let size = (WIDTH, HEIGHT);
        let added = nvds_bench_probe::add_annotate(&pad, library, size, annotation);
        assert!(added);
        rig
    }
}

/// What was measured of one element.
struct Row {
    /// Of all buffers of the best round: what other programs on the machine add is not in it, what the kernel takes
    /// for new memory is.
    best: Duration,
    /// Allocations by Rust in the last round, when everything has settled.
    allocated: u64,
}

/// Measures elements in turns, so that what disturbs one disturbs the others.
fn measure<const N: usize>(mut rigs: [Rig; N], work: &Work) -> [Row; N] {
    let mut rows = std::array::from_fn(|_| Row {
        best: Duration::MAX,
        allocated: 0,
    });
    for round in 0..ROUNDS {
        for (rig, row) in rigs.iter_mut().zip(&mut rows) {
            let buffers: Vec<_> = (0..work.buffers())
                .map(|n| work.buffer(round * work.buffers() + n))
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

/// Lines, circles, boxes and texts that were drawn on the last of some batches.
fn drawn(rig: &mut Rig, work: &Work) -> [usize; 4] {
    let mut last = None;
    for n in 0..100 {
        last = Some(rig.process(work.buffer(n)));
    }
    let last = last.unwrap();
    let locked = nvds::Batch::from_buffer(&last).unwrap().unwrap().lock();
    let displays: Vec<_> = locked.frames().flat_map(|frame| frame.displays()).collect();
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
    nvds_bench_probe::steady_heap();
    let mut works = Vec::new();
    for sources in [1, 8] {
        for objects in [0, 20, 100, 500] {
            works.push(Work {
                name: "default text",
                annotation: Annotation::Text,
                sources,
                objects,
                goal: 1.0,
            });
        }
    }
    for (name, annotation) in [
        ("rich style, no traces", Annotation::NoTraces),
        ("rich style", Annotation::Style),
    ] {
        for objects in [20, 100] {
            works.push(Work {
                name,
                annotation,
                sources: 1,
                objects,
                goal: 0.7,
            });
        }
    }
    println!(
        "us a batch, best of {ROUNDS} rounds; hop: identity; library: what acquiring and attaching as many empty display \
         metas takes by itself; ratio with and without the hop; lines, circles, boxes, \
         texts drawn"
    );
    println!(
        "work                  sources objects    hop library      C   ours ratio own  goal alloc  drawn"
    );
    // `cargo bench --bench osdannotate -- rich` measures what has that in its name.
    let wanted = |work: &Work| {
        let words = || std::env::args().skip(1).filter(|arg| !arg.starts_with('-'));
        words().next().is_none() || words().any(|word| work.title().contains(&word))
    };
    works.retain(wanted);
    for work in works {
        let rigs = [
            Rig::new("identity"),
            work.ours(),
            work.theirs(),
            work.library(),
        ];
        let [nothing, rust, c, library] = measure(rigs, &work);
        let us = |row: &Row| row.best.as_secs_f64() * 1e6 / work.buffers() as f64;
        let (hop, ours, theirs) = (us(&nothing), us(&rust), us(&c) - us(&nothing));
        let allocated = (rust.allocated - nothing.allocated) as f64 / work.buffers() as f64;
        println!(
            "{:21} {:7} {:7} {hop:6.2} {:7.2} {theirs:6.2} {ours:6.2} {:5.2} {:4.2} {:4.1} {allocated:5.1} {:?} {:?}",
            work.name,
            work.sources,
            work.objects,
            us(&library) - hop,
            ours / theirs,
            (ours - hop) / theirs,
            work.goal,
            drawn(&mut work.ours(), &work),
            drawn(&mut work.theirs(), &work),
        );
        nvds_bench_probe::report(&work.title(), "probe in C", ours - hop, theirs, work.goal);
    }
}
