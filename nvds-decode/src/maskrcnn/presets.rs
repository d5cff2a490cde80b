//! Mask R-CNNs by the names that people know them by.

use crate::layout::{Background, Format};
use crate::select::Preset;

/// RGB, 0 to 1: mean and deviation are part of the graph.
const TORCHVISION: &str = "model-color-format=0 (RGB) net-scale-factor=0.0039215697906911373, \
                           maintain-aspect-ratio as in training";
/// With the mean of ImageNet and one deviation for all colours.
const TAO: &str = "model-color-format=0 (RGB) net-scale-factor=0.017507 \
                   offsets=123.675;116.28;103.53, maintain-aspect-ratio as in training";

const fn preset(name: &'static str, format: Format, nvinfer: &'static str) -> Preset {
    Preset {
        name,
        format,
        background: Background::Usual,
        nvinfer,
    }
}

/// Every preset.
pub static PRESETS: [Preset; 4] = [
    preset("mask-rcnn", Format::MaskRcnn, TORCHVISION),
    preset("torchvision-mask-rcnn", Format::MaskRcnn, TORCHVISION),
    preset("tao-mask-rcnn", Format::TaoMaskRcnn, TAO),
    preset("peoplesegnet", Format::TaoMaskRcnn, TAO),
];
