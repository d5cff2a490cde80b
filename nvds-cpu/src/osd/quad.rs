//! Turned boxes and lines.

use super::band::{Band, Bounds};

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

    pub(super) fn contains(&self, x: f32, y: f32) -> bool {
        let corners = &self.0;
        (0..4).all(|i| {
            let ((ax, ay), (bx, by)) = (corners[i], corners[(i + 1) % 4]);
            // Rounded once, as the GPU does; it decides pixels that lie on an edge.
            (bx - ax).mul_add(y - ay, -((by - ay) * (x - ax))) < 0.0
        })
    }

    /// How many of a pixel's four samples lie inside.
    pub(super) fn samples(&self, x: f32, y: f32) -> u32 {
        [(-0.25, -0.25), (0.25, -0.25), (0.25, 0.25), (-0.25, 0.25)]
            .iter()
            .filter(|(dx, dy)| self.contains(x + dx, y + dy))
            .count() as u32
    }

    /// Columns `from..to` outside of which row `y` and the row below have nothing of it; may be generous.
    fn columns(&self, y: i32) -> (i32, i32) {
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
    pub(super) fn each(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slim_columns_of_a_slanted_line_lose_no_pixel() {
        let quad = Quad::line((10, 3), (170, 91), 5);
        for y in (0..100).step_by(2) {
            let (from, to) = quad.columns(y);
            for row in [y, y + 1] {
                for x in 0..200 {
                    let inside = quad.samples(x as f32, row as f32) > 0;
                    assert!(
                        !inside || (from..to).contains(&x),
                        "pixel {x},{row} outside {from}..{to}"
                    );
                }
            }
        }
    }
}
