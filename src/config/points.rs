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
