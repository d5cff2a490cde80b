//! The configuration of `nvdspreprocess`: a key file, or YAML, with the keys of DeepStream 9.1.

mod numbers;
mod read;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use self::read::Reader;
use crate::infer::nvinfer_config::read_groups;
use crate::infer::text::read_text;
use crate::infer::types::{ConfigError, Layout, Note, PreprocessConfig};

/// Left, top, width and height in pixels.
pub type Region = [u32; 4];

/// What `nvdspreprocess` takes from its configuration file.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The file, for messages.
    pub file: PathBuf,
    /// `enable`.
    pub enable: Option<bool>,
    /// `unique-id`.
    pub unique_id: Option<u32>,
    /// `gpu-id`.
    pub gpu_id: Option<u32>,
    /// `process-on-frame`.
    pub process_on_frame: Option<bool>,
    /// `operate-on-gie-id`.
    pub operate_on_gie_id: Option<i32>,
    /// `target-unique-ids`.
    pub target_unique_ids: Option<Vec<u64>>,
    /// The input that is made of each region.
    pub network: Network,
    /// `[group-N]`, in their order.
    pub groups: Vec<GroupConfig>,
    /// Remarks for the log.
    pub notes: Vec<Note>,
}

/// The network's input.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// `tensor-name`.
    pub name: String,
    /// Whether elements are `half` (FP16) instead of `float`.
    pub half: bool,
    /// Order of the dimensions.
    pub layout: Layout,
    /// Width and height in pixels.
    pub size: (usize, usize),
    /// `network-input-shape`; the first number is the most regions in one tensor.
    pub shape: [i32; 4],
    /// Scaling and normalisation.
    pub preprocess: PreprocessConfig,
    /// `mean-file`, as a path that can be opened.
    pub mean_file: Option<PathBuf>,
}

/// A `[group-N]`.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupConfig {
    /// Its name.
    pub name: String,
    /// `src-ids`; -1 at the beginning for all sources.
    pub src_ids: Vec<i32>,
    /// `process-on-roi`.
    pub on_roi: bool,
    /// `process-on-all-objects`.
    pub on_all_objects: bool,
    /// `roi-params-src-N` in the order of the file.
    pub regions: Vec<(i32, Vec<Region>)>,
    /// `operate-on-class-ids`; empty for all.
    pub class_ids: BTreeSet<i32>,
    /// `interval`: buffers skipped after each one processed.
    pub interval: u32,
    /// Least width and height of an object in pixels, 0 for any.
    pub min: (u32, u32),
    /// Largest width and height of an object in pixels, 0 for any.
    pub max: (u32, u32),
    /// `draw-roi`.
    pub draw: bool,
    /// `roi-color`.
    pub color: Option<[f64; 4]>,
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// When a key or value is wrong, or asks for what the stand-in cannot do.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = read_text(file, "nvdspreprocess configuration (config-file)")?;
        Self::parse(&text, file)
    }

    /// Reads a text as if it stood in `file`, whose name tells whether it is YAML.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let (key_file, lines) = read_groups(text, file)?;
        let reader = Reader {
            key_file: &key_file,
            lines: &lines,
        };
        reader.read()
    }
}

/// A group of all that comes, for tests.
#[cfg(test)]
pub fn group(name: &str, src_ids: &[i32], regions: &[(i32, &[Region])]) -> GroupConfig {
    GroupConfig {
        name: name.to_owned(),
        src_ids: src_ids.to_vec(),
        on_roi: !regions.is_empty(),
        on_all_objects: regions.is_empty(),
        regions: regions
            .iter()
            .map(|(source, regions)| (*source, regions.to_vec()))
            .collect(),
        class_ids: BTreeSet::new(),
        interval: 0,
        min: (0, 0),
        max: (0, 0),
        draw: true,
        color: None,
    }
}

#[cfg(test)]
mod tests;
