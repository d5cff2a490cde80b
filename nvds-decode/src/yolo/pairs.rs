//! Boxes in one layer, class scores in another, a row for each cell: YOLO-NAS, DAMO-YOLO, RTMDet, and
//! PP-YOLOE without its suppression.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | boxes: `pred_bboxes`, `boxes`, `bboxes` | `[N, 4]` | x_min, y_min, x_max, y_max in network pixels |
//! | scores: `pred_scores`, `scores` | `[N, C]` | 0 to 1 |
//!
//! | key points of YOLO-NAS-pose: `keypoints_xy` | `[N, K, 2]` | x, y in network pixels |
//! | and `keypoints_conf` | `[N, K]` | 0 to 1 |
//!
//! The layers go by any names if their dimensions tell which is which. N is the number of cells: boxes
//! and scores of as many rows as there are anchors or queries are other networks' (raw SSDs, DETR).

use half::f16;

use super::cells::{Cells, expected};
use super::labels::MOST_CLASSES;
use super::table::{self, Number, Scores, Table};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Detection;
use crate::boxes::extras::Extras;
use crate::boxes::form::BoxForm;
use crate::boxes::scratch::Scratch;
use crate::error::{DecodeError, Reading, describe};
use crate::faces::scan::{self, number};
use crate::layout::{Format, Role};
use crate::letterbox::{BoxUnits, Geometry};
use crate::select::{
    COORDINATE, Decoder, Input, LayerSpec, Plan, REAL, Usual, position, table as dimensions,
};
use crate::ssd::four_numbers;
use crate::tensor::TensorView;

pub(super) static DECODER: Decoder = Decoder {
    name: "yolo-nas",
    format: Format::YoloNas,
    description: "YOLO-NAS, DAMO-YOLO, RTMDet: corners in one layer, class scores in another",
    layers: &LAYERS,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels),
    check,
    decode,
    finish: Some(key_points),
};

const BOXES: usize = 0;
const SCORES: usize = 1;

static LAYERS: [LayerSpec; 2] = [
    LayerSpec::boxes(&["pred_bboxes", "boxes", "bboxes"], COORDINATE),
    LayerSpec::new(Role::Scores, &["pred_scores", "scores"], REAL, "[N, C]"),
];

/// The plan's sizes are the numbers of rows and of classes.
fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let plan = match DECODER.resolve(input) {
        Ok(plan) => plan,
        Err(error) => by_dimensions(input).ok_or(error)?,
    };
    let (boxes, scores) = (plan.layer(input, BOXES), plan.layer(input, SCORES));
    let (rows, columns) = dimensions(scores)
        .filter(|(_, columns)| (1..MOST_CLASSES).contains(columns))
        .ok_or_else(|| DECODER.wrong_shape(SCORES, scores))?;
    let count = match dimensions(boxes) {
        Some((rows, 4)) => rows,
        _ => return Err(DECODER.wrong_shape(BOXES, boxes)),
    };
    if rows != count {
        return Err(DECODER.count_mismatch((boxes, count), (scores, rows)));
    }
    if input.layout.format.is_none() {
        // A class for each box: the scores are not those of classes.
        let classes = |tensor: &&TensorView<'_>| tensor.name() == "classes";
        if columns == 1 && input.tensors.iter().any(|tensor| classes(&tensor)) {
            return Err(DECODER.wrong_shape(SCORES, scores));
        }
        let (network, strides) = (input.network, &input.layout.yolo().strides[..]);
        if Cells::of(network, strides, rows).is_none_or(|(_, per_cell)| per_cell != 1) {
            return Err(DecodeError::Cells {
                decoder: DECODER.name,
                layer: boxes.to_string(),
                width: network.width,
                height: network.height,
                expected: expected(network, strides),
            });
        }
        if let Some(labels) = input.layout.labels.filter(|&labels| labels != columns) {
            return Err(DecodeError::Labels {
                decoder: DECODER.name,
                layer: scores.to_string(),
                found: columns,
                labels,
            });
        }
        // Boxes of faces are given in another way.
        let other = |tensor: &TensorView<'_>| {
            let beside = ![boxes.name(), scores.name()].contains(&tensor.name());
            beside && tensor.name().contains("landmarks")
        };
        if input.tensors.iter().any(other) {
            return Err(DecodeError::Ambiguous {
                found: describe(input.tensors),
                readings: vec![
                    Reading::of(Format::YoloNas, DECODER.description),
                    Reading::foreign(
                        "rsfaceparser format=deepstream-yolo-face",
                        "centre and size, score, landmarks",
                    ),
                ],
            });
        }
    }
    Ok(plan.with([rows, columns, 0, 0]))
}

/// The only two tables of as many rows, one of four columns.
fn by_dimensions(input: &Input<'_, '_>) -> Option<Plan> {
    if !input.layout.layers.are_usual() {
        return None;
    }
    let tables = || {
        let tensors = input.tensors.iter().enumerate();
        tensors.filter_map(|(at, tensor)| Some((at, tensor, dimensions(tensor)?)))
    };
    let pairs = tables()
        .filter(|(_, tensor, (rows, columns))| {
            *columns == 4 && *rows > 1 && COORDINATE.contains(&tensor.data_type())
        })
        .flat_map(|(boxes, boxes_tensor, (rows, _))| {
            tables()
                .filter(move |(scores, tensor, (count, columns))| {
                    // Of two layers of four columns, the names must tell.
                    let told = boxes_tensor.name().contains("box");
                    *scores != boxes
                        && *count == rows
                        && REAL.contains(&tensor.data_type())
                        && (*columns != 4 || told)
                })
                .map(move |(scores, ..)| (boxes, scores))
        });
    let mut pairs = pairs.map(|(boxes, scores)| Plan::of(&[boxes, scores]));
    pairs.next().filter(|_| pairs.next().is_none())
}

fn decode(input: &Input<'_, '_>, plan: &Plan, scratch: &mut Scratch, out: &mut Candidates) {
    let scores = plan.layer(input, SCORES);
    match scores.slice::<f32>() {
        Some(data) => read(input, plan, data, scratch, out),
        None => {
            let data = scores.slice::<f16>().unwrap_or_default();
            read(input, plan, data, scratch, out);
        }
    }
}

fn read<T: Number>(
    input: &Input<'_, '_>,
    plan: &Plan,
    data: &[T],
    scratch: &mut Scratch,
    out: &mut Candidates,
) {
    let usual = DECODER.boxes(input.layout);
    let [rows, columns, ..] = plan.sizes;
    let table = Table {
        data,
        anchors: rows,
        channels: columns,
        by_channel: false,
    };
    let scores = Scores {
        objectness: None,
        classes: 0..columns,
        activation: usual.activation,
        multi_label: input.layout.yolo().multi_label,
        first: 0,
    };
    let boxes = plan.layer(input, BOXES).data();
    let corners = usual.form.corners();
    table::push(&table, &scores, scratch, out, |row| {
        corners(four_numbers(&boxes, 4 * row))
    });
}

/// Reads the key points of each detection, where layers of such names have as many rows as there are boxes.
fn key_points(
    input: &Input<'_, '_>,
    plan: &Plan,
    detections: &[Detection],
    geometry: &Geometry,
    extras: &mut Extras,
) {
    let layer = |name: &str| input.tensors.get(position(input.tensors, &[name])?);
    let (Some(places), Some(sure)) = (layer("keypoints_xy"), layer("keypoints_conf")) else {
        return;
    };
    let rows = plan.sizes[0];
    let count = match (dimensions(sure), places.dims()) {
        (Some((found, count)), [leading @ .., again, points, 2])
            if [found, *again] == [rows; 2]
                && *points == count
                && leading.iter().all(|&size| size == 1)
                && REAL.contains(&places.data_type()) =>
        {
            count
        }
        _ => return,
    };
    scan::points(detections, count, geometry, extras, |entry, at| {
        let point = entry * count + at;
        let [x, y] = [0, 1].map(|k| number(places, 2 * point + k));
        (x, y, number(sure, point))
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::boxes::policy::Params;
    use crate::boxes::postprocess::Postprocessor;
    use crate::letterbox::{Padding, Size};

    /// Of an input of 64x32, which has 42 cells, on a frame twice as large.
    fn run(points: &[usize]) -> (usize, Vec<crate::KeyPoint>) {
        let (mut boxes, mut scores) = ([0.0_f32; 4 * 42], [0.0_f32; 42]);
        boxes[4 * 7..4 * 8].copy_from_slice(&[10.0, 4.0, 30.0, 24.0]);
        scores[7] = 0.9;
        let places: Vec<f32> = (0..42 * 3 * 2).map(|n| n as f32).collect();
        let sure: Vec<f32> = (0..42 * 3).map(|n| n as f32 / 126.0).collect();
        let tensors = [
            TensorView::new("boxes", &[42, 4], &boxes[..]).unwrap(),
            TensorView::new("scores", &[42, 1], &scores[..]).unwrap(),
            TensorView::new("keypoints_xy", points, &places[..]).unwrap(),
            TensorView::new("keypoints_conf", &[1, 42, 3], &sure[..]).unwrap(),
        ];
        let geometry = Geometry::new(Size::new(64, 32), Size::new(128, 64), Padding::Stretch);
        let mut postprocessor = Postprocessor::of(&crate::yolo::FAMILY, Arc::default());
        let found = postprocessor.run(&tensors, &geometry.unwrap(), &Params::default());
        let found = found.unwrap().len();
        (found, postprocessor.extras().key_points.clone())
    }

    #[test]
    fn points_of_yolo_nas_pose_are_those_of_its_rows() {
        let (found, points) = run(&[42, 3, 2]);
        assert_eq!((found, points.len()), (1, 3));
        assert_eq!([points[1].x, points[1].y], [88.0, 90.0]);
        assert_eq!(points[1].confidence, 22.0 / 126.0);
        // Of other dimensions they are none of these.
        assert_eq!(run(&[3, 42, 2]), (1, vec![]));
    }
}
