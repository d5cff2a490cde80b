//! What rsyoloparser's decoding costs a frame, beside a custom parser in C++ and nvinfer's suppression.
//!
//! Heads of an input of 640x640 with 80 classes, 30 objects of 8 anchors each: as channels, and as the rows that
//! DeepStream-Yolo's exports make of them in the graph. Both programs take turns frame by frame, and the best time of
//! each frame counts. HALF heads are beside one pass over as many FLOAT numbers, as that is what an engine in half
//! precision is to save.

#[path = "../nvds-decode/benches/crowd/mod.rs"]
#[allow(dead_code)] // frames of SSDs
mod crowd;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crowd::Random;
use nvds_bench_probe::YoloHead;
use nvds_decode::yolo::FAMILY;
use nvds_decode::{
    Format, Geometry, Layout, Padding, Params, Postprocessor, Size, TensorView, f16,
};

const ANCHORS: usize = 8400;
const CLASSES: usize = 80;
const CHANNELS: usize = 4 + CLASSES;
/// More than any cache holds.
const FRAMES: usize = 24;
const ROUNDS: usize = 20;
const SIDE: u32 = 640;
const SCALE: f32 = 3.0;

/// One frame's head.
struct Head {
    channels: Vec<f32>,
    halves: Vec<f16>,
    rows: Vec<f32>,
}

impl Head {
    fn new(random: &mut Random) -> Self {
        let mut channels: Vec<f32> = (0..CHANNELS * ANCHORS)
            .map(|_| 0.02 * random.next())
            .collect();
        for anchor in 0..ANCHORS {
            for (channel, most) in [600.0, 600.0, 40.0, 40.0].into_iter().enumerate() {
                channels[channel * ANCHORS + anchor] = 2.0 + most * random.next();
            }
        }
        for _ in 0..30 {
            let first = (random.next() * (ANCHORS - 8) as f32) as usize;
            let class = (random.next() * CLASSES as f32) as usize;
            for anchor in first..first + 8 {
                channels[(4 + class) * ANCHORS + anchor] = 0.5 + 0.5 * random.next();
            }
        }
        let rows = (0..ANCHORS).flat_map(|anchor| row(&channels, anchor));
        Self {
            rows: rows.collect(),
            halves: channels
                .iter()
                .map(|&number| f16::from_f32(number))
                .collect(),
            channels,
        }
    }

    /// As rows of six, or as channels.
    fn view(&self, rows: bool) -> TensorView<'_> {
        match rows {
            true => TensorView::new("output", &[ANCHORS, 6], &self.rows[..]),
            false => TensorView::new("output0", &[CHANNELS, ANCHORS], &self.channels[..]),
        }
        .unwrap()
    }
}

/// Corners, score and class of an anchor.
fn row(channels: &[f32], anchor: usize) -> [f32; 6] {
    let number = |channel: usize| channels[channel * ANCHORS + anchor];
    let best = (0..CLASSES).fold(0, |best, class| {
        if number(4 + class) > number(4 + best) {
            class
        } else {
            best
        }
    });
    let [x, y, w, h] = [0, 1, 2, 3].map(number);
    let (w, h) = (0.5 * w, 0.5 * h);
    [x - w, y - h, x + w, y + h, number(4 + best), best as f32]
}

fn decoder(format: Format) -> Postprocessor {
    let layout = Layout {
        format: Some(format),
        labels: Some(CLASSES),
        ..Layout::default()
    };
    Postprocessor::of(&FAMILY, Arc::new(layout))
}

/// The least time that each of two takes for a frame, on average, in microseconds.
fn measure(mut ours: impl FnMut(usize), mut peer: impl FnMut(usize)) -> (f64, f64) {
    let mut best = [[Duration::MAX; 2]; FRAMES];
    for _ in 0..ROUNDS {
        for (frame, [_, time]) in best.iter_mut().enumerate() {
            let start = Instant::now();
            peer(frame);
            *time = start.elapsed().min(*time);
        }
        for (frame, [time, _]) in best.iter_mut().enumerate() {
            let start = Instant::now();
            ours(frame);
            *time = start.elapsed().min(*time);
        }
    }
    let mean = |which: usize| {
        let sum: Duration = best.iter().map(|times| times[which]).sum();
        sum.as_secs_f64() * 1e6 / FRAMES as f64
    };
    (mean(0), mean(1))
}

/// The greatest of many numbers, as fast as it goes.
fn greatest(numbers: &[f32]) -> [f32; 16] {
    let mut greatest = [f32::NEG_INFINITY; 16];
    for chunk in numbers.as_chunks::<16>().0 {
        for (most, number) in greatest.iter_mut().zip(chunk) {
            *most = if number > most { *number } else { *most };
        }
    }
    greatest
}

fn main() {
    let network = Size::new(SIDE, SIDE);
    let frame = Size::new(3 * SIDE, 3 * SIDE);
    let geometry = Geometry::new(network, frame, Padding::Stretch).unwrap();
    // As DeepStream-Yolo's configurations have them. The parser's least size is one pixel of the network.
    let params = Params {
        score_threshold: 0.25,
        nms_iou_threshold: 0.45,
        min_width: SCALE.next_down(),
        min_height: SCALE.next_down(),
        ..Params::default()
    };
    let mut random = Random(3);
    let heads: Vec<Head> = (0..FRAMES).map(|_| Head::new(&mut random)).collect();
    let theirs = |head: &Head, rows: bool| {
        let head = YoloHead {
            numbers: if rows { &head.rows } else { &head.channels },
            classes: CLASSES,
            rows,
            side: SIDE as f32,
            scale: SCALE,
            score_threshold: params.score_threshold,
            iou_threshold: params.nms_iou_threshold,
        };
        head.run()
    };
    for (kind, format, rows, goal) in [
        ("[84, 8400]", Format::Yolov8, false, 0.5),
        ("[8400, 6]", Format::DeepstreamYolo, true, 0.5),
    ] {
        let mut postprocessor = decoder(format);
        for head in &heads {
            let run = postprocessor.run(&[head.view(rows)], &geometry, &params);
            let found = run.unwrap();
            let (count, sum) = theirs(head, rows);
            assert_eq!(found.len(), count, "{kind}");
            let lefts: f32 = found.iter().map(|found| found.bbox.left).sum();
            assert!((lefts - sum).abs() < 1.0, "{kind}: {lefts}, {sum}");
        }
        let (ours, peer) = measure(
            |frame| {
                let run =
                    postprocessor.run(black_box(&[heads[frame].view(rows)]), &geometry, &params);
                black_box(run.map(<[_]>::len)).unwrap();
            },
            |frame| {
                black_box(theirs(black_box(&heads[frame]), rows));
            },
        );
        let work = format!("YOLO head {kind}, boxes and suppression");
        nvds_bench_probe::report(&work, "parser in C++ and nvinfer's NMS", ours, peer, goal);
    }
    let mut postprocessor = decoder(Format::Yolov8);
    let (ours, peer) = measure(
        |frame| {
            let dims = [CHANNELS, ANCHORS];
            let half = TensorView::new("output0", &dims, &heads[frame].halves[..]).unwrap();
            let run = postprocessor.run(black_box(&[half]), &geometry, &params);
            black_box(run.map(<[_]>::len)).unwrap();
        },
        |frame| {
            black_box(greatest(black_box(&heads[frame].channels)));
        },
    );
    let work = "YOLO head [84, 8400] HALF";
    nvds_bench_probe::report(work, "one pass over as many FLOAT", ours, peer, 1.5);
}
