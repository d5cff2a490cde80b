//! Points, lines and areas in whole pixels, with the roundings of the public source.

/// A point in pixels of the frame.
pub(super) type Point = (i32, i32);

/// Whether a point is in an area, whose last corner is joined to its first. A ray to the left edge of the frame counts
/// edges, each from its upper corner to above its lower one; where it meets one is rounded towards zero.
pub(super) fn contains(corners: &[Point], (x, y): Point) -> bool {
    let wide = |(x, y): Point| (i64::from(x), i64::from(y));
    let ends = corners.iter().cycle().skip(1);
    let (x, y) = wide((x, y));
    let crossed = corners.iter().zip(ends).filter(|(from, to)| {
        let ((from_x, from_y), (to_x, to_y)) = (wide(**from), wide(**to));
        if (y >= from_y) == (y >= to_y) {
            return false;
        }
        let rise = i128::from((to_x - from_x) * y) + i128::from(to_y * from_x - to_x * from_y);
        let met = -rise / i128::from(from_y - to_y);
        (0..=i128::from(x)).contains(&met)
    });
    crossed.count() % 2 == 1
}

/// A straight line as a x + b y + c = 0, with a and b of length 1: what is not 0 is the distance in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    a: f64,
    b: f64,
    c: f64,
}

impl Line {
    /// Through two points; of numbers that are none where they are the same.
    pub(super) fn through(from: (f64, f64), to: (f64, f64)) -> Self {
        let (a, b) = (from.1 - to.1, to.0 - from.0);
        let c = from.0 * to.1 - to.0 * from.1;
        let length = (a * a + b * b).sqrt();
        Self {
            a: a / length,
            b: b / length,
            c: c / length,
        }
    }

    /// Distance of a point, below 0 on one side.
    pub(super) fn distance(&self, (x, y): (f64, f64)) -> f64 {
        self.a * x + self.b * y + self.c
    }

    /// Where two lines meet; `None` where they are parallel, or nearly so.
    pub(super) fn meet(&self, other: &Self) -> Option<(f64, f64)> {
        let turn = self.a * other.b - self.b * other.a;
        if turn.abs() < 1e-5 {
            return None;
        }
        let x = (self.b * other.c - self.c * other.b) / turn;
        let y = (self.c * other.a - self.a * other.c) / turn;
        Some((x, y))
    }
}

/// A direction of length 1, or (0, 0) for none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Direction(f64, f64);

impl Direction {
    pub(super) fn between(from: (f64, f64), to: (f64, f64)) -> Self {
        let (x, y) = (to.0 - from.0, to.1 - from.1);
        let length = (x * x + y * y).sqrt();
        if length < 1e-9 {
            return Self::default();
        }
        Self(x / length, y / length)
    }

    /// Cosine of the angle between two directions.
    pub(super) fn along(self, other: Self) -> f64 {
        self.0 * other.0 + self.1 * other.1
    }

    /// Whether a movement has this direction: the cosine of the angle between them is at least the given one.
    pub(super) fn is_way(self, from: Point, to: Point, least: f32) -> bool {
        let (x, y) = (to.0.wrapping_sub(from.0), to.1.wrapping_sub(from.1));
        if (x, y) == (0, 0) {
            return false;
        }
        let (x, y) = (f64::from(x), f64::from(y));
        let cosine = (self.0 * x + self.1 * y) / (x * x + y * y).sqrt();
        cosine >= f64::from(least)
    }
}

/// Whether a way, drawn on to a straight line, meets `line` between two points of it.
pub(super) fn meets_between(
    from: (f64, f64),
    to: (f64, f64),
    line: &Line,
    [start, end]: [Point; 2],
) -> bool {
    let Some((x, y)) = Line::through(from, to).meet(line) else {
        return false;
    };
    let (start, end) = (float(start), float(end));
    let (met, whole) = (
        (x - start.0, y - start.1),
        (end.0 - start.0, end.1 - start.1),
    );
    let dot = |one: (f64, f64), other: (f64, f64)| one.0 * other.0 + one.1 * other.1;
    dot(met, whole) > 0.0 && dot(whole, whole) > dot(met, met)
}

pub(super) fn float((x, y): Point) -> (f64, f64) {
    (f64::from(x), f64::from(y))
}

/// A point of the configuration in pixels of the frame.
pub(super) fn scale((x, y): Point, (by_x, by_y): (f32, f32)) -> Point {
    ((x as f32 * by_x) as i32, (y as f32 * by_y) as i32)
}

/// The two ends of an arrow's barbs.
pub(super) fn barbs(from: Point, tip: Point) -> [Point; 2] {
    const LENGTH: f64 = 0.15;
    let (sin, cos) = 15.0_f64.to_radians().sin_cos();
    let (back_x, back_y) = (f64::from(from.0 - tip.0), f64::from(from.1 - tip.1));
    let barb = |sin: f64| {
        let x = f64::from(tip.0) + LENGTH * (back_x * cos + back_y * sin);
        let y = f64::from(tip.1) + LENGTH * (back_y * cos - back_x * sin);
        (x as i32, y as i32)
    };
    [barb(sin), barb(-sin)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [Point; 4] = [(10, 10), (20, 10), (20, 20), (10, 20)];

    #[test]
    fn areas_have_their_upper_and_left_edges() {
        for (point, inside) in [
            ((10, 10), true),
            ((19, 19), true),
            ((9, 15), false),
            // The right edge is not crossed from within before it is reached.
            ((20, 15), false),
            ((15, 20), false),
            ((15, 9), false),
        ] {
            assert_eq!(contains(&SQUARE, point), inside, "{point:?}");
        }
    }

    #[test]
    fn an_area_may_be_hollow_and_go_either_way_around() {
        let bowl = [(0, 0), (10, 10), (20, 0), (20, 30), (0, 30)];
        let turned: Vec<_> = bowl.into_iter().rev().collect();
        for (point, inside) in [((10, 5), false), ((10, 15), true), ((2, 5), true)] {
            assert_eq!(contains(&bowl, point), inside, "{point:?}");
            assert_eq!(contains(&turned, point), inside, "{point:?}");
        }
    }

    #[test]
    fn corners_that_are_far_away_do_no_harm() {
        let far = [(0, 0), (i32::MAX, 0), (i32::MAX, i32::MAX), (0, i32::MAX)];
        assert!(contains(&far, (5, 5)));
        assert!(!contains(&far, (i32::MIN, 5)));
        assert!(!contains(&[], (0, 0)));
    }

    #[test]
    fn lines_meet() {
        let level = Line::through((0.0, 5.0), (10.0, 5.0));
        let upright = Line::through((3.0, 0.0), (3.0, 10.0));
        let (x, y) = level.meet(&upright).unwrap();
        assert!((x - 3.0).abs() < 1e-9 && (y - 5.0).abs() < 1e-9);
        assert_eq!(level.meet(&level), None);
        let ends = [(0, 5), (10, 5)];
        let way = |x: f64| meets_between((x, 0.0), (x, 1.0), &level, ends);
        assert_eq!([-1.0, 5.0, 11.0].map(way), [false, true, false]);
    }

    #[test]
    fn ways_go_a_direction() {
        let right = Direction::between((0.0, 0.0), (5.0, 0.0));
        assert!(right.is_way((0, 0), (9, 5), 0.8));
        assert!(!right.is_way((0, 0), (9, 8), 0.8));
        assert!(!right.is_way((0, 0), (-9, 0), 0.1));
        assert!(!right.is_way((4, 4), (4, 4), -1.0));
        assert!(!Direction::default().is_way((0, 0), (5, 0), 0.1));
    }

    #[test]
    fn barbs_are_on_both_sides_of_an_arrow() {
        assert_eq!(barbs((0, 0), (100, 0)), [(85, 3), (85, -3)]);
    }
}
