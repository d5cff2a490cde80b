//! The outputs of mmdetection's and mmdeploy's ONNX and TensorRT exports.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `dets` | `[N, 5]` | x_min, y_min, x_max, y_max in network pixels, score |
//! | `labels` | `[N]` | class numbers from 0 |
//!
//! There is no count: entries that are not filled have a score of 0. RF-DETR uses the same names
//! for other dimensions, which do not fit.

use super::four::{four_numbers, one_by_one};
use crate::boxes::candidates::Candidates;
use crate::boxes::form::BoxForm;
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::letterbox::BoxUnits;
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual, list_length, row_count};

pub(super) static DECODER: Decoder = Decoder {
    name: "mmdet",
    format: Format::Mmdet,
    description: "mmdetection and mmdeploy: boxes with scores, and labels",
    layers: &LAYERS,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels),
    check,
    decode,
    finish: None,
};

const ROWS: usize = 0;
const LABELS: usize = 1;
const COLUMNS: usize = 5;

static LAYERS: [LayerSpec; 2] = [
    LayerSpec::new(Role::Detections, &["dets"], REAL, "[N, 5] or [1, N, 5]"),
    LayerSpec::classes(&["labels"]),
];

/// The plan's first size is the number of rows.
fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let plan = DECODER.resolve(input)?;
    let (rows, labels) = (plan.layer(input, ROWS), plan.layer(input, LABELS));
    let count = row_count(rows, COLUMNS).ok_or_else(|| DECODER.wrong_shape(ROWS, rows))?;
    let length = list_length(labels).ok_or_else(|| DECODER.wrong_shape(LABELS, labels))?;
    if length != count {
        return Err(DECODER.count_mismatch((labels, length), (rows, count)));
    }
    Ok(plan.with([count, 0, 0, 0]))
}

fn decode(input: &Input<'_, '_>, plan: &Plan, _: &mut Scratch, out: &mut Candidates) {
    let (corners, activate) = one_by_one(&DECODER, input.layout);
    let rows = plan.layer(input, ROWS).data();
    let labels = plan.layer(input, LABELS).data();
    for row in 0..plan.sizes[0] {
        let score = rows.value(COLUMNS * row + 4).unwrap_or(f64::NAN) as f32;
        let label = labels.value(row).unwrap_or(f64::NAN);
        out.push_listed(row, label, activate(score), || {
            corners(four_numbers(&rows, COLUMNS * row))
        });
    }
}
