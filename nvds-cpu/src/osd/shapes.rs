//! The shapes that GPU mode knows, and how each paints its part of a band.
//!
//! A band is two rows of 2x2 cells' worth of pixels: the unit in which drawing reaches the image. Shapes paint
//! into the band's accumulators in queue order; [`super::gpu`] then blends the touched cells onto the image.

use super::blend::over;
use super::glyphs::GlyphCache;
use super::model::{MaskShape, Rect, whole};

/// Accumulators of two rows of pixels, and which of their cells were painted.
pub(super) struct Band<'a> {
    /// The upper and the lower row: red, green, blue, alpha.
    pub(super) rows: [&'a mut [[u8; 4]]; 2],
    /// One bit per cell.
    pub(super) touched: &'a mut [u64],
    /// Frame row of the upper row: even.
    pub(super) y: i32,
}

impl Band<'_> {
    /// Columns of the frame that can be painted: an even number.
    fn width(&self) -> i32 {
        self.rows[0].len() as i32
    }

    fn touch(&mut self, x0: usize, x1: usize) {
        let (first, last) = (x0 / 2, (x1 - 1) / 2);
        for word in first / 64..=last / 64 {
            let from = first.max(word * 64) % 64;
            let to = last.min(word * 64 + 63) % 64;
            self.touched[word] |= (u64::MAX << from) & (u64::MAX >> (63 - to));
        }
    }

    /// Paints columns `x0..x1` of one row in one colour.
    fn fill(&mut self, row: usize, x0: i32, x1: i32, [r, g, b, a]: [u8; 4]) {
        let (x0, x1) = (x0.max(0), x1.min(self.width()));
        if x0 >= x1 {
            return;
        }
        let (x0, x1) = (x0 as usize, x1 as usize);
        let pixels = &mut self.rows[row][x0..x1];
        if a == 255 {
            pixels.fill([r, g, b, a]);
        } else {
            for pixel in pixels {
                let first = pixel[3] == 0 && a > 0;
                *pixel = if first {
                    [r, g, b, a]
                } else {
                    over(*pixel, [r, g, b], a)
                };
            }
        }
        self.touch(x0, x1);
    }

    /// Paints one pixel, which must lie in the band, in `color` with its own opacity.
    fn dab(&mut self, row: usize, x: i32, [r, g, b, _]: [u8; 4], alpha: u8) {
        let x = x as usize;
        let pixel = &mut self.rows[row][x];
        *pixel = over(*pixel, [r, g, b], alpha);
        self.touch(x, x + 1);
    }
}

/// An area of whole cells, given by the pixels that it must contain (both ends included).
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

impl Bounds {
    /// Whether the band at even row `y` has a part in it.
    pub(super) fn meets(&self, y: i32) -> bool {
        y + 1 >= self.top && y <= self.bottom
    }

    /// The columns `from..to` of the cells that the area touches.
    fn columns(&self, width: i32) -> (i32, i32) {
        ((self.left & !1).max(0), ((self.right | 1) + 1).min(width))
    }
}

/// Something in the queue.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) color: [u8; 4],
    pub(super) bounds: Bounds,
    pub(super) shape: Shape,
}

#[derive(Debug)]
pub(super) enum Shape {
    Frame(Frame),
    Quad(Quad),
    /// What lies in the first and not in the second.
    QuadRing(Quad, Quad),
    /// A quad with four samples per pixel.
    SmoothQuad(Quad),
    Ring(Ring),
    Grid(Grid),
    /// A line of text: this part of the placed letters.
    Letters(std::ops::Range<usize>),
}

/// The pixels strictly between two half-pixel positions, as `from..to`.
type Span = (i32, i32);

/// `low2` and `high2` are positions times two.
fn strictly_between(low2: i32, high2: i32) -> Span {
    (low2.div_euclid(2) + 1, (high2 + 1).div_euclid(2))
}

fn contains((from, to): Span, value: i32) -> bool {
    (from..to).contains(&value)
}

/// An upright rectangle with an upright hole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    columns: Span,
    rows: Span,
    hole: Option<(Span, Span)>,
}

/// Corners of a box, `left <= right` and `top <= bottom`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corners {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

impl Corners {
    /// The corners of a metadata box: the size is added to the cut-off position, then cut off itself.
    pub(super) fn of(rect: &Rect) -> (i32, i32, i32, i32) {
        let (x, y) = (whole(rect.left), whole(rect.top));
        (
            x,
            y,
            whole(rect.width + x as f32),
            whole(rect.height + y as f32),
        )
    }

    /// Two opposite corners in any order.
    pub(super) fn sorted((x1, y1, x2, y2): (i32, i32, i32, i32)) -> Self {
        Self {
            left: x1.min(x2),
            top: y1.min(y2),
            right: x1.max(x2),
            bottom: y1.max(y2),
        }
    }
}

impl Frame {
    /// The pixels strictly inside the box.
    pub(super) fn filled(corners: Corners) -> Self {
        Self {
            columns: strictly_between(2 * corners.left, 2 * corners.right),
            rows: strictly_between(2 * corners.top, 2 * corners.bottom),
            hole: None,
        }
    }

    /// A border of `width` pixels centred on the box's edges.
    ///
    /// The hole is whatever four strict half-plane tests along the inner edges leave: nothing once one side is no
    /// longer than the border, and again something, inside out, when both are.
    pub(super) fn border(corners: Corners, width: i32) -> Self {
        let Corners {
            left,
            top,
            right,
            bottom,
        } = corners;
        let (inner_left, inner_right) = (2 * left + width, 2 * right - width);
        let (inner_top, inner_bottom) = (2 * top + width, 2 * bottom - width);
        let across = match inner_bottom - inner_top {
            0 => None,
            1.. => Some(strictly_between(inner_left, inner_right)),
            _ => Some(strictly_between(inner_right, inner_left)),
        };
        let down = match inner_right - inner_left {
            0 => None,
            1.. => Some(strictly_between(inner_top, inner_bottom)),
            _ => Some(strictly_between(inner_bottom, inner_top)),
        };
        let is_real = |span: &Span| span.0 < span.1;
        Self {
            columns: strictly_between(2 * left - width, 2 * right + width),
            rows: strictly_between(2 * top - width, 2 * bottom + width),
            hole: across.filter(is_real).zip(down.filter(is_real)),
        }
    }

    fn paint(&self, band: &mut Band<'_>, color: [u8; 4]) {
        for row in 0..2 {
            let y = band.y + row as i32;
            if !contains(self.rows, y) {
                continue;
            }
            let (from, to) = self.columns;
            match self.hole {
                Some((across, down)) if contains(down, y) => {
                    band.fill(row, from, across.0.min(to), color);
                    band.fill(row, across.1.max(from), to, color);
                }
                _ => band.fill(row, from, to, color),
            }
        }
    }
}

/// A point in the frame.
pub(super) type Point = (f32, f32);

/// A convex quadrilateral; a point is inside when it is strictly on the same side of all four edges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quad(pub(super) [Point; 4]);

impl Quad {
    /// The square around `(x, y)` stretched along a direction: a line with its ends.
    pub(super) fn line((x1, y1): (i32, i32), (x2, y2): (i32, i32), width: i32) -> Self {
        let (dx, dy) = (x2 - x1, y2 - y1);
        let squared = i64::from(dx) * i64::from(dx) + i64::from(dy) * i64::from(dy);
        let length = (squared as f32).sqrt();
        let (sin, cos) = {
            let angle = (dy as f32).atan2(dx as f32);
            (angle.sin(), angle.cos())
        };
        let half = width as f32 / 2.0;
        let (x, y) = (x1 as f32, y1 as f32);
        let reach = length + half;
        // The order of the sums decides the last bit, and the last bit decides pixels on the edge.
        Self([
            (-half * cos + x - sin * half, -half * sin + cos * half + y),
            (reach * cos - sin * half + x, reach * sin + cos * half + y),
            (reach * cos + sin * half + x, reach * sin - cos * half + y),
            (-half * cos + x + sin * half, -half * sin + y - cos * half),
        ])
    }

    /// A box of `width` x `height` about a centre, grown by `grow` on each side, turned by `angle` radians.
    pub(super) fn turned(
        (cx, cy): (i32, i32),
        (width, height): (i32, i32),
        grow: f32,
        angle: f32,
    ) -> Self {
        let (sin, cos) = (angle.sin(), angle.cos());
        let (w, h) = (width as f32 / 2.0 + grow, height as f32 / 2.0 + grow);
        let (cx, cy) = (cx as f32, cy as f32);
        Self(
            [(-w, -h), (-w, h), (w, h), (w, -h)]
                .map(|(x, y)| (cos * x - sin * y + cx, sin * x + cos * y + cy)),
        )
    }

    /// The cells that can have pixels of it.
    pub(super) fn bounds(&self) -> Bounds {
        let [(mut left, mut top), ..] = self.0;
        let (mut right, mut bottom) = (left, top);
        for (x, y) in &self.0[1..] {
            (left, right) = (left.min(*x), right.max(*x));
            (top, bottom) = (top.min(*y), bottom.max(*y));
        }
        Bounds {
            left: left as i32,
            top: top as i32,
            right: right.ceil() as i32,
            bottom: bottom.ceil() as i32,
        }
    }

    fn contains(&self, x: f32, y: f32) -> bool {
        let corners = &self.0;
        (0..4).all(|i| {
            let ((ax, ay), (bx, by)) = (corners[i], corners[(i + 1) % 4]);
            // Rounded once, as the GPU does; it decides pixels that lie on an edge.
            (bx - ax).mul_add(y - ay, -((by - ay) * (x - ax))) < 0.0
        })
    }

    /// How many of a pixel's four samples lie inside.
    fn samples(&self, x: f32, y: f32) -> u32 {
        [(-0.25, -0.25), (0.25, -0.25), (0.25, 0.25), (-0.25, 0.25)]
            .iter()
            .filter(|(dx, dy)| self.contains(x + dx, y + dy))
            .count() as u32
    }

    /// Columns `from..to` outside of which row `y` and the row below have nothing of it; may be generous.
    fn columns(&self, y: i32) -> Span {
        let (low, high) = (y as f32 - 1.0, y as f32 + 2.0);
        let (mut left, mut right) = (f32::INFINITY, f32::NEG_INFINITY);
        for i in 0..4 {
            let ((ax, ay), (bx, by)) = (self.0[i], self.0[(i + 1) % 4]);
            if ay.max(by) < low || ay.min(by) > high {
                continue;
            }
            for (px, py) in [(ax, ay), (bx, by)] {
                // Where an edge leaves the strip, take the point on the strip's border.
                let inside = py.clamp(low, high);
                let x = if by == ay {
                    px
                } else {
                    ax + (inside - ay) * ((bx - ax) / (by - ay))
                };
                (left, right) = (left.min(x), right.max(x));
            }
        }
        if left > right {
            (0, 0)
        } else {
            (left.floor() as i32 - 1, right.ceil() as i32 + 2)
        }
    }

    /// Calls `paint` with row, column and position of each pixel that may belong to it.
    fn each(
        &self,
        band: &mut Band<'_>,
        bounds: &Bounds,
        mut paint: impl FnMut(&mut Band<'_>, usize, i32, Point),
    ) {
        let (from, to) = bounds.columns(band.width());
        let (left, right) = self.columns(band.y);
        for row in 0..2 {
            let y = (band.y + row as i32) as f32;
            for x in from.max(left)..to.min(right) {
                paint(band, row, x, (x as f32, y));
            }
        }
    }
}

/// A ring with an edge of one pixel that fades out on both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring {
    pub(super) x: i32,
    pub(super) y: i32,
    /// Distances `inner <= d < outer` have the full colour.
    pub(super) inner: i32,
    pub(super) outer: i32,
}

impl Ring {
    fn alpha(&self, distance: f32, alpha: u8) -> u8 {
        let start = (self.inner - 1).max(0) as f32;
        let end = (self.outer + 1) as f32;
        let (inner, outer) = (self.inner as f32, self.outer as f32);
        let full = f32::from(alpha);
        if distance < start || distance > end {
            0
        } else if distance >= inner && distance < outer {
            alpha
        } else if distance >= outer {
            ((end - distance) * full) as u8
        } else {
            ((distance - start) * full) as u8
        }
    }

    fn paint(&self, band: &mut Band<'_>, bounds: &Bounds, color: [u8; 4]) {
        let (from, to) = bounds.columns(band.width());
        // Whole numbers on either side of the fade, so that most pixels need no square root.
        let near = i64::from(self.inner - 1).max(0).pow(2);
        let far = i64::from(self.outer + 1).max(0).pow(2);
        for row in 0..2 {
            let dy = i64::from(band.y + row as i32 - self.y);
            for x in from..to {
                let dx = i64::from(x - self.x);
                let squared = dx * dx + dy * dy;
                if squared < near || squared > far {
                    continue;
                }
                let alpha = self.alpha((squared as f32).sqrt(), color[3]);
                if alpha > 0 {
                    band.dab(row, x, color, alpha);
                }
            }
        }
    }
}

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

    fn paint(&self, band: &mut Band<'_>, bounds: &Bounds, color: [u8; 4], cells: &[u8]) {
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

/// A letter at its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) ink_top: i32,
    pub(super) ink_bottom: i32,
    pub(super) offset: usize,
}

/// Paints a line of text. Each cell belongs to the first letter whose box touches it; the next one loses its part.
fn paint_letters(letters: &[Letter], glyphs: &GlyphCache, band: &mut Band<'_>, color: [u8; 4]) {
    let width = band.width();
    let mut free = 0;
    for letter in letters {
        let top = band.y - letter.y;
        if top + 1 < 0 || top >= letter.height {
            continue;
        }
        let from = free.max(letter.x & !1);
        let to = letter.x + letter.width;
        free = free.max((to + 1) & !1);
        for row in 0..2 {
            let y = top + row as i32;
            if y < letter.ink_top || y >= letter.ink_bottom {
                continue;
            }
            let coverage = glyphs.row(letter.offset, letter.width, y);
            let first = from.max(letter.x).max(0);
            for x in first..to.min(width) {
                let alpha =
                    (u32::from(coverage[(x - letter.x) as usize]) * u32::from(color[3])) >> 8;
                if alpha > 0 {
                    band.dab(row, x, color, alpha as u8);
                }
            }
        }
    }
}

impl Command {
    /// Paints what this has in the band. The caller checked that the bounds meet it.
    pub(super) fn paint(
        &self,
        band: &mut Band<'_>,
        cells: &[u8],
        letters: &[Letter],
        glyphs: &GlyphCache,
    ) {
        let color = self.color;
        match &self.shape {
            Shape::Frame(frame) => frame.paint(band, color),
            Shape::Quad(quad) => quad.each(band, &self.bounds, |band, row, x, (px, py)| {
                if quad.contains(px, py) {
                    band.dab(row, x, color, color[3]);
                }
            }),
            Shape::QuadRing(outer, inner) => {
                outer.each(band, &self.bounds, |band, row, x, (px, py)| {
                    if outer.contains(px, py) && !inner.contains(px, py) {
                        band.dab(row, x, color, color[3]);
                    }
                })
            }
            Shape::SmoothQuad(quad) => quad.each(band, &self.bounds, |band, row, x, (px, py)| {
                let samples = quad.samples(px, py);
                if samples > 0 {
                    band.dab(row, x, color, ((u32::from(color[3]) * samples) / 4) as u8);
                }
            }),
            Shape::Ring(ring) => ring.paint(band, &self.bounds, color),
            Shape::Grid(grid) => grid.paint(band, &self.bounds, color, cells),
            Shape::Letters(range) => paint_letters(&letters[range.clone()], glyphs, band, color),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(frame: Frame, width: usize, y: i32) -> Vec<usize> {
        let (mut upper, mut lower) = (vec![[0; 4]; width], vec![[0; 4]; width]);
        let mut touched = vec![0; 1];
        let mut band = Band {
            rows: [&mut upper, &mut lower],
            touched: &mut touched,
            y: y & !1,
        };
        frame.paint(&mut band, [1, 2, 3, 255]);
        let row = if y % 2 == 0 { upper } else { lower };
        (0..width).filter(|&x| row[x][3] > 0).collect()
    }

    fn corners(left: i32, top: i32, right: i32, bottom: i32) -> Corners {
        Corners {
            left,
            top,
            right,
            bottom,
        }
    }

    #[test]
    fn borders_lie_where_the_table_says() {
        // Border width, then the columns painted for a box from 8 to 20.
        let table: [(i32, &[usize]); 4] = [
            (1, &[8, 20]),
            (2, &[8, 9, 19, 20]),
            (3, &[7, 8, 9, 19, 20, 21]),
            (4, &[7, 8, 9, 10, 18, 19, 20, 21]),
        ];
        for (width, columns) in table {
            assert_eq!(
                painted(Frame::border(corners(8, 0, 20, 30), width), 32, 15),
                columns,
                "width {width}"
            );
        }
    }

    #[test]
    fn a_box_without_size_and_border_3_paints_nothing() {
        for y in 0..16 {
            assert_eq!(
                painted(Frame::border(corners(8, 8, 8, 8), 3), 32, y),
                [0; 0]
            );
        }
    }

    #[test]
    fn a_box_narrower_than_its_border_is_solid() {
        let frame = Frame::border(corners(8, 0, 10, 20), 4);
        assert_eq!(painted(frame, 32, 10), [7, 8, 9, 10, 11]);
    }

    #[test]
    fn touched_bits_cover_words() {
        let (mut upper, mut lower) = (vec![[0; 4]; 512], vec![[0; 4]; 512]);
        let mut touched = vec![0; 4];
        let mut band = Band {
            rows: [&mut upper, &mut lower],
            touched: &mut touched,
            y: 0,
        };
        band.touch(3, 260);
        assert_eq!(touched, [!1, u64::MAX, 0b11, 0]);
    }

    #[test]
    fn slim_columns_of_a_slanted_line_lose_no_pixel() {
        let quad = Quad::line((10, 3), (170, 91), 5);
        for y in (0..100).step_by(2) {
            let (from, to) = quad.columns(y);
            for row in [y, y + 1] {
                for x in 0..200 {
                    let inside = quad.samples(x as f32, row as f32) > 0;
                    assert!(
                        !inside || contains((from, to), x),
                        "pixel {x},{row} outside {from}..{to}"
                    );
                }
            }
        }
    }
}
