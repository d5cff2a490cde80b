//! The outputs of TensorFlow's object detection API, suppression not included
//! or already done: four layers by name.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `num_detections` | `[1]` or scalar | how many entries are filled, from the front; may be missing |
//! | `detection_scores` | `[N]` | 0 to 1 |
//! | `detection_classes` | `[N]` | class numbers, mostly from 1 |
//! | `detection_boxes` | `[N, 4]` | y_min, x_min, y_max, x_max, 0 to 1 over the network's input |
//!
//! A leading batch dimension of 1, which Triton models without batching have,
//! is accepted in each. So are whole numbers for count and classes; if both are
//! INT32, the layers are taken for those of [`efficient_nms`](super::efficient_nms)
//! unless the layout names this format.
//!
//! A model of TensorFlow 2 that lost the names of its outputs has eight layers `Identity`,
//! `Identity_1` to `_7` or `StatefulPartitionedCall:0` to `:7`, in the order of the names they had:
//! `detection_anchor_indices`, `_boxes`, `_classes`, `_multiclass_scores`, `_scores`,
//! `num_detections`, `raw_detection_boxes`, `raw_detection_scores`.

use super::four::{self, Four};
use super::{Decoder, Input, LayerSpec, NUMBER, REAL, Usual, numbered_from_one_name};
use crate::boxes::candidates::Candidates;
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

pub(super) static DECODER_V2: Decoder = Decoder {
    name: "tf-od-v2",
    description: "TensorFlow 2's object detection models without the names of their outputs",
    layers: &LAYERS_V2,
    check: check_v2,
    decode: decode_v2,
    ..DECODER
};

/// Of all that TensorFlow makes.
pub(super) const USUAL: Usual = Usual::new(BoxOrder::Yxyx, BoxUnits::Normalised);

static LAYERS: [LayerSpec; 4] = [
    LayerSpec {
        role: Role::Count,
        names: &["num_detections"],
        types: NUMBER,
        dims: "[1]",
        optional: true,
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

/// Whether the layers are there by these names, whatever their types.
pub(super) fn has_all_layers(input: &Input<'_, '_>) -> bool {
    LAYERS
        .iter()
        .all(|layer| layer.optional || input.find(layer).is_some())
}

fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    four::check(&DECODER, input)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    four::resolve_and_decode(&DECODER, input, out)
}

static LAYERS_V2: [LayerSpec; 4] = [
    LayerSpec {
        names: &["StatefulPartitionedCall:5", "Identity_5"],
        optional: false,
        ..LAYERS[four::COUNT]
    },
    LayerSpec {
        names: &["StatefulPartitionedCall:4", "Identity_4"],
        ..LAYERS[four::SCORES]
    },
    LayerSpec {
        names: &["StatefulPartitionedCall:2", "Identity_2"],
        ..LAYERS[four::CLASSES]
    },
    LayerSpec {
        names: &["StatefulPartitionedCall:1", "Identity_1"],
        ..LAYERS[four::BOXES]
    },
];

fn layers_v2<'a>(input: &Input<'_, 'a>) -> Result<Four<'a>, DecodeError> {
    // Names of the user's own say which layer is which: that is the layout above.
    let usual = input.layout.layers.are_usual();
    let found = numbered_from_one_name::<8>(input.tensors).filter(|_| usual);
    let [_, boxes, classes, _, scores, count, _, _] =
        found.ok_or_else(|| DECODER_V2.missing(input))?;
    let layers = [count, scores, classes, boxes];
    for (tensor, layer) in layers.iter().zip(&LAYERS_V2) {
        DECODER_V2.check_type(tensor, layer)?;
    }
    four::layers(&DECODER_V2, layers)
}

fn check_v2(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    layers_v2(input).map(drop)
}

fn decode_v2(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    four::decode(&layers_v2(input)?, &DECODER_V2, input.layout, out);
    Ok(())
}
