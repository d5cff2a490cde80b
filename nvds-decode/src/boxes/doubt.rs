//! Numbers that hardly can be what they are taken for.

use crate::layout::Format;
use crate::letterbox::BoxUnits;

/// What of a frame's numbers hardly can be what it was taken for. Nothing is read in another way for
/// it: that would change from frame to frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doubt {
    /// Boxes that are all within the first two of what should be pixels, or reach far beyond 1.
    Units {
        /// What they were taken for.
        taken: BoxUnits,
        /// Whether the layout states it; then no box of the frame was left.
        stated: bool,
    },
    /// A score above 1, such as a percentage or a logit.
    ScoreAboveOne(f32),
    /// A score below 0, such as a logit, or what TensorRT's EfficientNMS makes of halves.
    ScoreBelowZero(f32),
    /// Every class prediction is within 0 to 1: scores already, that were activated once more.
    ActivatedTwice {
        /// Whether those of each box add up to 1.
        softmax: bool,
    },
    /// A key point is not a number or far beyond any frame: where it is in frame pixels.
    KeyPointPlace(f32, f32),
    /// The confidence of a key point is none of 0 to 1, such as a logit.
    KeyPointConfidence(f32),
    /// A value of a mask is not a number, or none of 0 to 1 where it should be.
    MaskValue(f32),
    /// An object's class has no mask: the class, and for how many there are masks.
    MaskClass(u32, usize),
    /// The layers are not what the stated format is for, but what others are.
    Format {
        /// The format that is stated.
        stated: Format,
        /// The one or two that it may be.
        fits: [Option<Format>; 2],
        /// How many labels there are, if that is known.
        labels: Option<usize>,
    },
    /// Most boxes have more than half of their score in this class: it stands for no object.
    Background(u32),
}

/// More than any rounding makes of 1.
const MOST_SCORE: f32 = 1.02;
/// Less than any rounding makes of 0.
const LEAST_SCORE: f32 = -1e-3;
/// What exporters fill unused entries with.
const FILLER: f32 = -1.0;

/// Whether a number can only be a mistake where scores are expected.
#[inline]
pub(crate) fn is_below_zero(score: f32) -> bool {
    score < LEAST_SCORE && score != FILLER
}

/// Whether a number is 0 to 1, but for rounding.
#[inline]
pub(crate) fn is_score(number: f32) -> bool {
    (LEAST_SCORE..=MOST_SCORE).contains(&number)
}

/// Whether a number is one, and may be a score. Without branches.
#[inline]
pub(crate) fn may_be_score(number: f32) -> bool {
    (number >= LEAST_SCORE) | (number == FILLER)
}

/// What is seen of a frame while its entries are tested.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Signs {
    /// How far boxes of interest reach to the right or down.
    pub reach: f32,
    /// The highest score of interest.
    pub highest: f32,
    /// The last score below zero.
    pub below_zero: Option<f32>,
    /// What a decoder with a prediction for each class found.
    pub classes: Option<Doubt>,
}

impl Signs {
    /// What the scores give rise to.
    pub fn of_scores(&self) -> Option<Doubt> {
        let above = (self.highest > MOST_SCORE).then_some(Doubt::ScoreAboveOne(self.highest));
        let below = self.below_zero.map(Doubt::ScoreBelowZero);
        above.or(below).or(self.classes)
    }

    /// What the boxes give rise to. No box of interest is smaller than two pixels or begins in the
    /// first two, and none is several times as large as the frame. Who states the units knows
    /// better, unless nothing is left.
    pub fn of_units(&self, taken: BoxUnits, stated: bool, left: usize) -> Option<Doubt> {
        let doubtful = match taken {
            BoxUnits::Normalised => self.reach > 8.0,
            BoxUnits::NetworkPixels => self.reach > 0.0 && self.reach <= 2.0,
        };
        (doubtful && !(stated && left > 0)).then_some(Doubt::Units { taken, stated })
    }
}
