//! What holds for all places in a part of a frame, so that most objects need no test.

use crate::geometry::Point;
use crate::set::words;

/// Cells from left to right, and from top to bottom.
const COLUMNS: usize = 64;
const ROWS: usize = 48;
/// Larger numbers are too coarse for [`SLACK`].
const LARGEST: f32 = 262_144.0;
/// What places of a cell may lie beside it, in pixels: those at the frame's edges, which [`crate::within`] moves, and
/// what is lost by rounding.
const SLACK: f32 = 2.0;

/// A part of the frame: 64 zones and 64 lines, as bits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cell {
    /// Zones that hold either all of it or nothing of it, with the strip along their border far away.
    pub sure: u64,
    /// Those of them that hold all of it.
    pub inside: u64,
    /// Lines to whose right all of it clearly is.
    pub right: u64,
    /// The same to their left.
    pub left: u64,
}

/// All cells, and one more of which nothing is known, for places that are in none.
#[derive(Debug, Default)]
pub struct Grid {
    /// Of each cell, `words` of them.
    cells: Vec<Cell>,
    known: Vec<bool>,
    words: usize,
    size: Point,
    /// Cells of a pixel.
    scale: Point,
}

impl Grid {
    /// Cells of a frame, 0 for an unknown size, and so many rules; nothing is known of them yet.
    pub fn new((width, height): (u32, u32), rules: usize) -> Self {
        let size = Point::new(width as f32, height as f32);
        let is_usable = width > 0 && height > 0 && is_fine(size);
        let known = if is_usable { COLUMNS * ROWS } else { 0 };
        let words = words(rules);
        Self {
            cells: vec![Cell::default(); (known + 1) * words],
            known: vec![false; known],
            words,
            size,
            scale: Point::new(COLUMNS as f32 / size.x, ROWS as f32 / size.y),
        }
    }

    /// The number of a place's cell.
    #[inline]
    pub fn find(&self, at: Point) -> usize {
        let is_in = at.x >= 0.0 && at.y >= 0.0 && at.x <= self.size.x && at.y <= self.size.y;
        if !is_in || self.known.is_empty() {
            return self.known.len();
        }
        // Signed numbers of 32 bits are what a processor makes of others in one step.
        let column = ((at.x * self.scale.x) as i32 as usize).min(COLUMNS - 1);
        let row = ((at.y * self.scale.y) as i32 as usize).min(ROWS - 1);
        row * COLUMNS + column
    }

    /// Whether all that can be said of a cell is said.
    #[inline]
    pub fn is_known(&self, cell: usize) -> bool {
        self.known.get(cell).copied().unwrap_or(true)
    }

    /// What is known of a cell, for 64 rules from 64 times `word` on.
    #[inline]
    pub fn get(&self, cell: usize, word: usize) -> Cell {
        let at = cell * self.words + word;
        self.cells.get(at).copied().unwrap_or_default()
    }

    /// Notes what `of` says of a cell: by word of rules, for all places that are nearer than a distance to its middle.
    pub fn note(&mut self, cell: usize, of: impl Fn(usize, Point, f32) -> Cell) {
        let Some(known) = self.known.get_mut(cell) else {
            return;
        };
        *known = true;
        let (column, row) = ((cell % COLUMNS) as f32, (cell / COLUMNS) as f32);
        let middle = Point::new((column + 0.5) / self.scale.x, (row + 0.5) / self.scale.y);
        let half = Point::new(0.5 / self.scale.x, 0.5 / self.scale.y);
        let first = cell * self.words;
        let cells = self.cells[first..first + self.words].iter_mut();
        for (word, cell) in cells.enumerate() {
            *cell = of(word, middle, half.length() + SLACK);
        }
    }
}

/// Whether a place's numbers are fine enough for [`SLACK`].
pub fn is_fine(at: Point) -> bool {
    at.x.abs() <= LARGEST && at.y.abs() <= LARGEST
}
