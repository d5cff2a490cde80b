//! Files of groups and keys, or YAML, of other elements than `nvinfer`: the same reading and the same messages.

use std::path::Path;

use glib::KeyFile;

use super::group::Group;
use super::lines::Lines;
use super::{is_yaml, read_key_file, yaml};
use crate::infer::text::read_text;
use crate::infer::types::{ConfigError, Note, NoteLevel, cut, did_you_mean};

/// A file.
pub(crate) struct Sections {
    key_file: KeyFile,
    lines: Lines,
}

impl Sections {
    /// `what`: what the file is, for messages.
    pub(crate) fn load(file: &Path, what: &str) -> Result<Self, ConfigError> {
        Self::parse(&read_text(file, what)?, file)
    }

    /// Reads a text as if it stood in `file`, whose name tells whether it is YAML.
    pub(crate) fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let (key_file, lines) = match is_yaml(file) {
            true => yaml::read(text, file)?,
            false => read_key_file(text, file)?,
        };
        Ok(Self { key_file, lines })
    }

    /// What is odd about the file as a whole.
    pub(crate) fn remarks(&self) -> impl Iterator<Item = Note> {
        self.lines.remarks()
    }

    /// The groups, in their order.
    pub(crate) fn sections(&self) -> Vec<Section<'_>> {
        let names = self.key_file.groups();
        let names: Vec<String> = names.iter().map(|name| name.as_str().to_owned()).collect();
        names
            .into_iter()
            .map(|name| Section {
                name,
                sections: self,
            })
            .collect()
    }
}

/// A group of a file.
pub(crate) struct Section<'a> {
    name: String,
    sections: &'a Sections,
}

impl Section<'_> {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn group(&self) -> Group<'_> {
        Group {
            name: &self.name,
            key_file: &self.sections.key_file,
            lines: &self.sections.lines,
        }
    }

    /// The keys, in their order.
    pub(crate) fn keys(&self) -> Vec<String> {
        let keys = self.sections.key_file.keys(&self.name).unwrap_or_default();
        keys.iter().map(|key| key.as_str().to_owned()).collect()
    }

    /// An error about the group.
    pub(crate) fn fault(&self, message: String) -> ConfigError {
        let lines = &self.sections.lines;
        ConfigError::at(&lines.file, lines.group_position(&self.name), message)
    }

    /// A warning about the group.
    pub(crate) fn remark(&self, message: String) -> Note {
        Note {
            level: NoteLevel::Warning,
            text: self.fault(message),
        }
    }

    /// An error about a key.
    pub(crate) fn error(&self, key: &str, message: String) -> ConfigError {
        self.group().error(key, message)
    }

    /// A warning about a key.
    pub(crate) fn warning(&self, key: &str, message: &str) -> Note {
        self.group().warning(key, message)
    }

    /// A remark about a key.
    pub(crate) fn info(&self, key: &str, message: &str) -> Note {
        Note {
            level: NoteLevel::Info,
            text: self.error(key, message.to_owned()),
        }
    }

    /// A warning about a key that is not known.
    pub(crate) fn unknown(&self, key: &str, known: &[&str]) -> Note {
        let meant = did_you_mean(key, known.iter().copied());
        self.remark_at(
            key,
            format!("unknown key {} in [{}]{meant}", cut(key), cut(&self.name)),
        )
    }

    fn remark_at(&self, key: &str, message: String) -> Note {
        let lines = &self.sections.lines;
        Note::warning(&lines.file, lines.position(&self.name, key), message)
    }

    /// A boolean.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, ConfigError> {
        self.group().flag(key)
    }

    /// An integer of 0 or more.
    pub(crate) fn uint(&self, key: &str) -> Result<Option<u32>, ConfigError> {
        self.group().uint(key)
    }

    /// Integers, none where the key is not there.
    pub(crate) fn ints(&self, key: &str) -> Result<Vec<i32>, ConfigError> {
        self.group().ints(key)
    }

    /// A text; nothing where it is empty.
    pub(crate) fn text(&self, key: &str) -> Result<Option<String>, ConfigError> {
        self.group().text(key)
    }
}
