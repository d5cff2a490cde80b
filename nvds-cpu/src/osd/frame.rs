//! Upright boxes: filled, or as a border.

use super::band::{Band, Corners};

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

    pub(super) fn paint(&self, band: &mut Band<'_>, color: [u8; 4]) {
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
}
