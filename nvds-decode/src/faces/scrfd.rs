//! InsightFace's SCRFD.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `score_8` | `[n, 1]` | 0 to 1 |
//! | `bbox_8` | `[n, 4]` | how far left, top, right and bottom are from the corner of the cell, in strides |
//! | `kps_8` | `[n, 10]` | x and y of five key points from there, in strides; may be missing |
//!
//! and the same of the strides 16 and 32. A cell has two anchors: n is 2 W/8 H/8. Exports with numbers
//! for names are told apart by their dimensions. The key points are both eyes, the tip of the nose and
//! the corners of the mouth.

use super::layers;
use super::level::{Level, levels, of};
use super::scan::{self, floats, number};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Detection;
use crate::boxes::extras::Extras;
use crate::boxes::form::{BoxForm, xyxy};
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::letterbox::{BoxUnits, Geometry};
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual};

pub(super) static DECODER: Decoder = Decoder {
    name: "scrfd",
    format: Format::Scrfd,
    description: "InsightFace's SCRFD: scores, boxes and key points of three strides",
    layers: &LAYERS,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels),
    check,
    decode,
    finish: Some(finish),
};

const POINTS: usize = 5;
const SHAPES: [(u32, usize); 3] = [(8, 2), (16, 2), (32, 2)];

const fn scores(names: &'static [&'static str]) -> LayerSpec {
    LayerSpec::new(Role::Scores, names, REAL, "[n, 1], n = 2 W/stride H/stride")
}

const fn boxes(names: &'static [&'static str]) -> LayerSpec {
    LayerSpec::new(Role::Boxes, names, REAL, "[n, 4]")
}

const fn points(names: &'static [&'static str]) -> LayerSpec {
    LayerSpec::new(Role::KeyPoints, names, REAL, "[n, 10]").optional()
}

/// Level by level.
static LAYERS: [LayerSpec; 9] = [
    scores(&["score_8"]),
    boxes(&["bbox_8"]),
    points(&["kps_8"]),
    scores(&["score_16"]),
    boxes(&["bbox_16"]),
    points(&["kps_16"]),
    scores(&["score_32"]),
    boxes(&["bbox_32"]),
    points(&["kps_32"]),
];

/// The plan's first size is 1 if there are key points.
fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let mut dims = [(0, 0); LAYERS.len()];
    for (level, dims) in levels(input.network, SHAPES)
        .iter()
        .zip(dims.as_chunks_mut::<3>().0)
    {
        *dims = [1, 4, 2 * POINTS].map(|columns| (level.len(), columns));
    }
    let plan = layers::find(&DECODER, input, &dims)?;
    let points = [2, 5, 8].map(|layer| plan.find(input, layer).is_some());
    if points != [points[0]; 3] {
        return Err(DECODER.missing(input));
    }
    Ok(plan.with([usize::from(points[0]), 0, 0, 0]))
}

fn decode(input: &Input<'_, '_>, plan: &Plan, scratch: &mut Scratch, out: &mut Candidates) {
    let by = DECODER.boxes(input.layout).activation;
    let mut first = 0;
    for (at, level) in levels(input.network, SHAPES).iter().enumerate() {
        let (scores, boxes) = (plan.layer(input, 3 * at), plan.layer(input, 3 * at + 1));
        let scores = floats(scores, 0..scores.len(), &mut scratch.floats);
        scan::push(scores, first, by, out, |index| {
            let (x, y) = level.corner(index);
            let stride = level.stride as f32;
            let [l, t, r, b] = [0, 1, 2, 3].map(|k| stride * number(boxes, 4 * index + k));
            xyxy([x - l, y - t, x + r, y + b])
        });
        first += scores.len();
    }
}

fn finish(
    input: &Input<'_, '_>,
    plan: &Plan,
    detections: &[Detection],
    geometry: &Geometry,
    extras: &mut Extras,
) {
    if plan.sizes[0] == 0 {
        return;
    }
    let levels: [Level; 3] = levels(input.network, SHAPES);
    scan::points(detections, POINTS, geometry, extras, |entry, at| {
        let Some((level, index)) = of(&levels, entry) else {
            return (f32::NAN, f32::NAN, 0.0);
        };
        let numbers = plan.layer(input, 3 * level + 2);
        let (x, y) = levels[level].corner(index);
        let stride = levels[level].stride as f32;
        let [a, b] = [0, 1].map(|k| stride * number(numbers, 2 * POINTS * index + 2 * at + k));
        (x + a, y + b, 1.0)
    });
}
