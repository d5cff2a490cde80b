//! The keys about what becomes of tensors, and about objects as input.

use std::path::PathBuf;

use super::group::Group;
use crate::infer::postprocess::settings::{
    ClusterMode, NetworkType, ObjectInput, ParserNames, Postprocess,
};
use crate::infer::types::{ConfigError, Layout, Note, relative_to};

/// What kind of network it is: `network-type`, or by its old name.
pub(super) fn network_type(
    group: Group<'_>,
    notes: &mut Vec<Note>,
) -> Result<NetworkType, ConfigError> {
    const KEY: &str = "network-type";
    const OLD: &str = "is-classifier";
    const KNOWN: &str =
        "0 (detector), 1 (classifier), 2 (segmentation), 3 (instance segmentation) or 100 (other)";
    let old = group.flag(OLD)?;
    match group.choice(KEY, KNOWN, NetworkType::from_number)? {
        Some(found) => {
            if old.is_some() {
                notes.push(group.warning(OLD, "has no effect beside network-type"));
            }
            Ok(found)
        }
        None => Ok(match old {
            Some(true) => NetworkType::Classifier,
            _ => NetworkType::Detector,
        }),
    }
}

/// How boxes are grouped: `cluster-mode`, or by its old name.
fn cluster_mode(group: Group<'_>, notes: &mut Vec<Note>) -> Result<ClusterMode, ConfigError> {
    const KEY: &str = "cluster-mode";
    const OLD: &str = "enable-dbscan";
    const KNOWN: &str =
        "0 (groupRectangles), 1 (DBSCAN), 2 (NMS), 3 (DBSCAN, then NMS) or 4 (none)";
    let old = group.flag(OLD)?;
    if old.is_some() {
        notes.push(group.warning(OLD, "is the old name of cluster-mode=1"));
    }
    let found = group.choice(KEY, KNOWN, ClusterMode::from_number)?;
    Ok(found.unwrap_or(match old {
        Some(true) => ClusterMode::Dbscan,
        _ => ClusterMode::GroupRectangles,
    }))
}

/// Everything but the classes' groups.
pub(super) fn read(
    group: Group<'_>,
    network_type: NetworkType,
    notes: &mut Vec<Note>,
) -> Result<Postprocess, ConfigError> {
    const KEY_ORDER: &str = "segmentation-output-order";
    let path = |key| -> Result<Option<PathBuf>, ConfigError> {
        let path = group.text(key)?;
        Ok(path.map(|path| relative_to(&group.lines.file, &path)))
    };
    let order = group.choice(KEY_ORDER, "0 (NCHW) or 1 (NHWC)", |number| match number {
        0 => Some(Layout::Nchw),
        1 => Some(Layout::Nhwc),
        _ => None,
    })?;
    let threshold = |key| group.float_in(key, "a number of 0 or more", f64::MAX);
    let known = Postprocess::default();
    let classifier_threshold = threshold("classifier-threshold")?.unwrap_or(0.0);
    if network_type == NetworkType::Classifier && classifier_threshold > 1.0 {
        let why = "above 1, which no probability reaches: nothing will be attached";
        notes.push(group.warning("classifier-threshold", why));
    }
    Ok(Postprocess {
        network_type,
        classes: group.uint("num-detected-classes")?.unwrap_or(0),
        cluster_mode: cluster_mode(group, notes)?,
        label_file: path("labelfile-path")?,
        parsers: ParserNames {
            bbox: group.text("parse-bbox-func-name")?,
            instance_mask: group.text("parse-bbox-instance-mask-func-name")?,
            classifier: group.text("parse-classifier-func-name")?,
            segmentation: group.text("parse-segmentation-func-name")?,
            library: path("custom-lib-path")?,
        },
        filter_out_classes: group.classes("filter-out-class-ids")?,
        crop_objects_to_roi: group.flag("crop-objects-to-roi-boundary")?.unwrap_or(false),
        output_instance_mask: group.flag("output-instance-mask")?.unwrap_or(false),
        segmentation_threshold: threshold("segmentation-threshold")?.unwrap_or(0.0),
        segmentation_order: order.unwrap_or(known.segmentation_order),
        classifier_threshold,
        classifier_type: group.text("classifier-type")?,
        ..known
    })
}

/// Which objects are inferred.
pub(super) fn objects(group: Group<'_>) -> Result<ObjectInput, ConfigError> {
    let pixels = |key| -> Result<u32, ConfigError> { Ok(group.uint(key)?.unwrap_or(0)) };
    Ok(ObjectInput {
        gie_id: group.int("operate-on-gie-id")?.unwrap_or(-1),
        class_ids: group.classes("operate-on-class-ids")?,
        min_width: pixels("input-object-min-width")?,
        min_height: pixels("input-object-min-height")?,
        max_width: pixels("input-object-max-width")?,
        max_height: pixels("input-object-max-height")?,
        reinfer_interval: group.uint("secondary-reinfer-interval")?,
        classifier_async: group.flag("classifier-async-mode")?.unwrap_or(false),
    })
}
