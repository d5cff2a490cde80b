//! Boxes, labels and scores without a count: torchvision's detectors, RT-DETR's and D-FINE's
//! exports, and the SSD of the ONNX model zoo and MLPerf.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `boxes` or `bboxes` | `[N, 4]` | x_min, y_min, x_max, y_max; see below |
//! | `labels` | `[N]` | class numbers; torchvision's begin at 1 |
//! | `scores` | `[N]` | 0 to 1 |
//! | `num_detections` or `num_dets` | `[1]` | how many entries are filled; may be missing |
//!
//! torchvision's `boxes` are in pixels of the input, and there are as many as detections. The
//! `bboxes` of the ONNX model zoo (SSD-10, SSD-12) are 0 to 1.

use super::four;
use crate::boxes::form::BoxForm;
use crate::layout::Format;
use crate::letterbox::BoxUnits;
use crate::select::{COORDINATE, Decoder, LayerSpec, Usual};

pub(super) static DECODER: Decoder = Decoder {
    name: "torchvision",
    format: Format::Torchvision,
    description: "torchvision's detectors: boxes, labels and scores",
    layers: &LAYERS,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels),
    check: |input| four::check(&DECODER, input),
    decode: |input, plan, _, out| four::decode(&DECODER, input, plan, out),
    finish: None,
};

pub(super) static DECODER_ONNX: Decoder = Decoder {
    name: "onnx-ssd",
    description: "SSD of the ONNX model zoo: bboxes, labels and scores",
    layers: &LAYERS_ONNX,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::Normalised),
    check: |input| four::check(&DECODER_ONNX, input),
    decode: |input, plan, _, out| four::decode(&DECODER_ONNX, input, plan, out),
    ..DECODER
};

const fn layers(boxes: &'static [&'static str]) -> [LayerSpec; 4] {
    [
        LayerSpec::count(&["num_detections", "num_dets"]).optional(),
        LayerSpec::scores(&["scores"]),
        LayerSpec::classes(&["labels"]),
        LayerSpec::boxes(boxes, COORDINATE),
    ]
}

static LAYERS: [LayerSpec; 4] = layers(&["boxes"]);
static LAYERS_ONNX: [LayerSpec; 4] = layers(&["bboxes"]);
