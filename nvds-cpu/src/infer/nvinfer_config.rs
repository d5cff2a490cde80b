//! The configuration of `nvinfer`: a key file with the keys of DeepStream 9.1.
//!
//! GLib's own parser reads it, as in the stock element, so quoting, lists and comments are the same. Networks of type
//! 100 ("other") are honoured, that is tensors are attached and nothing is parsed; a key that asks for anything the
//! CPU cannot do is an error with its line.

use std::path::{Path, PathBuf};

use glib::KeyFile;

use super::pbtext::Position;
use super::types::{
    Color, ConfigError, Layout, Note, NoteLevel, PreprocessConfig, SCALING_FILTERS, did_you_mean,
    read_text, relative_to, scaling_filter,
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

/// Type of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Flag,
    Int,
    Uint,
    Float,
    Text,
    /// Numbers separated by `;`.
    Floats,
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Support {
    Honoured,
    /// No effect, for this reason.
    Ignored(&'static str),
    /// Cannot be done, for this reason; a flag that is off or a number 0 is no such demand.
    Refused(&'static str),
}

use Kind::{Flag, Float, Floats, Int, Text, Uint};
use Support::{Honoured, Ignored, Refused};

const NO_TENSORRT: &str = "ONNX Runtime runs the model as it is, TensorRT takes no part";
const NO_GPU: &str = "there is no GPU";
const NO_PARSING: &str = "with network-type=100 nothing is parsed";
const FULL_FRAME: &str = "it belongs to inference on objects, and frames are inferred here";
const NO_DUMP: &str = "tensors are not written to files or read from them";
const OTHER_MODEL: &str =
    "only ONNX models can be run; convert the model and name it with onnx-file";

const PROPERTY: &[(&str, Kind, Support)] = &[
    ("gie-unique-id", Uint, Honoured),
    ("process-mode", Uint, Honoured),
    ("network-type", Uint, Honoured),
    ("is-classifier", Flag, Refused("only network-type=100 is")),
    ("interval", Uint, Honoured),
    ("batch-size", Uint, Honoured),
    ("gpu-id", Uint, Ignored(NO_GPU)),
    ("enable-dla", Flag, Ignored(NO_GPU)),
    ("use-dla-core", Int, Ignored(NO_GPU)),
    ("network-mode", Uint, Ignored(NO_TENSORRT)),
    ("onnx-file", Text, Honoured),
    ("model-engine-file", Text, Ignored(NO_TENSORRT)),
    ("model-file", Text, Refused(OTHER_MODEL)),
    ("proto-file", Text, Refused(OTHER_MODEL)),
    ("uff-file", Text, Refused(OTHER_MODEL)),
    ("uff-input-blob-name", Text, Refused(OTHER_MODEL)),
    ("uff-input-order", Uint, Refused(OTHER_MODEL)),
    ("uff-input-dims", Text, Refused(OTHER_MODEL)),
    ("input-dims", Text, Refused(OTHER_MODEL)),
    ("tlt-encoded-model", Text, Refused(OTHER_MODEL)),
    (
        "tlt-model-key",
        Text,
        Ignored("it unlocks models that cannot be run here"),
    ),
    ("int8-calib-file", Text, Ignored(NO_TENSORRT)),
    ("custom-network-config", Text, Refused(OTHER_MODEL)),
    ("infer-dims", Text, Honoured),
    ("force-implicit-batch-dim", Flag, Ignored(NO_TENSORRT)),
    ("workspace-size", Uint, Ignored(NO_TENSORRT)),
    ("output-io-formats", Text, Ignored(NO_TENSORRT)),
    ("layer-device-precision", Text, Ignored(NO_TENSORRT)),
    ("strongly-typed", Flag, Ignored(NO_TENSORRT)),
    ("dynamic-properties", Text, Ignored(NO_TENSORRT)),
    ("warmup-engine", Flag, Ignored("there is no warm-up")),
    (
        "output-blob-names",
        Text,
        Ignored("all outputs are attached, as in gst-nvinfer"),
    ),
    ("model-color-format", Uint, Honoured),
    ("net-scale-factor", Float, Honoured),
    ("offsets", Floats, Honoured),
    (
        "mean-file",
        Text,
        Refused("mean images are not supported; use offsets"),
    ),
    ("network-input-order", Uint, Honoured),
    ("maintain-aspect-ratio", Flag, Honoured),
    ("symmetric-padding", Flag, Honoured),
    ("scaling-filter", Uint, Honoured),
    (
        "scaling-compute-hw",
        Uint,
        Ignored("frames are scaled by the CPU"),
    ),
    ("labelfile-path", Text, Ignored(NO_PARSING)),
    ("num-detected-classes", Uint, Ignored(NO_PARSING)),
    ("cluster-mode", Uint, Ignored(NO_PARSING)),
    ("enable-dbscan", Flag, Ignored(NO_PARSING)),
    ("parse-func", Uint, Ignored(NO_PARSING)),
    ("parse-bbox-func-name", Text, Ignored(NO_PARSING)),
    (
        "parse-bbox-instance-mask-func-name",
        Text,
        Ignored(NO_PARSING),
    ),
    ("parse-segmentation-func-name", Text, Ignored(NO_PARSING)),
    ("parse-classifier-func-name", Text, Ignored(NO_PARSING)),
    ("engine-create-func-name", Text, Ignored(NO_TENSORRT)),
    ("custom-lib-path", Text, Ignored(NO_PARSING)),
    ("output-tensor-meta", Flag, Honoured),
    (
        "tensor-meta-pool-size",
        Uint,
        Ignored("ONNX Runtime pools its own buffers"),
    ),
    (
        "disable-output-host-copy",
        Flag,
        Ignored("tensors are always in host memory"),
    ),
    ("auto-inc-mem", Flag, Ignored(NO_GPU)),
    ("max-gpu-mem-per", Float, Ignored(NO_GPU)),
    (
        "input-tensor-from-meta",
        Flag,
        Refused("tensors of nvdspreprocess cannot be read"),
    ),
    ("output-instance-mask", Flag, Ignored(NO_PARSING)),
    ("segmentation-threshold", Float, Ignored(NO_PARSING)),
    ("segmentation-output-order", Uint, Ignored(NO_PARSING)),
    ("classifier-threshold", Float, Ignored(NO_PARSING)),
    ("classifier-type", Text, Ignored(NO_PARSING)),
    ("classifier-async-mode", Flag, Ignored(FULL_FRAME)),
    ("secondary-reinfer-interval", Int, Ignored(FULL_FRAME)),
    ("input-object-min-width", Int, Ignored(FULL_FRAME)),
    ("input-object-min-height", Int, Ignored(FULL_FRAME)),
    ("input-object-max-width", Int, Ignored(FULL_FRAME)),
    ("input-object-max-height", Int, Ignored(FULL_FRAME)),
    ("operate-on-gie-id", Int, Ignored(FULL_FRAME)),
    ("operate-on-class-ids", Text, Ignored(FULL_FRAME)),
    ("filter-out-class-ids", Text, Ignored(NO_PARSING)),
    ("crop-objects-to-roi-boundary", Flag, Ignored(NO_PARSING)),
    ("stabilize-buffer-count", Uint, Honoured),
    ("dump-input-tensor", Flag, Refused(NO_DUMP)),
    ("dump-output-tensor", Flag, Refused(NO_DUMP)),
    ("overwrite-input-tensor", Flag, Refused(NO_DUMP)),
    ("overwrite-output-tensor", Flag, Refused(NO_DUMP)),
    ("ip-tensor-file", Text, Refused(NO_DUMP)),
    ("op-tensor-files", Text, Refused(NO_DUMP)),
    ("raw-output-file-write", Flag, Refused(NO_DUMP)),
];

const CLASS_ATTRS: &[&str] = &[
    "threshold",
    "pre-cluster-threshold",
    "post-cluster-threshold",
    "eps",
    "group-threshold",
    "minBoxes",
    "dbscan-min-score",
    "nms-iou-threshold",
    "topk",
    "roi-top-offset",
    "roi-bottom-offset",
    "detected-min-w",
    "detected-min-h",
    "detected-max-w",
    "detected-max-h",
    "border-color",
    "bg-color",
];

const GROUP: &str = "property";
const CLASS_GROUP: &str = "class-attrs-";

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
        let Some(onnx_file) = group.text("onnx-file") else {
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

fn check_groups(key_file: &KeyFile, lines: &Lines, notes: &mut Vec<Note>) {
    let groups = key_file.groups();
    for group in groups.iter().map(|g| g.as_str()).filter(|g| *g != GROUP) {
        let position = lines.group_position(group);
        if !group.starts_with(CLASS_GROUP) {
            notes.push(Note::warning(
                &lines.file,
                position,
                format!("unknown group [{group}]; known are [property] and [class-attrs-all], [class-attrs-N]"),
            ));
            continue;
        }
        notes.push(Note::info(
            &lines.file,
            position,
            format!("[{group}] has no effect: {NO_PARSING}"),
        ));
        for key in key_file.keys(group).unwrap_or_default().iter() {
            if !CLASS_ATTRS.contains(&key.as_str()) {
                notes.push(Note::warning(
                    &lines.file,
                    lines.position(group, key),
                    format!("unknown key {key} in [{group}]"),
                ));
            }
        }
    }
}

/// The group `[property]` with typed access. Values have been checked by [`Group::check`] only as far as they are known.
struct Group<'a> {
    key_file: &'a KeyFile,
    lines: &'a Lines,
}

impl Group<'_> {
    fn error(&self, key: &str, message: String) -> ConfigError {
        ConfigError::at(
            &self.lines.file,
            self.lines.position(GROUP, key),
            format!("{key}: {message}"),
        )
    }

    fn check(&self, notes: &mut Vec<Note>) -> Result<(), ConfigError> {
        for key in self.key_file.keys(GROUP).unwrap_or_default().iter() {
            let key = key.as_str();
            let position = self.lines.position(GROUP, key);
            let Some((_, kind, support)) = PROPERTY.iter().find(|(name, ..)| *name == key) else {
                notes.push(Note::warning(
                    &self.lines.file,
                    position,
                    format!(
                        "unknown key {key} in [property]{}",
                        did_you_mean(key, PROPERTY.iter().map(|(name, ..)| *name))
                    ),
                ));
                continue;
            };
            let demanded = match kind {
                Flag => self.flag(key)? == Some(true),
                Int => self.int(key)? != Some(0),
                Uint => self.uint(key)? != Some(0),
                Float => self.float(key)? != Some(0.0),
                Floats => !self.floats(key)?.is_empty(),
                Text => self.text(key).is_some(),
            };
            match support {
                Honoured => {}
                Ignored(why) if demanded => notes.push(Note {
                    level: NoteLevel::Info,
                    text: self.error(key, format!("has no effect on the CPU: {why}")),
                }),
                Refused(why) if demanded => {
                    return Err(self.error(
                        key,
                        format!("cannot be honoured by the CPU stand-in: {why}"),
                    ));
                }
                Ignored(_) | Refused(_) => {}
            }
        }
        Ok(())
    }

    fn text(&self, key: &str) -> Option<String> {
        let value = self.key_file.string(GROUP, key).ok()?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// What GLib makes of a value, as in the stock element: a blank or comment behind an integer is passed over, behind
    /// a number with a fraction or a boolean it is an error.
    fn value<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl Fn(&KeyFile) -> Result<T, glib::Error>,
    ) -> Result<Option<T>, ConfigError> {
        if !matches!(self.key_file.has_key(GROUP, key), Ok(true)) {
            return Ok(None);
        }
        read(self.key_file).map(Some).map_err(|_| {
            let found = self.key_file.value(GROUP, key).unwrap_or_default();
            let found = match found.trim() {
                "" => "nothing".to_owned(),
                _ => format!("\"{found}\""),
            };
            self.error(key, format!("expected {expected}, found {found}"))
        })
    }

    fn flag(&self, key: &str) -> Result<Option<bool>, ConfigError> {
        self.value(key, "0 or 1 and nothing behind it", |file| {
            file.boolean(GROUP, key)
        })
    }

    fn int(&self, key: &str) -> Result<Option<i32>, ConfigError> {
        self.value(key, "an integer", |file| file.integer(GROUP, key))
    }

    fn uint(&self, key: &str) -> Result<Option<u32>, ConfigError> {
        const EXPECTED: &str = "an integer of 0 or more";
        match self.value(key, EXPECTED, |file| file.integer(GROUP, key))? {
            None => Ok(None),
            Some(value) => u32::try_from(value)
                .map(Some)
                .map_err(|_| self.error(key, format!("expected {EXPECTED}, found {value}"))),
        }
    }

    fn float(&self, key: &str) -> Result<Option<f64>, ConfigError> {
        let value = self.value(key, "a number and nothing behind it", |file| {
            file.double(GROUP, key)
        })?;
        match value {
            Some(value) if !value.is_finite() => {
                Err(self.error(key, format!("expected a finite number, found {value}")))
            }
            value => Ok(value),
        }
    }

    fn floats(&self, key: &str) -> Result<Vec<f32>, ConfigError> {
        let values = self.value(
            key,
            "numbers separated by ';' and nothing behind them",
            |file| file.double_list(GROUP, key),
        )?;
        let values: Vec<f32> = values
            .unwrap_or_default()
            .iter()
            .map(|v| *v as f32)
            .collect();
        match values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(self.error(key, format!("expected finite numbers, found {value}"))),
            None => Ok(values),
        }
    }

    fn dims(&self, key: &str) -> Result<Option<[i64; 3]>, ConfigError> {
        let Some(text) = self.text(key) else {
            return Ok(None);
        };
        let dims: Option<Vec<i64>> = list(&text)
            .map(|item| item.parse().ok().filter(|&d| d > 0))
            .collect();
        match dims.and_then(|dims| <[i64; 3]>::try_from(dims).ok()) {
            Some(dims) => Ok(Some(dims)),
            None => Err(self.error(
                key,
                format!(
                    "expected three numbers above 0 as channels;height;width, found \"{text}\""
                ),
            )),
        }
    }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(';')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// Which line each group and key stands on; GLib's parser does not tell.
struct Lines {
    file: PathBuf,
    groups: Vec<(String, u32)>,
    keys: Vec<(String, String, u32)>,
}

impl Lines {
    fn read(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let mut this = Self {
            file: file.to_owned(),
            groups: Vec::new(),
            keys: Vec::new(),
        };
        let mut group = None;
        for (number, line) in (1..).zip(text.lines()) {
            let trimmed = line.trim();
            let fault = |message: &str| {
                Err(ConfigError::at(
                    file,
                    line_position(number),
                    format!("{message}, found \"{trimmed}\""),
                ))
            };
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            if let Some(name) = trimmed.strip_prefix('[') {
                let Some(name) = name.strip_suffix(']').filter(|n| !n.is_empty()) else {
                    return fault("expected a group such as [property]");
                };
                this.groups.push((name.to_owned(), number));
                group = Some(name.to_owned());
                continue;
            }
            let Some((key, _)) = trimmed
                .split_once('=')
                .filter(|(key, _)| !key.trim().is_empty())
            else {
                return fault("expected key=value, a [group] or a # comment");
            };
            let Some(group) = &group else {
                return fault("expected a group such as [property] before the first key");
            };
            this.keys
                .push((group.clone(), key.trim().to_owned(), number));
        }
        Ok(this)
    }

    fn group_position(&self, group: &str) -> Position {
        let found = self.groups.iter().find(|(name, _)| name == group);
        line_position(found.map_or(1, |(_, line)| *line))
    }

    /// The last line of a key given several times is the one that counts.
    fn position(&self, group: &str, key: &str) -> Position {
        self.keys
            .iter()
            .rev()
            .find(|(g, k, _)| g == group && k == key)
            .map_or_else(
                || self.group_position(group),
                |(.., line)| line_position(*line),
            )
    }
}

fn line_position(line: u32) -> Position {
    Position { line, column: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
# comment
[property]
gpu-id=0
onnx-file=models/net.onnx
gie-unique-id=3
network-type=100
net-scale-factor=0.00392157
offsets=1;2.5;3
model-color-format=1
network-input-order=1
infer-dims=3;300;400
output-tensor-meta=1
maintain-aspect-ratio=1
symmetric-padding=1
scaling-filter=1
batch-size=4
interval=2
process-mode=1
labelfile-path=labels.txt

[class-attrs-all]
topk=20
";

    fn parse(text: &str) -> Result<NvinferConfig, String> {
        NvinferConfig::parse(text, Path::new("/etc/c.txt")).map_err(|e| e.to_string())
    }

    fn with(from: &str, to: &str) -> Result<NvinferConfig, String> {
        assert!(GOOD.contains(from), "{from}");
        parse(&GOOD.replace(from, to))
    }

    #[test]
    fn all_honoured_keys_are_read() {
        let config = parse(GOOD).unwrap();
        assert_eq!(config.onnx_file, Path::new("/etc/models/net.onnx"));
        assert_eq!(config.unique_id, Some(3));
        assert_eq!(config.batch_size, Some(4));
        assert_eq!(config.interval, Some(2));
        assert_eq!(config.output_tensor_meta, Some(true));
        assert_eq!(config.infer_dims, Some([3, 300, 400]));
        assert_eq!(
            config.preprocess,
            PreprocessConfig {
                color: Color::Bgr,
                layout: Some(Layout::Nhwc),
                maintain_aspect_ratio: true,
                symmetric_padding: true,
                filter: Method::Bilinear,
                scale: 0.003_921_57,
                offsets: vec![1.0, 2.5, 3.0],
            }
        );
        assert!(
            config.notes.iter().all(|n| n.level == NoteLevel::Info),
            "{:?}",
            config.notes
        );
        assert_eq!(config.notes.len(), 2);
    }

    #[test]
    fn absent_keys_have_deepstreams_defaults() {
        let config =
            parse("[property]\nonnx-file=/m.onnx\nnetwork-type=100\ngie-unique-id=1\n").unwrap();
        assert_eq!(config.onnx_file, Path::new("/m.onnx"));
        assert_eq!(config.batch_size, None);
        assert_eq!(config.interval, None);
        assert_eq!(config.output_tensor_meta, None);
        assert_eq!(
            config.preprocess,
            PreprocessConfig {
                layout: Some(Layout::Nchw),
                ..PreprocessConfig::default()
            }
        );
        assert!(config.notes.is_empty());
    }

    #[test]
    fn faults_name_key_and_line() {
        for (from, to, expected) in [
            (
                "network-type=100",
                "network-type=0",
                "/etc/c.txt:6: network-type: 0 cannot be honoured",
            ),
            (
                "network-type=100",
                "",
                "/etc/c.txt:2: network-type is not given",
            ),
            (
                "process-mode=1",
                "process-mode=2",
                "/etc/c.txt:18: process-mode: 2 cannot be honoured",
            ),
            (
                "onnx-file=models/net.onnx",
                "model-engine-file=x.engine",
                "onnx-file is not given",
            ),
            (
                "onnx-file=models/net.onnx",
                "tlt-encoded-model=x.etlt",
                "/etc/c.txt:4: tlt-encoded-model: cannot be honoured",
            ),
            (
                "gpu-id=0",
                "mean-file=m.ppm",
                "/etc/c.txt:3: mean-file: cannot be honoured",
            ),
            (
                "gpu-id=0",
                "input-tensor-from-meta=1",
                "input-tensor-from-meta: cannot be honoured",
            ),
            (
                "gpu-id=0",
                "gpu-id=x",
                "gpu-id: expected an integer of 0 or more, found \"x\"",
            ),
            (
                "interval=2",
                "interval=-1",
                "interval: expected an integer of 0 or more, found -1",
            ),
            (
                "interval=2",
                "interval=",
                "interval: expected an integer of 0 or more, found nothing",
            ),
            (
                "offsets=1;2.5;3",
                "offsets=1;2",
                "/etc/c.txt:8: offsets: expected 3 numbers",
            ),
            (
                "offsets=1;2.5;3",
                "offsets=1;a;3",
                "offsets: expected numbers separated by ';'",
            ),
            (
                "infer-dims=3;300;400",
                "infer-dims=3;300",
                "infer-dims: expected three numbers",
            ),
            (
                "scaling-filter=1",
                "scaling-filter=7",
                "scaling-filter: expected 0 or 6 (nearest), 1 (bilinear), 2 (cubic)",
            ),
            (
                "model-color-format=1",
                "model-color-format=7",
                "expected 0 (RGB), 1 (BGR) or 2 (GRAY), found 7",
            ),
            (
                "batch-size=4",
                "batch-size=0",
                "batch-size: expected 1 to 1024",
            ),
            (
                "gie-unique-id=3",
                "gie-unique-id=0",
                "gie-unique-id: expected a number above 0",
            ),
            (
                "net-scale-factor=0.00392157",
                "net-scale-factor=0,5",
                "net-scale-factor: expected a number",
            ),
            (
                "interval=2",
                "interval 2",
                "/etc/c.txt:17: expected key=value, a [group] or a # comment, found \"interval 2\"",
            ),
            (
                "[property]",
                "[property",
                "/etc/c.txt:2: expected a group such as [property]",
            ),
            (
                "[property]",
                "",
                "/etc/c.txt:3: expected a group such as [property] before the first key",
            ),
            (
                "[property]",
                "[properties]",
                "expected a group [property], found none",
            ),
        ] {
            let error = with(from, to).expect_err(to);
            assert!(error.contains(expected), "{to}\n{error}\n{expected}");
        }
    }

    #[test]
    fn unknown_keys_and_groups_are_warned_about() {
        let config = with("gpu-id=0", "gpu_id=0\nclassifier-async-mode=0").unwrap();
        let warnings: Vec<_> = config
            .notes
            .iter()
            .filter(|n| n.level == NoteLevel::Warning)
            .map(|n| n.text.to_string())
            .collect();
        assert_eq!(
            warnings,
            ["/etc/c.txt:3: unknown key gpu_id in [property]; did you mean gpu-id?"]
        );
        let config = with("topk=20", "topk=20\nxx=1\n[foo]\na=1").unwrap();
        let warnings: Vec<_> = config
            .notes
            .iter()
            .filter(|n| n.level == NoteLevel::Warning)
            .map(|n| n.text.to_string())
            .collect();
        assert!(
            warnings.contains(&"/etc/c.txt:23: unknown key xx in [class-attrs-all]".to_owned())
        );
        assert!(
            warnings
                .iter()
                .any(|w| w.contains("/etc/c.txt:24: unknown group [foo]"))
        );
    }

    #[test]
    fn what_stands_behind_a_value_is_read_as_glib_reads_it() {
        let config = with("gie-unique-id=3", "gie-unique-id=5 # the id").unwrap();
        assert_eq!(config.unique_id, Some(5));
        assert_eq!(
            with("interval=2", "interval= 7 \t").unwrap().interval,
            Some(7)
        );
        for (from, to, expected) in [
            (
                "batch-size=4",
                "batch-size=4x",
                "batch-size: expected an integer of 0 or more, found \"4x\"",
            ),
            (
                "batch-size=4",
                "batch-size=99999999999",
                "batch-size: expected an integer",
            ),
            (
                "batch-size=4",
                "batch-size=# four",
                "batch-size: expected an integer",
            ),
            (
                "net-scale-factor=0.00392157",
                "net-scale-factor=1.0 # none",
                "net-scale-factor: expected a number and nothing behind it, found \"1.0 # none\"",
            ),
            (
                "net-scale-factor=0.00392157",
                "net-scale-factor=1.0 ",
                "found \"1.0 \"",
            ),
            (
                "net-scale-factor=0.00392157",
                "net-scale-factor=inf",
                "expected a finite number",
            ),
            (
                "offsets=1;2.5;3",
                "offsets=1;2;3 # each",
                "offsets: expected numbers separated by ';'",
            ),
            (
                "maintain-aspect-ratio=1",
                "maintain-aspect-ratio=1 # yes",
                "maintain-aspect-ratio: expected 0 or 1 and nothing behind it",
            ),
            (
                "maintain-aspect-ratio=1",
                "maintain-aspect-ratio=2",
                "expected 0 or 1",
            ),
        ] {
            let error = with(from, to).expect_err(to);
            assert!(error.contains(expected), "{to}\n{error}\n{expected}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_named() {
        let error = parse(&format!("\u{feff}{GOOD}")).unwrap_err();
        assert!(
            error.starts_with("/etc/c.txt:1: the file begins with a byte order mark (BOM)"),
            "{error}"
        );
    }

    #[test]
    fn endless_files_are_refused() {
        let error = NvinferConfig::load(Path::new("/dev/zero")).unwrap_err();
        assert!(
            error.to_string().contains("it is larger than 4 MiB"),
            "{error}"
        );
    }

    #[test]
    fn yaml_is_refused_by_name() {
        let error = NvinferConfig::load(Path::new("/x/c.yml")).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("YAML configurations are not read")
        );
    }
}
