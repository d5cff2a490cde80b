//! Greedy non-maximum suppression, class by class or across classes.

use crate::boxes::candidates::Candidate;
use crate::boxes::policy::NmsMode;

/// Intersection over union of two boxes; 0 when either has no area.
#[inline]
pub fn iou(a: &Candidate, b: &Candidate) -> f32 {
    let width = a.x_max.min(b.x_max) - a.x_min.max(b.x_min);
    let height = a.y_max.min(b.y_max) - a.y_min.max(b.y_min);
    let intersection = width.max(0.0) * height.max(0.0);
    let area = |c: &Candidate| (c.x_max - c.x_min) * (c.y_max - c.y_min);
    let union = area(a) + area(b) - intersection;
    if intersection > 0.0 && union > 0.0 {
        intersection / union
    } else {
        0.0
    }
}

/// Suppresses overlapping boxes. Keeps its scratch memory between calls.
#[derive(Debug, Default)]
pub struct Nms {
    order: Vec<u64>,
    /// The latest block of each class.
    latest: ByClass,
    blocks: Vec<Block>,
}

/// Most candidates of a frame that compete. Suppression compares each with all survivors, so that a network
/// that finds something everywhere would stop the stream; no frame has so many objects.
pub const MOST_COMPETING: usize = 8192;

impl Nms {
    /// The candidates that the last run left out, since so many better ones came before them.
    pub(super) fn left_out(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        let all = self.order.len();
        self.order[all.min(MOST_COMPETING)..]
            .iter()
            .map(|&key| key as u32)
    }

    /// Those that took part in the last run, best first.
    pub(super) fn competing(&self) -> &[u64] {
        &self.order[..self.order.len().min(MOST_COMPETING)]
    }

    /// As after a run without candidates.
    pub(super) fn clear(&mut self) {
        self.order.clear();
    }

    /// Writes to `kept` the indices of the candidates that survive, best score
    /// first, equal scores in the order of `candidates`.
    ///
    /// From the best score down, a candidate survives unless its IoU with a
    /// survivor of the same class is greater than `iou_threshold`. So 1 keeps
    /// everything, and 0 keeps only boxes that do not overlap. Classes do not
    /// affect each other, unless the mode is [`NmsMode::Agnostic`]; all survive
    /// if it is [`NmsMode::None`]. Only the best [`MOST_COMPETING`] take part.
    pub fn run(
        &mut self,
        candidates: &[Candidate],
        mode: NmsMode,
        iou_threshold: f32,
        kept: &mut Vec<u32>,
    ) {
        kept.clear();
        self.blocks.clear();
        self.sort(candidates);
        // Which bits of a class tell it from others.
        let relevant = match mode {
            NmsMode::Usual | NmsMode::PerClass | NmsMode::Weighted | NmsMode::Fast => u32::MAX,
            NmsMode::Agnostic => 0,
            NmsMode::None => {
                kept.extend(self.competing().iter().map(|&key| key as u32));
                return;
            }
        };
        self.latest.reset(self.competing().len());

        for &key in self.order.iter().take(MOST_COMPETING) {
            let index = key as u32;
            let Some(candidate) = candidates.get(index as usize) else {
                continue;
            };
            let latest = self.latest.slot(candidate.class_id & relevant);

            // The survivors of a class lie in a chain of blocks, latest first.
            let mut next = *latest;
            let suppressed = loop {
                let Some(block) = self.blocks.get(next as usize) else {
                    break false;
                };
                if block.meets(candidate)
                    && (0..block.count).any(|lane| iou(candidate, &block.get(lane)) > iou_threshold)
                {
                    break true;
                }
                next = block.next;
            };
            if suppressed {
                continue;
            }
            kept.push(index);
            match self.blocks.get_mut(*latest as usize) {
                Some(block) if block.count < LANES => block.push(candidate),
                _ => {
                    let mut block = Block::empty(*latest);
                    block.push(candidate);
                    *latest = self.blocks.len() as u32;
                    self.blocks.push(block);
                }
            }
        }
    }

    /// Fills `order` with descending score in the upper and the index in the
    /// lower half of each key, so that plain integers are sorted and ties keep
    /// their order. Networks mostly deliver their detections sorted already.
    pub(super) fn sort(&mut self, candidates: &[Candidate]) -> &[u64] {
        self.order.clear();
        self.order.extend(
            candidates
                .iter()
                .enumerate()
                .map(|(index, c)| u64::from(descending(c.score)) << 32 | u64::from(index as u32)),
        );
        if !self.order.is_sorted() {
            self.order.sort_unstable();
        }
        &self.order
    }
}

/// A number for each class of one frame, by open addressing: classes are few,
/// but may be any.
#[derive(Debug, Default)]
pub(crate) struct ByClass {
    buckets: Vec<Bucket>,
    mask: usize,
}

impl ByClass {
    /// Forgets all classes and makes room for `count`, at half load or less.
    pub fn reset(&mut self, count: usize) {
        let size = (2 * count).next_power_of_two().max(16);
        self.buckets.clear();
        self.buckets.resize(size, Bucket::EMPTY);
        self.mask = size - 1;
    }

    /// The number of a class, [`END`] at first. No more classes than there is
    /// room for may be asked for.
    #[inline]
    pub fn slot(&mut self, class_id: u32) -> &mut u32 {
        let mut at = hash(class_id) & self.mask;
        let buckets = &mut self.buckets[..];
        while buckets[at].value != END && buckets[at].class_id != class_id {
            at = (at + 1) & self.mask;
        }
        let bucket = &mut buckets[at];
        bucket.class_id = class_id;
        &mut bucket.value
    }
}

/// No number; no block, being an index that no list of blocks reaches.
pub(crate) const END: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    class_id: u32,
    /// `END` marks the bucket as free.
    value: u32,
}

impl Bucket {
    const EMPTY: Self = Self {
        class_id: 0,
        value: END,
    };
}

/// Boxes per block: one or two vector registers full.
const LANES: usize = 8;

/// Survivors of one class, side by side so that all of them are compared with a
/// candidate in a few vector instructions.
#[derive(Debug, Clone, Copy)]
struct Block {
    x_min: [f32; LANES],
    y_min: [f32; LANES],
    x_max: [f32; LANES],
    y_max: [f32; LANES],
    count: usize,
    /// The block before this one.
    next: u32,
}

impl Block {
    /// Free lanes hold a box that meets none.
    fn empty(next: u32) -> Self {
        Self {
            x_min: [f32::INFINITY; LANES],
            y_min: [f32::INFINITY; LANES],
            x_max: [f32::NEG_INFINITY; LANES],
            y_max: [f32::NEG_INFINITY; LANES],
            count: 0,
            next,
        }
    }

    fn push(&mut self, c: &Candidate) {
        let lane = self.count;
        self.x_min[lane] = c.x_min;
        self.y_min[lane] = c.y_min;
        self.x_max[lane] = c.x_max;
        self.y_max[lane] = c.y_max;
        self.count += 1;
    }

    fn get(&self, lane: usize) -> Candidate {
        Candidate {
            class_id: 0,
            score: 0.0,
            entry: 0,
            x_min: self.x_min[lane],
            y_min: self.y_min[lane],
            x_max: self.x_max[lane],
            y_max: self.y_max[lane],
        }
    }

    /// Whether any box may have a common area with the candidate: most have
    /// not, and are spared the arithmetic.
    #[inline]
    fn meets(&self, c: &Candidate) -> bool {
        let mut any = false;
        for lane in 0..LANES {
            any |= (self.x_min[lane] < c.x_max)
                & (c.x_min < self.x_max[lane])
                & (self.y_min[lane] < c.y_max)
                & (c.y_min < self.y_max[lane]);
        }
        any
    }
}

/// Spreads class numbers, which are small and dense, over the table.
#[inline]
fn hash(class_id: u32) -> usize {
    (class_id ^ class_id >> 16) as usize
}

/// Maps a score to an integer that grows as the score falls; both zeros are one.
#[inline]
fn descending(score: f32) -> u32 {
    let bits = (score + 0.0).to_bits();
    if bits >> 31 == 0 {
        !(bits | 1 << 31)
    } else {
        bits
    }
}

#[cfg(test)]
mod tests;
