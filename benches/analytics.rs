//! What rsanalytics costs a frame of 100 tracked objects with 8 zones and 8 lines (`analytics/rules.toml`): the whole
//! element over `identity`, with metas on frames alone and on objects, too, beside a probe in C that counts by the same
//! rules. The mark to stay below: 10 microseconds a frame. And what a frame costs after an hour of tracks, beside the first minute,
//! and a start with many zones, beside one with few.
//!
//! Needs the environment of `make env`; `make bench` sees to it.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/crowd/mod.rs"]
mod crowd;
#[path = "over_identity/mod.rs"]
mod over_identity;

use std::cell::Cell;
use std::time::Instant;

use common::*;
use over_identity::{Line, all_over_identity};

const OBJECTS: u64 = 100;
/// Buffers a round: so few that their metadata stays in the processor's caches, as that of a frame does whose objects a
/// tracker has just written.
const BUFFERS: u64 = 4;
/// Rounds; the median counts.
const ROUNDS: usize = 501;
/// Microseconds a frame.
const GOAL: f64 = 10.0;

/// Frames of an hour.
const HOUR: u64 = 3600 * 25;
/// Frames for which a track is there.
const LIFE: u64 = 50;

/// Microseconds a frame in the first minute and in the last one of an hour, by the median of hundreds of frames. Buffers
/// are made before the clock starts.
fn hour(launch: &str, caps: &str) -> (f64, f64) {
    let mut line = Line::new(launch, caps);
    let mut times: Vec<f64> = (0..HOUR / BUFFERS)
        .map(|round| {
            let numbers = round * BUFFERS..(round + 1) * BUFFERS;
            let buffers = numbers.map(|n| crowd::buffer(OBJECTS, n, Some(LIFE)));
            line.pass(buffers.collect()).as_secs_f64() * 1e6 / BUFFERS as f64
        })
        .collect();
    let minute = 60 * 25 / BUFFERS as usize;
    let last = times.len() - minute;
    let median = |times: &mut [f64]| {
        times.sort_unstable_by(f64::total_cmp);
        times[times.len() / 2]
    };
    (median(&mut times[..minute]), median(&mut times[last..]))
}

/// Seconds from the properties to the first frame behind the element, with so many zones.
fn start(zones: usize, caps: &str) -> f64 {
    let zone = |i| format!("zone.z{i}.points=[[0,0],[9,0],[9,{}]]", 1 + i % 99);
    let rules: Vec<_> = (0..zones).map(zone).collect();
    let file = TempFile::new("many-zones.toml", rules.join("\n"));
    let begin = Instant::now();
    let mut line = Line::new(&format!("rsanalytics config-file={}", file.path()), caps);
    line.pass(vec![crowd::buffer(1, 0, None)]);
    begin.elapsed().as_secs_f64()
}

fn main() {
    // `cargo test` runs benches, too, to see whether they still compile.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    init();
    nvds_bench_probe::steady_heap();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/analytics/rules.toml");
    let caps = "video/x-raw,format=RGBA,width=1920,height=1080,framerate=25/1";
    for (name, on_objects) in [("frame metas", false), ("frame and object metas", true)] {
        let launch = format!("rsanalytics config-file={rules} object-metas={on_objects}");
        let library = nvds::library().expect("the metadata library").origin();
        let add = |pad: &gst::Pad| nvds_bench_probe::add_analytics(pad, library, on_objects);
        let lines = [Line::new(&launch, caps), Line::probed(caps, add)];
        // One film through all rounds, for all lines, of which `identity` is one more.
        let turns = (lines.len() as u64 + 1) * BUFFERS;
        let made = Cell::new(0);
        let [ours, theirs] = all_over_identity(lines, caps, (ROUNDS, BUFFERS), |n| {
            let film = made.replace(made.get() + 1) / turns * BUFFERS;
            crowd::buffer(OBJECTS, film + n, Some(500))
        });
        let work = format!("rsanalytics, {OBJECTS} objects, 8 zones, 8 lines, {name}");
        println!("{work}: {ours:.2} us a frame, a probe in C {theirs:.2}");
        nvds_bench_probe::report(&work, "a probe in C", ours, theirs, 1.0);
        nvds_bench_probe::report(&work, "the mark", ours, GOAL, 1.0);
    }
    let (few, many) = (start(2000, caps), start(20_000, caps));
    println!("rsanalytics starts with 2,000 zones in {few:.3} s, with 20,000 in {many:.3}");
    let work = "rsanalytics, a start with 20,000 zones";
    nvds_bench_probe::report(work, "ten with 2,000", many * 1e6, few * 1e7, 1.5);
    let (first, last) = hour(&format!("rsanalytics config-file={rules}"), caps);
    let tracks = OBJECTS * HOUR / LIFE;
    println!(
        "rsanalytics, an hour of {tracks} tracks: {first:.2} us a frame in the first minute, {last:.2} in the last"
    );
    let work = format!("rsanalytics after an hour of {tracks} tracks");
    nvds_bench_probe::report(&work, "its first minute", last, first, 1.2);
}
