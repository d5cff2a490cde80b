//! The outputs of TensorFlow's object detection API, suppression not included
//! or already done: four layers by name.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `num_detections` | `[1]` or scalar | how many entries are filled, from the front |
//! | `detection_scores` | `[N]` | 0 to 1 |
//! | `detection_classes` | `[N]` | class numbers, mostly from 1 |
//! | `detection_boxes` | `[N, 4]` | y_min, x_min, y_max, x_max, 0 to 1 over the network's input |
//!
//! A leading batch dimension of 1, which Triton models without batching have,
//! is accepted in each. So are whole numbers for count and classes.

use super::{Decoder, LayerSpec, Match, list_length, row_count};
use crate::candidates::Candidates;
use crate::detection::Corners;
use crate::error::DecodeError;
use crate::tensor::{DataType, TensorView};

pub(super) static DECODER: Decoder = Decoder {
    name: "tf-od",
    description: "TensorFlow object detection API (SSD and others)",
    layers: &LAYERS,
    probe,
    decode,
};

const REAL: &[DataType] = &[DataType::Float, DataType::Half];
const NUMBER: &[DataType] = &[
    DataType::Float,
    DataType::Half,
    DataType::Int32,
    DataType::Int64,
    DataType::Uint8,
];

const NUM: usize = 0;
const SCORES: usize = 1;
const CLASSES: usize = 2;
const BOXES: usize = 3;

static LAYERS: [LayerSpec; 4] = [
    LayerSpec {
        name: "num_detections",
        types: NUMBER,
        dims: "[1]",
    },
    LayerSpec {
        name: "detection_scores",
        types: REAL,
        dims: "[N] or [1, N]",
    },
    LayerSpec {
        name: "detection_classes",
        types: NUMBER,
        dims: "[N] or [1, N]",
    },
    LayerSpec {
        name: "detection_boxes",
        types: REAL,
        dims: "[N, 4] or [1, N, 4]",
    },
];

/// The four layers, in the order of `LAYERS`, and N.
fn layers<'a>(tensors: &[TensorView<'a>]) -> Result<([TensorView<'a>; 4], usize), DecodeError> {
    let layers = DECODER.resolve::<4>(tensors)?;
    let shape = |layer: usize, length: Option<usize>| {
        length.ok_or_else(|| DECODER.wrong_shape(layer, &layers[layer]))
    };
    shape(NUM, list_length(&layers[NUM]).filter(|&length| length == 1))?;
    let scores = shape(SCORES, list_length(&layers[SCORES]))?;
    let classes = shape(CLASSES, list_length(&layers[CLASSES]))?;
    let boxes = shape(BOXES, row_count(&layers[BOXES], 4))?;
    for (layer, length) in [(CLASSES, classes), (BOXES, boxes)] {
        if length != scores {
            return Err(DecodeError::CountMismatch {
                decoder: DECODER.name,
                layer: layers[layer].name().to_owned(),
                found: length,
                other: layers[SCORES].name().to_owned(),
                other_found: scores,
            });
        }
    }
    Ok((layers, scores))
}

fn probe(tensors: &[TensorView<'_>]) -> Match {
    DECODER.verdict(tensors, layers(tensors).err())
}

fn decode(tensors: &[TensorView<'_>], out: &mut Candidates) -> Result<(), DecodeError> {
    let ([num, scores, classes, boxes], room) = layers(tensors)?;
    let num = num.data().value(0).unwrap_or(f64::NAN);
    if num.is_nan() {
        out.note_bad_count();
        return Ok(());
    }
    // The cast saturates, so a negative count is 0.
    let count = (num as usize).min(room);

    if let (Some(scores), Some(classes), Some(boxes)) = (
        scores.slice::<f32>(),
        classes.slice::<f32>(),
        boxes.slice::<f32>(),
    ) {
        let (boxes, _) = boxes.as_chunks::<4>();
        let entries = scores.iter().zip(classes).zip(boxes).take(count);
        for ((&score, &class), row) in entries {
            out.push(f64::from(class), score, || corners(*row));
        }
    } else {
        let (scores, classes, boxes) = (scores.data(), classes.data(), boxes.data());
        for i in 0..count {
            let class = classes.value(i).unwrap_or(f64::NAN);
            let score = scores.value(i).unwrap_or(f64::NAN) as f32;
            out.push(class, score, || {
                corners([0, 1, 2, 3].map(|k| boxes.value(4 * i + k).unwrap_or(f64::NAN) as f32))
            });
        }
    }
    Ok(())
}

fn corners([y_min, x_min, y_max, x_max]: [f32; 4]) -> Corners {
    Corners {
        x_min,
        y_min,
        x_max,
        y_max,
    }
}
