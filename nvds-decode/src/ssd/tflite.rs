//! What TFLite's `TFLite_Detection_PostProcess` puts out, in the two ways in
//! which converters name it.
//!
//! Converted from a TensorFlow 1 graph, the four outputs bear the operation's name:
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `TFLite_Detection_PostProcess` | `[1, N, 4]` | y_min, x_min, y_max, x_max, 0 to 1 |
//! | `TFLite_Detection_PostProcess:1` | `[1, N]` | class numbers from 0, background left out |
//! | `TFLite_Detection_PostProcess:2` | `[1, N]` | scores |
//! | `TFLite_Detection_PostProcess:3` | `[1]` | how many entries are filled |
//!
//! Converted from a TensorFlow 2 model, they are `StatefulPartitionedCall:0` to
//! `:3` (or without a number, `_1`, `_2`, `_3`; or `Identity`, `Identity_1` to `_3`), in that order
//! or, by other releases of the converter, in the reverse one with scores and classes swapped:
//! count, scores, classes, boxes. Which of the two it is shows in the dimensions: that of the first
//! or of the last is the count.
//!
//! A class number is one less than that of the same network as `tf-od`.

use super::four::{self, Four};
use super::tf_od::USUAL;
use super::{
    Decoder, Input, LayerSpec, NUMBER, REAL, list_length, numbered_from_one_name, row_count,
};
use crate::boxes::candidates::Candidates;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::tensor::{DataType, TensorView};

pub(super) static DECODER: Decoder = Decoder {
    name: "tflite",
    format: Format::TfOd,
    description: "TFLite detection post-processing, from TensorFlow 1",
    layers: &LAYERS,
    usual: USUAL,
    check,
    decode,
};

pub(super) static DECODER_V2: Decoder = Decoder {
    name: "tflite-v2",
    format: Format::TfOd,
    description: "TFLite detection post-processing, from TensorFlow 2",
    layers: &LAYERS_V2,
    usual: USUAL,
    check: check_v2,
    decode: decode_v2,
};

const fn layer(
    role: Role,
    names: &'static [&'static str],
    types: &'static [DataType],
    dims: &'static str,
) -> LayerSpec {
    LayerSpec {
        role,
        names,
        types,
        dims,
        optional: false,
    }
}

static LAYERS: [LayerSpec; 4] = [
    layer(
        Role::Count,
        &["TFLite_Detection_PostProcess:3"],
        NUMBER,
        "[1]",
    ),
    layer(
        Role::Scores,
        &["TFLite_Detection_PostProcess:2"],
        REAL,
        "[N] or [1, N]",
    ),
    layer(
        Role::Classes,
        &["TFLite_Detection_PostProcess:1"],
        NUMBER,
        "[N] or [1, N]",
    ),
    layer(
        Role::Boxes,
        &["TFLite_Detection_PostProcess"],
        REAL,
        "[N, 4] or [1, N, 4]",
    ),
];

/// As the later releases name them, which [`layers_v2`] may turn around.
static LAYERS_V2: [LayerSpec; 4] = [
    layer(
        Role::Count,
        &[
            "StatefulPartitionedCall:0",
            "StatefulPartitionedCall",
            "Identity",
        ],
        NUMBER,
        "[1] or, as the boxes, [1, N, 4]",
    ),
    layer(
        Role::Scores,
        &[
            "StatefulPartitionedCall:1",
            "StatefulPartitionedCall_1",
            "Identity_1",
        ],
        NUMBER,
        "[N] or [1, N]",
    ),
    layer(
        Role::Classes,
        &[
            "StatefulPartitionedCall:2",
            "StatefulPartitionedCall_2",
            "Identity_2",
        ],
        NUMBER,
        "[N] or [1, N]",
    ),
    layer(
        Role::Boxes,
        &[
            "StatefulPartitionedCall:3",
            "StatefulPartitionedCall_3",
            "Identity_3",
        ],
        NUMBER,
        "[1, N, 4] or, as the count, [1]",
    ),
];

fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    four::check(&DECODER, input)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    four::resolve_and_decode(&DECODER, input, out)
}

/// The four layers of either order.
fn layers_v2<'a>(input: &Input<'_, 'a>) -> Result<Four<'a>, DecodeError> {
    // Names of the user's own say which layer is which: that is a layout of its own.
    let usual = input.layout.layers.are_usual();
    let found: [TensorView<'a>; 4] = numbered_from_one_name(input.tensors)
        .filter(|_| usual)
        .ok_or_else(|| DECODER_V2.missing(input))?;
    for (tensor, layer) in found.iter().zip(&LAYERS_V2) {
        DECODER_V2.check_type(tensor, layer)?;
    }
    let is_count = |tensor: &TensorView<'_>| list_length(tensor) == Some(1);
    let [first, second, third, fourth] = found;
    let turned = row_count(&first, 4).is_some() && is_count(&fourth) && !is_count(&first);
    let sorted = if turned {
        [fourth, third, second, first]
    } else {
        found
    };
    for at in [four::SCORES, four::BOXES] {
        DECODER_V2.check_type(
            &sorted[at],
            &LayerSpec {
                types: REAL,
                ..LAYERS_V2[at]
            },
        )?;
    }
    four::layers(&DECODER_V2, sorted)
}

fn check_v2(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    layers_v2(input).map(drop)
}

fn decode_v2(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    four::decode(&layers_v2(input)?, &DECODER_V2, input.layout, out);
    Ok(())
}
