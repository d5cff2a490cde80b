//! What layouts with an entry for each detection have in common: scores, classes and boxes, and
//! mostly a count.

use crate::boxes::activation::of_one;
use crate::boxes::candidates::{BLOCK, Candidates, Class};
use crate::boxes::detection::Corners;
use crate::boxes::form::{self, BoxForm};
use crate::error::DecodeError;
use crate::layout::{Activation, Layout};
use crate::select::{Decoder, Input, Plan, Usual, list_length, row_count};
use crate::tensor::{TensorData, TensorView};

/// The order of a decoder's layers.
pub const COUNT: usize = 0;
pub const SCORES: usize = 1;
pub const CLASSES: usize = 2;
pub const BOXES: usize = 3;

/// Checks the dimensions of the four layers, of which the count may be missing. The plan's first size
/// is the number of detections there is room for.
pub fn layers(decoder: &Decoder, input: &Input<'_, '_>, plan: Plan) -> Result<Plan, DecodeError> {
    let layer = |layer: usize| plan.layer(input, layer);
    let shape = |layer: usize, length: Option<usize>| {
        length.ok_or_else(|| decoder.wrong_shape(layer, plan.layer(input, layer)))
    };
    if let Some(count) = plan.find(input, COUNT) {
        shape(COUNT, list_length(count).filter(|&length| length == 1))?;
    }
    let room = shape(SCORES, list_length(layer(SCORES)))?;
    let classes = shape(CLASSES, list_length(layer(CLASSES)))?;
    let boxes = shape(BOXES, row_count(layer(BOXES), 4))?;
    for (other, length) in [(CLASSES, classes), (BOXES, boxes)] {
        if length != room {
            return Err(decoder.count_mismatch((layer(other), length), (layer(SCORES), room)));
        }
    }
    Ok(plan.with([room, 0, 0, 0]))
}

/// Whether a decoder's four layers fit.
pub fn check(decoder: &Decoder, input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    layers(decoder, input, decoder.resolve(input)?)
}

/// Pushes every entry that is filled.
pub fn decode(decoder: &Decoder, input: &Input<'_, '_>, plan: &Plan, out: &mut Candidates) {
    let four = Four {
        scores: *plan.layer(input, SCORES),
        classes: *plan.layer(input, CLASSES),
        boxes: *plan.layer(input, BOXES),
    };
    let Some(count) = filled(plan.find(input, COUNT), plan.sizes[0], out) else {
        return;
    };
    let Usual {
        form, activation, ..
    } = decoder.boxes(input.layout);
    match form {
        BoxForm::Xyxy => entries(&four, count, activation, out, form::xyxy),
        BoxForm::Yxyx => entries(&four, count, activation, out, form::yxyx),
        BoxForm::Xywh => entries(&four, count, activation, out, form::xywh),
        BoxForm::Yxhw => entries(&four, count, activation, out, form::yxhw),
    }
}

/// The layers whose entries belong together.
struct Four<'a> {
    scores: TensorView<'a>,
    classes: TensorView<'a>,
    boxes: TensorView<'a>,
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
    let activate = of_one(activation);
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
        out.push_listed(i, class, activate(score), || {
            corners(four_numbers(&boxes, 4 * i))
        });
    }
}

/// Most frames are empty, and most entries of others are below the threshold: whole blocks of
/// entries are compared with it first, which compilers turn into vector instructions.
fn blocks<C: Class>(
    scores: &[f32],
    classes: &[C],
    boxes: &[[f32; 4]],
    out: &mut Candidates,
    corners: impl Fn([f32; 4]) -> Corners,
) {
    // All parts of an entry are in blocks of the same number.
    let count = scores.len().min(classes.len());
    let (scores, classes) = (&scores[..count], &classes[..count]);
    let passing = out.passing::<C>();
    let mut passed = 0;
    let mut block = |first: usize, scores: &[f32], classes: &[C]| {
        if passing.is_some_and(|passing| passing.passes_over(scores, classes)) {
            passed += scores.len();
            return;
        }
        let entries = scores.iter().zip(classes);
        for ((&score, &class), (entry, &row)) in entries.zip(boxes.iter().enumerate().skip(first)) {
            out.push_listed(entry, class.into(), score, || corners(row));
        }
    };
    let (score_blocks, scores) = scores.as_chunks::<BLOCK>();
    let (class_blocks, classes) = classes.as_chunks::<BLOCK>();
    let mut first = 0;
    for (scores, classes) in score_blocks.iter().zip(class_blocks) {
        block(first, scores, classes);
        first += BLOCK;
    }
    block(first, scores, classes);
    out.passed_over(passed);
}

/// What makes a box of four numbers.
pub type ToCorners = fn([f32; 4]) -> Corners;
/// What makes a score of a number.
pub type ToScore = fn(f32) -> f32;

/// How entries are read one by one.
pub fn one_by_one(decoder: &Decoder, layout: &Layout) -> (ToCorners, ToScore) {
    let usual = decoder.boxes(layout);
    let activate = of_one(usual.activation);
    (usual.form.corners(), activate.unwrap_or(|score| score))
}

/// Four numbers of a tensor of any type.
pub fn four_numbers(data: &TensorData<'_>, first: usize) -> [f32; 4] {
    [0, 1, 2, 3].map(|k| data.value(first + k).unwrap_or(f64::NAN) as f32)
}
