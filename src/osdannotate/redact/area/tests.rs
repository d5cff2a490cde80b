use proptest::prelude::*;

use super::super::super::canvas::tests::{Drawn, painted};
use super::*;

const SIZE: Option<(u32, u32)> = Some((640, 360));

fn rect(left: f32, top: f32, width: f32, height: f32) -> Rect {
    Rect {
        left,
        top,
        width,
        height,
    }
}

fn seen(x: f32, y: f32) -> KeyPoint {
    KeyPoint {
        x,
        y,
        confidence: 1.0,
    }
}

/// Five points of a face of which the eyes are so far apart and tilted by so many radians.
fn face(x: f32, y: f32, apart: f32, tilt: f32) -> Vec<KeyPoint> {
    let (sin, cos) = tilt.sin_cos();
    let at = |right: f32, down: f32| {
        let (right, down) = (apart * right, apart * down);
        seen(x + right * cos - down * sin, y + right * sin + down * cos)
    };
    vec![
        at(-0.5, 0.0),
        at(0.5, 0.0),
        at(0.0, 0.6),
        at(-0.4, 1.1),
        at(0.4, 1.1),
    ]
}

fn parts<'a>(rect: Rect, points: &'a [KeyPoint]) -> Parts<'a> {
    Parts {
        rect,
        points,
        mask: None,
    }
}

fn drawn(area: &Area, grown: f32, most: usize) -> Vec<Rect> {
    let mut drawn = Drawn::default();
    area.cover(
        grown,
        most,
        Color::BLACK,
        &mut Canvas::new(&mut drawn, SIZE),
    );
    assert!(drawn.rects.len() <= most.max(1));
    drawn.rects.iter().map(|(rect, _)| *rect).collect()
}

fn is_covered(boxes: &[Rect], x: f32, y: f32) -> bool {
    let inside = (0.0..640.0).contains(&x) && (0.0..360.0).contains(&y);
    !inside
        || boxes.iter().any(|rect| {
            let (columns, rows) = painted(rect);
            columns.contains(&(x.floor() as i32)) && rows.contains(&(y.floor() as i32))
        })
}

fn turned(area: Option<Area>) -> Turned {
    match area {
        Some(Area::Turned(turned)) => turned,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bar_lies_over_the_eyes_and_leaves_the_mouth() {
    let points = face(300.0, 150.0, 40.0, 0.0);
    let parts = parts(rect(250.0, 110.0, 100.0, 130.0), &points);
    let area = Area::of(RedactArea::Eyes, &parts, 0.0).unwrap();
    let boxes = drawn(&area, 0.0, 24);
    // 44 to each side, 16 up and down.
    for (x, y, covered) in [
        (257.0, 150.0, true),
        (343.0, 135.0, true),
        (300.0, 165.0, true),
        (300.0, 190.0, false),
        (300.0, 128.0, false),
        (250.0, 150.0, false),
    ] {
        assert_eq!(is_covered(&boxes, x, y), covered, "{x}, {y}");
    }
}

#[test]
fn an_ellipse_leaves_the_corners_of_the_box() {
    let points = face(300.0, 150.0, 40.0, 0.0);
    let parts = parts(rect(250.0, 110.0, 100.0, 130.0), &points);
    let area = Area::of(RedactArea::Face, &parts, 0.0).unwrap();
    let boxes = drawn(&area, 0.0, 24);
    assert!(boxes.len() > 10);
    for (x, y, covered) in [
        (300.0, 112.0, true),
        (300.0, 238.0, true),
        (251.0, 175.0, true),
        (349.0, 175.0, true),
        (252.0, 112.0, false),
        (347.0, 237.0, false),
    ] {
        assert_eq!(is_covered(&boxes, x, y), covered, "{x}, {y}");
    }
}

/// Whatever its eyes cannot be told from is covered whole.
#[test]
fn what_is_not_known_is_covered_whole() {
    let object = rect(250.0, 110.0, 100.0, 130.0);
    let whole = Some(Area::Upright(grow(&object, 10.0, 13.0)));
    let good = face(300.0, 150.0, 40.0, 0.0);
    let with = |index: usize, point: KeyPoint| {
        let mut points = good.clone();
        points[index] = point;
        points
    };
    let unsure = KeyPoint {
        confidence: 0.49,
        ..good[0]
    };
    let none = KeyPoint {
        confidence: f32::NAN,
        ..good[0]
    };
    let cases = [
        vec![],
        good[..4].to_vec(),
        vec![good[0]; 21],
        with(0, KeyPoint::default()),
        with(1, unsure),
        with(0, none),
        with(0, seen(f32::NAN, 150.0)),
        with(1, seen(300.0, f32::INFINITY)),
        with(1, seen(500.0, 150.0)),
    ];
    for points in &cases {
        for part in [RedactArea::Eyes, RedactArea::Face] {
            let area = Area::of(part, &parts(object, points), 0.1);
            assert_eq!(area, whole, "{points:?}");
        }
    }
    for bad in [
        rect(f32::NAN, 0.0, 5.0, 5.0),
        rect(0.0, 0.0, f32::INFINITY, 5.0),
    ] {
        assert_eq!(Area::of(RedactArea::Eyes, &parts(bad, &good), 0.1), None);
    }
    assert!(has_eyes(5) && has_eyes(6) && has_eyes(17) && !has_eyes(0) && !has_eyes(4));
}

/// From the side, the eyes are near each other, and the bar is no smaller for it.
#[test]
fn a_face_from_the_side_has_a_bar_of_its_size() {
    let mut points = face(300.0, 150.0, 40.0, 0.0);
    (points[0], points[1]) = (seen(290.0, 149.0), seen(292.0, 151.0));
    let parts = parts(rect(250.0, 110.0, 100.0, 130.0), &points);
    let bar = turned(Area::of(RedactArea::Eyes, &parts, 0.0));
    assert_eq!(bar.along, Point::new(1.0, 0.0));
    assert!(bar.half.0 > 24.0 && bar.half.1 > 16.0, "{bar:?}");
}

#[test]
fn a_person_has_a_face_around_the_eyes() {
    let mut points = vec![KeyPoint::default(); 17];
    (points[1], points[2]) = (seen(310.0, 60.0), seen(290.0, 60.0));
    let person = parts(rect(200.0, 30.0, 200.0, 320.0), &points);
    let face = turned(Area::of(RedactArea::Face, &person, 0.0));
    assert_eq!(
        (face.centre, face.half),
        (Point::new(300.0, 60.0), (44.0, 44.0))
    );
    // With its ears, which are farther out than they would be.
    (points[3], points[4]) = (seen(360.0, 60.0), seen(240.0, 60.0));
    let person = parts(rect(200.0, 30.0, 200.0, 320.0), &points);
    let face = turned(Area::of(RedactArea::Face, &person, 0.0));
    assert!(face.half.0 >= 60.0 / 0.85, "{face:?}");
}

#[test]
fn a_mask_is_covered_by_the_box_around_it() {
    let data = [
        0.0,
        0.0,
        0.0,
        0.0,
        0.6,
        f32::NAN,
        0.0,
        0.9,
        0.0,
        0.5,
        0.5,
        0.5,
    ];
    let mask = |data, width, height| {
        Some(Mask {
            data,
            width,
            height,
            threshold: 0.5,
        })
    };
    let area = |mask| {
        let parts = Parts {
            rect: rect(100.0, 100.0, 40.0, 30.0),
            points: &[],
            mask,
        };
        Area::of(RedactArea::Mask, &parts, 0.0)
    };
    let whole = Some(Area::Upright(rect(100.0, 100.0, 40.0, 30.0)));
    assert_eq!(area(None), whole);
    assert_eq!(area(mask(&data[..], 4, 4)), whole);
    assert_eq!(area(mask(&data[8..], 4, 1)), whole);
    assert_eq!(area(mask(&data[..], u32::MAX, 2)), whole);
    assert_eq!(
        area(mask(&data[..], 4, 3)),
        Some(Area::Upright(rect(100.0, 110.0, 40.0, 10.0)))
    );
    assert_eq!(
        area(mask(&data[..], 3, 4)),
        Some(Area::Upright(rect(
            100.0 + 40.0 / 3.0,
            107.5,
            40.0 / 3.0,
            15.0
        )))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Every pixel of the bar or the ellipse, however it is turned and however few boxes there may be.
    #[test]
    fn every_pixel_of_an_area_is_covered(
        x in -50.0..700.0_f32,
        y in -50.0..400.0_f32,
        half in (0.5..200.0_f32, 0.5..200.0_f32),
        angle in 0.0..6.3_f32,
        is_round in any::<bool>(),
        grown in 0.0..20.0_f32,
        most in 1_usize..30,
        places in prop::collection::vec((-1.0..1.0_f32, -1.0..1.0_f32), 40),
    ) {
        let area = Area::Turned(Turned {
            centre: Point::new(x, y),
            along: Point::new(angle.cos(), angle.sin()),
            half,
            is_round,
        });
        let boxes = drawn(&area, grown, most);
        let corners = [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (1.0, 0.0), (0.0, -1.0)];
        for (mut right, mut down) in places.into_iter().chain(corners) {
            if is_round {
                // The same on the ellipse and in it.
                let out = Point::new(right, down).length().max(1.0);
                (right, down) = (right / out, down / out);
            }
            let (right, down) = (right * (half.0 + grown), down * (half.1 + grown));
            let at = (x + right * angle.cos() - down * angle.sin(), y + right * angle.sin() + down * angle.cos());
            prop_assert!(is_covered(&boxes, at.0, at.1), "{:?} {:?}", at, boxes);
        }
    }

    /// Wherever the points are: both eyes and half an eye's distance around them, or all of the box.
    #[test]
    fn eyes_are_always_covered(
        object in (0.0..600.0_f32, 0.0..300.0_f32, 1.0..200.0_f32, 1.0..200.0_f32),
        places in prop::collection::vec((-0.4..1.4_f32, -0.4..1.4_f32, 0.3..1.0_f32), 17),
        count in prop::sample::select(vec![0_usize, 4, 5, 6, 17]),
        part in prop::sample::select(vec![RedactArea::Eyes, RedactArea::Face]),
        around in prop::collection::vec(0.0..6.3_f32, 8),
        most in 1_usize..30,
    ) {
        let (left, top, width, height) = object;
        let point = |&(x, y, confidence): &(f32, f32, f32)| KeyPoint {
            x: left + x * width,
            y: top + y * height,
            confidence,
        };
        let points: Vec<_> = places[..count].iter().map(point).collect();
        let object = rect(left, top, width, height);
        let area = Area::of(part, &parts(object, &points), 0.0).unwrap();
        let boxes = drawn(&area, 0.0, most);
        if let Area::Upright(found) = area {
            prop_assert_eq!(found, object);
            return Ok(());
        }
        let (one, other) = if count == 17 { (1, 2) } else { (0, 1) };
        let (one, other) = (points[one], points[other]);
        let reach = 0.35 * Point::new(one.x, one.y).distance(Point::new(other.x, other.y));
        for eye in [one, other] {
            for angle in &around {
                let at = (eye.x + reach * angle.cos(), eye.y + reach * angle.sin());
                if part == RedactArea::Eyes {
                    prop_assert!(is_covered(&boxes, at.0, at.1), "{:?} {:?}", at, area);
                }
            }
            prop_assert!(is_covered(&boxes, eye.x, eye.y), "{:?} {:?}", eye, area);
        }
    }
}
