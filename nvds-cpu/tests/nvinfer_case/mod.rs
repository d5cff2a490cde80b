//! Cases of what nvinfer makes of its tensors: a folder with `case.json`, configurations, labels and tensors, whose
//! expected `objects.jsonl` and `more.jsonl` are captures of the real element.
//!
//! Shared by the test and by the example `nvinfer-case`; each uses a part of it.
#![allow(dead_code)]

pub mod committed;
pub mod compare;
mod feed;
mod json;
pub mod pipeline;
mod recorded;
mod yolo;

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A case as `case.json` describes it.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// Elements in order, as gst-launch takes them.
    pub elements: Vec<String>,
    pub sources: usize,
    pub frames_per_source: usize,
    /// Width and height in pixels.
    pub frame_size: [usize; 2],
    #[serde(default)]
    pub nvdsinfer_with_opencv: bool,
    #[serde(default = "yes")]
    pub rotation_angle_defined: bool,
    /// Element before which a probe gives objects their ids, as a tracker would.
    #[serde(default)]
    pub object_ids_set_before: Option<String>,
    /// How it ended: 0 well, 1 with an error message, below 0 by a signal.
    #[serde(default)]
    pub exit: i32,
    #[serde(default)]
    pub messages: Vec<String>,
    /// Lines that were kept.
    #[serde(default)]
    pub lines: Option<usize>,
    /// The folder of the file.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Parser libraries, or folders of them, in the place of the case's of the same names.
    #[serde(skip)]
    pub custom_libraries: Vec<PathBuf>,
}

fn yes() -> bool {
    true
}

/// What a case came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// As rsmetajson writes it behind the last element, a frame a line.
    pub objects: Vec<String>,
    /// What rsmetajson does not write.
    pub more: Vec<String>,
}

impl Case {
    /// Reads the case of a folder.
    ///
    /// # Errors
    /// Where `case.json` is missing or something else.
    pub fn load(folder: &Path) -> Result<Self, String> {
        let file = folder.join("case.json");
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = std::fs::read_to_string(&file).map_err(|e| told(&e))?;
        let mut case: Self = serde_json::from_str(&text).map_err(|e| told(&e))?;
        case.folder = std::path::absolute(folder).map_err(|e| told(&e))?;
        Ok(case)
    }

    /// Lines of one of the expected files; none where there is no such file.
    pub fn expected(&self, file: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.join(file)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}
