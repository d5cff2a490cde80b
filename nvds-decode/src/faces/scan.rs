//! Scores of one class, and the key points of what is left of them.

use half::f16;
use half::slice::HalfFloatSliceExt;

use crate::boxes::activation;
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::{Corners, Detection, DropReason};
use crate::boxes::extras::{Extras, KeyPoint};
use crate::layout::Activation;
use crate::letterbox::{BoxUnits, Geometry};
use crate::ssd::class_scores::blocks::Prediction;
use crate::ssd::class_scores::signs;
use crate::tensor::TensorView;

/// The numbers of a layer from `first` on as FLOAT.
pub fn floats<'m>(
    tensor: &TensorView<'m>,
    range: std::ops::Range<usize>,
    memory: &'m mut Vec<f32>,
) -> &'m [f32] {
    if let Some(floats) = tensor.slice::<f32>() {
        return floats.get(range).unwrap_or_default();
    }
    let halves = tensor.slice::<f16>().unwrap_or_default();
    let halves = halves.get(range).unwrap_or_default();
    memory.resize(halves.len(), 0.0);
    halves.convert_to_f32_slice(memory);
    memory
}

/// A number of a layer, NaN past its end.
#[inline]
pub fn number(tensor: &TensorView<'_>, index: usize) -> f32 {
    tensor.data().value(index).unwrap_or(f64::NAN) as f32
}

/// How many scores are compared with the threshold at a time.
const BLOCK: usize = 256;

/// Pushes the scores of class 0 that are of interest; the first of them is entry `first`. `corners`
/// gives the box of one by its index.
pub fn push(
    scores: &[f32],
    first: usize,
    by: Activation,
    out: &mut Candidates,
    corners: impl Fn(usize) -> Corners,
) {
    if let Some(reason) = out.refuses_class(0) {
        out.pass_over(scores.len() as u64, reason);
        return;
    }
    if let Some(doubt) = signs::activated(scores, 1, by) {
        out.doubt(doubt);
    }
    let limit = activation::least(by, out.score_threshold(0));
    let activate = activation::of_one(by).unwrap_or(|score| score);
    let bound = f32::bound(limit);
    let mut below = 0;
    for (index, block) in scores.chunks(BLOCK).enumerate() {
        if f32::reaching(block, bound) == 0 {
            below += block.len();
            continue;
        }
        for (offset, &score) in block.iter().enumerate() {
            if score < limit {
                below += 1;
                continue;
            }
            let index = index * BLOCK + offset;
            out.push_listed(first + index, 0.0, activate(score), || corners(index));
        }
    }
    out.pass_over(below as u64, DropReason::BelowThreshold);
}

/// Appends the key points of every detection: `point` gives x, y, in network pixels, and confidence of
/// one of an entry's points.
pub fn points(
    detections: &[Detection],
    count: usize,
    geometry: &Geometry,
    extras: &mut Extras,
    point: impl Fn(usize, usize) -> (f32, f32, f32),
) {
    extras.per_detection = count;
    let to_frame = geometry.mapping(BoxUnits::NetworkPixels);
    for detection in detections {
        extras.key_points.extend((0..count).map(|at| {
            let (x, y, confidence) = point(detection.entry as usize, at);
            let (x, y) = to_frame(f64::from(x), f64::from(y));
            KeyPoint {
                x: x as f32,
                y: y as f32,
                confidence,
            }
        }));
    }
}

/// As [`points`], of which x, y and confidence of one entry's points follow each other in the numbers that `row` gives.
pub fn triples<'d>(
    detections: &[Detection],
    count: usize,
    geometry: &Geometry,
    extras: &mut Extras,
    row: impl Fn(usize) -> Option<&'d [f32]>,
) {
    const NOWHERE: KeyPoint = KeyPoint {
        x: f32::NAN,
        y: f32::NAN,
        confidence: f32::NAN,
    };
    extras.per_detection = count;
    let to_frame = geometry.mapping(BoxUnits::NetworkPixels);
    let all = &mut extras.key_points;
    for detection in detections {
        let (triples, _) = row(detection.entry as usize)
            .unwrap_or_default()
            .as_chunks::<3>();
        let end = all.len() + count;
        all.extend(triples.iter().take(count).map(|&[x, y, confidence]| {
            let (x, y) = to_frame(f64::from(x), f64::from(y));
            KeyPoint {
                x: x as f32,
                y: y as f32,
                confidence,
            }
        }));
        all.resize(end, NOWHERE); // a row that is not there
    }
}
