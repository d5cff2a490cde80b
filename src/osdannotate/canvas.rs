//! Drawing within what nvdsosd accepts.
//!
//! nvdsosd takes unsigned positions, lines up to 32 pixels wide, and collects up to 1024 shapes of a kind
//! (DeepStream 9.1, gst-nvdsosd); above the width it stops the pipeline. A [`Canvas`] takes any numbers, cuts
//! what lies outside the frame, and leaves out what is too much.

use nvds::{Color, DisplayWriter, NewCircle, NewLine, NewText, Rect, RectStyle};

use super::style::MAX_BORDER;

/// Most shapes of a kind that are drawn on a frame.
pub const MAX_SHAPES: usize = 1024;
/// The size of a frame that nothing tells: no frame is larger, and all its pixels are whole in an `f32`.
const UNKNOWN_SIZE: u32 = 32768;

/// Where shapes go: a frame's display metas, or a list in tests.
pub trait Sink {
    /// Takes a line.
    fn line(&mut self, line: &NewLine);
    /// Takes a circle.
    fn circle(&mut self, circle: &NewCircle);
    /// Takes a box.
    fn rect(&mut self, rect: Rect, style: &RectStyle);
    /// Takes a text.
    fn text(&mut self, text: &NewText<'_>);
}

impl Sink for DisplayWriter<'_> {
    fn line(&mut self, line: &NewLine) {
        Self::line(self, line);
    }

    fn circle(&mut self, circle: &NewCircle) {
        Self::circle(self, circle);
    }

    fn rect(&mut self, rect: Rect, style: &RectStyle) {
        Self::rect(self, rect, style);
    }

    fn text(&mut self, text: &NewText<'_>) {
        Self::text(self, text);
    }
}

/// A place in pixels of the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

impl Point {
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Whether both coordinates are numbers, and not endless.
    pub fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite()
    }

    /// Distance from the origin. Unlike `hypot`, it is one instruction, and endless for numbers that no frame has.
    pub fn length(self) -> f32 {
        (self.x * self.x + self.y * self.y).sqrt()
    }

    /// Distance to another place.
    pub fn distance(self, other: Self) -> f32 {
        Self::new(self.x - other.x, self.y - other.y).length()
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
        self.sink.line(&NewLine {
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
        self.sink.circle(&NewCircle {
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
pub mod tests {
    use super::*;

    /// What was drawn.
    #[derive(Debug, Default)]
    pub struct Drawn {
        pub lines: Vec<NewLine>,
        pub circles: Vec<NewCircle>,
        pub rects: Vec<(Rect, RectStyle)>,
        pub texts: Vec<(String, f32, f32)>,
    }

    impl Sink for Drawn {
        fn line(&mut self, line: &NewLine) {
            self.lines.push(*line);
        }

        fn circle(&mut self, circle: &NewCircle) {
            self.circles.push(*circle);
        }

        fn rect(&mut self, rect: Rect, style: &RectStyle) {
            self.rects.push((rect, *style));
        }

        fn text(&mut self, text: &NewText<'_>) {
            self.texts.push((text.text.to_owned(), text.x, text.y));
        }
    }

    const SIZE: Option<(u32, u32)> = Some((100, 80));

    fn line(from: (f32, f32), to: (f32, f32)) -> Option<((u32, u32), (u32, u32))> {
        let mut drawn = Drawn::default();
        let (from, to) = (Point::new(from.0, from.1), Point::new(to.0, to.1));
        Canvas::new(&mut drawn, SIZE).line(from, to, 3, Color::RED);
        drawn.lines.first().map(|l| (l.from, l.to))
    }

    #[test]
    fn lines_are_cut_at_the_frames_edges() {
        assert_eq!(line((1.0, 2.0), (3.0, 4.0)), Some(((1, 2), (3, 4))));
        assert_eq!(line((-10.0, 10.0), (10.0, 30.0)), Some(((0, 20), (10, 30))));
        assert_eq!(
            line((50.0, 10.0), (1000.0, 10.0)),
            Some(((50, 10), (99, 10)))
        );
        assert_eq!(line((50.0, -9.0), (50.0, 900.0)), Some(((50, 0), (50, 79))));
        assert_eq!(line((-1.0, 0.0), (-1.0, 70.0)), None);
        assert_eq!(line((-10.0, 5.0), (5.0, -10.0)), None); // passes the corner outside
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(line((bad, 1.0), (5.0, 5.0)), None);
            assert_eq!(line((1.0, 1.0), (5.0, bad)), None);
        }
        // As far as an f32 goes.
        assert_eq!(line((0.0, 0.0), (f32::MAX, 0.0)), Some(((0, 0), (99, 0))));
    }

    #[test]
    fn widths_stay_within_the_osds_limits() {
        let mut drawn = Drawn::default();
        let mut canvas = Canvas::new(&mut drawn, SIZE);
        let (a, b) = (Point::new(1.0, 1.0), Point::new(9.0, 9.0));
        canvas.line(a, b, 33, Color::RED);
        canvas.line(a, b, 0, Color::RED);
        canvas.circle(a, 4.0, 33, Color::RED, None);
        canvas.circle(a, 4.0, 0, Color::RED, None);
        assert_eq!(drawn.lines.len(), 1, "width 0 would draw nothing");
        assert_eq!(drawn.lines[0].width, 32);
        assert_eq!(
            drawn.circles.iter().map(|c| c.width).collect::<Vec<_>>(),
            [32, 1]
        );
    }

    #[test]
    fn circles_need_a_centre_in_the_frame() {
        let mut drawn = Drawn::default();
        let mut canvas = Canvas::new(&mut drawn, SIZE);
        for (x, y, radius) in [
            (-1.0, 5.0, 3.0),
            (100.0, 5.0, 3.0),
            (5.0, 80.0, 3.0),
            (f32::NAN, 5.0, 3.0),
            (5.0, 5.0, f32::NAN),
            (5.0, 5.0, f32::INFINITY),
            (5.0, 5.0, -1.0),
        ] {
            canvas.circle(Point::new(x, y), radius, 1, Color::RED, None);
        }
        canvas.circle(Point::new(99.7, 79.9), 3.4, 1, Color::RED, None);
        assert_eq!(drawn.circles.len(), 1);
        assert_eq!(
            (drawn.circles[0].center, drawn.circles[0].radius),
            ((99, 79), 3)
        );
    }

    #[test]
    fn a_kind_has_1024_at_most() {
        let mut drawn = Drawn::default();
        let mut canvas = Canvas::new(&mut drawn, SIZE);
        for _ in 0..1030 {
            canvas.line(Point::new(1.0, 1.0), Point::new(9.0, 9.0), 1, Color::RED);
        }
        canvas.circle(Point::new(1.0, 1.0), 2.0, 1, Color::RED, None);
        assert_eq!((canvas.left_out(), canvas.lines_left()), (6, 0));
        assert_eq!((drawn.lines.len(), drawn.circles.len()), (1024, 1));
    }

    /// Columns and rows that GPU mode paints: strictly between the truncated edges.
    pub fn painted(rect: &Rect) -> (std::ops::Range<i32>, std::ops::Range<i32>) {
        let (x1, y1) = (rect.left as i32, rect.top as i32);
        let (x2, y2) = (
            (rect.width + x1 as f32) as i32,
            (rect.height + y1 as f32) as i32,
        );
        (x1 + 1..x2, y1 + 1..y2)
    }

    #[test]
    fn coverings_hold_every_pixel_that_a_box_touches() {
        for (rect, columns, rows) in [
            ((10.0, 20.0, 5.0, 6.0), 10..15, 20..26),
            ((10.7, 20.2, 5.0, 6.0), 10..16, 20..27),
            ((-5.0, -5.0, 10.0, 10.0), 0..5, 0..5),
            ((95.5, 70.0, 50.0, 50.0), 95..100, 70..80),
            ((15.0, 26.0, -5.0, -6.0), 10..15, 20..26), // nvdsosd sorts the corners, too
            ((-9.0, -9.0, 9999.0, 9999.0), 0..100, 0..80),
        ] {
            let mut drawn = Drawn::default();
            let rect = Rect {
                left: rect.0,
                top: rect.1,
                width: rect.2,
                height: rect.3,
            };
            Canvas::new(&mut drawn, SIZE).cover(&rect, Color::BLACK);
            let (at, style) = drawn.rects[0];
            assert_eq!(painted(&at), (columns, rows), "{rect:?}");
            assert_eq!(style.fill.unwrap().alpha, 1.0);
            assert!(style.border_color.alpha > 0.0 && style.border_width == 0);
        }
    }

    #[test]
    fn a_covering_is_opaque_whatever_its_colour() {
        let mut drawn = Drawn::default();
        let rect = Rect {
            left: 1.0,
            top: 1.0,
            width: 3.0,
            height: 3.0,
        };
        Canvas::new(&mut drawn, SIZE).cover(&rect, Color::new(1.0, 0.5, 0.0, 0.2));
        assert_eq!(drawn.rects[0].1.fill, Some(Color::new(1.0, 0.5, 0.0, 1.0)));
    }

    #[test]
    fn a_box_outside_is_not_covered() {
        let mut drawn = Drawn::default();
        let rect = Rect {
            left: 100.0,
            top: 0.0,
            width: 5.0,
            height: 5.0,
        };
        Canvas::new(&mut drawn, SIZE).cover(&rect, Color::BLACK);
        assert!(drawn.rects.is_empty());
    }
}
