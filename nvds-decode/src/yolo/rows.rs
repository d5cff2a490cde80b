//! Rows of a box, its score and its class.
//!
//! | format | dimensions | columns | boxes suppress each other |
//! | --- | --- | --- | --- |
//! | `yolo-e2e` | `[K, 6]`, `[K, 6+E]` | corners, score, class, E other numbers | no: YOLOv10 and YOLO26 end to end, ultralytics' `nms=True`, CenterNet |
//! | `deepstream-yolo` | `[N, 6]` | the same | yes: DeepStream-Yolo since 2024-11 |
//! | `deepstream-yolo-2023` | `[N, 6]` | centre and size, score, class | yes: DeepStream-Yolo of 2023-05 |
//! | `yolov7-e2e` | `[M, 7]` | image, corners, class, score | no |
//! | `super-gradients-flat` | `[M, 7]` | image, corners, score, class | no |
//! | `pp-yoloe` | `[M, 6]` | class, score, corners; beside a count | no |
//! | `deepstream-yolo-pose` | `[N, 5+3K]` | corners, score, key points | yes: DeepStream-Yolo-Pose |
//!
//! Boxes are in network pixels. The other numbers are mask coefficients or key points, of which those of the rows that
//! are left are read: 32 beside a layer of prototypes or not, 51 of people, two or three for each point of one label,
//! as many as are stated, or any number but one where the format is. N is the number of cells or three times that; K and M are not.
//! ultralytics' RT-DETR has rows of six as well, with centre and size of 0 to 1: read as `yolo-e2e`
//! its boxes all lie in the first two pixels, which gives rise to a [`Doubt`](crate::Doubt).

mod decode;

use self::decode::decode;
use super::after;
use super::cells::{Cells, expected};
use super::labels;
use crate::boxes::detection::Detection;
use crate::boxes::extras::Extras;
use crate::boxes::form::BoxForm;
use crate::boxes::policy::NmsMode;
use crate::error::DecodeError;
use crate::layout::{Format, Layout, Role};
use crate::letterbox::{BoxUnits, Geometry};
use crate::select::{
    Decoder, Input, LayerSpec, NUMBER, Plan, REAL, Usual, list_length, table as dimensions,
};
use crate::tensor::TensorView;

pub(super) static END_TO_END: Decoder = Decoder {
    name: "yolo-e2e",
    format: Format::EndToEnd,
    description: "YOLOv10 and YOLO26 end to end, ultralytics with nms=True: rows that are suppressed",
    layers: &SIX_OR_MORE,
    usual: suppressed,
    check: |input| check(&END_TO_END, input),
    decode: |input, plan, _, out| decode(&END_TO_END, input, plan, out),
    finish: Some(|input, plan, found, geometry, extras| {
        let one_class = input.layout.labels == Some(1);
        finish((6, one_class), input, plan, (found, geometry), extras);
    }),
};

pub(super) static DEEPSTREAM_POSE: Decoder = Decoder {
    name: "deepstream-yolo-pose",
    format: Format::DeepstreamYoloPose,
    description: "DeepStream-Yolo-Pose's exports: rows of corners, score and key points",
    layers: &POSE,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels),
    check: check_pose,
    decode: |input, plan, _, out| decode(&DEEPSTREAM_POSE, input, plan, out),
    finish: Some(|input, plan, found, geometry, extras| {
        finish((5, true), input, plan, (found, geometry), extras);
    }),
};

pub(super) static DEEPSTREAM: Decoder = Decoder {
    name: "deepstream-yolo",
    format: Format::DeepstreamYolo,
    description: "DeepStream-Yolo's exports: rows of corners, score and class",
    layers: &SIX,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels),
    check: |input| check(&DEEPSTREAM, input),
    decode: |input, plan, _, out| decode(&DEEPSTREAM, input, plan, out),
    finish: None,
};

pub(super) static DEEPSTREAM_2023: Decoder = Decoder {
    name: "deepstream-yolo-2023-rows",
    format: Format::DeepstreamYolo2023,
    description: "DeepStream-Yolo's exports of 2023-05: rows of centre, size, score and class",
    layers: &SIX,
    usual: |_| Usual::new(BoxForm::Xywh, BoxUnits::NetworkPixels),
    check: |input| check(&DEEPSTREAM_2023, input),
    decode: |input, plan, _, out| decode(&DEEPSTREAM_2023, input, plan, out),
    finish: None,
};

pub(super) static YOLOV7: Decoder = Decoder {
    name: "yolov7-e2e",
    format: Format::Yolov7EndToEnd,
    description: "YOLOv7 end to end: rows of image, corners, class and score",
    layers: &SEVEN,
    check: |input| check(&YOLOV7, input),
    decode: |input, plan, _, out| decode(&YOLOV7, input, plan, out),
    finish: None,
    ..END_TO_END
};

pub(super) static SUPER_GRADIENTS: Decoder = Decoder {
    name: "super-gradients-flat",
    format: Format::SuperGradientsFlat,
    description: "super-gradients' flat export: rows of image, corners, score and class",
    layers: &SEVEN,
    check: |input| check(&SUPER_GRADIENTS, input),
    decode: |input, plan, _, out| decode(&SUPER_GRADIENTS, input, plan, out),
    finish: None,
    ..END_TO_END
};

pub(super) static PP_YOLOE: Decoder = Decoder {
    name: "pp-yoloe",
    format: Format::PpYoloe,
    description: "PP-YOLOE with its suppression: rows of class, score and corners",
    layers: &COUNTED,
    check: |input| check(&PP_YOLOE, input),
    decode: |input, plan, _, out| decode(&PP_YOLOE, input, plan, out),
    finish: None,
    ..END_TO_END
};

fn suppressed(_: &Layout) -> Usual {
    Usual {
        nms: NmsMode::None,
        ..Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels)
    }
}

const ROWS: usize = 0;
const COUNT: usize = 1;

static SIX: [LayerSpec; 1] = [LayerSpec::new(
    Role::Detections,
    &["output0", "output", "detections"],
    REAL,
    "[N, 6]",
)];

static SIX_OR_MORE: [LayerSpec; 1] = [LayerSpec {
    dims: "[N, 6], or [N, 6+E] with mask coefficients or key points",
    ..SIX[0]
}];

static POSE: [LayerSpec; 1] = [LayerSpec {
    names: &["output"],
    dims: "[N, 5+3K]",
    ..SIX[0]
}];

static SEVEN: [LayerSpec; 1] = [LayerSpec::new(
    Role::Detections,
    &["output", "flat_predictions"],
    REAL,
    "[N, 7]",
)];

static COUNTED: [LayerSpec; 2] = [
    LayerSpec::new(
        Role::Detections,
        &["multiclass_nms3_0.tmp_0"],
        REAL,
        "[N, 6]",
    ),
    LayerSpec::new(Role::Count, &["multiclass_nms3_0.tmp_2"], NUMBER, "[1]").optional(),
];

/// Which column holds what.
struct Columns {
    /// How many there are, other numbers left out.
    count: usize,
    image: Option<usize>,
    corners: usize,
    score: usize,
    class: usize,
}

fn columns(decoder: &Decoder) -> Columns {
    let (count, image, corners, score, class) = match decoder.format {
        Format::Yolov7EndToEnd => (7, Some(0), 1, 6, 5),
        Format::SuperGradientsFlat => (7, Some(0), 1, 5, 6),
        Format::PpYoloe => (6, None, 2, 1, 0),
        // The only class is 0.
        Format::DeepstreamYoloPose => (5, None, 0, 4, usize::MAX),
        _ => (6, None, 0, 4, 5),
    };
    Columns {
        count,
        image,
        corners,
        score,
        class,
    }
}

/// More rows than networks select.
pub(crate) const MOST_SELECTED: usize = 1000;

/// The plan's sizes are the numbers of rows and of columns.
fn check(decoder: &Decoder, input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let stated = input.layout.format.is_some();
    let Columns { count, .. } = columns(decoder);
    let fits = |&(rows, columns): &(usize, usize)| {
        columns == count || decoder.format == Format::EndToEnd && more_fit(input, rows, columns)
    };
    let mut places = (0..input.tensors.len())
        .filter(|&at| dimensions(&input.tensors[at]).as_ref().is_some_and(fits));
    let named = input.layout.layers.get(Role::Detections).is_some();
    let plan = match (places.next(), places.next()) {
        (Some(at), None) if !named => Plan::of(&[at]),
        _ => decoder.resolve(input)?,
    };
    let rows = plan.layer(input, ROWS);
    decoder.check_type(rows, &decoder.layers[ROWS])?;
    let (room, columns) = dimensions(rows)
        .filter(fits)
        .ok_or_else(|| decoder.wrong_shape(ROWS, rows))?;
    let (network, strides) = (input.network, &input.layout.yolo().strides[..]);
    let is_cells = Cells::of(network, strides, room).is_some();
    let not_selected = !matches!(
        decoder.format,
        Format::DeepstreamYolo | Format::DeepstreamYolo2023
    );
    if !stated {
        labels::by_name(decoder, rows)?;
        let fits = match decoder.format {
            Format::DeepstreamYolo => is_cells,
            // For a few days only; all later ones have three layers.
            Format::DeepstreamYolo2023 => false,
            Format::PpYoloe => rows.name().contains("multiclass_nms"),
            _ => !is_cells && room <= MOST_SELECTED,
        };
        if !fits && not_selected {
            return Err(decoder.wrong_shape(ROWS, rows));
        }
        if !fits {
            return Err(DecodeError::Cells {
                decoder: decoder.name,
                layer: rows.to_string(),
                width: network.width,
                height: network.height,
                expected: expected(network, strides),
            });
        }
    }
    let mut plan = plan.with([room, columns, 0, 0]);
    if let Some(spec) = decoder.layers.get(COUNT)
        && let Some(at) = input.position(spec)
    {
        plan.put(COUNT, at);
        let count = plan.layer(input, COUNT);
        if list_length(count) != Some(1) {
            return Err(decoder.wrong_shape(COUNT, count));
        }
    }
    Ok(plan)
}

/// More numbers than follow the class of a row.
const MOST_EXTRAS: usize = 512;

/// Whether mask coefficients or key points may follow the class of each row.
fn more_fit(input: &Input<'_, '_>, rows: usize, columns: usize) -> bool {
    // Rows of seven are others.
    let Some(extras @ 2..=MOST_EXTRAS) = columns.checked_sub(6) else {
        return false;
    };
    let yolo = input.layout.yolo();
    if let Some(stated) = yolo.extras {
        return extras == stated;
    }
    // A score for each label after the box: a DETR.
    let of_scores = input.layout.labels == Some(columns - 4);
    // A column for each cell: a head.
    let of_cells = Cells::of(input.network, &yolo.strides, columns).is_some();
    if of_scores || of_cells || rows > MOST_SELECTED {
        return false;
    }
    // The points of DeepStream-Yolo-Pose follow the score.
    let of_pose = (columns - 5).is_multiple_of(3);
    let of_points = extras.is_multiple_of(3) || extras.is_multiple_of(2) && !of_pose;
    // Beside other layers, the name must tell as well: faces have such numbers in one of several.
    let named = |tensor: &TensorView<'_>| SIX[ROWS].names.contains(&tensor.name());
    input.layout.format.is_some()
        || labels::are_usual_extras(input, extras)
        || input.layout.labels == Some(1) && of_points && input.tensors.iter().all(named)
}

/// As [`check`], of rows whose only class has no column.
fn check_pose(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let decoder = &DEEPSTREAM_POSE;
    let plan = match (decoder.resolve(input), input.tensors) {
        (Err(DecodeError::MissingLayer { .. }), [only])
            if input.layout.layers.get(Role::Detections).is_none() =>
        {
            decoder.check_type(only, &decoder.layers[ROWS])?;
            Plan::of(&[0])
        }
        (found, _) => found?,
    };
    let tensor = plan.layer(input, ROWS);
    let (rows, columns) = dimensions(tensor).ok_or_else(|| decoder.wrong_shape(ROWS, tensor))?;
    let yolo = input.layout.yolo();
    let points = columns.saturating_sub(5);
    let fits = points > 0 && points.is_multiple_of(yolo.point_numbers.unwrap_or(3));
    let stated = input.layout.format.is_some();
    // One label, and the export's name for it.
    let known = input.layout.labels == Some(1) && labels::of_deepstream(tensor);
    if !fits || !stated && !known {
        return Err(decoder.wrong_shape(ROWS, tensor));
    }
    if !stated && Cells::of(input.network, &yolo.strides, rows).is_none() {
        return Err(DecodeError::Cells {
            decoder: decoder.name,
            layer: tensor.to_string(),
            width: input.network.width,
            height: input.network.height,
            expected: expected(input.network, &yolo.strides),
        });
    }
    Ok(plan.with([rows, columns, 0, 0]))
}

/// Reads what follows the first columns of the detections' rows.
fn finish(
    (first, one_class): (usize, bool),
    input: &Input<'_, '_>,
    plan: &Plan,
    found: (&[Detection], &Geometry),
    extras: &mut Extras,
) {
    let rows = plan.layer(input, ROWS);
    after::read_rows(
        input,
        (rows, plan.sizes[1], first),
        one_class,
        found,
        extras,
    );
}
