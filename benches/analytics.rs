//! What rsanalytics costs a frame of 100 tracked objects with 8 zones and 8 lines (`analytics/rules.toml`): the whole
//! element over `identity`, with metas on frames alone and on objects, too. The mark to
//! stay below: 10 microseconds a frame.
//!
//! Needs the environment of `make env`; `make bench` sees to it.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/crowd/mod.rs"]
mod crowd;
#[path = "over_identity/mod.rs"]
mod over_identity;

use std::cell::Cell;

use common::*;

const OBJECTS: u64 = 100;
/// Buffers a round.
const BUFFERS: u64 = 100;
/// Rounds; the median counts.
const ROUNDS: usize = 21;
/// Microseconds a frame.
const GOAL: f64 = 10.0;

fn main() {
    // `cargo test` runs benches, too, to see whether they still compile.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    init();
    nvds_bench_probe::steady_heap();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/analytics/rules.toml");
    let caps = "video/x-raw,format=RGBA,width=1920,height=1080,framerate=25/1";
    for (name, more) in [
        ("frame metas", "object-metas=false"),
        ("frame and object metas", ""),
    ] {
        let launch = format!("rsanalytics config-file={rules} {more}");
        // One film through all rounds, for both elements: each buffer is made twice a round.
        let round = Cell::new(0);
        let time = over_identity::over_identity(&launch, caps, (ROUNDS, BUFFERS), |n| {
            let made = round.replace(round.get() + 1);
            let film = made / (2 * BUFFERS) * BUFFERS;
            crowd::buffer(OBJECTS, film + n, Some(500))
        });
        println!("rsanalytics, {OBJECTS} objects, 8 zones, 8 lines, {name}: {time:.2} us a frame");
        let work = format!("rsanalytics, {OBJECTS} objects, 8 zones, 8 lines, {name}");
        nvds_bench_probe::report(&work, "the mark", time, GOAL, 1.0);
    }
}
