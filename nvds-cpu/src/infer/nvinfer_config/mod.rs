//! The configuration of `nvinfer`: a key file, or YAML, with the keys of DeepStream 9.1.
//!
//! GLib's own parser reads key files, as in the stock element, so quoting, lists and comments are the same; YAML becomes a
//! key file first. What DeepStream refuses is refused, with the line; so is what the CPU cannot do, with the reason.

mod classes;
pub(crate) mod group;
pub(crate) mod keys;
pub(crate) mod lines;
mod network;
mod postprocess;
mod property;
pub(crate) mod sections;
mod yaml;

use std::path::{Path, PathBuf};

use glib::KeyFile;

pub use self::network::Network;

use self::group::{Group, Mode};
use self::keys::PROPERTY;
use self::lines::{Lines, line_position};
use self::property::{
    batch_size, check_classes, check_options, infer_dims, interval, preprocess, unique_id,
};
use super::pbtext::Position;
use super::postprocess::settings::{ClusterMode, NetworkType, ObjectInput, Postprocess};
use super::text::read_text;
use super::types::{ConfigError, Note, PreprocessConfig, relative_to};

const GROUP: &str = "property";

/// What `nvinfer` takes from its configuration file.
#[derive(Debug, Clone, PartialEq)]
pub struct NvinferConfig {
    /// The file, for messages.
    pub file: PathBuf,
    /// `onnx-file`, or what is named in its place.
    pub network: Network,
    /// `gie-unique-id`.
    pub unique_id: Option<u32>,
    /// `process-mode`: whether objects are inferred and not frames.
    pub on_objects: Option<bool>,
    /// `batch-size`.
    pub batch_size: Option<u32>,
    /// `interval`.
    pub interval: Option<u32>,
    /// `gpu-id`, which has no effect.
    pub gpu_id: Option<u32>,
    /// `operate-on-gie-id`.
    pub operate_on_gie_id: Option<i32>,
    /// `input-tensor-from-meta`: what nvdspreprocess prepared is inferred, and not frames.
    pub input_tensor_from_meta: Option<bool>,
    /// `output-tensor-meta`.
    pub output_tensor_meta: Option<bool>,
    /// `infer-dims` as channels, height, width.
    pub infer_dims: Option<[i64; 3]>,
    /// `stabilize-buffer-count`: buffers dropped at the start.
    pub stabilize_buffer_count: u32,
    /// Scaling and normalisation.
    pub preprocess: PreprocessConfig,
    /// `mean-file`, as a path that can be opened.
    pub mean_file: Option<PathBuf>,
    /// What becomes of the tensors.
    pub postprocess: Postprocess,
    /// Which objects are inferred.
    pub objects: ObjectInput,
    /// Remarks for the log.
    pub notes: Vec<Note>,
    /// Where the keys stand that messages of the start are about.
    places: Places,
}

/// Places in the file.
#[derive(Debug, Clone, PartialEq)]
struct Places {
    group: Position,
    label_file: Position,
    cluster_mode: Position,
    /// The function for this network type.
    parser: Position,
}

impl NvinferConfig {
    /// Reads a configuration file.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = read_text(file, "nvinfer configuration (config-file-path)")?;
        Self::parse(&text, file)
    }

    /// Reads a text as if it stood in `file`, whose name tells whether it is YAML.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let (key_file, lines) = read_groups(text, file)?;
        if !key_file.has_group(GROUP) {
            return Err(ConfigError::file(
                file,
                "expected a group [property], found none; is this an nvinfer configuration?",
            ));
        }
        let group = Group {
            name: GROUP,
            key_file: &key_file,
            lines: &lines,
        };
        Self::read(group)
    }

    fn read(group: Group<'_>) -> Result<Self, ConfigError> {
        let (file, lines) = (&group.lines.file, group.lines);
        let mut notes: Vec<Note> = lines.remarks().collect();
        let network_type = postprocess::network_type(group, &mut notes)?;
        let on_objects = group.choice("process-mode", "1 (frames) or 2 (objects)", |mode| {
            Some(match mode {
                1 => false,
                2 => true,
                _ => return None,
            })
        })?;
        let mode = Mode {
            parses: network_type != NetworkType::Other,
            objects: on_objects == Some(true),
        };
        let has_boxes = matches!(
            network_type,
            NetworkType::Detector | NetworkType::InstanceSegmentation
        );
        classes::check_groups(group.key_file, lines, has_boxes, &mut notes);
        group.check(PROPERTY, mode, &mut notes)?;
        check_options(group)?;
        let network = Network::read(group, &mut notes)?;
        let preprocess = preprocess(group, &mut notes)?;
        let mut postprocess = postprocess::read(group, network_type, &mut notes)?;
        if has_boxes {
            check_classes(group, postprocess.classes)?;
            let classes = postprocess.classes;
            postprocess.class_attrs = classes::read(group.key_file, lines, classes, &mut notes)?;
        }
        let parser = parser_key(network_type);
        Ok(Self {
            file: file.clone(),
            network,
            unique_id: unique_id(group)?,
            on_objects,
            batch_size: batch_size(group)?,
            interval: interval(group, mode, &mut notes)?,
            gpu_id: group.uint("gpu-id")?,
            operate_on_gie_id: group.int("operate-on-gie-id")?,
            input_tensor_from_meta: group.flag("input-tensor-from-meta")?,
            output_tensor_meta: group.flag("output-tensor-meta")?,
            infer_dims: infer_dims(group, &mut notes)?,
            stabilize_buffer_count: group.uint("stabilize-buffer-count")?.unwrap_or(0),
            mean_file: group
                .text("mean-file")?
                .map(|path| relative_to(file, &path)),
            preprocess,
            postprocess,
            objects: postprocess::objects(group)?,
            notes,
            places: Places {
                group: lines.group_position(GROUP),
                label_file: lines.position(GROUP, "labelfile-path"),
                cluster_mode: lines.position(GROUP, "cluster-mode"),
                parser: lines.position(GROUP, parser),
            },
        })
    }

    /// The same with another ONNX file in the place of what the file names.
    #[must_use]
    pub fn with_onnx(&self, onnx: PathBuf) -> Self {
        Self {
            network: Network::Onnx(onnx),
            ..self.clone()
        }
    }

    /// The ONNX file to run, for an element with this unique-id.
    ///
    /// # Errors
    /// Where the file names a network that cannot be run on a CPU, or not with that input.
    pub fn onnx_file(&self, unique_id: u32) -> Result<&Path, ConfigError> {
        self.network.onnx(&self.file, unique_id)
    }

    /// Whether the element can do what the file asks for once it has a model or a recording. Other files than the
    /// configuration are not looked at.
    ///
    /// # Errors
    /// What it cannot do, or what DeepStream refuses at the start.
    pub fn check(&self, output_instance_mask: bool) -> Result<(), ConfigError> {
        self.check_with(output_instance_mask, false)
    }

    /// As [`Self::check`]. `has_parser`: there is one for the function of a library that the file names.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_with(
        &self,
        output_instance_mask: bool,
        has_parser: bool,
    ) -> Result<(), ConfigError> {
        let (post, places) = (&self.postprocess, &self.places);
        let error = |position, message: String| Err(ConfigError::at(&self.file, position, message));
        if output_instance_mask && post.cluster_mode != ClusterMode::None {
            return error(
                places.cluster_mode,
                "output-instance-mask=1 is possible only with cluster-mode=4".to_owned(),
            );
        }
        let parsers = &post.parsers;
        let (function, needed) = match post.network_type {
            NetworkType::Detector => (&parsers.bbox, false),
            NetworkType::InstanceSegmentation => (&parsers.instance_mask, true),
            NetworkType::Classifier => (&parsers.classifier, false),
            NetworkType::Segmentation => (&parsers.segmentation, false),
            NetworkType::Other => return Ok(()),
        };
        match (function, &parsers.library) {
            _ if has_parser => Ok(()),
            (Some(_), Some(_)) => Ok(()),
            (_, _) if needed => error(
                places.parser,
                "instance segmentation has no parser of its own: expected parse-bbox-instance-mask-func-name and custom-lib-path".to_owned(),
            ),
            _ => Ok(()),
        }
    }

    /// That the labels can be opened.
    ///
    /// # Errors
    /// Why not.
    pub fn check_labels(&self) -> Result<(), ConfigError> {
        let Some(path) = &self.postprocess.label_file else {
            return Ok(());
        };
        match std::fs::File::open(path) {
            Ok(_) => Ok(()),
            Err(error) => Err(ConfigError::at(
                &self.file,
                self.places.label_file,
                format!(
                    "labelfile-path: cannot open the labels {}: {error}",
                    path.display()
                ),
            )),
        }
    }

    /// The error about a file without gie-unique-id, where no property gives one.
    pub fn no_unique_id(&self) -> ConfigError {
        ConfigError::at(
            &self.file,
            self.places.group,
            "gie-unique-id is not given, nor the property unique-id: expected a number above 0",
        )
    }
}

/// Reads groups of keys as if they stood in `file`, whose name tells whether it is YAML.
pub(crate) fn read_groups(text: &str, file: &Path) -> Result<(KeyFile, Lines), ConfigError> {
    match is_yaml(file) {
        true => yaml::read(text, file),
        false => read_key_file(text, file),
    }
}

fn is_yaml(file: &Path) -> bool {
    let extension = file.extension().and_then(|e| e.to_str());
    extension.is_some_and(|e| matches!(e, "yml" | "yaml"))
}

fn read_key_file(text: &str, file: &Path) -> Result<(KeyFile, Lines), ConfigError> {
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
    Ok((key_file, lines))
}

/// The key that names the parser of a network of this type.
fn parser_key(network_type: NetworkType) -> &'static str {
    match network_type {
        NetworkType::Detector => "parse-bbox-func-name",
        NetworkType::InstanceSegmentation => "parse-bbox-instance-mask-func-name",
        NetworkType::Classifier => "parse-classifier-func-name",
        NetworkType::Segmentation => "parse-segmentation-func-name",
        NetworkType::Other => "network-type",
    }
}

#[cfg(test)]
mod tests;
