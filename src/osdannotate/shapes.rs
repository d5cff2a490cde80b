//! Shapes of objects: corners of boxes, dots, crosses, circles, arrows, traces.

use nvds::{Color, Rect};

use super::canvas::{Canvas, Point, Sink, centre, foot};
use super::style::{CircleSize, MAX_BORDER, ObjectShapes};

/// How far a trace may run beside the positions, in pixels; half its width, if that is more.
const TRACE_TOLERANCE: f32 = 0.75;
/// What moves less far than this along its arrow stands still, in pixels.
const SHORTEST_ARROW: f32 = 4.0;
/// Strokes of an arrow's head: a third of the arrow, within these pixels. nvdsosd's own arrows have a tenth, which
/// cannot be seen on short ones.
const HEAD: std::ops::RangeInclusive<f32> = 4.0..=14.0;
/// Tangent of the angle between the shaft and the strokes: 27 degrees.
const HEAD_SLOPE: f32 = 0.5;

/// Draws the corners of a box: the pixels that nvdsosd's border has there. `arm` is a part of the shorter side.
///
/// They are filled boxes and no lines, so that they lie below texts and go with nvdsosd's display-bbox as a border
/// does, and leave the lines to what can be nothing else.
pub fn corners<S: Sink>(
    canvas: &mut Canvas<'_, S>,
    rect: &Rect,
    arm: f32,
    width: u32,
    color: Color,
) {
    if width == 0 || !rect.is_finite() {
        return;
    }
    // As nvdsosd does with a box: the size is added to the truncated position, then truncated itself.
    let (x1, y1) = (rect.left.trunc(), rect.top.trunc());
    let (x2, y2) = ((rect.width + x1).trunc(), (rect.height + y1).trunc());
    let (left, right) = (x1.min(x2), x1.max(x2));
    let (top, bottom) = (y1.min(y2), y1.max(y2));
    let side = (right - left).min(bottom - top);
    let arm = (side * arm.clamp(0.0, 0.5)).round().max(1.0);
    let width = width.min(MAX_BORDER);
    // Columns or rows of the border, and those of arms, from the left or top and from the right or bottom.
    let (outwards, inwards) = (((width - 1) / 2) as f32, (width / 2 + 1) as f32);
    // Of boxes that are smaller than their corners, each corner has its quarter.
    let low = |edge: f32, middle: f32| {
        let end = |length: f32| (edge + length).min(middle);
        (edge - outwards, end(inwards), end(arm + 1.0))
    };
    let high = |edge: f32, middle: f32| {
        let start = |length: f32| (edge - length).max(middle);
        (start(arm), start(inwards - 1.0), edge + outwards + 1.0)
    };
    let (middle_x, middle_y) = ((left + right) / 2.0, (top + bottom) / 2.0);
    let (middle_x, middle_y) = (middle_x.ceil(), middle_y.ceil());
    let (left, right) = (low(left, middle_x), high(right, middle_x));
    let (top, bottom) = (low(top, middle_y), high(bottom, middle_y));
    for (from, to) in [(left.0, left.2), (right.0, right.2)] {
        canvas.bar((from, top.0), (to, top.1), color);
        canvas.bar((from, bottom.1), (to, bottom.2), color);
    }
    // Without the pixels of those, which a half transparent colour would paint twice.
    for (from, to) in [(left.0, left.1), (right.1, right.2)] {
        canvas.bar((from, top.1), (to, top.2), color);
        canvas.bar((from, bottom.0), (to, bottom.1), color);
    }
}

/// Draws what needs no past: dot, cross and foot circle.
pub fn still<S: Sink>(
    canvas: &mut Canvas<'_, S>,
    rect: &Rect,
    shapes: &ObjectShapes,
    color: Color,
) {
    let middle = centre(rect);
    if shapes.dot > 0 {
        canvas.circle(middle, shapes.dot as f32, 1, color, Some(color));
    }
    if shapes.centre_cross > 0 {
        let arm = shapes.centre_cross as f32;
        let end = |x: f32, y: f32| Point::new(middle.x + x, middle.y + y);
        canvas.line(end(-arm, 0.0), end(arm, 0.0), shapes.width, color);
        canvas.line(end(0.0, -arm), end(0.0, arm), shapes.width, color);
    }
    if let Some(size) = shapes.foot_circle {
        let radius = match size {
            CircleSize::Box => rect.width.abs() / 2.0,
            CircleSize::Radius(radius) => radius as f32,
        };
        canvas.circle(foot(rect), radius, shapes.width, color, None);
    }
}

/// Draws an arrow by a distance. What is as good as standing gets none.
pub fn arrow<S: Sink>(
    canvas: &mut Canvas<'_, S>,
    from: Point,
    by: Point,
    width: u32,
    color: Color,
) {
    let length = by.length();
    if !length.is_finite() || length < SHORTEST_ARROW {
        return;
    }
    let tip = Point::new(from.x + by.x, from.y + by.y);
    canvas.line(from, tip, width, color);
    let back = (length / 3.0).clamp(*HEAD.start(), *HEAD.end());
    let (x, y) = (by.x / length * back, by.y / length * back);
    for slope in [HEAD_SLOPE, -HEAD_SLOPE] {
        let end = Point::new(tip.x - x - slope * y, tip.y - y + slope * x);
        canvas.line(end, tip, width, color);
    }
}

/// Draws a line through positions with at most `most` pieces. Positions that a straight piece covers need no piece of
/// their own.
pub fn trace<S: Sink>(
    canvas: &mut Canvas<'_, S>,
    mut positions: impl Iterator<Item = Point>,
    width: u32,
    color: Color,
    most: usize,
) {
    let tolerance = TRACE_TOLERANCE.max(width as f32 / 2.0);
    let mut left = most;
    let Some(first) = positions.next() else {
        return;
    };
    let mut piece = Piece::new(first, tolerance);
    // Faster than a loop over positions that lie in two parts of memory.
    let all = positions.try_for_each(|at| {
        if piece.extend(at) {
            return Some(());
        }
        left = left.checked_sub(1)?;
        canvas.line(piece.start, piece.end, width, color);
        piece = Piece::new(piece.end, tolerance);
        piece.extend(at);
        Some(())
    });
    if all.is_some() && piece.start != piece.end && left > 0 {
        canvas.line(piece.start, piece.end, width, color);
    }
}

/// A straight piece that grows as long as it passes all positions: these leave a cone, seen from its start, in
/// which its end must lie.
#[derive(Clone, Copy)]
struct Piece {
    start: Point,
    end: Point,
    length: f32,
    tolerance: f32,
    /// Edges of the cone as directions, once there is one.
    cone: Option<(Point, Point)>,
}

impl Piece {
    fn new(start: Point, tolerance: f32) -> Self {
        Self {
            start,
            end: start,
            length: 0.0,
            tolerance,
            cone: None,
        }
    }

    /// Takes another position in, if the piece can still pass all.
    fn extend(&mut self, at: Point) -> bool {
        let way = Point::new(at.x - self.start.x, at.y - self.start.y);
        let length = way.length();
        if length < self.length - self.tolerance {
            return false; // it turned back
        }
        if length <= self.tolerance {
            self.end = at;
            return true;
        }
        let cross = |a: Point, b: Point| a.x * b.y - a.y * b.x;
        let part = self.tolerance / length;
        let (x, y) = (way.x * part, way.y * part);
        let (mut low, mut high) = (
            Point::new(way.x + y, way.y - x),
            Point::new(way.x - y, way.y + x),
        );
        if let Some((lowest, highest)) = self.cone {
            let ahead = way.x * (lowest.x + highest.x) + way.y * (lowest.y + highest.y) > 0.0;
            if !ahead || cross(lowest, way) < 0.0 || cross(way, highest) < 0.0 {
                return false;
            }
            if cross(low, lowest) > 0.0 {
                low = lowest;
            }
            if cross(highest, high) > 0.0 {
                high = highest;
            }
        }
        self.cone = Some((low, high));
        self.end = at;
        self.length = self.length.max(length);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::ops::Range;

    use super::super::canvas::tests::{Drawn, painted};
    use super::super::style::Paint;
    use super::*;

    const SIZE: Option<(u32, u32)> = Some((200, 200));

    type Ends = ((u32, u32), (u32, u32));

    fn draw(draw: impl FnOnce(&mut Canvas<'_, Drawn>)) -> Drawn {
        let mut drawn = Drawn::default();
        draw(&mut Canvas::new(&mut drawn, SIZE));
        drawn
    }

    fn ends(drawn: &Drawn) -> Vec<Ends> {
        drawn
            .lines
            .iter()
            .map(|line| (line.from, line.to))
            .collect()
    }

    fn rect(left: f32, top: f32, width: f32, height: f32) -> Rect {
        Rect {
            left,
            top,
            width,
            height,
        }
    }

    fn shapes() -> ObjectShapes {
        ObjectShapes {
            dot: 0,
            centre_cross: 0,
            foot_circle: None,
            motion_arrow: 0,
            trace: 0,
            color: Paint::Fixed(Color::RED),
            width: 3,
        }
    }

    /// The pixels that boxes fill in GPU mode; each may be filled once.
    fn filled(drawn: &Drawn) -> HashSet<(i32, i32)> {
        let mut pixels = HashSet::new();
        for (rect, _) in &drawn.rects {
            let (columns, rows) = painted(rect);
            for y in rows {
                for x in columns.clone() {
                    assert!(pixels.insert((x, y)), "{x},{y} twice");
                }
            }
        }
        pixels
    }

    /// The pixels of a border in GPU mode, as captured: columns of the left and the right edge by width.
    fn border(width: u32, low: i32, high: i32) -> (Range<i32>, Range<i32>) {
        match width {
            1 => (low..low + 1, high..high + 1),
            2 => (low..low + 2, high - 1..high + 1),
            3 => (low - 1..low + 2, high - 1..high + 2),
            _ => (low - 1..low + 3, high - 2..high + 2),
        }
    }

    #[test]
    fn corners_have_the_borders_pixels() {
        for width in 1..=4 {
            let at = rect(10.9, 20.2, 40.9, 80.0);
            let drawn = draw(|c| corners(c, &at, 0.25, width, Color::RED));
            let pixels = filled(&drawn);
            let (left, right) = border(width, 10, 50);
            let (top, bottom) = border(width, 20, 100);
            for y in 0..200 {
                for x in 0..200 {
                    let on_border = (left.contains(&x) || right.contains(&x))
                        && (top.start..bottom.end).contains(&y)
                        || (top.contains(&y) || bottom.contains(&y))
                            && (left.start..right.end).contains(&x);
                    // A quarter of 40.
                    let near = (x <= 20 || x >= 40) && (y <= 30 || y >= 90);
                    let expected = on_border && near;
                    assert_eq!(pixels.contains(&(x, y)), expected, "{width}: {x},{y}");
                }
            }
        }
    }

    #[test]
    fn corners_outside_the_frame_are_left_out() {
        let drawn = draw(|c| corners(c, &rect(-40.0, -40.0, 110.0, 110.0), 0.2, 3, Color::RED));
        let pixels = filled(&drawn);
        assert!(pixels.contains(&(70, 70)) && pixels.contains(&(48, 70)));
        assert_eq!(pixels.len(), 24 * 3 + 21 * 3);
        for bad in [
            rect(f32::NAN, 0.0, 9.0, 9.0),
            rect(0.0, 0.0, f32::INFINITY, f32::NAN),
        ] {
            assert!(
                draw(|c| corners(c, &bad, 0.3, 3, Color::RED))
                    .rects
                    .is_empty()
            );
        }
        let none = draw(|c| corners(c, &rect(9.0, 9.0, 9.0, 9.0), 0.3, 0, Color::RED));
        assert!(none.rects.is_empty(), "no border, no corners");
    }

    #[test]
    fn corners_of_small_boxes_do_not_overlap() {
        for size in 0..12 {
            for width in [1, 2, 3, 4, 9, 40] {
                let at = rect(90.0, 90.0, size as f32, size as f32 / 2.0);
                for arm in [0.0, 0.25, 0.5, 9.0] {
                    filled(&draw(|c| corners(c, &at, arm, width, Color::RED)));
                }
            }
        }
    }

    #[test]
    fn dot_cross_and_circle() {
        let all = ObjectShapes {
            dot: 4,
            centre_cross: 6,
            foot_circle: Some(CircleSize::Radius(9)),
            ..shapes()
        };
        let at = rect(40.0, 50.0, 20.0, 60.0);
        let drawn = draw(|c| still(c, &at, &all, Color::RED));
        let circles: Vec<_> = drawn
            .circles
            .iter()
            .map(|c| (c.center, c.radius, c.width, c.fill.is_some()))
            .collect();
        assert_eq!(circles, [((50, 80), 4, 1, true), ((50, 110), 9, 3, false)]);
        assert_eq!(ends(&drawn), [((44, 80), (56, 80)), ((50, 74), (50, 86))]);
        let boxed = ObjectShapes {
            foot_circle: Some(CircleSize::Box),
            ..shapes()
        };
        let drawn = draw(|c| still(c, &at, &boxed, Color::RED));
        assert_eq!(drawn.circles[0].radius, 10);
    }

    #[test]
    fn arrows_show_motion_only() {
        let from = Point::new(50.0, 50.0);
        let drawn = draw(|c| arrow(c, from, Point::new(30.0, 0.0), 2, Color::RED));
        assert_eq!(
            ends(&drawn),
            [
                ((50, 50), (80, 50)),
                ((70, 55), (80, 50)),
                ((70, 45), (80, 50)),
            ]
        );
        for by in [
            (0.0, 0.0),
            (2.0, 2.0),
            (f32::NAN, 9.0),
            (f32::INFINITY, 9.0),
        ] {
            let by = Point::new(by.0, by.1);
            assert!(draw(|c| arrow(c, from, by, 2, Color::RED)).lines.is_empty());
        }
    }

    fn traced(points: &[(f32, f32)], most: usize) -> Vec<Ends> {
        let points = points.iter().map(|(x, y)| Point::new(*x, *y));
        ends(&draw(|c| trace(c, points, 2, Color::RED, most)))
    }

    #[test]
    fn a_straight_trace_is_one_line() {
        let straight: Vec<_> = (0..50)
            .map(|i| (10.0 + 3.0 * i as f32, 20.0 + i as f32))
            .collect();
        assert_eq!(traced(&straight, 99), [((10, 20), (157, 69))]);
        let angle = [
            (10.0, 10.0),
            (20.0, 10.0),
            (30.0, 10.0),
            (30.0, 20.0),
            (30.0, 30.0),
        ];
        assert_eq!(
            traced(&angle, 99),
            [((10, 10), (30, 10)), ((30, 10), (30, 30))]
        );
        let back = [(10.0, 10.0), (30.0, 10.0), (60.0, 10.0), (40.0, 10.0)];
        assert_eq!(
            traced(&back, 99),
            [((10, 10), (60, 10)), ((60, 10), (40, 10))]
        );
        assert_eq!(traced(&[(5.0, 5.0)], 99), []);
        assert_eq!(traced(&[(5.0, 5.0); 30], 99), [], "standing still");
        assert_eq!(traced(&[], 99), []);
    }

    #[test]
    fn a_trace_has_no_more_pieces_than_it_may() {
        let zigzag: Vec<_> = (0..50)
            .map(|i| (10.0 + 3.0 * i as f32, if i % 2 == 0 { 20.0 } else { 60.0 }))
            .collect();
        assert_eq!(traced(&zigzag, 99).len(), 49);
        assert_eq!(traced(&zigzag, 7).len(), 7);
        assert_eq!(traced(&zigzag, 0), []);
        assert_eq!(
            traced(&zigzag, 7)[0].0,
            (10, 20),
            "the newest positions stay"
        );
    }

    /// However slowly a way bends, its trace stays beside it.
    #[test]
    fn a_trace_follows_its_positions() {
        for radius in [20.0_f32, 60.0, 95.0] {
            for step in [0.005_f32, 0.02, 0.1] {
                let circle: Vec<_> = (0..((6.0 / step) as u32))
                    .map(|i| {
                        let angle = i as f32 * step;
                        (100.0 + radius * angle.cos(), 100.0 + radius * angle.sin())
                    })
                    .collect();
                let lines = traced(&circle, 9999);
                assert!(lines.len() < circle.len());
                for (x, y) in &circle {
                    let nearest = lines
                        .iter()
                        .map(|(a, b)| {
                            let (a, b) = (
                                Point::new(a.0 as f32, a.1 as f32),
                                Point::new(b.0 as f32, b.1 as f32),
                            );
                            let (dx, dy) = (b.x - a.x, b.y - a.y);
                            let along = ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy);
                            let along = along.clamp(0.0, 1.0);
                            Point::new(a.x + along * dx, a.y + along * dy)
                                .distance(Point::new(*x, *y))
                        })
                        .fold(f32::MAX, f32::min);
                    // Ends are whole pixels.
                    assert!(
                        nearest < TRACE_TOLERANCE + 0.75,
                        "{radius} {step} {nearest}"
                    );
                }
            }
        }
    }
}
