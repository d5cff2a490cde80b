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
mod scan;

use half::slice::HalfFloatSliceExt;

use super::{Decoder, Input, LayerSpec, REAL, Usual};
use crate::candidates::Candidates;
use crate::detection::DropReason;
use crate::error::DecodeError;
use crate::layout::{Activation, BoxOrder, Format, Raw, Role};
use crate::letterbox::BoxUnits;
use crate::tensor::TensorView;
use coder::Coder;
use scan::{Columns, greatest, logarithm, logit, scan, sigmoid, softmax};

pub(super) static DECODER: Decoder = Decoder {
    name: "raw",
    format: Format::Raw,
    description: "SSD without post-processing: box encodings and class predictions",
    layers: &LAYERS,
    usual: Usual {
        order: BoxOrder::Yxyx,
        units: BoxUnits::Normalised,
    },
    check,
    decode,
};

const BOXES: usize = 0;
const SCORES: usize = 1;

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

/// Memory that is kept from frame to frame.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// HALF predictions as FLOAT.
    predictions: Vec<f32>,
}

/// What TensorFlow 2 puts out besides its detections has the dimensions, but is
/// decoded already.
const DECODED: &str = "raw_detection_boxes";

struct Layers<'t, 'a> {
    raw: &'t Raw,
    boxes: TensorView<'a>,
    scores: TensorView<'a>,
    columns: usize,
}

/// The number of box encodings, all of one class or one for all classes.
fn encodings(tensor: &TensorView<'_>) -> Option<usize> {
    match tensor.dims() {
        [leading @ .., rows, 1, 4] if leading.iter().all(|&size| size == 1) => Some(*rows),
        _ => super::row_count(tensor, 4),
    }
}

/// Rows and columns of class predictions.
fn predictions(tensor: &TensorView<'_>) -> Option<(usize, usize)> {
    match *tensor.dims() {
        [ref leading @ .., rows, columns]
            if columns > 0 && leading.iter().all(|&size| size == 1) =>
        {
            Some((rows, columns))
        }
        _ => None,
    }
}

/// The layers of boxes and scores by name, or else by their dimensions.
fn find<'a>(input: &Input<'_, 'a>) -> Result<[TensorView<'a>; 2], DecodeError> {
    let named = DECODER.resolve::<2>(input);
    if !matches!(named, Err(DecodeError::MissingLayer { .. })) {
        return named;
    }
    let real = |tensor: &&TensorView<'_>| REAL.contains(&tensor.data_type());
    // A layer that the layout names is that one or none.
    let may_be = |role: usize, tensor: &TensorView<'_>| {
        let spec = &LAYERS[role];
        match input.find(spec) {
            Some(found) => found.name() == tensor.name(),
            None => input.layout.layers.get(spec.role).is_none(),
        }
    };
    let candidates = |role| {
        input
            .tensors
            .iter()
            .filter(real)
            .filter(move |t| may_be(role, t))
    };
    let pairs = |wanted: Option<usize>| {
        let mut pairs = candidates(BOXES)
            .filter(|boxes| !boxes.name().starts_with(DECODED))
            .filter_map(|boxes| Some((boxes, encodings(boxes)?)))
            .filter(move |(_, rows)| *rows > 1 && wanted.is_none_or(|wanted| wanted == *rows))
            .flat_map(|(boxes, rows)| {
                candidates(SCORES)
                    .filter(move |scores| {
                        let fits = predictions(scores).is_some_and(|(count, _)| count == rows);
                        fits && !std::ptr::eq(*scores, boxes)
                    })
                    .map(move |scores| [*boxes, *scores])
            });
        match (pairs.next(), pairs.next()) {
            (Some(pair), None) => Some(pair),
            // None, or any choice would be a guess.
            _ => None,
        }
    };
    let anchors = input.layout.raw.as_ref().map(|raw| raw.anchors.len());
    pairs(anchors).or_else(|| pairs(None)).map_or(named, Ok)
}

fn layers<'t, 'a>(input: &Input<'t, 'a>) -> Result<Layers<'t, 'a>, DecodeError> {
    let [boxes, scores] = find(input)?;
    let count = encodings(&boxes).ok_or_else(|| DECODER.wrong_shape(BOXES, &boxes))?;
    let (rows, columns) =
        predictions(&scores).ok_or_else(|| DECODER.wrong_shape(SCORES, &scores))?;
    if rows != count {
        return Err(DECODER.count_mismatch((&boxes, count), (&scores, rows)));
    }
    let Some(raw) = &input.layout.raw else {
        return Err(DecodeError::NoAnchors {
            decoder: DECODER.name,
            boxes: boxes.to_string(),
            scores: scores.to_string(),
        });
    };
    if raw.anchors.len() != count {
        return Err(DecodeError::AnchorCount {
            decoder: DECODER.name,
            layer: boxes.name().to_owned(),
            found: count,
            anchors: raw.anchors.to_string(),
        });
    }
    Ok(Layers {
        raw,
        boxes,
        scores,
        columns,
    })
}

fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    layers(input).map(drop)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    let Layers {
        raw,
        boxes,
        scores,
        columns,
    } = layers(input)?;
    let Usual { order, units } = DECODER.boxes(input.layout);
    out.boxes_in(units);
    let coder = Coder::new(&boxes, raw, order);
    let rows = raw.anchors.len() as u64;
    let columns = Columns::new(columns, raw.background, rows, out);

    let mut scratch = std::mem::take(&mut out.scratch);
    let predictions = match scores.slice::<f32>() {
        Some(predictions) => predictions,
        None => {
            let halves = scores.slice::<half::f16>().unwrap_or_default();
            scratch.predictions.clear();
            scratch.predictions.resize(halves.len(), 0.0);
            halves.convert_to_f32_slice(&mut scratch.predictions);
            &scratch.predictions
        }
    };
    let pushed = match raw.activation {
        Activation::Sigmoid => {
            let limit = logit(columns.least_threshold);
            scan(predictions, &columns, out, &coder, |_| limit, |_| sigmoid)
        }
        Activation::None => {
            let limit = columns.least_threshold;
            scan(predictions, &columns, out, &coder, |_| limit, |_| |x| x)
        }
        Activation::Softmax => {
            let limit = logarithm(columns.least_threshold);
            let background = raw.background.map(|class| class as usize);
            // A score is at most the exponential of the distance to any other
            // prediction of the row, such as the background's or the greatest.
            let limit = |row: &[f32]| {
                let other = background.and_then(|column| row.get(column).copied());
                other.unwrap_or_else(|| greatest(row)) + limit
            };
            scan(predictions, &columns, out, &coder, limit, softmax)
        }
    };
    out.scratch = scratch;

    let below = (rows * columns.taken).saturating_sub(pushed);
    out.pass_over(below, DropReason::BelowThreshold);
    Ok(())
}
