//! Clusters by density: DBSCAN as published (Ester, Kriegel, Sander, Xu, 1996).
//!
//! NVIDIA's own is in a closed library that no capture has shown, so what comes of it here is like it and not proven
//! to be it. The distance of two boxes is 1 less their intersection over union, and a box is its own neighbour. A
//! cluster has `minBoxes` neighbours around one of its boxes at least, its confidences sum up to `dbscan-min-score`,
//! and the root of its area in pixels is at most 60 times the number of its boxes. It becomes the mean of its boxes,
//! with the highest of their confidences.

use super::nms::iou;
use crate::infer::postprocess::detection::Detection;
use crate::infer::postprocess::settings::ClassAttrs;

/// Most pixels of a cluster's side for each of its boxes.
const AREA_TO_HITS: f32 = 60.0;

fn neighbours(detections: &[Detection], of: usize, eps: f32) -> Vec<usize> {
    let near =
        |other: &usize| *other == of || 1.0 - iou(&detections[of], &detections[*other]) <= eps;
    (0..detections.len()).filter(near).collect()
}

/// Members of each cluster, in order of its first dense box.
fn clusters(detections: &[Detection], attrs: &ClassAttrs) -> Vec<Vec<usize>> {
    let least = usize::try_from(attrs.min_boxes).unwrap_or(0);
    let mut taken = vec![false; detections.len()];
    let mut clusters = Vec::new();
    for first in 0..detections.len() {
        if taken[first] {
            continue;
        }
        let mut open = neighbours(detections, first, attrs.eps);
        if open.len() < least {
            continue;
        }
        taken[first] = true;
        let mut members = vec![first];
        while let Some(one) = open.pop() {
            if std::mem::replace(&mut taken[one], true) {
                continue;
            }
            members.push(one);
            let more = neighbours(detections, one, attrs.eps);
            if more.len() >= least {
                open.extend(more);
            }
        }
        members.sort_unstable();
        clusters.push(members);
    }
    clusters
}

fn mean(detections: &[Detection], members: &[usize]) -> Detection {
    let count = members.len() as f32;
    let all = || members.iter().map(|&member| &detections[member]);
    let mean = |side: fn(&Detection) -> f32| all().map(side).sum::<f32>() / count;
    let surest = all().max_by(|a, b| a.confidence.total_cmp(&b.confidence));
    Detection {
        left: mean(|d| d.left),
        top: mean(|d| d.top),
        width: mean(|d| d.width),
        height: mean(|d| d.height),
        ..surest.cloned().unwrap_or_default()
    }
}

/// Each cluster that counts, as its mean and its members.
fn valid(detections: &[Detection], attrs: &ClassAttrs) -> Vec<(Detection, Vec<usize>)> {
    let counts = |(mean, members): &(Detection, Vec<usize>)| {
        let score: f32 = members.iter().map(|&m| detections[m].confidence).sum();
        let side = (mean.width * mean.height).sqrt();
        score >= attrs.dbscan_min_score && side / members.len() as f32 <= AREA_TO_HITS
    };
    clusters(detections, attrs)
        .into_iter()
        .map(|members| (mean(detections, &members), members))
        .filter(counts)
        .collect()
}

/// One box for each cluster. With `minBoxes` of 0 all boxes stay as they are.
pub(super) fn merged(detections: Vec<Detection>, attrs: &ClassAttrs) -> Vec<Detection> {
    if attrs.min_boxes <= 0 {
        return detections;
    }
    let valid = valid(&detections, attrs);
    valid.into_iter().map(|(mean, _)| mean).collect()
}

/// The boxes without those of no cluster. With `minBoxes` of 0 all stay.
pub(super) fn members(detections: Vec<Detection>, attrs: &ClassAttrs) -> Vec<Detection> {
    if attrs.min_boxes <= 0 {
        return detections;
    }
    let valid = valid(&detections, attrs);
    let of_clusters = valid.iter().flat_map(|(_, members)| members);
    of_clusters
        .map(|&member| detections[member].clone())
        .collect()
}
