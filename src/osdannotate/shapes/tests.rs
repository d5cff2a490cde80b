use std::collections::HashSet;
use std::ops::Range;

use super::super::canvas::tests::{Drawn, painted};
use super::super::skeleton::Skeleton;
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
        key_points: 0,
        skeleton: Skeleton::default(),
        limb_colors: false,
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
fn corners_are_half_the_shorter_side_at_most() {
    let of = |arm| {
        let at = rect(20.0, 20.0, 150.0, 40.0);
        filled(&draw(|c| corners(c, &at, arm, 1, Color::RED)))
    };
    let half = of(0.5);
    assert!(half.contains(&(40, 20)) && !half.contains(&(41, 20)));
    assert_eq!(of(9.0), half);
    assert_eq!(of(-1.0), of(0.0));
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
fn key_points_that_are_seen() {
    let point = |x, confidence| KeyPoint {
        x,
        y: 20.0,
        confidence,
    };
    let points = [
        point(10.0, 1.0),
        point(20.0, 0.5),
        point(30.0, 0.49),
        point(40.0, f32::NAN),
        point(f32::NAN, 1.0),
        // Outside the frame.
        point(-1.0, 1.0),
    ];
    let drawn = draw(|c| key_points(c, &points, 3, Color::RED));
    let circles = drawn.circles.iter();
    let circles: Vec<_> = circles.map(|c| (c.center, c.radius, c.fill)).collect();
    let red = Some(Color::RED);
    assert_eq!(circles, [((10, 20), 3, red), ((20, 20), 3, red)]);
}

#[test]
fn an_outline_has_four_sides_as_far_as_they_are_seen() {
    let corners = |rect: &Rect, degrees| Corners::of(rect, degrees);
    let inside = corners(&rect(40.0, 60.0, 40.0, 20.0), 90.0);
    let drawn = draw(|c| outline(c, &inside, 3, Color::RED));
    assert_eq!(
        ends(&drawn),
        [
            ((70, 50), (70, 90)),
            ((70, 90), (50, 90)),
            ((50, 90), (50, 50)),
            ((50, 50), (70, 50))
        ]
    );
    assert!(drawn.lines.iter().all(|line| line.width == 3));
    // The left side is outside the frame.
    let across = corners(&rect(-20.0, 60.0, 40.0, 20.0), 0.0);
    let drawn = draw(|c| outline(c, &across, 3, Color::RED));
    assert_eq!(
        ends(&drawn),
        [
            ((0, 60), (20, 60)),
            ((20, 60), (20, 80)),
            ((20, 80), (0, 80))
        ]
    );
    let nowhere = corners(&rect(f32::NAN, 60.0, 40.0, 20.0), 10.0);
    let drawn = draw(|c| outline(c, &nowhere, 3, Color::RED));
    assert_eq!(ends(&drawn), []);
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

#[test]
fn the_shortest_arrow_has_a_head_as_long_as_itself() {
    let from = Point::new(50.0, 50.0);
    let drawn = draw(|c| arrow(c, from, Point::new(0.0, 4.0), 2, Color::RED));
    assert_eq!(
        ends(&drawn),
        [
            ((50, 50), (50, 54)),
            ((48, 50), (50, 54)),
            ((52, 50), (50, 54)),
        ]
    );
}

/// Both strokes of the head are as far from the shaft, whichever way it points.
#[test]
fn the_head_of_a_slanting_arrow_is_straight() {
    let from = Point::new(50.0, 50.0);
    let drawn = draw(|c| arrow(c, from, Point::new(36.0, 48.0), 2, Color::RED));
    // 14 back from the tip at (86, 98), and 7 to each side.
    assert_eq!(
        ends(&drawn),
        [
            ((50, 50), (86, 98)),
            ((72, 91), (86, 98)),
            ((83, 83), (86, 98)),
        ]
    );
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

/// Back in steps so short that each alone is within the tolerance.
#[test]
fn a_trace_that_turns_back_slowly_keeps_its_far_end() {
    let there = (0..=25).map(|i| (10.0 + 2.0 * i as f32, 10.0));
    let back = (1..100).map(|i| (60.0 - 0.3 * i as f32, 10.0));
    let lines = traced(&there.chain(back).collect::<Vec<_>>(), 99);
    let farthest = lines.iter().flat_map(|(a, b)| [a.0, b.0]).max();
    assert!(farthest >= Some(59), "{lines:?}");
    assert_eq!(lines.last().map(|line| line.1), Some((30, 10)), "{lines:?}");
}

#[test]
fn a_trace_has_no_more_pieces_than_it_may() {
    let zigzag: Vec<_> = (0..50)
        .map(|i| (10.0 + 3.0 * i as f32, if i % 2 == 0 { 20.0 } else { 60.0 }))
        .collect();
    assert_eq!(traced(&zigzag, 99).len(), 49);
    for most in 0..49 {
        assert_eq!(traced(&zigzag, most).len(), most);
    }
    assert_eq!(traced(&[(10.0, 20.0), (90.0, 20.0)], 0), []);
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
                        Point::new(a.x + along * dx, a.y + along * dy).distance(Point::new(*x, *y))
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
