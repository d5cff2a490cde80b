//! From numbers to poses.

use super::{Pose, Poses, ROW, dims};
use crate::boxes::extras::KeyPoint;
use crate::letterbox::Size;
use crate::tensor::TensorView;
use crate::vector::floats;

/// The first place of the greatest number that is finite.
fn greatest(numbers: &[f32]) -> Option<(usize, f32)> {
    let finite = numbers
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, n)| n.is_finite());
    finite.reduce(|best, one| if one.1 > best.1 { one } else { best })
}

/// The mean of the points' confidences.
fn mean(points: &[KeyPoint]) -> f32 {
    let sum: f32 = points.iter().map(|point| point.confidence.max(0.0)).sum();
    sum / points.len().max(1) as f32
}

/// Gives a pose its points, and their mean confidence as its score.
fn fill(pose: &mut Pose, points: impl Iterator<Item = KeyPoint>) {
    pose.points.extend(points);
    pose.score = mean(&pose.points);
}

/// Two bins for each pixel. A point whose confidence is not above 0 is nowhere.
pub fn simcc(
    [across, down]: [&TensorView<'_>; 2],
    [x_memory, y_memory]: &mut [Vec<f32>; 2],
    pose: &mut Pose,
) {
    let (x_bins, y_bins) = (floats(across, x_memory), floats(down, y_memory));
    let length = |tensor| dims(tensor).get(1).copied().unwrap_or(1).max(1);
    let rows = x_bins
        .chunks_exact(length(across))
        .zip(y_bins.chunks_exact(length(down)));
    let point = |(x, y): (&[f32], &[f32])| {
        let (Some((x, sure_x)), Some((y, sure_y))) = (greatest(x), greatest(y)) else {
            return KeyPoint::default();
        };
        let confidence = 0.5 * (sure_x + sure_y);
        let (x, y) = match confidence > 0.0 {
            true => (x as f32 / 2.0, y as f32 / 2.0),
            false => (0.0, 0.0),
        };
        KeyPoint { x, y, confidence }
    };
    fill(pose, rows.map(point));
}

/// A map for each point.
pub fn heatmaps(tensor: &TensorView<'_>, network: Size, memory: &mut Vec<f32>, pose: &mut Pose) {
    let &[_, height, width] = dims(tensor) else {
        return; // checked before
    };
    let numbers = floats(tensor, memory);
    let stride = network.width as f32 / width as f32;
    let point = |map: &[f32]| {
        let Some((at, confidence)) = greatest(map).filter(|(_, sure)| *sure > 0.0) else {
            return KeyPoint::default();
        };
        let (column, row) = (at % width, at / width);
        // Only inside of the map there are two neighbours.
        let inside = (1..width - 1).contains(&column) && (1..height - 1).contains(&row);
        let towards = |before: usize, after: usize| match map[after] - map[before] {
            step if !inside || step == 0.0 || step.is_nan() => 0.0,
            step => 0.25 * step.signum(),
        };
        let (mut x, mut y) = (column as f32, row as f32);
        if inside {
            x += towards(at - 1, at + 1);
            y += towards(at - width, at + width);
        }
        KeyPoint {
            x: x * stride,
            y: y * stride,
            confidence,
        }
    };
    fill(pose, numbers.chunks_exact(width * height).map(point));
}

fn points(numbers: &[f32], network: Size) -> impl Iterator<Item = KeyPoint> {
    let threes = numbers.as_chunks::<3>().0.iter();
    threes.map(move |&[y, x, confidence]| KeyPoint {
        x: x * network.width as f32,
        y: y * network.height as f32,
        confidence,
    })
}

/// y, x and confidence of each point.
pub fn movenet(tensor: &TensorView<'_>, network: Size, memory: &mut Vec<f32>, pose: &mut Pose) {
    fill(pose, points(floats(tensor, memory), network));
}

/// Rows of 17 points, then a box and its score.
pub fn movenet_multi(
    tensor: &TensorView<'_>,
    network: Size,
    threshold: f32,
    memory: &mut Vec<f32>,
    poses: &mut Poses,
) {
    let (width, height) = (network.width as f32, network.height as f32);
    for row in floats(tensor, memory).as_chunks::<ROW>().0 {
        let (numbers, rest) = row.split_at(51);
        let &[top, left, bottom, right, score] = rest else {
            continue;
        };
        let sides = [left * width, top * height, right * width, bottom * height];
        let sound = sides.iter().all(|side| side.is_finite()) && left < right && top < bottom;
        if sound && score >= threshold {
            let pose = poses.add();
            pose.points.extend(points(numbers, network));
            (pose.bbox, pose.score) = (Some(sides), score);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, read};
    use super::*;
    use crate::error::DecodeError;

    fn found(
        tensors: &[TensorView<'_>],
        network: Size,
        format: Option<Format>,
        threshold: f32,
    ) -> Result<(Format, Vec<Pose>), DecodeError> {
        let mut poses = Poses::default();
        let format = read(tensors, network, format, threshold, &mut poses)?;
        // The memory of one frame serves the next.
        let first = poses.as_slice().to_vec();
        read(tensors, network, Some(format), threshold, &mut poses)?;
        assert_eq!(format!("{first:?}"), format!("{:?}", poses.as_slice()));
        Ok((format, first))
    }

    #[test]
    fn a_cell_moves_towards_its_higher_neighbour() {
        let mut map = [0.0_f32; 2 * 4 * 5];
        map[5 + 2] = 0.8;
        map[5 + 3] = 0.3;
        map[20 + 4] = 0.5; // at the edge
        let layer = TensorView::new("output", &[1, 2, 4, 5], &map[..]).unwrap();
        let (format, poses) = found(&[layer], Size::new(20, 16), None, 0.0).unwrap();
        assert_eq!(format, Format::Heatmaps);
        let points = poses[0].points.iter().map(|p| (p.x, p.y, p.confidence));
        assert!(points.eq([(9.0, 4.0, 0.8), (16.0, 0.0, 0.5)]), "{poses:?}");
    }

    #[test]
    fn bins_of_nothing_are_nowhere() {
        let mut x = [-1.0_f32; 2 * 8];
        let mut y = [f32::NAN; 2 * 12];
        (x[5], x[8 + 3]) = (0.75, 0.5);
        y[7] = 0.25;
        let layers = [("simcc_x", 8, &x[..]), ("simcc_y", 12, &y[..])];
        let layers =
            layers.map(|(name, bins, data)| TensorView::new(name, &[2, bins], data).unwrap());
        let (format, poses) = found(&layers, Size::new(4, 6), None, 0.0).unwrap();
        assert_eq!(format, Format::Simcc);
        let points = poses[0].points.iter().map(|p| (p.x, p.y, p.confidence));
        assert!(points.eq([(2.5, 3.5, 0.5), (0.0, 0.0, 0.0)]), "{poses:?}");
    }

    #[test]
    fn people_below_the_threshold_or_without_a_box_go() {
        let mut rows = [[0.5_f32; 56]; 4];
        for (row, score) in rows.iter_mut().zip([0.9, 0.1, 0.95, 0.4]) {
            row[51..].copy_from_slice(&[0.25, 0.5, 0.75, 1.0, score]);
        }
        rows[2][52] = f32::NAN;
        let data = rows.concat();
        let layer = TensorView::new("Identity:0", &[1, 4, 56], &data[..]).unwrap();
        let (format, poses) = found(&[layer], Size::new(200, 100), None, 0.3).unwrap();
        assert_eq!(format, Format::MovenetMulti);
        let scores: Vec<_> = poses.iter().map(|pose| (pose.score, pose.bbox)).collect();
        let bbox = Some([100.0, 25.0, 200.0, 75.0]);
        assert_eq!(scores, [(0.9, bbox), (0.4, bbox)]);
        assert_eq!(poses[0].points.len(), 17);
        assert_eq!((poses[0].points[3].x, poses[0].points[3].y), (100.0, 50.0));
    }

    #[test]
    fn other_layers_are_refused() {
        let numbers = [0.0_f32; 51];
        let layer = TensorView::new("output", &[51], &numbers[..]).unwrap();
        let error = found(&[layer], Size::new(8, 8), None, 0.0).unwrap_err();
        assert!(error.to_string().contains("movenet-multi"), "{error}");
        let layer = TensorView::new("output", &[1, 1, 17, 3], &numbers[..]).unwrap();
        assert!(found(&[layer], Size::new(8, 8), Some(Format::Simcc), 0.0).is_err());
        assert!(found(&[layer], Size::new(8, 8), Some(Format::Movenet), 0.0).is_ok());
    }
}
