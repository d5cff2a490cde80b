//! Networks of the SSD kind, and all others whose outputs look like theirs: lists of boxes, scores and
//! classes, or boxes and a score for each class. One file for each tensor layout.

pub mod anchors;
mod batched_nms;
pub(crate) mod class_scores;
mod efficient_nms;
pub(crate) mod four;
mod mmdet;
mod nms_plugin;
mod numbered;
mod onnx_nms;
mod pytorch_ssd;
mod raw;
mod tf_od;
mod tflite;
mod torchvision;

pub(crate) use four::{filled, four_numbers};

use crate::select::{Decoder, Family, Several};

/// The family. A new decoder is one row here; the first one that fits reads the layers.
pub static FAMILY: Family = Family {
    name: "ssd",
    decoders: &ALL,
    several: Several::First,
    presets: &[],
};

static ALL: [&Decoder; 13] = [
    &efficient_nms::DECODER,
    &tf_od::DECODER,
    &tf_od::DECODER_V2,
    &tflite::DECODER,
    &tflite::DECODER_V2,
    &batched_nms::DECODER,
    &nms_plugin::DECODER,
    &onnx_nms::DECODER,
    &mmdet::DECODER,
    &torchvision::DECODER,
    &torchvision::DECODER_ONNX,
    &pytorch_ssd::DECODER,
    &raw::DECODER,
];
