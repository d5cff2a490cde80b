//! Which predictions are scores of interest.

use std::ops::Range;

use super::coder::Coder;
use crate::candidates::Candidates;

/// The classes.
pub struct Columns {
    count: usize,
    background: Option<u32>,
    /// Those of interest are among these.
    range: Range<usize>,
    /// How many are of interest.
    pub taken: u64,
    /// The least of their thresholds.
    pub least_threshold: f32,
}

impl Columns {
    /// Counts the predictions of classes that are of no interest, but for the
    /// background's.
    pub fn new(count: usize, background: Option<u32>, rows: u64, out: &mut Candidates) -> Self {
        let mut this = Self {
            count,
            background,
            range: 0..0,
            taken: 0,
            least_threshold: f32::INFINITY,
        };
        for class in (0..count as u32).filter(|&class| background != Some(class)) {
            if let Some(reason) = out.refuses_class(class) {
                out.pass_over(rows, reason);
                continue;
            }
            let column = class as usize;
            if this.taken == 0 {
                this.range.start = column;
            }
            this.range.end = column + 1;
            this.taken += 1;
            this.least_threshold = this.least_threshold.min(out.score_threshold(class));
        }
        this
    }

    /// Whether the predictions of a class are scores of interest.
    fn takes(&self, column: usize, out: &Candidates) -> bool {
        let class = column as u32;
        self.background != Some(class) && out.refuses_class(class).is_none()
    }
}

/// About how many predictions are tested at a time, and how many columns that
/// are of no interest may be among them for that to be worth while.
const BLOCK: usize = 768;
const FEW: usize = 4;

/// Pushes the predictions that reach the limit of their row, made into scores by
/// what `activation` says for the row, and returns how many there were. A NaN
/// counts as reaching it.
///
/// Few rows have one, so most of the work is to tell that there is none. Whole
/// blocks of rows are compared with one number, which compilers turn into vector
/// instructions; then single rows; then single predictions.
pub fn scan<A: Fn(f32) -> f32>(
    predictions: &[f32],
    columns: &Columns,
    out: &mut Candidates,
    coder: &Coder<'_, '_>,
    limit: impl Fn(&[f32]) -> f32,
    activation: impl Fn(&[f32]) -> A,
) -> u64 {
    let mut pushed = 0;
    let rows = (BLOCK / columns.count).max(1);
    let by_block = columns.count - columns.range.len() <= FEW;
    for (index, block) in predictions.chunks(rows * columns.count).enumerate() {
        if by_block && all_below(block, columns, &limit) {
            continue;
        }
        for (offset, all) in block.chunks_exact(columns.count).enumerate() {
            let limit = limit(all);
            let interesting = &all[columns.range.clone()];
            let mut below = true;
            for &prediction in interesting {
                below &= prediction < limit;
            }
            if below {
                continue;
            }
            let activate = activation(all);
            for (column, &prediction) in columns.range.clone().zip(interesting) {
                if prediction < limit || !columns.takes(column, out) {
                    continue;
                }
                pushed += 1;
                let row = index * rows + offset;
                out.push(column as f64, activate(prediction), || coder.corners(row));
            }
        }
    }
    pushed
}

/// Whether all predictions of interest are below the least limit of their rows.
// A NaN is not below; counted this way round, the loop takes the fewest instructions.
#[allow(clippy::neg_cmp_op_on_partial_ord)]
fn all_below(block: &[f32], columns: &Columns, limit: impl Fn(&[f32]) -> f32) -> bool {
    let mut least = f32::INFINITY;
    for row in block.chunks_exact(columns.count) {
        let limit = limit(row);
        // Nothing is below a limit that is none.
        let limit = if limit.is_nan() {
            f32::NEG_INFINITY
        } else {
            limit
        };
        least = if limit < least { limit } else { least };
    }
    let mut reaching = 0u32;
    for &prediction in block {
        reaching += u32::from(!(prediction < least));
    }
    let others = (0..columns.range.start).chain(columns.range.end..columns.count);
    for column in others {
        for row in block.chunks_exact(columns.count) {
            reaching -= u32::from(!(row[column] < least));
        }
    }
    reaching == 0
}

/// The greatest of some numbers, NaN left out. Lane by lane, because a single
/// chain of comparisons takes several times as long.
pub fn greatest(numbers: &[f32]) -> f32 {
    let more = |a: f32, b: f32| if b > a { b } else { a };
    let (chunks, rest) = numbers.as_chunks::<8>();
    let mut lanes = [f32::NEG_INFINITY; 8];
    for chunk in chunks {
        for (lane, &number) in lanes.iter_mut().zip(chunk) {
            *lane = more(*lane, number);
        }
    }
    (lanes.iter().chain(rest).copied()).fold(f32::NEG_INFINITY, more)
}

/// The softmax of a row's predictions.
pub fn softmax(row: &[f32]) -> impl Fn(f32) -> f32 + use<> {
    let greatest = greatest(row);
    let sum: f32 = row.iter().map(|&p| (p - greatest).exp()).sum();
    move |prediction| (prediction - greatest).exp() / sum
}

pub fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// What a prediction must at least be for its sigmoid to reach the threshold,
/// and a little less, as both are rounded.
pub fn logit(threshold: f32) -> f32 {
    if threshold <= 0.0 {
        return f32::NEG_INFINITY;
    }
    let threshold = f64::from(threshold);
    let exact = (threshold / (1.0 - threshold)).ln() as f32;
    // From 16 on all sigmoids round to 1. A NaN threshold is reached by none.
    let most = if exact < 16.0 { exact } else { 16.0 };
    most - 1e-4 * most.abs().max(1.0)
}

/// The logarithm of a score's threshold, and a little less.
pub fn logarithm(threshold: f32) -> f32 {
    if threshold <= 0.0 {
        return f32::NEG_INFINITY;
    }
    let exact = threshold.ln();
    let most = if exact < 0.0 { exact } else { 0.0 };
    most - 1e-4 * most.abs().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No score may be passed over that the exact test would have kept.
    #[test]
    fn limits_are_never_above_what_reaches_the_threshold() {
        for step in 0..=1000 {
            let threshold = step as f32 / 1000.0;
            let limit = logit(threshold);
            for below in [limit - 1e-3, limit - 1e-2, limit - 1.0] {
                if below.is_finite() {
                    assert!(
                        sigmoid(below) < threshold || threshold == 1.0,
                        "{threshold}"
                    );
                }
            }
            assert!(sigmoid(limit) < threshold || threshold == 0.0 || threshold == 1.0);
            assert!(logarithm(threshold).exp() < threshold || threshold == 0.0);
        }
        assert_eq!(sigmoid(16.0 * 1.2), 1.0);
        assert!(sigmoid(logit(1.0)) >= 1.0 - 1e-6);
        for none in [f32::NAN, 2.0, f32::INFINITY] {
            assert!(logit(none) < 16.0 && logarithm(none) <= 0.0);
        }
    }

    #[test]
    fn the_greatest_is_found_in_every_lane() {
        for len in 1..40 {
            for at in 0..len {
                let mut numbers = vec![f32::NAN; len];
                numbers[len - 1 - at] = -3.0;
                numbers[at] = -2.0;
                assert_eq!(greatest(&numbers), -2.0, "{at} of {len}");
            }
        }
        assert_eq!(greatest(&[f32::NAN]), f32::NEG_INFINITY);
    }
}
