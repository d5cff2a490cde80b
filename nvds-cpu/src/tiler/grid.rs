//! Which source has which tile, and where that is.

use std::collections::BTreeSet;

use crate::convert::Rect;

/// Sources with numbers from here on are refused.
pub const MAX_SOURCES: u32 = 128;

/// Rows and columns of tiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    rows: u32,
    columns: u32,
    /// As many rows as columns, with only these sources in ascending order and without gaps.
    square: Option<BTreeSet<u32>>,
}

impl Grid {
    /// A tile for each number from 0 on; both sides at least 1.
    pub fn new(rows: u32, columns: u32) -> Self {
        Self {
            rows: rows.max(1),
            columns: columns.max(1),
            square: None,
        }
    }

    /// A square that grows and shrinks with the number of sources.
    pub fn square() -> Self {
        Self {
            square: Some(BTreeSet::new()),
            ..Self::new(1, 1)
        }
    }

    /// Rows and columns.
    pub fn size(&self) -> (u32, u32) {
        (self.rows, self.columns)
    }

    /// Number of tiles.
    pub fn tiles(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    /// Makes room for a source. Whether anything has moved.
    pub fn add(&mut self, id: u32) -> bool {
        let before = self.tiles();
        match &mut self.square {
            Some(sources) => {
                if !sources.insert(id) {
                    return false;
                }
                while (self.rows * self.columns) < sources.len() as u32 {
                    (self.rows, self.columns) = (self.rows + 1, self.columns + 1);
                }
                true
            }
            None if u64::from(id) < before => false,
            None => {
                self.rows = (id + 1).isqrt();
                self.columns = (id + 1).div_ceil(self.rows);
                true
            }
        }
    }

    /// A source has ended or is gone.
    pub fn remove(&mut self, id: u32) {
        if let Some(sources) = &mut self.square {
            sources.remove(&id);
            let side = (sources.len() as u32).isqrt().max(1);
            if side * side >= sources.len() as u32 {
                (self.rows, self.columns) = (side, side);
            }
        }
    }

    /// A source's tile on a canvas of this size, `None` if it has none.
    pub fn tile(&self, id: u32, canvas: (u32, u32)) -> Option<Rect> {
        let index = match &self.square {
            Some(sources) => sources.iter().position(|source| *source == id)? as u32,
            None => id,
        };
        let (width, height) = ((canvas.0 / self.columns) & !1, (canvas.1 / self.rows) & !1);
        let inside = u64::from(index) < self.tiles() && width > 0 && height > 0;
        inside.then(|| Rect {
            left: (index % self.columns * width) as usize,
            top: (index / self.columns * height) as usize,
            width: width as usize,
            height: height as usize,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(left: usize, top: usize, width: usize, height: usize) -> Rect {
        Rect {
            left,
            top,
            width,
            height,
        }
    }

    #[test]
    fn tiles_are_even_and_in_rows() {
        let grid = Grid::new(2, 3);
        // 1280 / 3 = 426, 722 / 2 = 361, down to 360.
        assert_eq!(grid.tile(0, (1280, 722)), Some(rect(0, 0, 426, 360)));
        assert_eq!(grid.tile(2, (1280, 722)), Some(rect(852, 0, 426, 360)));
        assert_eq!(grid.tile(4, (1280, 722)), Some(rect(426, 360, 426, 360)));
        assert_eq!(grid.tile(6, (1280, 722)), None);
        assert_eq!(Grid::new(1, 16).tile(0, (16, 16)), None);
    }

    #[test]
    fn a_source_without_a_tile_replaces_the_grid() {
        let mut grid = Grid::new(1, 1);
        assert!(!grid.add(0));
        assert_eq!(grid.size(), (1, 1));
        // Rows: the root of the number of sources, down; columns: as many as it takes.
        for (id, size) in [(1, (1, 2)), (2, (1, 3)), (3, (2, 2)), (6, (2, 4))] {
            assert!(grid.add(id));
            assert_eq!(grid.size(), size, "source {id}");
        }
        assert!(!grid.add(7));
        assert!(grid.add(MAX_SOURCES - 1));
        assert_eq!(grid.size(), (11, 12));
    }

    #[test]
    fn squares_close_their_gaps() {
        let mut grid = Grid::square();
        for id in [4, 1, 9] {
            grid.add(id);
        }
        assert_eq!(grid.size(), (2, 2));
        assert_eq!(grid.tile(1, (64, 64)), Some(rect(0, 0, 32, 32)));
        assert_eq!(grid.tile(9, (64, 64)), Some(rect(0, 32, 32, 32)));
        assert_eq!(grid.tile(0, (64, 64)), None);
        grid.add(2);
        grid.add(3);
        assert_eq!(grid.size(), (3, 3));
        // Five, four: now two by two hold all.
        grid.remove(1);
        assert_eq!(grid.size(), (2, 2));
        // Three do not fit into one.
        grid.remove(9);
        assert_eq!(grid.size(), (2, 2));
        assert_eq!(grid.tile(2, (64, 64)), Some(rect(0, 0, 32, 32)));
    }
}
