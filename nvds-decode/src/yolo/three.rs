//! A box, a score and a class for each anchor, in three layers: DeepStream-Yolo from 2023-06 to 2024-11.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `boxes` | `[N, 4]` | network pixels, see below |
//! | `scores` | `[N, 1]` | 0 to 1 |
//! | `classes` | `[N, 1]`, INT32 or FLOAT | class numbers from 0 |
//!
//! Networks for its parser `NvDsInferParseYolo` give centre and size, those for `NvDsInferParseYoloE`
//! corners. Nothing in the layers tells which, so the format must.

use super::cells::{Cells, expected};
use crate::boxes::form::BoxForm;
use crate::error::DecodeError;
use crate::layout::Format;
use crate::letterbox::BoxUnits;
use crate::select::{COORDINATE, Decoder, Input, LayerSpec, Plan, Usual};
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
