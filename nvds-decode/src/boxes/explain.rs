//! Why each candidate of a frame was kept or dropped.
//!
//! ```
//! # use nvds_decode::{Explanation, Geometry, Outcome, Padding, Params, Postprocessor, Size, TensorView};
//! # let tensors = [
//! #     TensorView::new("num_detections", &[1], &[2f32][..])?,
//! #     TensorView::new("detection_scores", &[2], &[0.9f32, 0.4][..])?,
//! #     TensorView::new("detection_classes", &[2], &[3f32, 1.0][..])?,
//! #     TensorView::new("detection_boxes", &[2, 4], &[0.5f32, 0.25, 1.0, 0.5, 0., 0., 1., 1.][..])?,
//! # ];
//! # let geometry = Geometry::new(Size::new(300, 300), Size::new(640, 480), Padding::Stretch)?;
//! let mut postprocessor = Postprocessor::new();
//! let mut explanation = Explanation::default();
//! postprocessor.explain(&tensors, &geometry, &Params::default(), 0.3, &mut explanation)?;
//!
//! let verdicts = explanation.verdicts();
//! assert_eq!(verdicts[0].outcome, Outcome::Kept { detection: 0 });
//! assert_eq!(verdicts[1].to_string(), "entry 1: class 1, score 0.4, 640.0x480.0 at 0.0,0.0: below-threshold");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use crate::boxes::candidates::{Candidates, Entry};
use crate::boxes::detection::{BBox, DropReason};
use crate::boxes::policy::{NmsMode, Params};

/// What became of one entry of the tensors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// Its number, in the order in which the decoder met the entries.
    pub entry: usize,
    /// The class as the network gave it, which may be no number.
    pub class: f64,
    /// The score as the network gave it, which may be no number.
    pub score: f32,
    /// The box in frame pixels, before clipping but with its sides at most
    /// [`EdgePolicy::REACH`](crate::EdgePolicy::REACH) outside the frame; `None`
    /// if a side is no number. Reversed boxes have negative sizes.
    pub bbox: Option<BBox>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// It became a detection.
    Kept {
        /// Which of the detections.
        detection: usize,
    },
    /// It was dropped for what it is.
    Dropped(DropReason),
    /// It was dropped for the best of the kept boxes that overlap it too much.
    Suppressed {
        /// The [`entry`](Verdict::entry) of that box. It may itself be dropped
        /// afterwards, for the top-k, or be suppressed with
        /// [`NmsMode::Fast`].
        by: usize,
        /// The two boxes' intersection over union.
        iou: f32,
    },
}

impl Outcome {
    /// Why it was dropped, `None` if it was kept.
    pub fn drop_reason(&self) -> Option<DropReason> {
        match self {
            Self::Kept { .. } => None,
            Self::Dropped(reason) => Some(*reason),
            Self::Suppressed { .. } => Some(DropReason::Nms),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            entry,
            class,
            score,
            ..
        } = self;
        write!(f, "entry {entry}: class {class}, score {score}, ")?;
        match self.bbox {
            Some(BBox {
                left,
                top,
                width,
                height,
            }) => write!(f, "{width:.1}x{height:.1} at {left:.1},{top:.1}")?,
            None => f.write_str("box not finite")?,
        }
        match self.outcome {
            Outcome::Kept { detection } => write!(f, ": kept as {detection}"),
            Outcome::Dropped(reason) => write!(f, ": {reason}"),
            Outcome::Suppressed { by, iou } => {
                write!(f, ": {}, overlaps entry {by} by {iou:.3}", DropReason::Nms)
            }
        }
    }
}

/// The verdicts on one frame's entries; keeps its memory from frame to frame.
#[derive(Debug, Default)]
pub struct Explanation {
    verdicts: Vec<Verdict>,
    /// Of each candidate, which entry it was.
    entries: Vec<usize>,
    /// Of each candidate, which verdict is on it, `NONE` if it is below the floor.
    verdict_of: Vec<usize>,
    detections: usize,
    memory: Vec<Entry>,
}

/// No verdict.
const NONE: usize = usize::MAX;

impl Explanation {
    /// The verdicts, in the order of the entries.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// Forgets the verdicts.
    pub(crate) fn clear(&mut self) {
        self.verdicts.clear();
        self.entries.clear();
        self.verdict_of.clear();
        self.detections = 0;
    }

    /// Makes ready for a frame and lends memory for its entries.
    pub(crate) fn begin(&mut self) -> Vec<Entry> {
        self.clear();
        std::mem::take(&mut self.memory)
    }

    /// Pushes the entries to `candidates` as the decoder would have, and notes
    /// what becomes of each.
    pub(crate) fn sift(&mut self, entries: Vec<Entry>, floor: f32, candidates: &mut Candidates) {
        for (number, entry) in entries.iter().enumerate() {
            candidates.boxes_in(entry.units);
            if entry.turned {
                candidates.boxes_are_turned();
            }
            let before = candidates.counts().dropped;
            if entry.left_out {
                candidates.leave_out(entry.number, entry.class as u32, entry.score, || {
                    entry.corners
                });
            } else {
                candidates.push(entry.number, entry.class, entry.score, || entry.corners);
            }
            let after = candidates.counts().dropped;
            let reason = before
                .by_reason()
                .into_iter()
                .zip(after.by_reason())
                .find_map(|((reason, before), (_, after))| (before != after).then_some(reason));
            let told = entry.score >= floor || entry.score.is_nan() || floor.is_nan();
            if reason.is_none() {
                self.entries.push(number);
                self.verdict_of
                    .push(if told { self.verdicts.len() } else { NONE });
            }
            if told {
                self.verdicts.push(Verdict {
                    entry: number,
                    class: entry.class,
                    score: entry.score,
                    bbox: candidates.mapped(&entry.corners).map(BBox::from),
                    outcome: Outcome::Dropped(reason.unwrap_or(DropReason::Nms)),
                });
            }
        }
        self.memory = entries;
    }

    fn verdict(&mut self, candidate: usize) -> Option<&mut Verdict> {
        let at = *self.verdict_of.get(candidate)?;
        self.verdicts.get_mut(at)
    }

    /// Notes what became of a candidate that survived the suppression.
    pub(crate) fn selected(&mut self, candidate: u32, reason: Option<DropReason>) {
        let outcome = match reason {
            Some(reason) => Outcome::Dropped(reason),
            None => {
                self.detections += 1;
                Outcome::Kept {
                    detection: self.detections - 1,
                }
            }
        };
        if let Some(verdict) = self.verdict(candidate as usize) {
            verdict.outcome = outcome;
        }
    }

    /// Names the box that suppressed each candidate that did not survive.
    pub(crate) fn find_suppressors(
        &mut self,
        candidates: &Candidates,
        kept: &[u32],
        params: &Params,
        mode: NmsMode,
    ) {
        let list = candidates.as_slice();
        let threshold = params.nms_iou_threshold;
        let inclusive = candidates.are_turned() || mode == NmsMode::Fast;
        for (index, candidate) in list.iter().enumerate() {
            let suppressed = |v: &mut Verdict| v.outcome == Outcome::Dropped(DropReason::Nms);
            if !self.verdict(index).is_some_and(suppressed) {
                continue;
            }
            let overlap = |by: u32| {
                let other = list.get(by as usize)?;
                let rivals = mode == NmsMode::Agnostic || other.class_id == candidate.class_id;
                let overlap = candidates.overlap(by, index as u32);
                let enough = overlap > threshold || (inclusive && overlap >= threshold);
                (rivals && enough).then_some((by, overlap))
            };
            // The first of the survivors that it overlaps has the best score.
            let mut winner = kept.iter().find_map(|&by| overlap(by));
            if winner.is_none() && mode == NmsMode::Fast {
                // Then it is one that does not survive itself: the best of them.
                let better = list.iter().enumerate().filter(|&(by, other)| {
                    other.score > candidate.score || (other.score == candidate.score && by < index)
                });
                let rivals =
                    better.filter_map(|(by, other)| Some((other.score, overlap(by as u32)?)));
                let best = rivals.reduce(|a, b| if b.0 > a.0 { b } else { a });
                winner = best.map(|(_, found)| found);
            }
            if let Some((by, iou)) = winner
                && let Some(&by) = self.entries.get(by as usize)
                && let Some(verdict) = self.verdict(index)
            {
                verdict.outcome = Outcome::Suppressed { by, iou };
            }
        }
    }
}
