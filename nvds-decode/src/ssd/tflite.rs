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

use super::four;
use super::numbered::numbered_from_one_name;
use super::tf_od::USUAL;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::select::{Decoder, Input, LayerSpec, NUMBER, Plan, REAL, list_length, row_count};
use crate::tensor::TensorView;

pub(super) static DECODER: Decoder = Decoder {
    name: "tflite",
    format: Format::TfOd,
    description: "TFLite detection post-processing, from TensorFlow 1",
    layers: &LAYERS,
    usual: |_| USUAL,
    check: |input| four::check(&DECODER, input),
    decode: |input, plan, _, out| four::decode(&DECODER, input, plan, out),
    finish: None,
};

pub(super) static DECODER_V2: Decoder = Decoder {
    name: "tflite-v2",
    description: "TFLite detection post-processing, from TensorFlow 2",
    layers: &LAYERS_V2,
    check: check_v2,
    decode: |input, plan, _, out| four::decode(&DECODER_V2, input, plan, out),
    ..DECODER
};

static LAYERS: [LayerSpec; 4] = [
    LayerSpec::count(&["TFLite_Detection_PostProcess:3"]),
    LayerSpec::scores(&["TFLite_Detection_PostProcess:2"]),
    LayerSpec::classes(&["TFLite_Detection_PostProcess:1"]),
    LayerSpec::boxes(&["TFLite_Detection_PostProcess"], REAL),
];

/// As the later releases name them, which [`check_v2`] may turn around.
static LAYERS_V2: [LayerSpec; 4] = [
    LayerSpec::new(
        Role::Count,
        &[
            "StatefulPartitionedCall:0",
            "StatefulPartitionedCall",
            "Identity",
        ],
        NUMBER,
        "[1] or, as the boxes, [1, N, 4]",
    ),
    LayerSpec::new(
        Role::Scores,
        &[
            "StatefulPartitionedCall:1",
            "StatefulPartitionedCall_1",
            "Identity_1",
        ],
        NUMBER,
        "[N] or [1, N]",
    ),
    LayerSpec::classes(&[
        "StatefulPartitionedCall:2",
        "StatefulPartitionedCall_2",
        "Identity_2",
    ]),
    LayerSpec::new(
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

/// Finds the four layers in either order.
fn check_v2(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    // Names of the user's own say which layer is which: that is a layout of its own.
    let usual = input.layout.layers.are_usual();
    let found: [usize; 4] = numbered_from_one_name(input.tensors)
        .filter(|_| usual)
        .ok_or_else(|| DECODER_V2.missing(input))?;
    let plan = Plan::of(&found);
    for (index, layer) in LAYERS_V2.iter().enumerate() {
        DECODER_V2.check_type(plan.layer(input, index), layer)?;
    }
    let is_count = |tensor: &TensorView<'_>| list_length(tensor) == Some(1);
    let (first, last) = (plan.layer(input, 0), plan.layer(input, 3));
    let turned = row_count(first, 4).is_some() && is_count(last) && !is_count(first);
    let sorted = if turned {
        let [first, second, third, fourth] = found;
        Plan::of(&[fourth, third, second, first])
    } else {
        plan
    };
    for at in [four::SCORES, four::BOXES] {
        DECODER_V2.check_type(
            sorted.layer(input, at),
            &LayerSpec {
                types: REAL,
                ..LAYERS_V2[at]
            },
        )?;
    }
    four::layers(&DECODER_V2, input, sorted)
}
