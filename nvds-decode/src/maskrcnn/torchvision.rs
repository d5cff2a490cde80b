//! Mask R-CNN of torchvision, and of all that export as it does.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `boxes` | `[N, 4]` | x_min, y_min, x_max, y_max in network pixels |
//! | `labels` | `[N]` | class numbers, from 1: 0 is the background, which is never given |
//! | `scores` | `[N]` | 0 to 1 |
//! | `masks` | `[N, 1, h, w]` or `[N, h, w]` | 0 to 1: of the box, 28x28, or of the whole input, whose size it then has |
//!
//! torchvision's own export has as many rows as detections.

use super::{Found, are_logits, boxes, size_of_mask};
use crate::boxes::form::BoxForm;
use crate::boxes::policy::NmsMode;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::letterbox::{BoxUnits, Size};
use crate::select::{COORDINATE, Decoder, Input, LayerSpec, Plan, REAL, Usual};
use crate::ssd::four;

pub(super) static DECODER: Decoder = Decoder {
    name: "mask-rcnn",
    format: Format::MaskRcnn,
    description: "Mask R-CNN of torchvision: boxes, labels, scores and masks",
    layers: &LAYERS,
    usual: |_| Usual {
        nms: NmsMode::None,
        ..Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels)
    },
    check,
    decode: |input, plan, _, out| four::decode(&DECODER, input, plan, out),
    finish: Some(|input, plan, detections, geometry, extras| {
        let (corners, units) = boxes(&DECODER, input);
        let [_, width, height, _] = plan.sizes;
        let rows = plan.layer(input, four::BOXES).data();
        let found = Found {
            layer: plan.layer(input, MASKS),
            size: Size::new(width as u32, height as u32),
            logits: are_logits(input.layout, false),
            units,
        };
        found.cut(
            (detections, geometry),
            extras,
            |detection| Ok(detection.entry as usize),
            |entry| corners(four::four_numbers(&rows, 4 * entry)),
        );
    }),
};

/// Place of the masks among the layers.
const MASKS: usize = 4;

static LAYERS: [LayerSpec; 5] = [
    LayerSpec::count(&["num_detections", "num_dets"]).optional(),
    LayerSpec::scores(&["scores"]),
    LayerSpec::classes(&["labels"]),
    LayerSpec::boxes(&["boxes"], COORDINATE),
    LayerSpec::new(
        Role::Masks,
        &["masks"],
        REAL,
        "[N, 1, h, w] or [N, h, w] of 28x28 and the like, or of the size of the network's input",
    ),
];

/// The plan's sizes are the number of rows, and width and height of a mask.
fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let plan = four::check(&DECODER, input)?;
    let masks = plan.layer(input, MASKS);
    let rows = plan.sizes[0];
    let found = match *masks.dims() {
        [ref leading @ .., found, 1, height, width] | [ref leading @ .., found, height, width]
            if found == rows && leading.iter().all(|&size| size == 1) =>
        {
            size_of_mask(height, width, input.network)
        }
        _ => None,
    };
    match found {
        Some(size) => Ok(plan.with([rows, size.width as usize, size.height as usize, 0])),
        None => Err(DECODER.wrong_shape(MASKS, masks)),
    }
}
