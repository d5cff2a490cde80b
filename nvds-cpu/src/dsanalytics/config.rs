//! The file that `config-file` names: groups and keys, or YAML, with the keys of DeepStream 9.1.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::groups;
use super::rules::Rules;
use crate::infer::nvinfer_config::sections::{Section, Sections};
use crate::infer::types::{ConfigError, Note, cut, did_you_mean};

/// The group that is not of a source.
const PROPERTY: &str = "property";
/// Keys of `[property]`.
const KEYS: [&str; 7] = [
    "enable",
    "config-width",
    "config-height",
    "osd-mode",
    "display-font-size",
    "obj-cnt-win-in-ms",
    "display-obj-cnt",
];
/// Those that a key file must have; YAML need not.
const NEEDED: [&str; 3] = ["enable", "config-width", "config-height"];
/// Largest `obj-cnt-win-in-ms`.
const MOST_WINDOW: u32 = 1_000_000_000;

/// What the OSD shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OsdMode {
    /// Nothing.
    Off,
    /// Areas, lines, and their labels.
    Labels,
    /// What was counted, too, and objects' texts.
    Everything,
}

/// What a file asks for.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) enable: Option<bool>,
    /// Size of the frames that areas and lines are for.
    pub(super) size: (u32, u32),
    pub(super) osd_mode: OsdMode,
    pub(super) font_size: u32,
    /// `obj-cnt-win-in-ms`: milliseconds and frames of the window for counts; 0 where not set.
    pub(super) window: u32,
    pub(super) show_counts: bool,
    pub(super) streams: HashMap<u32, Arc<Rules>>,
    pub(super) notes: Vec<Note>,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong, in which line.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        Self::read(&Sections::load(file, "nvdsanalytics configuration")?, file)
    }

    /// Reads a text as if it stood in `file`, whose name tells whether it is YAML.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        Self::read(&Sections::parse(text, file)?, file)
    }

    fn read(file: &Sections, path: &Path) -> Result<Self, ConfigError> {
        let sections = file.sections();
        let property = sections.iter().find(|group| group.name() == PROPERTY);
        let Some(property) = property else {
            return Err(ConfigError::file(
                path,
                "expected a group [property], found none; is this an nvdsanalytics configuration?",
            ));
        };
        let is_yaml = path
            .extension()
            .is_some_and(|end| end == "yml" || end == "yaml");
        let mut notes: Vec<Note> = file.remarks().collect();
        let mut this = Self::property(property, is_yaml, &mut notes)?;
        let mut streams = HashMap::<u32, Rules>::new();
        for group in sections.iter().filter(|group| group.name() != PROPERTY) {
            match groups::read(group, &mut notes)? {
                Some((stream, rules)) => rules.join(streams.entry(stream).or_default()),
                None => notes.push(unknown(group)),
            }
        }
        let streams = streams.into_iter();
        this.streams = streams
            .map(|(stream, rules)| (stream, Arc::new(rules)))
            .collect();
        this.notes = notes;
        Ok(this)
    }

    fn property(
        group: &Section<'_>,
        is_yaml: bool,
        notes: &mut Vec<Note>,
    ) -> Result<Self, ConfigError> {
        let keys = group.keys();
        let unknown = keys.iter().filter(|key| !KEYS.contains(&key.as_str()));
        notes.extend(unknown.map(|key| group.unknown(key, &KEYS)));
        let has = |name: &str| is_yaml || keys.iter().any(|key| key == name);
        if let Some(missing) = NEEDED.iter().find(|name| !has(name)) {
            return Err(group.fault(format!(
                "expected {missing} in [property], found none: add enable=1, config-width and config-height"
            )));
        }
        let side = |key: &str, default: u32| match group.uint(key)? {
            Some(0) => Err(group.error(key, "expected pixels from 1 on, found 0".to_owned())),
            side => Ok(side.unwrap_or(default)),
        };
        let osd_mode = match group.uint("osd-mode")? {
            None | Some(2) => OsdMode::Everything,
            Some(1) => OsdMode::Labels,
            Some(0) => OsdMode::Off,
            Some(other) => {
                let message = "expected 0 (nothing), 1 (areas, lines, labels) or 2 (counts, too)";
                return Err(group.error("osd-mode", format!("{message}, found {other}")));
            }
        };
        let window = match group.uint("obj-cnt-win-in-ms")? {
            Some(window) if window == 0 || window > MOST_WINDOW => {
                let message =
                    format!("expected milliseconds of 1 to {MOST_WINDOW}, found {window}");
                return Err(group.error("obj-cnt-win-in-ms", message));
            }
            window => window.unwrap_or(0),
        };
        Ok(Self {
            enable: group.flag("enable")?,
            size: (side("config-width", 1920)?, side("config-height", 1080)?),
            osd_mode,
            font_size: group
                .uint("display-font-size")?
                .filter(|size| *size > 0)
                .unwrap_or(12),
            window,
            show_counts: group.flag("display-obj-cnt")?.unwrap_or(false),
            streams: HashMap::new(),
            notes: Vec::new(),
        })
    }
}

/// The remark about a group that stock passes over.
fn unknown(group: &Section<'_>) -> Note {
    let name = group.name();
    let start = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let meant = did_you_mean(start, groups::PREFIXES.into_iter().chain([PROPERTY]));
    group.remark(format!("group [{}] has no effect{meant}", cut(name)))
}

#[cfg(test)]
mod tests;
