//! The outputs of TensorRT's EfficientNMS plugin (`EfficientNMS_TRT`).
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `num_detections` or `num_dets` | `[1]` | how many entries are filled; may be missing |
//! | `detection_scores`, `det_scores` or `pred_scores` | `[N]` | 0 to 1 |
//! | `detection_classes`, `det_classes` or `pred_classes` | `[N]` | class numbers from 0 |
//! | `detection_boxes`, `det_boxes` or `pred_boxes` | `[N, 4]` | corners, see below |
//!
//! The first names are those of [`tf_od`](super::tf_od), whose count and classes are FLOAT; both
//! are INT32 here, which tells the two apart. By the other names, of which the last are
//! super-gradients', or where the layout names the format, other types do as well.
//!
//! The plugin hands coordinates through as the network computed them. Its
//! documentation calls them x1, y1, x2, y2, and most networks that use it give
//! pixels of their input, so both are the default. EfficientDets of TensorFlow
//! have y before x, and some networks are normalised: state order and units then.

use super::four::{self, Four};
use super::tf_od;
use super::{COORDINATE, Decoder, Input, LayerSpec, NUMBER, REAL, Usual};
use crate::boxes::candidates::Candidates;
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

const USUAL: Usual = Usual::new(BoxOrder::Xyxy, BoxUnits::NetworkPixels);

const fn layers_of(
    names: [&'static [&'static str]; 4],
    whole: &'static [DataType],
) -> [LayerSpec; 4] {
    [
        LayerSpec {
            role: Role::Count,
            names: names[four::COUNT],
            types: whole,
            dims: "[1]",
            optional: true,
        },
        LayerSpec {
            role: Role::Scores,
            names: names[four::SCORES],
            types: REAL,
            dims: "[N] or [1, N]",
            optional: false,
        },
        LayerSpec {
            role: Role::Classes,
            names: names[four::CLASSES],
            types: whole,
            dims: "[N] or [1, N]",
            optional: false,
        },
        LayerSpec {
            role: Role::Boxes,
            names: names[four::BOXES],
            types: COORDINATE,
            dims: "[N, 4] or [1, N, 4]",
            optional: false,
        },
    ]
}

/// By either set of names.
static LAYERS: [LayerSpec; 4] = layers_of(NAMES, &[DataType::Int32]);

/// The same where the names, or those who say that it is this format, leave no doubt.
static CLEAR: Decoder = Decoder {
    layers: &CLEAR_LAYERS,
    ..DECODER
};

static CLEAR_LAYERS: [LayerSpec; 4] = layers_of(NAMES, NUMBER);

const NAMES: [&[&str]; 4] = [
    &["num_detections", "num_dets"],
    &["detection_scores", "det_scores", "pred_scores"],
    &["detection_classes", "det_classes", "pred_classes"],
    &["detection_boxes", "det_boxes", "pred_boxes"],
];

fn layers<'a>(input: &Input<'_, 'a>) -> Result<Four<'a>, DecodeError> {
    let stated = input.layout.format == Some(Format::EfficientNms);
    let decoder = if stated || !tf_od::has_all_layers(input) {
        &CLEAR
    } else {
        &DECODER
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
