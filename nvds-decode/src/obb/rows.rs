//! Rows of box, score, class and angle, that need no suppression. See [`super`].

use super::heads::find;
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Corners;
use crate::boxes::form::BoxForm;
use crate::boxes::policy::NmsMode;
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::letterbox::BoxUnits;
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual, row_count};
use crate::ssd::four::{four_numbers, one_by_one};
use crate::yolo::cells::Cells;
use crate::yolo::labels::by_name;
use crate::yolo::rows::MOST_SELECTED;

pub(crate) static DECODER: Decoder = Decoder {
    name: "yolo-obb-e2e",
    format: Format::YoloObbEndToEnd,
    description: "YOLO26 of turned boxes from end to end, ultralytics' nms=True: rows of box, score, class, angle",
    layers: &LAYERS,
    usual: |_| Usual {
        nms: NmsMode::None,
        ..Usual::new(BoxForm::Xywh, BoxUnits::NetworkPixels)
    },
    check,
    decode,
    finish: None,
};

const COLUMNS: usize = 7;

static LAYERS: [LayerSpec; 1] = [LayerSpec::new(
    Role::Detections,
    &["output0", "output"],
    REAL,
    "[K, 7]",
)];

/// The plan's first size is the number of rows.
fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let plan = find(&DECODER, input)?;
    let tensor = plan.layer(input, 0);
    let rows = row_count(tensor, COLUMNS).ok_or_else(|| DECODER.wrong_shape(0, tensor))?;
    if input.layout.format.is_none() {
        by_name(&DECODER, tensor)?;
        let strides = &input.layout.yolo().strides[..];
        if rows > MOST_SELECTED || Cells::of(input.network, strides, rows).is_some() {
            return Err(DECODER.wrong_shape(0, tensor));
        }
    }
    Ok(plan.with([rows, 0, 0, 0]))
}

fn decode(input: &Input<'_, '_>, plan: &Plan, _: &mut Scratch, out: &mut Candidates) {
    out.boxes_are_turned();
    let (corners, activate) = one_by_one(&DECODER, input.layout);
    let rows = plan.layer(input, 0).data();
    for row in 0..plan.sizes[0] {
        let number = |column: usize| rows.value(COLUMNS * row + column).unwrap_or(f64::NAN);
        out.push_listed(row, number(5), activate(number(4) as f32), || Corners {
            angle: number(6) as f32,
            ..corners(four_numbers(&rows, COLUMNS * row))
        });
    }
}
