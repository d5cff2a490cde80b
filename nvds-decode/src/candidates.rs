//! The sieve between a decoder and the suppression: what a network proposed is
//! tested, mapped to frame pixels and clipped, entry by entry.

use crate::decoders::Scratch;
use crate::detection::{Corners, Counts};
use crate::letterbox::{BoxUnits, Geometry, Transform};
use crate::postprocess::Params;

/// A box that passed every test but those against other boxes, in frame pixels
/// counted from where the area starts in which boxes may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The class as the network numbers it.
    pub class_id: u32,
    /// The score, finite.
    pub score: f32,
    /// Left side.
    pub x_min: f32,
    /// Upper side.
    pub y_min: f32,
    /// Right side.
    pub x_max: f32,
    /// Lower side.
    pub y_max: f32,
}

/// Where decoders put what they find. It keeps its memory from frame to frame.
#[derive(Debug)]
pub struct Candidates {
    list: Vec<Candidate>,
    counts: Counts,
    geometry: Option<Geometry>,
    transform: Transform,
    score_threshold: f32,
    first_class: u32,
    class_limit: u32,
    min_width: f32,
    min_height: f32,
    /// Set by decoders, see [`crate::Postprocessor::units_are_doubtful`].
    pub(crate) units_are_doubtful: bool,
    /// Memory of decoders.
    pub(crate) scratch: Scratch,
}

/// Classes end up in a C `int`, which leaves this many without a limit.
const ALL_CLASSES: u32 = i32::MAX as u32;

impl Candidates {
    pub(crate) fn new() -> Self {
        Self {
            list: Vec::new(),
            counts: Counts::default(),
            geometry: None,
            transform: Transform::default(),
            score_threshold: 0.0,
            first_class: 0,
            class_limit: 0,
            min_width: 0.0,
            min_height: 0.0,
            units_are_doubtful: false,
            scratch: Scratch::default(),
        }
    }

    /// Empties the list for the next frame.
    pub(crate) fn begin(&mut self, geometry: &Geometry, params: &Params) {
        self.list.clear();
        self.counts = Counts::default();
        self.units_are_doubtful = false;
        self.geometry = Some(*geometry);
        self.transform = geometry.transform(BoxUnits::default());
        self.score_threshold = params.score_threshold;
        self.first_class = params.first_class;
        self.class_limit = match params.num_classes {
            0 => ALL_CLASSES,
            limit => limit.min(ALL_CLASSES),
        };
        // `max` turns NaN into 0: a box without area never passes.
        self.min_width = params.min_width.max(0.0);
        self.min_height = params.min_height.max(0.0);
    }

    /// States the units of the boxes to come; normalised unless stated.
    pub fn boxes_in(&mut self, units: BoxUnits) {
        if let Some(geometry) = &self.geometry {
            self.transform = geometry.transform(units);
        }
    }

    /// The least score that is of interest for a class, for decoders that have
    /// a cheap test to make before they compute a box.
    #[inline]
    pub fn score_threshold(&self, _class_id: u32) -> f32 {
        self.score_threshold
    }

    /// Whether entries of the class are looked at, for decoders that test whole
    /// columns of scores.
    pub fn takes_class(&self, class_id: u32) -> bool {
        (self.first_class..self.class_limit).contains(&class_id)
    }

    /// Counts entries that a decoder tested itself instead of pushing them: those
    /// below [`score_threshold`](Self::score_threshold), and those of classes
    /// that are [not taken](Self::takes_class).
    pub fn pass_over(&mut self, below_threshold: u64, class_out_of_range: u64) {
        self.counts.candidates += below_threshold + class_out_of_range;
        self.counts.dropped.below_threshold += below_threshold;
        self.counts.dropped.class_out_of_range += class_out_of_range;
    }

    /// Notes that the network's count of detections was not a number.
    pub fn note_bad_count(&mut self) {
        self.counts.bad_count += 1;
    }

    /// Takes one entry of the network's output as it is. `corners` is called
    /// only when class and score are of interest.
    ///
    /// The class is truncated to a whole number. Everything else that can be
    /// wrong with an entry is sorted out and counted here, so that a decoder
    /// need not test anything: NaN, classes out of range, scores below the
    /// threshold, boxes outside the frame, reversed or too small.
    #[inline]
    pub fn push(&mut self, class: f64, score: f32, corners: impl FnOnce() -> Corners) {
        self.counts.candidates += 1;
        if !(class.is_finite() && score.is_finite()) {
            self.counts.dropped.non_finite += 1;
            return;
        }
        // The cast saturates, and a negative class becomes a huge one.
        let class_id = class as i32 as u32;
        if class_id < self.first_class || class_id >= self.class_limit {
            self.counts.dropped.class_out_of_range += 1;
            return;
        }
        if score >= self.score_threshold(class_id) {
            self.place(class_id, score, corners());
        } else {
            self.counts.dropped.below_threshold += 1;
        }
    }

    /// Maps, clips and measures the box.
    fn place(&mut self, class_id: u32, score: f32, corners: Corners) {
        let Corners {
            x_min,
            y_min,
            x_max,
            y_max,
        } = corners;
        if !(x_min.is_finite() & y_min.is_finite() & x_max.is_finite() & y_max.is_finite()) {
            self.counts.dropped.non_finite += 1;
            return;
        }
        let t = &self.transform;
        let candidate = Candidate {
            class_id,
            score,
            x_min: (x_min * t.scale.0 + t.bias.0).clamp(0.0, t.limit.0),
            y_min: (y_min * t.scale.1 + t.bias.1).clamp(0.0, t.limit.1),
            x_max: (x_max * t.scale.0 + t.bias.0).clamp(0.0, t.limit.0),
            y_max: (y_max * t.scale.1 + t.bias.1).clamp(0.0, t.limit.1),
        };
        let width = candidate.x_max - candidate.x_min;
        let height = candidate.y_max - candidate.y_min;
        if width > self.min_width && height > self.min_height {
            self.list.push(candidate);
        } else if x_max > x_min && y_max > y_min && !(width > 0.0 && height > 0.0) {
            self.counts.dropped.outside += 1;
        } else {
            self.counts.dropped.too_small += 1;
        }
    }

    /// The candidates so far.
    pub fn as_slice(&self) -> &[Candidate] {
        &self.list
    }

    /// What was pushed so far and what became of it.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(crate) fn counts_mut(&mut self) -> &mut Counts {
        &mut self.counts
    }

    /// Forgets everything, as after an error.
    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.counts = Counts::default();
    }
}
