//! Where objects stood: a grid over the frame.

/// Columns of the grid.
pub const COLUMNS: usize = 64;

/// Rows of the grid.
pub const ROWS: usize = 36;

/// How often an object stood in each cell.
#[derive(Debug, Clone)]
pub struct Places {
    cells: Vec<u64>,
    /// Objects that stood outside the frame.
    pub outside: u64,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            cells: vec![0; COLUMNS * ROWS],
            outside: 0,
        }
    }
}

impl Places {
    /// Counts an object that stands here, in parts of the frame's size. The frame's lower and right edges are inside.
    pub fn add(&mut self, (x, y): (f64, f64)) {
        let inside = |part: f64| (0.0..=1.0).contains(&part);
        if !inside(x) || !inside(y) {
            self.outside += 1;
            return;
        }
        let column = ((x * COLUMNS as f64) as usize).min(COLUMNS - 1);
        let row = ((y * ROWS as f64) as usize).min(ROWS - 1);
        self.cells[row * COLUMNS + column] += 1;
    }

    /// All that were counted, inside the frame.
    pub fn sum(&self) -> u64 {
        self.cells.iter().sum()
    }

    /// Cells that are not empty: column, row, and how full it is beside the fullest, above 0 and at most 1. The square
    /// root leaves less frequented ways visible.
    pub fn warm(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let most = self.cells.iter().copied().max().unwrap_or(0).max(1) as f64;
        let cells = self
            .cells
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        cells.map(move |(at, &count)| (at % COLUMNS, at / COLUMNS, (count as f64 / most).sqrt()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_inside_and_nothing_else_is_lost() {
        let mut places = Places::default();
        for at in [
            (0.0, 0.0),
            (1.0, 1.0),
            (1.0, 1.0),
            (-0.01, 0.5),
            (0.5, f64::NAN),
        ] {
            places.add(at);
        }
        assert_eq!((places.sum(), places.outside), (3, 2));
        let warm: Vec<_> = places.warm().collect();
        assert_eq!(warm[0].0, 0);
        assert_eq!(warm[1], (COLUMNS - 1, ROWS - 1, 1.0));
    }
}
