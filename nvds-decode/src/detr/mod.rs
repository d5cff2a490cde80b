//! DETRs: networks with a fixed number of queries, each of which is an object or none. They need no
//! suppression.
//!
//! | format | layers | classes |
//! | --- | --- | --- |
//! | `rtdetr` | `pred_logits` or `logits` `[Q, C]`, `pred_boxes` `[Q, 4]` | sigmoid, a column for each label |
//! | `rtdetr` | `labels` `[Q]`, `boxes` `[Q, 4]`, `scores` `[Q]` | done in the network |
//! | `detr` | as the first, with a column more | softmax, the last column is no object |
//! | `rfdetr` | `dets` `[Q, 4]`, `labels` `[Q, C]` | sigmoid, the last column is no object unless there are 91 |
//! | `rtdetr-ultralytics` | `output0` `[K, 6]` | done in the network |
//! | `rtdetr-ultralytics-old` | `output0` `[K, 4 + C]` | done in the network |
//!
//! Boxes are centre x, centre y, width and height, 0 to 1 over the network's input, but for those
//! beside `scores`, which are corners in pixels. What the layers' names and dimensions leave open, the
//! number of labels decides; where two readings are left, the error names both.

mod best;
mod logits;
mod official;
mod pairs;
mod presets;
mod ultralytics;

use crate::select::{Decoder, Family, Several};

pub(crate) use pairs::Pair;

/// The family. Layers that two decoders fit are refused.
pub static FAMILY: Family = Family {
    name: "detr",
    decoders: &ALL,
    several: Several::Refused,
    presets: &presets::PRESETS,
};

static ALL: [&Decoder; 6] = [
    &logits::RTDETR,
    &official::DECODER,
    &logits::DETR,
    &logits::RFDETR,
    &ultralytics::ROWS,
    &ultralytics::SCORES,
];
