//! DETRs by the names that people know them by.

use crate::layout::{Background, Format};
use crate::select::Preset;

/// RGB, 0 to 1, stretched over the input.
const PLAIN: &str = "maintain-aspect-ratio=0 model-color-format=0 (RGB) \
                     net-scale-factor=0.0039215697906911373";
/// The same with the mean and deviation of ImageNet, unless they are part of the graph.
const IMAGENET: &str = "maintain-aspect-ratio=0 model-color-format=0 (RGB) \
                        net-scale-factor=0.01735207357279195 offsets=123.675;116.28;103.53";

const fn preset(name: &'static str, format: Format, nvinfer: &'static str) -> Preset {
    Preset {
        name,
        format,
        background: Background::Usual,
        nvinfer,
    }
}

/// One with a class for no object at that place.
const fn with(background: Background, preset: Preset) -> Preset {
    Preset {
        background,
        ..preset
    }
}

/// Every preset.
pub static PRESETS: [Preset; 21] = [
    preset("rtdetr", Format::Rtdetr, PLAIN),
    preset("rt-detr", Format::Rtdetr, PLAIN),
    // Labels, boxes and scores, as its own export gives them.
    preset("rtdetr-official", Format::Rtdetr, PLAIN),
    preset("rtdetrv2", Format::Rtdetr, PLAIN),
    preset("rtdetrv4", Format::Rtdetr, PLAIN),
    preset("d-fine", Format::Rtdetr, PLAIN),
    preset("deim", Format::Rtdetr, PLAIN),
    // On DINOv3 features; on HGNetv2 as deim.
    preset("deimv2", Format::Rtdetr, IMAGENET),
    preset("lw-detr", Format::Rtdetr, IMAGENET),
    preset("deformable-detr", Format::Rtdetr, IMAGENET),
    preset("conditional-detr", Format::Rtdetr, IMAGENET),
    preset("tao-rtdetr", Format::Rtdetr, PLAIN),
    // Deformable DETR and DINO of NVIDIA's TAO.
    with(
        Background::Class(0),
        preset("tao-detr", Format::Rtdetr, IMAGENET),
    ),
    preset("rtdetr-ultralytics", Format::RtdetrUltralytics, PLAIN),
    preset(
        "rtdetr-ultralytics-old",
        Format::RtdetrUltralyticsOld,
        PLAIN,
    ),
    preset("detr", Format::Detr, IMAGENET),
    preset("yolos", Format::Detr, IMAGENET),
    preset("rfdetr", Format::Rfdetr, IMAGENET),
    preset("rf-detr", Format::Rfdetr, IMAGENET),
    // Checkpoints of COCO, numbered by category.
    with(
        Background::None,
        preset("rfdetr-coco", Format::Rfdetr, IMAGENET),
    ),
    // Older ones with key points.
    with(
        Background::Class(0),
        preset("rfdetr-legacy", Format::Rfdetr, IMAGENET),
    ),
];
