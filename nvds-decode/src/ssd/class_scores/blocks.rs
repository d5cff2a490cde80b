//! Whether anything in a block of predictions is of interest.

use std::ops::Range;

use half::f16;

use super::scan::Limit;

/// Numbers that can be compared many at a time, whatever their type.
pub trait Prediction: Copy {
    /// What they are compared as.
    type Key: Copy + PartialOrd;
    /// At least this is what reaches the limit. A limit that is NaN is reached by all.
    fn bound(limit: f32) -> Self::Key;
    /// How many reach the bound. A NaN does.
    fn reaching(block: &[Self], bound: Self::Key) -> usize;
    /// The least of some, and negative infinity if one is NaN.
    fn least(numbers: impl Iterator<Item = Self>) -> f32;
}

impl Prediction for f32 {
    type Key = f32;

    fn bound(limit: f32) -> f32 {
        if limit.is_nan() {
            f32::NEG_INFINITY
        } else {
            limit
        }
    }

    // A NaN is not below; counted this way round, the loop takes the fewest instructions.
    #[allow(clippy::neg_cmp_op_on_partial_ord)]
    #[inline]
    fn reaching(block: &[f32], bound: f32) -> usize {
        let mut reaching = 0u32;
        for &prediction in block {
            reaching += u32::from(!(prediction < bound));
        }
        reaching as usize
    }

    #[inline]
    fn least(numbers: impl Iterator<Item = f32>) -> f32 {
        numbers.fold(f32::INFINITY, |least, number| {
            let number = Self::bound(number);
            if number < least { number } else { least }
        })
    }
}

/// Bits of HALF numbers as integers in the order of the numbers: from negative
/// infinity, which is the least integer, over zero, the negative one first, to infinity, then the
/// NaNs.
#[inline]
fn ordinal(number: f16) -> i16 {
    magnitude(number.to_bits() as i16)
        .wrapping_sub(NEGATIVE_INFINITY)
        .wrapping_add(i16::MIN)
}

fn from_ordinal(ordinal: i16) -> f16 {
    let bits = magnitude(
        ordinal
            .wrapping_sub(i16::MIN)
            .wrapping_add(NEGATIVE_INFINITY),
    );
    f16::from_bits(bits as u16)
}

/// Sign and magnitude to two's complement, but for one; and back.
#[inline]
const fn magnitude(bits: i16) -> i16 {
    bits ^ ((bits >> 15) as u16 >> 1) as i16
}

const NEGATIVE_INFINITY: i16 = magnitude(f16::NEG_INFINITY.to_bits() as i16);

/// The first bit of a negative HALF number.
const SIGN: u16 = 0x8000;

/// So many comparisons can be counted in 16 bits.
const COUNTED: usize = 1 << 15;

impl Prediction for f16 {
    type Key = i16;

    fn bound(limit: f32) -> i16 {
        if limit.is_nan() {
            return i16::MIN;
        }
        let near = f16::from_f32(limit);
        if near.to_f32() < limit {
            return ordinal(near).saturating_add(1);
        }
        // Both zeros are equal.
        ordinal(if near == f16::ZERO {
            f16::NEG_ZERO
        } else {
            near
        })
    }

    #[inline]
    fn reaching(block: &[f16], bound: i16) -> usize {
        let least = from_ordinal(bound).to_bits();
        if least < SIGN {
            let count = |some: &[f16]| {
                let mut reaching = 0u16;
                for &prediction in some {
                    reaching += u16::from(ordinal(prediction) >= bound);
                }
                usize::from(reaching)
            };
            return block.chunks(COUNTED).map(count).sum();
        }
        // Less than a negative number are those whose bits follow, up to negative infinity: one
        // range of integers, which takes half the instructions.
        let (first, size) = (least.wrapping_add(1), f16::NEG_INFINITY.to_bits() - least);
        let count = |some: &[f16]| {
            let mut below = 0u16;
            for &prediction in some {
                below += u16::from(prediction.to_bits().wrapping_sub(first) < size);
            }
            some.len() - usize::from(below)
        };
        block.chunks(COUNTED).map(count).sum()
    }

    #[inline]
    fn least(numbers: impl Iterator<Item = f16>) -> f32 {
        let (mut least, mut most) = (i16::MAX, i16::MIN);
        for number in numbers {
            let number = ordinal(number);
            least = least.min(number);
            most = most.max(number);
        }
        if most > ordinal(f16::INFINITY) {
            return f32::NEG_INFINITY;
        }
        from_ordinal(least).to_f32()
    }
}

/// Compares block after block.
pub struct Blocks<P: Prediction> {
    columns: usize,
    /// The columns of interest.
    range: Range<usize>,
    limit: Limit,
    /// The least bound of all blocks so far.
    least: Option<P::Key>,
}

impl<P: Prediction> Blocks<P> {
    pub fn new(columns: usize, range: Range<usize>, limit: Limit) -> Self {
        let least = match limit {
            Limit::Same(limit) => Some(P::bound(limit)),
            _ => None,
        };
        Self {
            columns,
            range,
            limit,
            least,
        }
    }

    /// Whether all predictions of interest are below the least limit of their rows.
    pub fn all_below(&mut self, block: &[P]) -> bool {
        let (column, distance) = match (self.limit, self.least) {
            (Limit::Same(_), Some(bound)) => return !self.reaches(block, bound),
            (Limit::Above { column, distance }, _) => (column, distance),
            _ => return false,
        };
        // The least limit so far mostly is low enough. Compared with it first, the block is read
        // from memory in its order, which is faster than from one row's column to the next.
        let quick = self.least.map(|least| (least, self.reaches(block, least)));
        let rows = block.chunks_exact(self.columns);
        let bound = P::bound(P::least(rows.map(|row| row[column])) + distance);
        if let Some((least, reaches)) = quick
            && least <= bound
            && !reaches
        {
            return true;
        }
        if self.least.is_none_or(|least| bound < least) {
            self.least = Some(bound);
        }
        !self.reaches(block, bound)
    }

    fn reaches(&self, block: &[P], bound: P::Key) -> bool {
        let all = P::reaching(block, bound);
        let others = (0..self.range.start).chain(self.range.end..self.columns);
        let foreign: usize = others
            .map(|column| {
                let rows = block.chunks_exact(self.columns);
                rows.map(|row| P::reaching(&row[column..column + 1], bound))
                    .sum::<usize>()
            })
            .sum();
        all != foreign
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every HALF number against limits at, between and beyond such numbers.
    #[test]
    fn halves_reach_what_they_reach_as_floats() {
        let all: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).collect();
        let mut limits = vec![
            0.0,
            -0.0,
            1e-9,
            -1e-9,
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            1e6,
            -1e6,
            65519.0,
            65520.0,
        ];
        for exact in all.iter().step_by(977).filter(|half| !half.is_nan()) {
            let exact = exact.to_f32();
            limits.extend([exact, exact.next_up(), exact.next_down()]);
        }
        for limit in limits {
            let floats: Vec<f32> = all.iter().map(|half| half.to_f32()).collect();
            let expected = f32::reaching(&floats, f32::bound(limit));
            assert_eq!(
                f16::reaching(&all, f16::bound(limit)),
                expected,
                "{limit:e}"
            );
            let bound = f16::bound(limit);
            for (half, float) in all.iter().zip(&floats) {
                let reaches = float.is_nan() || limit.is_nan() || *float >= limit;
                assert_eq!(ordinal(*half) >= bound, reaches, "{half} {limit:e}");
            }
        }
        for &half in &all {
            assert_eq!(from_ordinal(ordinal(half)).to_bits(), half.to_bits());
        }
    }

    #[test]
    fn the_least_of_halves() {
        let half = |number: f32| f16::from_f32(number);
        let numbers = [half(2.0), half(-3.0), half(0.5)];
        assert_eq!(f16::least(numbers.into_iter()), -3.0);
        let negative_nan = f16::from_bits(0xFE00);
        for nan in [f16::NAN, negative_nan] {
            assert_eq!(f16::least([half(1.0), nan].into_iter()), f32::NEG_INFINITY);
        }
    }
}
