//! Masks for what stretches them over boxes in the frame.

use super::cut::part;
use crate::boxes::postprocess::Postprocessor;
use crate::letterbox::Size;

impl Postprocessor {
    /// The mask of a detection as its box in the frame has it, for what stretches it over that: the network's own mask, or,
    /// of networks that give each box a whole mask, the part of it that is in the frame, for which `memory` is used. `None`
    /// if the network gives none.
    pub fn mask_in_frame<'m>(
        &'m self,
        index: usize,
        memory: &'m mut Vec<f32>,
    ) -> Option<(&'m [f32], Size)> {
        let (values, size) = self.extras().mask_of(index)?;
        let whole = self.whole_box(index);
        match (whole, self.detections().get(index)) {
            (Some(whole), Some(detection)) if self.extras().of_whole_boxes => {
                let boxes = (&whole, &detection.bbox);
                let size = part((values, size), boxes, memory);
                Some((memory, size))
            }
            _ => Some((values, size)),
        }
    }
}
