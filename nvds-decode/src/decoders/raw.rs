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

use std::ops::Range;

use half::slice::HalfFloatSliceExt;

use super::{Decoder, Input, LayerSpec, REAL, Usual};
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
    usual: Usual {
        order: BoxOrder::Yxyx,
        units: BoxUnits::Normalised,
    },
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
    let Usual { order, units } = DECODER.boxes(input.layout);
    out.boxes_in(units);
    let coder = Coder::new(&boxes, raw, order);
    let rows = raw.anchors.len() as u64;
    let columns = Columns::new(columns, raw.background, rows, out);

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
            let limit = logit(columns.least_threshold);
            scan(predictions, &columns, out, &coder, |_| limit, |_| sigmoid)
        }
        Activation::None => {
            let limit = columns.least_threshold;
            scan(predictions, &columns, out, &coder, |_| limit, |_| |x| x)
        }
        Activation::Softmax => {
            let limit = logarithm(columns.least_threshold);
            let background = raw.background.map(|class| class as usize);
            // A score is at most the exponential of the distance to any other
            // prediction of the row, such as the background's or the greatest.
            let limit = |row: &[f32]| {
                let other = background.and_then(|column| row.get(column).copied());
                other.unwrap_or_else(|| greatest(row)) + limit
            };
            scan(predictions, &columns, out, &coder, limit, softmax)
        }
    };
    out.scratch = scratch;

    let below = (rows * columns.taken).saturating_sub(pushed);
    out.pass_over(below, DropReason::BelowThreshold);
    Ok(())
}

/// The classes.
struct Columns {
    count: usize,
    background: Option<u32>,
    /// Those of interest are among these.
    range: Range<usize>,
    /// How many are of interest.
    taken: u64,
    /// The least of their thresholds.
    least_threshold: f32,
}

impl Columns {
    /// Counts the predictions of classes that are of no interest, but for the
    /// background's.
    fn new(count: usize, background: Option<u32>, rows: u64, out: &mut Candidates) -> Self {
        let mut this = Self {
            count,
            background,
            range: 0..0,
            taken: 0,
            least_threshold: f32::INFINITY,
        };
        for class in (0..count as u32).filter(|&class| background != Some(class)) {
            if let Some(reason) = out.refuses_class(class) {
                out.pass_over(rows, reason);
                continue;
            }
            let column = class as usize;
            if this.taken == 0 {
                this.range.start = column;
            }
            this.range.end = column + 1;
            this.taken += 1;
            this.least_threshold = this.least_threshold.min(out.score_threshold(class));
        }
        this
    }

    /// Whether the predictions of a class are scores of interest.
    fn takes(&self, column: usize, out: &Candidates) -> bool {
        let class = column as u32;
        self.background != Some(class) && out.refuses_class(class).is_none()
    }
}

/// About how many predictions are tested at a time, and how many columns that
/// are of no interest may be among them for that to be worth while.
const BLOCK: usize = 1024;
const FEW: usize = 4;

/// Pushes the predictions that reach the limit of their row, made into scores by
/// what `activation` says for the row, and returns how many there were. A NaN
/// counts as reaching it.
///
/// Few rows have one, so most of the work is to tell that there is none. Whole
/// blocks of rows are compared with one number, which compilers turn into vector
/// instructions; then single rows; then single predictions.
fn scan<A: Fn(f32) -> f32>(
    predictions: &[f32],
    columns: &Columns,
    out: &mut Candidates,
    coder: &Coder<'_, '_>,
    limit: impl Fn(&[f32]) -> f32,
    activation: impl Fn(&[f32]) -> A,
) -> u64 {
    let mut pushed = 0;
    let rows = (BLOCK / columns.count).max(1);
    let by_block = columns.count - columns.range.len() <= FEW;
    for (index, block) in predictions.chunks(rows * columns.count).enumerate() {
        if by_block && all_below(block, columns, &limit) {
            continue;
        }
        for (offset, all) in block.chunks_exact(columns.count).enumerate() {
            let limit = limit(all);
            let interesting = &all[columns.range.clone()];
            let mut below = true;
            for &prediction in interesting {
                below &= prediction < limit;
            }
            if below {
                continue;
            }
            let activate = activation(all);
            for (column, &prediction) in columns.range.clone().zip(interesting) {
                if prediction < limit || !columns.takes(column, out) {
                    continue;
                }
                pushed += 1;
                let row = index * rows + offset;
                out.push(column as f64, activate(prediction), || coder.corners(row));
            }
        }
    }
    pushed
}

/// Whether all predictions of interest are below the least limit of their rows.
fn all_below(block: &[f32], columns: &Columns, limit: impl Fn(&[f32]) -> f32) -> bool {
    let rows = || block.chunks_exact(columns.count);
    let least = rows().map(limit).fold(f32::INFINITY, |least, limit| {
        // Nothing is below a limit that is none.
        let limit = if limit.is_nan() {
            f32::NEG_INFINITY
        } else {
            limit
        };
        if limit < least { limit } else { least }
    });
    // A NaN is not below; counted this way round, the loop takes the fewest instructions.
    #[allow(clippy::neg_cmp_op_on_partial_ord)]
    let reaches = |prediction: f32| u32::from(!(prediction < least));
    let mut reaching = 0;
    for &prediction in block {
        reaching += reaches(prediction);
    }
    let mut others = 0;
    for column in (0..columns.range.start).chain(columns.range.end..columns.count) {
        for row in rows() {
            others += reaches(row[column]);
        }
    }
    reaching == others
}

/// The greatest of some numbers, NaN left out. Lane by lane, because a single
/// chain of comparisons takes several times as long.
fn greatest(numbers: &[f32]) -> f32 {
    let more = |a: f32, b: f32| if b > a { b } else { a };
    let (chunks, rest) = numbers.as_chunks::<8>();
    let mut lanes = [f32::NEG_INFINITY; 8];
    for chunk in chunks {
        for (lane, &number) in lanes.iter_mut().zip(chunk) {
            *lane = more(*lane, number);
        }
    }
    (lanes.iter().chain(rest).copied()).fold(f32::NEG_INFINITY, more)
}

/// The softmax of a row's predictions.
fn softmax(row: &[f32]) -> impl Fn(f32) -> f32 + use<> {
    let greatest = greatest(row);
    let sum: f32 = row.iter().map(|&p| (p - greatest).exp()).sum();
    move |prediction| (prediction - greatest).exp() / sum
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
    fn the_greatest_is_found_in_every_lane() {
        for len in 1..40 {
            for at in 0..len {
                let mut numbers = vec![f32::NAN; len];
                numbers[len - 1 - at] = -3.0;
                numbers[at] = -2.0;
                assert_eq!(greatest(&numbers), -2.0, "{at} of {len}");
            }
        }
        assert_eq!(greatest(&[f32::NAN]), f32::NEG_INFINITY);
    }
}
