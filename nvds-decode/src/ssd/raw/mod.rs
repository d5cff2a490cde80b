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

use super::class_scores::{self, Pair};
use super::{Decoder, Input, LayerSpec, REAL, Usual};
use crate::boxes::candidates::Candidates;
use crate::error::DecodeError;
use crate::layout::{Activation, BoxOrder, Format, Raw, Role};
use crate::letterbox::BoxUnits;
use coder::Coder;

pub(super) static DECODER: Decoder = Decoder {
    name: "raw",
    format: Format::Raw,
    description: "SSD without post-processing: box encodings and class predictions",
    layers: &LAYERS,
    usual: Usual {
        activation: Activation::Sigmoid,
        ..Usual::new(BoxOrder::Yxyx, BoxUnits::Normalised)
    },
    check,
    decode,
};

static LAYERS: [LayerSpec; 2] = [
    LayerSpec {
        role: Role::Boxes,
        names: &[
            "raw_outputs/box_encodings",
            "box_encodings",
            "bbox_regression",
        ],
        types: REAL,
        dims: "[A, 4] or [A, 1, 4]",
        optional: false,
    },
    LayerSpec {
        role: Role::Scores,
        names: &[
            "raw_outputs/class_predictions",
            "class_predictions",
            "class_predictions_with_background",
            "cls_logits",
        ],
        types: REAL,
        dims: "[A, C]",
        optional: false,
    },
];

fn layers<'t, 'a>(input: &Input<'t, 'a>) -> Result<(Pair<'a>, &'t Raw), DecodeError> {
    let raw = input.layout.raw.as_ref();
    let pair = class_scores::pair(&DECODER, input, raw.map(|raw| raw.anchors.len()))?;
    let Some(raw) = raw else {
        return Err(DecodeError::NoAnchors {
            decoder: DECODER.name,
            boxes: pair.boxes.to_string(),
            scores: pair.scores.to_string(),
        });
    };
    if raw.anchors.len() != pair.rows {
        return Err(DecodeError::AnchorCount {
            decoder: DECODER.name,
            layer: pair.boxes.name().to_owned(),
            found: pair.rows,
            anchors: raw.anchors.to_string(),
        });
    }
    Ok((pair, raw))
}

pub(super) fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    layers(input).map(drop)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    let (pair, raw) = layers(input)?;
    let usual = DECODER.boxes(input.layout);
    let coder = Coder::new(&pair.boxes, raw, usual.order);
    class_scores::decode(&pair, usual, input.layout, out, |row| coder.corners(row));
    Ok(())
}
