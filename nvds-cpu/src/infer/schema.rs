//! Which fields a text-format message may have, what they are, and what becomes of them on a CPU.
//!
//! A table per message type replaces generated code. [`check`] compares a parsed message with its table once; after
//! that the typed readers go by name and need no error handling of their own.

use std::path::Path;

use super::pbtext::{Field, Message, Position, Value};
use super::types::{ConfigError, Note, Reason, cut, did_you_mean};

/// Type of a field.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `bool`.
    Bool,
    /// `int32`, `int64`.
    Int,
    /// `uint32`, `uint64`.
    Uint,
    /// `float`, `double`.
    Float,
    /// `string`.
    Text,
    /// An enum: names and numbers.
    Enum(&'static [(&'static str, i64)]),
    /// A message with its own table.
    Message(&'static [Key]),
    /// Anything; not looked into.
    Any,
}

/// What the stand-in does with a field.
#[derive(Debug, Clone, Copy)]
pub enum Support {
    /// Used.
    Honoured,
    /// Without effect on a CPU, for the reason given.
    Ignored(&'static str),
    /// The result would be another one, so the element stops and says this. Not for a value equal to the default.
    Refused(Reason, &'static str),
}

/// One field of a message type.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    name: &'static str,
    kind: Kind,
    repeated: bool,
    support: Support,
}

impl Key {
    /// A field that is used.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            repeated: false,
            support: Support::Honoured,
        }
    }

    /// May stand more than once.
    pub const fn repeated(mut self) -> Self {
        self.repeated = true;
        self
    }

    /// Has no effect.
    pub const fn ignored(mut self, why: &'static str) -> Self {
        self.support = Support::Ignored(why);
        self
    }

    /// Cannot be honoured.
    pub const fn refused(mut self, reason: Reason, why: &'static str) -> Self {
        self.support = Support::Refused(reason, why);
        self
    }
}

/// Compares a message with its table: types, repetition, and whether the stand-in can do what is asked.
///
/// Unknown fields are faults, as for protobuf's own reader. Fields that have no effect go to `notes`. The first fault ends
/// the check.
pub fn check(
    file: &Path,
    message: &Message,
    keys: &[Key],
    path: &str,
    notes: &mut Vec<Note>,
) -> Result<(), ConfigError> {
    let mut seen: Vec<(&str, Position)> = Vec::new();
    for field in &message.fields {
        let name = cut(&field.name);
        let name = if path.is_empty() {
            name
        } else {
            format!("{path}.{name}")
        };
        let Some(key) = keys.iter().find(|key| key.name == field.name) else {
            let known = || keys.iter().map(|key| key.name);
            return Err(ConfigError::at(
                file,
                field.position,
                format!(
                    "unknown key {name}{}, known here: {}",
                    did_you_mean(&field.name, known()),
                    known().collect::<Vec<_>>().join(", ")
                ),
            ));
        };
        if !key.repeated {
            if let Some((_, first)) = seen.iter().find(|(n, _)| *n == field.name) {
                return Err(ConfigError::at(
                    file,
                    field.position,
                    format!("{name} is given twice, first at {first}"),
                ));
            }
            seen.push((&field.name, field.position));
        }
        check_type(file, field, key, &name)?;
        if let (Value::Message(inner), Kind::Message(inner_keys)) = (&field.value, key.kind)
            && matches!(key.support, Support::Honoured)
        {
            check(file, inner, inner_keys, &name, notes)?;
        }
        if is_default(&field.value, key.kind) {
            continue;
        }
        match key.support {
            Support::Honoured => {}
            Support::Ignored(why) => notes.push(Note::info(
                file,
                field.position,
                format!("{name} has no effect on the CPU: {why}"),
            )),
            Support::Refused(reason, why) => {
                return Err(ConfigError::at(
                    file,
                    field.position,
                    format!("{name} cannot be honoured by the CPU stand-in: {why}"),
                )
                .because(reason));
            }
        }
    }
    Ok(())
}

fn check_type(file: &Path, field: &Field, key: &Key, name: &str) -> Result<(), ConfigError> {
    let value = &field.value;
    let (fits, expected) = match key.kind {
        Kind::Bool => (value.as_bool().is_some(), "true or false".to_owned()),
        Kind::Int => (
            value.as_integer().is_some_and(|v| i64::try_from(v).is_ok()),
            "an integer".to_owned(),
        ),
        Kind::Uint => (
            value.as_integer().is_some_and(|v| v >= 0),
            "an integer of 0 or more".to_owned(),
        ),
        // What is computed with it is an f32.
        Kind::Float => (
            value.as_float().is_some_and(|v| (v as f32).is_finite()),
            "a finite number".to_owned(),
        ),
        // C's strings, and paths, end at a NUL.
        Kind::Text => match value {
            Value::String(text) => (!text.contains('\0'), "a string without \\0".to_owned()),
            _ => (false, "a string in quotes".to_owned()),
        },
        Kind::Enum(names) => (
            enum_number(value, names).is_some(),
            format!(
                "one of {}",
                names.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ")
            ),
        ),
        Kind::Message(_) => (
            matches!(value, Value::Message(_)),
            "a message in braces".to_owned(),
        ),
        Kind::Any => (true, String::new()),
    };
    if fits {
        return Ok(());
    }
    let found = match value {
        Value::String(text) => format!("the string {:?}", cut(text)),
        Value::Number(text) | Value::Word(text) => cut(text),
        Value::Message(_) => value.kind().to_owned(),
    };
    Err(ConfigError::at(
        file,
        field.position,
        format!("{name}: expected {expected}, found {found}"),
    ))
}

fn enum_number(value: &Value, names: &[(&str, i64)]) -> Option<i64> {
    match value {
        Value::Word(word) => names.iter().find(|(name, _)| name == word).map(|(_, n)| *n),
        Value::Number(_) => {
            let number = i64::try_from(value.as_integer()?).ok()?;
            names.iter().any(|(_, n)| *n == number).then_some(number)
        }
        _ => None,
    }
}

/// Text format version 3 makes no difference between a field set to its type's default and one left out.
fn is_default(value: &Value, kind: Kind) -> bool {
    match kind {
        Kind::Bool => value.as_bool() == Some(false),
        Kind::Int | Kind::Uint => value.as_integer() == Some(0),
        Kind::Float => value.as_float() == Some(0.0),
        Kind::Text => matches!(value, Value::String(text) if text.is_empty()),
        Kind::Enum(names) => enum_number(value, names) == Some(0),
        Kind::Message(_) | Kind::Any => false,
    }
}

/// Reads a message that has passed [`check`]. Fields that are absent, or of another type, are `None`.
#[derive(Debug, Clone, Copy)]
pub struct View<'a>(pub &'a Message);

impl<'a> View<'a> {
    /// The fields of a name.
    pub fn all(self, name: &'a str) -> impl Iterator<Item = &'a Field> {
        self.0.fields.iter().filter(move |field| field.name == name)
    }

    /// The only field of a name.
    pub fn field(self, name: &str) -> Option<&'a Field> {
        self.0.fields.iter().find(|field| field.name == name)
    }

    /// A nested message.
    pub fn message(self, name: &str) -> Option<View<'a>> {
        match &self.field(name)?.value {
            Value::Message(message) => Some(View(message)),
            _ => None,
        }
    }

    /// Nested messages of a repeated field.
    pub fn messages(self, name: &'a str) -> impl Iterator<Item = View<'a>> {
        self.all(name).filter_map(|field| match &field.value {
            Value::Message(message) => Some(View(message)),
            _ => None,
        })
    }

    /// An integer.
    pub fn integer(self, name: &str) -> Option<i64> {
        i64::try_from(self.field(name)?.value.as_integer()?).ok()
    }

    /// The integers of a repeated field.
    pub fn integers(self, name: &'a str) -> Vec<i64> {
        self.all(name)
            .filter_map(|field| i64::try_from(field.value.as_integer()?).ok())
            .collect()
    }

    /// A number.
    pub fn float(self, name: &str) -> Option<f64> {
        self.field(name)?.value.as_float()
    }

    /// A boolean; absent is false.
    pub fn flag(self, name: &str) -> bool {
        self.field(name).and_then(|field| field.value.as_bool()) == Some(true)
    }

    /// A string that is not empty.
    pub fn text(self, name: &str) -> Option<&'a str> {
        match &self.field(name)?.value {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The number of an enum value; absent is 0.
    pub fn enumeration(self, name: &str, names: &[(&str, i64)]) -> i64 {
        self.field(name)
            .and_then(|field| enum_number(&field.value, names))
            .unwrap_or(0)
    }

    /// Where a field stands, or the message where it is absent.
    pub fn position(self, name: &str) -> Position {
        self.field(name).map_or(self.0.position, |f| f.position)
    }
}

#[cfg(test)]
mod tests;
