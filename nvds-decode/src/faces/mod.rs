//! Detectors of faces (and of number plates made in their way): boxes with key points.
//!
//! | format | layers | key points |
//! | --- | --- | --- |
//! | `blazeface` | `regressors` `[896, 16]`, `classificators` `[896, 1]`; 2304 of the full range; or in two parts of 512 and 384 | 6 |
//! | `scrfd` | `score_8` `[n, 1]`, `bbox_8` `[n, 4]`, `kps_8` `[n, 10]`, the same of 16 and 32; `kps` may be missing | 5 |
//! | `yunet` | `cls_8` and `obj_8` `[n, 1]`, `bbox_8` `[n, 4]`, `kps_8` `[n, 10]`, the same of 16 and 32 | 5 |
//! | `retinaface` | `loc` `[A, 4]`, `conf` `[A, 2]`, `landms` `[A, 10]`, or `[A, 8]` of plates | 5 or 4 |
//! | `centerface` | heat map `[1, h, w]`, scale `[2, h, w]`, offset `[2, h, w]`, landmarks `[10, h, w]` | 5 |
//! | `deepstream-yolo-face` | `boxes` `[N, 4]`, `scores` `[N, 1]`, `landmarks` `[N, 10]` or `[N, 15]` | 5 |
//! | `yolov8-face` | `[20, N]` or `[N, 20]` | 5 |
//! | `yolov5-face` | `[N, 16]` | 5 |
//!
//! The only class is 0. Layers are found by their names, or by their dimensions, which follow from the
//! size of the network's input. Key points are read for the detections that are left. With
//! [`NmsMode::Weighted`](crate::NmsMode::Weighted), as MediaPipe does for `blazeface`, a face is the mean
//! of the boxes and key points that it suppresses.

mod blazeface;
mod centerface;
mod layers;
mod level;
mod presets;
mod retinaface;
pub(crate) mod scan;
mod scrfd;
mod yolo_face;
mod yunet;

use crate::select::{Decoder, Family, Several};

/// The family. Layers that two decoders fit are refused.
pub static FAMILY: Family = Family {
    name: "faces",
    decoders: &ALL,
    several: Several::Refused,
    presets: &presets::PRESETS,
};

static ALL: [&Decoder; 9] = [
    &blazeface::DECODER,
    &blazeface::SPLIT,
    &scrfd::DECODER,
    &yunet::DECODER,
    &retinaface::DECODER,
    &centerface::DECODER,
    &yolo_face::DEEPSTREAM,
    &yolo_face::V8,
    &yolo_face::V5,
];
