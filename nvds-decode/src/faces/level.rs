//! The cells that a network divides its input into, at several levels.

use crate::letterbox::Size;

/// The cells of one level, row by row, with so many anchors in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// How many network pixels a cell is wide and high.
    pub stride: u32,
    /// How many anchors a cell has.
    pub anchors: usize,
    width: usize,
    height: usize,
}

impl Level {
    /// Of a network's input.
    pub fn new(network: Size, stride: u32, anchors: usize) -> Self {
        Self {
            stride,
            anchors,
            width: network.width.div_ceil(stride) as usize,
            height: network.height.div_ceil(stride) as usize,
        }
    }

    /// How many anchors there are.
    pub fn len(&self) -> usize {
        let cells = self.width.saturating_mul(self.height);
        cells.saturating_mul(self.anchors)
    }

    /// The left upper corner of an anchor's cell, in network pixels.
    pub fn corner(&self, index: usize) -> (f32, f32) {
        let cell = index / self.anchors.max(1);
        let width = self.width.max(1);
        let stride = self.stride as f32;
        (
            (cell % width) as f32 * stride,
            (cell / width) as f32 * stride,
        )
    }

    /// The middle of an anchor's cell, in network pixels.
    pub fn centre(&self, index: usize) -> (f32, f32) {
        let (x, y) = self.corner(index);
        let half = 0.5 * self.stride as f32;
        (x + half, y + half)
    }
}

/// Levels with these strides and numbers of anchors.
pub fn levels<const N: usize>(network: Size, shapes: [(u32, usize); N]) -> [Level; N] {
    shapes.map(|(stride, anchors)| Level::new(network, stride, anchors))
}

/// Which level an anchor is of that is counted through all levels, and which one of it.
pub fn of(levels: &[Level], mut index: usize) -> Option<(usize, usize)> {
    for (at, level) in levels.iter().enumerate() {
        if index < level.len() {
            return Some((at, index));
        }
        index -= level.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_counted_level_by_level() {
        let levels = levels(Size::new(128, 64), [(8, 2), (16, 6)]);
        assert_eq!(levels.map(|level| level.len()), [256, 192]);
        assert_eq!(of(&levels, 255), Some((0, 255)));
        assert_eq!(of(&levels, 256), Some((1, 0)));
        assert_eq!(of(&levels, 448), None);
        assert_eq!(levels[0].corner(33), (0.0, 8.0));
        assert_eq!(levels[0].centre(3), (12.0, 4.0));
        assert_eq!(levels[1].centre(6), (24.0, 8.0));
        // A cell more where the input is no multiple.
        assert_eq!(Level::new(Size::new(65, 64), 32, 1).len(), 6);
    }
}
