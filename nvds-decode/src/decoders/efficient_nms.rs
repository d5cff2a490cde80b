//! The outputs of TensorRT's EfficientNMS plugin (`EfficientNMS_TRT`).
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `num_detections` or `num_dets` | `[1]`, INT32 | how many entries are filled |
//! | `detection_scores` or `det_scores` | `[N]` | 0 to 1 |
//! | `detection_classes` or `det_classes` | `[N]`, INT32 | class numbers from 0 |
//! | `detection_boxes` or `det_boxes` | `[N, 4]` | corners, see below |
//!
//! Some of the names are those of [`tf_od`](super::tf_od), whose count and
//! classes are FLOAT; both are INT32 here, which tells the two apart. Where the
//! layout names the format, other whole numbers do as well.
//!
//! The plugin hands coordinates through as the network computed them. Its
//! documentation calls them x1, y1, x2, y2, and most networks that use it give
//! pixels of their input, so both are the default. EfficientDets of TensorFlow
//! have y before x, and some networks are normalised: state order and units then.

use super::four::{self, Four};
use super::{COORDINATE, Decoder, Input, LayerSpec, NUMBER, REAL, Usual};
use crate::candidates::Candidates;
use crate::error::DecodeError;
use crate::layout::{BoxOrder, Format, Role};
use crate::letterbox::BoxUnits;
use crate::tensor::DataType;

pub(super) static DECODER: Decoder = Decoder {
    name: "efficient-nms",
    format: Format::EfficientNms,
    description: "TensorRT's EfficientNMS plugin",
    layers: &LAYERS,
    usual: USUAL,
    check,
    decode,
};

const USUAL: Usual = Usual {
    order: BoxOrder::Xyxy,
    units: BoxUnits::NetworkPixels,
};

/// What the plugin gives counts and classes.
const INT32: &[DataType] = &[DataType::Int32];

static LAYERS: [LayerSpec; 4] = [
    LayerSpec {
        role: Role::Count,
        names: &["num_detections", "num_dets"],
        types: INT32,
        dims: "[1]",
        optional: false,
    },
    LayerSpec {
        role: Role::Scores,
        names: &["detection_scores", "det_scores"],
        types: REAL,
        dims: "[N] or [1, N]",
        optional: false,
    },
    LayerSpec {
        role: Role::Classes,
        names: &["detection_classes", "det_classes"],
        types: INT32,
        dims: "[N] or [1, N]",
        optional: false,
    },
    LayerSpec {
        role: Role::Boxes,
        names: &["detection_boxes", "det_boxes"],
        types: COORDINATE,
        dims: "[N, 4] or [1, N, 4]",
        optional: false,
    },
];

/// The same for those who say that it is this format.
static NAMED: Decoder = Decoder {
    layers: &NAMED_LAYERS,
    ..DECODER
};

static NAMED_LAYERS: [LayerSpec; 4] = [
    LayerSpec {
        types: NUMBER,
        ..LAYERS[four::COUNT]
    },
    LAYERS[four::SCORES],
    LayerSpec {
        types: NUMBER,
        ..LAYERS[four::CLASSES]
    },
    LAYERS[four::BOXES],
];

fn layers<'a>(input: &Input<'_, 'a>) -> Result<Four<'a>, DecodeError> {
    let decoder = match input.layout.format {
        Some(Format::EfficientNms) => &NAMED,
        _ => &DECODER,
    };
    four::layers(decoder, decoder.resolve(input)?)
}

fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    layers(input).map(drop)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    four::decode(&layers(input)?, &DECODER, input.layout, out);
    Ok(())
}
