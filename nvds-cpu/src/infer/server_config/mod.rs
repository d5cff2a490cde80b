//! The configuration of `nvinferserver`: protobuf text format, messages and keys of DeepStream 9.1.
//!
//! Models are ONNX files in a Triton repository on the disk; what would need a server or a C++ library is refused for that
//! reason, with the key and its line.

mod keys;
mod model;
mod postprocess;

use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use nvds::DataType;

use self::keys::{MEDIA_FORMAT, PROCESS_MODE, ROOT, TENSOR_ORDER, TENSOR_TYPE};
use super::pbtext::{self, Position};
use super::postprocess::settings::{NetworkType, ObjectInput};
use super::schema::{self, View};
use super::substitute::way_out;
use super::text::read_text;
use super::types::{
    Color, ConfigError, Layout, Note, PreprocessConfig, Reason, SCALING_FILTERS, cut, relative_to,
    scaling_filter,
};

pub use self::model::ModelPlace;
pub use self::postprocess::ServerPostprocess;

/// What `nvinferserver` takes from its configuration file.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerConfig {
    /// The file, for messages.
    pub file: PathBuf,
    /// `infer_config.unique_id`; 0 where absent.
    pub unique_id: u32,
    /// `infer_config.max_batch_size`, at least 1.
    pub max_batch_size: u32,
    /// `triton`.
    pub model: ModelPlace,
    /// `backend.inputs`: dimensions for inputs whose own are not fixed.
    pub inputs: Vec<InputOverride>,
    /// `backend.outputs`: names of the outputs to attach; empty for all.
    pub outputs: Vec<OutputChoice>,
    /// `preprocess.tensor_name`: the image input; `None` for the first.
    pub tensor_name: Option<String>,
    /// `preprocess`.
    pub preprocess: PreprocessConfig,
    /// `input_control.interval`: batches to skip after each one inferred.
    pub interval: u32,
    /// `input_control.operate_on_gie_id`.
    pub operate_on_gie_id: Option<i32>,
    /// `input_control.process_mode`: whether objects are inferred and not frames.
    pub on_objects: bool,
    /// Which objects are inferred.
    pub objects: ObjectInput,
    /// What becomes of the tensors.
    pub postprocess: ServerPostprocess,
    /// `preprocess.normalize.mean_file`, as a path that can be opened.
    pub mean_file: Option<PathBuf>,
    /// `input_tensor_from_meta`: what nvdspreprocess prepared is inferred, and not frames.
    pub input_tensor_from_meta: bool,
    /// `clip_object_outside_roi`.
    pub clip_object_outside_roi: bool,
    /// `output_control.output_tensor_meta`.
    pub output_tensor_meta: bool,
    /// Remarks for the log.
    pub notes: Vec<Note>,
}

/// One entry of `backend.inputs`.
#[derive(Debug, Clone, PartialEq)]
pub struct InputOverride {
    /// Tensor name.
    pub name: String,
    /// Dimensions without the batch; empty for the model's own.
    pub dims: Vec<i64>,
    /// Element type, where given.
    pub data_type: Option<DataType>,
    /// Where it stands.
    pub position: Position,
}

/// One entry of `backend.outputs`.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputChoice {
    /// Tensor name.
    pub name: String,
    /// Where it stands.
    pub position: Position,
}

impl ServerConfig {
    /// Reads a configuration file.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = read_text(file, "nvinferserver configuration (config-file-path)")?;
        Self::parse(&text, file)
    }

    /// Reads a text as if it stood in `file`.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let message =
            pbtext::parse(text).map_err(|e| ConfigError::at(file, e.position, e.message))?;
        let mut notes = Vec::new();
        schema::check(file, &message, ROOT, "", &mut notes)?;
        let root = View(&message);

        let Some(infer) = root.message("infer_config") else {
            return Err(ConfigError::file(
                file,
                "expected infer_config { ... }, found none; is this an nvinferserver configuration?",
            ));
        };
        let Some(backend) = infer.message("backend") else {
            return Err(ConfigError::at(
                file,
                infer.0.position,
                "infer_config has no backend { triton { ... } }",
            ));
        };
        let model = ModelPlace::read(file, backend, &mut notes)?;
        one_of(
            file,
            infer,
            "infer_config",
            &["preprocess", "input_tensor_from_meta"],
        )?;
        let control = root.message("input_control");
        if let Some(control) = control {
            let intervals = ["interval", "secondary_reinfer_interval"];
            one_of(file, control, "input_control", &intervals)?;
        }
        let output_tensor_meta = root
            .message("output_control")
            .is_some_and(|control| control.flag("output_tensor_meta"));
        let postprocess = ServerPostprocess::read(file, root, infer, &mut notes)?;
        if !output_tensor_meta && postprocess.shared.network_type == NetworkType::Other {
            notes.push(Note::warning(
                file,
                root.position("output_control"),
                "output_control.output_tensor_meta is not true: the tensors are computed and nobody sees them",
            ));
        }
        let preprocess = infer.message("preprocess");
        let (inputs, outputs) = layers(file, backend)?;
        Ok(Self {
            file: file.to_owned(),
            unique_id: number(file, infer, "unique_id", 0..=u32::MAX)?.unwrap_or(0),
            max_batch_size: number(file, infer, "max_batch_size", 0..=u32::MAX)?
                .unwrap_or(1)
                .max(1),
            model,
            inputs,
            outputs,
            tensor_name: preprocess
                .and_then(|p| p.text("tensor_name"))
                .map(str::to_owned),
            preprocess: preprocess
                .map_or(Ok(Default::default()), |view| preprocess_config(file, view))?,
            interval: match control {
                Some(control) => number(file, control, "interval", 0..=u32::MAX)?.unwrap_or(0),
                None => 0,
            },
            operate_on_gie_id: match control {
                Some(control) => number(file, control, "operate_on_gie_id", i32::MIN..=i32::MAX)?,
                None => None,
            },
            on_objects: control
                .is_some_and(|control| control.enumeration("process_mode", PROCESS_MODE) == 2),
            objects: postprocess::objects(file, control)?,
            postprocess,
            mean_file: preprocess
                .and_then(|p| p.message("normalize"))
                .and_then(|normalize| normalize.text("mean_file"))
                .map(|path| relative_to(file, path)),
            input_tensor_from_meta: infer.field("input_tensor_from_meta").is_some(),
            clip_object_outside_roi: infer.flag("clip_object_outside_roi"),
            output_tensor_meta,
            notes,
        })
    }

    /// Whether the element can do what the file asks for once it has a model or a recording. Other files than the
    /// configuration are not looked at.
    ///
    /// # Errors
    /// What it cannot do, or what DeepStream refuses at the start.
    pub fn check(&self) -> Result<(), ConfigError> {
        let post = &self.postprocess;
        if let Some(position) = post.triton {
            return Err(ConfigError::at(
                &self.file,
                position,
                "triton_classification cannot be honoured by the CPU stand-in: Triton itself makes it; classification {} does the same",
            )
            .because(Reason::Triton));
        }
        let parsers = &post.shared.parsers;
        let functions = [&parsers.bbox, &parsers.classifier, &parsers.segmentation];
        let Some(function) = functions.into_iter().flatten().next() else {
            return Ok(());
        };
        if parsers.library.is_none() {
            let message = format!(
                "the function {function} is in no library: expected custom_lib {{ path: ... }}"
            );
            return Err(ConfigError::at(&self.file, post.parser, message));
        }
        Ok(())
    }

    /// Folders of model repositories, for an element with this unique-id.
    ///
    /// # Errors
    /// Where the model is on a server only. `RSNVDS_MODEL_REPO` names the folder of a repository for these.
    pub fn repository(&self, unique_id: u32) -> Result<Vec<PathBuf>, ConfigError> {
        let local = std::env::var_os(MODEL_REPO).filter(|folder| !folder.is_empty());
        match (&self.model.server, local) {
            (Some(_), Some(folder)) => Ok(vec![folder.into()]),
            (Some((url, position)), None) if self.model.roots.is_empty() => Err(ConfigError::at(
                &self.file,
                *position,
                format!(
                    "the model is on a server, {}, which is not asked; name a folder that holds the folder \"{}\" with {MODEL_REPO}=..., or {}",
                    cut(url),
                    cut(&self.model.name),
                    way_out(unique_id)
                ),
            )
            .because(Reason::Server)),
            _ => Ok(self.model.roots.clone()),
        }
    }
}

/// Environment variable that names a folder with models for configurations that name a server.
const MODEL_REPO: &str = "RSNVDS_MODEL_REPO";

/// Which of some fields that exclude each other is there. The error is about two.
fn one_of<'n>(
    file: &Path,
    view: View<'_>,
    path: &str,
    names: &[&'n str],
) -> Result<Option<&'n str>, ConfigError> {
    let mut there = names.iter().filter(|name| view.field(name).is_some());
    let first = there.next().copied();
    match (first, there.next()) {
        (Some(first), Some(second)) => Err(ConfigError::at(
            file,
            view.position(second),
            format!("{path} has both {first} and {second}; keep one"),
        )),
        (first, _) => Ok(first),
    }
}

/// An integer within a range.
fn number<T: TryFrom<i128> + PartialOrd + fmt::Display>(
    file: &Path,
    view: View<'_>,
    name: &str,
    range: RangeInclusive<T>,
) -> Result<Option<T>, ConfigError> {
    let Some(field) = view.field(name) else {
        return Ok(None);
    };
    match field.value.as_integer().map(T::try_from) {
        Some(Ok(value)) if range.contains(&value) => Ok(Some(value)),
        _ => Err(ConfigError::at(
            file,
            field.position,
            format!("{name}: expected {} to {}", range.start(), range.end()),
        )),
    }
}

fn layers(
    file: &Path,
    backend: View<'_>,
) -> Result<(Vec<InputOverride>, Vec<OutputChoice>), ConfigError> {
    let no_name = |kind: &str, position| {
        ConfigError::at(
            file,
            position,
            format!("an entry of backend.{kind} has no name"),
        )
    };
    let mut inputs = Vec::new();
    for input in backend.messages("inputs") {
        let name = input
            .text("name")
            .ok_or_else(|| no_name("inputs", input.0.position))?;
        let number = input.enumeration("data_type", TENSOR_TYPE);
        let data_type = match number {
            0 => None,
            1 => Some(DataType::Float),
            2 => Some(DataType::Half),
            3 => Some(DataType::Int8),
            5 => Some(DataType::Int32),
            6 => Some(DataType::UInt8),
            10 => Some(DataType::Int64),
            _ => {
                return Err(ConfigError::at(
                    file,
                    input.position("data_type"),
                    format!(
                        "inputs.data_type of \"{name}\": DeepStream has no tensors of this type; expected FP32, FP16, INT8, UINT8, INT32 or INT64"
                    ),
                ));
            }
        };
        inputs.push(InputOverride {
            name: name.to_owned(),
            dims: input.integers("dims"),
            data_type,
            position: input.0.position,
        });
    }
    let mut outputs: Vec<OutputChoice> = Vec::new();
    for output in backend.messages("outputs") {
        let name = output
            .text("name")
            .ok_or_else(|| no_name("outputs", output.0.position))?;
        if outputs.iter().any(|other| other.name == name) {
            return Err(ConfigError::at(
                file,
                output.0.position,
                format!("backend.outputs names \"{name}\" twice"),
            ));
        }
        outputs.push(OutputChoice {
            name: name.to_owned(),
            position: output.0.position,
        });
    }
    Ok((inputs, outputs))
}

fn preprocess_config(file: &Path, view: View<'_>) -> Result<PreprocessConfig, ConfigError> {
    let color = match view.enumeration("network_format", MEDIA_FORMAT) {
        2 => Color::Bgr,
        3 => Color::Gray,
        _ => Color::Rgb,
    };
    let layout = match view.enumeration("tensor_order", TENSOR_ORDER) {
        1 => Some(Layout::Nchw),
        2 => Some(Layout::Nhwc),
        _ => None,
    };
    let number = view
        .field("frame_scaling_filter")
        .and_then(|f| f.value.as_integer())
        .unwrap_or(0);
    let filter = scaling_filter(number).ok_or_else(|| {
        ConfigError::at(
            file,
            view.position("frame_scaling_filter"),
            format!("frame_scaling_filter: expected {SCALING_FILTERS}, found {number}"),
        )
    })?;
    let normalize = view.message("normalize");
    // A scale of 0, which is also what an absent key reads as, is replaced by 1 in DeepStream too.
    let scale = match normalize.and_then(|n| n.float("scale_factor")) {
        None | Some(0.0) => 1.0,
        Some(scale) => scale as f32,
    };
    let offsets: Vec<f32> = normalize.map_or_else(Vec::new, |n| {
        n.all("channel_offsets")
            .filter_map(|field| field.value.as_float())
            .map(|v| v as f32)
            .collect()
    });
    if !offsets.is_empty() && offsets.len() < color.channels() {
        let position = normalize.map_or(view.0.position, |n| n.position("channel_offsets"));
        return Err(ConfigError::at(
            file,
            position,
            format!(
                "channel_offsets: expected {} numbers, one per channel of network_format, found {}",
                color.channels(),
                offsets.len()
            ),
        ));
    }
    Ok(PreprocessConfig {
        color,
        layout,
        maintain_aspect_ratio: view.integer("maintain_aspect_ratio").unwrap_or(0) != 0,
        symmetric_padding: view.integer("symmetric_padding").unwrap_or(0) != 0,
        filter,
        scale,
        offsets,
        mean: None,
    })
}

#[cfg(test)]
mod tests;
