//! MediaPipe's BlazeFace.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `classificators` | `[A, 1]` | logits |
//! | `regressors` | `[A, 16]` | x, y, width, height, then x and y of six key points |
//!
//! Numbers are pixels of the network's input, from the middle of the anchor's cell; anchors have no size
//! of their own. Which of the networks it is follows from A and the size of the input:
//!
//! | network | input | levels | A |
//! | --- | --- | --- | --- |
//! | short range, front camera | 128x128 | stride 8 with 2 anchors a cell, 16 with 6 | 896 |
//! | back camera | 256x256 | stride 16 with 2, 32 with 6 | 896 |
//! | full range | 192x192 | stride 4 with 1 | 2304 |
//!
//! Older exports have the two levels in layers of their own. The key points are both eyes, the tip of
//! the nose, the mouth, and both ears.

use super::layers;
use super::level::{Level, levels, of};
use super::scan::{self, floats, number};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Detection;
use crate::boxes::extras::Extras;
use crate::boxes::form::{BoxForm, xywh};
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Activation, Format, Role};
use crate::letterbox::{BoxUnits, Geometry, Size};
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual};

pub(super) static DECODER: Decoder = Decoder {
    name: "blazeface",
    format: Format::Blazeface,
    description: "MediaPipe's BlazeFace: short, full, front and back",
    layers: &LAYERS,
    usual: |_| Usual {
        activation: Activation::Sigmoid,
        ..Usual::new(BoxForm::Xywh, BoxUnits::NetworkPixels)
    },
    check: |input| {
        check(&DECODER, input, |levels| {
            let all = levels.iter().map(Level::len).sum();
            vec![(all, 1), (all, COLUMNS)]
        })
    },
    decode: |input, plan, scratch, out| decode(&DECODER, input, plan, scratch, out),
    finish: Some(finish),
};

pub(super) static SPLIT: Decoder = Decoder {
    name: "blazeface-split",
    description: "MediaPipe's BlazeFace with a layer for each level",
    layers: &LAYERS_SPLIT,
    check: |input| {
        check(&SPLIT, input, |levels| {
            let [first, second] = [0, 1].map(|at| levels.get(at).map_or(0, Level::len));
            vec![(first, 1), (first, COLUMNS), (second, 1), (second, COLUMNS)]
        })
    },
    decode: |input, plan, scratch, out| decode(&SPLIT, input, plan, scratch, out),
    ..DECODER
};

/// Numbers of an anchor.
const COLUMNS: usize = 16;
const POINTS: usize = 6;

static LAYERS: [LayerSpec; 2] = [
    LayerSpec::new(Role::Scores, &["classificators"], REAL, "[A, 1]"),
    LayerSpec::new(Role::Boxes, &["regressors"], REAL, "[A, 16]"),
];

/// Their names are those of no layer in particular.
static LAYERS_SPLIT: [LayerSpec; 4] = [
    LayerSpec::new(
        Role::Scores,
        &["classificators_8", "classificator_8"],
        REAL,
        "[512, 1]",
    ),
    LayerSpec::new(
        Role::Boxes,
        &["regressors_8", "regressor_8"],
        REAL,
        "[512, 16]",
    ),
    LayerSpec::new(
        Role::Scores,
        &["classificators_16", "classificator_16"],
        REAL,
        "[384, 1]",
    ),
    LayerSpec::new(
        Role::Boxes,
        &["regressors_16", "regressor_16"],
        REAL,
        "[384, 16]",
    ),
];

/// The levels of the networks.
const NETWORKS: [[(u32, usize); 2]; 3] = [
    [(8, 2), (16, 6)],
    [(16, 2), (32, 6)],
    // Of the full range there is one.
    [(4, 1), (u32::MAX, 0)],
];

fn levels_of(network: Size, which: usize) -> [Level; 2] {
    levels(network, NETWORKS[which.min(NETWORKS.len() - 1)])
}

/// The plan's first size tells which of the networks it is.
fn check(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    dims: impl Fn(&[Level]) -> Vec<(usize, usize)>,
) -> Result<Plan, DecodeError> {
    let mut first = None;
    for which in 0..NETWORKS.len() {
        let dims = dims(&levels_of(input.network, which));
        if dims.iter().any(|(rows, _)| *rows == 0) {
            continue;
        }
        match layers::find(decoder, input, &dims) {
            Ok(plan) => return Ok(plan.with([which, 0, 0, 0])),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| decoder.missing(input)))
}

/// Whether the levels have layers of their own, and the layer and place in it of an anchor.
fn place(plan: &Plan, input: &Input<'_, '_>, levels: &[Level], entry: usize) -> (usize, usize) {
    match plan.find(input, 3) {
        None => (1, entry),
        Some(_) => of(levels, entry).map_or((1, usize::MAX / COLUMNS), |(level, index)| {
            (2 * level + 1, index)
        }),
    }
}

fn decode(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    plan: &Plan,
    scratch: &mut Scratch,
    out: &mut Candidates,
) {
    let levels = levels_of(input.network, plan.sizes[0]);
    let by = decoder.boxes(input.layout).activation;
    let parts = if plan.find(input, 3).is_some() { 2 } else { 1 };
    let mut first = 0;
    for part in 0..parts {
        let scores = plan.layer(input, 2 * part);
        let boxes = plan.layer(input, 2 * part + 1);
        let start = first;
        let scores = floats(scores, 0..scores.len(), &mut scratch.floats);
        scan::push(scores, start, by, out, |index| {
            let (x, y) = middle(&levels, start + index);
            let [a, b, w, h] = [0, 1, 2, 3].map(|k| number(boxes, COLUMNS * index + k));
            xywh([x + a, y + b, w, h])
        });
        first += scores.len();
    }
}

fn middle(levels: &[Level], entry: usize) -> (f32, f32) {
    of(levels, entry).map_or((f32::NAN, f32::NAN), |(level, index)| {
        levels[level].centre(index)
    })
}

fn finish(
    input: &Input<'_, '_>,
    plan: &Plan,
    detections: &[Detection],
    geometry: &Geometry,
    extras: &mut Extras,
) {
    let levels = levels_of(input.network, plan.sizes[0]);
    scan::points(detections, POINTS, geometry, extras, |entry, at| {
        let (layer, index) = place(plan, input, &levels, entry);
        let numbers = plan.layer(input, layer);
        let (x, y) = middle(&levels, entry);
        let [a, b] = [4, 5].map(|k| number(numbers, COLUMNS * index + k + 2 * at));
        (x + a, y + b, 1.0)
    });
}
