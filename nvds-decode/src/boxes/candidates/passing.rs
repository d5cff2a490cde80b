//! Passing over entries of no interest, many at a time.

use std::ops::Range;

use super::Candidates;
use crate::boxes::detection::DropReason;
use crate::boxes::doubt::may_be_score;

/// Entries that are passed over together, mostly.
pub(crate) const BLOCK: usize = 16;

/// A type of class numbers in tensors.
pub(crate) trait Class: Copy + Into<f64> {
    /// What is truncated to a number in a range: from the first to below the second.
    fn bounds(range: &Range<u32>) -> [Self; 2];

    /// Whether it is within the bounds. Without branches.
    fn is_within(self, bounds: [Self; 2]) -> bool;
}

impl Class for f32 {
    #[inline]
    fn bounds(range: &Range<u32>) -> [Self; 2] {
        // Rounding of large numbers makes the range narrower at most.
        let first = match range.start {
            0 => (-1.0f32).next_up(),
            first => first as f32,
        };
        [first, range.end as f32]
    }

    #[inline]
    fn is_within(self, [first, end]: [Self; 2]) -> bool {
        (first <= self) & (self < end)
    }
}

impl Class for i32 {
    #[inline]
    fn bounds(range: &Range<u32>) -> [Self; 2] {
        let size = range.end.saturating_sub(range.start);
        [range.start, size].map(u32::cast_signed)
    }

    #[inline]
    fn is_within(self, [first, size]: [Self; 2]) -> bool {
        self.wrapping_sub(first).cast_unsigned() < size.cast_unsigned()
    }
}

/// Tells of many entries at a time whether pushing them would only count them as below the threshold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passing<C> {
    /// All scores of interest are this or above.
    least: f32,
    bounds: [C; 2],
}

impl<C: Class> Passing<C> {
    /// Whether all scores are below the threshold and can be scores, and all classes in the range.
    #[inline]
    pub fn passes_over(&self, scores: &[f32], classes: &[C]) -> bool {
        // Of a length that is known when this is compiled, if it is the usual one.
        match (
            <&[_; BLOCK]>::try_from(scores),
            <&[_; BLOCK]>::try_from(classes),
        ) {
            (Ok(scores), Ok(classes)) => self.all_dull(scores, classes),
            _ => self.all_dull(scores, classes),
        }
    }

    /// As [`Self::passes_over`], of scores and classes that lie apart from each other.
    #[inline]
    pub fn passes_over_all(&self, entries: impl Iterator<Item = (f32, C)>) -> bool {
        entries.fold(true, |all, (score, class)| all & self.is_dull(score, class))
    }

    #[inline(always)]
    fn is_dull(&self, score: f32, class: C) -> bool {
        (score < self.least) & may_be_score(score) & class.is_within(self.bounds)
    }

    /// Without branches, so that compilers make vector instructions of it.
    #[inline(always)] // else the lengths that callers know are lost
    fn all_dull(&self, scores: &[f32], classes: &[C]) -> bool {
        let entries = scores.iter().zip(classes);
        let odd = entries.fold(0_u32, |odd, (&score, &class)| {
            odd | u32::from(!self.is_dull(score, class))
        });
        odd == 0
    }
}

impl Candidates {
    /// What passes over entries of the frame in work; `None` where more than score and class decides.
    #[inline]
    pub(crate) fn passing<C: Class>(&self) -> Option<Passing<C>> {
        let (least, range) = self.dull()?;
        Some(Passing {
            least,
            bounds: C::bounds(&range),
        })
    }

    /// Counts entries that were passed over.
    #[inline]
    pub(crate) fn passed_over(&mut self, entries: usize) {
        self.pass_over(entries as u64, DropReason::BelowThreshold);
    }
}
