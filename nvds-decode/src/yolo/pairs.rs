//! Boxes in one layer, class scores in another, a row for each cell: YOLO-NAS, DAMO-YOLO, RTMDet, and
//! PP-YOLOE without its suppression.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | boxes: `pred_bboxes`, `boxes`, `bboxes` | `[N, 4]` | x_min, y_min, x_max, y_max in network pixels |
//! | scores: `pred_scores`, `scores` | `[N, C]` | 0 to 1 |
//!
//! The layers go by any names if their dimensions tell which is which. N is the number of cells: boxes
//! and scores of as many rows as there are anchors or queries are other networks' (raw SSDs, DETR).

use half::f16;

use super::cells::{Cells, expected};
use super::labels::MOST_CLASSES;
use super::table::{self, Number, Scores, Table};
use crate::boxes::candidates::Candidates;
use crate::boxes::form::BoxForm;
use crate::boxes::scratch::Scratch;
use crate::error::{DecodeError, Reading, describe};
use crate::layout::{Format, Role};
use crate::letterbox::BoxUnits;
use crate::select::{
    COORDINATE, Decoder, Input, LayerSpec, Plan, REAL, Usual, table as dimensions,
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
    finish: None,
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
