//! What rsssdparser costs a frame, on the reference tensors, beside a pass through `identity`.
//!
//! Buffers are made before the clock starts; what is measured is pushing them through the element:
//! decoding, suppression, and attaching the objects with NVIDIA's metadata library.

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use common::*;
use nvds::NewTensorMeta;

const BATCH: u32 = 8;
const BUFFERS: usize = 100;
const ROUNDS: usize = 5;

/// The tensors of the reference frames with 20 detections over the threshold.
fn reference() -> Vec<NewTensorMeta> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/nvds-decode/tests/data/tf-od/tensors-20-20.f32"
    );
    let bytes = std::fs::read(file).unwrap();
    let values: Vec<f32> = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    values
        .chunks_exact(601)
        .map(|frame| {
            tensor(
                5,
                vec![
                    layer("num_detections", &[1], &frame[..1]),
                    layer("detection_scores", &[100], &frame[1..101]),
                    layer("detection_classes", &[100], &frame[101..201]),
                    layer("detection_boxes", &[100, 4], &frame[201..]),
                ],
            )
        })
        .collect()
}

/// Buffers with a full batch; without tensors if there are none.
fn buffers(tensors: &[NewTensorMeta]) -> Vec<gst::Buffer> {
    (0..BUFFERS)
        .map(|i| {
            buffer(BATCH, |locked, frames| {
                for (j, frame) in frames.iter().enumerate() {
                    if let Some(tensor) = tensors.get((i * frames.len() + j) % tensors.len().max(1))
                    {
                        locked.add_tensor_to_frame(frame, tensor);
                    }
                }
            })
        })
        .collect()
}

/// The shortest time for a frame.
fn measure(launch: &str, tensors: &[NewTensorMeta]) -> Duration {
    let mut rig = Rig::new(launch);
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let buffers = buffers(tensors);
        let mut out = Vec::with_capacity(BUFFERS);
        let start = Instant::now();
        for buffer in buffers {
            rig.push(buffer).unwrap();
            out.push(rig.harness.pull().unwrap());
        }
        best = best.min(start.elapsed());
    }
    best / (BUFFERS as u32 * BATCH)
}

fn main() {
    // `cargo test` runs benches, too, to see whether they still compile.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    init();
    let tensors = reference();
    let parser = "rsssdparser top-k=20 min-width=32 min-height=32";
    let rows = [
        ("identity", measure("identity", &[])),
        ("rsssdparser, no tensors", measure("rsssdparser", &[])),
        ("rsssdparser, 20 of 100 kept", measure(parser, &tensors)),
        ("rsosdannotate", measure("rsosdannotate", &[])),
    ];
    println!("{BUFFERS} buffers with batches of {BATCH}, best of {ROUNDS} rounds");
    for (name, time) in rows {
        println!(
            "  {name:<28} {:8.3} us a frame   {:6.1} x",
            time.as_secs_f64() * 1e6,
            time.as_secs_f64() / rows[0].1.as_secs_f64()
        );
    }
}
