//! Which line each group and key of a configuration stands on; GLib's parser does not tell.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::infer::pbtext::Position;
use crate::infer::types::{ConfigError, Note, cut};

/// Groups and keys by line.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) file: PathBuf,
    groups: HashMap<String, GroupLines>,
    /// Group, key, and the lines it stands on a first time and again.
    repeated: Vec<(String, String, u32, u32)>,
    /// YAML groups, with the lines they begin in a first time and again.
    groups_again: Vec<(String, u32, u32)>,
    /// Names outside of a group, with their lines.
    outside: Vec<(String, u32)>,
    /// Where a second YAML document begins.
    document: Option<u32>,
}

#[derive(Debug)]
struct GroupLines {
    line: u32,
    keys: HashMap<String, u32>,
}

impl Lines {
    /// No groups yet.
    pub(crate) fn new(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            groups: HashMap::new(),
            repeated: Vec::new(),
            groups_again: Vec::new(),
            outside: Vec::new(),
            document: None,
        }
    }

    /// Finds the groups and keys of a key file.
    pub(crate) fn read(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let mut this = Self::new(file);
        let mut group = None;
        for (number, line) in (1..).zip(text.lines()) {
            let trimmed = line.trim();
            let fault = |message: &str| {
                Err(ConfigError::at(
                    file,
                    line_position(number),
                    format!("{message}, found \"{}\"", cut(trimmed)),
                ))
            };
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            if let Some(name) = trimmed.strip_prefix('[') {
                let Some(name) = name.strip_suffix(']').filter(|n| !n.is_empty()) else {
                    return fault("expected a group such as [property]");
                };
                group = Some(name);
                this.add_group(name, number);
                continue;
            }
            let Some((key, _)) = trimmed
                .split_once('=')
                .filter(|(key, _)| !key.trim().is_empty())
            else {
                return fault("expected key=value, a [group] or a # comment");
            };
            let Some(group) = group else {
                return fault("expected a group such as [property] before the first key");
            };
            this.add_key(group, key.trim(), number);
        }
        Ok(this)
    }

    /// A group that begins in a line; it may have begun before.
    pub(crate) fn add_group(&mut self, name: &str, line: u32) {
        self.groups.entry(name.to_owned()).or_insert(GroupLines {
            line,
            keys: HashMap::new(),
        });
    }

    /// The same of YAML, where a name stands once: stock yaml-cpp code looks up the first alone.
    pub(crate) fn add_yaml_group(&mut self, name: &str, line: u32) {
        if let Some(first) = self.groups.get(name) {
            self.groups_again.push((name.to_owned(), first.line, line));
        }
        self.add_group(name, line);
    }

    /// A key of a group that was added.
    pub(crate) fn add_key(&mut self, group: &str, key: &str, line: u32) {
        let Some(lines) = self.groups.get_mut(group) else {
            return;
        };
        if let Some(first) = lines.keys.insert(key.to_owned(), line) {
            self.repeated
                .push((group.to_owned(), key.to_owned(), first, line));
        }
    }

    /// A key that stands in no group.
    pub(crate) fn add_outside(&mut self, key: String, line: u32) {
        self.outside.push((key, line));
    }

    /// Another YAML document.
    pub(crate) fn add_document(&mut self, line: u32) {
        self.document = Some(line);
    }

    /// Keys that are given again, of which the stock readers take the last without a word, and keys in no group.
    pub(crate) fn remarks(&self) -> impl Iterator<Item = Note> {
        let outside = self.outside.iter().map(|(key, line)| {
            Note::warning(
                &self.file,
                line_position(*line),
                format!(
                    "{} has no effect: it stands in no group; is it to be indented below the one before?",
                    cut(key)
                ),
            )
        });
        let repeated = self.repeated.iter().map(|(group, key, first, line)| {
            Note::warning(
                &self.file,
                line_position(*line),
                format!(
                    "{} is given again in [{}], first in line {first}: the last one counts",
                    cut(key),
                    cut(group)
                ),
            )
        });
        let again = self.groups_again.iter().map(|(group, first, line)| {
            Note::warning(
                &self.file,
                line_position(*line),
                format!(
                    "the group {} begins again, first in line {first}: its keys are taken together, DeepStream looks at \
                     the first alone",
                    cut(group)
                ),
            )
        });
        let document = self.document.map(|line| {
            const WHY: &str =
                "a second YAML document begins here and has no effect: only the first one is read";
            Note::warning(&self.file, line_position(line), WHY)
        });
        repeated.chain(again).chain(outside).chain(document)
    }

    pub(crate) fn group_position(&self, group: &str) -> Position {
        line_position(self.groups.get(group).map_or(1, |lines| lines.line))
    }

    /// The last line of a key given several times is the one that counts.
    pub(crate) fn position(&self, group: &str, key: &str) -> Position {
        let line = self.groups.get(group).and_then(|lines| lines.keys.get(key));
        line.map_or_else(|| self.group_position(group), |&line| line_position(line))
    }
}

/// A whole line.
pub(crate) fn line_position(line: u32) -> Position {
    Position { line, column: 0 }
}
