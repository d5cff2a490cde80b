//! From pixels to metres on the ground.

use crate::geometry::Point;
use crate::layout::Place;

/// How places in the frame become places on the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ground {
    /// Metres of one pixel, where the camera looks straight down.
    Scale(f32),
    /// Four places in the frame, and where they are on the ground in metres.
    Pairs([Place; 4], [[f32; 2]; 4]),
}

/// [`Ground`] for a size of frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Map {
    /// Metres of one pixel.
    Scale(f64),
    /// A homography, row by row; its last number is 1.
    Homography([f64; 9]),
    /// The pairs have none in a frame of this size.
    None,
}

impl Ground {
    /// For a frame of this width and height.
    pub fn map(&self, size: (u32, u32)) -> Map {
        match self {
            Self::Scale(metres) => Map::Scale(f64::from(*metres)),
            Self::Pairs(places, ground) => {
                let frame = places.map(|place| {
                    let at = place.pixels(size);
                    [f64::from(at.x), f64::from(at.y)]
                });
                let ground = ground.map(|[x, y]| [f64::from(x), f64::from(y)]);
                homography(&frame, &ground).map_or(Map::None, Map::Homography)
            }
        }
    }
}

impl Map {
    /// Where a pixel is on the ground, in metres; `None` on the horizon and above.
    pub fn metres(&self, at: Point) -> Option<[f64; 2]> {
        let (x, y) = (f64::from(at.x), f64::from(at.y));
        match self {
            Self::Scale(metres) => Some([x * metres, y * metres]),
            Self::Homography(h) => {
                let w = h[6] * x + h[7] * y + h[8];
                (w > 1e-9).then(|| {
                    [
                        (h[0] * x + h[1] * y + h[2]) / w,
                        (h[3] * x + h[4] * y + h[5]) / w,
                    ]
                })
            }
            Self::None => None,
        }
    }
}

/// The homography of four pairs, with a last coordinate above 0 where they are; `None` where three of them lie on one
/// line, or the pairs are in another order.
pub fn homography(from: &[[f64; 2]; 4], to: &[[f64; 2]; 4]) -> Option<[f64; 9]> {
    // Numbers of about 1, so that one limit tells what is singular, whatever the units.
    let (from, to, [a, b]) = (normal(from)?, normal(to)?, [scale(from)?, scale(to)?]);
    let mut rows = [[0.0; 9]; 8];
    for (i, ([x, y], [u, v])) in from.iter().zip(&to).enumerate() {
        rows[2 * i] = [*x, *y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, *u];
        rows[2 * i + 1] = [0.0, 0.0, 0.0, *x, *y, 1.0, -v * x, -v * y, *v];
    }
    let h = solve(&mut rows)?;
    let weight = |[x, y]: &[f64; 2]| h[6] * x + h[7] * y + 1.0;
    if from.iter().any(|at| weight(at) < 1e-6) || !has_area(&from) || !has_area(&to) {
        return None;
    }
    // Back to pixels and metres: to = B * H * A * from, with A and B scaling and moving.
    let a_inverse = [
        1.0 / a.0,
        0.0,
        -a.1 / a.0,
        0.0,
        1.0 / a.0,
        -a.2 / a.0,
        0.0,
        0.0,
        1.0,
    ];
    let b_matrix = [b.0, 0.0, b.1, 0.0, b.0, b.2, 0.0, 0.0, 1.0];
    let h = [h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0];
    let all = product(&b_matrix, &product(&h, &a_inverse));
    all.iter().all(|n| n.is_finite()).then_some(all)
}

/// Size and middle of four points; `None` where they are one.
fn scale(points: &[[f64; 2]; 4]) -> Option<(f64, f64, f64)> {
    let middle = |i: usize| points.iter().map(|p| p[i]).sum::<f64>() / 4.0;
    let (x, y) = (middle(0), middle(1));
    let far = |p: &[f64; 2]| (p[0] - x).abs().max((p[1] - y).abs());
    let size = points.iter().map(far).fold(0.0, f64::max);
    (size > 0.0 && size.is_finite()).then_some((size, x, y))
}

fn normal(points: &[[f64; 2]; 4]) -> Option<[[f64; 2]; 4]> {
    let (size, x, y) = scale(points)?;
    Some(points.map(|p| [(p[0] - x) / size, (p[1] - y) / size]))
}

/// Whether no three points lie on one line.
fn has_area(points: &[[f64; 2]; 4]) -> bool {
    (0..4).all(|leave| {
        let mut rest = (0..4).filter(|i| *i != leave).map(|i| points[i]);
        let (Some(a), Some(b), Some(c)) = (rest.next(), rest.next(), rest.next()) else {
            return false;
        };
        ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).abs() > 1e-6
    })
}

fn product(a: &[f64; 9], b: &[f64; 9]) -> [f64; 9] {
    std::array::from_fn(|i| (0..3).map(|k| a[i / 3 * 3 + k] * b[3 * k + i % 3]).sum())
}

/// Solves eight equations, each with its right side last, by elimination.
fn solve(rows: &mut [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let best = (column..8).max_by(|a, b| {
            let size = |row: &usize| rows[*row][column].abs();
            size(a).total_cmp(&size(b))
        })?;
        if rows[best][column].abs() < 1e-9 {
            return None;
        }
        rows.swap(column, best);
        let pivot = rows[column];
        for (_, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != column) {
            let factor = row[column] / pivot[column];
            for (cell, above) in row.iter_mut().zip(&pivot) {
                *cell -= factor * above;
            }
        }
    }
    Some(std::array::from_fn(|i| rows[i][8] / rows[i][i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Length;

    const FRAME: [[f64; 2]; 4] = [
        [400.0, 300.0],
        [880.0, 300.0],
        [1200.0, 700.0],
        [80.0, 700.0],
    ];
    const ROAD: [[f64; 2]; 4] = [[0.0, 40.0], [7.0, 40.0], [7.0, 0.0], [0.0, 0.0]];

    #[test]
    fn the_pairs_are_met_and_the_middle_of_a_trapezium_is_far() {
        let map = Map::Homography(homography(&FRAME, &ROAD).unwrap());
        let metres = |x: f64, y: f64| map.metres(Point::new(x as f32, y as f32)).unwrap();
        for (frame, road) in FRAME.iter().zip(&ROAD) {
            let found = metres(frame[0], frame[1]);
            assert!((found[0] - road[0]).abs() < 1e-6 && (found[1] - road[1]).abs() < 1e-6);
        }
        // Where the diagonals cross is the middle of the road: by hand, x = 640 and 300 + 400 * 480 / (480 + 1120) = 420.
        let middle = metres(640.0, 420.0);
        assert!(
            (middle[0] - 3.5).abs() < 1e-6 && (middle[1] - 20.0).abs() < 1e-5,
            "{middle:?}"
        );
        // The sides meet at the horizon, at 300 - 400 * 480 / (1120 - 480) = 0: nothing is there, nor above.
        assert_eq!(map.metres(Point::new(640.0, -1.0)), None);
        assert!(map.metres(Point::new(640.0, 1.0)).is_some());
    }

    #[test]
    fn what_spans_no_ground_is_refused() {
        let line = [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [0.0, 2.0]];
        let point = [[3.0, 3.0]; 4];
        let crossed = [ROAD[0], ROAD[2], ROAD[1], ROAD[3]];
        for (from, to) in [
            (FRAME, line),
            (line, ROAD),
            (FRAME, point),
            (point, ROAD),
            (FRAME, crossed),
        ] {
            assert_eq!(homography(&from, &to), None, "{from:?} {to:?}");
        }
    }

    #[test]
    fn a_scale_and_parts_of_the_frame() {
        let at = Point::new(100.0, 50.0);
        assert_eq!(
            Ground::Scale(0.5).map((0, 0)).metres(at),
            Some([50.0, 25.0])
        );
        let place = |x, y| Place {
            x: Length::Fraction(x),
            y: Length::Fraction(y),
        };
        let corners = [
            place(0.0, 0.0),
            place(1.0, 0.0),
            place(1.0, 1.0),
            place(0.0, 1.0),
        ];
        let ground = Ground::Pairs(
            corners,
            [[0.0, 0.0], [20.0, 0.0], [20.0, 10.0], [0.0, 10.0]],
        );
        let [x, y] = ground.map((200, 100)).metres(at).unwrap();
        assert!((x - 10.0).abs() < 1e-9 && (y - 5.0).abs() < 1e-9);
        assert_eq!(ground.map((0, 0)).metres(at), None, "no size, no place");
    }
}
