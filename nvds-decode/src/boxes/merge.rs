//! Detections as means of the boxes that they suppress.

use crate::boxes::candidates::{Candidate, Candidates};
use crate::boxes::detection::{BBox, Detection};
use crate::boxes::extras::{Extras, KeyPoint};
use crate::boxes::nms::iou;

/// Which candidates a detection stands for. It keeps its memory from frame to frame.
#[derive(Debug, Default)]
pub struct Merge {
    /// Of each candidate, the survivor that suppresses it; itself for a survivor.
    owners: Vec<u32>,
    /// Of each candidate, which detection it became.
    places: Vec<u32>,
    /// Detections and their candidates, in the order of both.
    members: Vec<(u32, u32)>,
    /// The same candidates as detections of their own.
    alone: Vec<Detection>,
    /// The boxes before they were clipped, if any was.
    wholes: Vec<Option<BBox>>,
    extras: Extras,
}

/// No detection.
const NONE: u32 = u32::MAX;

impl Merge {
    /// Finds who suppresses whom: the best of the survivors of its class that a candidate overlaps by more
    /// than the threshold.
    pub fn find_owners(
        &mut self,
        candidates: &[Candidate],
        competing: impl Iterator<Item = u32>,
        kept: &[u32],
        iou_threshold: f32,
    ) {
        self.owners.clear();
        self.owners.resize(candidates.len(), NONE);
        for &survivor in kept {
            if let Some(owner) = self.owners.get_mut(survivor as usize) {
                *owner = survivor;
            }
        }
        for index in competing {
            let index = index as usize;
            let (Some(owner), Some(candidate)) =
                (self.owners.get_mut(index), candidates.get(index))
            else {
                continue;
            };
            if *owner != NONE {
                continue;
            }
            let mut survivors = kept.iter().copied();
            let suppresses = |&survivor: &u32| {
                let other = candidates.get(survivor as usize);
                other.is_some_and(|other| {
                    other.class_id == candidate.class_id && iou(candidate, other) > iou_threshold
                })
            };
            *owner = survivors.find(suppresses).unwrap_or(NONE);
        }
    }

    /// Makes each detection the mean of its candidates, weighted by their scores. `kept` has the
    /// candidates that became the detections.
    pub fn apply(&mut self, candidates: &Candidates, kept: &[u32], detections: &mut [Detection]) {
        let list = candidates.as_slice();
        self.places.clear();
        self.places.resize(list.len(), NONE);
        for (place, &survivor) in kept.iter().take(detections.len()).enumerate() {
            if let Some(at) = self.places.get_mut(survivor as usize) {
                *at = place as u32;
            }
        }
        self.members.clear();
        for (member, &owner) in self.owners.iter().enumerate() {
            match self.places.get(owner as usize) {
                Some(&place) if place != NONE => self.members.push((place, member as u32)),
                _ => (),
            }
        }
        self.members.sort_unstable();
        let origin = candidates.origin();
        self.alone.clear();
        self.wholes.clear();
        self.wholes.resize(detections.len(), None);
        for group in self.members.chunk_by(|a, b| a.0 == b.0) {
            let place = group[0].0 as usize;
            let Some(detection) = detections.get_mut(place) else {
                continue;
            };
            let (mut inside, mut whole) = (Mean::default(), Mean::default());
            let mut cut = false;
            for &(_, member) in group {
                let c = &list[member as usize];
                let bbox = BBox {
                    left: c.x_min + origin.0,
                    top: c.y_min + origin.1,
                    width: c.x_max - c.x_min,
                    height: c.y_max - c.y_min,
                };
                let before = candidates.whole(member);
                cut |= before.is_some();
                inside.add(c.score, bbox);
                whole.add(c.score, before.map_or(bbox, BBox::from));
                self.alone.push(Detection {
                    class_id: c.class_id,
                    score: c.score,
                    bbox,
                    entry: c.entry,
                });
            }
            if group.len() > 1
                && let Some(mean) = inside.value()
            {
                detection.bbox = mean;
            }
            self.wholes[place] = whole.value().filter(|_| cut);
        }
    }

    /// The box of a detection before clipping, if any of its candidates was clipped.
    pub fn whole(&self, index: usize) -> Option<BBox> {
        *self.wholes.get(index)?
    }

    /// Makes the key points of each detection the mean of its candidates'. `finish` reads those of some
    /// detections.
    pub fn key_points(&mut self, extras: &mut Extras, finish: impl Fn(&[Detection], &mut Extras)) {
        let count = extras.per_detection;
        if count == 0 {
            return;
        }
        self.extras.clear();
        finish(&self.alone, &mut self.extras);
        let mut first = 0;
        for group in self.members.chunk_by(|a, b| a.0 == b.0) {
            let (place, members) = (group[0].0 as usize, first..first + group.len());
            first += group.len();
            if group.len() == 1 {
                continue;
            }
            for at in 0..count {
                let (mut sum, mut weights) = ([0.0; 3], 0.0);
                for member in members.clone() {
                    let (Some(point), Some(one)) = (
                        self.extras.key_points_of(member).get(at),
                        self.alone.get(member),
                    ) else {
                        continue;
                    };
                    let weight = f64::from(one.score);
                    weights += weight;
                    let numbers = [point.x, point.y, point.confidence];
                    for (sum, number) in sum.iter_mut().zip(numbers) {
                        *sum += weight * f64::from(number);
                    }
                }
                if weights > 0.0
                    && let Some(point) = extras.key_points.get_mut(place * count + at)
                {
                    let [x, y, confidence] = sum.map(|sum| (sum / weights) as f32);
                    *point = KeyPoint { x, y, confidence };
                }
            }
        }
    }
}

/// A weighted mean of boxes. Sizes are added up by themselves: as differences of sides far from zero,
/// small ones would be lost.
#[derive(Default)]
struct Mean {
    sum: [f64; 4],
    weights: f64,
}

impl Mean {
    fn add(&mut self, weight: f32, bbox: BBox) {
        let weight = f64::from(weight);
        self.weights += weight;
        let numbers = [bbox.left, bbox.top, bbox.width, bbox.height];
        for (sum, number) in self.sum.iter_mut().zip(numbers) {
            *sum += weight * f64::from(number);
        }
    }

    /// `None` of scores that are no weights.
    fn value(&self) -> Option<BBox> {
        let [left, top, width, height] = self.sum.map(|sum| (sum / self.weights) as f32);
        (self.weights > 0.0).then_some(BBox {
            left,
            top,
            width,
            height,
        })
    }
}
