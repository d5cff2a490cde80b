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

use super::four::{self, activation_of_one};
use super::{Decoder, Input, LayerSpec, NUMBER, REAL, Usual, list_length, row_count};
use crate::boxes::candidates::Candidates;
use crate::error::DecodeError;
use crate::layout::{BoxOrder, Format, Role};
use crate::letterbox::BoxUnits;
use crate::tensor::TensorView;

pub(super) static DECODER: Decoder = Decoder {
    name: "nms-plugin",
    format: Format::NmsPlugin,
    description: "TensorRT's NMS plugin, detection_out of Caffe and OpenVINO",
    layers: &LAYERS,
    usual: USUAL,
    check,
    decode,
};

const USUAL: Usual = Usual::new(BoxOrder::Xyxy, BoxUnits::Normalised);

const ROWS: usize = 0;
const COUNT: usize = 1;

static LAYERS: [LayerSpec; 2] = [
    LayerSpec {
        role: Role::Detections,
        names: &["NMS", "detection_out"],
        types: REAL,
        dims: "[N, 7] or [1, N, 7]",
        optional: false,
    },
    LayerSpec {
        role: Role::Count,
        names: &["NMS_1", "keep_count"],
        types: NUMBER,
        dims: "[1]",
        optional: true,
    },
];

/// The rows, how many there is room for, and the count if there is one.
struct Layers<'a> {
    rows: TensorView<'a>,
    room: usize,
    count: Option<TensorView<'a>>,
}

fn layers<'a>(input: &Input<'_, 'a>) -> Result<Layers<'a>, DecodeError> {
    let [rows, _] = DECODER.resolve::<2>(input)?;
    let room = row_count(&rows, 7).ok_or_else(|| DECODER.wrong_shape(ROWS, &rows))?;
    let count = input.find(&LAYERS[COUNT]).copied();
    if let Some(count) = count
        && list_length(&count) != Some(1)
    {
        return Err(DECODER.wrong_shape(COUNT, &count));
    }
    Ok(Layers { rows, room, count })
}

fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    layers(input).map(drop)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    let Layers { rows, room, count } = layers(input)?;
    let count = match count {
        None => room,
        Some(count) => match keep_count(&count) {
            // The cast saturates, so a negative count is 0.
            Some(count) => (count as usize).min(room),
            None => {
                out.note_bad_count();
                return Ok(());
            }
        },
    };
    let usual = DECODER.boxes(input.layout);
    out.boxes_in(usual.units);
    let corners = four::corners(usual.order);
    let activate = activation_of_one(usual.activation).unwrap_or(|score| score);
    let mut push = |[image, class, score, a, b, c, d]: [f32; 7]| {
        if image < 0.0 {
            return false;
        }
        out.push_listed(f64::from(class), activate(score), || corners([a, b, c, d]));
        true
    };
    match rows.slice::<f32>() {
        Some(rows) => {
            let (rows, _) = rows.as_chunks::<7>();
            let _ = rows.iter().take(count).all(|&row| push(row));
        }
        None => {
            let data = rows.data();
            let value = |index| data.value(index).unwrap_or(f64::NAN) as f32;
            let _ = (0..count).all(|row| push([0, 1, 2, 3, 4, 5, 6].map(|k| value(7 * row + k))));
        }
    }
    Ok(())
}

/// The number of rows, `None` if it is none.
fn keep_count(tensor: &TensorView<'_>) -> Option<f64> {
    match tensor.slice::<f32>() {
        Some(&[count]) if count.is_subnormal() => Some(f64::from(count.to_bits() as i32)),
        _ => tensor.data().value(0),
    }
    .filter(|count| !count.is_nan())
}
