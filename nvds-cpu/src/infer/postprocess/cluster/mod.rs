//! From the boxes a parser found to the boxes of objects.

mod dbscan;
mod group;
mod nms;

use self::group::Whole;
use super::detection::{Detection, keep_top};
use super::settings::{ClassAttrs, ClusterMode};

/// Confidence of boxes that were grouped, which have none of their own.
const NO_CONFIDENCE: f32 = -0.1;
/// What stands in for grouping in a build without OpenCV.
const WITHOUT_OPENCV: (f32, i32) = (0.5, 20);

/// What is no number is below nothing.
fn is_below(detection: &Detection, threshold: f32) -> bool {
    detection.confidence < threshold
}

/// Drops boxes of no class of `attrs`, and those below their class's `pre_cluster_threshold`. What is no number stays.
pub fn before(detections: &mut Vec<Detection>, attrs: &[ClassAttrs]) {
    detections.retain(|d| {
        let own = attrs.get(d.class as usize);
        own.is_some_and(|own| !is_below(d, own.pre_cluster_threshold))
    });
}

/// One box for each object. `opencv` as in [`super::settings::Postprocess::opencv`]. Returned by class.
pub fn cluster(
    detections: Vec<Detection>,
    attrs: &[ClassAttrs],
    mode: ClusterMode,
    opencv: bool,
) -> Vec<Detection> {
    let mut classes: Vec<Vec<Detection>> = attrs.iter().map(|_| Vec::new()).collect();
    for detection in detections {
        if let Some(class) = classes.get_mut(detection.class as usize) {
            class.push(detection);
        }
    }
    let of_class = |(own, attrs): (Vec<Detection>, &ClassAttrs)| match mode {
        ClusterMode::GroupRectangles if opencv => grouped(&own, attrs),
        ClusterMode::GroupRectangles => {
            let (iou, topk) = WITHOUT_OPENCV;
            suppressed(own, iou, attrs.post_cluster_threshold, topk)
        }
        ClusterMode::Dbscan => dense(own, attrs),
        ClusterMode::Nms => suppressed(
            own,
            attrs.nms_iou_threshold,
            attrs.post_cluster_threshold,
            attrs.topk,
        ),
        ClusterMode::Hybrid => {
            let own = dbscan::members(own, attrs);
            suppressed(
                own,
                attrs.nms_iou_threshold,
                attrs.post_cluster_threshold,
                attrs.topk,
            )
        }
        ClusterMode::None => top(own, attrs.topk),
    };
    classes.into_iter().zip(attrs).flat_map(of_class).collect()
}

fn top(mut detections: Vec<Detection>, topk: i32) -> Vec<Detection> {
    keep_top(&mut detections, topk);
    detections
}

fn suppressed(detections: Vec<Detection>, iou: f32, threshold: f32, topk: i32) -> Vec<Detection> {
    let mut kept = nms::suppress(detections, iou);
    kept.retain(|d| d.confidence > threshold);
    top(kept, topk)
}

fn dense(detections: Vec<Detection>, attrs: &ClassAttrs) -> Vec<Detection> {
    let mut clusters = dbscan::merged(detections, attrs);
    clusters.retain(|d| !is_below(d, attrs.post_cluster_threshold));
    top(clusters, attrs.topk)
}

fn grouped(detections: &[Detection], attrs: &ClassAttrs) -> Vec<Detection> {
    let Some(first) = detections.first() else {
        return Vec::new();
    };
    let class = first.class;
    let whole = detections.iter().map(Whole::of).collect();
    let of_group = |whole: Whole| Detection {
        class,
        confidence: NO_CONFIDENCE,
        left: whole.x as f32,
        top: whole.y as f32,
        width: whole.width as f32,
        height: whole.height as f32,
        ..Detection::default()
    };
    group::group(whole, attrs.group_threshold, attrs.eps.into())
        .into_iter()
        .map(of_group)
        .collect()
}

#[cfg(test)]
mod tests;
