//! RT-DETR as ultralytics exports it: one layer, a row for each query.
//!
//! | format | layer | dimensions | columns |
//! | --- | --- | --- | --- |
//! | `rtdetr-ultralytics` | `output0` | `[K, 6]` | box, score, class |
//! | `rtdetr-ultralytics-old` | `output0` | `[K, 4 + C]` | box, a score for each class, of which the best holds |
//!
//! A box is centre x, centre y, width and height, 0 to 1. Rows of six may be either; of two labels, or
//! of a number that is not known, nothing tells which. YOLO's rows of six from end to end, which are
//! corners in pixels, bear the same name: they are another family's.

use super::best;
use crate::boxes::candidates::Candidates;
use crate::boxes::form::BoxForm;
use crate::boxes::policy::NmsMode;
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::letterbox::BoxUnits;
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual, table};
use crate::ssd::four::{four_numbers, one_by_one};

pub(super) static ROWS: Decoder = Decoder {
    name: "rtdetr-ultralytics",
    format: Format::RtdetrUltralytics,
    description: "ultralytics' RT-DETR since 8.4: rows of box, score and class",
    layers: &LAYERS,
    usual: |_| Usual {
        nms: NmsMode::None,
        ..Usual::new(BoxForm::Xywh, BoxUnits::Normalised)
    },
    check: |input| {
        let plan = find(&ROWS, input)?;
        match plan.sizes[1] {
            6 => Ok(plan),
            _ => Err(ROWS.wrong_shape(0, plan.layer(input, 0))),
        }
    },
    decode: decode_rows,
    finish: None,
};

pub(super) static SCORES: Decoder = Decoder {
    name: "rtdetr-ultralytics-old",
    format: Format::RtdetrUltralyticsOld,
    description: "ultralytics' RT-DETR up to 8.3: rows of a box and a score for each class",
    layers: &LAYERS_OLD,
    check: |input| {
        let plan = find(&SCORES, input)?;
        let [rows, columns, _, _] = plan.sizes;
        let fits = match input.layout.labels {
            _ if input.layout.format == Some(Format::RtdetrUltralyticsOld) => true,
            Some(labels) => columns == labels.saturating_add(4),
            // A YOLO's head has the boxes side by side.
            None => columns < rows,
        };
        match columns > 4 && fits {
            true => Ok(plan),
            false => Err(SCORES.wrong_shape(0, plan.layer(input, 0))),
        }
    },
    decode: decode_scores,
    ..ROWS
};

static LAYERS: [LayerSpec; 1] = [LayerSpec::new(
    Role::Detections,
    &["output0"],
    REAL,
    "[K, 6]",
)];
static LAYERS_OLD: [LayerSpec; 1] = [LayerSpec {
    dims: "[K, 4 + C] with a score for each of C labels",
    ..LAYERS[0]
}];

/// The layer by its name, or the only one if the layout names the format. The plan's sizes are the
/// numbers of rows and columns.
fn find(decoder: &Decoder, input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let plan = match (decoder.resolve(input), input.tensors) {
        (Err(DecodeError::MissingLayer { .. }), [only])
            if input.layout.format == Some(decoder.format)
                && input.layout.layers.get(Role::Detections).is_none() =>
        {
            decoder.check_type(only, &decoder.layers[0])?;
            Plan::of(&[0])
        }
        (found, _) => found?,
    };
    let rows = plan.layer(input, 0);
    let (count, columns) = table(rows).ok_or_else(|| decoder.wrong_shape(0, rows))?;
    Ok(plan.with([count, columns, 0, 0]))
}

fn decode_rows(input: &Input<'_, '_>, plan: &Plan, _: &mut Scratch, out: &mut Candidates) {
    let (corners, activate) = one_by_one(&ROWS, input.layout);
    let [count, columns, _, _] = plan.sizes;
    let rows = plan.layer(input, 0).data();
    for row in 0..count {
        let number = |column: usize| rows.value(columns * row + column).unwrap_or(f64::NAN);
        out.push_listed(row, number(5), activate(number(4) as f32), || {
            corners(four_numbers(&rows, columns * row))
        });
    }
}

fn decode_scores(input: &Input<'_, '_>, plan: &Plan, scratch: &mut Scratch, out: &mut Candidates) {
    let (corners, activate) = one_by_one(&SCORES, input.layout);
    let columns = plan.sizes[1];
    out.note_columns(columns.saturating_sub(4) as u32);
    let memory = &mut scratch.floats;
    let rows = plan.layer(input, 0);
    match rows.slice::<f32>() {
        Some(rows) => best::of_rows(rows, columns, activate, memory, out, corners),
        None => {
            let rows = rows.slice::<half::f16>().unwrap_or_default();
            best::of_rows(rows, columns, activate, memory, out, corners);
        }
    }
}
