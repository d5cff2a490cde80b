//! Drawing within what nvdsosd accepts.
//!
//! nvdsosd takes unsigned positions, lines up to 32 pixels wide, and collects up to 1024 shapes of a kind
//! (DeepStream 9.1, gst-nvdsosd); above the width it stops the pipeline. A [`Canvas`] takes any numbers, cuts
//! what lies outside the frame, and leaves out what is too much.

use nvds::{Circle, Color, DisplayWriter, Line, NewText, Rect, RectStyle};
pub use nvds_analytics::Point;

use super::style::MAX_BORDER;

/// Most shapes of a kind that are drawn on a frame.
pub const MAX_SHAPES: usize = 1024;
/// The size of a frame that nothing tells: no frame is larger, and all its pixels are whole in an `f32`.
const UNKNOWN_SIZE: u32 = 32768;

/// Where shapes go: a frame's display metas, or a list in tests.
pub trait Sink {
    /// Takes a line.
    fn line(&mut self, line: &Line);
    /// Takes a circle.
    fn circle(&mut self, circle: &Circle);
    /// Takes a box.
    fn rect(&mut self, rect: Rect, style: &RectStyle);
    /// Takes a text.
    fn text(&mut self, text: &NewText<'_>);
}

impl Sink for DisplayWriter<'_> {
    fn line(&mut self, line: &Line) {
        Self::line(self, line);
    }

    fn circle(&mut self, circle: &Circle) {
        Self::circle(self, circle);
    }

    fn rect(&mut self, rect: Rect, style: &RectStyle) {
        Self::rect(self, rect, style);
    }

    fn text(&mut self, text: &NewText<'_>) {
        Self::text(self, text);
    }
}

/// Middle of a box.
pub fn centre(rect: &Rect) -> Point {
    Point::new(rect.left + rect.width / 2.0, rect.top + rect.height / 2.0)
}

/// Where an object stands: the middle of its box's lower edge.
pub fn foot(rect: &Rect) -> Point {
    Point::new(rect.left + rect.width / 2.0, rect.top + rect.height)
}

/// One frame to be drawn on.
#[derive(Debug)]
pub struct Canvas<'s, S> {
    sink: &'s mut S,
    width: u32,
    height: u32,
    lines: usize,
    circles: usize,
    texts: usize,
    bars: usize,
    left_out: usize,
}

impl<'s, S: Sink> Canvas<'s, S> {
    /// A canvas for a frame of this size, if it is known.
    pub fn new(sink: &'s mut S, size: Option<(u32, u32)>) -> Self {
        let (width, height) = size.unwrap_or((UNKNOWN_SIZE, UNKNOWN_SIZE));
        Self {
            sink,
            width: width.clamp(1, UNKNOWN_SIZE),
            height: height.clamp(1, UNKNOWN_SIZE),
            lines: MAX_SHAPES,
            circles: MAX_SHAPES,
            texts: MAX_SHAPES,
            bars: MAX_SHAPES,
            left_out: 0,
        }
    }

    /// Width and height of the frame in pixels.
    pub fn size(&self) -> (f32, f32) {
        (self.width as f32, self.height as f32)
    }

    /// The same in whole numbers.
    pub fn whole_size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// How many lines may still be drawn.
    pub fn lines_left(&self) -> usize {
        self.lines
    }

    /// How many shapes were left out because a kind was full.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Takes one of a kind.
    fn take(left: &mut usize, left_out: &mut usize) -> bool {
        if *left == 0 {
            *left_out += 1;
            return false;
        }
        *left -= 1;
        true
    }

    /// Draws the part of a line that lies in the frame.
    pub fn line(&mut self, from: Point, to: Point, width: u32, color: Color) {
        let (right, bottom) = ((self.width - 1) as f32, (self.height - 1) as f32);
        let Some((from, to)) = clip(from, to, right, bottom) else {
            return;
        };
        if width == 0 || !Self::take(&mut self.lines, &mut self.left_out) {
            return;
        }
        self.sink.line(&Line {
            from: pixel(from),
            to: pixel(to),
            width: width.min(MAX_BORDER),
            color,
        });
    }

    /// Draws a circle whose centre lies in the frame; others have no place that nvdsosd could be told.
    pub fn circle(
        &mut self,
        centre: Point,
        radius: f32,
        width: u32,
        color: Color,
        fill: Option<Color>,
    ) {
        if !self.holds(centre) || !(0.0..UNKNOWN_SIZE as f32).contains(&radius) {
            return;
        }
        if !Self::take(&mut self.circles, &mut self.left_out) {
            return;
        }
        let (x, y) = pixel(centre);
        self.sink.circle(&Circle {
            center: (x.min(self.width - 1), y.min(self.height - 1)),
            radius: radius.round() as u32,
            width: width.clamp(1, MAX_BORDER),
            color,
            fill,
        });
    }

    /// Draws a text.
    pub fn text(&mut self, text: &NewText<'_>) {
        if !text.text.is_empty() && Self::take(&mut self.texts, &mut self.left_out) {
            self.sink.text(text);
        }
    }

    /// Covers a box, and every pixel that it touches, with an opaque colour. Coverings are never left out.
    pub fn cover(&mut self, rect: &Rect, color: Color) {
        let (left, right) = sorted(rect.left, rect.left + rect.width);
        let (top, bottom) = sorted(rect.top, rect.top + rect.height);
        let color = Color {
            alpha: 1.0,
            ..color
        };
        if let Some(pixels) =
            self.pixels((left.floor(), top.floor()), (right.ceil(), bottom.ceil()))
        {
            self.fill(pixels, color);
        }
    }

    /// Fills whole pixels, from the first up to but not with the last column and row.
    pub fn bar(&mut self, first: (f32, f32), last: (f32, f32), color: Color) {
        if let Some(pixels) = self.pixels(first, last)
            && Self::take(&mut self.bars, &mut self.left_out)
        {
            self.fill(pixels, color);
        }
    }

    /// The part of an area that lies in the frame.
    fn pixels(&self, first: (f32, f32), last: (f32, f32)) -> Option<Rect> {
        let (width, height) = self.size();
        // `max` and `min` take the frame's edge for what is no number.
        let (left, right) = (first.0.max(0.0), last.0.min(width));
        let (top, bottom) = (first.1.max(0.0), last.1.min(height));
        (left < right && top < bottom).then_some(Rect {
            left,
            top,
            width: right - left,
            height: bottom - top,
        })
    }

    fn fill(&mut self, pixels: Rect, color: Color) {
        // GPU mode paints what lies strictly between the edges: one pixel more to the left and upwards, at the
        // frame's edge a negative one, which it takes. CPU mode moves that to 0 and keeps the size.
        let rect = Rect {
            left: pixels.left - 1.0,
            top: pixels.top - 1.0,
            width: pixels.width + 1.0,
            height: pixels.height + 1.0,
        };
        let style = RectStyle {
            border_width: 0,
            border_color: color, // with alpha 0 there, nothing would be drawn
            fill: Some(color),
        };
        self.sink.rect(rect, &style);
    }

    fn holds(&self, point: Point) -> bool {
        let (width, height) = self.size();
        (0.0..width).contains(&point.x) && (0.0..height).contains(&point.y)
    }
}

fn sorted(a: f32, b: f32) -> (f32, f32) {
    if b < a { (b, a) } else { (a, b) }
}

/// The nearest pixel; callers have cut to the frame before.
fn pixel(point: Point) -> (u32, u32) {
    ((point.x + 0.5) as u32, (point.y + 0.5) as u32)
}

/// The part of a line within `0..=right` and `0..=bottom` (Liang and Barsky's method).
fn clip(from: Point, to: Point, right: f32, bottom: f32) -> Option<(Point, Point)> {
    if !from.is_finite() || !to.is_finite() {
        return None;
    }
    let inside = |at: Point| (0.0..=right).contains(&at.x) && (0.0..=bottom).contains(&at.y);
    if inside(from) && inside(to) {
        return Some((from, to)); // most are
    }
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let (mut enter, mut leave) = (0.0_f32, 1.0_f32);
    for (step, room) in [
        (-dx, from.x),
        (dx, right - from.x),
        (-dy, from.y),
        (dy, bottom - from.y),
    ] {
        if step == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if step < 0.0 {
            enter = enter.max(room / step);
        } else {
            leave = leave.min(room / step);
        }
    }
    let at = |t: f32| {
        Point::new(
            (from.x + t * dx).clamp(0.0, right),
            (from.y + t * dy).clamp(0.0, bottom),
        )
    };
    let (start, end) = (
        if enter > 0.0 { at(enter) } else { from },
        if leave < 1.0 { at(leave) } else { to },
    );
    (enter <= leave).then_some((start, end))
}

#[cfg(test)]
pub mod tests;
