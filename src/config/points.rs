//! Points that can only be a mistake.

use nvds_analytics::{Length, Place};

/// Refuses parts of the frame in 0..1 where pixels are expected.
///
/// # Errors
/// Names the units.
pub fn check_units(points: &[Place]) -> Result<(), String> {
    let lengths = || points.iter().flat_map(|point| [point.x, point.y]);
    let pixels = || {
        lengths().filter_map(|length| match length {
            Length::Pixels(pixels) => Some(pixels),
            Length::Fraction(_) => None,
        })
    };
    let below_one = |pixels: f32| pixels > 0.0 && pixels < 1.0;
    let only_pixels = points.len() > 1 && pixels().count() == 2 * points.len();
    if pixels().all(|pixels| pixels <= 1.0) && (only_pixels || pixels().any(below_one)) {
        let example = pixels().find(|pixels| *pixels > 0.0).unwrap_or(1.0);
        return Err(format!(
            "numbers are pixels of the frame, and none is above 1: for parts of the frame write \
             percentages, \"{}%\" for {example}",
            (example * 1e4).round() / 100.0
        ));
    }
    Ok(())
}

/// Refuses corners that enclose nothing.
///
/// # Errors
/// Says why they do not.
pub fn check_area(points: &[Place]) -> Result<(), String> {
    let mut different: Vec<Place> = Vec::new();
    for point in points {
        if !different.contains(point) {
            different.push(*point);
        }
    }
    if different.len() < 3 {
        return Err(format!(
            "expected 3 or more different corners, found {}: nothing is inside",
            different.len()
        ));
    }
    let straight = "the corners lie on one straight line: nothing is inside";
    let same =
        |of: fn(&Place) -> Length| different.iter().all(|point| of(point) == of(&different[0]));
    if same(|point| point.x) || same(|point| point.y) {
        return Err(straight.into());
    }
    // Where all have one unit, their places can be compared before the frame's size is known.
    let Some(x) = of_one_unit(different.iter().map(|point| point.x)) else {
        return Ok(());
    };
    let Some(y) = of_one_unit(different.iter().map(|point| point.y)) else {
        return Ok(());
    };
    let aside = |i: usize| (x[1] - x[0]) * (y[i] - y[0]) - (y[1] - y[0]) * (x[i] - x[0]);
    if (2..x.len()).all(|i| aside(i) == 0.0) {
        return Err(straight.into());
    }
    Ok(())
}

/// Says which two edges cross each other, if any do: the corners are in a wrong order then. Edges that touch do not cross, and
/// of corners in several units nobody knows before the frame's size is known.
pub fn crossing(points: &[Place]) -> Option<String> {
    let x = of_one_unit(points.iter().map(|point| point.x))?;
    let y = of_one_unit(points.iter().map(|point| point.y))?;
    let count = points.len();
    let end = |edge: usize| (edge + 1) % count;
    let aside = |edge: usize, corner: usize| {
        let (a, b) = (edge, end(edge));
        (x[b] - x[a]) * (y[corner] - y[a]) - (y[b] - y[a]) * (x[corner] - x[a])
    };
    // The ends of each lie on both sides of the other.
    let parts = |edge: usize, other: usize| aside(edge, other) * aside(edge, end(other)) < 0.0;
    let pairs = (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second)));
    let (first, second) = pairs
        .into_iter()
        .find(|&(first, second)| parts(first, second) && parts(second, first))?;
    Some(format!(
        "the edge from corner {} to {} crosses the one from {} to {}, so that part of the zone is missing: write the corners in \
         their order around it",
        first + 1,
        end(first) + 1,
        second + 1,
        end(second) + 1
    ))
}

/// The numbers, if all have one unit.
fn of_one_unit(lengths: impl Iterator<Item = Length>) -> Option<Vec<f64>> {
    let (mut pixels, mut parts) = (Vec::new(), Vec::new());
    for length in lengths {
        match length {
            Length::Pixels(number) => pixels.push(number.into()),
            Length::Fraction(number) => parts.push(number.into()),
        }
    }
    match (pixels.is_empty(), parts.is_empty()) {
        (_, true) => Some(pixels),
        (true, _) => Some(parts),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(points: &[[f32; 2]]) -> Option<String> {
        let place = |[x, y]: &[f32; 2]| Place {
            x: Length::Fraction(*x),
            y: Length::Pixels(*y),
        };
        crossing(&points.iter().map(place).collect::<Vec<_>>())
    }

    #[test]
    fn edges_that_cross_are_named_and_those_that_touch_are_not() {
        let bow = told(&[[0.0, 0.0], [1.0, 9.0], [1.0, 0.0], [0.0, 9.0]]).unwrap();
        assert!(
            bow.starts_with("the edge from corner 1 to 2 crosses the one from 3 to 4, "),
            "{bow}"
        );
        let last = told(&[[0.0, 0.0], [1.0, 0.0], [0.0, 9.0], [1.0, 9.0]]).unwrap();
        assert!(
            last.contains("corner 2 to 3 crosses the one from 4 to 1"),
            "{last}"
        );
        for fine in [
            // A square, a corner in its side, a corner twice, two parts that share a corner, and a way there and back.
            &[[0.0, 0.0], [1.0, 0.0], [1.0, 9.0], [0.0, 9.0]][..],
            &[[0.0, 0.0], [1.0, 0.0], [1.0, 9.0], [0.5, 0.0], [0.0, 9.0]],
            &[[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [1.0, 9.0]],
            &[
                [0.0, 0.0],
                [0.5, 4.0],
                [1.0, 0.0],
                [1.0, 9.0],
                [0.5, 4.0],
                [0.0, 9.0],
            ],
            &[[0.0, 0.0], [1.0, 0.0], [1.0, 9.0], [1.0, 0.0]],
        ] {
            assert_eq!(told(fine), None, "{fine:?}");
        }
        let mut mixed = [[0.0, 0.0], [1.0, 9.0], [1.0, 0.0], [0.0, 9.0]].map(|[x, y]| Place {
            x: Length::Pixels(x),
            y: Length::Pixels(y),
        });
        assert!(crossing(&mixed).is_some());
        mixed[0].x = Length::Fraction(0.0);
        assert_eq!(crossing(&mixed), None, "nobody knows where they are");
    }
}
