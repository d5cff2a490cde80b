//! The groups `[class-attrs-all]` and `[class-attrs-N]`.

use glib::KeyFile;

use super::GROUP;
use super::group::{Group, Mode};
use super::keys::CLASS_ATTRS;
use super::lines::Lines;
use crate::infer::postprocess::settings::{ClassAttrs, Rgba};
use crate::infer::types::{ConfigError, Note, cut};

const PREFIX: &str = "class-attrs-";
const ALL: &str = "class-attrs-all";
/// More classes than any network has; each takes memory.
pub(super) const MAX_CLASSES: u32 = 1 << 16;

/// Warns of groups that nothing reads. `used` tells whether networks of this type have groups for classes.
pub(super) fn check_groups(key_file: &KeyFile, lines: &Lines, used: bool, notes: &mut Vec<Note>) {
    let groups = key_file.groups();
    for group in groups.iter().map(|g| g.as_str()).filter(|g| *g != GROUP) {
        let position = lines.group_position(group);
        if !group.starts_with(PREFIX) {
            notes.push(Note::warning(
                &lines.file,
                position,
                format!(
                    "unknown group [{}]; known are [property] and [class-attrs-all], [class-attrs-N]",
                    cut(group)
                ),
            ));
        } else if !used {
            notes.push(Note::info(
                &lines.file,
                position,
                format!(
                    "[{}] has no effect: it is for detectors (network-type 0 and 3)",
                    cut(group)
                ),
            ));
            let group = Group {
                name: group,
                key_file,
                lines,
            };
            group.check_names(CLASS_ATTRS, notes);
        }
    }
}

/// What the file says of each class.
pub(super) fn read(
    key_file: &KeyFile,
    lines: &Lines,
    classes: u32,
    notes: &mut Vec<Note>,
) -> Result<Vec<ClassAttrs>, ConfigError> {
    let group = |name| Group {
        name,
        key_file,
        lines,
    };
    let mut attrs = ClassAttrs::default();
    if key_file.has_group(ALL) {
        update(&mut attrs, group(ALL), notes)?;
    }
    let mut all = vec![attrs; classes as usize];
    for name in key_file.groups().iter().map(|name| name.as_str()) {
        let Some(number) = name.strip_prefix(PREFIX).filter(|_| name != ALL) else {
            continue;
        };
        let index = class_index(number).ok_or_else(|| {
            ConfigError::at(
                &lines.file,
                lines.group_position(name),
                format!(
                    "expected [class-attrs-all] or a class as in [class-attrs-0], found [{}]",
                    cut(name)
                ),
            )
        })?;
        let Some(attrs) = all.get_mut(index) else {
            return Err(ConfigError::at(
                &lines.file,
                lines.group_position(name),
                format!(
                    "[{}] is for class {index}, but num-detected-classes={classes}: expected less than that",
                    cut(name)
                ),
            ));
        };
        update(attrs, group(name), notes)?;
    }
    Ok(all)
}

/// The number at the beginning, as C reads it: what follows is passed over.
fn class_index(text: &str) -> Option<usize> {
    let text = text.trim_start();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    (digits > 0).then(|| text[..digits].parse().unwrap_or(usize::MAX))
}

/// Takes over what a group says.
fn update(
    attrs: &mut ClassAttrs,
    group: Group<'_>,
    notes: &mut Vec<Note>,
) -> Result<(), ConfigError> {
    let mode = Mode {
        parses: true,
        objects: true,
    };
    group.check(CLASS_ATTRS, mode, notes)?;
    let positive = |key, target: &mut f32| {
        let value = group.float_in(key, "a number of 0 or more", f64::MAX)?;
        *target = value.unwrap_or(*target);
        Ok(())
    };
    if group.has("threshold") {
        notes.push(group.warning("threshold", "is the old name of pre-cluster-threshold"));
    }
    // Both names set the same: the one that comes last counts.
    let mut names = ["threshold", "pre-cluster-threshold"];
    names.sort_by_key(|key| group.lines.position(group.name, key).line);
    for key in names {
        positive(key, &mut attrs.pre_cluster_threshold)?;
    }
    positive("post-cluster-threshold", &mut attrs.post_cluster_threshold)?;
    positive("eps", &mut attrs.eps)?;
    positive("dbscan-min-score", &mut attrs.dbscan_min_score)?;
    let iou = group.float_in("nms-iou-threshold", "a number from 0 to 1", 1.0)?;
    attrs.nms_iou_threshold = iou.unwrap_or(attrs.nms_iou_threshold);
    for (key, target) in [
        ("group-threshold", &mut attrs.group_threshold),
        ("minBoxes", &mut attrs.min_boxes),
        ("topk", &mut attrs.topk),
    ] {
        // The number was an i32 before.
        *target = group.uint(key)?.map_or(*target, |value| value as i32);
    }
    for (key, target) in [
        ("roi-top-offset", &mut attrs.roi_top_offset),
        ("roi-bottom-offset", &mut attrs.roi_bottom_offset),
        ("detected-min-w", &mut attrs.detected_min_width),
        ("detected-min-h", &mut attrs.detected_min_height),
        ("detected-max-w", &mut attrs.detected_max_width),
        ("detected-max-h", &mut attrs.detected_max_height),
    ] {
        *target = group.uint(key)?.unwrap_or(*target);
    }
    if let Some(color) = color(group, "border-color")? {
        attrs.border_color = color;
    }
    if let Some(color) = color(group, "bg-color")? {
        attrs.bg_color = Some(color);
    }
    Ok(())
}

fn color(group: Group<'_>, key: &str) -> Result<Option<Rgba>, ConfigError> {
    if !group.has(key) {
        return Ok(None);
    }
    Rgba::try_from(group.floats(key)?)
        .map(Some)
        .map_err(|found| {
            let found = found.len();
            group.error(
                key,
                format!("expected red;green;blue;opacity, each 0 to 1, found {found} numbers"),
            )
        })
}
