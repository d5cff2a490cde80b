//! From a map to the part of it that a box has.

use std::ops::Range;

use super::probabilities;
use crate::boxes::detection::BBox;
use crate::boxes::extras::Extras;
use crate::letterbox::{Geometry, Size};

/// A map that masks are cut from: where it lies, and what its numbers are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Map {
    /// Cells across and down.
    pub size: Size,
    /// The part of the network's input that it covers, in its pixels.
    pub covers: Covers,
    /// Whether its numbers are logits, not 0 to 1.
    pub logits: bool,
}

/// What part of the network's input a map covers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Covers {
    /// All of it.
    Input,
    /// A box of it: left, top, right, bottom in pixels.
    Box([f64; 4]),
}

/// A span of a box, in cells of the map: where it begins, and how long each of `count` parts is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Span {
    from: f32,
    step: f32,
    count: usize,
}

/// Ends of a box that are as near to the map's are the map's: boxes come from the frame and back.
const NEAR: f64 = 1e-3;

impl Span {
    /// From one side of a box to the other, as many parts as there are cells within, and at most `cells`.
    fn new(from: f64, to: f64, cells: usize) -> Self {
        let length = (to - from).max(0.0);
        let count = ((length - NEAR).ceil() as usize).clamp(1, cells.max(1));
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

impl Map {
    /// Left, top, right and bottom of a box of the frame in cells of the map.
    fn place(&self, bbox: &BBox, geometry: &Geometry) -> [f64; 4] {
        let network = geometry.network();
        let [left, top, right, bottom] = match self.covers {
            Covers::Input => [0.0, 0.0, network.width.into(), network.height.into()],
            Covers::Box(sides) => sides,
        };
        let (across, down) = (f64::from(self.size.width), f64::from(self.size.height));
        let corner = |x: f32, y: f32| {
            let (x, y) = geometry.to_network(f64::from(x), f64::from(y));
            let (x, y) = (
                (x - left) * across / (right - left),
                (y - top) * down / (bottom - top),
            );
            match self.covers {
                Covers::Input => (x, y),
                Covers::Box(_) => (at_end(x, across), at_end(y, down)),
            }
        };
        let (left, top) = corner(bbox.left, bbox.top);
        let (right, bottom) = corner(bbox.left + bbox.width, bbox.top + bbox.height);
        [left, top, right, bottom]
    }

    /// Appends the mask of a box of the frame. `patch` writes the numbers of some columns and rows of the map, row by
    /// row.
    pub fn cut(
        &self,
        (bbox, geometry): (&BBox, &Geometry),
        numbers: &mut Vec<f32>,
        extras: &mut Extras,
        patch: impl FnOnce(Range<usize>, Range<usize>, &mut Vec<f32>),
    ) {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let [left, top, right, bottom] = self.place(bbox, geometry);
        let across = Span::new(left, right, width);
        let down = Span::new(top, bottom, height);
        let (columns, rows) = (across.cells(width), down.cells(height));
        patch(columns.clone(), rows.clone(), numbers);
        if self.has_odd(numbers)
            && let Some(&odd) = numbers.iter().find(|number| self.is_odd(**number))
        {
            extras.note_odd_mask(odd);
        }
        let stride = columns.len();
        numbers.resize(stride * rows.len(), 0.0);
        let start = extras.masks.len();
        extras.masks.resize(start + across.count * down.count, 0.0);
        let values = &mut extras.masks[start..];
        let memory = &mut extras.memory.cut;
        memory.begin(&across, width, &columns);
        for (part, line) in values.chunks_exact_mut(across.count).enumerate() {
            let (row, below) = down.at(part, height);
            let upper = row - rows.start;
            let lower = (row + 1).min(rows.end - 1) - rows.start;
            memory.stretch(upper, lower, |row| &numbers[row * stride..][..stride]);
            mix_lines((&memory.upper, &memory.lower), below, line);
        }
        self.values(values);
        let size = Size::new(across.count as u32, down.count as u32);
        extras.end_mask(start, size);
    }

    /// Whether any number is odd. Without an end of its own, the search is done in vectors.
    fn has_odd(&self, numbers: &[f32]) -> bool {
        let mut odd = false;
        match self.logits {
            true => numbers.iter().for_each(|number| odd |= number.is_nan()),
            false => numbers
                .iter()
                .for_each(|&number| odd |= self.is_odd(number)),
        }
        odd
    }

    fn is_odd(&self, number: f32) -> bool {
        match self.logits {
            true => number.is_nan(),
            false => !(-1e-3..=1.02).contains(&number),
        }
    }

    /// Makes values of a mask of a map's numbers.
    fn values(&self, numbers: &mut [f32]) {
        if self.logits {
            return probabilities(numbers);
        }
        for number in numbers {
            *number = match number.is_nan() {
                true => 0.0,
                false => number.clamp(0.0, 1.0),
            };
        }
    }
}

/// Writes the part of a mask that is over `part` of the box `whole` that it covers, both in the same pixels. Returns the
/// part's width and height.
pub(crate) fn part(
    (values, size): (&[f32], Size),
    (whole, part): (&BBox, &BBox),
    out: &mut Vec<f32>,
) -> Size {
    let (width, height) = (size.width as usize, size.height as usize);
    let span = |from: f32, length: f32, whole_from: f32, whole_length: f32, cells: usize| {
        let scale = cells as f64 / f64::from(whole_length);
        let end = |at: f32| {
            at_end(
                (f64::from(at) - f64::from(whole_from)) * scale,
                cells as f64,
            )
        };
        Span::new(end(from), end(from + length), cells)
    };
    let across = span(part.left, part.width, whole.left, whole.width, width);
    let down = span(part.top, part.height, whole.top, whole.height, height);
    out.clear();
    for y in 0..down.count {
        let (row, below) = down.at(y, height);
        for x in 0..across.count {
            let (column, right) = across.at(x, width);
            let line = |row: usize| {
                let value = |column: usize| {
                    let at = row.min(height - 1) * width + column.min(width - 1);
                    values.get(at).copied().unwrap_or(0.0)
                };
                mix(value(column), value(column + 1), right)
            };
            out.push(mix(line(row), line(row + 1), below));
        }
    }
    Size::new(across.count as u32, down.count as u32)
}

fn mix(a: f32, b: f32, towards: f32) -> f32 {
    a + (b - a) * towards
}

/// Memory for a mask's lines.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    /// How the parts across lie between the cells.
    runs: Vec<Run>,
    /// For each part across, how far it is towards the second of its cells.
    beside: Vec<f32>,
    /// Two lines of the map as the mask has them across, and which they are.
    upper: Vec<f32>,
    lower: Vec<f32>,
    held: [Option<usize>; 2],
}

/// Parts across, each a cell farther than the one before: a part is hardly smaller than a cell, so that there are many.
#[derive(Debug, Clone)]
struct Run {
    parts: Range<usize>,
    /// The two cells that the first lies between.
    cells: (usize, usize),
}

impl Lines {
    fn begin(&mut self, across: &Span, cells: usize, columns: &Range<usize>) {
        self.runs.clear();
        self.beside.clear();
        for part in 0..across.count {
            let (column, beside) = across.at(part, cells);
            let right = (column + 1).min(columns.end - 1) - columns.start;
            let left = column - columns.start;
            self.beside.push(beside);
            match self.runs.last_mut() {
                Some(run) if run.goes_on(left, right) => run.parts.end += 1,
                _ => self.runs.push(Run {
                    parts: part..part + 1,
                    cells: (left, right),
                }),
            }
        }
        self.held = [None; 2];
    }

    /// Brings these two lines of the map; most are there from the part before.
    fn stretch<'m>(&mut self, upper: usize, lower: usize, line: impl Fn(usize) -> &'m [f32]) {
        if self.held[1] == Some(upper) {
            std::mem::swap(&mut self.upper, &mut self.lower);
            self.held.swap(0, 1);
        }
        let (runs, beside) = (&self.runs[..], &self.beside[..]);
        for (lines, held, wanted) in [(&mut self.upper, 0, upper), (&mut self.lower, 1, lower)] {
            if self.held[held] != Some(wanted) {
                lines.resize(beside.len(), 0.0);
                let line = line(wanted);
                runs.iter().for_each(|run| run.stretch(line, beside, lines));
                self.held[held] = Some(wanted);
            }
        }
    }
}

impl Run {
    /// Whether a part between these cells is the next.
    fn goes_on(&self, left: usize, right: usize) -> bool {
        let length = self.parts.len();
        (left, right) == (self.cells.0 + length, self.cells.1 + length)
    }

    fn stretch(&self, line: &[f32], beside: &[f32], out: &mut [f32]) {
        let length = self.parts.len();
        let out = &mut out[self.parts.clone()];
        let beside = &beside[self.parts.clone()];
        let (a, b) = (
            &line[self.cells.0..][..length],
            &line[self.cells.1..][..length],
        );
        for i in 0..length {
            out[i] = mix(a[i], b[i], beside[i]);
        }
    }
}

/// Writes what is between two lines, so far towards the lower.
fn mix_lines((upper, lower): (&[f32], &[f32]), below: f32, out: &mut [f32]) {
    let count = out.len();
    let (upper, lower) = (&upper[..count], &lower[..count]);
    for i in 0..count {
        out[i] = mix(upper[i], lower[i], below);
    }
}

fn at_end(place: f64, cells: f64) -> f64 {
    let ends = [0.0, cells].into_iter();
    ends.filter(|end| (place - end).abs() < NEAR)
        .fold(place, |_, end| end)
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
        // A part more only where there is one.
        assert_eq!(Span::new(0.0, 3.0 + 1e-4, 10).count, 3);
        assert_eq!(Span::new(0.0, 3.1, 10).count, 4);
    }

    #[test]
    fn ends_are_the_maps() {
        assert_eq!(at_end(28.0004, 28.0), 28.0);
        assert_eq!(at_end(-0.0004, 28.0), 0.0);
        assert_eq!(at_end(27.9, 28.0), 27.9);
        assert!(at_end(f64::NAN, 28.0).is_nan());
    }
}
