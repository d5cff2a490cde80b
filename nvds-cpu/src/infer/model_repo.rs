//! A model in a Triton model repository on the disk.
//!
//! Layout: `<root>/<model>/config.pbtxt` and `<root>/<model>/<version>/model.onnx`, the file name being
//! `default_model_filename` where the configuration gives one.

use std::path::{Path, PathBuf};

use nvds::DataType;

use super::pbtext;
use super::schema::{self, Key, Kind, View};
use super::text::read_text;
use super::types::{ConfigError, Layout, Note, Reason};

/// A model found in a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct RepositoryModel {
    /// The ONNX file.
    pub model_file: PathBuf,
    /// The version it stands under.
    pub version: u64,
    /// `config.pbtxt`; `None` where the model has none and none is required.
    pub config: Option<ModelConfig>,
    /// Remarks about `config.pbtxt` for the log.
    pub notes: Vec<Note>,
}

impl RepositoryModel {
    /// A file that stands in no repository.
    pub fn of_file(model_file: PathBuf) -> Self {
        Self {
            model_file,
            version: 1,
            config: None,
            notes: Vec::new(),
        }
    }
}

/// What is used of a `config.pbtxt`.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    /// The file, for messages.
    pub file: PathBuf,
    /// `max_batch_size`; 0 means that the dimensions below are the whole shape.
    pub max_batch_size: u32,
    /// `input`.
    pub inputs: Vec<TensorConfig>,
    /// `output`.
    pub outputs: Vec<TensorConfig>,
}

/// One `input` or `output`.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorConfig {
    /// Tensor name.
    pub name: String,
    /// Element type, where DeepStream knows it.
    pub data_type: Option<DataType>,
    /// Dimensions as users of the model see them, -1 for any size.
    pub dims: Vec<i64>,
    /// Dimensions as the model has them, where they differ.
    pub reshape: Option<Vec<i64>>,
    /// `format`, for inputs.
    pub layout: Option<Layout>,
}

const NO_SERVER: &str = "there is no Triton server";
const NO_STATE: &str = "each frame is inferred on its own";

const DATA_TYPE: &[(&str, i64)] = &[
    ("TYPE_INVALID", 0),
    ("TYPE_BOOL", 1),
    ("TYPE_UINT8", 2),
    ("TYPE_UINT16", 3),
    ("TYPE_UINT32", 4),
    ("TYPE_UINT64", 5),
    ("TYPE_INT8", 6),
    ("TYPE_INT16", 7),
    ("TYPE_INT32", 8),
    ("TYPE_INT64", 9),
    ("TYPE_FP16", 10),
    ("TYPE_FP32", 11),
    ("TYPE_FP64", 12),
    ("TYPE_STRING", 13),
    ("TYPE_BF16", 14),
];
const FORMAT: &[(&str, i64)] = &[("FORMAT_NONE", 0), ("FORMAT_NHWC", 1), ("FORMAT_NCHW", 2)];

const RESHAPE: &[Key] = &[Key::new("shape", Kind::Int).repeated()];
const INPUT: &[Key] = &[
    Key::new("name", Kind::Text),
    Key::new("data_type", Kind::Enum(DATA_TYPE)),
    Key::new("format", Kind::Enum(FORMAT)),
    Key::new("dims", Kind::Int).repeated(),
    Key::new("reshape", Kind::Message(RESHAPE)),
    Key::new("is_shape_tensor", Kind::Bool)
        .refused(Reason::Triton, "shape tensors belong to TensorRT"),
    Key::new("allow_ragged_batch", Kind::Bool).ignored(NO_SERVER),
    Key::new("optional", Kind::Bool).ignored(NO_SERVER),
    Key::new("is_non_linear_format_io", Kind::Bool)
        .refused(Reason::Triton, "it belongs to TensorRT"),
];
const OUTPUT: &[Key] = &[
    Key::new("name", Kind::Text),
    Key::new("data_type", Kind::Enum(DATA_TYPE)),
    Key::new("dims", Kind::Int).repeated(),
    Key::new("reshape", Kind::Message(RESHAPE)),
    Key::new("label_filename", Kind::Text).ignored("labels are the parser's matter"),
    Key::new("is_shape_tensor", Kind::Bool)
        .refused(Reason::Triton, "shape tensors belong to TensorRT"),
    Key::new("is_non_linear_format_io", Kind::Bool)
        .refused(Reason::Triton, "it belongs to TensorRT"),
];
const LATEST: &[Key] = &[Key::new("num_versions", Kind::Uint)];
const SPECIFIC: &[Key] = &[Key::new("versions", Kind::Int).repeated()];
const VERSION_POLICY: &[Key] = &[
    Key::new("latest", Kind::Message(LATEST)),
    Key::new("all", Kind::Any),
    Key::new("specific", Kind::Message(SPECIFIC)),
];
const ROOT: &[Key] = &[
    Key::new("name", Kind::Text),
    Key::new("platform", Kind::Text),
    Key::new("backend", Kind::Text),
    Key::new("runtime", Kind::Text).ignored(NO_SERVER),
    Key::new("version_policy", Kind::Message(VERSION_POLICY)),
    Key::new("max_batch_size", Kind::Uint),
    Key::new("input", Kind::Message(INPUT)).repeated(),
    Key::new("output", Kind::Message(OUTPUT)).repeated(),
    Key::new("batch_input", Kind::Any)
        .repeated()
        .refused(Reason::Triton, "inputs made by Triton are not supported"),
    Key::new("batch_output", Kind::Any).repeated().refused(
        Reason::Triton,
        "outputs scattered by Triton are not supported",
    ),
    Key::new("optimization", Kind::Any).ignored(NO_SERVER),
    Key::new("dynamic_batching", Kind::Any).ignored("a batch is what nvstreammux makes"),
    Key::new("sequence_batching", Kind::Any).refused(Reason::Triton, NO_STATE),
    Key::new("ensemble_scheduling", Kind::Any)
        .refused(Reason::Triton, "ensembles need a Triton server"),
    Key::new("instance_group", Kind::Any)
        .repeated()
        .ignored("one instance runs, on the CPU"),
    Key::new("default_model_filename", Kind::Text),
    Key::new("cc_model_filenames", Kind::Any)
        .repeated()
        .ignored("it chooses by GPU"),
    Key::new("metric_tags", Kind::Any)
        .repeated()
        .ignored(NO_SERVER),
    Key::new("parameters", Kind::Any)
        .repeated()
        .ignored(NO_SERVER),
    Key::new("model_warmup", Kind::Any)
        .repeated()
        .ignored("there is no warm-up"),
    Key::new("model_operations", Kind::Any).refused(
        Reason::Triton,
        "libraries of custom operators are not loaded",
    ),
    Key::new("model_transaction_policy", Kind::Any).ignored(NO_SERVER),
    Key::new("model_repository_agents", Kind::Any)
        .refused(Reason::Triton, "repository agents need a Triton server"),
    Key::new("response_cache", Kind::Any).ignored(NO_SERVER),
    Key::new("model_metrics", Kind::Any).ignored(NO_SERVER),
];

/// Finds a model: the first root that has a folder of its name.
///
/// `version` `None` takes the newest one. `strict` makes a missing `config.pbtxt` an error.
pub fn find(
    roots: &[PathBuf],
    name: &str,
    version: Option<u64>,
    strict: bool,
) -> Result<RepositoryModel, ConfigError> {
    let mut components = Path::new(name).components();
    if !matches!(
        (components.next(), components.next()),
        (Some(std::path::Component::Normal(_)), None)
    ) {
        return Err(ConfigError::file(
            Path::new(name),
            "model_name has to be the name of a folder in the model repository, not a path",
        ));
    }
    let Some(folder) = roots
        .iter()
        .map(|root| root.join(name))
        .find(|f| f.is_dir())
    else {
        let roots: Vec<_> = roots.iter().map(|r| r.display().to_string()).collect();
        return Err(ConfigError::file(
            Path::new(&roots.join(", ")),
            format!(
                "this model repository has no folder \"{name}\" (model_name), which should hold config.pbtxt and 1/model.onnx"
            ),
        ));
    };
    let config_file = folder.join("config.pbtxt");
    let mut notes = Vec::new();
    let (config, file_name, policy) = if config_file.exists() {
        let text = read_text(&config_file, "model configuration")?;
        let parsed = parse_config(&text, &config_file, name, &mut notes)?;
        (Some(parsed.0), parsed.1, parsed.2)
    } else if strict {
        return Err(ConfigError::file(
            &config_file,
            "there is no such file, and model_repo { strict_model_config: true } requires it",
        ));
    } else {
        (None, "model.onnx".to_owned(), Versions::Any)
    };

    let mut versions: Vec<u64> = std::fs::read_dir(&folder)
        .map_err(|e| ConfigError::file(&folder, format!("cannot read this model folder: {e}")))?
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        // Triton ignores version folders that do not begin with 1 to 9.
        .filter(|&v| v > 0)
        .collect();
    versions.sort_unstable();
    let found = versions
        .iter()
        .map(u64::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if let Versions::Only(allowed) = &policy {
        versions.retain(|v| allowed.contains(v));
    }
    let chosen = match version {
        None => versions.last().copied(),
        Some(wanted) => versions.contains(&wanted).then_some(wanted),
    };
    let Some(version) = chosen else {
        let wanted = match (version, policy) {
            (Some(v), _) => format!("a version folder \"{v}\" (version)"),
            (None, Versions::Only(allowed)) => {
                format!("one of the versions {allowed:?} of its version_policy")
            }
            (None, Versions::Any) => "a version folder such as \"1\"".to_owned(),
        };
        let found = if found.is_empty() { "none" } else { &found };
        return Err(ConfigError::file(
            &folder,
            format!("expected {wanted} with {file_name} in it; version folders found: {found}"),
        ));
    };
    let model_file = folder.join(version.to_string()).join(&file_name);
    if !model_file.exists() {
        return Err(ConfigError::file(
            &model_file,
            format!("there is no such model file (model_name \"{name}\", version {version})"),
        ));
    }
    Ok(RepositoryModel {
        model_file,
        version,
        config,
        notes,
    })
}

pub(super) enum Versions {
    Any,
    Only(Vec<u64>),
}

/// Reads `config.pbtxt` of the model in `folder_name`: what is used, the model's file name, the versions.
pub(super) fn parse_config(
    text: &str,
    file: &Path,
    folder_name: &str,
    notes: &mut Vec<Note>,
) -> Result<(ModelConfig, String, Versions), ConfigError> {
    let message = pbtext::parse(text).map_err(|e| ConfigError::at(file, e.position, e.message))?;
    schema::check(file, &message, ROOT, "", notes)?;
    let root = View(&message);
    if let Some(name) = root.text("name")
        && name != folder_name
    {
        return Err(ConfigError::at(
            file,
            root.position("name"),
            format!(
                "name: expected \"{folder_name}\", the name of the model's folder, found \"{name}\""
            ),
        ));
    }
    for (key, onnx) in [("platform", "onnxruntime_onnx"), ("backend", "onnxruntime")] {
        if let Some(value) = root.text(key)
            && value != onnx
        {
            return Err(ConfigError::at(
                file,
                root.position(key),
                format!(
                    "{key}: the CPU stand-in runs ONNX models only: expected \"{onnx}\", found \"{value}\""
                ),
            ));
        }
    }
    let max_batch_size = root.field("max_batch_size").map_or(Ok(0), |field| {
        field
            .value
            .as_integer()
            .and_then(|v| u32::try_from(v).ok())
            .ok_or_else(|| ConfigError::at(file, field.position, "max_batch_size is too large"))
    })?;
    let tensors = |kind: &'static str| {
        root.messages(kind)
            .map(|view| tensor_config(file, kind, view))
            .collect::<Result<Vec<_>, _>>()
    };
    let versions = match root
        .message("version_policy")
        .and_then(|p| p.message("specific"))
    {
        Some(specific) => Versions::Only(
            specific
                .integers("versions")
                .into_iter()
                .filter_map(|v| u64::try_from(v).ok())
                .collect(),
        ),
        None => Versions::Any,
    };
    let file_name = root.text("default_model_filename").unwrap_or("model.onnx");
    Ok((
        ModelConfig {
            file: file.to_owned(),
            max_batch_size,
            inputs: tensors("input")?,
            outputs: tensors("output")?,
        },
        file_name.to_owned(),
        versions,
    ))
}

fn tensor_config(file: &Path, kind: &str, view: View<'_>) -> Result<TensorConfig, ConfigError> {
    let Some(name) = view.text("name") else {
        return Err(ConfigError::at(
            file,
            view.0.position,
            format!("an entry of {kind} has no name"),
        ));
    };
    let dims = view.integers("dims");
    if let Some(bad) = dims.iter().find(|&&d| d == 0 || d < -1) {
        return Err(ConfigError::at(
            file,
            view.position("dims"),
            format!("{kind} \"{name}\": a dimension is -1 or above 0, found {bad}"),
        ));
    }
    Ok(TensorConfig {
        name: name.to_owned(),
        data_type: match view.enumeration("data_type", DATA_TYPE) {
            1 | 2 => Some(DataType::UInt8),
            6 => Some(DataType::Int8),
            4 | 8 => Some(DataType::Int32),
            9 => Some(DataType::Int64),
            10 => Some(DataType::Half),
            11 => Some(DataType::Float),
            _ => None,
        },
        dims,
        reshape: view
            .message("reshape")
            .map(|reshape| reshape.integers("shape")),
        layout: match view.enumeration("format", FORMAT) {
            1 => Some(Layout::Nhwc),
            2 => Some(Layout::Nchw),
            _ => None,
        },
    })
}

#[cfg(test)]
mod tests;
