//! What layouts with a score for each class of each box have in common.

mod activation;
mod blocks;
mod scan;
mod signs;

use half::f16;

use super::four::percent;
use super::{Decoder, Input, LayerSpec, REAL, Usual, row_count};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::{Corners, DropReason};
use crate::error::DecodeError;
use crate::layout::{Activation, Background, Layout};
use crate::tensor::TensorView;
use activation::{hundredfold, logarithm, logit, softmax};
use blocks::Prediction;
use scan::{AsFloat, Columns, Limit, scan};

pub use activation::sigmoid;

/// Memory that is kept from frame to frame.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// HALF predictions as FLOAT.
    predictions: Vec<f32>,
}

/// The order of such a decoder's layers.
pub const BOXES: usize = 0;
pub const SCORES: usize = 1;

/// What TensorFlow 2 puts out besides its detections has the dimensions of box encodings, but is
/// decoded already.
const DECODED: &str = "raw_detection_boxes";

/// Boxes or their encodings, and a prediction for each class of each of them.
pub struct Pair<'a> {
    pub boxes: TensorView<'a>,
    pub scores: TensorView<'a>,
    pub rows: usize,
    pub columns: usize,
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

/// The layers of a decoder by name, or else the only two with as many rows as each other, one of
/// them of four columns. Those with `wanted` rows are preferred.
pub fn pair<'a>(
    decoder: &Decoder,
    input: &Input<'_, 'a>,
    wanted: Option<usize>,
) -> Result<Pair<'a>, DecodeError> {
    let [boxes, scores] = find(decoder, input, wanted)?;
    let count = row_count(&boxes, 4).ok_or_else(|| decoder.wrong_shape(BOXES, &boxes))?;
    let (rows, columns) =
        predictions(&scores).ok_or_else(|| decoder.wrong_shape(SCORES, &scores))?;
    if rows != count {
        return Err(decoder.count_mismatch((&boxes, count), (&scores, rows)));
    }
    Ok(Pair {
        boxes,
        scores,
        rows,
        columns,
    })
}

fn find<'a>(
    decoder: &Decoder,
    input: &Input<'_, 'a>,
    wanted: Option<usize>,
) -> Result<[TensorView<'a>; 2], DecodeError> {
    let named = decoder.resolve::<2>(input);
    if !matches!(named, Err(DecodeError::MissingLayer { .. })) {
        return named;
    }
    let real = |tensor: &&TensorView<'_>| REAL.contains(&tensor.data_type());
    // A layer that the layout names is that one or none.
    let may_be = |spec: &LayerSpec, tensor: &TensorView<'_>| match input.find(spec) {
        Some(found) => found.name() == tensor.name(),
        None => input.layout.layers.get(spec.role).is_none(),
    };
    let candidates = |role: usize| {
        let spec = &decoder.layers[role];
        let tensors = input.tensors.iter().filter(real);
        tensors.filter(move |tensor| may_be(spec, tensor))
    };
    let pairs = |wanted: Option<usize>| {
        let mut pairs = candidates(BOXES)
            .filter(|boxes| !boxes.name().starts_with(DECODED))
            .filter_map(|boxes| Some((boxes, row_count(boxes, 4)?)))
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
    wanted
        .and_then(|wanted| pairs(Some(wanted)))
        .or_else(|| pairs(None))
        .map_or(named, Ok)
}

/// Pushes every score of interest. `corners` gives the box of a row.
pub fn decode(
    pair: &Pair<'_>,
    usual: Usual,
    layout: &Layout,
    out: &mut Candidates,
    corners: impl Fn(usize) -> Corners,
) {
    out.boxes_in(usual.units);
    match pair.scores.slice::<f32>() {
        Some(scores) => push(scores, pair, usual, layout, out, corners),
        None => {
            let scores = pair.scores.slice::<f16>().unwrap_or_default();
            push(scores, pair, usual, layout, out, corners);
        }
    }
}

fn push<P: Prediction + AsFloat + Into<f32>>(
    scores: &[P],
    pair: &Pair<'_>,
    usual: Usual,
    layout: &Layout,
    out: &mut Candidates,
    corners: impl Fn(usize) -> Corners,
) {
    let rows = pair.rows as u64;
    let columns = Columns::new(pair.columns, usual.background, rows, out);
    let least = columns.least_threshold;
    let mut scratch = std::mem::take(&mut out.scratch);
    let memory = &mut scratch.predictions;
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
            let limit = match background.filter(|&column| column < pair.columns) {
                Some(column) => Limit::Above { column, distance },
                None => Limit::AboveGreatest { distance },
            };
            scan(scores, &columns, limit, out, memory, corners, softmax)
        }
    };
    out.scratch = scratch;

    let below = (rows * columns.taken).saturating_sub(pushed);
    out.pass_over(below, DropReason::BelowThreshold);
    let stated = layout.background != Background::Usual;
    if let Some(doubt) = signs::doubt(scores, pair.columns, usual, stated, pushed) {
        out.doubt(doubt);
    }
}
