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
use super::{COORDINATE, Decoder, Input, LayerSpec, NUMBER, REAL, Usual};
use crate::boxes::candidates::Candidates;
use crate::error::DecodeError;
use crate::layout::{BoxOrder, Format, Role};
use crate::letterbox::BoxUnits;

pub(super) static DECODER: Decoder = Decoder {
    name: "torchvision",
    format: Format::Torchvision,
    description: "torchvision's detectors: boxes, labels and scores",
    layers: &LAYERS,
    usual: Usual::new(BoxOrder::Xyxy, BoxUnits::NetworkPixels),
    check,
    decode,
};

pub(super) static DECODER_ONNX: Decoder = Decoder {
    name: "onnx-ssd",
    description: "SSD of the ONNX model zoo: bboxes, labels and scores",
    layers: &LAYERS_ONNX,
    usual: Usual::new(BoxOrder::Xyxy, BoxUnits::Normalised),
    check: check_onnx,
    decode: decode_onnx,
    ..DECODER
};

const fn layers(boxes: &'static [&'static str]) -> [LayerSpec; 4] {
    [
        LayerSpec {
            role: Role::Count,
            names: &["num_detections", "num_dets"],
            types: NUMBER,
            dims: "[1]",
            optional: true,
        },
        LayerSpec {
            role: Role::Scores,
            names: &["scores"],
            types: REAL,
            dims: "[N] or [1, N]",
            optional: false,
        },
        LayerSpec {
            role: Role::Classes,
            names: &["labels"],
            types: NUMBER,
            dims: "[N] or [1, N]",
            optional: false,
        },
        LayerSpec {
            role: Role::Boxes,
            names: boxes,
            types: COORDINATE,
            dims: "[N, 4] or [1, N, 4]",
            optional: false,
        },
    ]
}

static LAYERS: [LayerSpec; 4] = layers(&["boxes"]);
static LAYERS_ONNX: [LayerSpec; 4] = layers(&["bboxes"]);

fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    four::check(&DECODER, input)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    four::resolve_and_decode(&DECODER, input, out)
}

fn check_onnx(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    four::check(&DECODER_ONNX, input)
}

fn decode_onnx(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    four::resolve_and_decode(&DECODER_ONNX, input, out)
}
