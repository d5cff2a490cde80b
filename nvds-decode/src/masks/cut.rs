//! From a network's map to the part of it that a box has.

use std::ops::Range;

use super::{Prototypes, probability};
use crate::boxes::detection::{BBox, Detection};
use crate::boxes::extras::Extras;
use crate::letterbox::{Geometry, Size};

/// Cuts masks to boxes. The map covers the network's input.
pub struct Cut<'a> {
    pub prototypes: Prototypes<'a>,
    pub geometry: &'a Geometry,
}

/// A span of a box, in cells of the map: where it begins, and how long each of `count` parts is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Span {
    from: f32,
    step: f32,
    count: usize,
}

impl Span {
    /// From one side of a box to the other, as many parts as there are cells within, and at most `cells`.
    fn new(from: f64, to: f64, cells: usize) -> Self {
        let length = (to - from).max(0.0);
        let count = (length.ceil() as usize).clamp(1, cells.max(1));
        Self {
            from: from as f32,
            step: (length / count as f64) as f32,
            count,
        }
    }

    /// The cells that its parts' middles lie between.
    fn cells(&self, cells: usize) -> Range<usize> {
        let (first, _) = self.at(0, cells);
        let (last, _) = self.at(self.count - 1, cells);
        first..(last + 2).min(cells)
    }

    /// The cell whose middle is before that of a part, and how far towards the next cell's it is, 0 to 1.
    fn at(&self, part: usize, cells: usize) -> (usize, f32) {
        let place = self.from + (part as f32 + 0.5) * self.step - 0.5;
        // The map goes on beyond its edges as it ends there. A NaN becomes 0.
        let place = place.max(0.0).min(cells as f32 - 1.0);
        let cell = place as usize;
        (cell, place - cell as f32)
    }
}

impl Cut<'_> {
    /// Appends the mask of every detection: `coefficients` writes those of an entry.
    pub fn all(
        &self,
        detections: &[Detection],
        extras: &mut Extras,
        coefficients: impl Fn(usize, &mut Vec<f32>),
    ) {
        let mut own = std::mem::take(&mut extras.memory.coefficients);
        let mut logits = std::mem::take(&mut extras.memory.logits);
        for detection in detections {
            own.clear();
            coefficients(detection.entry as usize, &mut own);
            extras.coefficients.extend_from_slice(&own);
            self.one(&detection.bbox, &own, &mut logits, extras);
        }
        extras.memory.coefficients = own;
        extras.memory.logits = logits;
    }

    fn one(&self, bbox: &BBox, coefficients: &[f32], logits: &mut Vec<f32>, extras: &mut Extras) {
        let map = self.prototypes.size();
        let (width, height) = (map.width as usize, map.height as usize);
        let network = self.geometry.network();
        let corner = |x: f32, y: f32| {
            let (x, y) = self.geometry.to_network(f64::from(x), f64::from(y));
            (
                x * width as f64 / f64::from(network.width),
                y * height as f64 / f64::from(network.height),
            )
        };
        let (left, top) = corner(bbox.left, bbox.top);
        let (right, bottom) = corner(bbox.left + bbox.width, bbox.top + bbox.height);
        let across = Span::new(left, right, width);
        let down = Span::new(top, bottom, height);
        let (columns, rows) = (across.cells(width), down.cells(height));
        self.prototypes
            .logits(coefficients, columns.clone(), rows.clone(), logits);
        if let Some(&odd) = logits.iter().find(|logit| logit.is_nan()) {
            extras.note_odd_mask(odd);
        }
        let stride = columns.len();
        let start = extras.masks.len();
        for part in 0..down.count {
            let (row, below) = down.at(part, height);
            let upper = (row - rows.start) * stride;
            let lower = ((row + 1).min(rows.end - 1) - rows.start) * stride;
            for part in 0..across.count {
                let (column, beside) = across.at(part, width);
                let left = column - columns.start;
                let right = (column + 1).min(columns.end - 1) - columns.start;
                let number = |at: usize| logits.get(at).copied().unwrap_or(0.0);
                let mix = |a: f32, b: f32, towards: f32| a + (b - a) * towards;
                let upper_row = mix(number(upper + left), number(upper + right), beside);
                let lower_row = mix(number(lower + left), number(lower + right), beside);
                extras
                    .masks
                    .push(probability(mix(upper_row, lower_row, below)));
            }
        }
        let size = Size::new(across.count as u32, down.count as u32);
        extras.end_mask(start, size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_lie_between_cells() {
        // A box from the first cell's left side to the third's right one: its parts are the cells.
        let whole = Span::new(0.0, 3.0, 10);
        assert_eq!(whole.count, 3);
        let parts: Vec<_> = (0..3).map(|part| whole.at(part, 10)).collect();
        assert_eq!(parts, [(0, 0.0), (1, 0.0), (2, 0.0)]);
        assert_eq!(whole.cells(10), 0..4);
        // Half a cell on, between them.
        let shifted = Span::new(0.5, 3.5, 10);
        assert_eq!(shifted.at(1, 10), (1, 0.5));
        // At the edge the map goes on.
        assert_eq!(Span::new(7.0, 11.0, 8).at(3, 8), (7, 0.0));
        assert_eq!(Span::new(-4.0, -1.0, 8).at(0, 8), (0, 0.0));
        assert_eq!(Span::new(7.0, 11.0, 8).cells(8), 7..8);
        // Of no size, and of numbers that are none.
        assert_eq!(Span::new(2.0, 2.0, 8).count, 1);
        assert_eq!(Span::new(f64::NAN, f64::NAN, 8).at(0, 8), (0, 0.0));
        assert_eq!(Span::new(-1e30, 1e30, 8).count, 8);
    }
}
