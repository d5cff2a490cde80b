//! The configuration of `nvinferserver`: protobuf text format, messages and keys of DeepStream 9.1.
//!
//! Full-frame inference with an ONNX model from a Triton repository on the disk is honoured; what would need a server,
//! NVIDIA's post-processing or objects of another element is an error that names the key and its line.

use std::path::{Path, PathBuf};

use nvds::DataType;

use super::pbtext::{self, Position};
use super::schema::{self, Key, Kind, View};
use super::types::{
    Color, ConfigError, Layout, Note, PreprocessConfig, SCALING_FILTERS, read_text, relative_to,
    scaling_filter,
};

/// What `nvinferserver` takes from its configuration file.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerConfig {
    /// The file, for messages.
    pub file: PathBuf,
    /// `infer_config.unique_id`; 0 where absent.
    pub unique_id: u32,
    /// `infer_config.max_batch_size`, at least 1.
    pub max_batch_size: u32,
    /// Folders of model repositories, absolute or relative to the working directory.
    pub roots: Vec<PathBuf>,
    /// `model_name`.
    pub model_name: String,
    /// `version`, `None` for the newest.
    pub version: Option<u64>,
    /// `strict_model_config`: the model must have a `config.pbtxt`.
    pub strict_model_config: bool,
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
    /// `input_control.operate_on_gie_id`, which has no effect on full frames.
    pub operate_on_gie_id: Option<i32>,
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

const FULL_FRAME_ONLY: &str =
    "it belongs to inference on detected objects, and frames are inferred here";
const NO_PARSER: &str = "NVIDIA's post-processing is not part of it; use other {} with output_control { output_tensor_meta: true } and parse the tensors downstream";
const NO_GPU: &str = "there is no GPU";

const MEDIA_FORMAT: &[(&str, i64)] = &[
    ("MEDIA_FORMAT_NONE", 0),
    ("IMAGE_FORMAT_RGB", 1),
    ("IMAGE_FORMAT_BGR", 2),
    ("IMAGE_FORMAT_GRAY", 3),
];
const TENSOR_ORDER: &[(&str, i64)] = &[
    ("TENSOR_ORDER_NONE", 0),
    ("TENSOR_ORDER_LINEAR", 1),
    ("TENSOR_ORDER_NHWC", 2),
];
const TENSOR_TYPE: &[(&str, i64)] = &[
    ("TENSOR_DT_NONE", 0),
    ("TENSOR_DT_FP32", 1),
    ("TENSOR_DT_FP16", 2),
    ("TENSOR_DT_INT8", 3),
    ("TENSOR_DT_INT16", 4),
    ("TENSOR_DT_INT32", 5),
    ("TENSOR_DT_UINT8", 6),
    ("TENSOR_DT_UINT16", 7),
    ("TENSOR_DT_UINT32", 8),
    ("TENSOR_DT_FP64", 9),
    ("TENSOR_DT_INT64", 10),
    ("TENSOR_DT_UINT64", 11),
    ("TENSOR_DT_STRING", 12),
];
const SCALING_HW: &[(&str, i64)] = &[
    ("FRAME_SCALING_HW_DEFAULT", 0),
    ("FRAME_SCALING_HW_GPU", 1),
    ("FRAME_SCALING_HW_VIC", 2),
];
const MEMORY_TYPE: &[(&str, i64)] = &[
    ("MEMORY_TYPE_DEFAULT", 0),
    ("MEMORY_TYPE_CPU", 1),
    ("MEMORY_TYPE_GPU", 2),
];
const PROCESS_MODE: &[(&str, i64)] = &[
    ("PROCESS_MODE_DEFAULT", 0),
    ("PROCESS_MODE_FULL_FRAME", 1),
    ("PROCESS_MODE_CLIP_OBJECTS", 2),
];

const MODEL_REPO: &[Key] = &[
    Key::new("root", Kind::Text).repeated(),
    Key::new("log_level", Kind::Uint).ignored("there is no Triton server; set GST_DEBUG instead"),
    Key::new("strict_model_config", Kind::Bool),
    Key::new("tf_gpu_memory_fraction", Kind::Float).ignored(NO_GPU),
    Key::new("tf_disable_soft_placement", Kind::Bool).ignored(NO_GPU),
    Key::new("min_compute_capacity", Kind::Float).ignored(NO_GPU),
    Key::new("backend_dir", Kind::Text).ignored("ONNX Runtime is the only backend"),
    Key::new("model_control_mode", Kind::Text).ignored("only the named model is loaded"),
    Key::new("cuda_device_memory", Kind::Any)
        .repeated()
        .ignored(NO_GPU),
    Key::new("pinned_memory_pool_byte_size", Kind::Uint).ignored(NO_GPU),
    Key::new("backend_configs", Kind::Any)
        .repeated()
        .ignored("there is no Triton server"),
];
const TRITON: &[Key] = &[
    Key::new("model_name", Kind::Text),
    Key::new("version", Kind::Int),
    Key::new("class_params", Kind::Any)
        .repeated()
        .refused("Triton's classification is not part of it"),
    Key::new("model_repo", Kind::Message(MODEL_REPO)),
    Key::new("grpc", Kind::Any)
        .refused("it runs the model itself; name a model repository with model_repo { root: ... }"),
];
const INPUT_LAYER: &[Key] = &[
    Key::new("name", Kind::Text),
    Key::new("dims", Kind::Int).repeated(),
    Key::new("data_type", Kind::Enum(TENSOR_TYPE)),
];
const OUTPUT_LAYER: &[Key] = &[
    Key::new("name", Kind::Text),
    Key::new("max_buffer_bytes", Kind::Uint).ignored("ONNX Runtime sizes its own buffers"),
];
const BACKEND: &[Key] = &[
    Key::new("inputs", Kind::Message(INPUT_LAYER)).repeated(),
    Key::new("outputs", Kind::Message(OUTPUT_LAYER)).repeated(),
    Key::new("trt_is", Kind::Message(TRITON)),
    Key::new("triton", Kind::Message(TRITON)),
    Key::new("output_mem_type", Kind::Enum(MEMORY_TYPE))
        .ignored("tensors are always in host memory"),
    Key::new("disable_warmup", Kind::Bool).ignored("there is no warm-up"),
];
const NORMALIZE: &[Key] = &[
    Key::new("scale_factor", Kind::Float),
    Key::new("channel_offsets", Kind::Float).repeated(),
    Key::new("mean_file", Kind::Text).refused("mean images are not supported; use channel_offsets"),
];
const PREPROCESS: &[Key] = &[
    Key::new("network_format", Kind::Enum(MEDIA_FORMAT)),
    Key::new("tensor_order", Kind::Enum(TENSOR_ORDER)),
    Key::new("tensor_name", Kind::Text),
    Key::new("maintain_aspect_ratio", Kind::Int),
    Key::new("symmetric_padding", Kind::Int),
    Key::new("frame_scaling_hw", Kind::Enum(SCALING_HW)).ignored("frames are scaled by the CPU"),
    Key::new("frame_scaling_filter", Kind::Uint),
    Key::new("normalize", Kind::Message(NORMALIZE)),
];
const OTHER: &[Key] = &[Key::new("type_name", Kind::Text)];
const POSTPROCESS: &[Key] = &[
    Key::new("labelfile_path", Kind::Text),
    Key::new("detection", Kind::Any).refused(NO_PARSER),
    Key::new("classification", Kind::Any).refused(NO_PARSER),
    Key::new("segmentation", Kind::Any).refused(NO_PARSER),
    Key::new("trtis_classification", Kind::Any).refused(NO_PARSER),
    Key::new("triton_classification", Kind::Any).refused(NO_PARSER),
    Key::new("other", Kind::Message(OTHER)),
];
const CUSTOM_LIB: &[Key] = &[Key::new("path", Kind::Text).ignored("no function of it is called")];
const EXTRA: &[Key] = &[
    Key::new("copy_input_to_host_buffers", Kind::Bool)
        .ignored("only output tensors are attached, and all are in host memory"),
    Key::new("output_buffer_pool_size", Kind::Int).ignored("ONNX Runtime pools its own buffers"),
    // The key is spelt like this in DeepStream.
    Key::new("custom_process_funcion", Kind::Text)
        .refused("custom libraries are made for the GPU and are not loaded"),
];
const INFER: &[Key] = &[
    Key::new("unique_id", Kind::Uint),
    Key::new("gpu_ids", Kind::Int).repeated().ignored(NO_GPU),
    Key::new("max_batch_size", Kind::Uint),
    Key::new("backend", Kind::Message(BACKEND)),
    Key::new("preprocess", Kind::Message(PREPROCESS)),
    Key::new("input_tensor_from_meta", Kind::Any)
        .refused("tensors of nvdspreprocess cannot be read; use preprocess {}"),
    Key::new("postprocess", Kind::Message(POSTPROCESS)),
    Key::new("custom_lib", Kind::Message(CUSTOM_LIB)),
    Key::new("extra", Kind::Message(EXTRA)),
    Key::new("lstm", Kind::Any).refused("loops from outputs to inputs are not supported"),
    Key::new("clip_object_outside_roi", Kind::Bool).ignored(FULL_FRAME_ONLY),
];
const INPUT_CONTROL: &[Key] = &[
    Key::new("process_mode", Kind::Enum(PROCESS_MODE)),
    Key::new("operate_on_gie_id", Kind::Int).ignored(FULL_FRAME_ONLY),
    Key::new("operate_on_class_ids", Kind::Int)
        .repeated()
        .ignored(FULL_FRAME_ONLY),
    Key::new("interval", Kind::Uint),
    Key::new("secondary_reinfer_interval", Kind::Uint).ignored(FULL_FRAME_ONLY),
    Key::new("async_mode", Kind::Bool).ignored(FULL_FRAME_ONLY),
    Key::new("object_control", Kind::Any).ignored(FULL_FRAME_ONLY),
];
const OUTPUT_CONTROL: &[Key] = &[
    Key::new("output_tensor_meta", Kind::Bool),
    Key::new("detect_control", Kind::Any).ignored("no objects are made here"),
    Key::new("classifier_type", Kind::Text).ignored("no classifier results are made here"),
];
const ROOT: &[Key] = &[
    Key::new("infer_config", Kind::Message(INFER)),
    Key::new("input_control", Kind::Message(INPUT_CONTROL)),
    Key::new("output_control", Kind::Message(OUTPUT_CONTROL)),
];

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
        let triton = match (backend.message("triton"), backend.message("trt_is")) {
            (Some(_), Some(_)) => {
                return Err(ConfigError::at(
                    file,
                    backend.position("trt_is"),
                    "backend has both triton and its old name trt_is; keep one",
                ));
            }
            (Some(triton), None) | (None, Some(triton)) => triton,
            (None, None) => {
                return Err(ConfigError::at(
                    file,
                    backend.0.position,
                    "infer_config.backend has no triton { model_name ... model_repo { root ... } }",
                ));
            }
        };
        let Some(model_name) = triton.text("model_name") else {
            return Err(ConfigError::at(
                file,
                triton.0.position,
                "infer_config.backend.triton has no model_name",
            ));
        };
        let version = match triton.integer("version") {
            None | Some(0 | -1) => None,
            Some(v) => Some(u64::try_from(v).map_err(|_| {
                ConfigError::at(
                    file,
                    triton.position("version"),
                    format!("version: expected -1 for the newest or a number above 0, found {v}"),
                )
            })?),
        };
        let Some(repo) = triton.message("model_repo") else {
            return Err(ConfigError::at(
                file,
                triton.0.position,
                "infer_config.backend.triton has no model_repo { root: \"...\" }",
            ));
        };
        let roots: Vec<_> = repo
            .all("root")
            .filter_map(|field| match &field.value {
                pbtext::Value::String(root) if root.contains("://") => Some(Err(ConfigError::at(
                    file,
                    field.position,
                    format!("model_repo.root \"{root}\": only folders on this machine are read"),
                ))),
                pbtext::Value::String(root) if !root.is_empty() => {
                    Some(Ok(relative_to(file, root)))
                }
                _ => None,
            })
            .collect::<Result<_, _>>()?;
        if roots.is_empty() {
            return Err(ConfigError::at(
                file,
                repo.0.position,
                "model_repo has no root: name the folder that holds the model's folder",
            ));
        }

        let control = root.message("input_control");
        if let Some(control) = control
            && control.enumeration("process_mode", PROCESS_MODE) == 2
        {
            return Err(ConfigError::at(
                file,
                control.position("process_mode"),
                "input_control.process_mode: PROCESS_MODE_CLIP_OBJECTS cannot be honoured by the CPU stand-in; only PROCESS_MODE_FULL_FRAME can",
            ));
        }
        let output_tensor_meta = root
            .message("output_control")
            .is_some_and(|control| control.flag("output_tensor_meta"));
        if !output_tensor_meta {
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
            unique_id: unsigned(file, infer, "unique_id")?.unwrap_or(0),
            max_batch_size: unsigned(file, infer, "max_batch_size")?.unwrap_or(1).max(1),
            roots,
            model_name: model_name.to_owned(),
            version,
            strict_model_config: repo.flag("strict_model_config"),
            inputs,
            outputs,
            tensor_name: preprocess
                .and_then(|p| p.text("tensor_name"))
                .map(str::to_owned),
            preprocess: match preprocess {
                Some(view) => preprocess_config(file, view)?,
                None => PreprocessConfig::default(),
            },
            interval: match control {
                Some(control) => unsigned(file, control, "interval")?.unwrap_or(0),
                None => 0,
            },
            operate_on_gie_id: control
                .and_then(|control| control.integer("operate_on_gie_id"))
                .and_then(|id| i32::try_from(id).ok()),
            output_tensor_meta,
            notes,
        })
    }
}

fn unsigned(file: &Path, view: View<'_>, name: &str) -> Result<Option<u32>, ConfigError> {
    let Some(field) = view.field(name) else {
        return Ok(None);
    };
    match field.value.as_integer().map(u32::try_from) {
        Some(Ok(value)) => Ok(Some(value)),
        _ => Err(ConfigError::at(
            file,
            field.position,
            format!("{name}: expected 0 to {}", u32::MAX),
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::Method;
    use crate::infer::types::NoteLevel;

    /// Every key of DeepStream's SSD sample, in its layout.
    const SAMPLE: &str = r#"
# comment
infer_config {
  unique_id: 5
  gpu_ids: [0]
  max_batch_size: 4
  backend {
    trt_is {
      model_name: "ssd"
      version: -1
      model_repo {
        root: "../repo"
        log_level: 2
        tf_gpu_memory_fraction: 0.4
        tf_disable_soft_placement: 0
      }
    }
  }
  preprocess {
    network_format: IMAGE_FORMAT_RGB
    tensor_order: TENSOR_ORDER_NONE
    maintain_aspect_ratio: 0
    normalize { scale_factor: 1.0 channel_offsets: [0, 0, 0] }
  }
  postprocess {
    labelfile_path: "labels.txt"
    other {}
  }
  extra { copy_input_to_host_buffers: false }
  custom_lib { path: "/opt/libx.so" }
}
input_control { process_mode: PROCESS_MODE_FULL_FRAME interval: 0 }
output_control { output_tensor_meta: true }
"#;

    fn parse(text: &str) -> Result<ServerConfig, String> {
        ServerConfig::parse(text, Path::new("/etc/x/c.txt")).map_err(|e| e.to_string())
    }

    #[test]
    fn the_sample_is_read() {
        let config = parse(SAMPLE).unwrap();
        assert_eq!(config.unique_id, 5);
        assert_eq!(config.max_batch_size, 4);
        assert_eq!(config.model_name, "ssd");
        assert_eq!(config.version, None);
        assert_eq!(config.roots, [PathBuf::from("/etc/x/../repo")]);
        assert_eq!(config.interval, 0);
        assert!(config.output_tensor_meta);
        assert_eq!(config.preprocess.offsets, [0.0; 3]);
        assert_eq!(config.preprocess.layout, None);
        assert!(!config.strict_model_config);
        let warnings: Vec<_> = config
            .notes
            .iter()
            .filter(|n| n.level == NoteLevel::Warning)
            .collect();
        assert!(warnings.is_empty(), "{warnings:?}");
        assert!(
            config
                .notes
                .iter()
                .any(|n| n.text.message.contains("custom_lib.path"))
        );
    }

    fn with(from: &str, to: &str) -> Result<ServerConfig, String> {
        assert!(SAMPLE.contains(from), "{from}");
        parse(&SAMPLE.replace(from, to))
    }

    #[test]
    fn preprocessing_is_read() {
        let config = with(
            "network_format: IMAGE_FORMAT_RGB\n    tensor_order: TENSOR_ORDER_NONE\n    maintain_aspect_ratio: 0\n    normalize { scale_factor: 1.0 channel_offsets: [0, 0, 0] }",
            "network_format: IMAGE_FORMAT_BGR tensor_order: TENSOR_ORDER_NHWC maintain_aspect_ratio: 1 symmetric_padding: 1 tensor_name: \"x\" frame_scaling_filter: 1 normalize { scale_factor: 0.5 channel_offsets: [1, 2.5, 3] }",
        )
        .unwrap();
        assert_eq!(config.tensor_name.as_deref(), Some("x"));
        assert_eq!(
            config.preprocess,
            PreprocessConfig {
                color: Color::Bgr,
                layout: Some(Layout::Nhwc),
                maintain_aspect_ratio: true,
                symmetric_padding: true,
                filter: Method::Bilinear,
                scale: 0.5,
                offsets: vec![1.0, 2.5, 3.0],
            }
        );
    }

    #[test]
    fn absent_scale_means_one() {
        let config = with("scale_factor: 1.0", "").unwrap();
        assert_eq!(config.preprocess.scale, 1.0);
        assert_eq!(
            with("scale_factor: 1.0", "scale_factor: 0")
                .unwrap()
                .preprocess
                .scale,
            1.0
        );
    }

    #[test]
    fn layers_are_read() {
        let config = with(
            "backend {",
            "backend { inputs [{ name: \"i\" dims: [3, 4] data_type: TENSOR_DT_UINT8 }] outputs [{name: \"b\"}, {name: \"a\"}]",
        )
        .unwrap();
        assert_eq!(config.inputs[0].dims, [3, 4]);
        assert_eq!(config.inputs[0].data_type, Some(DataType::UInt8));
        let names: Vec<_> = config.outputs.iter().map(|o| o.name.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
    }

    #[test]
    fn faults_name_key_and_line() {
        for (from, to, expected) in [
            (
                "version: -1",
                "version: -2",
                "c.txt:10:7: version: expected -1",
            ),
            (
                "version: -1",
                "version: -1 }",
                "c.txt:31:1: expected a field name, found '}'",
            ),
            (
                "model_repo {",
                "grpc { url: \"x\" }\n model_repo {",
                "c.txt:11:7: infer_config.backend.trt_is.grpc cannot be honoured",
            ),
            (
                "other {}",
                "detection { num_detected_classes: 4 }",
                "c.txt:27:5: infer_config.postprocess.detection cannot be honoured",
            ),
            (
                "PROCESS_MODE_FULL_FRAME",
                "PROCESS_MODE_CLIP_OBJECTS",
                "input_control.process_mode: PROCESS_MODE_CLIP_OBJECTS cannot",
            ),
            ("model_name: \"ssd\"", "", "triton has no model_name"),
            ("root: \"../repo\"", "", "model_repo has no root"),
            (
                "root: \"../repo\"",
                "root: \"s3://bucket\"",
                "only folders on this machine",
            ),
            (
                "channel_offsets: [0, 0, 0]",
                "channel_offsets: [0, 0]",
                "expected 3 numbers",
            ),
            (
                "channel_offsets: [0, 0, 0]",
                "mean_file: \"m.ppm\"",
                "normalize.mean_file cannot be honoured",
            ),
            (
                "maintain_aspect_ratio: 0",
                "frame_scaling_filter: 7",
                "c.txt:22:5: frame_scaling_filter: expected 0 or 6 (nearest), 1",
            ),
            (
                "unique_id: 5",
                "unique_id: -5",
                "c.txt:4:3: infer_config.unique_id: expected an integer of 0 or more, found -5",
            ),
            (
                "unique_id: 5",
                "unique_id: 99999999999",
                "unique_id: expected 0 to 4294967295",
            ),
            (
                "interval: 0",
                "interval: 0.5",
                "input_control.interval: expected an integer",
            ),
        ] {
            let error = with(from, to).expect_err(to);
            assert!(error.contains(expected), "{to}\n{error}\n{expected}");
        }
        assert!(parse("").unwrap_err().contains("expected infer_config"));
        assert!(parse("infer_config {").unwrap_err().contains("c.txt:1:15"));
    }

    #[test]
    fn tensors_nobody_sees_are_warned_about() {
        let config = with("output_tensor_meta: true", "").unwrap();
        assert!(config.notes.iter().any(
            |n| n.level == NoteLevel::Warning && n.text.message.contains("output_tensor_meta")
        ));
    }

    #[test]
    fn missing_file_is_named() {
        let error = ServerConfig::load(Path::new("/nonexistent/c.txt")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("/nonexistent/c.txt: cannot read")
        );
    }
}
