//! YOLOs trained on faces: box, score and five key points.
//!
//! | format | layers | numbers of a face |
//! | --- | --- | --- |
//! | `deepstream-yolo-face` | `boxes` `[N, 4]` | centre x, centre y, width, height |
//! | | `scores` `[N, 1]` | 0 to 1 |
//! | | `landmarks` `[N, 10]` or `[N, 15]` | x, y of each key point, and its confidence |
//! | `yolov8-face` | `[20, N]` or `[N, 20]` | the same box, score, then x, y and confidence of each key point |
//! | `yolov5-face` | `[N, 16]` | the same box, objectness, x and y of each key point, score of the class |
//!
//! All in network pixels. N is the number of the input's cells, three times as many for `yolov5-face`.
//! The key points are both eyes, the tip of the nose and the corners of the mouth.

use super::layers::shape;
use super::scan::{self, floats, number};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Detection;
use crate::boxes::extras::Extras;
use crate::boxes::form::BoxForm;
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::letterbox::{BoxUnits, Geometry};
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual};
use crate::yolo::cells::{self, Cells};

pub(super) static DEEPSTREAM: Decoder = Decoder {
    name: "deepstream-yolo-face",
    format: Format::DeepstreamYoloFace,
    description: "DeepStream-Yolo-Face: boxes, scores and landmarks",
    layers: &LAYERS,
    usual: |_| Usual::new(BoxForm::Xywh, BoxUnits::NetworkPixels),
    check: check_three,
    decode: decode_three,
    finish: Some(finish_three),
};

pub(super) static V8: Decoder = Decoder {
    name: "yolov8-face",
    format: Format::Yolov8Face,
    description: "YOLOv8 and later with a class of faces and five key points",
    layers: &LAYERS_V8,
    check: |input| check_head(&V8, input, 20, 1),
    decode: decode_v8,
    finish: Some(|input, plan, detections, geometry, extras| {
        let numbers = plan.layer(input, 0);
        scan::points(detections, POINTS, geometry, extras, |entry, at| {
            let [x, y, confidence] =
                [0, 1, 2].map(|k| number(numbers, place(plan, entry, 5 + 3 * at + k)));
            (x, y, confidence)
        });
    }),
    ..DEEPSTREAM
};

pub(super) static V5: Decoder = Decoder {
    name: "yolov5-face",
    format: Format::Yolov5Face,
    description: "YOLOv5-face: objectness, five key points and a class",
    layers: &LAYERS_V5,
    check: |input| check_head(&V5, input, 16, 3),
    decode: decode_v5,
    finish: Some(|input, plan, detections, geometry, extras| {
        let numbers = plan.layer(input, 0);
        scan::points(detections, POINTS, geometry, extras, |entry, at| {
            let [x, y] = [0, 1].map(|k| number(numbers, place(plan, entry, 5 + 2 * at + k)));
            (x, y, 1.0)
        });
    }),
    ..DEEPSTREAM
};

const POINTS: usize = 5;

static LAYERS: [LayerSpec; 3] = [
    LayerSpec::boxes(&["boxes"], REAL),
    LayerSpec::scores(&["scores"]),
    LayerSpec::new(Role::KeyPoints, &["landmarks"], REAL, "[N, 10] or [N, 15]"),
];
static LAYERS_V8: [LayerSpec; 1] = [LayerSpec::new(
    Role::Detections,
    &["output0", "output"],
    REAL,
    "[20, N] or [N, 20]",
)];
static LAYERS_V5: [LayerSpec; 1] = [LayerSpec {
    dims: "[N, 16], N three times the cells of the input",
    ..LAYERS_V8[0]
}];

/// The plan's sizes are the numbers of rows and of columns of the landmarks.
fn check_three(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let plan = DEEPSTREAM.resolve(input)?;
    let table = |layer: usize, columns: &[usize]| {
        let tensor = plan.layer(input, layer);
        let found = shape(tensor).filter(|(_, found)| columns.contains(found));
        found.ok_or_else(|| DEEPSTREAM.wrong_shape(layer, tensor))
    };
    let (rows, _) = table(0, &[4])?;
    let (scores, _) = table(1, &[1])?;
    let (landmarks, columns) = table(2, &[2 * POINTS, 3 * POINTS])?;
    for (layer, found) in [(1, scores), (2, landmarks)] {
        if found != rows {
            let (layer, boxes) = (plan.layer(input, layer), plan.layer(input, 0));
            return Err(DEEPSTREAM.count_mismatch((layer, found), (boxes, rows)));
        }
    }
    Ok(plan.with([rows, columns, 0, 0]))
}

fn decode_three(input: &Input<'_, '_>, plan: &Plan, scratch: &mut Scratch, out: &mut Candidates) {
    let usual = DEEPSTREAM.boxes(input.layout);
    let corners = usual.form.corners();
    let (boxes, scores) = (plan.layer(input, 0), plan.layer(input, 1));
    let scores = floats(scores, 0..scores.len(), &mut scratch.floats);
    scan::push(scores, 0, usual.activation, out, |row| {
        corners([0, 1, 2, 3].map(|k| number(boxes, 4 * row + k)))
    });
}

fn finish_three(
    input: &Input<'_, '_>,
    plan: &Plan,
    detections: &[Detection],
    geometry: &Geometry,
    extras: &mut Extras,
) {
    let numbers = plan.layer(input, 2);
    let columns = plan.sizes[1];
    let each = columns / POINTS;
    scan::points(detections, POINTS, geometry, extras, |row, at| {
        let first = columns * row + each * at;
        let confidence = if each == 3 {
            number(numbers, first + 2)
        } else {
            1.0
        };
        (
            number(numbers, first),
            number(numbers, first + 1),
            confidence,
        )
    });
}

/// A head in one layer, by its name or the only one. The plan's sizes are the numbers of faces and of
/// numbers of each, and 1 if those of a face lie side by side.
fn check_head(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    columns: usize,
    anchors: usize,
) -> Result<Plan, DecodeError> {
    let plan = match (decoder.resolve(input), input.tensors) {
        (Err(DecodeError::MissingLayer { .. }), [only])
            if input.layout.layers.get(Role::Detections).is_none() =>
        {
            decoder.check_type(only, &decoder.layers[0])?;
            Plan::of(&[0])
        }
        (found, _) => found?,
    };
    let tensor = plan.layer(input, 0);
    let (count, by_face) = match shape(tensor) {
        Some((channels, count)) if channels == columns && anchors == 1 && count != columns => {
            (count, 0)
        }
        Some((count, found)) if found == columns => (count, 1),
        _ => return Err(decoder.wrong_shape(0, tensor)),
    };
    if Cells::of(input.network, &[], count).is_none_or(|(_, found)| found != anchors) {
        return Err(DecodeError::Cells {
            decoder: decoder.name,
            layer: tensor.to_string(),
            width: input.network.width,
            height: input.network.height,
            expected: cells::expected(input.network, &[]),
        });
    }
    Ok(plan.with([count, columns, by_face, 0]))
}

/// Where a number of a face is.
fn place(plan: &Plan, entry: usize, column: usize) -> usize {
    let [count, columns, by_face, _] = plan.sizes;
    match by_face {
        0 => column * count + entry,
        _ => columns * entry + column,
    }
}

fn decode_v8(input: &Input<'_, '_>, plan: &Plan, scratch: &mut Scratch, out: &mut Candidates) {
    let usual = V8.boxes(input.layout);
    let corners = usual.form.corners();
    let numbers = plan.layer(input, 0);
    let [count, _, by_face, _] = plan.sizes;
    let scores = if by_face == 0 {
        floats(numbers, 4 * count..5 * count, &mut scratch.floats)
    } else {
        scratch.row.clear();
        let scores = (0..count).map(|entry| number(numbers, place(plan, entry, 4)));
        scratch.row.extend(scores);
        &scratch.row
    };
    scan::push(scores, 0, usual.activation, out, |entry| {
        corners([0, 1, 2, 3].map(|k| number(numbers, place(plan, entry, k))))
    });
}

fn decode_v5(input: &Input<'_, '_>, plan: &Plan, scratch: &mut Scratch, out: &mut Candidates) {
    let usual = V5.boxes(input.layout);
    let corners = usual.form.corners();
    let numbers = plan.layer(input, 0);
    let scores = &mut scratch.row;
    scores.clear();
    scores.extend((0..plan.sizes[0]).map(|entry| {
        number(numbers, place(plan, entry, 4)) * number(numbers, place(plan, entry, 15))
    }));
    scan::push(scores, 0, usual.activation, out, |entry| {
        corners([0, 1, 2, 3].map(|k| number(numbers, place(plan, entry, k))))
    });
}
