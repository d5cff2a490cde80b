//! Passing over entries of no interest, many at a time.

use super::Candidates;
use crate::boxes::detection::DropReason;
use crate::boxes::doubt::may_be_score;

/// Entries that are passed over together, mostly.
pub(crate) const BLOCK: usize = 16;

/// Passing over entries, whose classes are `C`, many at a time.
pub(crate) trait PassOver<C> {
    /// Counts the entries as below the threshold, if pushing them one by one would do no more.
    fn passes_over(&mut self, scores: &[f32], classes: &[C]) -> bool;
}

impl PassOver<f32> for Candidates {
    #[inline]
    fn passes_over(&mut self, scores: &[f32], classes: &[f32]) -> bool {
        let Some((least, range)) = self.dull() else {
            return false;
        };
        // What is truncated to a number in the range. Rounding of large numbers makes it
        // narrower at most.
        let first = match range.start {
            0 => (-1.0f32).next_up(),
            first => first as f32,
        };
        let end = range.end as f32;
        self.pass_if(scores, classes, least, |class| {
            (first <= class) & (class < end)
        })
    }
}

impl PassOver<i32> for Candidates {
    #[inline]
    fn passes_over(&mut self, scores: &[f32], classes: &[i32]) -> bool {
        let Some((least, range)) = self.dull() else {
            return false;
        };
        let size = range.end.saturating_sub(range.start);
        self.pass_if(scores, classes, least, |class| {
            (class as u32).wrapping_sub(range.start) < size
        })
    }
}

impl Candidates {
    #[inline]
    fn pass_if<C: Copy>(
        &mut self,
        scores: &[f32],
        classes: &[C],
        least: f32,
        in_range: impl Fn(C) -> bool + Copy,
    ) -> bool {
        // Of a length that is known when this is compiled, if it is the usual one.
        let passes = match (
            <&[_; BLOCK]>::try_from(scores),
            <&[_; BLOCK]>::try_from(classes),
        ) {
            (Ok(scores), Ok(classes)) => all_dull(scores, classes, least, in_range),
            _ => all_dull(scores, classes, least, in_range),
        };
        if passes {
            self.pass_over(scores.len() as u64, DropReason::BelowThreshold);
        }
        passes
    }
}

/// Whether all scores are below a threshold and can be scores, and all classes in a range. Without branches, so that
/// compilers make vector instructions of it.
#[inline(always)] // else the lengths that callers know are lost
fn all_dull<C: Copy>(
    scores: &[f32],
    classes: &[C],
    least: f32,
    in_range: impl Fn(C) -> bool,
) -> bool {
    let entries = scores.iter().zip(classes);
    let odd = entries.fold(0_u32, |odd, (&score, &class)| {
        let dull = (score < least) & may_be_score(score) & in_range(class);
        odd | u32::from(!dull)
    });
    odd == 0
}
