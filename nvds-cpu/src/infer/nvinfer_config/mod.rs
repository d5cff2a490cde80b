//! The configuration of `nvinfer`: a key file with the keys of DeepStream 9.1.
//!
//! GLib's own parser reads it, as in the stock element, so quoting, lists and comments are the same. Networks of type
//! 100 ("other") are honoured, that is tensors are attached and nothing is parsed; a key that asks for anything the
//! CPU cannot do is an error with its line.

mod group;
mod keys;

use std::path::{Path, PathBuf};

use glib::KeyFile;

use self::group::{GROUP, Group, Lines, check_groups, line_position};
use super::text::read_text;
use super::types::{
    Color, ConfigError, Layout, Note, PreprocessConfig, SCALING_FILTERS, relative_to,
    scaling_filter,
};
use crate::convert::Method;

/// What `nvinfer` takes from its configuration file.
#[derive(Debug, Clone, PartialEq)]
pub struct NvinferConfig {
    /// The file, for messages.
    pub file: PathBuf,
    /// `onnx-file`.
    pub onnx_file: PathBuf,
    /// `gie-unique-id`.
    pub unique_id: Option<u32>,
    /// `batch-size`.
    pub batch_size: Option<u32>,
    /// `interval`.
    pub interval: Option<u32>,
    /// `gpu-id`, which has no effect.
    pub gpu_id: Option<u32>,
    /// `operate-on-gie-id`, which has no effect on full frames.
    pub operate_on_gie_id: Option<i32>,
    /// `output-tensor-meta`.
    pub output_tensor_meta: Option<bool>,
    /// `infer-dims` as channels, height, width.
    pub infer_dims: Option<[i64; 3]>,
    /// `stabilize-buffer-count`: buffers dropped at the start.
    pub stabilize_buffer_count: u32,
    /// Scaling and normalisation.
    pub preprocess: PreprocessConfig,
    /// Remarks for the log.
    pub notes: Vec<Note>,
}

impl NvinferConfig {
    /// Reads a configuration file.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let yaml = file
            .extension()
            .and_then(|e| e.to_str())
            .is_some_and(|e| matches!(e, "yml" | "yaml"));
        if yaml {
            return Err(ConfigError::file(
                file,
                "YAML configurations are not read by the CPU stand-in: write the same keys as key=value under [property]",
            ));
        }
        let text = read_text(file, "nvinfer configuration (config-file-path)")?;
        Self::parse(&text, file)
    }

    /// Reads a text as if it stood in `file`.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        if text.starts_with('\u{feff}') {
            return Err(ConfigError::at(
                file,
                line_position(1),
                "the file begins with a byte order mark (BOM), which GLib's reader refuses: save it as UTF-8 without one",
            ));
        }
        let lines = Lines::read(text, file)?;
        let key_file = KeyFile::new();
        key_file
            .load_from_data(text, glib::KeyFileFlags::NONE)
            .map_err(|e| ConfigError::file(file, e.message().to_owned()))?;
        let mut notes = Vec::new();
        if !key_file.has_group(GROUP) {
            return Err(ConfigError::file(
                file,
                "expected a group [property], found none; is this an nvinfer configuration?",
            ));
        }
        check_groups(&key_file, &lines, &mut notes);
        let group = Group {
            key_file: &key_file,
            lines: &lines,
        };
        notes.extend(lines.repeated());
        group.check(&mut notes)?;

        match group.uint("process-mode")? {
            None | Some(1) => {}
            Some(mode) => {
                return Err(group.error(
                    "process-mode",
                    format!(
                        "{mode} cannot be honoured by the CPU stand-in: only 1 (full frames) can"
                    ),
                ));
            }
        }
        match group.uint("network-type")? {
            Some(100) => {}
            Some(kind) => {
                return Err(group.error(
                    "network-type",
                    format!("{kind} cannot be honoured by the CPU stand-in: only 100 (other: tensors are attached and parsed downstream) can"),
                ));
            }
            None => {
                return Err(ConfigError::at(
                    file,
                    lines.group_position(GROUP),
                    "network-type is not given, which means 0 (detector): the CPU stand-in can only honour network-type=100 (other: tensors are attached and parsed downstream)",
                ));
            }
        }
        let Some(onnx_file) = group.text("onnx-file")? else {
            return Err(ConfigError::at(
                file,
                lines.group_position(GROUP),
                "onnx-file is not given: the CPU stand-in needs the ONNX model, a TensorRT engine cannot be run",
            ));
        };
        let output_tensor_meta = group.flag("output-tensor-meta")?;
        let color = match group.uint("model-color-format")? {
            None | Some(0) => Color::Rgb,
            Some(1) => Color::Bgr,
            Some(2) => Color::Gray,
            Some(other) => {
                return Err(group.error(
                    "model-color-format",
                    format!("expected 0 (RGB), 1 (BGR) or 2 (GRAY), found {other}"),
                ));
            }
        };
        let layout = match group.uint("network-input-order")? {
            None | Some(0) => Layout::Nchw,
            Some(1) => Layout::Nhwc,
            Some(other) => {
                return Err(group.error(
                    "network-input-order",
                    format!("expected 0 (NCHW) or 1 (NHWC), found {other}"),
                ));
            }
        };
        let filter = match group.uint("scaling-filter")? {
            None => Method::Default,
            Some(number) => scaling_filter(number.into()).ok_or_else(|| {
                group.error(
                    "scaling-filter",
                    format!("expected {SCALING_FILTERS}, found {number}"),
                )
            })?,
        };
        let offsets = group.floats("offsets")?;
        if !offsets.is_empty() && offsets.len() < color.channels() {
            return Err(group.error(
                "offsets",
                format!(
                    "expected {} numbers separated by ';', one per channel of model-color-format, found {}",
                    color.channels(),
                    offsets.len()
                ),
            ));
        }
        let unique_id = group.uint("gie-unique-id")?;
        if unique_id == Some(0) {
            return Err(group.error("gie-unique-id", "expected a number above 0".to_owned()));
        }
        if unique_id.is_none() {
            notes.push(Note::warning(
                file,
                lines.group_position(GROUP),
                "gie-unique-id is not given, which DeepStream refuses; the property unique-id is used",
            ));
        }
        let batch_size = group.uint("batch-size")?;
        if batch_size.is_some_and(|n| n == 0 || n > 1024) {
            return Err(group.error("batch-size", "expected 1 to 1024".to_owned()));
        }
        Ok(Self {
            file: file.to_owned(),
            onnx_file: relative_to(file, &onnx_file),
            unique_id,
            batch_size,
            interval: group.uint("interval")?,
            gpu_id: group.uint("gpu-id")?,
            operate_on_gie_id: group.int("operate-on-gie-id")?,
            output_tensor_meta,
            infer_dims: group.dims("infer-dims")?,
            stabilize_buffer_count: group.uint("stabilize-buffer-count")?.unwrap_or(0),
            preprocess: PreprocessConfig {
                color,
                layout: Some(layout),
                maintain_aspect_ratio: group.flag("maintain-aspect-ratio")?.unwrap_or(false),
                symmetric_padding: group.flag("symmetric-padding")?.unwrap_or(false),
                filter,
                scale: group.float("net-scale-factor")?.unwrap_or(1.0) as f32,
                offsets,
            },
            notes,
        })
    }
}

#[cfg(test)]
mod tests;
