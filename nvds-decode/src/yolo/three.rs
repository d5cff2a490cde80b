//! A box, a score and a class for each anchor, in three layers: DeepStream-Yolo from 2023-06 to 2024-11.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `boxes` | `[N, 4]` | network pixels, see below |
//! | `scores` | `[N, 1]` | 0 to 1 |
//! | `classes` | `[N, 1]`, INT32 or FLOAT | class numbers from 0 |
//!
//! Networks for its parser `NvDsInferParseYolo` give centre and size, those for `NvDsInferParseYoloE`
//! corners. DeepStream-Yolo-Seg gives corners, of boxes that are suppressed already, and a fourth layer, `masks`
//! `[N, h, w]`: values of 0 to 1, each mask cut to its box. Nothing in the layers tells which of the first two, so the format must.

use super::cells::{Cells, expected};
use crate::boxes::form::BoxForm;
use crate::boxes::policy::NmsMode;
use crate::error::DecodeError;
use crate::faces::scan::number;
use crate::layout::{Format, Role};
use crate::letterbox::{BoxUnits, Size};
use crate::select::{COORDINATE, Decoder, Input, LayerSpec, Plan, REAL, Usual};
use crate::ssd::four;

pub(super) static DECODER: Decoder = Decoder {
    name: "deepstream-yolo-2023",
    format: Format::DeepstreamYolo2023,
    description: "DeepStream-Yolo before 2024-11 with NvDsInferParseYolo: centre and size, score, class",
    layers: &LAYERS,
    usual: |_| Usual::new(BoxForm::Xywh, BoxUnits::NetworkPixels),
    check: |input| check(&DECODER, input),
    decode: |input, plan, _, out| four::decode(&DECODER, input, plan, out),
    finish: None,
};

pub(super) static DECODER_E: Decoder = Decoder {
    name: "deepstream-yoloe-2023",
    format: Format::DeepstreamYoloe2023,
    description: "DeepStream-Yolo before 2024-11 with NvDsInferParseYoloE: corners, score, class",
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels),
    check: |input| check(&DECODER_E, input),
    decode: |input, plan, _, out| four::decode(&DECODER_E, input, plan, out),
    ..DECODER
};

pub(super) static SEG: Decoder = Decoder {
    name: "deepstream-yolo-seg",
    format: Format::DeepstreamYoloSeg,
    description: "DeepStream-Yolo-Seg: corners, score, class and a mask that is cut to the box",
    layers: &SEG_LAYERS,
    usual: |_| Usual {
        nms: NmsMode::None,
        ..Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels)
    },
    check: check_seg,
    decode: |input, plan, _, out| four::decode(&SEG, input, plan, out),
    finish: Some(|input, plan, detections, _, extras| {
        let [_, width, height, _] = plan.sizes;
        let masks = plan.layer(input, MASKS);
        let length = width * height;
        extras.of_whole_boxes = true;
        for detection in detections {
            let first = detection.entry as usize * length;
            let start = extras.masks.len();
            for at in first..first + length {
                let value = number(masks, at);
                let sound = (0.0..=1.0).contains(&value);
                if !sound && !(-1e-3..=1.02).contains(&value) {
                    extras.note_odd_mask(value);
                }
                let value = if value.is_nan() { 0.0 } else { value };
                extras.masks.push(value.clamp(0.0, 1.0));
            }
            extras.end_mask(start, Size::new(width as u32, height as u32));
        }
    }),
};

/// Place of the masks among the layers.
const MASKS: usize = 4;

static SEG_LAYERS: [LayerSpec; 5] = [
    LAYERS[0],
    LAYERS[1],
    LAYERS[2],
    LAYERS[3],
    LayerSpec::new(Role::Masks, &["masks"], REAL, "[N, h, w]"),
];

/// The plan's sizes are the number of rows, and width and height of a mask.
fn check_seg(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let plan = four::check(&SEG, input)?;
    let masks = plan.layer(input, MASKS);
    let rows = plan.sizes[0];
    match *masks.dims() {
        [ref leading @ .., found, height, width]
            if found == rows
                && leading.iter().all(|&size| size == 1)
                && (1..=MOST_ACROSS).contains(&height)
                && (1..=MOST_ACROSS).contains(&width) =>
        {
            Ok(plan.with([rows, width, height, 0]))
        }
        _ => Err(SEG.wrong_shape(MASKS, masks)),
    }
}

/// More cells than a mask has across or down.
const MOST_ACROSS: usize = 4096;

static LAYERS: [LayerSpec; 4] = [
    LayerSpec::count(&["counts"]).optional(),
    LayerSpec::scores(&["scores"]),
    LayerSpec::classes(&["classes"]),
    LayerSpec::boxes(&["boxes"], COORDINATE),
];

fn check(decoder: &Decoder, input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let plan = four::check(decoder, input)?;
    let (network, strides) = (input.network, &input.layout.yolo().strides[..]);
    let stated = input.layout.format.is_some();
    if !stated && input.tensors.iter().any(|tensor| tensor.name() == "masks") {
        return Err(decoder.missing(input)); // DeepStream-Yolo-Seg
    }
    if !stated && Cells::of(network, strides, plan.sizes[0]).is_none() {
        return Err(DecodeError::Cells {
            decoder: decoder.name,
            layer: plan.layer(input, four::BOXES).to_string(),
            width: network.width,
            height: network.height,
            expected: expected(network, strides),
        });
    }
    Ok(plan)
}
