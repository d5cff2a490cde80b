//! Non-maximum suppression.

use crate::infer::postprocess::detection::{Detection, by_confidence};

/// What two spans have in common.
fn overlap((a, a_end): (f32, f32), (b, b_end): (f32, f32)) -> f32 {
    let ((_, first_end), (second, second_end)) = if a > b {
        ((b, b_end), (a, a_end))
    } else {
        ((a, a_end), (b, b_end))
    };
    if first_end < second {
        0.0
    } else if second_end < first_end {
        second_end - second
    } else {
        first_end - second
    }
}

/// Intersection over union, 0 for boxes without area.
pub(super) fn iou(a: &Detection, b: &Detection) -> f32 {
    let across = overlap((a.left, a.left + a.width), (b.left, b.left + b.width));
    let down = overlap((a.top, a.top + a.height), (b.top, b.top + b.height));
    let common = across * down;
    let union = a.width * a.height + b.width * b.height - common;
    if union == 0.0 { 0.0 } else { common / union }
}

/// The boxes in order of confidence, without those that overlap a kept one by more than `threshold`.
pub(super) fn suppress(mut detections: Vec<Detection>, threshold: f32) -> Vec<Detection> {
    by_confidence(&mut detections);
    let mut kept: Vec<Detection> = Vec::new();
    for detection in detections {
        if kept.iter().all(|other| iou(&detection, other) <= threshold) {
            kept.push(detection);
        }
    }
    kept
}
