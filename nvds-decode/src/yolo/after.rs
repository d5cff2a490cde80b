//! What follows the class scores of an anchor, or the class of a row: key points or coefficients of a mask.

use super::labels::{MASKS, PERSON};
use crate::boxes::detection::Detection;
use crate::boxes::extras::Extras;
use crate::faces::scan;
use crate::letterbox::Geometry;
use crate::masks::Prototypes;
use crate::select::Input;
use crate::tensor::TensorView;

/// What so many numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// Nothing that is read.
    Other,
    /// So many key points, of two or three numbers each: x, y and confidence.
    Points { count: usize, numbers: usize },
    /// Coefficients of the mask.
    Coefficients,
}

impl After {
    /// Prototypes of as many tell masks. Key points are what networks of one class have, or what is stated; 51 numbers
    /// are those of people.
    fn of(input: &Input<'_, '_>, extras: usize, one_class: bool) -> Self {
        if extras == 0 {
            return Self::Other;
        }
        if prototypes(input).is_some_and(|found| found.count() == extras) {
            return Self::Coefficients;
        }
        let numbers = match input.layout.yolo().point_numbers {
            Some(numbers) => Some(numbers),
            None if extras == PERSON => Some(3),
            None if !one_class || extras == MASKS => None,
            None => [3, 2].into_iter().find(|&n| extras.is_multiple_of(n)),
        };
        match numbers {
            Some(numbers) if numbers > 1 && extras.is_multiple_of(numbers) => Self::Points {
                count: extras / numbers,
                numbers,
            },
            _ => Self::Other,
        }
    }
}

fn prototypes<'a>(input: &Input<'_, 'a>) -> Option<Prototypes<'a>> {
    Prototypes::find(input.tensors, input.network)
}

/// Reads what `extras` numbers of each detection are. `number` gives one of an entry's, by its place among them.
pub fn read(
    input: &Input<'_, '_>,
    extras: usize,
    one_class: bool,
    (detections, geometry): (&[Detection], &Geometry),
    found: &mut Extras,
    number: impl Fn(usize, usize) -> f32,
) {
    match After::of(input, extras, one_class) {
        After::Other => (),
        After::Points { count, numbers } => {
            scan::points(detections, count, geometry, found, |entry, at| {
                let first = numbers * at;
                let confidence = match numbers {
                    3 => number(entry, first + 2),
                    _ => 1.0,
                };
                (number(entry, first), number(entry, first + 1), confidence)
            });
        }
        After::Coefficients => {
            let Some(prototypes) = prototypes(input) else {
                return; // found before
            };
            prototypes.masks((detections, geometry), found, |entry, own| {
                own.extend((0..extras).map(|at| number(entry, at)));
            });
        }
    }
}

/// As [`read`], of rows of so many columns, of whose first ones something else is made.
pub fn read_rows(
    input: &Input<'_, '_>,
    (rows, columns, first): (&TensorView<'_>, usize, usize),
    one_class: bool,
    (detections, geometry): (&[Detection], &Geometry),
    found: &mut Extras,
) {
    let extras = columns.saturating_sub(first);
    let place = |row: usize, at: usize| row * columns + first + at;
    if let Some(data) = rows.slice::<f32>()
        && let After::Points { count, numbers: 3 } = After::of(input, extras, one_class)
    {
        // What networks of poses have: nothing is asked of each number.
        scan::triples(detections, count, geometry, found, |row| {
            data.get(place(row, 0)..place(row, extras))
        });
        return;
    }
    let found_in = (detections, geometry);
    read(input, extras, one_class, found_in, found, |row, at| {
        scan::number(rows, place(row, at))
    });
}
