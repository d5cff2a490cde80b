//! The whole way from tensors to detections.

use std::sync::Arc;

use crate::candidates::Candidates;
use crate::decoders::{self, Decoder};
use crate::detection::{BBox, Counts, Detection};
use crate::error::DecodeError;
use crate::layout::Layout;
use crate::letterbox::Geometry;
use crate::nms::Nms;
use crate::tensor::TensorView;

/// What to keep. Build it from [`Params::default`], fields may be added.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// The least score that is kept; equal is kept. 0.5 by default.
    pub score_threshold: f32,
    /// Of two boxes of one class whose IoU is greater than this, 0 to 1, the
    /// one with the lower score is dropped. 0.3 by default.
    pub nms_iou_threshold: f32,
    /// The most detections per frame, all classes together; 0 (default) for all.
    pub top_k: usize,
    /// Boxes must be wider than this after clipping, in frame pixels; 0 by default.
    pub min_width: f32,
    /// Boxes must be higher than this after clipping, in frame pixels; 0 by default.
    pub min_height: f32,
    /// Classes below this are dropped, such as a background class; 0 by default.
    pub first_class: u32,
    /// Classes up to, not including, this are valid; 0 (default) for all.
    pub num_classes: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            score_threshold: 0.5,
            nms_iou_threshold: 0.3,
            top_k: 0,
            min_width: 0.0,
            min_height: 0.0,
            first_class: 0,
            num_classes: 0,
        }
    }
}

/// Turns the tensors of one frame into detections, frame after frame.
///
/// In this order: entries with a NaN or infinite class or score go, then
/// classes out of range, then scores below the threshold; boxes are mapped to
/// the frame and clipped to it, and go if they are not larger than the minimum;
/// then non-maximum suppression per class, then the top-k by score.
///
/// All memory is kept between frames, so after the largest frame nothing is
/// allocated any more.
#[derive(Debug)]
pub struct Postprocessor {
    decoder: Option<&'static Decoder>,
    fixed: bool,
    layout: Arc<Layout>,
    candidates: Candidates,
    nms: Nms,
    kept: Vec<u32>,
    detections: Vec<Detection>,
}

impl Postprocessor {
    /// One that finds the decoder by the tensors: the one that fitted last, and
    /// any other that fits when that one no longer does.
    pub fn new() -> Self {
        Self {
            decoder: None,
            fixed: false,
            layout: Arc::default(),
            candidates: Candidates::new(),
            nms: Nms::default(),
            kept: Vec::new(),
            detections: Vec::new(),
        }
    }

    /// As [`new`](Self::new), with what is known of the network's outputs.
    pub fn with_layout(layout: Arc<Layout>) -> Self {
        Self {
            layout,
            ..Self::new()
        }
    }

    /// One that uses this decoder only, whatever format the layout names.
    pub fn with_decoder(decoder: &'static Decoder, layout: Arc<Layout>) -> Self {
        Self {
            decoder: Some(decoder),
            fixed: true,
            ..Self::with_layout(layout)
        }
    }

    /// The decoder in use, `None` while none has fitted yet.
    pub fn decoder(&self) -> Option<&'static Decoder> {
        self.decoder
    }

    /// Decodes `tensors`, the output layers for one frame in any order, and
    /// returns the detections, best score first.
    ///
    /// `geometry` says how the frame was fitted into the network's input.
    ///
    /// # Errors
    ///
    /// When the tensors do not have the layout the decoder expects; there are
    /// no detections then. Bad numbers inside the tensors are no error, they
    /// are counted in [`counts`](Self::counts).
    pub fn run(
        &mut self,
        tensors: &[TensorView<'_>],
        geometry: &Geometry,
        params: &Params,
    ) -> Result<&[Detection], DecodeError> {
        self.detections.clear();
        if let Err(error) = self.decode(tensors, geometry, params) {
            self.candidates.clear();
            return Err(error);
        }
        let candidates = self.candidates.as_slice();
        self.nms
            .run(candidates, params.nms_iou_threshold, &mut self.kept);
        let survivors = self.kept.len();
        let wanted = match params.top_k {
            0 => survivors,
            top_k => top_k.min(survivors),
        };
        let suppressed = candidates.len() - survivors;
        let origin = geometry.origin();
        self.detections.extend(
            self.kept[..wanted]
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
                }),
        );
        let counts = self.candidates.counts_mut();
        counts.dropped.nms = suppressed as u64;
        counts.dropped.top_k = (survivors - wanted) as u64;
        counts.kept = wanted as u64;
        Ok(&self.detections)
    }

    /// The detections of the last run, none if it failed.
    pub fn detections(&self) -> &[Detection] {
        &self.detections
    }

    /// What became of the candidates of the last run, zeros if it failed.
    pub fn counts(&self) -> &Counts {
        self.candidates.counts()
    }

    /// Whether the boxes of the last run look as if they were in other units than
    /// those taken for granted, because the layout does not state any: pixels
    /// that are all within 0 to 1, or parts of the input that reach far beyond it.
    pub fn units_are_doubtful(&self) -> bool {
        self.candidates.units_are_doubtful
    }

    fn decode(
        &mut self,
        tensors: &[TensorView<'_>],
        geometry: &Geometry,
        params: &Params,
    ) -> Result<(), DecodeError> {
        if let Some(decoder) = self.decoder {
            self.candidates.begin(geometry, params);
            match decoder.decode(tensors, &self.layout, &mut self.candidates) {
                Err(_) if !self.fixed => (),
                result => return result,
            }
        }
        let decoder = decoders::select(tensors, &self.layout)?;
        self.decoder = Some(decoder);
        self.candidates.begin(geometry, params);
        decoder.decode(tensors, &self.layout, &mut self.candidates)
    }
}

impl Default for Postprocessor {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letterbox::{Padding, Size};

    /// Where the memory is that outlives a frame, and how much.
    fn memory(p: &Postprocessor) -> [(usize, usize); 3] {
        [
            (p.candidates.as_slice().as_ptr().addr(), 0),
            (p.kept.as_ptr().addr(), p.kept.capacity()),
            (p.detections.as_ptr().addr(), p.detections.capacity()),
        ]
    }

    #[test]
    fn memory_is_kept_from_frame_to_frame() {
        let n = 60;
        let num = [n as f32];
        let scores: Vec<f32> = (0..n).map(|i| 0.6 + 0.005 * i as f32).collect();
        let classes: Vec<f32> = (0..n).map(|i| (i % 7) as f32).collect();
        let boxes: Vec<f32> = (0..n)
            .map(|i| i as f32 / n as f32)
            .flat_map(|left| [0.1, left, 0.9, left + 0.01])
            .collect();
        let tensors = [
            TensorView::new("num_detections", &[1], &num[..]),
            TensorView::new("detection_scores", &[n], &scores[..]),
            TensorView::new("detection_classes", &[n], &classes[..]),
            TensorView::new("detection_boxes", &[n, 4], &boxes[..]),
        ]
        .map(Result::unwrap);
        let geometry =
            Geometry::new(Size::new(300, 300), Size::new(640, 480), Padding::Stretch).unwrap();
        let mut postprocessor = Postprocessor::new();
        let all = Params::default();
        let few = Params {
            score_threshold: 0.85,
            ..all.clone()
        };
        assert_eq!(
            postprocessor.run(&tensors, &geometry, &all).map(<[_]>::len),
            Ok(60)
        );
        let first = memory(&postprocessor);
        for params in [&few, &all, &few] {
            postprocessor.run(&tensors, &geometry, params).unwrap();
            assert!(postprocessor.run(&tensors[1..], &geometry, params).is_err());
            assert_eq!(memory(&postprocessor), first);
        }
    }
}
