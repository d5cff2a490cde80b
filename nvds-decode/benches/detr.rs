//! Time and allocations from the queries of a DETR to detections, per frame.
//!
//! `cargo bench -p nvds-decode --bench detr`. The frames differ from one iteration to the next, and there
//! are more of them than a cache holds.

#[allow(dead_code)] // Its random numbers are used, not its frames.
mod crowd;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crowd::Random;
use divan::{AllocProfiler, Bencher, black_box};
use nvds_decode::{
    Format, Geometry, Layout, Padding, Params, Postprocessor, Size, TensorView, detr, f16,
};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const FRAMES: usize = 48;
const QUERIES: usize = 300;
const CLASSES: usize = 80;
/// How many of all logits are over the threshold.
const OBJECTS: usize = 20;

fn main() {
    let frame = Frame::new(&mut Random(3));
    for kind in KINDS {
        let mut postprocessor = postprocessor(kind);
        let found = postprocessor.run(&frame.tensors(kind), &geometry(), &Params::default());
        assert_eq!(found.map(<[_]>::len), Ok(OBJECTS), "{kind}");
    }
    divan::main();
    if std::env::args().any(|arg| arg == "--bench") {
        compare();
    }
}

const KINDS: [&str; 3] = ["sigmoid FLOAT", "sigmoid HALF", "softmax FLOAT"];

/// Logits and boxes of a frame.
struct Frame {
    logits: Vec<f32>,
    halves: Vec<f16>,
    boxes: Vec<f32>,
}

impl Frame {
    fn new(random: &mut Random) -> Self {
        let mut logits: Vec<f32> = (0..QUERIES * CLASSES)
            .map(|_| -9.0 + 6.0 * random.next())
            .collect();
        // A class for no object, which a softmax has.
        logits
            .iter_mut()
            .skip(CLASSES - 1)
            .step_by(CLASSES)
            .for_each(|logit| *logit = -0.5);
        for object in 0..OBJECTS {
            let query = object * (QUERIES / OBJECTS) + 3;
            let class = (random.next() * (CLASSES - 1) as f32) as usize;
            logits[query * CLASSES + class] = 1.5 + random.next();
        }
        let boxes = (0..QUERIES)
            .flat_map(|_| {
                [
                    0.1 + 0.8 * random.next(),
                    0.1 + 0.8 * random.next(),
                    0.1,
                    0.1,
                ]
            })
            .collect();
        let halves = logits.iter().copied().map(f16::from_f32).collect();
        Self {
            logits,
            halves,
            boxes,
        }
    }

    fn many() -> Vec<Self> {
        let mut random = Random(11);
        (0..FRAMES).map(|_| Self::new(&mut random)).collect()
    }

    fn tensors(&self, kind: &str) -> [TensorView<'_>; 2] {
        let dims = [QUERIES, CLASSES];
        let logits = match kind.ends_with("HALF") {
            true => TensorView::new("pred_logits", &dims, &self.halves[..]),
            false => TensorView::new("pred_logits", &dims, &self.logits[..]),
        };
        let boxes = TensorView::new("pred_boxes", &[QUERIES, 4], &self.boxes[..]);
        [logits, boxes].map(Result::unwrap)
    }
}

fn postprocessor(kind: &str) -> Postprocessor {
    let format = match kind.starts_with("softmax") {
        true => Format::Detr,
        false => Format::Rtdetr,
    };
    let layout = Layout {
        format: Some(format),
        ..Layout::default()
    };
    Postprocessor::of(&detr::FAMILY, Arc::new(layout))
}

fn geometry() -> Geometry {
    Geometry::new(Size::new(640, 640), Size::new(1920, 1080), Padding::Stretch).unwrap()
}

/// The least a program can do that looks at every logit: as FLOAT, and as integers of as many bytes.
fn greatest<T: Copy + PartialOrd>(numbers: &[T], least: T) -> [T; 16] {
    // Without an order of its own, so that it can be done in vectors.
    let mut greatest = [least; 16];
    for chunk in numbers.as_chunks::<16>().0 {
        for (most, &number) in greatest.iter_mut().zip(chunk) {
            *most = if number > *most { number } else { *most };
        }
    }
    greatest
}

/// Our readers next to one pass over the same bytes, as lines for `scripts/bench-table.py`. They take turns, and the
/// best round of each counts.
fn compare() {
    const ROUNDS: usize = 40;
    let frames = Frame::many();
    let bits: Vec<Vec<i16>> = frames
        .iter()
        .map(|frame| {
            frame
                .halves
                .iter()
                .map(|half| half.to_bits() as i16)
                .collect()
        })
        .collect();
    let (geometry, params) = (geometry(), Params::default());
    for kind in KINDS {
        let mut postprocessor = postprocessor(kind);
        let (mut ours, mut pass) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            let start = Instant::now();
            if kind.ends_with("HALF") {
                for halves in &bits {
                    black_box(greatest(black_box(halves), i16::MIN));
                }
            } else {
                for frame in &frames {
                    black_box(greatest(black_box(&frame.logits), f32::NEG_INFINITY));
                }
            }
            let middle = Instant::now();
            for frame in &frames {
                let tensors = frame.tensors(kind);
                let found = postprocessor.run(black_box(&tensors), &geometry, &params);
                black_box(found.map(<[_]>::len)).unwrap();
            }
            pass = pass.min(middle - start);
            ours = ours.min(middle.elapsed());
        }
        let us = |time: Duration| time.as_secs_f64() * 1e6 / FRAMES as f64;
        println!(
            "bench: work=\"decode, DETR 300 x 80, {kind}\" peer=\"one pass over the same bytes\" \
             ours_us={:.3} peer_us={:.3} goal={}",
            us(ours),
            us(pass),
            if kind.starts_with("softmax") {
                3.0
            } else {
                1.5
            },
        );
    }
}

#[divan::bench(args = KINDS)]
fn queries_300x80(bencher: Bencher<'_, '_>, kind: &str) {
    let frames = Frame::many();
    let mut cycle = frames.iter().cycle();
    let (geometry, params) = (geometry(), Params::default());
    let mut postprocessor = postprocessor(kind);
    bencher.bench_local(|| {
        let tensors = cycle.next().unwrap().tensors(kind);
        postprocessor
            .run(black_box(&tensors), &geometry, &params)
            .map(<[_]>::len)
    });
}
