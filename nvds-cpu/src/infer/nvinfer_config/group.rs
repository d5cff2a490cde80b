//! Typed access to the group `[property]`, as GLib reads it, with the line of each key.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use glib::KeyFile;

use super::keys::Kind::{Flag, Float, Floats, Int, Text, Uint};
use super::keys::Support::{Honoured, Ignored, Refused};
use super::keys::{CLASS_ATTRS, NO_PARSING, PROPERTY};
use crate::infer::pbtext::Position;
use crate::infer::types::{ConfigError, Note, NoteLevel, cut, did_you_mean};

pub(super) const GROUP: &str = "property";
const CLASS_GROUP: &str = "class-attrs-";

pub(super) fn check_groups(key_file: &KeyFile, lines: &Lines, notes: &mut Vec<Note>) {
    let groups = key_file.groups();
    for group in groups.iter().map(|g| g.as_str()).filter(|g| *g != GROUP) {
        let position = lines.group_position(group);
        if !group.starts_with(CLASS_GROUP) {
            notes.push(Note::warning(
                &lines.file,
                position,
                format!(
                    "unknown group [{}]; known are [property] and [class-attrs-all], [class-attrs-N]",
                    cut(group)
                ),
            ));
            continue;
        }
        notes.push(Note::info(
            &lines.file,
            position,
            format!("[{}] has no effect: {NO_PARSING}", cut(group)),
        ));
        for key in key_file.keys(group).unwrap_or_default().iter() {
            if !CLASS_ATTRS.contains(&key.as_str()) {
                notes.push(Note::warning(
                    &lines.file,
                    lines.position(group, key),
                    format!("unknown key {} in [{}]", cut(key), cut(group)),
                ));
            }
        }
    }
}

/// The group `[property]` with typed access. Values have been checked by [`Group::check`] only as far as they are known.
pub(super) struct Group<'a> {
    pub(super) key_file: &'a KeyFile,
    pub(super) lines: &'a Lines,
}

impl Group<'_> {
    pub(super) fn error(&self, key: &str, message: String) -> ConfigError {
        ConfigError::at(
            &self.lines.file,
            self.lines.position(GROUP, key),
            format!("{key}: {message}"),
        )
    }

    pub(super) fn check(&self, notes: &mut Vec<Note>) -> Result<(), ConfigError> {
        for key in self.key_file.keys(GROUP).unwrap_or_default().iter() {
            let key = key.as_str();
            let position = self.lines.position(GROUP, key);
            let Some((_, kind, support)) = PROPERTY.iter().find(|(name, ..)| *name == key) else {
                notes.push(Note::warning(
                    &self.lines.file,
                    position,
                    format!(
                        "unknown key {} in [property]{}",
                        cut(key),
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
                Text => self.text(key)?.is_some(),
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

    /// A text; nothing where it is empty.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>, ConfigError> {
        const EXPECTED: &str = r"text in which a backslash is written \\";
        let value = self.value(key, EXPECTED, |file| file.string(GROUP, key))?;
        Ok(value
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty()))
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
                _ => format!("\"{}\"", cut(&found)),
            };
            self.error(key, format!("expected {expected}, found {found}"))
        })
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, ConfigError> {
        self.value(key, "0 or 1 and nothing behind it", |file| {
            file.boolean(GROUP, key)
        })
    }

    pub(super) fn int(&self, key: &str) -> Result<Option<i32>, ConfigError> {
        self.value(key, "an integer", |file| file.integer(GROUP, key))
    }

    pub(super) fn uint(&self, key: &str) -> Result<Option<u32>, ConfigError> {
        const EXPECTED: &str = "an integer of 0 or more";
        match self.value(key, EXPECTED, |file| file.integer(GROUP, key))? {
            None => Ok(None),
            Some(value) => u32::try_from(value)
                .map(Some)
                .map_err(|_| self.error(key, format!("expected {EXPECTED}, found {value}"))),
        }
    }

    pub(super) fn float(&self, key: &str) -> Result<Option<f64>, ConfigError> {
        let value = self.value(key, "a number and nothing behind it", |file| {
            file.double(GROUP, key)
        })?;
        match value {
            // What is computed with it is an f32.
            Some(value) if !(value as f32).is_finite() => {
                Err(self.error(key, format!("expected a finite number, found {value}")))
            }
            value => Ok(value),
        }
    }

    pub(super) fn floats(&self, key: &str) -> Result<Vec<f32>, ConfigError> {
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

    pub(super) fn dims(&self, key: &str) -> Result<Option<[i64; 3]>, ConfigError> {
        let Some(text) = self.text(key)? else {
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
                    "expected three numbers above 0 as channels;height;width, found \"{}\"",
                    cut(&text)
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
pub(super) struct Lines {
    pub(super) file: PathBuf,
    groups: HashMap<String, GroupLines>,
    /// Group, key, and the lines it stands on a first time and again.
    repeated: Vec<(String, String, u32, u32)>,
}

struct GroupLines {
    line: u32,
    keys: HashMap<String, u32>,
}

impl Lines {
    pub(super) fn read(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let mut this = Self {
            file: file.to_owned(),
            groups: HashMap::new(),
            repeated: Vec::new(),
        };
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
                this.groups
                    .entry(name.to_owned())
                    .or_insert_with(|| GroupLines {
                        line: number,
                        keys: HashMap::new(),
                    });
                continue;
            }
            let Some((key, _)) = trimmed
                .split_once('=')
                .filter(|(key, _)| !key.trim().is_empty())
            else {
                return fault("expected key=value, a [group] or a # comment");
            };
            let Some((name, lines)) =
                group.and_then(|name| Some((name, this.groups.get_mut(name)?)))
            else {
                return fault("expected a group such as [property] before the first key");
            };
            let key = key.trim();
            if let Some(first) = lines.keys.insert(key.to_owned(), number) {
                this.repeated
                    .push((name.to_owned(), key.to_owned(), first, number));
            }
        }
        Ok(this)
    }

    /// Keys that are given again. GLib takes the last without a word.
    pub(super) fn repeated(&self) -> impl Iterator<Item = Note> {
        self.repeated.iter().map(|(group, key, first, line)| {
            Note::warning(
                &self.file,
                line_position(*line),
                format!(
                    "{} is given again in [{}], first in line {first}: the last one counts",
                    cut(key),
                    cut(group)
                ),
            )
        })
    }

    pub(super) fn group_position(&self, group: &str) -> Position {
        line_position(self.groups.get(group).map_or(1, |lines| lines.line))
    }

    /// The last line of a key given several times is the one that counts.
    fn position(&self, group: &str, key: &str) -> Position {
        let line = self.groups.get(group).and_then(|lines| lines.keys.get(key));
        line.map_or_else(|| self.group_position(group), |&line| line_position(line))
    }
}

pub(super) fn line_position(line: u32) -> Position {
    Position { line, column: 0 }
}
