//! What layouts of four layers have in common: a count, scores, classes and boxes.

use super::{Decoder, Usual, list_length, row_count};
use crate::candidates::Candidates;
use crate::detection::Corners;
use crate::error::DecodeError;
use crate::layout::{BoxOrder, Layout};
use crate::letterbox::BoxUnits;
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
    pub count: TensorView<'a>,
    pub scores: TensorView<'a>,
    pub classes: TensorView<'a>,
    pub boxes: TensorView<'a>,
    pub room: usize,
}

/// Checks the dimensions of the four layers.
pub fn layers<'a>(decoder: &Decoder, layers: [TensorView<'a>; 4]) -> Result<Four<'a>, DecodeError> {
    let shape = |layer: usize, length: Option<usize>| {
        length.ok_or_else(|| decoder.wrong_shape(layer, &layers[layer]))
    };
    shape(
        COUNT,
        list_length(&layers[COUNT]).filter(|&length| length == 1),
    )?;
    let room = shape(SCORES, list_length(&layers[SCORES]))?;
    let classes = shape(CLASSES, list_length(&layers[CLASSES]))?;
    let boxes = shape(BOXES, row_count(&layers[BOXES], 4))?;
    for (layer, length) in [(CLASSES, classes), (BOXES, boxes)] {
        if length != room {
            return Err(decoder.count_mismatch((&layers[layer], length), (&layers[SCORES], room)));
        }
    }
    let [count, scores, classes, boxes] = layers;
    Ok(Four {
        count,
        scores,
        classes,
        boxes,
        room,
    })
}

/// Pushes every entry that is filled.
pub fn decode(four: &Four<'_>, decoder: &Decoder, layout: &Layout, out: &mut Candidates) {
    let count = four.count.data().value(0).unwrap_or(f64::NAN);
    if count.is_nan() {
        out.note_bad_count();
        return;
    }
    // The cast saturates, so a negative count is 0.
    let count = (count as usize).min(four.room);
    let Usual { order, units } = decoder.boxes(layout);
    out.boxes_in(units);
    let reach = match order {
        BoxOrder::Xyxy => entries(four, count, out, xyxy),
        BoxOrder::Yxyx => entries(four, count, out, yxyx),
    };
    if layout.box_units.is_none() {
        out.units_are_doubtful = doubtful(units, reach);
    }
}

/// Whether boxes that reach that far, the farthest of a frame, can hardly be in
/// these units. No box of interest is smaller than two pixels or begins in the
/// first two, and none is several times as large as the frame.
pub fn doubtful(units: BoxUnits, reach: f32) -> bool {
    match units {
        BoxUnits::Normalised => reach > 8.0,
        BoxUnits::NetworkPixels => reach > 0.0 && reach <= 2.0,
    }
}

/// How far the boxes reach to the right or down.
fn entries(
    four: &Four<'_>,
    count: usize,
    out: &mut Candidates,
    corners: impl Fn([f32; 4]) -> Corners,
) -> f32 {
    let mut reach = 0.0f32;
    let mut corners = |row: [f32; 4]| {
        let corners = corners(row);
        reach = reach.max(corners.x_max).max(corners.y_max);
        corners
    };
    if let (Some(scores), Some(boxes)) = (four.scores.slice::<f32>(), four.boxes.slice::<f32>()) {
        let (boxes, _) = boxes.as_chunks::<4>();
        let entries = scores.iter().zip(boxes).take(count);
        if let Some(classes) = four.classes.slice::<f32>() {
            for ((&score, row), &class) in entries.zip(classes) {
                out.push(f64::from(class), score, || corners(*row));
            }
            return reach;
        }
        if let Some(classes) = four.classes.slice::<i32>() {
            for ((&score, row), &class) in entries.zip(classes) {
                out.push(f64::from(class), score, || corners(*row));
            }
            return reach;
        }
    }
    let (scores, classes, boxes) = (four.scores.data(), four.classes.data(), four.boxes.data());
    for i in 0..count {
        let class = classes.value(i).unwrap_or(f64::NAN);
        let score = scores.value(i).unwrap_or(f64::NAN) as f32;
        out.push(class, score, || {
            corners([0, 1, 2, 3].map(|k| boxes.value(4 * i + k).unwrap_or(f64::NAN) as f32))
        });
    }
    reach
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
