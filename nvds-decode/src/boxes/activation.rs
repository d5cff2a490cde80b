//! From what a network predicts to scores.

use crate::layout::Activation;

/// What makes a score of a number that stands alone; `None` for nothing.
pub fn of_one(activation: Activation) -> Option<fn(f32) -> f32> {
    match activation {
        Activation::None | Activation::Softmax => None,
        Activation::Sigmoid => Some(sigmoid),
        Activation::Percent => Some(percent),
    }
}

/// What makes scores of the numbers of a row.
pub fn of_row(activation: Activation, row: &[f32]) -> impl Fn(f32) -> f32 + use<> {
    let of_all = (activation == Activation::Softmax).then(|| softmax(row));
    let alone = of_one(activation).unwrap_or(|score| score);
    move |number| match &of_all {
        Some(softmax) => softmax(number),
        None => alone(number),
    }
}

/// What a number must at least be for its score to reach a threshold, or a little less.
pub fn least(activation: Activation, threshold: f32) -> f32 {
    match activation {
        Activation::None => threshold,
        Activation::Sigmoid => logit(threshold),
        Activation::Percent => hundredfold(threshold),
        // It depends on the others.
        Activation::Softmax => f32::NEG_INFINITY,
    }
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

pub fn percent(score: f32) -> f32 {
    score / 100.0
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

/// What a percentage must at least be, and a little less.
pub fn hundredfold(threshold: f32) -> f32 {
    let exact = 100.0 * threshold;
    exact - 1e-4 * exact.abs().max(1.0)
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
