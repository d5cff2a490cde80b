//! Rows of seven numbers: the outputs of TensorRT's NMS plugin (`NMS_TRT`), and
//! the `detection_out` of Caffe and OpenVINO.
//!
//! | layer | or | dimensions | meaning |
//! | --- | --- | --- | --- |
//! | `NMS` | `detection_out` | `[1, N, 7]` | image, class, score, x_min, y_min, x_max, y_max |
//! | `NMS_1` | `keep_count` | `[1, 1, 1]` | how many rows are filled; may be missing |
//!
//! Boxes are 0 to 1. The rows end early with an image below 0. Classes count from
//! 0, which mostly stands for the background and is not put out.
//!
//! TensorRT declares the keep count as FLOAT while it holds an integer's bits.
//! Such bits, read as FLOAT, are a number too small to be a count, so both kinds
//! can be told apart.

use super::four::one_by_one;
use crate::boxes::candidates::Candidates;
use crate::boxes::form::BoxForm;
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::letterbox::BoxUnits;
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual, list_length, row_count};
use crate::tensor::TensorView;

pub(super) static DECODER: Decoder = Decoder {
    name: "nms-plugin",
    format: Format::NmsPlugin,
    description: "TensorRT's NMS plugin, detection_out of Caffe and OpenVINO",
    layers: &LAYERS,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::Normalised),
    check,
    decode,
    finish: None,
};

const ROWS: usize = 0;
const COUNT: usize = 1;

static LAYERS: [LayerSpec; 2] = [
    LayerSpec::new(
        Role::Detections,
        &["NMS", "detection_out"],
        REAL,
        "[N, 7] or [1, N, 7]",
    ),
    LayerSpec::count(&["NMS_1", "keep_count"]).optional(),
];

/// The plan's first size is how many rows there is room for.
fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let plan = DECODER.resolve(input)?;
    let rows = plan.layer(input, ROWS);
    let room = row_count(rows, 7).ok_or_else(|| DECODER.wrong_shape(ROWS, rows))?;
    if let Some(count) = plan.find(input, COUNT)
        && list_length(count) != Some(1)
    {
        return Err(DECODER.wrong_shape(COUNT, count));
    }
    Ok(plan.with([room, 0, 0, 0]))
}

fn decode(input: &Input<'_, '_>, plan: &Plan, _: &mut Scratch, out: &mut Candidates) {
    let room = plan.sizes[0];
    let count = match plan.find(input, COUNT) {
        None => room,
        Some(count) => match keep_count(count) {
            // The cast saturates, so a negative count is 0.
            Some(count) => (count as usize).min(room),
            None => return out.note_bad_count(),
        },
    };
    let (corners, activate) = one_by_one(&DECODER, input.layout);
    let mut push = |row: usize, [image, class, score, a, b, c, d]: [f32; 7]| {
        if image < 0.0 {
            return false;
        }
        out.push_listed(row, f64::from(class), activate(score), || {
            corners([a, b, c, d])
        });
        true
    };
    let rows = plan.layer(input, ROWS);
    match rows.slice::<f32>() {
        Some(rows) => {
            let mut rows = rows.as_chunks::<7>().0.iter().take(count).enumerate();
            let _ = rows.all(|(row, &numbers)| push(row, numbers));
        }
        None => {
            let data = rows.data();
            let value = |index| data.value(index).unwrap_or(f64::NAN) as f32;
            let _ =
                (0..count).all(|row| push(row, [0, 1, 2, 3, 4, 5, 6].map(|k| value(7 * row + k))));
        }
    }
}

/// The number of rows, `None` if it is none.
fn keep_count(tensor: &TensorView<'_>) -> Option<f64> {
    match tensor.slice::<f32>() {
        Some(&[count]) if count.is_subnormal() => Some(f64::from(count.to_bits() as i32)),
        _ => tensor.data().value(0),
    }
    .filter(|count| !count.is_nan())
}
