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
use crate::boxes::form::BoxForm;
use crate::layout::Format;
use crate::letterbox::BoxUnits;
use crate::select::{COORDINATE, Decoder, LayerSpec, Usual};

pub(super) static DECODER: Decoder = Decoder {
    name: "batched-nms",
    format: Format::BatchedNms,
    description: "TensorRT's BatchedNMS plugin, TAO networks",
    layers: &LAYERS,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::Normalised),
    check: |input| four::check(&DECODER, input),
    decode: |input, plan, _, out| four::decode(&DECODER, input, plan, out),
    finish: None,
};

static LAYERS: [LayerSpec; 4] = [
    LayerSpec::count(&["num_detections", "BatchedNMS"]),
    LayerSpec::scores(&["nmsed_scores", "BatchedNMS_2"]),
    LayerSpec::classes(&["nmsed_classes", "BatchedNMS_3"]),
    LayerSpec::boxes(&["nmsed_boxes", "BatchedNMS_1"], COORDINATE),
];
