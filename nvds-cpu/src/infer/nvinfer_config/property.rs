//! The keys of `[property]` about input and running.

use super::classes::MAX_CLASSES;
use super::group::{Group, Mode};
use super::{ConfigError, Note, PreprocessConfig};
use crate::convert::Method;
use crate::infer::types::{Color, Layout, SCALING_FILTERS, scaling_filter};

/// `offsets` are no more than this in gst-nvinfer.
const MAX_OFFSETS: usize = 4;

/// Keys without effect here whose values gst-nvinfer looks at.
pub(super) fn check_options(group: Group<'_>) -> Result<(), ConfigError> {
    for (key, known, most) in [
        (
            "network-mode",
            "0 (FP32), 1 (INT8), 2 (FP16) or 3 (best)",
            3,
        ),
        ("uff-input-order", "0 (NCHW), 1 (NHWC) or 2 (NC)", 2),
        ("scaling-compute-hw", "0 (default), 1 (GPU) or 2 (VIC)", 2),
    ] {
        group.choice(key, known, |number| (number <= most).then_some(()))?;
    }
    Ok(())
}

/// A detector needs to know how many classes there are.
pub(super) fn check_classes(group: Group<'_>, classes: u32) -> Result<(), ConfigError> {
    const KEY: &str = "num-detected-classes";
    let expected = match classes {
        0 => "expected the number of classes of this detector, found none (DeepStream crashes)",
        1..=MAX_CLASSES => return Ok(()),
        _ => "expected at most 65536",
    };
    Err(group.error(KEY, expected.to_owned()))
}

pub(super) fn unique_id(group: Group<'_>) -> Result<Option<u32>, ConfigError> {
    let id = group.uint("gie-unique-id")?;
    match id {
        Some(0) => Err(group.error("gie-unique-id", "expected a number above 0".to_owned())),
        id => Ok(id),
    }
}

pub(super) fn batch_size(group: Group<'_>) -> Result<Option<u32>, ConfigError> {
    group.choice("batch-size", "1 to 1024", |size| {
        (1..=1024).contains(&size).then_some(size)
    })
}

/// Batches to skip, which is for frames only.
pub(super) fn interval(
    group: Group<'_>,
    mode: Mode,
    notes: &mut Vec<Note>,
) -> Result<Option<u32>, ConfigError> {
    let interval = group.uint("interval")?;
    if !mode.objects || interval.is_none_or(|interval| interval == 0) {
        return Ok(interval);
    }
    notes.push(group.warning(
        "interval",
        "has no effect with process-mode=2; see secondary-reinfer-interval",
    ));
    Ok(None)
}

/// Size of the network's input: `infer-dims`, or by one of its old names.
pub(super) fn infer_dims(
    group: Group<'_>,
    notes: &mut Vec<Note>,
) -> Result<Option<[i64; 3]>, ConfigError> {
    let mut dims = group.dims("infer-dims", 0)?;
    let given = dims.is_some();
    for key in ["input-dims", "uff-input-dims"] {
        if !group.has(key) {
            continue;
        }
        if given {
            notes.push(group.warning(key, "has no effect beside infer-dims"));
            continue;
        }
        notes.push(group.warning(key, "is the old name of infer-dims"));
        dims = group.dims(key, 1)?;
    }
    Ok(dims)
}

/// Scaling and normalisation.
pub(super) fn preprocess(
    group: Group<'_>,
    notes: &mut Vec<Note>,
) -> Result<PreprocessConfig, ConfigError> {
    let color = group.choice(
        "model-color-format",
        "0 (RGB), 1 (BGR) or 2 (GRAY)",
        |number| match number {
            0 => Some(Color::Rgb),
            1 => Some(Color::Bgr),
            2 => Some(Color::Gray),
            _ => None,
        },
    )?;
    let layout = group.choice(
        "network-input-order",
        "0 (NCHW) or 1 (NHWC)",
        |number| match number {
            0 => Some(Layout::Nchw),
            1 => Some(Layout::Nhwc),
            _ => None,
        },
    )?;
    let filter = group.choice("scaling-filter", SCALING_FILTERS, |number| {
        scaling_filter(number.into())
    })?;
    let color = color.unwrap_or(Color::Rgb);
    let scale = group.float("net-scale-factor")?.unwrap_or(1.0) as f32;
    if scale == 0.0 {
        let why = "0 makes every input of the network 0; leave it out for values of 0 to 255";
        notes.push(group.warning("net-scale-factor", why));
    }
    if group.has("mean-file") && group.has("offsets") {
        notes.push(group.warning("offsets", "has no effect beside mean-file"));
    }
    Ok(PreprocessConfig {
        color,
        layout: Some(layout.unwrap_or(Layout::Nchw)),
        maintain_aspect_ratio: group.flag("maintain-aspect-ratio")?.unwrap_or(false),
        symmetric_padding: group.flag("symmetric-padding")?.unwrap_or(false),
        filter: filter.unwrap_or(Method::Default),
        scale,
        offsets: offsets(group, color)?,
        mean: None,
    })
}

fn offsets(group: Group<'_>, color: Color) -> Result<Vec<f32>, ConfigError> {
    let offsets = group.floats("offsets")?;
    let channels = color.channels();
    if offsets.is_empty() || (channels..=MAX_OFFSETS).contains(&offsets.len()) {
        return Ok(offsets.into_iter().map(|value| value as f32).collect());
    }
    Err(group.error(
        "offsets",
        format!(
            "expected {channels} numbers separated by ';', one per channel of model-color-format, found {}",
            offsets.len()
        ),
    ))
}
