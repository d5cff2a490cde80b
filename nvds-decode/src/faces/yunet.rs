//! YuNet, OpenCV's detector of faces, since 2022.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `cls_8`, `obj_8` | `[n, 1]` | the score is the root of their product, both within 0 to 1 |
//! | `bbox_8` | `[n, 4]` | x and y of the centre from the corner of the cell in strides, logarithms of width and height in strides |
//! | `kps_8` | `[n, 10]` | x and y of five key points from that corner, in strides |
//!
//! and the same of the strides 16 and 32; n is W/8 H/8. The key points are both eyes, the tip of the
//! nose and the corners of the mouth.

use super::layers;
use super::level::{Level, levels, of};
use super::scan::{self, floats, number};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Detection;
use crate::boxes::extras::Extras;
use crate::boxes::form::{BoxForm, xywh};
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::letterbox::{BoxUnits, Geometry};
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual};

pub(super) static DECODER: Decoder = Decoder {
    name: "yunet",
    format: Format::Yunet,
    description: "YuNet since 2022: classes, objects, boxes and key points of three strides",
    layers: &LAYERS,
    usual: |_| Usual::new(BoxForm::Xywh, BoxUnits::NetworkPixels),
    check,
    decode,
    finish: Some(finish),
};

const POINTS: usize = 5;
const SHAPES: [(u32, usize); 3] = [(8, 1), (16, 1), (32, 1)];

const fn layer(role: Role, names: &'static [&'static str], dims: &'static str) -> LayerSpec {
    LayerSpec::new(role, names, REAL, dims)
}

/// Level by level.
static LAYERS: [LayerSpec; 12] = [
    layer(Role::Classes, &["cls_8"], "[n, 1], n = W/8 H/8"),
    layer(Role::Scores, &["obj_8"], "[n, 1]"),
    layer(Role::Boxes, &["bbox_8"], "[n, 4]"),
    layer(Role::KeyPoints, &["kps_8"], "[n, 10]"),
    layer(Role::Classes, &["cls_16"], "[n, 1], n = W/16 H/16"),
    layer(Role::Scores, &["obj_16"], "[n, 1]"),
    layer(Role::Boxes, &["bbox_16"], "[n, 4]"),
    layer(Role::KeyPoints, &["kps_16"], "[n, 10]"),
    layer(Role::Classes, &["cls_32"], "[n, 1], n = W/32 H/32"),
    layer(Role::Scores, &["obj_32"], "[n, 1]"),
    layer(Role::Boxes, &["bbox_32"], "[n, 4]"),
    layer(Role::KeyPoints, &["kps_32"], "[n, 10]"),
];

fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let mut dims = [(0, 0); LAYERS.len()];
    for (level, dims) in levels(input.network, SHAPES)
        .iter()
        .zip(dims.as_chunks_mut::<4>().0)
    {
        *dims = [1, 1, 4, 2 * POINTS].map(|columns| (level.len(), columns));
    }
    layers::find(&DECODER, input, &dims)
}

fn decode(input: &Input<'_, '_>, plan: &Plan, scratch: &mut Scratch, out: &mut Candidates) {
    let by = DECODER.boxes(input.layout).activation;
    let mut first = 0;
    for (at, level) in levels(input.network, SHAPES).iter().enumerate() {
        let [classes, objects, boxes] = [0, 1, 2].map(|layer| plan.layer(input, 4 * at + layer));
        let memory = &mut scratch.row;
        memory.clear();
        let classes = floats(classes, 0..classes.len(), &mut scratch.floats);
        memory.extend_from_slice(classes);
        let objects = floats(objects, 0..objects.len(), &mut scratch.floats);
        for (score, &object) in memory.iter_mut().zip(objects) {
            let finite = score.is_finite() && object.is_finite();
            *score = if finite {
                (score.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt()
            } else {
                f32::NAN
            };
        }
        scan::push(memory, first, by, out, |index| {
            let (x, y) = level.corner(index);
            let stride = level.stride as f32;
            let [a, b, w, h] = [0, 1, 2, 3].map(|k| number(boxes, 4 * index + k));
            xywh([
                x + stride * a,
                y + stride * b,
                stride * w.exp(),
                stride * h.exp(),
            ])
        });
        first += memory.len();
    }
}

fn finish(
    input: &Input<'_, '_>,
    plan: &Plan,
    detections: &[Detection],
    geometry: &Geometry,
    extras: &mut Extras,
) {
    let levels: [Level; 3] = levels(input.network, SHAPES);
    scan::points(detections, POINTS, geometry, extras, |entry, at| {
        let Some((level, index)) = of(&levels, entry) else {
            return (f32::NAN, f32::NAN, 0.0);
        };
        let numbers = plan.layer(input, 4 * level + 3);
        let (x, y) = levels[level].corner(index);
        let stride = levels[level].stride as f32;
        let [a, b] = [0, 1].map(|k| stride * number(numbers, 2 * POINTS * index + 2 * at + k));
        (x + a, y + b, 1.0)
    });
}
