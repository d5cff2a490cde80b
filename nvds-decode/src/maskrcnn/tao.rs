//! Mask R-CNN of NVIDIA's TAO, such as PeopleSegNet.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `generate_detections` | `[N, 6]` | y_min, x_min, y_max, x_max in network pixels, class, score |
//! | `mask_fcn_logits/BiasAdd` or `mask_fcn_logits/sigmoid` | `[N, C, h, w]` | for each class a mask of the box, 28x28 |
//!
//! Of the masks of a row, that of its class counts. They are logits unless the layer's name has "sigmoid" in it. Rows beyond
//! the detections have the score 0.

use super::{Found, are_logits, boxes, size_of_mask};
use crate::boxes::candidates::Candidates;
use crate::boxes::doubt::Doubt;
use crate::boxes::form::BoxForm;
use crate::boxes::policy::NmsMode;
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::letterbox::{BoxUnits, Size};
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual, table};
use crate::ssd::four::{four_numbers, one_by_one};

pub(super) static DECODER: Decoder = Decoder {
    name: "tao-mask-rcnn",
    format: Format::TaoMaskRcnn,
    description: "Mask R-CNN of TAO: rows of box, class and score, and a mask for each class",
    layers: &LAYERS,
    usual: |_| Usual {
        nms: NmsMode::None,
        ..Usual::new(BoxForm::Yxyx, BoxUnits::NetworkPixels)
    },
    check,
    decode,
    finish: Some(|input, plan, detections, geometry, extras| {
        let (corners, units) = boxes(&DECODER, input);
        let [_, classes, width, height] = plan.sizes;
        let rows = plan.layer(input, ROWS).data();
        let layer = plan.layer(input, MASKS);
        let mut parts = layer.name().as_bytes().windows(SIGMOID.len());
        let usual = !parts.any(|part| part.eq_ignore_ascii_case(SIGMOID));
        let found = Found {
            layer,
            size: Size::new(width as u32, height as u32),
            logits: are_logits(input.layout, usual),
            units,
        };
        found.cut(
            (detections, geometry),
            extras,
            |detection| {
                let class = match classes {
                    1 => 0, // one for all
                    _ => detection.class_id as usize,
                };
                match class < classes {
                    true => Ok(detection.entry as usize * classes + class),
                    false => Err(Doubt::MaskClass(detection.class_id, classes)),
                }
            },
            |entry| corners(four_numbers(&rows, COLUMNS * entry)),
        );
    }),
};

/// What the names of layers have whose values are no logits.
const SIGMOID: &[u8] = b"sigmoid";
const ROWS: usize = 0;
const MASKS: usize = 1;
/// Box, class, score.
const COLUMNS: usize = 6;

static LAYERS: [LayerSpec; 2] = [
    LayerSpec::new(Role::Detections, &["generate_detections"], REAL, "[N, 6]"),
    LayerSpec::new(
        Role::Masks,
        &[
            "mask_fcn_logits/BiasAdd",
            "mask_fcn_logits/sigmoid",
            "mask_fcn_logits/Sigmoid",
            "mask_fcn_logits",
            "mask_fcn_sigmoid",
        ],
        REAL,
        "[N, C, h, w] with N masks for each of C classes",
    ),
];

/// The plan's sizes are the numbers of rows and of classes, and width and height of a mask.
fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let plan = DECODER.resolve(input)?;
    let rows = plan.layer(input, ROWS);
    let Some((count, COLUMNS)) = table(rows) else {
        return Err(DECODER.wrong_shape(ROWS, rows));
    };
    let masks = plan.layer(input, MASKS);
    let found = match *masks.dims() {
        [ref leading @ .., found, classes, height, width]
            if found == count && classes > 0 && leading.iter().all(|&size| size == 1) =>
        {
            size_of_mask(height, width, input.network).map(|size| (classes, size))
        }
        _ => None,
    };
    match found {
        Some((classes, size)) => {
            Ok(plan.with([count, classes, size.width as usize, size.height as usize]))
        }
        None => Err(DECODER.wrong_shape(MASKS, masks)),
    }
}

fn decode(input: &Input<'_, '_>, plan: &Plan, _: &mut Scratch, out: &mut Candidates) {
    let (corners, activate) = one_by_one(&DECODER, input.layout);
    let rows = plan.layer(input, ROWS).data();
    for row in 0..plan.sizes[0] {
        let number = |column: usize| rows.value(COLUMNS * row + column).unwrap_or(f64::NAN);
        out.push_listed(row, number(4), activate(number(5) as f32), || {
            corners(four_numbers(&rows, COLUMNS * row))
        });
    }
}
