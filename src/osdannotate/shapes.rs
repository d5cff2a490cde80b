//! Shapes of objects: corners of boxes, dots, crosses, circles, arrows, traces.

use nvds::{Color, Corners, KeyPoint, Rect};

use super::canvas::{Canvas, Point, Sink, centre, foot};
use super::skeleton::Skeleton;
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

/// Draws the sides of a turned box, as lines: nvdsosd has no other shape that is turned before DeepStream 9.0.
pub fn outline<S: Sink>(canvas: &mut Canvas<'_, S>, corners: &Corners, width: u32, color: Color) {
    let points = corners.points.map(|corner| Point::new(corner.x, corner.y));
    for (from, to) in points.iter().zip(points.iter().cycle().skip(1)) {
        canvas.line(*from, *to, width, color);
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

/// The confidence from which on a key point is drawn: others are guesses of where it would be.
const SEEN: f32 = 0.5;

/// Draws dots at the key points of an object.
pub fn key_points<S: Sink>(
    canvas: &mut Canvas<'_, S>,
    points: &[KeyPoint],
    radius: u32,
    color: Color,
) {
    for point in points.iter().filter(|point| point.confidence >= SEEN) {
        let at = Point::new(point.x, point.y);
        canvas.circle(at, radius as f32, 1, color, Some(color));
    }
}

/// Draws lines between the key points of an object that are joined, where both are seen, in the colour of their limb. An
/// object with another number of points has none.
pub fn skeleton<S: Sink>(
    canvas: &mut Canvas<'_, S>,
    points: &[KeyPoint],
    (skeleton, width): (&Skeleton, u32),
    color: impl Fn(u64) -> Color,
) {
    let (count, lines) = skeleton.lines();
    if points.len() != count {
        return;
    }
    for (index, line) in lines.iter().enumerate() {
        let (from, to) = (points[line.0], points[line.1]);
        if from.confidence >= SEEN && to.confidence >= SEEN {
            let (from, to) = (Point::new(from.x, from.y), Point::new(to.x, to.y));
            canvas.line(from, to, width, color(skeleton.limb(index)));
        }
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

/// A straight piece that grows as long as it passes all positions. Those at a distance from its start
/// bound its slope against the way to the first of them.
#[derive(Clone, Copy)]
struct Piece {
    start: Point,
    end: Point,
    tolerance: f32,
    /// Of length 1, once a position is out of the start's reach.
    axis: Option<Point>,
    /// How far along the axis it went.
    reach: f32,
    /// Least and greatest slope that pass all positions.
    slopes: (f32, f32),
}

impl Piece {
    fn new(start: Point, tolerance: f32) -> Self {
        Self {
            start,
            end: start,
            tolerance,
            axis: None,
            reach: 0.0,
            slopes: (f32::NEG_INFINITY, f32::INFINITY),
        }
    }

    /// Takes another position in, if the piece can still pass all.
    fn extend(&mut self, at: Point) -> bool {
        let way = Point::new(at.x - self.start.x, at.y - self.start.y);
        let square = way.x * way.x + way.y * way.y;
        if square <= self.tolerance * self.tolerance {
            // It passes the start, unless the piece already went away from there.
            if self.reach > self.tolerance {
                return false;
            }
            self.end = at;
            return true;
        }
        let axis = match self.axis {
            Some(axis) => axis,
            None => {
                let length = square.sqrt();
                let axis = Point::new(way.x / length, way.y / length);
                self.axis = Some(axis);
                axis
            }
        };
        let along = axis.x * way.x + axis.y * way.y;
        let aside = axis.x * way.y - axis.y * way.x;
        let slope = aside / along;
        let turned_back = along <= 0.0 || along < self.reach - self.tolerance;
        if turned_back || slope < self.slopes.0 || slope > self.slopes.1 {
            return false;
        }
        let least = (aside - self.tolerance) / along;
        let greatest = (aside + self.tolerance) / along;
        self.slopes.0 = self.slopes.0.max(least);
        self.slopes.1 = self.slopes.1.min(greatest);
        self.reach = self.reach.max(along);
        self.end = at;
        true
    }
}

#[cfg(test)]
mod tests;
