//! The outputs of TensorFlow's object detection API, suppression not included
//! or already done: four layers by name.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `num_detections` | `[1]` or scalar | how many entries are filled, from the front |
//! | `detection_scores` | `[N]` | 0 to 1 |
//! | `detection_classes` | `[N]` | class numbers, mostly from 1 |
//! | `detection_boxes` | `[N, 4]` | y_min, x_min, y_max, x_max, 0 to 1 over the network's input |
//!
//! A leading batch dimension of 1, which Triton models without batching have,
//! is accepted in each. So are whole numbers for count and classes; if both are
//! INT32, the layers are taken for those of [`efficient_nms`](super::efficient_nms)
//! unless the layout names this format.

use super::four;
use super::{Decoder, Input, LayerSpec, NUMBER, REAL, Usual};
use crate::candidates::Candidates;
use crate::error::DecodeError;
use crate::layout::{BoxOrder, Format, Role};
use crate::letterbox::BoxUnits;

pub(super) static DECODER: Decoder = Decoder {
    name: "tf-od",
    format: Format::TfOd,
    description: "TensorFlow object detection API (SSD and others)",
    layers: &LAYERS,
    usual: USUAL,
    check,
    decode,
};

/// Of all that TensorFlow makes.
pub(super) const USUAL: Usual = Usual {
    order: BoxOrder::Yxyx,
    units: BoxUnits::Normalised,
};

static LAYERS: [LayerSpec; 4] = [
    LayerSpec {
        role: Role::Count,
        names: &["num_detections"],
        types: NUMBER,
        dims: "[1]",
        optional: false,
    },
    LayerSpec {
        role: Role::Scores,
        names: &["detection_scores"],
        types: REAL,
        dims: "[N] or [1, N]",
        optional: false,
    },
    LayerSpec {
        role: Role::Classes,
        names: &["detection_classes"],
        types: NUMBER,
        dims: "[N] or [1, N]",
        optional: false,
    },
    LayerSpec {
        role: Role::Boxes,
        names: &["detection_boxes"],
        types: REAL,
        dims: "[N, 4] or [1, N, 4]",
        optional: false,
    },
];

fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    four::layers(&DECODER, DECODER.resolve(input)?).map(drop)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    let layers = four::layers(&DECODER, DECODER.resolve(input)?)?;
    four::decode(&layers, &DECODER, input.layout, out);
    Ok(())
}
