//! What layouts with an entry for each detection have in common: scores, classes and boxes, and
//! mostly a count.

use super::class_scores::sigmoid;
use super::{Decoder, Input, Usual, list_length, row_count};
use crate::boxes::candidates::{BLOCK, Candidates, PassOver};
use crate::boxes::detection::Corners;
use crate::error::DecodeError;
use crate::layout::{Activation, BoxOrder, Layout};
use crate::tensor::TensorView;

/// The order of a decoder's layers.
pub const COUNT: usize = 0;
pub const SCORES: usize = 1;
pub const CLASSES: usize = 2;
pub const BOXES: usize = 3;

/// The layers, their dimensions checked, and the number of detections there is
/// room for.
#[derive(Debug)]
pub struct Four<'a> {
    pub count: Option<TensorView<'a>>,
    pub scores: TensorView<'a>,
    pub classes: TensorView<'a>,
    pub boxes: TensorView<'a>,
    pub room: usize,
}

/// Checks the dimensions of the four layers, of which the count may be missing.
pub fn layers<'a>(decoder: &Decoder, layers: [TensorView<'a>; 4]) -> Result<Four<'a>, DecodeError> {
    let shape = |layer: usize, length: Option<usize>| {
        length.ok_or_else(|| decoder.wrong_shape(layer, &layers[layer]))
    };
    // One that is missing stands there without a name.
    let count = Some(layers[COUNT]).filter(|count| !count.name().is_empty());
    if let Some(count) = &count {
        shape(COUNT, list_length(count).filter(|&length| length == 1))?;
    }
    let room = shape(SCORES, list_length(&layers[SCORES]))?;
    let classes = shape(CLASSES, list_length(&layers[CLASSES]))?;
    let boxes = shape(BOXES, row_count(&layers[BOXES], 4))?;
    for (layer, length) in [(CLASSES, classes), (BOXES, boxes)] {
        if length != room {
            return Err(decoder.count_mismatch((&layers[layer], length), (&layers[SCORES], room)));
        }
    }
    let [_, scores, classes, boxes] = layers;
    Ok(Four {
        count,
        scores,
        classes,
        boxes,
        room,
    })
}

/// Whether a decoder's four layers fit.
pub fn check(decoder: &Decoder, input: &Input<'_, '_>) -> Result<(), DecodeError> {
    layers(decoder, decoder.resolve(input)?).map(drop)
}

/// Pushes every entry that is filled of a decoder's four layers.
pub fn resolve_and_decode(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    out: &mut Candidates,
) -> Result<(), DecodeError> {
    let four = layers(decoder, decoder.resolve(input)?)?;
    decode(&four, decoder, input.layout, out);
    Ok(())
}

/// Pushes every entry that is filled.
pub fn decode(four: &Four<'_>, decoder: &Decoder, layout: &Layout, out: &mut Candidates) {
    let Some(count) = filled(four.count.as_ref(), four.room, out) else {
        return;
    };
    let Usual {
        order,
        units,
        activation,
        ..
    } = decoder.boxes(layout);
    out.boxes_in(units);
    match order {
        BoxOrder::Xyxy => entries(four, count, activation, out, xyxy),
        BoxOrder::Yxyx => entries(four, count, activation, out, yxyx),
    }
}

/// How many entries are filled: all there is room for if there is no count. `None`, noted, if the
/// count is no number.
pub fn filled(count: Option<&TensorView<'_>>, room: usize, out: &mut Candidates) -> Option<usize> {
    let Some(count) = count else {
        return Some(room);
    };
    match count.data().value(0) {
        // The cast saturates, so a negative count is 0.
        Some(count) if !count.is_nan() => Some((count as usize).min(room)),
        _ => {
            out.note_bad_count();
            None
        }
    }
}

fn entries(
    four: &Four<'_>,
    count: usize,
    activation: Activation,
    out: &mut Candidates,
    corners: impl Fn([f32; 4]) -> Corners,
) {
    let activate = activation_of_one(activation);
    if let (None, Some(scores), Some(boxes)) = (
        activate,
        four.scores.slice::<f32>(),
        four.boxes.slice::<f32>(),
    ) {
        let boxes = boxes.as_chunks::<4>().0;
        let count = count.min(scores.len()).min(boxes.len());
        let (scores, boxes) = (&scores[..count], &boxes[..count]);
        if let Some(classes) = four.classes.slice::<f32>() {
            return blocks(scores, classes, boxes, out, corners);
        }
        if let Some(classes) = four.classes.slice::<i32>() {
            return blocks(scores, classes, boxes, out, corners);
        }
    }
    let activate = activate.unwrap_or(|score| score);
    let (scores, classes, boxes) = (four.scores.data(), four.classes.data(), four.boxes.data());
    for i in 0..count {
        let class = classes.value(i).unwrap_or(f64::NAN);
        let score = scores.value(i).unwrap_or(f64::NAN) as f32;
        out.push_listed(class, activate(score), || {
            corners([0, 1, 2, 3].map(|k| boxes.value(4 * i + k).unwrap_or(f64::NAN) as f32))
        });
    }
}

/// Most frames are empty, and most entries of others are below the threshold: whole blocks of
/// entries are compared with it first, which compilers turn into vector instructions.
fn blocks<C: Copy + Into<f64>>(
    scores: &[f32],
    classes: &[C],
    boxes: &[[f32; 4]],
    out: &mut Candidates,
    corners: impl Fn([f32; 4]) -> Corners,
) where
    Candidates: PassOver<C>,
{
    let mut start = 0;
    while start < scores.len() {
        let end = scores.len().min(start + BLOCK);
        let (scores, classes) = (&scores[start..end], &classes[start..end]);
        if !out.passes_over(scores, classes) {
            for ((&score, &class), &row) in scores.iter().zip(classes).zip(&boxes[start..end]) {
                out.push_listed(class.into(), score, || corners(row));
            }
        }
        start = end;
    }
}

/// What makes a score of a number that stands alone; `None` for nothing.
pub fn activation_of_one(activation: Activation) -> Option<fn(f32) -> f32> {
    match activation {
        Activation::None | Activation::Softmax => None,
        Activation::Sigmoid => Some(sigmoid),
        Activation::Percent => Some(percent),
    }
}

pub fn percent(score: f32) -> f32 {
    score / 100.0
}

/// The corners in an order.
pub fn corners(order: BoxOrder) -> fn([f32; 4]) -> Corners {
    match order {
        BoxOrder::Xyxy => xyxy,
        BoxOrder::Yxyx => yxyx,
    }
}

pub fn xyxy([x_min, y_min, x_max, y_max]: [f32; 4]) -> Corners {
    Corners {
        x_min,
        y_min,
        x_max,
        y_max,
    }
}

pub fn yxyx([y_min, x_min, y_max, x_max]: [f32; 4]) -> Corners {
    Corners {
        x_min,
        y_min,
        x_max,
        y_max,
    }
}
