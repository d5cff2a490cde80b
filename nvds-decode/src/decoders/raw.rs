//! What an SSD computes before any post-processing: box encodings and class
//! predictions, one row for each anchor.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | boxes: `raw_outputs/box_encodings`, `box_encodings`, `bbox_regression` | `[A, 4]`, `[1, A, 4]`, `[A, 1, 4]` | distances from the anchor |
//! | scores: `raw_outputs/class_predictions`, `class_predictions`, `class_predictions_with_background`, `cls_logits` | `[A, C]`, `[1, A, C]` | a number for each class |
//!
//! Where the names are others, the only two layers with as many rows as there are
//! anchors, one of them of four columns, are taken. (`raw_detection_boxes` of
//! TensorFlow 2 are not: they are boxes already.)
//!
//! A box is, with the anchor's centre and size and the layout's variances,
//!
//! ```text
//! centre = anchor_centre + encoding / variance * anchor_size
//! size   = anchor_size * exp(encoding / variance)
//! ```
//!
//! in x and in y. Every pair of anchor and class is a candidate, but for the
//! background class. Scores are compared with the threshold before they are
//! activated, and boxes are computed only for those that reach it.

use half::slice::HalfFloatSliceExt;

use super::{Decoder, Input, LayerSpec, REAL};
use crate::anchors::Anchors;
use crate::candidates::Candidates;
use crate::detection::{Corners, DropReason};
use crate::error::DecodeError;
use crate::layout::{Activation, BoxOrder, Format, Raw, Role};
use crate::letterbox::BoxUnits;
use crate::tensor::TensorView;

pub(super) static DECODER: Decoder = Decoder {
    name: "raw",
    format: Format::Raw,
    description: "SSD without post-processing: box encodings and class predictions",
    layers: &LAYERS,
    check,
    decode,
};

const BOXES: usize = 0;
const SCORES: usize = 1;

static LAYERS: [LayerSpec; 2] = [
    LayerSpec {
        role: Role::Boxes,
        names: &[
            "raw_outputs/box_encodings",
            "box_encodings",
            "bbox_regression",
        ],
        types: REAL,
        dims: "[A, 4] or [A, 1, 4]",
        optional: false,
    },
    LayerSpec {
        role: Role::Scores,
        names: &[
            "raw_outputs/class_predictions",
            "class_predictions",
            "class_predictions_with_background",
            "cls_logits",
        ],
        types: REAL,
        dims: "[A, C]",
        optional: false,
    },
];

/// Memory that is kept from frame to frame.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// What predictions are compared with, see [`Columns::limits`].
    limits: Vec<f32>,
    /// HALF predictions as FLOAT.
    predictions: Vec<f32>,
}

/// What TensorFlow 2 puts out besides its detections has the dimensions, but is
/// decoded already.
const DECODED: &str = "raw_detection_boxes";

struct Layers<'t, 'a> {
    raw: &'t Raw,
    boxes: TensorView<'a>,
    scores: TensorView<'a>,
    columns: usize,
}

/// The number of box encodings, all of one class or one for all classes.
fn encodings(tensor: &TensorView<'_>) -> Option<usize> {
    match tensor.dims() {
        [leading @ .., rows, 1, 4] if leading.iter().all(|&size| size == 1) => Some(*rows),
        _ => super::row_count(tensor, 4),
    }
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

/// The layers of boxes and scores by name, or else by their dimensions.
fn find<'a>(input: &Input<'_, 'a>) -> Result<[TensorView<'a>; 2], DecodeError> {
    let named = DECODER.resolve::<2>(input);
    if !matches!(named, Err(DecodeError::MissingLayer { .. })) {
        return named;
    }
    let real = |tensor: &&TensorView<'_>| REAL.contains(&tensor.data_type());
    // A layer that the layout names is that one or none.
    let may_be = |role: usize, tensor: &TensorView<'_>| {
        let spec = &LAYERS[role];
        match input.find(spec) {
            Some(found) => found.name() == tensor.name(),
            None => input.layout.layers.get(spec.role).is_none(),
        }
    };
    let candidates = |role| {
        input
            .tensors
            .iter()
            .filter(real)
            .filter(move |t| may_be(role, t))
    };
    let pairs = |wanted: Option<usize>| {
        let mut pairs = candidates(BOXES)
            .filter(|boxes| !boxes.name().starts_with(DECODED))
            .filter_map(|boxes| Some((boxes, encodings(boxes)?)))
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
    let anchors = input.layout.raw.as_ref().map(|raw| raw.anchors.len());
    pairs(anchors).or_else(|| pairs(None)).map_or(named, Ok)
}

fn layers<'t, 'a>(input: &Input<'t, 'a>) -> Result<Layers<'t, 'a>, DecodeError> {
    let [boxes, scores] = find(input)?;
    let count = encodings(&boxes).ok_or_else(|| DECODER.wrong_shape(BOXES, &boxes))?;
    let (rows, columns) =
        predictions(&scores).ok_or_else(|| DECODER.wrong_shape(SCORES, &scores))?;
    if rows != count {
        return Err(DECODER.count_mismatch((&boxes, count), (&scores, rows)));
    }
    let Some(raw) = &input.layout.raw else {
        return Err(DecodeError::NoAnchors {
            decoder: DECODER.name,
            boxes: boxes.to_string(),
            scores: scores.to_string(),
        });
    };
    if raw.anchors.len() != count {
        return Err(DecodeError::AnchorCount {
            decoder: DECODER.name,
            layer: boxes.name().to_owned(),
            found: count,
            anchors: raw.anchors.to_string(),
        });
    }
    Ok(Layers {
        raw,
        boxes,
        scores,
        columns,
    })
}

fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    layers(input).map(drop)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    let Layers {
        raw,
        boxes,
        scores,
        columns,
    } = layers(input)?;
    out.boxes_in(input.layout.box_units.unwrap_or(BoxUnits::Normalised));
    let order = input.layout.box_order.unwrap_or(raw.anchors.order());
    let coder = Coder::new(&boxes, raw, order);
    let columns = Columns {
        count: columns,
        background: raw.background,
    };

    let mut scratch = std::mem::take(&mut out.scratch);
    let predictions = match scores.slice::<f32>() {
        Some(predictions) => predictions,
        None => {
            let halves = scores.slice::<half::f16>().unwrap_or_default();
            scratch.predictions.clear();
            scratch.predictions.resize(halves.len(), 0.0);
            halves.convert_to_f32_slice(&mut scratch.predictions);
            &scratch.predictions
        }
    };
    let pushed = match raw.activation {
        Activation::Sigmoid => {
            columns.limits(out, logit, &mut scratch.limits);
            each_by_itself(predictions, columns, &scratch.limits, out, &coder, sigmoid)
        }
        Activation::None => {
            columns.limits(out, |threshold| threshold, &mut scratch.limits);
            each_by_itself(predictions, columns, &scratch.limits, out, &coder, |x| x)
        }
        Activation::Softmax => {
            columns.limits(out, logarithm, &mut scratch.limits);
            row_by_row(predictions, columns, &scratch.limits, out, &coder)
        }
    };
    out.scratch = scratch;

    let rows = raw.anchors.len() as u64;
    let taken = columns.pass_over_refused(rows, out);
    let below = (rows * taken).saturating_sub(pushed);
    out.pass_over(below, DropReason::BelowThreshold);
    Ok(())
}

/// The classes.
#[derive(Clone, Copy)]
struct Columns {
    count: usize,
    background: Option<u32>,
}

/// Predictions that are compared at a time: a few vector registers full.
const LANES: usize = 32;

impl Columns {
    /// Whether the predictions of a class are scores of interest.
    fn takes(&self, column: usize, out: &Candidates) -> bool {
        let class = column as u32;
        self.background != Some(class) && out.refuses_class(class).is_none()
    }

    /// Counts the predictions of classes that are of no interest, but for the
    /// background's, and returns how many classes are.
    fn pass_over_refused(&self, rows: u64, out: &mut Candidates) -> u64 {
        let mut taken = 0;
        for class in (0..self.count as u32).filter(|&class| self.background != Some(class)) {
            match out.refuses_class(class) {
                Some(reason) => out.pass_over(rows, reason),
                None => taken += 1,
            }
        }
        taken
    }

    /// Fills `limits` with what predictions must not be below, column after
    /// column, so often that whole lanes fit. `limit` makes it of a threshold.
    fn limits(&self, out: &Candidates, limit: impl Fn(f32) -> f32, limits: &mut Vec<f32>) {
        limits.clear();
        limits.extend((0..self.count).map(|column| match self.takes(column, out) {
            true => limit(out.score_threshold(column as u32)),
            false => f32::INFINITY,
        }));
        // The least number of rows after which lanes and rows begin together.
        let rows = LANES >> self.count.trailing_zeros().min(LANES.trailing_zeros());
        for _ in 1..rows {
            limits.extend_from_within(..self.count);
        }
    }
}

/// Pushes the predictions that reach their limits, activated one by one, and
/// returns how many there were. A NaN counts as reaching it.
fn each_by_itself(
    predictions: &[f32],
    columns: Columns,
    limits: &[f32],
    out: &mut Candidates,
    coder: &Coder<'_, '_>,
    activate: impl Fn(f32) -> f32,
) -> u64 {
    let mut pushed = 0;
    let mut examine = |begin: usize, predictions: &[f32], limits: &[f32]| {
        for (index, (&prediction, &limit)) in predictions.iter().zip(limits).enumerate() {
            if prediction < limit {
                continue;
            }
            let (row, column) = (
                (begin + index) / columns.count,
                (begin + index) % columns.count,
            );
            if columns.takes(column, out) {
                pushed += 1;
                out.push(column as f64, activate(prediction), || coder.corners(row));
            }
        }
    };
    let mut begin = 0;
    for block in predictions.chunks(limits.len()) {
        let (lanes, rest) = block.as_chunks::<LANES>();
        let (lane_limits, _) = limits.as_chunks::<LANES>();
        for (predictions, limits) in lanes.iter().zip(lane_limits) {
            if !all_below(predictions, limits) {
                examine(begin, predictions, limits);
            }
            begin += LANES;
        }
        let rest_limits = &limits[lanes.len() * LANES..];
        examine(begin, rest, rest_limits);
        begin += rest.len();
    }
    pushed
}

#[inline]
fn all_below<const N: usize>(predictions: &[f32; N], limits: &[f32; N]) -> bool {
    let mut below = true;
    for lane in 0..N {
        below &= predictions[lane] < limits[lane];
    }
    below
}

/// The same with the predictions of a row activated together, by their softmax.
///
/// The greatest prediction's exponential is one term of the sum, so a score is
/// at most the exponential of its distance to it: most rows are told to have no
/// score of interest without any exponential.
fn row_by_row(
    predictions: &[f32],
    columns: Columns,
    limits: &[f32],
    out: &mut Candidates,
    coder: &Coder<'_, '_>,
) -> u64 {
    let mut pushed = 0;
    let limits = &limits[..columns.count];
    for (row, predictions) in predictions.chunks_exact(columns.count).enumerate() {
        let greatest = predictions.iter().fold(
            f32::NEG_INFINITY,
            |most, &p| if p > most { p } else { most },
        );
        let mut below = greatest < f32::INFINITY;
        for (&prediction, &limit) in predictions.iter().zip(limits) {
            below &= prediction < greatest + limit;
        }
        if below {
            continue;
        }
        let sum: f32 = predictions.iter().map(|&p| (p - greatest).exp()).sum();
        for (column, (&prediction, &limit)) in predictions.iter().zip(limits).enumerate() {
            // One NaN makes all scores of the row NaN.
            let below = prediction < greatest + limit && !sum.is_nan();
            if below || !columns.takes(column, out) {
                continue;
            }
            pushed += 1;
            let score = (prediction - greatest).exp() / sum;
            out.push(column as f64, score, || coder.corners(row));
        }
    }
    pushed
}

fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// What a prediction must at least be for its sigmoid to reach the threshold,
/// and a little less, as both are rounded.
fn logit(threshold: f32) -> f32 {
    if threshold <= 0.0 {
        return f32::NEG_INFINITY;
    }
    let threshold = f64::from(threshold);
    let exact = (threshold / (1.0 - threshold)).ln() as f32;
    // From 16 on all sigmoids round to 1. A NaN threshold is reached by none.
    let most = if exact < 16.0 { exact } else { 16.0 };
    most - 1e-4 * most.abs().max(1.0)
}

/// The logarithm of a score's threshold, and a little less.
fn logarithm(threshold: f32) -> f32 {
    if threshold <= 0.0 {
        return f32::NEG_INFINITY;
    }
    let exact = threshold.ln();
    let most = if exact < 0.0 { exact } else { 0.0 };
    most - 1e-4 * most.abs().max(1.0)
}

/// Computes boxes.
struct Coder<'t, 'a> {
    boxes: &'t TensorView<'a>,
    anchors: &'t Anchors,
    /// What encodings of x, y, width and height are multiplied with.
    factors: [f32; 4],
    order: BoxOrder,
}

impl<'t, 'a> Coder<'t, 'a> {
    fn new(boxes: &'t TensorView<'a>, raw: &'t Raw, order: BoxOrder) -> Self {
        Self {
            boxes,
            anchors: &raw.anchors,
            factors: x_first(order, raw.variances.map(|variance| 1.0 / variance)),
            order,
        }
    }

    fn corners(&self, row: usize) -> Corners {
        let encoding = match self.boxes.slice::<f32>() {
            Some(values) => values.as_chunks::<4>().0.get(row).copied(),
            None => {
                let value = |column| self.boxes.data().value(4 * row + column);
                Some([0, 1, 2, 3].map(|column| value(column).unwrap_or(f64::NAN) as f32))
            }
        };
        let (Some(encoding), Some(&[x, y, width, height])) =
            (encoding, self.anchors.boxes().get(row))
        else {
            return NOWHERE;
        };
        let encoding = x_first(self.order, encoding);
        let [dx, dy, dw, dh] = [0, 1, 2, 3].map(|k| encoding[k] * self.factors[k]);
        let most = self.anchors.largest_log();
        // Not `min`, which would make a number of NaN.
        let cut = |log: f32| if log > most { most } else { log };
        let (centre_x, centre_y) = (x + dx * width, y + dy * height);
        let (half_x, half_y) = (0.5 * width * cut(dw).exp(), 0.5 * height * cut(dh).exp());
        Corners {
            x_min: centre_x - half_x,
            y_min: centre_y - half_y,
            x_max: centre_x + half_x,
            y_max: centre_y + half_y,
        }
    }
}

/// A box that is dropped as not finite.
const NOWHERE: Corners = Corners {
    x_min: f32::NAN,
    y_min: f32::NAN,
    x_max: f32::NAN,
    y_max: f32::NAN,
};

fn x_first(order: BoxOrder, [a, b, c, d]: [f32; 4]) -> [f32; 4] {
    match order {
        BoxOrder::Xyxy => [a, b, c, d],
        BoxOrder::Yxyx => [b, a, d, c],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No score may be passed over that the exact test would have kept.
    #[test]
    fn limits_are_never_above_what_reaches_the_threshold() {
        for step in 0..=1000 {
            let threshold = step as f32 / 1000.0;
            let limit = logit(threshold);
            for below in [limit - 1e-3, limit - 1e-2, limit - 1.0] {
                if below.is_finite() {
                    assert!(
                        sigmoid(below) < threshold || threshold == 1.0,
                        "{threshold}"
                    );
                }
            }
            assert!(sigmoid(limit) < threshold || threshold == 0.0 || threshold == 1.0);
            assert!(logarithm(threshold).exp() < threshold || threshold == 0.0);
        }
        assert_eq!(sigmoid(16.0 * 1.2), 1.0);
        assert!(sigmoid(logit(1.0)) >= 1.0 - 1e-6);
        for none in [f32::NAN, 2.0, f32::INFINITY] {
            assert!(logit(none) < 16.0 && logarithm(none) <= 0.0);
        }
    }

    #[test]
    fn limits_repeat_until_lanes_and_rows_meet() {
        let out = {
            let mut out = Candidates::new();
            let size = crate::Size::new(300, 300);
            let geometry = crate::Geometry::new(size, size, crate::Padding::Stretch).unwrap();
            out.begin(&geometry, &crate::Params::default());
            out
        };
        for count in [1, 2, 3, 4, 24, 32, 64, 91, 96, 100] {
            let columns = Columns {
                count,
                background: Some(0),
            };
            let mut limits = Vec::new();
            columns.limits(&out, |t| t, &mut limits);
            assert_eq!(limits.len() % LANES, 0, "{count}");
            assert_eq!(limits.len() % count, 0, "{count}");
            let infinite = limits.iter().filter(|l| l.is_infinite()).count();
            assert_eq!(infinite, limits.len() / count);
        }
    }
}
