//! What rsosdannotate costs a frame in the richest style, beside a pad probe in C that does the same
//! (`osdannotate/probe.c`).
//!
//! Buffers are made before the clock starts and released after it stops. What is measured is pushing them through an
//! element: rsosdannotate, `identity`, or `identity` with the C function in a probe on its pad.

#[path = "c_probe/mod.rs"]
mod c_probe;
#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/counting/mod.rs"]
mod counting;
#[path = "../tests/crowd/mod.rs"]
mod crowd;

use std::ffi::c_void;
use std::time::{Duration, Instant};

use common::*;
use gst::prelude::*;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

const BUFFERS: u64 = 200;
const ROUNDS: u64 = 12;
const STYLE: &str = include_str!("osdannotate/style.toml");

/// The C function, ready for a probe.
#[derive(Clone, Copy)]
struct Probe {
    frame: unsafe extern "C" fn(*mut c_void, *mut gst::ffi::GstBuffer, u32, u32),
    state: *mut c_void,
}

// SAFETY: the state is used by the streaming thread alone.
unsafe impl Send for Probe {}
// SAFETY: as above.
unsafe impl Sync for Probe {}

impl Probe {
    fn new(library: &libloading::Library) -> Self {
        // SAFETY: the signatures are those of probe.c; the library outlives all probes.
        unsafe {
            let new = library.get::<unsafe extern "C" fn() -> *mut c_void>(b"probe_new");
            Self {
                frame: *library.get(b"probe_frame").unwrap(),
                state: new.unwrap()(),
            }
        }
    }

    fn call(&self, buffer: &gst::BufferRef) {
        // SAFETY: a live state, and a live buffer with a batch whose metadata may be changed.
        unsafe { (self.frame)(self.state, buffer.as_ptr().cast_mut(), WIDTH, HEIGHT) };
    }
}

/// The shortest time for a frame, and Rust's allocations for one once everything has settled.
fn measure(mut rig: Rig, objects: u64) -> (Duration, f64) {
    let mut best = Duration::MAX;
    let mut allocated = 0;
    for round in 0..ROUNDS {
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
        best = best.min(start.elapsed());
        allocated = counting::allocations() - before;
    }
    (best / BUFFERS as u32, allocated as f64 / BUFFERS as f64)
}

/// Lines, circles, boxes and texts that were drawn on the last of some frames.
fn drawn(rig: &mut Rig, objects: u64) -> [usize; 4] {
    let mut last = None;
    for n in 0..100 {
        last = Some(rig.process(crowd::buffer(objects, n, None)));
    }
    let last = last.unwrap();
    let batch = nvds::Batch::from_buffer(&last).unwrap().unwrap();
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
    let library = c_probe::load("osdannotate/probe.c");
    let annotate = || {
        let rig = Rig::new("rsosdannotate frame-text=\"\"");
        rig.element.set_property("style", STYLE);
        rig
    };
    let in_c = || {
        let rig = Rig::new("identity");
        let probe = Probe::new(&library);
        let pad = rig.element.static_pad("sink").unwrap();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            probe.call(info.buffer().unwrap());
            gst::PadProbeReturn::Ok
        });
        rig
    };
    println!(
        "{BUFFERS} buffers with one frame, best of {ROUNDS} rounds; lines, circles, boxes, texts"
    );
    for objects in [20, 100] {
        let (nothing, base) = measure(Rig::new("identity"), objects);
        let (rust, allocated) = measure(annotate(), objects);
        let (c, _) = measure(in_c(), objects);
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        println!("{objects} objects: identity {:.2} us a frame", us(nothing));
        println!(
            "  rsosdannotate {:8.2} us  {:?}",
            us(rust),
            drawn(&mut annotate(), objects)
        );
        println!(
            "  probe in C    {:8.2} us  {:?}",
            us(c),
            drawn(&mut in_c(), objects)
        );
        println!("  ratio {:.2}", rust.as_secs_f64() / c.as_secs_f64());
        println!("  allocations by Rust a frame {:.2}", allocated - base);
    }
}
