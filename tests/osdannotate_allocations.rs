//! rsosdannotate allocates nothing of its own for a frame, once it has seen as many objects as there will be.

mod common;
mod counting;
mod crowd;

use common::*;
use gst::prelude::*;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

/// Rust's allocations while buffers are pushed through an element. Each id gives way to another after 50 frames.
fn allocations(mut rig: Rig, objects: u64, frames: std::ops::Range<u64>) -> u64 {
    let push = |rig: &mut Rig, n: u64| {
        let buffer = crowd::buffer(objects, n, Some(50));
        let before = counting::allocations();
        rig.push(buffer).unwrap();
        let out = rig.harness.pull().unwrap();
        drop(out);
        counting::allocations() - before
    };
    for n in 0..frames.start {
        push(&mut rig, n);
    }
    frames.map(|n| push(&mut rig, n)).sum()
}

#[test]
fn the_counter_counts() {
    let before = counting::allocations();
    drop(std::hint::black_box(Box::new(1_u64)));
    assert_eq!(counting::allocations(), before + 1);
}

#[test]
fn a_settled_style_allocates_nothing() {
    for objects in [0, 20, 100] {
        let rig = Rig::new("rsosdannotate frame-text=\"\"");
        let style = include_str!("../benches/osdannotate/style.toml");
        rig.element.set_property("style", style);
        let ours = allocations(rig, objects, 600..900);
        let nothing = allocations(Rig::new("identity"), objects, 600..900);
        assert_eq!(ours, nothing, "{objects} objects");
    }
}
