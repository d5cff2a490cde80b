use super::*;

/// What was drawn.
#[derive(Debug, Default)]
pub struct Drawn {
    pub lines: Vec<Line>,
    pub circles: Vec<Circle>,
    pub rects: Vec<(Rect, RectStyle)>,
    pub texts: Vec<(String, f32, f32)>,
}

impl Sink for Drawn {
    fn line(&mut self, line: &Line) {
        self.lines.push(*line);
    }

    fn circle(&mut self, circle: &Circle) {
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
