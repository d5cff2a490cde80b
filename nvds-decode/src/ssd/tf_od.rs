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

use super::four;
use super::numbered::numbered_from_one_name;
use crate::boxes::form::BoxForm;
use crate::error::DecodeError;
use crate::layout::Format;
use crate::letterbox::BoxUnits;
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual};

pub(super) static DECODER: Decoder = Decoder {
    name: "tf-od",
    format: Format::TfOd,
    description: "TensorFlow object detection API (SSD and others)",
    layers: &LAYERS,
    usual: |_| USUAL,
    check: |input| four::check(&DECODER, input),
    decode: |input, plan, _, out| four::decode(&DECODER, input, plan, out),
    finish: None,
};

pub(super) static DECODER_V2: Decoder = Decoder {
    name: "tf-od-v2",
    description: "TensorFlow 2's object detection models without the names of their outputs",
    layers: &LAYERS_V2,
    check: check_v2,
    decode: |input, plan, _, out| four::decode(&DECODER_V2, input, plan, out),
    ..DECODER
};

/// Of all that TensorFlow makes.
pub(super) const USUAL: Usual = Usual::new(BoxForm::Yxyx, BoxUnits::Normalised);

static LAYERS: [LayerSpec; 4] = [
    LayerSpec::count(&["num_detections"]).optional(),
    LayerSpec::scores(&["detection_scores"]),
    LayerSpec::classes(&["detection_classes"]),
    LayerSpec::boxes(&["detection_boxes"], REAL),
];

/// Whether the layers are there by these names, whatever their types.
pub(super) fn has_all_layers(input: &Input<'_, '_>) -> bool {
    LAYERS
        .iter()
        .all(|layer| layer.optional || input.find(layer).is_some())
}

static LAYERS_V2: [LayerSpec; 4] = [
    LayerSpec::count(&["StatefulPartitionedCall:5", "Identity_5"]),
    LayerSpec::scores(&["StatefulPartitionedCall:4", "Identity_4"]),
    LayerSpec::classes(&["StatefulPartitionedCall:2", "Identity_2"]),
    LayerSpec::boxes(&["StatefulPartitionedCall:1", "Identity_1"], REAL),
];

fn check_v2(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    // Names of the user's own say which layer is which: that is the layout above.
    let usual = input.layout.layers.are_usual();
    let found = numbered_from_one_name::<8>(input.tensors).filter(|_| usual);
    let [_, boxes, classes, _, scores, count, _, _] =
        found.ok_or_else(|| DECODER_V2.missing(input))?;
    let plan = Plan::of(&[count, scores, classes, boxes]);
    for (index, layer) in LAYERS_V2.iter().enumerate() {
        DECODER_V2.check_type(plan.layer(input, index), layer)?;
    }
    four::layers(&DECODER_V2, input, plan)
}
