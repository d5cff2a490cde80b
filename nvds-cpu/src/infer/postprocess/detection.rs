//! Boxes in pixels of the network's input.

use std::cmp::Ordering;

use super::settings::ClassId;

/// A mask over a box.
#[derive(Debug, Clone, PartialEq)]
pub struct Mask {
    /// Values in rows.
    pub values: Vec<f32>,
    /// Values in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// A box that a parser found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detection {
    /// Class.
    pub class: ClassId,
    /// Left edge in pixels of the network's input, as the other three.
    pub left: f32,
    /// Top edge.
    pub top: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// Confidence, 0 to 1 where the network does as it should.
    pub confidence: f32,
    /// Rotation about the middle in radians.
    pub rotation: f32,
    /// Instance mask.
    pub mask: Option<Mask>,
}

/// Sorts by confidence, the highest first, equal ones as they were; what is no number goes last.
pub(super) fn by_confidence(detections: &mut [Detection]) {
    detections.sort_by(|a, b| descending(a.confidence, b.confidence));
}

fn descending(a: f32, b: f32) -> Ordering {
    b.partial_cmp(&a)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Keeps the `topk` of highest confidence; all, and their order, where it is negative.
pub(super) fn keep_top(detections: &mut Vec<Detection>, topk: i32) {
    if let Ok(topk) = usize::try_from(topk) {
        by_confidence(detections);
        detections.truncate(topk);
    }
}

/// Keeps the `topk` of highest confidence of all classes in their order, if there are more.
pub(super) fn keep_best(detections: &mut Vec<Detection>, topk: usize) {
    let mut best: Vec<usize> = (0..detections.len()).collect();
    best.sort_by(|&a, &b| descending(detections[a].confidence, detections[b].confidence));
    let mut keep = vec![false; detections.len()];
    for index in best.into_iter().take(topk) {
        keep[index] = true;
    }
    let mut keep = keep.into_iter();
    detections.retain(|_| keep.next() == Some(true));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(confidences: &[f32]) -> Vec<Detection> {
        let of = |(class, &confidence): (usize, &f32)| Detection {
            class: class as u32,
            confidence,
            ..Detection::default()
        };
        confidences.iter().enumerate().map(of).collect()
    }

    fn classes(detections: &[Detection]) -> Vec<u32> {
        detections.iter().map(|d| d.class).collect()
    }

    #[test]
    fn the_top_of_equal_ones_are_the_first() {
        let mut some = list(&[0.5, 0.9, 0.5, 0.5]);
        keep_top(&mut some, 3);
        assert_eq!(classes(&some), [1, 0, 2]);
        let mut none = list(&[0.5, 0.9]);
        keep_top(&mut none, 0);
        assert!(none.is_empty());
        let mut all = list(&[0.5, 0.9]);
        keep_top(&mut all, -1);
        assert_eq!(classes(&all), [0, 1], "not sorted either");
    }

    #[test]
    fn the_best_of_all_stay_where_they_are() {
        let mut some = list(&[0.5, 0.9, 0.4, 0.5, 0.6]);
        keep_best(&mut some, 3);
        assert_eq!(classes(&some), [0, 1, 4]);
        keep_best(&mut some, 7);
        assert_eq!(some.len(), 3);
    }

    #[test]
    fn what_is_no_number_goes_last() {
        let mut odd = list(&[f32::NAN, 0.1, f32::INFINITY, f32::NAN, -0.0, 0.0]);
        by_confidence(&mut odd);
        assert_eq!(classes(&odd), [2, 1, 4, 5, 0, 3]);
    }
}
