//! Class maps, poses and prototypes of masks with any dimensions and numbers.

use nvds_decode::masks::Prototypes;
use nvds_decode::poses::{self, Format, Poses};
use nvds_decode::segments::{self, MOST_CLASSES, Map, Order, Segmenter};
use nvds_decode::{Activation, Geometry, Padding, Size, TensorView, f16};

use crate::attributes::{choose, floats};

/// A size of 1 to `most`.
fn size(bytes: &[u8], most: usize) -> (usize, &[u8]) {
    let (number, bytes) = choose(bytes, most);
    (number + 1, bytes)
}

/// As many numbers as there are places; what is missing is 0.
fn numbers(bytes: &[u8], count: usize) -> Vec<f32> {
    let mut numbers = floats(bytes);
    numbers.resize(count, 0.0);
    numbers
}

/// Every pixel has a class that there is, or none; and each of them is counted.
pub fn segments(bytes: &[u8]) {
    let (kind, bytes) = choose(bytes, 4);
    let (order, bytes) = choose(bytes, 3);
    let (activation, bytes) = choose(bytes, 4);
    let (threshold, bytes) = choose(bytes, 3);
    let (a, bytes) = size(bytes, 24);
    let (b, bytes) = size(bytes, 24);
    let (c, bytes) = size(bytes, 24);
    let (dims, count) = ([a, b, c], a * b * c);
    let real = numbers(bytes, count);
    let halves: Vec<f16> = real.iter().map(|&number| f16::from_f32(number)).collect();
    let whole: Vec<i64> = real.iter().map(|&number| number as i64).collect();
    let mut small = bytes.to_vec();
    small.resize(count, 0);
    let layer = match kind {
        0 => TensorView::new("x", &dims, &real[..]),
        1 => TensorView::new("x", &dims, &halves[..]),
        2 => TensorView::new("x", &dims, &whole[..]),
        _ => TensorView::new("x", &dims, &small[..]),
    };
    let layer = layer.unwrap();
    let mut segmenter = Segmenter::new(segments::Options {
        layer: None,
        order: [None, Some(Order::Chw), Some(Order::Hwc)][order],
        activation: [
            None,
            Some(Activation::Sigmoid),
            Some(Activation::Softmax),
            Some(Activation::Percent),
        ][activation],
        threshold: [None, Some(0.5), Some(f32::NEG_INFINITY)][threshold],
        only_classes: false,
    });
    let mut map = Map::default();
    let network = Some(Size::new(b as u32, a as u32));
    // Twice, as memory is kept from frame to frame.
    for _ in 0..2 {
        if segmenter.run(&[layer], network, &mut map).is_err() {
            return;
        }
        let pixels = map.size.width as usize * map.size.height as usize;
        assert_eq!(map.class_map.len(), pixels);
        let classes = match map.classes {
            0 => MOST_CLASSES as i32,
            classes => classes as i32,
        };
        assert!(
            map.class_map
                .iter()
                .all(|class| (-1..classes).contains(class))
        );
        let (counts, none) = map.coverage();
        assert_eq!(counts.iter().sum::<u64>() + none, pixels as u64);
        assert!(
            map.probabilities.is_empty()
                || map.probabilities.len() == pixels * map.classes as usize
        );
    }
}

/// In the frame, every point has a place and a confidence, and the best pose is the first.
pub fn poses(bytes: &[u8]) {
    let (format, bytes) = choose(bytes, Format::ALL.len());
    let (told, bytes) = choose(bytes, 2);
    let (points, bytes) = size(bytes, 20);
    let (width, bytes) = size(bytes, 24);
    let (height, bytes) = size(bytes, 24);
    let (network, dims) = (Size::new(width as u32, height as u32), |n: usize| {
        vec![points, n]
    });
    let format = Format::ALL[format];
    let layers = match format {
        Format::Simcc => vec![("simcc_x", dims(2 * width)), ("simcc_y", dims(2 * height))],
        Format::Heatmaps => vec![("maps", vec![points, height, width])],
        Format::Movenet => vec![("points", vec![1, points, 3])],
        Format::MovenetMulti => vec![("people", dims(56))],
    };
    let counts: Vec<usize> = layers
        .iter()
        .map(|(_, dims)| dims.iter().product())
        .collect();
    let all = numbers(bytes, counts.iter().sum());
    let (first, second) = all.split_at(counts[0]);
    let tensors: Vec<_> = layers
        .iter()
        .zip([first, second])
        .map(|((name, dims), numbers)| TensorView::new(name, dims, numbers).unwrap())
        .collect();
    let mut found = Poses::default();
    let format = (told == 1).then_some(format);
    if poses::read(&tensors, network, format, 0.25, &mut found).is_err() {
        return;
    }
    found.sort();
    let sorted = found
        .as_slice()
        .is_sorted_by(|a, b| a.score.total_cmp(&b.score).is_ge());
    assert!(sorted);
    let Ok(geometry) = Geometry::new(network, Size::new(1920, 1080), Padding::Symmetric) else {
        return;
    };
    for pose in found.as_mut_slice() {
        pose.move_to_frame(&geometry);
        for point in &pose.points {
            assert!(
                [point.x, point.y, point.confidence]
                    .iter()
                    .all(|number| number.is_finite()),
                "{point:?}"
            );
        }
    }
}

/// A part of the logits has a number for each of its cells, those that the whole has there.
pub fn prototypes(bytes: &[u8]) {
    let (count, bytes) = choose(bytes, 12);
    let (width, bytes) = size(bytes, 12);
    let (height, bytes) = size(bytes, 12);
    let [mut columns, mut rows] = [0..width, 0..height];
    let (start, bytes) = choose(bytes, 16);
    let (end, bytes) = choose(bytes, 16);
    (columns.start, rows.end) = (start, end);
    let (given, bytes) = choose(bytes, 16);
    let count = count + 4;
    let all = numbers(bytes, count * width * height + given);
    let (pictures, coefficients) = all.split_at(count * width * height);
    let halves: Vec<f16> = pictures
        .iter()
        .map(|&number| f16::from_f32(number))
        .collect();
    let dims = [1, count, height, width];
    let network = Size::new(4 * width as u32, 4 * height as u32);
    for layer in [
        TensorView::new("x", &dims, pictures),
        TensorView::new("x", &dims, &halves[..]),
    ] {
        let Some(found) = Prototypes::find(&[layer.unwrap()], network) else {
            continue;
        };
        let (mut whole, mut part) = (Vec::new(), Vec::new());
        found.logits(coefficients, 0..width, 0..height, &mut whole);
        found.logits(coefficients, columns.clone(), rows.clone(), &mut part);
        let columns = columns.start.min(width)..width;
        let rows = 0..rows.end.min(height);
        assert_eq!(part.len(), columns.len() * rows.len());
        let expected = rows.flat_map(|row| &whole[row * width + columns.start..(row + 1) * width]);
        assert!(
            part.iter()
                .zip(expected)
                .all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan())
        );
    }
}
