//! Typed access to a group of the file, as GLib reads it, with the line of each key.

use std::collections::BTreeSet;

use glib::KeyFile;

use super::keys::Kind::{self, Flag, Float, Floats, Int, Ints, Text, Uint};
use super::keys::Support::{self, Honoured, Ignored, Objects, Parsing, Refused};
use super::keys::{FULL_FRAME, NO_PARSING};
use super::lines::Lines;
use crate::infer::types::{ConfigError, Note, NoteLevel, cut, did_you_mean};

/// What the file is read as: what some keys mean depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mode {
    /// Tensors are parsed.
    pub(crate) parses: bool,
    /// Objects are inferred.
    pub(crate) objects: bool,
}

/// A group with typed access. Values have been checked by [`Group::check`] only as far as they are known.
#[derive(Clone, Copy)]
pub(crate) struct Group<'a> {
    pub(crate) name: &'a str,
    pub(crate) key_file: &'a KeyFile,
    pub(crate) lines: &'a Lines,
}

/// Whether a text is an integer that 32 bits do not hold.
fn is_beyond(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_integer && text.parse::<i32>().is_err()
}

impl Group<'_> {
    /// An error about a key.
    pub(crate) fn error(&self, key: &str, message: String) -> ConfigError {
        ConfigError::at(
            &self.lines.file,
            self.lines.position(self.name, key),
            format!("{key}: {message}"),
        )
    }

    /// A warning about a key.
    pub(crate) fn warning(&self, key: &str, message: &str) -> Note {
        Note {
            level: NoteLevel::Warning,
            text: self.error(key, message.to_owned()),
        }
    }

    /// Whether the key is there, with or without a value.
    pub(crate) fn has(&self, key: &str) -> bool {
        matches!(self.key_file.has_key(self.name, key), Ok(true))
    }

    /// Compares the group with its table: types, what is not known, what has no effect, what cannot be done.
    pub(crate) fn check(
        &self,
        table: &[(&str, Kind, Support)],
        mode: Mode,
        notes: &mut Vec<Note>,
    ) -> Result<(), ConfigError> {
        for key in self.key_file.keys(self.name).unwrap_or_default().iter() {
            let key = key.as_str();
            let Some((_, kind, support)) = table.iter().find(|(name, ..)| *name == key) else {
                notes.push(self.unknown(key, table));
                continue;
            };
            let demanded = self.demanded(key, *kind)?;
            let unused = match support {
                Honoured => None,
                Parsing => (!mode.parses).then_some(NO_PARSING),
                Objects => (!mode.objects).then_some(FULL_FRAME),
                Ignored(why) => Some(*why),
                Refused(reason, why) if demanded => {
                    return Err(self
                        .error(
                            key,
                            format!("cannot be honoured by the CPU stand-in: {why}"),
                        )
                        .because(*reason));
                }
                Refused(..) => None,
            };
            if let Some(why) = unused.filter(|_| demanded) {
                notes.push(Note {
                    level: NoteLevel::Info,
                    text: self.error(key, format!("has no effect on the CPU: {why}")),
                });
            }
        }
        Ok(())
    }

    /// The remark about a key that is not in the table. gst-nvinfer says so on the terminal and goes on.
    fn unknown(&self, key: &str, table: &[(&str, Kind, Support)]) -> Note {
        Note::warning(
            &self.lines.file,
            self.lines.position(self.name, key),
            format!(
                "unknown key {} in [{}]{}",
                cut(key),
                cut(self.name),
                did_you_mean(key, table.iter().map(|(name, ..)| *name))
            ),
        )
    }

    /// Warns of keys that are not in the table, and does not look at the others.
    pub(crate) fn check_names(&self, table: &[(&str, Kind, Support)], notes: &mut Vec<Note>) {
        for key in self.key_file.keys(self.name).unwrap_or_default().iter() {
            if !table.iter().any(|(name, ..)| *name == key.as_str()) {
                notes.push(self.unknown(key, table));
            }
        }
    }

    /// Whether a key has a value that asks for something. The error is about a value of another type.
    fn demanded(&self, key: &str, kind: Kind) -> Result<bool, ConfigError> {
        Ok(match kind {
            Flag => self.flag(key)? == Some(true),
            Int => self.int(key)? != Some(0),
            Uint => self.uint(key)? != Some(0),
            Float => self.float(key)? != Some(0.0),
            Floats => !self.floats(key)?.is_empty(),
            Ints => !self.ints(key)?.is_empty(),
            Text => self.text(key)?.is_some(),
        })
    }

    /// A text; nothing where it is empty.
    pub(crate) fn text(&self, key: &str) -> Result<Option<String>, ConfigError> {
        const EXPECTED: &str = r"text in which a backslash is written \\";
        let value = self.value(key, EXPECTED, |file| file.string(self.name, key))?;
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
        if !self.has(key) {
            return Ok(None);
        }
        read(self.key_file).map(Some).map_err(|_| {
            let found = self.key_file.value(self.name, key).unwrap_or_default();
            let found = match found.trim() {
                "" => "nothing".to_owned(),
                digits if is_beyond(digits) => format!(
                    "{}, beyond the range of -2147483648 to 2147483647",
                    cut(digits)
                ),
                _ => format!("\"{}\"", cut(&found)),
            };
            self.error(key, format!("expected {expected}, found {found}"))
        })
    }

    /// A boolean.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, ConfigError> {
        self.value(key, "0 or 1 and nothing behind it", |file| {
            file.boolean(self.name, key)
        })
    }

    /// An integer.
    pub(crate) fn int(&self, key: &str) -> Result<Option<i32>, ConfigError> {
        self.value(key, "an integer", |file| file.integer(self.name, key))
    }

    /// An integer of 0 or more.
    pub(crate) fn uint(&self, key: &str) -> Result<Option<u32>, ConfigError> {
        const EXPECTED: &str = "an integer of 0 or more";
        match self.value(key, EXPECTED, |file| file.integer(self.name, key))? {
            None => Ok(None),
            Some(value) => u32::try_from(value)
                .map(Some)
                .map_err(|_| self.error(key, format!("expected {EXPECTED}, found {value}"))),
        }
    }

    /// An integer that stands for one of the things that `known` tells.
    pub(crate) fn choice<T>(
        &self,
        key: &str,
        known: &str,
        of: impl Fn(u32) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        match self.uint(key)? {
            None => Ok(None),
            Some(number) => of(number)
                .map(Some)
                .ok_or_else(|| self.error(key, format!("expected {known}, found {number}"))),
        }
    }

    /// A number.
    pub(crate) fn float(&self, key: &str) -> Result<Option<f64>, ConfigError> {
        let value = self.value(key, "a number and nothing behind it", |file| {
            file.double(self.name, key)
        })?;
        match value {
            // What is computed with it is an f32.
            Some(value) if !(value as f32).is_finite() => {
                Err(self.error(key, format!("expected a finite number, found {value}")))
            }
            value => Ok(value),
        }
    }

    /// A number within bounds; `told` says which for the message.
    pub(crate) fn float_in(
        &self,
        key: &str,
        told: &str,
        most: f64,
    ) -> Result<Option<f32>, ConfigError> {
        match self.float(key)? {
            Some(value) if !(0.0..=most).contains(&value) => {
                Err(self.error(key, format!("expected {told}, found {value}")))
            }
            value => Ok(value.map(|value| value as f32)),
        }
    }

    /// Numbers, none where the key is not there.
    pub(crate) fn floats(&self, key: &str) -> Result<Vec<f64>, ConfigError> {
        const EXPECTED: &str = "numbers separated by ';' and nothing behind them";
        let values = self
            .value(key, EXPECTED, |file| file.double_list(self.name, key))?
            .unwrap_or_default();
        match values.iter().find(|value| !(**value as f32).is_finite()) {
            Some(value) => Err(self.error(key, format!("expected finite numbers, found {value}"))),
            None => Ok(values.to_vec()),
        }
    }

    /// Integers, none where the key is not there.
    pub(crate) fn ints(&self, key: &str) -> Result<Vec<i32>, ConfigError> {
        const EXPECTED: &str = "integers separated by ';'";
        let values = self.value(key, EXPECTED, |file| file.integer_list(self.name, key))?;
        Ok(values.map(|list| list.to_vec()).unwrap_or_default())
    }

    /// Class indices of 0 or more. A negative one ends gst-nvinfer.
    pub(crate) fn classes<T: TryFrom<i32> + Ord>(
        &self,
        key: &str,
    ) -> Result<BTreeSet<T>, ConfigError> {
        let class = |id: i32| {
            (id >= 0)
                .then_some(id)
                .and_then(|id| T::try_from(id).ok())
                .ok_or_else(|| {
                    self.error(
                        key,
                        format!("expected class indices of 0 or more, found {id}"),
                    )
                })
        };
        self.ints(key)?.into_iter().map(class).collect()
    }

    /// Channels, height and width; `extra` numbers may follow, of which there must be so many.
    pub(crate) fn dims(&self, key: &str, extra: usize) -> Result<Option<[i64; 3]>, ConfigError> {
        if !self.has(key) {
            return Ok(None);
        }
        let found = self.ints(key)?;
        let dims = found.get(..3).filter(|_| found.len() == 3 + extra);
        match dims {
            Some(&[c, h, w]) if c > 0 && h > 0 && w > 0 => {
                Ok(Some([i64::from(c), i64::from(h), i64::from(w)]))
            }
            _ => Err(self.error(
                key,
                format!(
                    "expected three numbers above 0 as channels;height;width{}, found \"{}\"",
                    if extra > 0 {
                        " and one for the order"
                    } else {
                        ""
                    },
                    cut(&self.key_file.value(self.name, key).unwrap_or_default())
                ),
            )),
        }
    }
}
