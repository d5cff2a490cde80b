//! The whole way from tensors to detections.

mod choice;

use std::sync::Arc;

use crate::boxes::candidates::Candidates;
use crate::boxes::detection::{BBox, Counts, Detection, DropReason};
use crate::boxes::doubt::Doubt;
use crate::boxes::explain::Explanation;
use crate::boxes::extras::Extras;
use crate::boxes::merge::Merge;
use crate::boxes::nms::{ByClass, Nms};
use crate::boxes::policy::{NmsMode, Params};
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::Layout;
use crate::letterbox::Geometry;
use crate::select::{Decoder, Family, Input, Selection, select};
use crate::ssd;
use crate::tensor::TensorView;

/// Turns the tensors of one frame into detections, frame after frame.
///
/// In this order: entries with a NaN or infinite class or score go, then
/// classes out of range or not allowed, then scores below the threshold; boxes
/// are mapped to the frame and clipped to it, and go if nothing of them is in
/// the frame, if they cross its edge and may not, and if they are not larger
/// than the minimum or larger than the maximum; then non-maximum suppression,
/// then the top-k of each class and of all by score.
///
/// All memory is kept between frames, so after the largest frame nothing is
/// allocated any more.
#[derive(Debug)]
pub struct Postprocessor {
    family: &'static Family,
    /// The only decoder to use, if there is one.
    fixed: Option<&'static Decoder>,
    /// What was found out of the last layers that could be read.
    selection: Option<Selection>,
    layout: Arc<Layout>,
    scratch: Scratch,
    candidates: Candidates,
    /// How the last frame's boxes suppress each other.
    mode: NmsMode,
    nms: Nms,
    kept: Vec<u32>,
    /// How many more of each class may be kept, while that is limited.
    of_class: ByClass,
    detections: Vec<Detection>,
    merge: Merge,
    extras: Extras,
}

impl Postprocessor {
    /// One that finds the decoder of an SSD by the tensors: the one that fitted last, and
    /// any other that fits when that one no longer does.
    pub fn new() -> Self {
        Self::of(&ssd::FAMILY, Arc::default())
    }

    /// As [`new`](Self::new), with what is known of the network's outputs.
    pub fn with_layout(layout: Arc<Layout>) -> Self {
        Self::of(&ssd::FAMILY, layout)
    }

    /// As [`with_layout`](Self::with_layout), of any family of networks.
    pub fn of(family: &'static Family, layout: Arc<Layout>) -> Self {
        Self {
            family,
            fixed: None,
            selection: None,
            layout,
            scratch: Scratch::default(),
            candidates: Candidates::new(),
            mode: NmsMode::default(),
            nms: Nms::default(),
            kept: Vec::new(),
            of_class: ByClass::default(),
            detections: Vec::new(),
            merge: Merge::default(),
            extras: Extras::default(),
        }
    }

    /// One that uses this decoder only, whatever format the layout names.
    pub fn with_decoder(decoder: &'static Decoder, layout: Arc<Layout>) -> Self {
        Self {
            fixed: Some(decoder),
            ..Self::with_layout(layout)
        }
    }

    /// The decoder in use, `None` while none has fitted yet.
    pub fn decoder(&self) -> Option<&'static Decoder> {
        let selected = self.selection.as_ref().map(Selection::decoder);
        selected.or(self.fixed)
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
        self.extras.clear();
        if let Err(error) = self.decode(tensors, geometry, params) {
            self.candidates.clear();
            return Err(error);
        }
        if self.candidates.as_slice().is_empty() {
            // As in most frames of most films.
            self.nms.clear();
            self.kept.clear();
            return Ok(&self.detections);
        }
        self.suppress(params);
        self.select(params, |_, _| ());
        self.merge();
        let kept = self.kept.iter().take(self.detections.len());
        let angles = kept.filter_map(|&index| self.candidates.angle(index));
        self.extras.angles.extend(angles);
        if let Some(selection) = &self.selection
            && let Some(finish) = selection.decoder().finish
        {
            let input = Input {
                tensors,
                layout: &self.layout,
                network: geometry.network(),
            };
            let plan = selection.plan();
            finish(&input, plan, &self.detections, geometry, &mut self.extras);
            if self.mode == NmsMode::Weighted && !self.candidates.are_turned() {
                let finish = |members: &[Detection], extras: &mut Extras| {
                    finish(&input, plan, members, geometry, extras);
                };
                self.merge.key_points(&mut self.extras, finish);
            }
            self.candidates.doubt_points(self.extras.doubt());
        }
        Ok(&self.detections)
    }

    /// As [`run`](Self::run), with the same results, and writes to `explanation`
    /// what became of every entry of the tensors with at least the score `floor`,
    /// or one that is no number.
    ///
    /// It takes several times as long.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run); the explanation is empty then.
    pub fn explain(
        &mut self,
        tensors: &[TensorView<'_>],
        geometry: &Geometry,
        params: &Params,
        floor: f32,
        explanation: &mut Explanation,
    ) -> Result<&[Detection], DecodeError> {
        let memory = explanation.begin();
        self.run(tensors, geometry, params)?;
        let counts = *self.candidates.counts();
        let doubts = self.candidates.doubts;

        // The decoder's entries once more, and what becomes of each.
        self.candidates.record(floor, memory);
        let decoded = self.decode(tensors, geometry, params);
        let entries = self.candidates.end_recording();
        decoded?;
        self.candidates.begin(geometry, params);
        explanation.sift(entries, floor, &mut self.candidates);
        self.suppress(params);
        for index in self.nms.left_out() {
            explanation.selected(index, Some(DropReason::TopK));
        }
        explanation.find_suppressors(&self.candidates, &self.kept, params, self.mode);
        self.detections.clear();
        self.select(params, |index, reason| explanation.selected(index, reason));
        self.merge();

        *self.candidates.counts_mut() = counts;
        self.candidates.doubts = doubts;
        Ok(&self.detections)
    }

    /// The detections of the last run, none if it failed.
    pub fn detections(&self) -> &[Detection] {
        &self.detections
    }

    /// How many candidates of the last run could not take part in the suppression, since there were
    /// [`MOST_COMPETING`](crate::MOST_COMPETING) better ones.
    pub fn left_out(&self) -> usize {
        self.nms.left_out().len()
    }

    /// What else the network said of the [`detections`](Self::detections) of the last run.
    pub fn extras(&self) -> &Extras {
        &self.extras
    }

    /// The box of a detection before it was clipped to the frame, with its sides at most
    /// [`EdgePolicy::REACH`](crate::EdgePolicy::REACH) outside; `None` for one that was not clipped. `index` is that in
    /// [`detections`](Self::detections).
    pub fn whole_box(&self, index: usize) -> Option<BBox> {
        if self.merges() {
            return self.merge.whole(index);
        }
        let corners = self.candidates.whole(*self.kept.get(index)?)?;
        Some(BBox {
            left: corners.x_min,
            top: corners.y_min,
            width: corners.x_max - corners.x_min,
            height: corners.y_max - corners.y_min,
        })
    }

    /// What became of the candidates of the last run, zeros if it failed.
    pub fn counts(&self) -> &Counts {
        self.candidates.counts()
    }

    /// The lowest class of the last run that is not below [`Params::num_classes`] and that the network
    /// has a prediction of interest for, or a column of them.
    pub fn class_beyond_limit(&self) -> Option<u32> {
        self.candidates.beyond_limit()
    }

    /// What of the last run hardly can be what it was taken for: at most one of the boxes, of the scores, of the
    /// format that is stated and of key points.
    pub fn doubts(&self) -> impl Iterator<Item = Doubt> {
        self.candidates.doubts.into_iter().flatten()
    }

    fn decode(
        &mut self,
        tensors: &[TensorView<'_>],
        geometry: &Geometry,
        params: &Params,
    ) -> Result<(), DecodeError> {
        let input = Input {
            tensors,
            layout: &self.layout,
            network: geometry.network(),
        };
        // Frames mostly have the layers of the one before.
        let known = match &mut self.selection {
            Some(known) => known.fits(tensors, input.network) || known.renew(&input).is_ok(),
            None => false,
        };
        if !known {
            self.selection = Some(match self.fixed {
                Some(decoder) => Selection::new(decoder, (decoder.check)(&input)?, &input),
                None => select(self.family, &input)?,
            });
        }
        let Some(selection) = &self.selection else {
            return Ok(());
        };
        let decoder = selection.decoder();
        let usual = decoder.boxes(&self.layout);
        self.mode = params.nms_mode.or_usual(usual.nms);
        self.candidates.begin(geometry, params);
        self.candidates.boxes_in(usual.units);
        (decoder.decode)(
            &input,
            selection.plan(),
            &mut self.scratch,
            &mut self.candidates,
        );
        self.candidates
            .end(self.layout.box_units.is_some(), selection.doubt());
        Ok(())
    }
}

impl Default for Postprocessor {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
