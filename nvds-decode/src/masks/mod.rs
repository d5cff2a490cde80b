//! Masks of objects: which part of a box belongs to the object.
//!
//! YOLO networks give 32 pictures that all objects of a frame share, the prototypes, and 32 coefficients for each
//! object. The sum of the prototypes, each times its coefficient, is the logit of the mask. Others give each object its
//! mask, cut to its box or of the whole input.
//!
//! Masks are cut to the boxes as the frame has them, because what draws masks stretches each over its box. A value of
//! such a mask is what the network's map has at the middle of the value's part of the box, between the cells' middles.

mod cut;
mod in_frame;
mod prototypes;

pub(crate) use cut::{Covers, Lines, Map};
pub use prototypes::Prototypes;

/// Makes the logistic function of each number, 0 of what is none.
///
/// The exponential is a power of two times a polynomial, good to the last digits of a float, and without branches: a mask
/// has thousands of values, which are done in vectors.
pub(crate) fn probabilities(logits: &mut [f32]) {
    // What is added rounds to whole numbers, which are then its lowest bits.
    const ROUND: f32 = 12_582_912.0;
    // The logarithm of 2 in two parts, the first of few digits.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    for logit in logits {
        let x = (-*logit).clamp(-87.0, 87.0);
        let rounded = x * std::f32::consts::LOG2_E + ROUND;
        let whole = rounded - ROUND;
        let rest = x - whole * LN_2[0] - whole * LN_2[1];
        let polynomial = rest * (1.0 / 720.0) + 1.0 / 120.0;
        let polynomial = (polynomial * rest + 1.0 / 24.0) * rest + 1.0 / 6.0;
        let polynomial = ((polynomial * rest + 0.5) * rest + 1.0) * rest + 1.0;
        let exponent = rounded
            .to_bits()
            .wrapping_sub(ROUND.to_bits())
            .wrapping_add(127);
        let power = f32::from_bits(exponent << 23);
        let probability = 1.0 / (1.0 + polynomial * power);
        *logit = if logit.is_nan() { 0.0 } else { probability };
    }
}

#[cfg(test)]
mod tests {
    use super::probabilities;

    #[test]
    fn probabilities_are_the_logistic_functions() {
        let logits: Vec<f32> = (-4000..=4000).map(|n| n as f32 / 40.0).collect();
        let mut found = logits.clone();
        probabilities(&mut found);
        for (&logit, &found) in logits.iter().zip(&found) {
            let expected = 1.0 / (1.0 + (-f64::from(logit)).exp());
            let error = (f64::from(found) - expected).abs();
            assert!(
                error <= 5e-7 * expected + 1e-37,
                "{logit}: {found} instead of {expected}"
            );
        }
        // What decides is the sign.
        let mut near = [
            0.0,
            f32::MIN_POSITIVE,
            1e-6,
            -1e-6,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
        ];
        probabilities(&mut near);
        assert_eq!(near[0], 0.5);
        assert!(near[2] > 0.5 && near[3] < 0.5, "{near:?}");
        assert_eq!((near[4], near[6]), (1.0, 0.0));
        assert!(near[5] < 1e-37);
    }
}
