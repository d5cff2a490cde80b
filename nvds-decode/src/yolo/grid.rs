//! One layer with a row or column for each anchor: four numbers of a box, an objectness or none, a
//! score for each class, and what else the head computes.
//!
//! | format | dimensions | box | networks |
//! | --- | --- | --- | --- |
//! | `yolov8` | `[4+C, N]` or `[N, 4+C]` | centre and size in pixels | ultralytics' YOLOv3u, v5u, v6, v8, v9, 11, 12; v10 and 26 one to many |
//! | `yolov5` | `[N, 5+C]` or `[5+C, N]` | the same, then the objectness | YOLOv5, v7, YOLOR, YOLOv6, YOLOX decoded in the graph |
//! | `yolox` | `[N, 5+C]` or `[5+C, N]` | offset from the cell and logarithm of the size, in cells; the objectness | YOLOX as exported by default |
//!
//! N is the number of cells, or three times that for networks with three anchors in each. Scores are 0
//! to 1 unless an activation is stated; that of an entry is the product of objectness and class score.
//!
//! The layer goes by any name, but only one may fit. How many numbers follow the class scores follows from
//! the number of labels; `yolo-pose` is `yolov8` of one class. Key points and mask coefficients among them are read
//! for the detections that are left, others are left out: see `after.rs`.

use half::f16;

use super::after;
use super::cells::{Cells, expected};
use super::labels::{self, Channels};
use super::table::{self, Number, Scores, Table};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::{Corners, Detection};
use crate::boxes::extras::Extras;
use crate::boxes::form::{BoxForm, xywh};
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::faces::scan::number;
use crate::layout::{Format, Role};
use crate::letterbox::{BoxUnits, Geometry};
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual, table as dimensions};
use crate::tensor::TensorView;

pub(super) static V8: Decoder = Decoder {
    name: "yolov8",
    format: Format::Yolov8,
    description: "YOLOv8, v9, 11, 12: a score for each class",
    layers: &V8_LAYERS,
    usual: |_| Usual::new(BoxForm::Xywh, BoxUnits::NetworkPixels),
    check: |input| check(&V8, input),
    decode: |input, plan, scratch, out| decode(&V8, input, plan, scratch, out),
    finish: Some(|input, plan, found, geometry, extras| {
        finish(&V8, input, plan, (found, geometry), extras);
    }),
};

pub(super) static POSE: Decoder = Decoder {
    name: "yolo-pose",
    format: Format::YoloPose,
    description: "YOLOv8, 11 and 26 of one class with key points",
    layers: &POSE_LAYERS,
    // Found as YOLOv8 with one label.
    check: |input| match input.layout.format {
        Some(Format::YoloPose) => check(&POSE, input),
        _ => Err(POSE.missing(input)),
    },
    decode: |input, plan, scratch, out| decode(&POSE, input, plan, scratch, out),
    finish: Some(|input, plan, found, geometry, extras| {
        finish(&POSE, input, plan, (found, geometry), extras);
    }),
    ..V8
};

pub(super) static V5: Decoder = Decoder {
    name: "yolov5",
    format: Format::Yolov5,
    description: "YOLOv5, v6, v7, YOLOX decoded in the graph: objectness and a score for each class",
    layers: &V5_LAYERS,
    check: |input| check(&V5, input),
    decode: |input, plan, scratch, out| decode(&V5, input, plan, scratch, out),
    finish: Some(|input, plan, found, geometry, extras| {
        finish(&V5, input, plan, (found, geometry), extras);
    }),
    ..V8
};

pub(super) static X: Decoder = Decoder {
    name: "yolox",
    format: Format::Yolox,
    description: "YOLOX as exported by default: boxes relative to their cells",
    check: |input| check(&X, input),
    decode: |input, plan, scratch, out| decode(&X, input, plan, scratch, out),
    finish: None,
    ..V5
};

/// By any name.
static V8_LAYERS: [LayerSpec; 1] = [LayerSpec::new(
    Role::Detections,
    &["output0", "output"],
    REAL,
    "[4+C, N] or [N, 4+C]",
)];

static POSE_LAYERS: [LayerSpec; 1] = [LayerSpec {
    dims: "[4+1+2K, N] or [4+1+3K, N], or the same transposed",
    ..V8_LAYERS[0]
}];

static V5_LAYERS: [LayerSpec; 1] = [LayerSpec::new(
    Role::Detections,
    &["output", "output0", "outputs"],
    REAL,
    "[N, 5+C] or [5+C, N]",
)];

/// What a format's heads are like.
struct Head {
    objectness: bool,
    cells: bool,
}

fn head(decoder: &Decoder, input: &Input<'_, '_>) -> Head {
    let format = decoder.format;
    let (objectness, cells) = (
        !matches!(format, Format::Yolov8 | Format::YoloPose),
        format == Format::Yolox,
    );
    match input.layout.format {
        // Who states the format knows the network; else its options are another format's.
        Some(_) => Head {
            objectness: input.layout.yolo().objectness.unwrap_or(objectness),
            cells: input.layout.yolo().cells.unwrap_or(cells),
        },
        None => Head { objectness, cells },
    }
}

/// Meanings of the plan's sizes.
const ANCHORS: usize = 0;
const CHANNELS: usize = 1;
const CLASSES: usize = 2;
const BY_CHANNEL: usize = 3;

fn check(decoder: &Decoder, input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let mut error = None;
    let mut found: Vec<Plan> = Vec::new();
    for at in places(decoder, input)? {
        match look(decoder, input, at) {
            Ok(plan) => found.push(plan),
            Err(reason) => error = error.or(Some(reason)),
        }
    }
    match found[..] {
        [plan] => Ok(plan),
        [] => Err(error.unwrap_or_else(|| match input.tensors {
            // It is all there is, so its dimensions are what is wrong.
            [only] => decoder.wrong_shape(0, only),
            _ => decoder.missing(input),
        })),
        // Either would be a guess.
        _ => Err(DecodeError::SeveralLayers {
            decoder: decoder.name,
            layers: found
                .iter()
                .map(|plan| plan.layer(input, 0).to_string())
                .collect(),
        }),
    }
}

/// Where the layer may be: the one that the user names, or any table.
fn places(decoder: &Decoder, input: &Input<'_, '_>) -> Result<Vec<usize>, DecodeError> {
    if input.layout.layers.get(Role::Detections).is_some() {
        let plan = decoder.resolve(input)?;
        return Ok((0..input.tensors.len())
            .filter(|&at| std::ptr::eq(plan.layer(input, 0), &input.tensors[at]))
            .collect());
    }
    let tables = (0..input.tensors.len()).filter(|&at| dimensions(&input.tensors[at]).is_some());
    Ok(tables.collect())
}

fn look(decoder: &Decoder, input: &Input<'_, '_>, at: usize) -> Result<Plan, DecodeError> {
    let tensor = &input.tensors[at];
    decoder.check_type(tensor, &decoder.layers[0])?;
    let (rows, columns) = dimensions(tensor).ok_or_else(|| decoder.wrong_shape(0, tensor))?;
    let head = head(decoder, input);
    let before = if head.objectness { 5 } else { 4 };
    let network = input.network;
    let strides = &input.layout.yolo().strides[..];
    let stated = input.layout.format.is_some();
    let cells = |anchors| Cells::of(network, strides, anchors);
    let wrong_cells = || DecodeError::Cells {
        decoder: decoder.name,
        layer: tensor.to_string(),
        width: network.width,
        height: network.height,
        expected: expected(network, strides),
    };
    // Where both dimensions are numbers of cells, or none is, the longer one is that of the anchors if
    // it is certain that one of the two is.
    let by_channel = match (cells(columns), cells(rows)) {
        (Some(_), None) => true,
        (None, Some(_)) => false,
        _ if stated && rows != columns => rows < columns,
        _ => return Err(wrong_cells()),
    };
    let (channels, anchors) = if by_channel {
        (rows, columns)
    } else {
        (columns, rows)
    };
    let per_cell = cells(anchors).map(|(_, per_cell)| per_cell);
    match per_cell {
        // Three anchors a cell are those of heads with objectness.
        Some(3) if !stated && (!head.objectness || head.cells) => return Err(wrong_cells()),
        Some(3) | None if head.cells => return Err(wrong_cells()),
        None if !stated => return Err(wrong_cells()),
        _ => (),
    }
    if !stated {
        labels::by_name(decoder, tensor)?;
        // Boxes of as many rows in another layer are the ones.
        let boxes = |other: &TensorView<'_>| dimensions(other) == Some((rows, 4));
        if input
            .tensors
            .iter()
            .enumerate()
            .any(|(place, other)| place != at && boxes(other))
        {
            return Err(decoder.wrong_shape(0, tensor));
        }
    }
    let classes = labels::classes(&Channels {
        decoder,
        input,
        tensor,
        rest: channels
            .checked_sub(before)
            .ok_or_else(|| decoder.wrong_shape(0, tensor))?,
        objectness: head.objectness,
        by_channel,
    })?;
    if !stated && by_channel && head.objectness {
        // No exporter gives these so; those without objectness are.
        return Err(decoder.wrong_shape(0, tensor));
    }
    let mut plan = Plan::of(&[at]);
    plan.sizes[ANCHORS] = anchors;
    plan.sizes[CHANNELS] = channels;
    plan.sizes[CLASSES] = classes;
    plan.sizes[BY_CHANNEL] = usize::from(by_channel);
    Ok(plan)
}

fn decode(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    plan: &Plan,
    scratch: &mut Scratch,
    out: &mut Candidates,
) {
    let tensor = plan.layer(input, 0);
    match tensor.slice::<f32>() {
        Some(data) => read(decoder, input, plan, data, scratch, out),
        None => {
            let data = tensor.slice::<f16>().unwrap_or_default();
            read(decoder, input, plan, data, scratch, out);
        }
    }
}

fn read<T: Number>(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    plan: &Plan,
    data: &[T],
    scratch: &mut Scratch,
    out: &mut Candidates,
) {
    let head = head(decoder, input);
    let table = Table {
        data,
        anchors: plan.sizes[ANCHORS],
        channels: plan.sizes[CHANNELS],
        by_channel: plan.sizes[BY_CHANNEL] != 0,
    };
    let usual = decoder.boxes(input.layout);
    let before = if head.objectness { 5 } else { 4 };
    let scores = Scores {
        objectness: head.objectness.then_some(4),
        classes: before..before + plan.sizes[CLASSES],
        activation: usual.activation,
        multi_label: input.layout.yolo().multi_label,
        first: 0,
    };
    if !head.cells {
        let corners = usual.form.corners();
        return table::push(&table, &scores, scratch, out, |anchor| {
            corners(table.four(anchor, 0))
        });
    }
    let strides = &input.layout.yolo().strides[..];
    let Some((cells, _)) = Cells::of(input.network, strides, table.anchors) else {
        return; // checked before
    };
    table::push(&table, &scores, scratch, out, |anchor| {
        of_cell(cells.cell(anchor), table.four(anchor, 0))
    });
}

/// Reads what follows the class scores of the detections.
fn finish(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    plan: &Plan,
    found: (&[Detection], &Geometry),
    extras: &mut Extras,
) {
    let [anchors, channels, classes, by_channel] = plan.sizes;
    let before = if head(decoder, input).objectness {
        5
    } else {
        4
    };
    let first = before + classes;
    let numbers = plan.layer(input, 0);
    let after = channels.saturating_sub(first);
    after::read(input, after, classes == 1, found, extras, |entry, at| {
        let channel = first + at;
        let place = match by_channel {
            0 => entry * channels + channel,
            _ => channel * anchors + entry,
        };
        number(numbers, place)
    });
}

/// A box relative to its cell.
fn of_cell((x, y, stride): (f32, f32, f32), [dx, dy, dw, dh]: [f32; 4]) -> Corners {
    xywh([
        (dx + x) * stride,
        (dy + y) * stride,
        dw.exp() * stride,
        dh.exp() * stride,
    ])
}
