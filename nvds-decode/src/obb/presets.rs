//! Networks of turned boxes by the names that people know them by.

use crate::layout::{Background, Format};
use crate::select::Preset;

/// RGB from 0 to 1, centred. With two scales (maintain-aspect-ratio=0) no angle could be exact.
const CENTRED: &str = "maintain-aspect-ratio=1 symmetric-padding=1 model-color-format=0 (RGB) \
                       net-scale-factor=0.0039215697906911373";

const fn preset(name: &'static str, format: Format) -> Preset {
    Preset {
        name,
        format,
        background: Background::Usual,
        nvinfer: CENTRED,
    }
}

/// Every preset.
pub static PRESETS: [Preset; 6] = [
    preset("yolo-obb", Format::YoloObb),
    preset("yolov8-obb", Format::YoloObb),
    preset("yolo11-obb", Format::YoloObb),
    preset("yolo26-obb", Format::YoloObb),
    preset("yolo26-obb-e2e", Format::YoloObbEndToEnd),
    preset("yolo-obb-e2e", Format::YoloObbEndToEnd),
];
