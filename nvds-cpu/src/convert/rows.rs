//! Running a planned conversion, row by row.

use super::color::{RgbToYuv, YuvToRgb};
use super::packed;
use super::plane::PlanePlan;
use super::scratch::Scratch;
use super::{Format, Frame, Plane, PlaneMut, Rect};

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
