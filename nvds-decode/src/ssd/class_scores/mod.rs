//! What layouts with a score for each class of each box have in common.

pub mod blocks;
pub mod scan;
pub mod signs;

use half::f16;

use crate::boxes::activation::{hundredfold, logarithm, logit, percent, sigmoid, softmax};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::{Corners, DropReason};
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Activation, Background};
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual, row_count, table};
use crate::tensor::TensorView;
use blocks::Prediction;
use scan::{AsFloat, Columns, Limit, scan};

/// The order of such a decoder's layers.
pub const BOXES: usize = 0;
pub const SCORES: usize = 1;

/// What TensorFlow 2 puts out besides its detections has the dimensions of box encodings, but is
/// decoded already.
const DECODED: &str = "raw_detection_boxes";

/// Rows and columns of class predictions.
fn predictions(tensor: &TensorView<'_>) -> Option<(usize, usize)> {
    table(tensor).filter(|(_, columns)| *columns > 0)
}

/// How many rows of boxes and predictions there are, as [`check`] found.
pub fn rows(plan: &Plan) -> usize {
    plan.sizes[0]
}

/// How many predictions each of them has.
pub fn columns(plan: &Plan) -> usize {
    plan.sizes[1]
}

/// The layers of a decoder by name, or else the only two with as many rows as each other, one of
/// them of four columns. Those with `wanted` rows are preferred.
pub fn check(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    wanted: Option<usize>,
) -> Result<Plan, DecodeError> {
    let plan = find(decoder, input, wanted)?;
    let (boxes, scores) = (plan.layer(input, BOXES), plan.layer(input, SCORES));
    let count = row_count(boxes, 4).ok_or_else(|| decoder.wrong_shape(BOXES, boxes))?;
    let (rows, columns) = predictions(scores).ok_or_else(|| decoder.wrong_shape(SCORES, scores))?;
    if rows != count {
        return Err(decoder.count_mismatch((boxes, count), (scores, rows)));
    }
    Ok(plan.with([rows, columns, 0, 0]))
}

fn find(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    wanted: Option<usize>,
) -> Result<Plan, DecodeError> {
    let named = decoder.resolve(input);
    if !matches!(named, Err(DecodeError::MissingLayer { .. })) {
        return named;
    }
    // A layer that the layout names is that one or none.
    let may_be = |spec: &LayerSpec, tensor: &TensorView<'_>| match input.find(spec) {
        Some(found) => found.name() == tensor.name(),
        None => input.layout.layers.get(spec.role).is_none(),
    };
    let candidates = |role: usize| {
        let spec = &decoder.layers[role];
        let tensors = input.tensors.iter().enumerate();
        tensors
            .filter(move |(_, tensor)| REAL.contains(&tensor.data_type()) && may_be(spec, tensor))
    };
    let pairs = |wanted: Option<usize>| {
        let mut pairs = candidates(BOXES)
            .filter(|(_, boxes)| !boxes.name().starts_with(DECODED))
            .filter_map(|(at, boxes)| Some((at, row_count(boxes, 4)?)))
            .filter(move |(_, rows)| *rows > 1 && wanted.is_none_or(|wanted| wanted == *rows))
            .flat_map(|(boxes, rows)| {
                candidates(SCORES)
                    .filter(move |(at, scores)| {
                        let fits = predictions(scores).is_some_and(|(count, _)| count == rows);
                        fits && *at != boxes
                    })
                    .map(move |(scores, _)| Plan::of(&[boxes, scores]))
            });
        match (pairs.next(), pairs.next()) {
            (Some(pair), None) => Some(pair),
            // None, or any choice would be a guess.
            _ => None,
        }
    };
    wanted
        .and_then(|wanted| pairs(Some(wanted)))
        .or_else(|| pairs(None))
        .map_or(named, Ok)
}

/// Pushes every score of interest. `corners` gives the box of a row.
pub fn decode(
    input: &Input<'_, '_>,
    plan: &Plan,
    usual: Usual,
    scratch: &mut Scratch,
    out: &mut Candidates,
    corners: impl Fn(usize) -> Corners,
) {
    let memory = &mut scratch.floats;
    let size = (rows(plan), columns(plan));
    // Whether it is the user who says that there is no background.
    let stated = input.layout.background != Background::Usual;
    let scores = plan.layer(input, SCORES);
    match scores.slice::<f32>() {
        Some(scores) => push(scores, size, usual, stated, memory, out, corners),
        None => {
            let scores = scores.slice::<f16>().unwrap_or_default();
            push(scores, size, usual, stated, memory, out, corners);
        }
    }
}

fn push<P: Prediction + AsFloat + Into<f32>>(
    scores: &[P],
    (rows, count): (usize, usize),
    usual: Usual,
    stated: bool,
    memory: &mut Vec<f32>,
    out: &mut Candidates,
    corners: impl Fn(usize) -> Corners,
) {
    let rows = rows as u64;
    let columns = Columns::new(count, usual.background, rows, out);
    let least = columns.least_threshold;
    let pushed = match usual.activation {
        Activation::Sigmoid => {
            let limit = Limit::Same(logit(least));
            scan(scores, &columns, limit, out, memory, corners, |_| sigmoid)
        }
        Activation::Percent => {
            let limit = Limit::Same(hundredfold(least));
            scan(scores, &columns, limit, out, memory, corners, |_| percent)
        }
        Activation::None => {
            let limit = Limit::Same(least);
            scan(scores, &columns, limit, out, memory, corners, |_| |x| x)
        }
        Activation::Softmax => {
            // A score is at most the exponential of the distance to any other
            // prediction of the row, such as the background's or the greatest.
            let distance = logarithm(least);
            let background = usual.background.map(|class| class as usize);
            let limit = match background.filter(|&column| column < count) {
                Some(column) => Limit::Above { column, distance },
                None => Limit::AboveGreatest { distance },
            };
            scan(scores, &columns, limit, out, memory, corners, softmax)
        }
    };

    let below = (rows * columns.taken).saturating_sub(pushed);
    out.pass_over(below, DropReason::BelowThreshold);
    if let Some(doubt) = signs::doubt(scores, count, usual, stated, pushed) {
        out.doubt(doubt);
    }
}
