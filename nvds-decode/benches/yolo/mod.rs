//! YOLO heads next to one pass for the greatest number over the same bytes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use divan::black_box;
use nvds_decode::yolo::FAMILY;
use nvds_decode::{
    Format, Geometry, Layout, Padding, Params, Postprocessor, Size, TensorView, f16,
};

use super::Random;

/// A head of an input of 640 x 640 with 80 classes, 30 objects of 8 anchors each.
struct Head {
    floats: Vec<f32>,
    halves: Vec<f16>,
    dims: [usize; 2],
}

/// More than any cache holds.
const FRAMES: usize = 24;
const CLASSES: usize = 80;

/// The kinds of heads: format, dimensions, whether HALF.
const KINDS: [(&str, Format, [usize; 2], bool); 6] = [
    ("[84, 8400] FLOAT", Format::Yolov8, [84, 8400], false),
    ("[84, 8400] HALF", Format::Yolov8, [84, 8400], true),
    ("[8400, 84] FLOAT", Format::Yolov8, [8400, 84], false),
    ("[8400, 84] HALF", Format::Yolov8, [8400, 84], true),
    ("[25200, 85] FLOAT", Format::Yolov5, [25200, 85], false),
    ("[8400, 85] FLOAT, YOLOX", Format::Yolox, [8400, 85], false),
];

impl Head {
    fn new(format: Format, dims: [usize; 2], random: &mut Random) -> Self {
        let by_channel = dims[0] < dims[1];
        let (channels, anchors) = match by_channel {
            true => (dims[0], dims[1]),
            false => (dims[1], dims[0]),
        };
        let mut floats: Vec<f32> = (0..channels * anchors)
            .map(|_| 0.02 * random.next())
            .collect();
        let at = |anchor: usize, channel: usize| match by_channel {
            true => channel * anchors + anchor,
            false => anchor * channels + channel,
        };
        for anchor in 0..anchors {
            let relative = format == Format::Yolox;
            for (channel, most) in [600.0, 600.0, 40.0, 40.0].into_iter().enumerate() {
                let most = if relative { 2.0 } else { most };
                floats[at(anchor, channel)] = 2.0 + most * random.next();
            }
        }
        for _ in 0..30 {
            let first = (random.next() * (anchors - 8) as f32) as usize;
            let class = (random.next() * CLASSES as f32) as usize;
            for anchor in first..first + 8 {
                for channel in 4..channels - CLASSES {
                    floats[at(anchor, channel)] = 0.9;
                }
                floats[at(anchor, channels - CLASSES + class)] = 0.5 + 0.5 * random.next();
            }
        }
        let halves = floats.iter().map(|&number| f16::from_f32(number)).collect();
        Self {
            floats,
            halves,
            dims,
        }
    }

    fn view(&self, half: bool) -> TensorView<'_> {
        match half {
            true => TensorView::new("output0", &self.dims, &self.halves[..]),
            false => TensorView::new("output0", &self.dims, &self.floats[..]),
        }
        .unwrap()
    }
}

/// The greatest of HALF numbers none of which is negative: their bits are in their order.
fn greatest_half(numbers: &[f16]) -> [i16; 16] {
    let mut greatest = [i16::MIN; 16];
    for chunk in numbers.as_chunks::<16>().0 {
        for (most, number) in greatest.iter_mut().zip(chunk) {
            *most = (*most).max(number.to_bits() as i16);
        }
    }
    greatest
}

/// Prints lines for `scripts/bench-table.py`. Both take turns, and the best time of each frame counts.
pub fn compare() {
    const ROUNDS: usize = 20;
    let network = Size::new(640, 640);
    let geometry = Geometry::new(network, Size::new(1920, 1080), Padding::Symmetric).unwrap();
    let params = Params::default();
    let mut random = Random(3);
    for (kind, format, dims, half) in KINDS {
        let heads: Vec<Head> = (0..FRAMES)
            .map(|_| Head::new(format, dims, &mut random))
            .collect();
        let layout = Layout {
            format: Some(format),
            labels: Some(CLASSES),
            ..Layout::default()
        };
        let mut postprocessor = Postprocessor::of(&FAMILY, Arc::new(layout));
        let mut best = [[Duration::MAX; 2]; FRAMES];
        let mut found = 0;
        for _ in 0..ROUNDS {
            for (head, [_, pass]) in heads.iter().zip(&mut best) {
                let start = Instant::now();
                match half {
                    true => drop(black_box(greatest_half(black_box(&head.halves)))),
                    false => drop(black_box(super::greatest(black_box(&head.floats)))),
                }
                *pass = start.elapsed().min(*pass);
            }
            for (head, [ours, _]) in heads.iter().zip(&mut best) {
                let start = Instant::now();
                let run = postprocessor.run(black_box(&[head.view(half)]), &geometry, &params);
                found = run.map(<[_]>::len).unwrap();
                *ours = start.elapsed().min(*ours);
            }
        }
        assert!(found >= 20, "{kind}: {found}");
        let us = |which: usize| {
            let sum: Duration = best.iter().map(|times| times[which]).sum();
            sum.as_secs_f64() * 1e6 / FRAMES as f64
        };
        println!(
            "bench: work=\"decode, YOLO head {kind}\" peer=\"one pass over the same bytes\" \
             ours_us={:.3} peer_us={:.3} goal=1.5",
            us(0),
            us(1)
        );
    }
}
