//! Boxes that are turned around their centres.

use super::{Candidate, Candidates};
use crate::boxes::detection::{Corners, DropReason};
use crate::boxes::nms::iou;
use crate::boxes::policy::EdgePolicy;
use crate::boxes::turned::Turned;

impl Candidates {
    /// States that the boxes to come are turned by the angles of their corners. They are not clipped.
    pub fn boxes_are_turned(&mut self) {
        self.turned = true;
    }

    /// Whether the boxes are turned.
    pub(crate) fn are_turned(&self) -> bool {
        self.turned
    }

    /// The angle of a candidate in the frame, `None` if boxes are not turned.
    pub(crate) fn angle(&self, index: u32) -> Option<f32> {
        self.shapes.get(index as usize).map(|shape| shape.0)
    }

    /// Whether two candidates overlap by the threshold or more. `limit` is [`farthest`] of the threshold.
    ///
    /// [`farthest`]: crate::boxes::turned::farthest
    pub(crate) fn overlaps(&self, one: u32, other: u32, threshold: f32, limit: f64) -> bool {
        if let (Some((_, a)), Some((_, b))) = (
            self.shapes.get(one as usize),
            self.shapes.get(other as usize),
        ) {
            return !a.is_far(b, limit) && a.overlap(b) >= threshold;
        }
        self.overlap(one, other) >= threshold
    }

    /// How much two candidates overlap.
    pub(crate) fn overlap(&self, one: u32, other: u32) -> f32 {
        let (one, other) = (one as usize, other as usize);
        if let (Some((_, a)), Some((_, b))) = (self.shapes.get(one), self.shapes.get(other)) {
            return a.overlap(b);
        }
        match (self.list.get(one), self.list.get(other)) {
            (Some(a), Some(b)) => iou(a, b),
            _ => 0.0,
        }
    }

    /// Maps and measures a turned box. It is never clipped: its centre would move. Its sides may lie as far outside as
    /// [`EdgePolicy::REACH`] allows.
    pub(super) fn place_turned(
        &mut self,
        entry: usize,
        class_id: u32,
        score: f32,
        corners: &Corners,
    ) {
        let own = Turned::of(corners);
        let mapped = own.mapped(self.transform.scale, self.transform.bias);
        let limit = self.transform.limit;
        let (across, down) = mapped.reach();
        let around = Corners {
            x_min: mapped.x - across,
            y_min: mapped.y - down,
            x_max: mapped.x + across,
            y_max: mapped.y + down,
            angle: 0.0,
        };
        let (width, height) = (mapped.width, mapped.height);
        let (min, max) = (self.min_size, self.max_size);
        let most = EdgePolicy::REACH;
        let near = |side: f32, limit: f32| (-0.5 * most..=limit + 0.5 * most).contains(&side);
        let reason = if !(mapped.is_finite() && around.is_finite()) {
            Some(DropReason::NonFinite)
        } else if !(own.width > 0.0 && own.height > 0.0 && width > 0.0 && height > 0.0) {
            Some(DropReason::TooSmall)
        } else if !(near(mapped.x, limit.0) && near(mapped.y, limit.1))
            || (self.edge != EdgePolicy::KeepAll && !self.visible(&around))
        {
            Some(DropReason::Outside)
        } else if self.edge == EdgePolicy::Drop && self.crosses_edge(&around) {
            Some(DropReason::Edge)
        } else if !(width > min.0 && height > min.1) {
            Some(DropReason::TooSmall)
        } else if width > max.0.min(most) || height > max.1.min(most) {
            Some(DropReason::TooLarge)
        } else {
            None
        };
        if let Some(reason) = reason {
            self.counts.dropped.note(reason, 1);
            return;
        }
        self.list.push(Candidate {
            class_id,
            score,
            entry: entry as u32,
            x_min: mapped.x - 0.5 * width,
            y_min: mapped.y - 0.5 * height,
            x_max: mapped.x + 0.5 * width,
            y_max: mapped.y + 0.5 * height,
        });
        self.shapes.push((mapped.angle, mapped.spread()));
    }
}
