//! Which object of a frame is which target: boxes only, no metadata.
//!
//! A target moves with constant velocity. The objects of a frame go to the targets of their class whose predicted boxes
//! they cover best, best pair first; what is left goes to targets nearby that were seen a moment ago, because small
//! fast boxes do not overlap from one detection to the next; what is left then are new targets.

use nvds::Rect;

/// Least part that an object and a target's predicted box must share of their common area.
const LEAST_OVERLAP: f32 = 0.25;
/// Without overlap, how far apart the centres may be, in diagonals of the smaller box.
const REACH: f32 = 1.0;
/// Without overlap, how many times larger the one box may be than the other, in area.
const GROWTH: f32 = 2.0;
/// Frames of the source after which a target that is not seen is forgotten.
const PATIENCE: u32 = 30;
/// Frames for which a target is told of between two detections.
const SHOWN: u32 = 10;
/// How much of a new velocity counts at least.
const GAIN: f32 = 0.3;
/// Targets of a source that are remembered at most; those that were not seen for longest go first.
const MOST_TARGETS: usize = 1000;

/// An object to be tracked. Its box is finite and has an area.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detection {
    pub(super) class: i32,
    pub(super) rect: Rect,
}

/// What is known of an object from the frames before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) id: u64,
    pub(super) class: i32,
    /// Where it was seen last.
    rect: Rect,
    /// Pixels a frame.
    velocity: (f32, f32),
    /// How often it was seen.
    sightings: u16,
    /// Frames since it was seen, 0 for now.
    unseen: u32,
    /// A detector looked since and did not find it.
    missed: bool,
}

impl Target {
    /// Where the target should be now.
    pub(super) fn predicted(&self) -> Rect {
        let frames = self.unseen as f32;
        Rect {
            left: self.rect.left + self.velocity.0 * frames,
            top: self.rect.top + self.velocity.1 * frames,
            ..self.rect
        }
    }

    fn see(&mut self, rect: Rect) {
        let frames = self.unseen.max(1) as f32;
        // The mean of the first few, then the later the more.
        let gain = GAIN.max(1.0 / f32::from(self.sightings));
        let (old, new) = (centre(&self.rect), centre(&rect));
        self.velocity.0 += gain * ((new.0 - old.0) / frames - self.velocity.0);
        self.velocity.1 += gain * ((new.1 - old.1) / frames - self.velocity.1);
        self.rect = rect;
        self.sightings = self.sightings.saturating_add(1);
        self.unseen = 0;
        self.missed = false;
    }
}

/// The targets of one source.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// In the order of their ids.
    known: Vec<Target>,
    next_id: u64,
}

impl Targets {
    /// Takes the next frame; returns the ids of its objects, which are all different.
    ///
    /// `inferred`: a detector looked at the frame, so a target without an object was not found.
    pub(super) fn track(&mut self, detections: &[Detection], inferred: bool) -> Vec<u64> {
        for target in &mut self.known {
            target.unseen += 1;
        }
        let mut matches = Matches {
            target_of: vec![None; detections.len()],
            taken: vec![false; self.known.len()],
        };
        matches.assign(&self.known, detections, |target, detection| {
            let overlap = overlap(&target.predicted(), &detection.rect);
            (overlap >= LEAST_OVERLAP).then_some(overlap)
        });
        matches.assign(&self.known, detections, |target, detection| {
            (!target.missed)
                .then(|| closeness(&target.predicted(), &detection.rect))
                .flatten()
        });

        let mut ids = Vec::with_capacity(detections.len());
        for (detection, target) in detections.iter().zip(&matches.target_of) {
            let id = match target {
                Some(index) => {
                    let target = &mut self.known[*index];
                    target.see(detection.rect);
                    target.id
                }
                None => self.add(detection),
            };
            ids.push(id);
        }
        if inferred {
            for target in &mut self.known {
                target.missed |= target.unseen > 0;
            }
        }
        self.known.retain(|target| target.unseen <= PATIENCE);
        if self.known.len() > MOST_TARGETS {
            self.known
                .sort_by_key(|target| (target.unseen, std::cmp::Reverse(target.id)));
            self.known.truncate(MOST_TARGETS);
            self.known.sort_by_key(|target| target.id);
        }
        ids
    }

    fn add(&mut self, detection: &Detection) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.known.push(Target {
            id,
            class: detection.class,
            rect: detection.rect,
            velocity: (0.0, 0.0),
            sightings: 1,
            unseen: 0,
            missed: false,
        });
        id
    }

    /// The targets that no object of this frame is, as long as nothing speaks against them: to be told of where no
    /// detector looked.
    pub(super) fn shadows(&self) -> impl Iterator<Item = &Target> {
        self.known
            .iter()
            .filter(|target| (1..=SHOWN).contains(&target.unseen) && !target.missed)
    }

    /// Drops all targets; new ids go on.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }
}

/// Who belongs to whom so far.
struct Matches {
    /// Index of the target of each object.
    target_of: Vec<Option<usize>>,
    /// Of each target, whether it has an object.
    taken: Vec<bool>,
}

impl Matches {
    /// Pairs free objects with free targets of their class, the highest score first.
    fn assign(
        &mut self,
        known: &[Target],
        detections: &[Detection],
        score: impl Fn(&Target, &Detection) -> Option<f32>,
    ) {
        let mut pairs = Vec::new();
        for (d, detection) in detections.iter().enumerate() {
            if self.target_of[d].is_some() {
                continue;
            }
            let free = known.iter().enumerate().filter(|(t, _)| !self.taken[*t]);
            let of_class = free.filter(|(_, target)| target.class == detection.class);
            pairs
                .extend(of_class.filter_map(|(t, target)| Some((score(target, detection)?, t, d))));
        }
        // Equal scores are no matter of chance: the older target, then the earlier object.
        pairs.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        for (_, t, d) in pairs {
            if !self.taken[t] && self.target_of[d].is_none() {
                self.taken[t] = true;
                self.target_of[d] = Some(t);
            }
        }
    }
}

fn centre(rect: &Rect) -> (f32, f32) {
    (rect.left + rect.width / 2.0, rect.top + rect.height / 2.0)
}

/// Intersection over union.
fn overlap(a: &Rect, b: &Rect) -> f32 {
    let width = (a.left + a.width).min(b.left + b.width) - a.left.max(b.left);
    let height = (a.top + a.height).min(b.top + b.height) - a.top.max(b.top);
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let both = width * height;
    both / (a.width * a.height + b.width * b.height - both)
}

/// Minus the distance of two boxes, if they may be of one object.
fn closeness(a: &Rect, b: &Rect) -> Option<f32> {
    let area = |rect: &Rect| rect.width * rect.height;
    let diagonal = |rect: &Rect| rect.width.hypot(rect.height);
    let ((ax, ay), (bx, by)) = (centre(a), centre(b));
    let distance = (ax - bx).hypot(ay - by);
    let reach = REACH * diagonal(a).min(diagonal(b));
    let alike = area(a) <= GROWTH * area(b) && area(b) <= GROWTH * area(a);
    (alike && distance <= reach).then_some(-distance)
}

#[cfg(test)]
mod tests;
