//! Where a box of interest lies in the frame, and whether it may stay.

use super::{Candidate, Candidates, Range};
use crate::boxes::detection::{Corners, DropReason};
use crate::boxes::policy::EdgePolicy;

/// What part of the frame's size a side may lie outside before the box counts
/// as crossing the edge: several times the rounding of the mapping, and far
/// below anything to be seen.
const ROUNDING: f32 = 1.0 / (1 << 20) as f32;

impl Candidates {
    /// Maps, clips and measures the box.
    #[inline]
    pub(super) fn place(&mut self, entry: usize, class_id: u32, score: f32, corners: Corners) {
        if !corners.is_finite() {
            self.counts.dropped.non_finite += 1;
            return;
        }
        let signs = &mut self.signs;
        signs.highest = signs.highest.max(score);
        signs.reach = signs.reach.max(corners.x_max).max(corners.y_max);
        if self.turned {
            self.place_turned(entry, class_id, score, &corners);
            return;
        }
        let mapped = self.transform.apply(&corners);
        let Range { low, high } = self.range;
        let candidate = Candidate {
            class_id,
            score,
            entry: entry as u32,
            x_min: bounded(mapped.x_min, low, high.0),
            y_min: bounded(mapped.y_min, low, high.1),
            x_max: bounded(mapped.x_max, low, high.0),
            y_max: bounded(mapped.y_max, low, high.1),
        };
        let width = candidate.x_max - candidate.x_min;
        let height = candidate.y_max - candidate.y_min;
        let (min, max) = (self.min_size, self.max_size);
        let fits = width > min.0 && height > min.1 && width <= max.0 && height <= max.1;
        if fits && (self.edge == EdgePolicy::Clip || self.edge_allows(&mapped)) {
            let inside = mapped.x_min >= low
                && mapped.y_min >= low
                && mapped.x_max <= high.0
                && mapped.y_max <= high.1;
            if !inside {
                self.note_cut(&mapped);
            }
            self.list.push(candidate);
        } else {
            let small = !(width > min.0 && height > min.1);
            self.drop_box(&mapped, small);
        }
    }

    /// Notes the whole box of the next candidate, which is clipped.
    #[cold]
    fn note_cut(&mut self, mapped: &Corners) {
        if let Ok(index) = u32::try_from(self.list.len()) {
            self.cut.push((index, self.reaching(mapped)));
        }
    }

    /// The box of a candidate before it was clipped, in frame pixels up to [`EdgePolicy::REACH`]; `None` for one that
    /// was not.
    pub(crate) fn whole(&self, index: u32) -> Option<Corners> {
        let at = self.cut.binary_search_by_key(&index, |(index, _)| *index);
        at.ok().map(|at| self.cut[at].1)
    }

    /// Whether a box with an area may stay, of a policy other than `Clip`.
    fn edge_allows(&self, mapped: &Corners) -> bool {
        (self.edge == EdgePolicy::KeepAll || self.visible(mapped))
            && !(self.edge == EdgePolicy::Drop && self.crosses_edge(mapped))
    }

    pub(super) fn visible(&self, mapped: &Corners) -> bool {
        let limit = self.transform.limit;
        mapped.x_min.max(0.0) < mapped.x_max.min(limit.0)
            && mapped.y_min.max(0.0) < mapped.y_max.min(limit.1)
    }

    pub(super) fn crosses_edge(&self, mapped: &Corners) -> bool {
        let limit = self.transform.limit;
        let slack = (limit.0 * ROUNDING, limit.1 * ROUNDING);
        mapped.x_min < -slack.0
            || mapped.y_min < -slack.1
            || mapped.x_max > limit.0 + slack.0
            || mapped.y_max > limit.1 + slack.1
    }

    /// Counts a box that was dropped for where it is or how large it is.
    #[cold]
    fn drop_box(&mut self, mapped: &Corners, small: bool) {
        let reason = if !(mapped.x_min < mapped.x_max && mapped.y_min < mapped.y_max) {
            DropReason::TooSmall
        } else if self.edge != EdgePolicy::KeepAll && !self.visible(mapped) {
            DropReason::Outside
        } else if self.edge == EdgePolicy::Drop && self.crosses_edge(mapped) {
            DropReason::Edge
        } else if small {
            DropReason::TooSmall
        } else {
            DropReason::TooLarge
        };
        self.counts.dropped.note(reason, 1);
    }

    /// The box of an entry in frame pixels, unclipped up to
    /// [`EdgePolicy::REACH`]; `None` if a side is not finite.
    pub(crate) fn mapped(&self, corners: &Corners) -> Option<Corners> {
        if !corners.is_finite() {
            return None;
        }
        Some(self.reaching(&self.transform.apply(corners)))
    }

    /// A mapped box in frame pixels, with its sides at most [`EdgePolicy::REACH`] outside.
    pub(super) fn reaching(&self, mapped: &Corners) -> Corners {
        let limit = self.transform.limit;
        let reach = EdgePolicy::REACH;
        let origin = self.origin();
        Corners {
            x_min: origin.0 + mapped.x_min.clamp(-reach, limit.0 + reach),
            y_min: origin.1 + mapped.y_min.clamp(-reach, limit.1 + reach),
            x_max: origin.0 + mapped.x_max.clamp(-reach, limit.0 + reach),
            y_max: origin.1 + mapped.y_max.clamp(-reach, limit.1 + reach),
            angle: mapped.angle,
        }
    }
}

/// `clamp` without its test of the bounds, which costs more than the rest of it.
#[inline]
fn bounded(side: f32, low: f32, high: f32) -> f32 {
    let side = if side < low { low } else { side };
    if side > high { high } else { side }
}
