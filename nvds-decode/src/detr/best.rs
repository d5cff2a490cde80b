//! The best class of each query.

use super::pairs::{Predictions, is_finite};
use crate::boxes::activation::{greatest, logarithm, softmax};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::{Corners, DropReason};
use crate::ssd::class_scores::blocks::Prediction;
use crate::ssd::class_scores::scan::AsFloat;

/// The greatest prediction of a class. NaN is none.
fn most(row: &[f32], background: Option<usize>) -> f32 {
    let Some(column) = background else {
        return greatest(row);
    };
    let (before, after) = row.split_at(column);
    let (before, after) = (greatest(before), greatest(&after[1..]));
    if after > before { after } else { before }
}

/// The first class with this prediction.
fn first(row: &[f32], most: f32, background: Option<usize>) -> usize {
    let mut columns = row.iter().enumerate();
    let first = columns.find(|&(column, &number)| number == most && Some(column) != background);
    first.map_or(0, |(column, _)| column)
}

/// Pushes the best class of each query, with its part of the softmax over all columns as the score.
/// A query with a number that is none is counted as such, unless nothing of it is of interest.
pub fn of_softmax<P: Prediction + AsFloat + Into<f32>>(
    predictions: &Predictions<'_, P>,
    memory: &mut Vec<f32>,
    out: &mut Candidates,
    corners: impl Fn(usize) -> Corners,
) {
    let &Predictions {
        all,
        columns,
        background,
    } = predictions;
    // A score is at most the exponential of the distance to any other prediction of the row.
    let distance = logarithm(out.least_threshold());
    let mut below = 0;
    for (query, row) in all.chunks_exact(columns).enumerate() {
        if let Some(column) = background {
            // Mostly nothing but itself is near what says that there is nothing.
            let bound = P::bound(row[column].into() + distance);
            if P::reaching(row, bound) == 1 {
                below += 1;
                continue;
            }
        }
        let row = P::as_float(row, memory);
        if !is_finite(row) {
            out.push(query, 0.0, f32::NAN, || corners(query));
            continue;
        }
        let most = most(row, background);
        let other = background.map_or(most, |column| row[column]);
        if most < other + distance {
            below += 1;
            continue;
        }
        let class = first(row, most, background);
        out.push(query, class as f64, softmax(row)(most), || corners(query));
    }
    out.pass_over(below, DropReason::BelowThreshold);
}

/// Pushes the best class of each row, whose scores come after the four numbers of its box.
pub fn of_rows<P: AsFloat + Copy + Into<f32>>(
    rows: &[P],
    columns: usize,
    activate: impl Fn(f32) -> f32,
    memory: &mut Vec<f32>,
    out: &mut Candidates,
    corners: impl Fn([f32; 4]) -> Corners,
) {
    for (entry, row) in rows.chunks_exact(columns).enumerate() {
        let row = P::as_float(row, memory);
        let Some((&numbers, scores)) = row.split_first_chunk::<4>() else {
            return;
        };
        let most = most(scores, None);
        let class = first(scores, most, None);
        let score = if is_finite(scores) {
            activate(most)
        } else {
            f32::NAN
        };
        out.push_listed(entry, class as f64, score, || corners(numbers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_best_wherever_the_background_is() {
        let row = [3.0, 1.0, 3.0, 2.0];
        let best = |row: &[f32], background| {
            let most = most(row, background);
            (most, first(row, most, background))
        };
        assert_eq!(best(&row, None), (3.0, 0));
        assert_eq!(best(&row, Some(0)), (3.0, 2));
        assert_eq!(best(&row, Some(1)), (3.0, 0));
        assert_eq!(best(&row[1..], Some(1)), (2.0, 2));
        assert_eq!(best(&row[..3], Some(2)), (3.0, 0));
    }
}
