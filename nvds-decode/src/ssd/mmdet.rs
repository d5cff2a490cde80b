//! The outputs of mmdetection's and mmdeploy's ONNX and TensorRT exports.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `dets` | `[N, 5]` | x_min, y_min, x_max, y_max in network pixels, score |
//! | `labels` | `[N]` | class numbers from 0 |
//!
//! There is no count: entries that are not filled have a score of 0. RF-DETR uses the same names
//! for other dimensions, which do not fit.

use super::four::{self, activation_of_one};
use super::{Decoder, Input, LayerSpec, NUMBER, REAL, Usual, list_length, row_count};
use crate::boxes::candidates::Candidates;
use crate::error::DecodeError;
use crate::layout::{BoxOrder, Format, Role};
use crate::letterbox::BoxUnits;
use crate::tensor::TensorView;

pub(super) static DECODER: Decoder = Decoder {
    name: "mmdet",
    format: Format::Mmdet,
    description: "mmdetection and mmdeploy: boxes with scores, and labels",
    layers: &LAYERS,
    usual: Usual::new(BoxOrder::Xyxy, BoxUnits::NetworkPixels),
    check,
    decode,
};

const ROWS: usize = 0;
const LABELS: usize = 1;
const COLUMNS: usize = 5;

static LAYERS: [LayerSpec; 2] = [
    LayerSpec {
        role: Role::Detections,
        names: &["dets"],
        types: REAL,
        dims: "[N, 5] or [1, N, 5]",
        optional: false,
    },
    LayerSpec {
        role: Role::Classes,
        names: &["labels"],
        types: NUMBER,
        dims: "[N] or [1, N]",
        optional: false,
    },
];

/// Rows and labels, as many as each other, and how many.
fn layers<'a>(
    input: &Input<'_, 'a>,
) -> Result<(TensorView<'a>, TensorView<'a>, usize), DecodeError> {
    let [rows, labels] = DECODER.resolve(input)?;
    let count = row_count(&rows, COLUMNS).ok_or_else(|| DECODER.wrong_shape(ROWS, &rows))?;
    let length = list_length(&labels).ok_or_else(|| DECODER.wrong_shape(LABELS, &labels))?;
    if length != count {
        return Err(DECODER.count_mismatch((&labels, length), (&rows, count)));
    }
    Ok((rows, labels, count))
}

fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    layers(input).map(drop)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    let (rows, labels, count) = layers(input)?;
    let usual = DECODER.boxes(input.layout);
    out.boxes_in(usual.units);
    let corners = four::corners(usual.order);
    let activate = activation_of_one(usual.activation).unwrap_or(|score| score);
    let (rows, labels) = (rows.data(), labels.data());
    for row in 0..count {
        let value = |k: usize| rows.value(COLUMNS * row + k).unwrap_or(f64::NAN) as f32;
        let label = labels.value(row).unwrap_or(f64::NAN);
        out.push_listed(label, activate(value(4)), || {
            corners([value(0), value(1), value(2), value(3)])
        });
    }
    Ok(())
}
