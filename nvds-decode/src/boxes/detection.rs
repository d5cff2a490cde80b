//! What comes out: detections, and the counts of what did not.

use std::ops::AddAssign;

/// A rectangle in frame pixels; fractions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BBox {
    /// Distance of the left side from the frame's left side. Negative only
    /// outside the frame.
    pub left: f32,
    /// Distance of the upper side from the frame's upper side, likewise.
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
    /// Where it is: entirely inside the frame, unless
    /// [`EdgePolicy::Keep`](crate::EdgePolicy::Keep) let it be.
    pub bbox: BBox,
    /// Which entry of the tensors it comes from: the row, anchor or query, counted from 0.
    pub entry: u32,
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
    /// By how much the box is turned around its centre, in radians, clockwise on the screen; 0 of networks without
    /// angles.
    pub angle: f32,
}

impl Corners {
    /// Whether no side is NaN or infinite.
    #[inline]
    pub fn is_finite(&self) -> bool {
        self.x_min.is_finite()
            & self.y_min.is_finite()
            & self.x_max.is_finite()
            & self.y_max.is_finite()
            & self.angle.is_finite()
    }
}

impl From<Corners> for BBox {
    fn from(corners: Corners) -> Self {
        Self {
            left: corners.x_min,
            top: corners.y_min,
            width: corners.x_max - corners.x_min,
            height: corners.y_max - corners.y_min,
        }
    }
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
    /// Tensors with numbers that hardly can be what they are taken for, see [`crate::Doubt`].
    pub doubtful: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.candidates += other.candidates;
        self.kept += other.kept;
        self.dropped += other.dropped;
        self.bad_count += other.bad_count;
        self.doubtful += other.doubtful;
    }
}

/// Declares the reasons once, for the enumeration and the counts.
macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident, $field:ident, $name:literal;)*) => {
        /// Why a candidate was dropped, in the order in which it is tested.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DropReason {
            $($(#[$doc])* $variant,)*
        }

        impl DropReason {
            /// Every reason, in the order in which they are tested.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Its name, for logs and statistics: lower case with `-`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        /// Candidates dropped, by reason, in the order in which the reasons are
        /// tested.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Dropped {
            $($(#[$doc])* pub $field: u64,)*
        }

        impl Dropped {
            /// Every reason and its count, for logs and statistics.
            pub fn by_reason(&self) -> [(DropReason, u64); DropReason::ALL.len()] {
                [$((DropReason::$variant, self.$field)),*]
            }

            /// Counts so many more for this reason.
            #[inline]
            pub fn note(&mut self, reason: DropReason, count: u64) {
                match reason {
                    $(DropReason::$variant => self.$field += count,)*
                }
            }
        }

        impl AddAssign for Dropped {
            fn add_assign(&mut self, other: Self) {
                $(self.$field += other.$field;)*
            }
        }
    };
}

reasons! {
    /// The class, the score or a side of the box was NaN or infinite.
    NonFinite, non_finite, "non-finite";
    /// The class was negative or not below the number of classes.
    ClassOutOfRange, class_out_of_range, "class-out-of-range";
    /// The class was not among the allowed ones.
    NotAllowed, not_allowed, "not-allowed";
    /// The score was below the threshold.
    BelowThreshold, below_threshold, "below-threshold";
    /// No part of the box was inside the frame.
    Outside, outside, "outside";
    /// The box crossed the frame's edge, and such boxes are to be dropped.
    Edge, edge, "edge";
    /// The box was not larger than the minimum, or had no area to begin with.
    TooSmall, too_small, "too-small";
    /// The box was larger than the maximum.
    TooLarge, too_large, "too-large";
    /// A better box overlapped it.
    Nms, nms, "nms";
    /// Better boxes of the same class filled the class's top-k.
    TopKPerClass, top_k_per_class, "top-k-per-class";
    /// Better boxes filled the top-k.
    TopK, top_k, "top-k";
}

impl std::fmt::Display for DropReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl Dropped {
    /// The sum over all reasons.
    pub fn total(&self) -> u64 {
        self.by_reason().iter().map(|(_, count)| count).sum()
    }
}
