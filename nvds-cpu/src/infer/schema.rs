//! Which fields a text-format message may have, what they are, and what becomes of them on a CPU.
//!
//! A table per message type replaces generated code. [`check`] compares a parsed message with its table once; after
//! that the typed readers go by name and need no error handling of their own.

use std::path::Path;

use super::pbtext::{Field, Message, Position, Value};
use super::types::{ConfigError, Note, did_you_mean};

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
    Refused(&'static str),
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
    pub const fn refused(mut self, why: &'static str) -> Self {
        self.support = Support::Refused(why);
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
        let name = if path.is_empty() {
            field.name.clone()
        } else {
            format!("{path}.{}", field.name)
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
            Support::Refused(why) => {
                return Err(ConfigError::at(
                    file,
                    field.position,
                    format!("{name} cannot be honoured by the CPU stand-in: {why}"),
                ));
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
        Kind::Float => (value.as_float().is_some(), "a number".to_owned()),
        Kind::Text => (
            matches!(value, Value::String(_)),
            "a string in quotes".to_owned(),
        ),
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
        Value::String(text) => format!("the string \"{text}\""),
        Value::Number(text) | Value::Word(text) => text.clone(),
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
mod tests {
    use super::*;
    use crate::infer::pbtext;

    const COLORS: &[(&str, i64)] = &[("NONE", 0), ("RED", 1)];
    const INNER: &[Key] = &[Key::new("x", Kind::Float)];
    const KEYS: &[Key] = &[
        Key::new("on", Kind::Bool),
        Key::new("n", Kind::Uint),
        Key::new("list", Kind::Int).repeated(),
        Key::new("name", Kind::Text),
        Key::new("color", Kind::Enum(COLORS)),
        Key::new("inner", Kind::Message(INNER)),
        Key::new("gpu", Kind::Int).ignored("there is none"),
        Key::new("grpc", Kind::Message(INNER)).refused("no server"),
        Key::new("mode", Kind::Int).refused("only 0"),
    ];

    fn run(text: &str) -> Result<Vec<String>, String> {
        let message = pbtext::parse(text).unwrap();
        let mut notes = Vec::new();
        check(Path::new("f"), &message, KEYS, "", &mut notes)
            .map(|()| notes.iter().map(|n| n.text.to_string()).collect())
            .map_err(|e| e.to_string())
    }

    #[test]
    fn good_values_pass_and_are_read_back() {
        let message = pbtext::parse(
            "on: true n: 3 list: [1, -2] name: \"a\" color: RED inner { x: 1.5 } mode: 0",
        )
        .unwrap();
        let mut notes = Vec::new();
        check(Path::new("f"), &message, KEYS, "", &mut notes).unwrap();
        assert!(notes.is_empty());
        let view = View(&message);
        assert!(view.flag("on"));
        assert_eq!(view.integer("n"), Some(3));
        assert_eq!(view.integers("list"), [1, -2]);
        assert_eq!(view.text("name"), Some("a"));
        assert_eq!(view.enumeration("color", COLORS), 1);
        assert_eq!(view.message("inner").unwrap().float("x"), Some(1.5));
        assert_eq!(view.integer("absent"), None);
    }

    /// protobuf refuses them, so a line that runs here would not run on the GPU.
    #[test]
    fn unknown_keys_are_errors_with_line_path_and_the_nearest_known() {
        assert_eq!(
            run("inner {\n  y: 1\n}").unwrap_err(),
            "f:2:3: unknown key inner.y; did you mean x?, known here: x"
        );
        let error = run("n: 1 colour: RED").unwrap_err();
        assert!(
            error.starts_with("f:1:6: unknown key colour; did you mean color?, known here: on,"),
            "{error}"
        );
        let error = run("frobnicate: 1").unwrap_err();
        assert!(
            error.starts_with("f:1:1: unknown key frobnicate, known here: on,"),
            "{error}"
        );
    }

    #[test]
    fn keys_without_effect_are_noted_unless_default() {
        assert_eq!(
            run("gpu: 1").unwrap(),
            ["f:1:1: gpu has no effect on the CPU: there is none"]
        );
        assert!(run("gpu: 0").unwrap().is_empty());
    }

    #[test]
    fn keys_that_cannot_be_honoured_are_errors() {
        assert_eq!(
            run("n: 1\n grpc {}").unwrap_err(),
            "f:2:2: grpc cannot be honoured by the CPU stand-in: no server"
        );
        assert!(
            run("mode: 2")
                .unwrap_err()
                .contains("mode cannot be honoured")
        );
    }

    #[test]
    fn wrong_types_and_repetitions_are_errors() {
        assert_eq!(
            run("n: -1").unwrap_err(),
            "f:1:1: n: expected an integer of 0 or more, found -1"
        );
        assert_eq!(
            run("color: BLUE").unwrap_err(),
            "f:1:1: color: expected one of NONE, RED, found BLUE"
        );
        assert_eq!(
            run("name: 5").unwrap_err(),
            "f:1:1: name: expected a string in quotes, found 5"
        );
        assert_eq!(
            run("n: 1\nn: 2").unwrap_err(),
            "f:2:1: n is given twice, first at line 1, column 1"
        );
        assert!(run("inner: 1").unwrap_err().contains("a message in braces"));
    }
}
