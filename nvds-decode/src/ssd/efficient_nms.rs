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

use super::four;
use super::tf_od;
use crate::boxes::form::BoxForm;
use crate::error::DecodeError;
use crate::layout::Format;
use crate::letterbox::BoxUnits;
use crate::select::{COORDINATE, Decoder, Input, LayerSpec, NUMBER, Plan, Usual};
use crate::tensor::DataType;

pub(super) static DECODER: Decoder = Decoder {
    name: "efficient-nms",
    format: Format::EfficientNms,
    description: "TensorRT's EfficientNMS plugin",
    layers: &LAYERS,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels),
    check,
    decode: |input, plan, _, out| four::decode(&DECODER, input, plan, out),
    finish: None,
};

const fn layers_of(whole: &'static [DataType]) -> [LayerSpec; 4] {
    let count = LayerSpec::count(&["num_detections", "num_dets"]).optional();
    let classes = &["detection_classes", "det_classes", "pred_classes"];
    [
        LayerSpec {
            types: whole,
            ..count
        },
        LayerSpec::scores(&["detection_scores", "det_scores", "pred_scores"]),
        LayerSpec {
            types: whole,
            ..LayerSpec::classes(classes)
        },
        LayerSpec::boxes(&["detection_boxes", "det_boxes", "pred_boxes"], COORDINATE),
    ]
}

/// By either set of names.
static LAYERS: [LayerSpec; 4] = layers_of(&[DataType::Int32]);

/// The same where the names, or those who say that it is this format, leave no doubt.
static CLEAR: Decoder = Decoder {
    layers: &CLEAR_LAYERS,
    ..DECODER
};

static CLEAR_LAYERS: [LayerSpec; 4] = layers_of(NUMBER);

fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let stated = input.layout.format == Some(Format::EfficientNms);
    let decoder = if stated || !tf_od::has_all_layers(input) {
        &CLEAR
    } else {
        &DECODER
    };
    four::check(decoder, input)
}
