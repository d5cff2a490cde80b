//! One source plane, scaled and flipped, as rows to read.

use super::scale::{self, Axis, Filter};
use super::{Flip, Method, Plane, PlaneLayout};

/// The scaled and flipped source plane, row by row.
#[derive(Debug)]
pub(super) struct PlanePlan {
    bytes: usize,
    /// Samples per row and rows delivered.
    pub(super) width: usize,
    pub(super) height: usize,
    /// First sample and row of the source rectangle.
    left: usize,
    top: usize,
    /// Filtered copy of the rectangle, if the method is not a plain lookup.
    filter: Option<Filter>,
    /// Source column of each output column; `None` = in order.
    columns: Option<Vec<u32>>,
    /// Source row of each output row.
    rows: Vec<u32>,
    /// Output rows run along source columns; the turned copy is kept here.
    turned: Option<Vec<u8>>,
}

impl PlanePlan {
    pub(super) fn new(
        layout: &PlaneLayout,
        left: usize,
        top: usize,
        across: Axis,
        down: Axis,
        method: Option<Method>,
        flip: Flip,
    ) -> Self {
        let pairs = across.pairs(layout.bytes, method);
        let filter = method.and_then(|method| match pairs {
            Some(pairs) => Filter::new(method, pairs, down, 2 * layout.bytes),
            None => Filter::new(method, across, down, layout.bytes),
        });
        let in_turn = |axis: Axis| (0..axis.output as u32).collect();
        let (mut columns, mut rows): (Vec<_>, Vec<_>) = match (method, pairs) {
            (Some(method), pairs) if filter.is_none() => (
                match pairs {
                    Some(pairs) => pairs
                        .nearest(method)
                        .into_iter()
                        .flat_map(|pair| [2 * pair, 2 * pair + 1])
                        .take(across.output)
                        .collect(),
                    None => across.nearest(method),
                },
                down.nearest(method),
            ),
            _ => (in_turn(across), in_turn(down)),
        };
        if flip.reverses_x() {
            columns.reverse();
        }
        if flip.reverses_y() {
            rows.reverse();
        }
        let in_order = columns.iter().enumerate().all(|(i, &c)| i == c as usize);
        let turned = flip
            .transposes()
            .then(|| vec![0; across.output * down.output * layout.bytes]);
        let (width, height) = if flip.transposes() {
            (down.output, across.output)
        } else {
            (across.output, down.output)
        };
        Self {
            bytes: layout.bytes,
            width,
            height,
            left,
            top,
            filter,
            columns: (!in_order || flip.transposes()).then_some(columns),
            rows,
            turned,
        }
    }

    /// Does what cannot be done row by row: filters, turns. To be called once per picture.
    pub(super) fn prepare(&mut self, source: Plane<'_>) {
        let start = self.top * source.pitch + self.left * self.bytes;
        let mut plane = Plane {
            data: source.data.get(start..).unwrap_or_default(),
            pitch: source.pitch,
        };
        if let Some(filter) = &mut self.filter {
            plane = filter.run(plane);
        }
        if let (Some(turned), Some(columns)) = (&mut self.turned, &self.columns) {
            scale::turn(plane, self.bytes, columns, &self.rows, turned);
        }
    }

    /// Where the rows come from after [`Self::prepare`].
    pub(super) fn view<'a>(&'a self, source: Plane<'a>) -> View<'a> {
        let row_bytes = self.width * self.bytes;
        if let Some(turned) = &self.turned {
            return View {
                plane: Plane {
                    data: turned,
                    pitch: row_bytes,
                },
                bytes: self.bytes,
                width: self.width,
                columns: None,
                rows: None,
            };
        }
        let plane = match &self.filter {
            Some(filter) => filter.output(),
            None => {
                let start = self.top * source.pitch + self.left * self.bytes;
                Plane {
                    data: source.data.get(start..).unwrap_or_default(),
                    pitch: source.pitch,
                }
            }
        };
        View {
            plane,
            bytes: self.bytes,
            width: self.width,
            columns: self.columns.as_deref(),
            rows: Some(&self.rows),
        }
    }
}

/// Rows of a scaled and flipped plane.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    plane: Plane<'a>,
    bytes: usize,
    width: usize,
    columns: Option<&'a [u32]>,
    rows: Option<&'a [u32]>,
}

impl<'a> View<'a> {
    fn source_row(&self, y: usize) -> &'a [u8] {
        let row = self.rows.map_or(y, |rows| rows[y] as usize);
        &self.plane.data[row * self.plane.pitch..]
    }

    /// Row `y`, in place if its columns are in order, else gathered into `buffer`.
    pub(super) fn row<'b>(&self, y: usize, buffer: &'b mut [u8]) -> &'b [u8]
    where
        'a: 'b,
    {
        let source = self.source_row(y);
        let bytes = self.width * self.bytes;
        match self.columns {
            None => &source[..bytes],
            Some(columns) => {
                let buffer = &mut buffer[..bytes];
                scale::gather(source, self.bytes, columns, buffer);
                buffer
            }
        }
    }

    /// Row `y` into `target`.
    pub(super) fn copy_row(&self, y: usize, target: &mut [u8]) {
        let source = self.source_row(y);
        match self.columns {
            None => target.copy_from_slice(&source[..target.len()]),
            Some(columns) => scale::gather(source, self.bytes, columns, target),
        }
    }
}
