//! What comes out: detections, and the counts of what did not.

use std::ops::AddAssign;

/// A rectangle in frame pixels; fractions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BBox {
    /// Distance of the left side from the frame's left side, at least 0.
    pub left: f32,
    /// Distance of the upper side from the frame's upper side, at least 0.
    pub top: f32,
    /// Width, more than 0.
    pub width: f32,
    /// Height, more than 0.
    pub height: f32,
}

/// One object that was found.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Detection {
    /// The class as the network numbers it, without any label offset.
    pub class_id: u32,
    /// The network's score, unchanged.
    pub score: f32,
    /// Where it is, entirely inside the frame.
    pub bbox: BBox,
}

/// A box by its sides, in whatever units the network uses
/// ([`BoxUnits`](crate::letterbox::BoxUnits)).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Corners {
    /// Left side.
    pub x_min: f32,
    /// Upper side.
    pub y_min: f32,
    /// Right side.
    pub x_max: f32,
    /// Lower side.
    pub y_max: f32,
}

/// What became of the candidates: `candidates == kept + dropped.total()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Entries of the tensors that were looked at.
    pub candidates: u64,
    /// Detections handed out.
    pub kept: u64,
    /// Candidates that were not, by the first reason that applied.
    pub dropped: Dropped,
    /// Tensors whose detection count was not a number; they give no candidates.
    pub bad_count: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.candidates += other.candidates;
        self.kept += other.kept;
        self.dropped += other.dropped;
        self.bad_count += other.bad_count;
    }
}

/// Candidates dropped, by reason, in the order in which the reasons are tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// The class, the score or a side of the box was NaN or infinite.
    pub non_finite: u64,
    /// The class was negative or not below the number of classes.
    pub class_out_of_range: u64,
    /// The score was below the threshold.
    pub below_threshold: u64,
    /// No part of the box was inside the frame.
    pub outside: u64,
    /// The part inside the frame was not larger than the minimum, or the box
    /// had no area to begin with.
    pub too_small: u64,
    /// A better box of the same class overlapped it.
    pub nms: u64,
    /// Better boxes filled the top-k.
    pub top_k: u64,
}

impl Dropped {
    /// The sum over all reasons.
    pub fn total(&self) -> u64 {
        self.by_reason().iter().map(|(_, count)| count).sum()
    }

    /// Every reason by name, for logs and statistics.
    pub fn by_reason(&self) -> [(&'static str, u64); 7] {
        [
            ("non-finite", self.non_finite),
            ("class-out-of-range", self.class_out_of_range),
            ("below-threshold", self.below_threshold),
            ("outside", self.outside),
            ("too-small", self.too_small),
            ("nms", self.nms),
            ("top-k", self.top_k),
        ]
    }
}

impl AddAssign for Dropped {
    fn add_assign(&mut self, other: Self) {
        self.non_finite += other.non_finite;
        self.class_out_of_range += other.class_out_of_range;
        self.below_threshold += other.below_threshold;
        self.outside += other.outside;
        self.too_small += other.too_small;
        self.nms += other.nms;
        self.top_k += other.top_k;
    }
}
