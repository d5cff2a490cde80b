//! Time and allocations from tensors to detections, per frame.
//!
//! `cargo bench -p nvds-decode`. The frames differ from one iteration to the
//! next, so that branches are not learnt by heart.

#[path = "../tests/common/mod.rs"]
#[allow(dead_code)] // Nothing is compared here.
mod common;
mod crowd;
mod yolo;

use crowd::{Frame, Random, crowd};

use std::sync::Arc;
use std::time::{Duration, Instant};

use divan::{AllocProfiler, Bencher, black_box};
use nvds_decode::anchors::{Anchors, TfSsd};
use nvds_decode::families;
use nvds_decode::nms::Nms;
use nvds_decode::select::Decoder;
use nvds_decode::{
    Activation, Background, Candidate, Geometry, Layout, NmsMode, Options, Padding, Params,
    Postprocessor, Raw, Size, TensorView, f16,
};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    let frames = crowd();
    let params = Params::default();
    let mut postprocessor = Postprocessor::new();
    for frame in &frames {
        let found = postprocessor.run(&tensors(frame), &geometry(), &params);
        assert_eq!(found.map(<[_]>::len), Ok(40));
        assert_eq!(postprocessor.counts().dropped.nms, 60);
    }
    divan::main();
    if std::env::args().any(|arg| arg == "--bench") {
        compare_raw();
        yolo::compare();
    }
}

/// Raw heads next to one pass over as many FLOAT scores, as lines for `scripts/bench-table.py`. They take turns, and
/// the best round of each counts.
fn compare_raw() {
    const ROUNDS: usize = 20;
    let frames = RawFrame::many();
    let (geometry, params) = (geometry(), Params::default());
    for (kind, goal) in RAW.into_iter().zip([1.05, 1.3, 1.0, 1.0]) {
        let half = kind.ends_with("HALF");
        let mut postprocessor = Postprocessor::with_layout(raw_layout(kind));
        let (mut ours, mut pass) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            let start = Instant::now();
            for frame in &frames {
                black_box(greatest(black_box(&frame.scores)));
            }
            let middle = Instant::now();
            for frame in &frames {
                let tensors = frame.tensors(half);
                let found = postprocessor.run(black_box(&tensors), &geometry, &params);
                black_box(found.map(<[_]>::len)).unwrap();
            }
            pass = pass.min(middle - start);
            ours = ours.min(middle.elapsed());
        }
        let us = |time: Duration| time.as_secs_f64() * 1e6 / FRAMES as f64;
        println!(
            "bench: work=\"decode, raw head 1917 x 91, {kind}\" peer=\"one pass over FLOAT\" \
             ours_us={:.3} peer_us={:.3} goal={goal}",
            us(ours),
            us(pass)
        );
    }
}

/// The reference cases of every decoder, by number.
fn references() -> impl Iterator<Item = (&'static Decoder, usize)> {
    nvds_decode::ssd::FAMILY
        .decoders
        .iter()
        .copied()
        .flat_map(|decoder| (0..common::load(decoder.name).cases.len()).map(move |i| (decoder, i)))
}

/// The reference frames, by decoder and case.
#[divan::bench(args = references().map(|(d, i)| format!("{}#{i}", d.name)))]
fn reference(bencher: Bencher<'_, '_>, name: &str) {
    let (name, index) = name.split_once('#').unwrap();
    let reference = common::load(name);
    let case = &reference.cases[index.parse::<usize>().unwrap()];
    let frames: Vec<Vec<TensorView<'_>>> = case
        .frames
        .iter()
        .map(|frame| frame.iter().map(|tensor| tensor.view()).collect())
        .collect();
    let mut postprocessor =
        Postprocessor::with_decoder(families::by_name(name).unwrap(), case.layout.clone());
    let mut cycle = (0..frames.len()).cycle();
    bencher.bench_local(|| {
        let tensors = &frames[cycle.next().unwrap_or(0)];
        postprocessor
            .run(black_box(tensors), &reference.geometry, &reference.params)
            .map(<[_]>::len)
    });
}

/// 100 candidates over the threshold, of which 40 survive.
#[divan::bench]
fn crowd_100_to_40(bencher: Bencher<'_, '_>) {
    let frames = crowd();
    let (geometry, params) = (geometry(), Params::default());
    let mut postprocessor = Postprocessor::new();
    let mut cycle = (0..frames.len()).cycle();
    bencher.bench_local(|| {
        let frame = &frames[cycle.next().unwrap_or(0)];
        postprocessor
            .run(black_box(&tensors(frame)), &geometry, &params)
            .map(<[_]>::len)
    });
}

/// A network's raw outputs: 1917 anchors, 91 classes, 30 of all scores over the threshold.
struct RawFrame {
    boxes: Vec<f32>,
    scores: Vec<f32>,
    halves: Vec<f16>,
}

/// More than any cache holds.
const FRAMES: usize = 48;
const ANCHORS: usize = 1917;
const CLASSES: usize = 91;

impl RawFrame {
    fn new() -> Self {
        let mut random = Random(7);
        let mut scores: Vec<f32> = (0..ANCHORS * CLASSES)
            .map(|_| -8.0 + 4.0 * random.next())
            .collect();
        for _ in 0..30 {
            let at = (random.next() * scores.len() as f32) as usize;
            scores[at] = 0.5 + random.next();
        }
        // The background is likely everywhere.
        scores.iter_mut().step_by(CLASSES).for_each(|s| *s = 3.0);
        let boxes = (0..4 * ANCHORS).map(|_| random.next() - 0.5).collect();
        let halves = scores.iter().copied().map(f16::from_f32).collect();
        Self {
            boxes,
            scores,
            halves,
        }
    }

    fn tensors(&self, half: bool) -> [TensorView<'_>; 2] {
        let dims = [ANCHORS, CLASSES];
        [
            TensorView::new("box_encodings", &[ANCHORS, 4], &self.boxes[..]),
            match half {
                true => TensorView::new("class_predictions", &dims, &self.halves[..]),
                false => TensorView::new("class_predictions", &dims, &self.scores[..]),
            },
        ]
        .map(Result::unwrap)
    }

    /// Frames to take turns, so that each is read from memory.
    fn many() -> Vec<Self> {
        (0..FRAMES).map(|_| Self::new()).collect()
    }
}

/// What `raw_1917x91` is measured by: the least a program can do that looks at every score, read
/// from memory as FLOAT.
#[divan::bench]
fn one_pass_over_1917x91_scores(bencher: Bencher<'_, '_>) {
    let frames = RawFrame::many();
    let mut cycle = frames.iter().cycle();
    bencher.bench_local(|| greatest(black_box(&cycle.next().unwrap().scores)));
}

fn greatest(scores: &[f32]) -> [f32; 16] {
    // Without an order of its own, so that it can be done in vectors.
    let mut greatest = [f32::NEG_INFINITY; 16];
    for chunk in scores.as_chunks::<16>().0 {
        for (most, &score) in greatest.iter_mut().zip(chunk) {
            *most = if score > *most { score } else { *most };
        }
    }
    greatest
}

const RAW: [&str; 4] = [
    "sigmoid FLOAT",
    "softmax FLOAT",
    "sigmoid HALF",
    "softmax HALF",
];

/// Raw outputs, read from memory: activation, and type of the scores.
#[divan::bench(args = RAW)]
fn raw_1917x91(bencher: Bencher<'_, '_>, kind: &str) {
    let frames = RawFrame::many();
    let mut cycle = frames.iter().cycle();
    let half = kind.ends_with("HALF");
    let (geometry, params) = (geometry(), Params::default());
    let mut postprocessor = Postprocessor::with_layout(raw_layout(kind));
    bencher.bench_local(|| {
        let tensors = cycle.next().unwrap().tensors(half);
        postprocessor
            .run(black_box(&tensors), &geometry, &params)
            .map(<[_]>::len)
    });
}

fn raw_layout(kind: &str) -> Arc<Layout> {
    Arc::new(Layout {
        options: Options::Anchors(Raw::new(Anchors::tf_ssd(&TfSsd::default()).unwrap())),
        activation: Some(match kind.starts_with("softmax") {
            true => Activation::Softmax,
            false => Activation::Sigmoid,
        }),
        background: Background::Class(0),
        ..Layout::default()
    })
}

/// 100 entries below the threshold: what most frames are.
#[divan::bench]
fn empty_of_100(bencher: Bencher<'_, '_>) {
    let mut frames = crowd();
    for frame in &mut frames {
        frame.scores.iter_mut().for_each(|score| *score *= 0.4);
    }
    let (geometry, params) = (geometry(), Params::default());
    let mut postprocessor = Postprocessor::new();
    let mut cycle = frames.iter().cycle();
    bencher.bench_local(|| {
        let frame = cycle.next().unwrap();
        postprocessor
            .run(black_box(&tensors(frame)), &geometry, &params)
            .map(<[_]>::len)
    });
}

/// The suppression alone, of boxes that all survive, in one class.
#[divan::bench(args = [20, 100])]
fn nms_without_overlap(bencher: Bencher<'_, '_>, count: usize) {
    let mut random = Random(1);
    let candidates: Vec<Candidate> = (0..count)
        .map(|i| {
            let (left, top) = ((i % 40) as f32 * 30.0, (i / 40) as f32 * 30.0);
            Candidate {
                class_id: 0,
                score: random.next(),
                entry: 0,
                x_min: left,
                y_min: top,
                x_max: left + 29.0,
                y_max: top + 29.0,
            }
        })
        .collect();
    let (mut nms, mut kept) = (Nms::default(), Vec::new());
    bencher.bench_local(|| {
        nms.run(black_box(&candidates), NmsMode::PerClass, 0.3, &mut kept);
        kept.len()
    });
}

fn geometry() -> Geometry {
    Geometry::new(Size::new(300, 300), Size::new(1920, 1080), Padding::Stretch).unwrap()
}

fn tensors(frame: &Frame) -> [TensorView<'_>; 4] {
    [
        TensorView::new("num_detections", &[1], &[100f32][..]),
        TensorView::new("detection_scores", &[100], &frame.scores[..]),
        TensorView::new("detection_classes", &[100], &frame.classes[..]),
        TensorView::new("detection_boxes", &[100, 4], &frame.boxes[..]),
    ]
    .map(Result::unwrap)
}
