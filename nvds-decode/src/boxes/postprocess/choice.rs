//! From candidates to detections: which suppress each other, and which are left.

use super::Postprocessor;
use crate::boxes::detection::{BBox, Detection, DropReason};
use crate::boxes::nms::END;
use crate::boxes::pairwise;
use crate::boxes::policy::{NmsMode, Params};

impl Postprocessor {
    /// From candidates to survivors.
    pub(super) fn suppress(&mut self, params: &Params) {
        let candidates = self.candidates.as_slice();
        let threshold = params.nms_iou_threshold;
        if self.candidates.are_turned() || self.mode == NmsMode::Fast {
            self.nms.sort(candidates);
            pairwise::run(
                &self.candidates,
                self.nms.competing(),
                self.mode,
                threshold,
                &mut self.kept,
            );
        } else {
            self.nms
                .run(candidates, self.mode, threshold, &mut self.kept);
        }
        if self.merges() {
            let competing = self.nms.competing().iter().map(|&key| key as u32);
            self.merge
                .find_owners(candidates, competing, &self.kept, threshold);
        }
        let left_out = self.nms.left_out().len();
        let suppressed = candidates.len() - self.kept.len() - left_out;
        let dropped = &mut self.candidates.counts_mut().dropped;
        dropped.nms = suppressed as u64;
        dropped.top_k += left_out as u64;
    }

    /// Whether detections are means of the boxes that they suppress. Of turned boxes there are none.
    pub(super) fn merges(&self) -> bool {
        self.mode == NmsMode::Weighted && !self.candidates.are_turned()
    }

    /// Makes means of the detections if the suppression is to do so.
    pub(super) fn merge(&mut self) {
        if self.merges() {
            let candidates = &self.candidates;
            self.merge
                .apply(candidates, &self.kept, &mut self.detections);
        }
    }

    /// From survivors to detections. `observe` is told of every survivor, by
    /// index, and why it was dropped, if it was; of the detections in their order.
    #[inline]
    pub(super) fn select(
        &mut self,
        params: &Params,
        mut observe: impl FnMut(u32, Option<DropReason>),
    ) {
        if params.top_k_per_class > 0 {
            self.limit_classes(params.top_k_per_class, &mut observe);
        }
        let wanted = match params.top_k {
            0 => self.kept.len(),
            top_k => top_k.min(self.kept.len()),
        };
        let (wanted, others) = self.kept.split_at(wanted);
        wanted.iter().for_each(|&index| observe(index, None));
        for &index in others {
            observe(index, Some(DropReason::TopK));
        }
        let candidates = self.candidates.as_slice();
        let origin = self.candidates.origin();
        self.detections.extend(
            wanted
                .iter()
                .filter_map(|&index| candidates.get(index as usize))
                .map(|c| Detection {
                    class_id: c.class_id,
                    score: c.score,
                    bbox: BBox {
                        left: c.x_min + origin.0,
                        top: c.y_min + origin.1,
                        width: c.x_max - c.x_min,
                        height: c.y_max - c.y_min,
                    },
                    entry: c.entry,
                }),
        );
        let counts = self.candidates.counts_mut();
        counts.dropped.top_k += others.len() as u64;
        counts.kept = wanted.len() as u64;
    }

    /// Leaves the best survivors of each class.
    fn limit_classes(&mut self, top_k: usize, mut observe: impl FnMut(u32, Option<DropReason>)) {
        // As many of one class as there are survivors is all of them.
        let room = u32::try_from(top_k.min(self.kept.len())).unwrap_or(END - 1);
        let before = self.kept.len();
        let candidates = self.candidates.as_slice();
        let of_class = &mut self.of_class;
        of_class.reset(before);
        self.kept.retain(|&index| {
            let Some(candidate) = candidates.get(index as usize) else {
                return false;
            };
            let free = of_class.slot(candidate.class_id);
            if *free == END {
                *free = room;
            }
            let stays = *free > 0;
            if stays {
                *free -= 1;
            } else {
                observe(index, Some(DropReason::TopKPerClass));
            }
            stays
        });
        let dropped = before - self.kept.len();
        self.candidates.counts_mut().dropped.top_k_per_class = dropped as u64;
    }
}
