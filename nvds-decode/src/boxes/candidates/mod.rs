//! The sieve between a decoder and the suppression: what a network proposed is
//! tested, mapped to frame pixels and clipped, entry by entry.

mod passing;
mod place;
mod recorded;
mod turned;

use crate::boxes::detection::{Corners, Counts, DropReason};
use crate::boxes::doubt::{Doubt, Signs, is_below_zero};
use crate::boxes::policy::{ClassRules, EdgePolicy, Params};
use crate::boxes::turned::Spread;
use crate::letterbox::{BoxUnits, Geometry, Transform};

pub(crate) use passing::{BLOCK, Class};

/// A box that passed every test but those against other boxes, in frame pixels
/// counted from where the area starts in which boxes may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The class as the network numbers it.
    pub class_id: u32,
    /// The score, finite.
    pub score: f32,
    /// Which entry of the tensors it comes from.
    pub entry: u32,
    /// Left side.
    pub x_min: f32,
    /// Upper side.
    pub y_min: f32,
    /// Right side.
    pub x_max: f32,
    /// Lower side.
    pub y_max: f32,
}

/// An entry as the decoder pushed it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub number: usize,
    pub class: f64,
    pub score: f32,
    pub corners: Corners,
    pub units: BoxUnits,
    /// Whether the network's own selection leaves it out.
    pub left_out: bool,
    /// Whether its box is turned.
    pub turned: bool,
}

/// Where decoders put what they find. It keeps its memory from frame to frame.
#[derive(Debug)]
pub struct Candidates {
    list: Vec<Candidate>,
    /// Whether the boxes to come are turned.
    turned: bool,
    /// If they are: angle and distribution of each of the list.
    shapes: Vec<(f32, Spread)>,
    /// Those of the list that were clipped, by index, as they were before.
    cut: Vec<(u32, Corners)>,
    counts: Counts,
    geometry: Option<Geometry>,
    units: BoxUnits,
    transform: Transform,
    /// Into which the sides of a box are moved.
    range: Range,
    score_threshold: f32,
    classes: ClassRules,
    first_class: u32,
    class_limit: u32,
    edge: EdgePolicy,
    min_size: (f32, f32),
    max_size: (f32, f32),
    /// While a frame is recorded: its entries, untested. See [`Self::record`].
    recording: Option<Recording>,
    signs: Signs,
    /// Whether the boxes are computed from anchors.
    of_anchors: bool,
    /// See [`Self::beyond_limit`].
    beyond_limit: Option<u32>,
    /// Of boxes, of scores, of the format and of key points, see [`crate::Postprocessor::doubts`].
    pub(crate) doubts: [Option<Doubt>; 4],
}

/// Least and greatest x and y.
#[derive(Debug, Clone, Copy, Default)]
struct Range {
    low: f32,
    high: (f32, f32),
}

#[derive(Debug)]
struct Recording {
    floor: f32,
    entries: Vec<Entry>,
}

/// Classes end up in a C `int`, which leaves this many without a limit.
const ALL_CLASSES: u32 = i32::MAX as u32;

impl Candidates {
    pub(crate) fn new() -> Self {
        Self {
            list: Vec::new(),
            turned: false,
            shapes: Vec::new(),
            cut: Vec::new(),
            counts: Counts::default(),
            geometry: None,
            units: BoxUnits::default(),
            transform: Transform::default(),
            range: Range::default(),
            score_threshold: 0.0,
            classes: ClassRules::default(),
            first_class: 0,
            class_limit: 0,
            edge: EdgePolicy::default(),
            min_size: (0.0, 0.0),
            max_size: (0.0, 0.0),
            recording: None,
            signs: Signs::default(),
            of_anchors: false,
            doubts: [None; 4],
            beyond_limit: None,
        }
    }

    /// Empties the list for the next frame.
    pub(crate) fn begin(&mut self, geometry: &Geometry, params: &Params) {
        self.list.clear();
        self.turned = false;
        self.shapes.clear();
        self.cut.clear();
        self.counts = Counts::default();
        self.signs = Signs::default();
        self.of_anchors = false;
        self.doubts = [None; 4];
        self.beyond_limit = None;
        self.geometry = Some(*geometry);
        self.units = BoxUnits::default();
        self.transform = geometry.transform(self.units);
        if let Some(recording) = &mut self.recording {
            // No class passes, so all entries take the path of the odd ones, which records
            // them: the path of the others need not know of it.
            recording.entries.clear();
            self.class_limit = 0;
            let least = params.classes.least_threshold(params.score_threshold);
            self.score_threshold = least.min(recording.floor);
            self.classes = ClassRules::default();
            return;
        }
        self.score_threshold = params.score_threshold;
        self.classes.update(&params.classes);
        self.first_class = params.first_class;
        self.class_limit = match params.num_classes {
            0 => ALL_CLASSES,
            limit => limit.min(ALL_CLASSES),
        };
        self.edge = params.edge;
        let reach = match self.edge {
            EdgePolicy::Clip | EdgePolicy::Drop => 0.0,
            EdgePolicy::Keep | EdgePolicy::KeepAll => EdgePolicy::REACH,
        };
        let limit = self.transform.limit;
        self.range = Range {
            low: -reach,
            high: (limit.0 + reach, limit.1 + reach),
        };
        // `max` turns NaN into 0: a box without area never passes. `min` turns it into infinity.
        self.min_size = (params.min_width.max(0.0), params.min_height.max(0.0));
        self.max_size = (
            params.max_width.min(f32::INFINITY),
            params.max_height.min(f32::INFINITY),
        );
    }

    /// States the units of the boxes to come; normalised unless stated.
    pub fn boxes_in(&mut self, units: BoxUnits) {
        if let Some(geometry) = &self.geometry {
            self.units = units;
            self.transform = geometry.transform(units);
        }
    }

    /// The least score that is of interest for a class, for decoders that have
    /// a cheap test to make before they compute a box. Infinite for a class that
    /// is not allowed.
    #[inline]
    pub fn score_threshold(&self, class_id: u32) -> f32 {
        self.classes.threshold(class_id, self.score_threshold)
    }

    /// The [`score_threshold`](Self::score_threshold) of every class if it is the
    /// same for all of them: for passes over many scores at a time.
    #[inline]
    pub fn uniform_threshold(&self) -> Option<f32> {
        self.classes.uniform_threshold(self.score_threshold)
    }

    /// A score below which nothing is of interest, whatever its class: for
    /// passes over many scores at a time when there is no uniform threshold.
    #[inline]
    pub fn least_threshold(&self) -> f32 {
        self.classes.least_threshold(self.score_threshold)
    }

    /// Why entries of the class are not looked at, `None` if they are: for
    /// decoders that test whole columns of scores.
    pub fn refuses_class(&self, class_id: u32) -> Option<DropReason> {
        if self.recording.is_some() {
            None
        } else if !(self.first_class..self.class_limit).contains(&class_id) {
            Some(DropReason::ClassOutOfRange)
        } else if !self.classes.allows(class_id) {
            Some(DropReason::NotAllowed)
        } else {
            None
        }
    }

    /// Counts entries that a decoder tested itself instead of pushing them: those
    /// below [`score_threshold`](Self::score_threshold), and those of classes
    /// that are [refused](Self::refuses_class).
    pub fn pass_over(&mut self, entries: u64, reason: DropReason) {
        self.counts.candidates += entries;
        self.counts.dropped.note(reason, entries);
    }

    /// Notes a class of interest that is not below [`Params::num_classes`].
    fn note_beyond_limit(&mut self, class_id: u32) {
        let lowest = self
            .beyond_limit
            .map_or(class_id, |known| known.min(class_id));
        self.beyond_limit = Some(lowest);
    }

    /// Notes a prediction for each of `count` classes.
    pub(crate) fn note_columns(&mut self, count: u32) {
        if count > self.class_limit && self.recording.is_none() {
            self.note_beyond_limit(self.class_limit);
        }
    }

    /// The lowest class of the last frame that is not below [`Params::num_classes`]: of an entry whose
    /// score is of interest, or of a column of scores.
    pub(crate) fn beyond_limit(&self) -> Option<u32> {
        self.beyond_limit
    }

    /// Notes that the network's count of detections was not a number.
    pub fn note_bad_count(&mut self) {
        self.counts.bad_count += 1;
    }

    /// Takes note of what a decoder with a prediction for each class doubts.
    pub(crate) fn doubt(&mut self, doubt: Doubt) {
        self.signs.classes = Some(doubt);
    }

    /// States that the boxes to come are computed from anchors, whose units are known.
    pub(crate) fn boxes_of_anchors(&mut self) {
        self.of_anchors = true;
    }

    /// When all entries of a frame were pushed: what is to be doubted of them. `stated` tells whether
    /// the layout states the units of boxes, `format` is what is to be doubted of its format.
    pub(crate) fn end(&mut self, stated: bool, format: Option<Doubt>) {
        let boxes = !self.of_anchors;
        let units = boxes.then(|| self.signs.of_units(self.units, stated, self.list.len()));
        self.doubts = [units.flatten(), self.signs.of_scores(), format, None];
        self.counts.doubtful = u64::from(self.doubts.iter().any(Option::is_some));
    }

    /// Takes note of what is to be doubted of the key points.
    pub(crate) fn doubt_points(&mut self, doubt: Option<Doubt>) {
        self.doubts[3] = doubt;
        self.counts.doubtful |= u64::from(doubt.is_some());
    }

    /// As [`push`](Self::push), for a score that the network gave for one class alone.
    #[inline]
    pub(crate) fn push_listed(
        &mut self,
        entry: usize,
        class: f64,
        score: f32,
        corners: impl FnOnce() -> Corners,
    ) {
        if is_below_zero(score) && score.is_finite() {
            self.signs.below_zero = Some(score);
        }
        self.push(entry, class, score, corners);
    }

    /// The scores and classes that entries of no interest have: below the first number, and within
    /// the range. `None` where more than the score decides.
    fn dull(&self) -> Option<(f32, std::ops::Range<u32>)> {
        let plain = self.recording.is_none() && self.classes.allows_all();
        plain.then(|| (self.least_threshold(), self.first_class..self.class_limit))
    }

    /// Takes one entry of the network's output as it is: its number, class and score. `corners` is
    /// called only when class and score are of interest.
    ///
    /// The class is truncated to a whole number. Everything else that can be
    /// wrong with an entry is sorted out and counted here, so that a decoder
    /// need not test anything: NaN, classes out of range or not allowed, scores
    /// below the threshold, boxes outside the frame or across its edge,
    /// reversed, too small or too large.
    #[inline]
    pub fn push(
        &mut self,
        entry: usize,
        class: f64,
        score: f32,
        corners: impl FnOnce() -> Corners,
    ) {
        self.counts.candidates += 1;
        if !(class.is_finite() && score.is_finite()) {
            self.put_aside(DropReason::NonFinite, (entry, class), score, corners);
            return;
        }
        // The cast saturates, and a negative class becomes a huge one.
        let class_id = class as i32 as u32;
        if class_id < self.first_class || class_id >= self.class_limit {
            self.put_aside(DropReason::ClassOutOfRange, (entry, class), score, corners);
            return;
        }
        if score >= self.score_threshold(class_id) {
            self.place(entry, class_id, score, corners());
        } else if self.classes.allows(class_id) {
            self.counts.dropped.below_threshold += 1;
        } else {
            self.counts.dropped.not_allowed += 1;
        }
    }

    /// Counts an entry that does not even have a class to be judged by, or
    /// records it: all come here while recording.
    #[cold]
    fn put_aside(
        &mut self,
        reason: DropReason,
        (entry, class): (usize, f64),
        score: f32,
        corners: impl FnOnce() -> Corners,
    ) {
        match &mut self.recording {
            None => {
                self.counts.dropped.note(reason, 1);
                if reason == DropReason::ClassOutOfRange
                    && class >= f64::from(self.class_limit)
                    && score >= self.least_threshold()
                {
                    self.note_beyond_limit(class as u32);
                }
            }
            Some(recording) => recording.entries.push(Entry {
                number: entry,
                class,
                score,
                corners: corners(),
                units: self.units,
                left_out: false,
                turned: self.turned,
            }),
        }
    }

    /// What the candidates' sides are counted from, in frame pixels.
    pub(crate) fn origin(&self) -> (f32, f32) {
        self.geometry.map(|g| g.origin()).unwrap_or_default()
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
        self.shapes.clear();
        self.cut.clear();
        self.counts = Counts::default();
    }
}
