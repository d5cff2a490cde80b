//! What the exports of RT-DETR's, D-FINE's and DEIM's own repositories put out.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `labels` | `[Q]` | class numbers from 0 |
//! | `boxes` | `[Q, 4]` | x_min, y_min, x_max, y_max in pixels |
//! | `scores` | `[Q]` | 0 to 1 |
//!
//! The network multiplies the boxes with its second input, `orig_target_sizes`. Inference elements do
//! not feed that one: export the network with the size of its picture in its place, and the boxes are
//! in network pixels; or with ones, and state that they are normalised.

use crate::boxes::form::BoxForm;
use crate::boxes::policy::NmsMode;
use crate::layout::Format;
use crate::letterbox::BoxUnits;
use crate::select::{COORDINATE, Decoder, LayerSpec, Usual};
use crate::ssd::four;

pub(super) static DECODER: Decoder = Decoder {
    name: "rtdetr-official",
    format: Format::Rtdetr,
    description: "RT-DETR, D-FINE and DEIM by their own exports: labels, boxes and scores",
    layers: &LAYERS,
    usual: |_| Usual {
        nms: NmsMode::None,
        ..Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels)
    },
    check: |input| four::check(&DECODER, input),
    decode: |input, plan, _, out| four::decode(&DECODER, input, plan, out),
    finish: None,
};

static LAYERS: [LayerSpec; 4] = [
    LayerSpec::count(&["num_detections", "num_dets"]).optional(),
    LayerSpec::scores(&["scores"]),
    LayerSpec::classes(&["labels"]),
    LayerSpec::boxes(&["boxes"], COORDINATE),
];
