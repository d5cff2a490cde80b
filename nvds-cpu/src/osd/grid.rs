//! Instance masks.

use super::band::{Band, Bounds, Corners};
use super::model::MaskShape;

/// An instance mask stretched over a box: cells of 0 or 127 in `grid`, smoothed between their centres.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) start: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) scale_x: f32,
    pub(super) scale_y: f32,
}

/// Opacity of what a mask covers.
const MASK_ALPHA: u8 = 127;

impl Grid {
    /// A mask over `corners`; its values become cells at the end of `cells`.
    pub(super) fn new(
        shape: &MaskShape<'_>,
        corners: Corners,
        cells: &mut Vec<u8>,
    ) -> Option<Self> {
        let (width, height) = shape.grid()?;
        let start = cells.len();
        let covered = |value: &f32| {
            if *value > shape.threshold {
                MASK_ALPHA
            } else {
                0
            }
        };
        cells.extend(shape.data[..width * height].iter().map(covered));
        let scale = |cells: usize, pixels: i32| (cells as f64 / (f64::from(pixels) + 1e-5)) as f32;
        Some(Self {
            start,
            width,
            height,
            scale_x: scale(width, corners.right - corners.left),
            scale_y: scale(height, corners.bottom - corners.top),
        })
    }

    pub(super) fn paint(&self, band: &mut Band<'_>, bounds: &Bounds, color: [u8; 4], cells: &[u8]) {
        let cells = &cells[self.start..self.start + self.width * self.height];
        let (from, to) = (bounds.left.max(0), bounds.right.min(band.width()));
        for row in 0..2 {
            let y = band.y + row as i32;
            if y < bounds.top || y >= bounds.bottom {
                continue;
            }
            let (upper, lower, down) = taps(y - bounds.top, self.scale_y, self.height);
            for x in from..to {
                let (left, right, along) = taps(x - bounds.left, self.scale_x, self.width);
                let cell = |x: usize, y: usize| i32::from(cells[x + y * self.width]);
                let mix = |y| ((ONE - along) * cell(left, y) + along * cell(right, y)) >> 4;
                let sum = (((ONE - down) * mix(upper)) >> 16) + ((down * mix(lower)) >> 16);
                // Uncovered pixels of the box are blended too, with opacity 0: that dims what lies below a step.
                band.dab(row, x, color, ((sum + 2) >> 2) as u8);
            }
        }
    }
}

/// Weights are in 1/2048.
const ONE: i32 = 1 << 11;

/// The two grid cells that pixel `at` lies between, and the weight of the second.
fn taps(at: i32, scale: f32, cells: usize) -> (usize, usize, i32) {
    let position = (at as f32 + 0.5).mul_add(scale, -0.5);
    let last = cells as i32 - 1;
    let floor = position.floor() as i32;
    let first = floor.clamp(0, last);
    let second = floor.saturating_add(1).clamp(0, last);
    let weight = ((position - first as f32) * ONE as f32).round_ties_even() as i32;
    (first as usize, second as usize, weight.clamp(-ONE, ONE))
}
