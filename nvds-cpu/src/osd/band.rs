//! The unit in which GPU mode's drawing reaches the image, and the areas that shapes take up in it.
//!
//! A band is two rows of 2x2 cells' worth of pixels. Shapes paint into its accumulators in queue order;
//! [`super::gpu`] then blends the touched cells onto the image.

use super::blend::over;
use super::model::{Rect, whole};

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
    pub(super) fn width(&self) -> i32 {
        self.rows[0].len() as i32
    }

    pub(super) fn touch(&mut self, x0: usize, x1: usize) {
        let (first, last) = (x0 / 2, (x1 - 1) / 2);
        for word in first / 64..=last / 64 {
            let from = first.max(word * 64) % 64;
            let to = last.min(word * 64 + 63) % 64;
            self.touched[word] |= (u64::MAX << from) & (u64::MAX >> (63 - to));
        }
    }

    /// Paints columns `x0..x1` of one row in one colour.
    pub(super) fn fill(&mut self, row: usize, x0: i32, x1: i32, [r, g, b, a]: [u8; 4]) {
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
    pub(super) fn dab(&mut self, row: usize, x: i32, [r, g, b, _]: [u8; 4], alpha: u8) {
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
    pub(super) fn columns(&self, width: i32) -> (i32, i32) {
        ((self.left & !1).max(0), ((self.right | 1) + 1).min(width))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
