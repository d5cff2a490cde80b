//! The outputs of TensorRT's BatchedNMS plugin (`BatchedNMS_TRT`,
//! `BatchedNMSDynamic_TRT`), by the plugin's names or those of TAO's networks.
//!
//! | layer | or | dimensions | meaning |
//! | --- | --- | --- | --- |
//! | `num_detections` | `BatchedNMS` | `[1]` | how many entries are filled |
//! | `nmsed_boxes` | `BatchedNMS_1` | `[N, 4]` | x_min, y_min, x_max, y_max, 0 to 1 |
//! | `nmsed_scores` | `BatchedNMS_2` | `[N]` | 0 to 1 |
//! | `nmsed_classes` | `BatchedNMS_3` | `[N]`, FLOAT | class numbers from 0 |
//!
//! The plugin clips boxes to 0 to 1 unless it was built with `isNormalized` false;
//! state the units for such a network.

use super::four;
use super::{COORDINATE, Decoder, Input, LayerSpec, NUMBER, REAL, Usual};
use crate::boxes::candidates::Candidates;
use crate::error::DecodeError;
use crate::layout::{BoxOrder, Format, Role};
use crate::letterbox::BoxUnits;

pub(super) static DECODER: Decoder = Decoder {
    name: "batched-nms",
    format: Format::BatchedNms,
    description: "TensorRT's BatchedNMS plugin, TAO networks",
    layers: &LAYERS,
    usual: USUAL,
    check,
    decode,
};

const USUAL: Usual = Usual::new(BoxOrder::Xyxy, BoxUnits::Normalised);

static LAYERS: [LayerSpec; 4] = [
    LayerSpec {
        role: Role::Count,
        names: &["num_detections", "BatchedNMS"],
        types: NUMBER,
        dims: "[1]",
        optional: false,
    },
    LayerSpec {
        role: Role::Scores,
        names: &["nmsed_scores", "BatchedNMS_2"],
        types: REAL,
        dims: "[N] or [1, N]",
        optional: false,
    },
    LayerSpec {
        role: Role::Classes,
        names: &["nmsed_classes", "BatchedNMS_3"],
        types: NUMBER,
        dims: "[N] or [1, N]",
        optional: false,
    },
    LayerSpec {
        role: Role::Boxes,
        names: &["nmsed_boxes", "BatchedNMS_1"],
        types: COORDINATE,
        dims: "[N, 4] or [1, N, 4]",
        optional: false,
    },
];

fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    four::check(&DECODER, input)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    four::resolve_and_decode(&DECODER, input, out)
}
