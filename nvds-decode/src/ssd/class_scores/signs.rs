//! Class predictions that hardly can be what they are taken for.
//!
//! These tests end at the first number of a network that is read as it should be, or are made only
//! where more boxes are found than there can be objects.

use crate::boxes::activation::{greatest, percent, sigmoid, softmax};
use crate::boxes::doubt::{Doubt, is_below_zero};
use crate::layout::Activation;
use crate::select::Usual;

/// Fewer rows say nothing.
const ENOUGH: usize = 16;
/// How many rows are looked at for a background, evenly spread.
const SAMPLE: usize = 64;

/// `stated` tells whether the background is none because the user says so; `pushed` how many
/// predictions were of interest.
pub fn doubt<P: Copy + Into<f32>>(
    predictions: &[P],
    columns: usize,
    usual: Usual,
    stated: bool,
    pushed: u64,
) -> Option<Doubt> {
    let rows = predictions.len() / columns;
    if rows < ENOUGH {
        return None;
    }
    if let Some(doubt) = activated(predictions, columns, usual.activation) {
        return Some(doubt);
    }
    let crowded = usual.background.is_none() && !stated && columns > 1;
    (crowded && 2 * pushed >= rows as u64)
        .then(|| class_of_most(predictions, columns, usual.activation))
        .flatten()
        .map(Doubt::Background)
}

/// Whether the predictions look as if they were scores already, or as if they were not. It is the
/// whole of what there is to doubt where a class for no object is known.
pub fn activated<P: Copy + Into<f32>>(
    predictions: &[P],
    columns: usize,
    activation: Activation,
) -> Option<Doubt> {
    if predictions.len() / columns < ENOUGH {
        return None;
    }
    let numbers = || predictions.iter().map(|&prediction| prediction.into());
    match activation {
        Activation::None | Activation::Percent => {
            let mut first = numbers().take(columns);
            let below_zero = first.find(|&number| is_below_zero(number));
            below_zero.map(Doubt::ScoreBelowZero)
        }
        Activation::Sigmoid => {
            let twice = numbers().all(|number: f32| (0.0..=1.0).contains(&number));
            let softmax = || are_parts_of_one(&predictions[..ENOUGH * columns], columns);
            twice.then(|| Doubt::ActivatedTwice { softmax: softmax() })
        }
        Activation::Softmax => {
            let twice = columns > 1 && are_parts_of_one(predictions, columns);
            twice.then_some(Doubt::ActivatedTwice { softmax: true })
        }
    }
}

/// Whether every row adds up to 1, as after a softmax.
fn are_parts_of_one<P: Copy + Into<f32>>(predictions: &[P], columns: usize) -> bool {
    predictions.chunks_exact(columns).all(|row| {
        let mut sum = 0.0;
        let parts = row.iter().all(|&part| {
            let part: f32 = part.into();
            sum += part;
            (0.0..=1.0).contains(&part)
        });
        parts && (sum - 1.0).abs() < 0.02
    })
}

/// The class with more than half of the score in most rows.
fn class_of_most<P: Copy + Into<f32>>(
    predictions: &[P],
    columns: usize,
    activation: Activation,
) -> Option<u32> {
    let rows = predictions.len() / columns;
    let step = rows.div_ceil(SAMPLE);
    let sample = predictions.chunks_exact(columns).step_by(step);
    let looked_at = sample.len();
    let mut best = Vec::with_capacity(looked_at);
    for row in sample {
        let row: Vec<f32> = row.iter().map(|&prediction| prediction.into()).collect();
        let most = greatest(&row);
        let score = match activation {
            Activation::None => most,
            Activation::Percent => percent(most),
            Activation::Sigmoid => sigmoid(most),
            Activation::Softmax => softmax(&row)(most),
        };
        if score > 0.5 {
            best.extend(row.iter().position(|&prediction| prediction == most));
        }
    }
    best.sort_unstable();
    let groups = best.chunk_by(|a, b| a == b);
    let of_most = groups.max_by_key(|group| group.len())?;
    (2 * of_most.len() > looked_at).then(|| of_most[0] as u32)
}
