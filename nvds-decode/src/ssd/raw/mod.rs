//! What an SSD computes before any post-processing: box encodings and class
//! predictions, one row for each anchor.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | boxes: `raw_outputs/box_encodings`, `box_encodings`, `bbox_regression` | `[A, 4]`, `[1, A, 4]`, `[A, 1, 4]` | distances from the anchor |
//! | scores: `raw_outputs/class_predictions`, `class_predictions`, `class_predictions_with_background`, `cls_logits` | `[A, C]`, `[1, A, C]` | a number for each class |
//!
//! Where the names are others, the only two layers with as many rows as there are
//! anchors, one of them of four columns, are taken. (`raw_detection_boxes` of
//! TensorFlow 2 are not: they are boxes already.)
//!
//! A box is, with the anchor's centre and size and the layout's variances,
//!
//! ```text
//! centre = anchor_centre + encoding / variance * anchor_size
//! size   = anchor_size * exp(encoding / variance)
//! ```
//!
//! in x and in y. Every pair of anchor and class is a candidate, but for the
//! background class. Scores are compared with the threshold before they are
//! activated, and boxes are computed only for those that reach it.

mod coder;

use super::class_scores::{self, BOXES, SCORES};
use crate::boxes::candidates::Candidates;
use crate::boxes::form::BoxForm;
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Activation, Format, Layout, Role};
use crate::letterbox::BoxUnits;
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual};
use coder::Coder;

pub(super) static DECODER: Decoder = Decoder {
    name: "raw",
    format: Format::Raw,
    description: "SSD without post-processing: box encodings and class predictions",
    layers: &LAYERS,
    usual,
    check,
    decode,
    finish: None,
};

/// In the order of the anchors.
fn usual(layout: &Layout) -> Usual {
    let form = layout
        .raw()
        .map_or(BoxForm::Yxyx, |raw| raw.anchors.order());
    Usual {
        activation: Activation::Sigmoid,
        ..Usual::new(form, BoxUnits::Normalised)
    }
}

static LAYERS: [LayerSpec; 2] = [
    LayerSpec::new(
        Role::Boxes,
        &[
            "raw_outputs/box_encodings",
            "box_encodings",
            "bbox_regression",
        ],
        REAL,
        "[A, 4] or [A, 1, 4]",
    ),
    LayerSpec::new(
        Role::Scores,
        &[
            "raw_outputs/class_predictions",
            "class_predictions",
            "class_predictions_with_background",
            "cls_logits",
        ],
        REAL,
        "[A, C]",
    ),
];

pub(super) fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let raw = input.layout.raw();
    let plan = class_scores::check(&DECODER, input, raw.map(|raw| raw.anchors.len()))?;
    let boxes = plan.layer(input, BOXES);
    let Some(raw) = raw else {
        return Err(DecodeError::NoAnchors {
            decoder: DECODER.name,
            boxes: boxes.to_string(),
            scores: plan.layer(input, SCORES).to_string(),
        });
    };
    let rows = class_scores::rows(&plan);
    if raw.anchors.len() != rows {
        return Err(DecodeError::AnchorCount {
            decoder: DECODER.name,
            layer: boxes.name().to_owned(),
            found: rows,
            anchors: raw.anchors.to_string(),
        });
    }
    Ok(plan)
}

fn decode(input: &Input<'_, '_>, plan: &Plan, scratch: &mut Scratch, out: &mut Candidates) {
    let Some(raw) = input.layout.raw() else {
        return; // checked before
    };
    let usual = DECODER.boxes(input.layout);
    out.boxes_of_anchors();
    let coder = Coder::new(plan.layer(input, BOXES), raw, usual.form);
    class_scores::decode(input, plan, usual, scratch, out, |row| coder.corners(row));
}
