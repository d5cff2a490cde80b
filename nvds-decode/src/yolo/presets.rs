//! Networks by the names that people know them by.

use crate::layout::{Background, Format};
use crate::select::Preset;

/// The picture keeps its shape and lies in the middle.
const CENTRED: &str = "maintain-aspect-ratio=1 symmetric-padding=1 model-color-format=0 (RGB) \
                       net-scale-factor=0.0039215697906911373";
/// The same, at the top left, as BGR of 0 to 255.
const YOLOX: &str = "maintain-aspect-ratio=1 symmetric-padding=0 model-color-format=1 (BGR) \
                     net-scale-factor=1";
/// The same; mean and deviation are part of the graph, or to be set.
const RTMDET: &str = "maintain-aspect-ratio=1 symmetric-padding=0 model-color-format=1 (BGR) \
                      net-scale-factor=0.01735207357279195 offsets=103.53;116.28;123.675";
/// Stretched, 0 to 255.
const STRETCHED_255: &str = "maintain-aspect-ratio=0 model-color-format=0 (RGB) net-scale-factor=1";
/// Stretched, with the mean and deviation of ImageNet.
const STRETCHED: &str = "maintain-aspect-ratio=0 model-color-format=0 (RGB) \
                         net-scale-factor=0.01735207357279195 offsets=123.675;116.28;103.53";
/// Stretched, the other way round.
const STRETCHED_BGR: &str = "maintain-aspect-ratio=0 model-color-format=1 (BGR) \
                             net-scale-factor=0.01735207357279195 offsets=103.53;116.28;123.675";
/// As the network that was exported needs it.
const AS_THE_NETWORK: &str = "as in the configuration that came with the export: \
                              maintain-aspect-ratio=1 symmetric-padding=1 for most, \
                              symmetric-padding=0 for YOLOX and RTMDet, neither for DAMO-YOLO, \
                              PP-YOLOE and RT-DETR";

const fn preset(name: &'static str, format: Format, nvinfer: &'static str) -> Preset {
    Preset {
        name,
        format,
        background: Background::Usual,
        nvinfer,
    }
}

/// Every preset.
pub static PRESETS: [Preset; 58] = [
    preset("yolov3u", Format::Yolov8, CENTRED),
    preset("yolov5", Format::Yolov5, CENTRED),
    preset("yolov5u", Format::Yolov8, CENTRED),
    preset("yolov6", Format::Yolov5, CENTRED),
    preset("gold-yolo", Format::Yolov5, CENTRED),
    preset("yolov7", Format::Yolov5, CENTRED),
    preset("yolov7-u6", Format::Yolov8, CENTRED),
    preset("yolov7-e2e", Format::Yolov7EndToEnd, CENTRED),
    preset("yolor", Format::Yolov5, CENTRED),
    preset("scaled-yolov4", Format::Yolov5, CENTRED),
    preset("yolov8", Format::Yolov8, CENTRED),
    preset("yolov8-raw", Format::Yolov8Raw, CENTRED),
    preset("yolov9", Format::Yolov8, CENTRED),
    preset("yolov10", Format::Yolov8, CENTRED),
    preset("yolov10-e2e", Format::EndToEnd, CENTRED),
    preset("yolo11", Format::Yolov8, CENTRED),
    preset("yolo12", Format::Yolov8, CENTRED),
    preset("yolo26", Format::Yolov8, CENTRED),
    preset("yolo26-e2e", Format::EndToEnd, CENTRED),
    preset("yolo-e2e", Format::EndToEnd, CENTRED),
    preset("ultralytics-nms", Format::EndToEnd, CENTRED),
    preset("yolo-obb", Format::YoloObb, CENTRED),
    preset("yolov8-obb", Format::YoloObb, CENTRED),
    preset("yolo11-obb", Format::YoloObb, CENTRED),
    preset("yolo26-obb", Format::YoloObb, CENTRED),
    preset("yolo26-obb-e2e", Format::YoloObbEndToEnd, CENTRED),
    preset("yolo-obb-e2e", Format::YoloObbEndToEnd, CENTRED),
    preset("yolo-pose", Format::YoloPose, CENTRED),
    preset("yolov8-pose", Format::YoloPose, CENTRED),
    preset("yolo11-pose", Format::YoloPose, CENTRED),
    preset("yolo26-pose", Format::YoloPose, CENTRED),
    preset("yolo26-pose-e2e", Format::EndToEnd, CENTRED),
    preset("yolov7-pose", Format::Yolov5, CENTRED),
    preset("yolov5-seg", Format::Yolov5, CENTRED),
    preset("yolov8-seg", Format::Yolov8, CENTRED),
    preset("yolov9-seg", Format::Yolov8, CENTRED),
    preset("yolo11-seg", Format::Yolov8, CENTRED),
    preset("yolo26-seg", Format::Yolov8, CENTRED),
    preset("yolo26-seg-e2e", Format::EndToEnd, CENTRED),
    preset("yolo-seg", Format::Yolov8, CENTRED),
    preset("fastsam", Format::Yolov8, CENTRED),
    preset("deepstream-yolo-pose", Format::DeepstreamYoloPose, CENTRED),
    preset("deepstream-yolo-seg", Format::DeepstreamYoloSeg, CENTRED),
    preset("yolox", Format::Yolox, YOLOX),
    preset("yolox-decoded", Format::Yolov5, YOLOX),
    preset("yolo-nas", Format::YoloNas, CENTRED),
    preset("yolo-nas-pose", Format::YoloNas, CENTRED),
    preset("super-gradients-flat", Format::SuperGradientsFlat, CENTRED),
    preset("damo-yolo", Format::YoloNas, STRETCHED_255),
    preset("rtmdet", Format::YoloNas, RTMDET),
    preset("pp-yoloe", Format::PpYoloe, STRETCHED),
    preset("pp-yoloe-raw", Format::YoloNas, STRETCHED),
    preset("picodet", Format::Nanodet, STRETCHED),
    preset("nanodet", Format::Nanodet, STRETCHED_BGR),
    preset("centernet", Format::EndToEnd, STRETCHED_255),
    preset("deepstream-yolo", Format::DeepstreamYolo, AS_THE_NETWORK),
    preset(
        "deepstream-yolo-2023",
        Format::DeepstreamYolo2023,
        AS_THE_NETWORK,
    ),
    preset(
        "deepstream-yoloe-2023",
        Format::DeepstreamYoloe2023,
        AS_THE_NETWORK,
    ),
];
