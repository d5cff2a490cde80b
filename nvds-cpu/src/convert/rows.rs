//! Running a planned conversion, row by row.

use super::color::{RgbToYuv, YuvToRgb};
use super::packed;
use super::scale::{self, Axis, Filter};
use super::scratch::Scratch;
use super::{Flip, Format, Frame, Method, Plane, PlaneLayout, PlaneMut, Rect};

/// The scaled and flipped source plane, row by row.
#[derive(Debug)]
pub(super) struct PlanePlan {
    bytes: usize,
    /// Samples per row and rows delivered.
    width: usize,
    height: usize,
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
    fn view<'a>(&'a self, source: Plane<'a>) -> View<'a> {
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
    fn row<'b>(&self, y: usize, buffer: &'b mut [u8]) -> &'b [u8]
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
    fn copy_row(&self, y: usize, target: &mut [u8]) {
        let source = self.source_row(y);
        match self.columns {
            None => target.copy_from_slice(&source[..target.len()]),
            Some(columns) => scale::gather(source, self.bytes, columns, target),
        }
    }
}

/// One picture's worth of borrowed state.
pub(super) struct Work<'a> {
    pub(super) from: &'a Frame,
    pub(super) to: &'a Frame,
    pub(super) rect: &'a Rect,
    /// log2 of the source's chroma subsampling across and down, after turning.
    pub(super) chroma_shift: (u32, u32),
    pub(super) scratch: &'a mut Scratch,
}

impl Work<'_> {
    pub(super) fn copy(
        &mut self,
        planes: &mut [PlanePlan],
        source: &[Plane<'_>],
        target: &mut [PlaneMut<'_>],
    ) {
        for (((plan, &from), to), layout) in planes
            .iter_mut()
            .zip(source)
            .zip(target)
            .zip(self.to.format.planes())
        {
            plan.prepare(from);
            let view = plan.view(from);
            let left = (self.rect.left >> layout.shift_x) * layout.bytes;
            let top = self.rect.top >> layout.shift_y;
            for y in 0..plan.height {
                view.copy_row(y, to.row(top + y, left, plan.width * layout.bytes));
            }
        }
    }

    pub(super) fn through_rgba(
        &mut self,
        planes: &mut [PlanePlan],
        source: &[Plane<'_>],
        target: &mut [PlaneMut<'_>],
        from_yuv: Option<&YuvToRgb>,
        to_yuv: Option<&RgbToYuv>,
    ) {
        let split = self.from.format == Format::Uyvy;
        let mut uyvy = std::mem::take(&mut self.scratch.uyvy);
        if split {
            self.split_uyvy(source[0], &mut uyvy);
        }
        let pitch = self.from.width.next_multiple_of(2);
        let apart = uyvy.each_ref().map(|data| Plane { data, pitch });
        let source = if split { &apart[..] } else { source };
        for (plan, &from) in planes.iter_mut().zip(source) {
            plan.prepare(from);
        }
        self.scratch.terms_row = None;
        let direct = self.to.format == Format::Rgba;
        let width = self.rect.width;
        let mut rgba = std::mem::take(&mut self.scratch.rgba);
        for y in 0..self.rect.height {
            if direct {
                let row = target[0].row(self.rect.top + y, self.rect.left * 4, width * 4);
                self.read_row(planes, source, y, row, from_yuv);
            } else {
                let row = &mut rgba[..width * 4];
                self.read_row(planes, source, y, row, from_yuv);
                // One more pixel for formats that store pairs.
                rgba.copy_within((width - 1) * 4..width * 4, width * 4);
                self.write_row(y, &rgba, target, to_yuv);
            }
        }
        self.scratch.rgba = rgba;
        self.scratch.uyvy = uyvy;
    }

    fn split_uyvy(&self, source: Plane<'_>, apart: &mut [Vec<u8>; 2]) {
        let width = self.from.width.next_multiple_of(2);
        let [luma, chroma] = apart;
        for ((row, y), uv) in source
            .data
            .chunks(source.pitch)
            .zip(luma.chunks_exact_mut(width))
            .zip(chroma.chunks_exact_mut(width))
        {
            for ((four, y), uv) in row
                .chunks_exact(4)
                .zip(y.chunks_exact_mut(2))
                .zip(uv.chunks_exact_mut(2))
            {
                y.copy_from_slice(&[four[1], four[3]]);
                uv.copy_from_slice(&[four[0], four[2]]);
            }
        }
    }

    /// Row `y` of the scaled source as RGBA.
    fn read_row(
        &mut self,
        planes: &[PlanePlan],
        source: &[Plane<'_>],
        y: usize,
        rgba: &mut [u8],
        from_yuv: Option<&YuvToRgb>,
    ) {
        let [first, second, third] = &mut self.scratch.rows;
        let view = |i: usize| planes[i].view(source[i]);
        match self.from.format {
            Format::Rgba => view(0).copy_row(y, rgba),
            Format::Bgrx => packed::swizzle::<4>(view(0).row(y, first), [2, 1, 0], rgba),
            Format::Rgb => packed::swizzle::<3>(view(0).row(y, first), [0, 1, 2], rgba),
            Format::Bgr => packed::swizzle::<3>(view(0).row(y, first), [2, 1, 0], rgba),
            Format::Gray8 => {
                let gray = view(0).row(y, first);
                packed::interleave(gray, gray, gray, rgba);
            }
            Format::Gbr => packed::interleave(
                view(2).row(y, third),
                view(0).row(y, first),
                view(1).row(y, second),
                rgba,
            ),
            Format::Nv12 | Format::Uyvy | Format::I420 | Format::Y444 => {
                let Some(yuv) = from_yuv else { return };
                let (shift_x, shift_y) = self.chroma_shift;
                let chroma_row = y >> shift_y;
                if self.scratch.terms_row != Some(chroma_row) {
                    self.scratch.terms_row = Some(chroma_row);
                    let terms = &mut self.scratch.terms;
                    if matches!(self.from.format, Format::Nv12 | Format::Uyvy) {
                        let pairs = view(1).row(chroma_row, second).as_chunks::<2>().0;
                        let chroma = pairs.iter().map(|&[u, v]| (u, v));
                        yuv.fill_shifted(chroma, shift_x, terms);
                    } else {
                        let u = view(1).row(chroma_row, second).iter();
                        let v = view(2).row(chroma_row, third).iter();
                        yuv.fill_shifted(u.copied().zip(v.copied()), shift_x, terms);
                    }
                }
                yuv.row(view(0).row(y, first), &self.scratch.terms, rgba);
            }
        }
    }

    /// Stores a row of RGBA (with one pixel more than the rectangle is wide) as row `y`.
    fn write_row(
        &mut self,
        y: usize,
        rgba: &[u8],
        target: &mut [PlaneMut<'_>],
        to_yuv: Option<&RgbToYuv>,
    ) {
        let Rect {
            left, top, width, ..
        } = *self.rect;
        let row = top + y;
        match (self.to.format, to_yuv) {
            (Format::Rgba, _) => target[0]
                .row(row, left * 4, width * 4)
                .copy_from_slice(&rgba[..width * 4]),
            (Format::Bgrx, _) => {
                packed::pack::<4>(rgba, [2, 1, 0], target[0].row(row, left * 4, width * 4));
            }
            (Format::Rgb, _) => {
                packed::pack::<3>(rgba, [0, 1, 2], target[0].row(row, left * 3, width * 3));
            }
            (Format::Bgr, _) => {
                packed::pack::<3>(rgba, [2, 1, 0], target[0].row(row, left * 3, width * 3));
            }
            (Format::Gbr, _) => {
                for (plane, part) in target.iter_mut().zip([1, 2, 0]) {
                    let to = plane.row(row, left, width);
                    for (to, pixel) in to.iter_mut().zip(rgba.chunks_exact(4)) {
                        *to = pixel[part];
                    }
                }
            }
            (Format::Gray8, Some(yuv)) => yuv.y(rgba, target[0].row(row, left, width)),
            (Format::Y444, Some(yuv)) => {
                yuv.y(rgba, target[0].row(row, left, width));
                yuv.u(rgba, target[1].row(row, left, width));
                yuv.v(rgba, target[2].row(row, left, width));
            }
            (Format::Uyvy, Some(yuv)) => {
                let pairs = width.div_ceil(2);
                let [luma, u, v] = &mut self.scratch.rows;
                yuv.y(rgba, &mut luma[..pairs * 2]);
                let even = packed::even_pixels(rgba, pairs, &mut self.scratch.terms.pixels);
                yuv.u(even, &mut u[..pairs]);
                yuv.v(even, &mut v[..pairs]);
                let to = target[0].row(row, left / 2 * 4, pairs * 4);
                for (((to, y), u), v) in to
                    .chunks_exact_mut(4)
                    .zip(luma.chunks_exact(2))
                    .zip(&*u)
                    .zip(&*v)
                {
                    to.copy_from_slice(&[*u, y[0], *v, y[1]]);
                }
            }
            (format @ (Format::Nv12 | Format::I420), Some(yuv)) => {
                yuv.y(rgba, target[0].row(row, left, width));
                let (left, row) = (left / 2, top / 2 + y / 2);
                if y % 2 == 1 {
                    return;
                }
                let pairs = width.div_ceil(2);
                let even = packed::even_pixels(rgba, pairs, &mut self.scratch.terms.pixels);
                if format == Format::I420 {
                    yuv.u(even, target[1].row(row, left, pairs));
                    yuv.v(even, target[2].row(row, left, pairs));
                } else {
                    let [_, u, v] = &mut self.scratch.rows;
                    yuv.u(even, &mut u[..pairs]);
                    yuv.v(even, &mut v[..pairs]);
                    let to = target[1].row(row, left * 2, pairs * 2);
                    for ((to, u), v) in to.chunks_exact_mut(2).zip(&*u).zip(&*v) {
                        to.copy_from_slice(&[*u, *v]);
                    }
                }
            }
            // The planner always makes a matrix for these.
            (Format::Gray8 | Format::Y444 | Format::Uyvy | Format::Nv12 | Format::I420, None) => {}
        }
    }
}
