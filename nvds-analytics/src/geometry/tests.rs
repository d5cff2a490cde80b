use proptest::prelude::*;

use super::*;

fn p(x: f32, y: f32) -> Point {
    Point::new(x, y)
}

/// Crossings of a track that goes through these points, with a band of 2 pixels.
fn walk(line: (Point, Point), points: &[(f32, f32)]) -> Vec<Crossing> {
    let line = Segment {
        a: line.0,
        b: line.1,
    };
    let mut side = Side::default();
    points
        .iter()
        .filter_map(|(x, y)| line.pass(&mut side, p(*x, *y), 2.0))
        .collect()
}

/// From left to right across the screen: its right side is the lower one.
fn level() -> (Point, Point) {
    (p(100.0, 100.0), p(200.0, 100.0))
}

#[test]
fn to_the_right_is_in_and_to_the_left_is_out() {
    assert_eq!(
        walk(level(), &[(150.0, 90.0), (150.0, 110.0)]),
        [Crossing::In]
    );
    assert_eq!(
        walk(level(), &[(150.0, 110.0), (150.0, 90.0)]),
        [Crossing::Out]
    );
    let (a, b) = level();
    assert_eq!(
        walk((b, a), &[(150.0, 90.0), (150.0, 110.0)]),
        [Crossing::Out]
    );
    let upright = (p(100.0, 100.0), p(100.0, 200.0)); // downwards: its right is on the screen's left
    assert_eq!(
        walk(upright, &[(90.0, 150.0), (110.0, 150.0)]),
        [Crossing::Out]
    );
}

#[test]
fn there_and_back_counts_twice() {
    let points = [(150.0, 90.0), (150.0, 110.0), (160.0, 90.0), (160.0, 120.0)];
    assert_eq!(
        walk(level(), &points),
        [Crossing::In, Crossing::Out, Crossing::In]
    );
}

#[test]
fn trembling_on_the_line_does_not_count() {
    let tremble: Vec<_> = (0..100)
        .map(|i| {
            (
                110.0 + 0.8 * i as f32,
                if i % 2 == 0 { 98.5 } else { 101.5 },
            )
        })
        .collect();
    assert_eq!(walk(level(), &tremble), []);
    let with_ends = |first, last| {
        let mut points = vec![first];
        points.extend(&tremble);
        points.push(last);
        walk(level(), &points)
    };
    let (above, below) = ((105.0, 80.0), (195.0, 120.0));
    assert_eq!(with_ends(above, below), [Crossing::In]);
    assert_eq!(with_ends(below, above), [Crossing::Out]);
    assert_eq!(with_ends(above, (195.0, 80.0)), [], "turned back");
}

#[test]
fn the_edges_of_the_strip_belong_to_neither_side() {
    for edge in [98.0, 102.0] {
        assert_eq!(walk(level(), &[(150.0, edge), (150.0, 110.0)]), []);
        assert_eq!(walk(level(), &[(150.0, edge), (150.0, 90.0)]), []);
    }
}

#[test]
fn a_stop_on_the_line_counts_once() {
    let points = [
        (150.0, 90.0),
        (150.0, 100.0),
        (150.0, 100.0),
        (150.0, 110.0),
    ];
    assert_eq!(walk(level(), &points), [Crossing::In]);
    let touch = [(150.0, 90.0), (150.0, 100.0), (150.0, 90.0)];
    assert_eq!(walk(level(), &touch), []);
}

#[test]
fn the_ends_belong_to_the_line() {
    for x in [100.0, 200.0] {
        assert_eq!(
            walk(level(), &[(x, 90.0), (x, 110.0)]),
            [Crossing::In],
            "{x}"
        );
    }
    for x in [99.5, 200.5] {
        assert_eq!(walk(level(), &[(x, 90.0), (x, 110.0)]), [], "{x}");
    }
    // Past an end slantwise.
    assert_eq!(walk(level(), &[(190.0, 90.0), (214.0, 110.0)]), []);
    assert_eq!(
        walk(level(), &[(190.0, 90.0), (208.0, 110.0)]),
        [Crossing::In]
    );
}

#[test]
fn around_the_end_is_no_crossing_but_back_through_is() {
    let around = [(190.0, 90.0), (250.0, 90.0), (250.0, 110.0), (190.0, 110.0)];
    assert_eq!(walk(level(), &around), []);
    let mut back = around.to_vec();
    back.push((190.0, 90.0));
    assert_eq!(walk(level(), &back), [Crossing::Out]);
}

#[test]
fn a_track_that_starts_on_the_line_has_come_from_nowhere() {
    assert_eq!(walk(level(), &[(150.0, 100.0), (150.0, 110.0)]), []);
}

#[test]
fn a_fast_track_jumps_across() {
    assert_eq!(
        walk(level(), &[(150.0, -4000.0), (150.0, 4000.0)]),
        [Crossing::In]
    );
}

#[test]
fn what_is_no_number_and_lines_without_length_count_nothing() {
    let nan = (f32::NAN, f32::NAN);
    assert_eq!(
        walk(level(), &[(150.0, 90.0), nan, (150.0, 110.0)]),
        [Crossing::In]
    );
    let point = (p(150.0, 100.0), p(150.0, 100.0));
    assert_eq!(walk(point, &[(150.0, 90.0), (150.0, 110.0)]), []);
}

fn square(x: f32, y: f32) -> Vec<Point> {
    vec![
        p(x, y),
        p(x + 10.0, y),
        p(x + 10.0, y + 10.0),
        p(x, y + 10.0),
    ]
}

#[test]
fn inside_and_outside() {
    let arrow = [
        p(0.0, 0.0),
        p(20.0, 0.0),
        p(10.0, 5.0),
        p(20.0, 20.0),
        p(0.0, 20.0),
    ];
    assert!(inside(&arrow, p(5.0, 5.0)) && inside(&arrow, p(15.0, 2.0)));
    assert!(!inside(&arrow, p(16.0, 8.0)), "the dent");
    assert!(!inside(&arrow, p(-1.0, 5.0)) && !inside(&arrow, p(5.0, 21.0)));
    assert!(!inside(&arrow, p(f32::NAN, 5.0)) && !inside(&arrow, p(5.0, f32::NAN)));
    assert!(!inside(&[], p(0.0, 0.0)));
    // Corners in the other order are the same area.
    let turned: Vec<_> = arrow.iter().rev().copied().collect();
    assert!(inside(&turned, p(5.0, 5.0)) && !inside(&turned, p(16.0, 8.0)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Four squares around a corner: a point on a shared border is in one of them.
    #[test]
    fn zones_side_by_side_count_a_point_once(x in 0..20_u32, y in 0..20_u32) {
        let at = p(x as f32, y as f32);
        let squares = [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0), (10.0, 10.0)];
        let count = squares.iter().filter(|(x, y)| inside(&square(*x, *y), at)).count();
        prop_assert_eq!(count, 1);
    }

    /// However a track walks, in and out take turns where it cannot walk around the line, and their difference
    /// tells on which side it is.
    #[test]
    fn in_and_out_take_turns(
        points in prop::collection::vec((-50.0..50.0_f32, -50.0..50.0_f32), 2..40),
        angle in 0.0..6.3_f32,
    ) {
        let end = p(1e4 * angle.cos(), 1e4 * angle.sin());
        let line = (p(-end.x, -end.y), end);
        let crossings = walk(line, &points);
        for pair in crossings.windows(2) {
            prop_assert_ne!(pair[0], pair[1]);
        }
        let segment = Segment { a: line.0, b: line.1 };
        let clear: Vec<f32> = points
            .iter()
            .filter_map(|(x, y)| segment.distance(p(*x, *y)))
            .filter(|d| d.abs() > 2.0)
            .map(f32::signum)
            .collect();
        let changes = clear.windows(2).filter(|pair| pair[0] != pair[1]).count();
        prop_assert_eq!(crossings.len(), changes);
    }
}
