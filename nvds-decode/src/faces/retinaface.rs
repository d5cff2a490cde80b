//! RetinaFace as biubug6's PyTorch version has it, and detectors of plates made from it.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `loc` | `[A, 4]` | box encodings: variances 0.1 and 0.2 |
//! | `conf` | `[A, 2]` | background and face, after a softmax unless stated |
//! | `landms` | `[A, 10]`, or `[A, 8]` of plates | x and y of the key points, variance 0.1 |
//!
//! The anchors are squares, two in each cell of the strides 8, 16 and 32: of 16 and 32, 64 and 128, 256
//! and 512 pixels for faces; of 24 and 48, 96 and 192, 384 and 768 for plates. The key points are both
//! eyes, the tip of the nose and the corners of the mouth, or the corners of the plate.

use super::layers;
use super::level::{Level, levels, of};
use super::scan::{self, number};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Detection;
use crate::boxes::extras::Extras;
use crate::boxes::form::{BoxForm, xywh};
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Activation, Format, Role};
use crate::letterbox::{BoxUnits, Geometry};
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual};

pub(super) static DECODER: Decoder = Decoder {
    name: "retinaface",
    format: Format::Retinaface,
    description: "RetinaFace, and plates with four corners: loc, conf and landms",
    layers: &LAYERS,
    usual: |_| Usual {
        background: Some(0),
        ..Usual::new(BoxForm::Xywh, BoxUnits::NetworkPixels)
    },
    check,
    decode,
    finish: Some(finish),
};

const LOC: usize = 0;
const CONF: usize = 1;
const LANDMS: usize = 2;

static LAYERS: [LayerSpec; 3] = [
    LayerSpec::new(Role::Boxes, &["loc"], REAL, "[A, 4]"),
    LayerSpec::new(Role::Scores, &["conf"], REAL, "[A, 2]"),
    LayerSpec::new(Role::KeyPoints, &["landms"], REAL, "[A, 10] or [A, 8]"),
];

const SHAPES: [(u32, usize); 3] = [(8, 2), (16, 2), (32, 2)];

/// The numbers of an anchor's key points, and the size of the least anchor; each other is twice as large
/// as the one before.
const KINDS: [(usize, f32); 2] = [(10, 16.0), (8, 24.0)];

/// The plan's first size tells of which kind it is.
fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let all: usize = levels(input.network, SHAPES).iter().map(Level::len).sum();
    let mut first = None;
    for (kind, (columns, _)) in KINDS.into_iter().enumerate() {
        match layers::find(&DECODER, input, &[(all, 4), (all, 2), (all, columns)]) {
            Ok(plan) => return Ok(plan.with([kind, 0, 0, 0])),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| DECODER.missing(input)))
}

/// The middle and the size of an anchor.
fn anchor(levels: &[Level; 3], kind: usize, entry: usize) -> (f32, f32, f32) {
    let Some((at, index)) = of(levels, entry) else {
        return (f32::NAN, f32::NAN, f32::NAN);
    };
    let (x, y) = levels[at].centre(index);
    let doubled = 2 * at + index % levels[at].anchors;
    let least = KINDS.get(kind).map_or(f32::NAN, |kind| kind.1);
    (x, y, least * (1 << doubled) as f32)
}

fn decode(input: &Input<'_, '_>, plan: &Plan, scratch: &mut Scratch, out: &mut Candidates) {
    let levels = levels(input.network, SHAPES);
    let boxes = plan.layer(input, LOC);
    let (scores, by) = faces(plan, input, scratch);
    scan::push(scores, 0, by, out, |entry| {
        let (x, y, size) = anchor(&levels, plan.sizes[0], entry);
        let [a, b, w, h] = [0, 1, 2, 3].map(|k| number(boxes, 4 * entry + k));
        xywh([
            x + 0.1 * a * size,
            y + 0.1 * b * size,
            size * (0.2 * w).exp(),
            size * (0.2 * h).exp(),
        ])
    });
}

/// What is said of faces alone. A softmax of two is the sigmoid of their difference.
fn faces<'s>(
    plan: &Plan,
    input: &Input<'_, '_>,
    scratch: &'s mut Scratch,
) -> (&'s [f32], Activation) {
    let conf = plan.layer(input, CONF);
    let scores = &mut scratch.row;
    let rows = 0..conf.len() / 2;
    scores.clear();
    match DECODER.boxes(input.layout).activation {
        Activation::Softmax => {
            scores.extend(rows.map(|row| number(conf, 2 * row + 1) - number(conf, 2 * row)));
            (scores, Activation::Sigmoid)
        }
        other => {
            scores.extend(rows.map(|row| number(conf, 2 * row + 1)));
            (scores, other)
        }
    }
}

fn finish(
    input: &Input<'_, '_>,
    plan: &Plan,
    detections: &[Detection],
    geometry: &Geometry,
    extras: &mut Extras,
) {
    let levels = levels(input.network, SHAPES);
    let kind = plan.sizes[0];
    let columns = KINDS.get(kind).map_or(0, |kind| kind.0);
    let numbers = plan.layer(input, LANDMS);
    scan::points(detections, columns / 2, geometry, extras, |entry, at| {
        let (x, y, size) = anchor(&levels, kind, entry);
        let [a, b] = [0, 1].map(|k| number(numbers, columns * entry + 2 * at + k));
        (x + 0.1 * a * size, y + 0.1 * b * size, 1.0)
    });
}
