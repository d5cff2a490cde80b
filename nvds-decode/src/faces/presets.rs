//! Detectors of faces by the names that people know them by.

use crate::layout::{Background, Format};
use crate::select::Preset;

/// RGB from -1 to 1, centred.
const BLAZEFACE: &str = "maintain-aspect-ratio=1 symmetric-padding=1 model-color-format=0 (RGB) \
                         net-scale-factor=0.00784313725490196 offsets=127.5;127.5;127.5";
/// RGB, at the top left.
const INSIGHTFACE: &str = "maintain-aspect-ratio=1 symmetric-padding=0 model-color-format=0 (RGB) \
                           net-scale-factor=0.0078125 offsets=127.5;127.5;127.5";
/// BGR from 0 to 255, stretched.
const YUNET: &str = "maintain-aspect-ratio=0 model-color-format=1 (BGR) net-scale-factor=1";
/// BGR less a mean.
const RETINAFACE: &str = "maintain-aspect-ratio=1 symmetric-padding=0 model-color-format=1 (BGR) \
                          net-scale-factor=1 offsets=104;117;123";
/// RGB from 0 to 255, stretched.
const CENTERFACE: &str = "maintain-aspect-ratio=0 model-color-format=0 (RGB) net-scale-factor=1";
/// RGB from 0 to 1, centred.
const YOLO: &str = "maintain-aspect-ratio=1 symmetric-padding=1 model-color-format=0 (RGB) \
                    net-scale-factor=0.0039215697906911373";

const fn preset(name: &'static str, format: Format, nvinfer: &'static str) -> Preset {
    Preset {
        name,
        format,
        background: Background::Usual,
        nvinfer,
    }
}

/// Every preset.
pub static PRESETS: [Preset; 15] = [
    preset("blazeface", Format::Blazeface, BLAZEFACE),
    preset("blazeface-short", Format::Blazeface, BLAZEFACE),
    preset("blazeface-front", Format::Blazeface, BLAZEFACE),
    preset("blazeface-back", Format::Blazeface, BLAZEFACE),
    preset("blazeface-full", Format::Blazeface, BLAZEFACE),
    preset("scrfd", Format::Scrfd, INSIGHTFACE),
    preset("insightface", Format::Scrfd, INSIGHTFACE),
    preset("yunet", Format::Yunet, YUNET),
    preset("retinaface", Format::Retinaface, RETINAFACE),
    preset("retina-plate", Format::Retinaface, RETINAFACE),
    preset("centerface", Format::Centerface, CENTERFACE),
    preset("deepstream-yolo-face", Format::DeepstreamYoloFace, YOLO),
    preset("yolov5-face", Format::Yolov5Face, YOLO),
    preset("yolov8-face", Format::Yolov8Face, YOLO),
    preset("yolo11-face", Format::Yolov8Face, YOLO),
];
