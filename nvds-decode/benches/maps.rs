//! Time from tensors to class maps, masks and key points, per frame.
//!
//! `cargo bench -p nvds-decode --bench maps`. Each stands beside the least that a program can do, in turns, and the best
//! round of each counts.

#[allow(dead_code)] // Its random numbers are used, not its frames.
mod crowd;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crowd::Random;
use nvds_decode::segments::{self, Map, Segmenter};
use nvds_decode::{Geometry, Layout, Padding, Params, Postprocessor, Size, TensorView, yolo};

const OBJECTS: usize = 20;
const ROWS: usize = 300;
const POINTS: usize = 17;
const PROTOTYPES: usize = 32;
/// Prototypes across and down, a quarter of the network's input.
const CELLS: usize = 160;
/// Cells of an object's box across and down.
const BOX: usize = 80;
const ROUNDS: usize = 60;

fn main() {
    class_map();
    masks();
    poses();
}

/// The least time of each of two, in microseconds.
fn measure(mut ours: impl FnMut(), mut peer: impl FnMut()) -> (f64, f64) {
    let (mut least, mut pass) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        peer();
        let middle = Instant::now();
        ours();
        pass = pass.min(middle - start);
        least = least.min(middle.elapsed());
    }
    (least.as_secs_f64() * 1e6, pass.as_secs_f64() * 1e6)
}

fn report(work: &str, peer: &str, (ours, theirs): (f64, f64), goal: f64) {
    println!(
        "bench: work=\"decode, {work}\" peer=\"{peer}\" ours_us={ours:.3} peer_us={theirs:.3} goal={goal}"
    );
}

/// The greatest of many numbers, as fast as it goes.
fn greatest(numbers: &[f32]) -> [f32; 16] {
    let mut greatest = [f32::NEG_INFINITY; 16];
    for chunk in numbers.as_chunks::<16>().0 {
        for (most, &number) in greatest.iter_mut().zip(chunk) {
            *most = if number > *most { number } else { *most };
        }
    }
    greatest
}

fn class_map() {
    let dims = [21, 512, 512];
    let mut random = Random(5);
    let numbers: Vec<f32> = (0..dims.iter().product()).map(|_| random.next()).collect();
    let tensor = TensorView::new("output", &dims, &numbers[..]).unwrap();
    for (what, only_classes, goal) in [("", true, 1.3), (" and probabilities", false, 4.0)] {
        let mut segmenter = Segmenter::new(segments::Options {
            only_classes,
            ..segments::Options::default()
        });
        let mut map = Map::default();
        let times = measure(
            || {
                segmenter.run(black_box(&[tensor]), None, &mut map).unwrap();
                black_box(&map);
            },
            || {
                black_box(greatest(black_box(&numbers)));
            },
        );
        let work = format!("class map [21, 512, 512]{what}");
        report(&work, "one pass over it", times, goal);
    }
}

/// Rows of a network that gives detections end to end: corners, score, class, and what `more` makes of an object's number.
fn rows(length: usize, mut more: impl FnMut(usize) -> Vec<f32>) -> Vec<f32> {
    let mut rows = vec![0.0; ROWS * length];
    for (object, row) in rows.chunks_mut(length).take(OBJECTS).enumerate() {
        let (left, top) = (10.0 + 15.0 * object as f32, 5.0 + 14.0 * object as f32);
        let side = 4.0 * BOX as f32;
        row[..6].copy_from_slice(&[left, top, left + side, top + side, 0.9, 0.0]);
        row[6..].copy_from_slice(&more(object));
    }
    rows
}

fn postprocessor() -> Postprocessor {
    let layout = Layout {
        labels: Some(1),
        ..Layout::default()
    };
    Postprocessor::of(&yolo::FAMILY, Arc::new(layout))
}

fn geometry() -> Geometry {
    Geometry::new(Size::new(640, 640), Size::new(640, 640), Padding::Stretch).unwrap()
}

/// A mask of 80x80 cells for each object, beside the sums of its prototypes alone.
fn masks() {
    let mut random = Random(7);
    let rows = rows(6 + PROTOTYPES, |_| {
        (0..PROTOTYPES).map(|_| random.next() - 0.5).collect()
    });
    let mut random = Random(9);
    let pictures: Vec<f32> = (0..PROTOTYPES * CELLS * CELLS)
        .map(|_| random.next() - 0.5)
        .collect();
    let tensors = [
        TensorView::new("output0", &[ROWS, 6 + PROTOTYPES], &rows[..]).unwrap(),
        TensorView::new("output1", &[PROTOTYPES, CELLS, CELLS], &pictures[..]).unwrap(),
    ];
    let (geometry, params) = (geometry(), Params::default());
    let mut postprocessor = postprocessor();
    postprocessor.run(&tensors, &geometry, &params).unwrap();
    for object in 0..OBJECTS {
        let size = postprocessor.extras().mask_of(object).unwrap().1;
        assert!(size.width as usize >= BOX && size.height as usize >= BOX);
    }
    let mut sums = vec![0.0; BOX * BOX];
    let times = measure(
        || {
            let found = postprocessor.run(black_box(&tensors), &geometry, &params);
            black_box(found.map(<[_]>::len)).unwrap();
        },
        || {
            for row in black_box(&rows).chunks(6 + PROTOTYPES).take(OBJECTS) {
                sum_up(&pictures, row, &mut sums);
                black_box(&sums);
            }
        },
    );
    let work = "20 masks of 80x80, prototypes [32, 160, 160]";
    report(work, "sums of products alone", times, 1.5);
}

/// The sum of each cell's prototypes, each times its coefficient, in the order in which they lie.
fn sum_up(pictures: &[f32], row: &[f32], sums: &mut [f32]) {
    sums.fill(0.0);
    let first = row[1] as usize / 4 * CELLS + row[0] as usize / 4;
    for (picture, coefficient) in pictures.chunks_exact(CELLS * CELLS).zip(&row[6..]) {
        let lines = picture[first..].chunks(CELLS);
        for (sums, line) in sums.chunks_exact_mut(BOX).zip(lines) {
            for (sum, number) in sums.iter_mut().zip(line) {
                *sum += coefficient * number;
            }
        }
    }
}

/// 17 points of each object, beside five microseconds.
fn poses() {
    let mut random = Random(11);
    let rows = rows(6 + 3 * POINTS, |_| {
        (0..3 * POINTS).map(|_| random.next()).collect()
    });
    let tensor = TensorView::new("output0", &[ROWS, 6 + 3 * POINTS], &rows[..]).unwrap();
    let (geometry, params) = (geometry(), Params::default());
    let mut postprocessor = postprocessor();
    postprocessor.run(&[tensor], &geometry, &params).unwrap();
    let points = postprocessor.extras().key_points.len();
    assert_eq!(points, OBJECTS * POINTS);
    let (ours, _) = measure(
        || {
            for _ in 0..100 {
                let found = postprocessor.run(black_box(&[tensor]), &geometry, &params);
                black_box(found.map(<[_]>::len)).unwrap();
            }
        },
        || (),
    );
    let work = "20 objects with 17 key points, rows [300, 57]";
    report(work, "5 us", (ours / 100.0, 5.0), 1.0);
}
