//! The cells that a YOLO network divides its input into.

use crate::letterbox::Size;

/// The most levels of a network.
const MOST: usize = 8;

/// The cells of every level, counted level by level, in each row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cells {
    levels: [Level; MOST],
    count: usize,
}

/// The cells of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Level {
    /// How many network pixels a cell is wide and high.
    pub stride: u32,
    /// How many cells there are in a row.
    pub width: usize,
    /// How many rows there are.
    pub height: usize,
}

impl Level {
    pub fn new(network: Size, stride: u32) -> Self {
        Self {
            stride,
            width: network.width.div_ceil(stride.max(1)) as usize,
            height: network.height.div_ceil(stride.max(1)) as usize,
        }
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.width.saturating_mul(self.height)
    }

    /// Column and row of a cell.
    #[inline]
    pub fn cell(&self, index: usize) -> (f32, f32) {
        let width = self.width.max(1);
        ((index % width) as f32, (index / width) as f32)
    }
}

/// The strides that networks have, those of most of them first.
pub const STRIDES: [&[u32]; 5] = [
    &[8, 16, 32],
    &[16, 32],
    &[8, 16, 32, 64],
    &[4, 8, 16, 32],
    &[8, 16, 32, 64, 128],
];

impl Cells {
    /// The cells of an input with these strides.
    pub fn new(network: Size, strides: &[u32]) -> Self {
        let mut levels = [Level::default(); MOST];
        for (level, &stride) in levels.iter_mut().zip(strides) {
            *level = Level::new(network, stride);
        }
        Self {
            levels,
            count: strides.len().min(MOST),
        }
    }

    /// The cells of an input of which there are so many, or a third of so many for networks with three
    /// anchors in each, and how many anchors that is. Of the strides stated, or any of the usual ones.
    pub fn of(network: Size, stated: &[u32], anchors: usize) -> Option<(Self, usize)> {
        let of = |strides: &[u32]| {
            let cells = Self::new(network, strides);
            let count = cells.len();
            let per_cell = [1, 3].into_iter().find(|n| n * count == anchors);
            per_cell.filter(|_| count > 0).map(|n| (cells, n))
        };
        match stated {
            [] => STRIDES.into_iter().find_map(of),
            stated => of(stated),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        let levels = self.levels.iter().take(self.count);
        levels.fold(0, |sum: usize, level| sum.saturating_add(level.len()))
    }

    /// Column, row and stride of a cell.
    #[inline]
    pub fn cell(&self, mut index: usize) -> (f32, f32, f32) {
        for level in &self.levels[..self.count] {
            if index < level.len() {
                let (x, y) = level.cell(index);
                return (x, y, level.stride as f32);
            }
            index -= level.len();
        }
        (f32::NAN, f32::NAN, f32::NAN)
    }
}

/// How many cells the usual strides give, for people.
pub fn expected(network: Size, stated: &[u32]) -> String {
    let text = |strides: &[u32]| {
        let all: Vec<String> = strides.iter().map(u32::to_string).collect();
        let cells = Cells::new(network, strides).len();
        format!("{cells} with strides {}", all.join(", "))
    };
    match stated {
        [] => format!(
            "{} or {}, or three times as many",
            text(STRIDES[0]),
            text(STRIDES[1])
        ),
        stated => format!("{} or three times as many", text(stated)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_level_by_level() {
        let network = Size::new(64, 32);
        let (cells, per_cell) = Cells::of(network, &[], 42).unwrap();
        assert_eq!((cells.len(), per_cell), (42, 1));
        assert_eq!(cells.cell(0), (0.0, 0.0, 8.0));
        assert_eq!(cells.cell(9), (1.0, 1.0, 8.0));
        assert_eq!(cells.cell(32), (0.0, 0.0, 16.0));
        assert_eq!(cells.cell(41), (1.0, 0.0, 32.0));
        assert!(cells.cell(42).0.is_nan());
        assert_eq!(Cells::of(network, &[], 126).unwrap().1, 3);
        assert_eq!(Cells::of(network, &[], 50), None);
        // Where the size is no multiple, the last cells reach beyond the edge.
        assert_eq!(Level::new(Size::new(800, 608), 64).len(), 130);
        // What is stated alone counts.
        assert_eq!(Cells::of(network, &[16], 8).unwrap().0.len(), 8);
        assert_eq!(Cells::of(network, &[16], 42), None);
        assert_eq!(Cells::of(Size::new(0, 0), &[], 0), None);
    }
}
