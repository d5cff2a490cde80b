//! How long rstensorreplay holds the streaming thread for a small file, next to reading that file.
//! The mark to stay below: four times.
//!
//! Needs the environment of `make env`; `make bench` sees to it.

#[path = "over_identity/mod.rs"]
mod over_identity;

use std::time::Instant;

use nvds::{NewBatch, NewFrame};

/// A recording of one frame's four tensors a file.
const RECORDING: &str = "tests/data/recordings/ssdlite_pedestrian";
const FILES: u64 = 50;
/// Rounds over the recording; the median counts, because the machines are noisy.
const ROUNDS: usize = 101;
/// Times reading the file.
const GOAL: f64 = 4.0;

fn buffer(number: u64) -> gst::Buffer {
    let mut new = NewBatch::new(1).expect("DeepStream's metadata library");
    new.add_frame(&NewFrame {
        pad_index: 0,
        source_id: 0,
        batch_id: 0,
        frame_num: 0,
        buf_pts: number * 100_000_000,
        ntp_timestamp: 0,
        source_size: (768, 576),
        pipeline_size: (0, 0),
    });
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().expect("a new buffer is writable"));
    buffer
}

/// The median of what a round takes, in microseconds a file.
fn median(mut round: impl FnMut()) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            round();
            start.elapsed().as_secs_f64() * 1e6 / FILES as f64
        })
        .collect();
    rounds.sort_unstable_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

fn main() {
    gst::init().expect("GStreamer");
    gstrsnvds::plugin::plugin_register_static().expect("the plugin");
    nvds_bench_probe::steady_heap();
    let root = env!("CARGO_MANIFEST_DIR");
    let path = |number| format!("{root}/{RECORDING}/{number:06}.safetensors");
    let mut bytes = 0;
    let reading = median(|| {
        bytes = 0;
        for number in 0..FILES {
            bytes += std::fs::read(path(number)).expect("the recording").len();
        }
    });
    let location = format!("{root}/{RECORDING}/%06u.safetensors");
    let launch = format!("rstensorreplay location={location} on-end=loop");
    let caps = "video/x-raw,format=RGBA,width=768,height=576,framerate=10/1";
    let replaying = over_identity::over_identity(&launch, caps, (ROUNDS, FILES), buffer);
    let ratio = replaying / reading;
    let verdict = if ratio <= GOAL { "within" } else { "ABOVE" };
    println!(
        "rstensorreplay, {} bytes a file: {replaying:.2} us, reading alone {reading:.2} us, \
         {ratio:.2} x, {verdict} the mark of {GOAL} x",
        bytes as u64 / FILES
    );
    let work = format!("rstensorreplay, a file of {} bytes", bytes as u64 / FILES);
    nvds_bench_probe::report(&work, "reading the file", replaying, reading, GOAL);
}
