//! Reads tables of TOML key by key. Whatever is wrong is noted with its line and key, and the next
//! key is read.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use super::value::Value;
use crate::suggest::nearest;

/// A key and what reads its value.
pub type Row<T> = (&'static str, fn(&mut T, &Value<'_>) -> Result<(), String>);

/// What came up while a text was read.
#[derive(Debug, Default)]
pub struct Findings {
    /// What makes the text unusable.
    pub errors: Vec<String>,
    /// What was changed to be usable.
    pub notes: Vec<String>,
}

/// Reads a text of TOML by the keys in `rows`. `name` is what messages call it: a file or a property. Also returns notes
/// on what was changed to be usable.
///
/// # Errors
/// Every mistake of the text, with its name, line and key.
pub fn read_text<T: Default>(
    text: &str,
    name: &str,
    rows: &[Row<T>],
) -> Result<(T, Vec<String>), Vec<String>> {
    let reader = Reader::new(name, text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        reader.syntax(error);
    }
    let mut read = T::default();
    if errors.is_empty() {
        reader.table("", table.get_ref(), rows, &mut read);
    }
    let Findings { errors, notes } = reader.findings();
    match errors.is_empty() {
        true => Ok((read, notes)),
        false => Err(errors),
    }
}

/// The text that is read.
#[derive(Debug)]
pub struct Reader<'t> {
    /// Where it comes from, for messages: a file or a property.
    name: &'t str,
    text: &'t str,
    findings: RefCell<Findings>,
}

impl<'t> Reader<'t> {
    pub fn new(name: &'t str, text: &'t str) -> Self {
        Self {
            name,
            text,
            findings: RefCell::default(),
        }
    }

    pub fn findings(self) -> Findings {
        self.findings.into_inner()
    }

    /// The path of a file that the text names: from the folder of its own file, or the working directory.
    pub fn beside(&self, path: &str) -> PathBuf {
        let folder = Path::new(self.name).parent().unwrap_or(Path::new(""));
        folder.join(path)
    }

    /// Number of the line, from 1.
    pub fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    /// Where something is, for messages.
    pub fn place(&self, offset: usize, path: &str) -> String {
        format!("{}: line {}: {path}", self.name, self.line(offset))
    }

    pub fn error(&self, offset: usize, path: &str, what: &str) {
        let error = format!("{}: {what}", self.place(offset, path));
        self.findings.borrow_mut().errors.push(error);
    }

    /// What was changed to be usable.
    pub fn note(&self, note: String) {
        self.findings.borrow_mut().notes.push(note);
    }

    /// An error of TOML itself.
    pub fn syntax(&self, error: &toml::de::Error) {
        let span = error.span().unwrap_or_default();
        let at = self.text.get(span.clone()).unwrap_or_default();
        match error.message() {
            // The one whose place is a key.
            what @ "duplicate key" if !at.is_empty() => self.error(span.start, at, what),
            what => {
                let error = format!("{}: line {}: {what}", self.name, self.line(span.start));
                self.findings.borrow_mut().errors.push(error);
            }
        }
    }

    /// Keys and values as they stand in the text.
    pub fn entries<'a, 'd>(
        table: &'a DeTable<'d>,
    ) -> Vec<(
        &'a Spanned<std::borrow::Cow<'d, str>>,
        &'a Spanned<DeValue<'d>>,
    )> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
    }

    /// Reads the keys of a table into `target`.
    pub fn table<T>(&self, path: &str, table: &DeTable<'_>, rows: &[Row<T>], target: &mut T) {
        for (key, value) in Self::entries(table) {
            let name = key.get_ref().as_ref();
            let path = join(path, name);
            match rows.iter().find(|(known, _)| *known == name) {
                Some((_, read)) => self.value(&path, value, |value| read(target, value)),
                None => self.unknown_key(
                    key.span().start,
                    &path,
                    name,
                    rows.iter().map(|(known, _)| *known),
                ),
            }
        }
    }

    /// Reads one value.
    pub fn value(
        &self,
        path: &str,
        value: &Spanned<DeValue<'_>>,
        read: impl FnOnce(&Value<'_>) -> Result<(), String>,
    ) {
        let value = Value::new(self, path, value);
        if let Err(error) = read(&value) {
            self.error(value.offset(), path, &error);
        }
    }

    /// Reads each entry of a table of tables, as in `[class.NAME]`.
    pub fn each_table(
        &self,
        value: &Value<'_>,
        mut read: impl FnMut(Section<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let DeValue::Table(table) = value.get() else {
            return Err(value.expected(&format!("sections such as [{}.NAME]", value.path)));
        };
        for (key, value_of_key) in Self::entries(table) {
            let name = key.get_ref().as_ref();
            let path = join(value.path, name);
            let offset = key.span().start;
            let result = match value_of_key.get_ref() {
                DeValue::Table(table) => read(Section {
                    name,
                    path: &path,
                    offset,
                    table,
                }),
                other => Err(format!(
                    "expected a section [{path}], found {}",
                    kind(other)
                )),
            };
            if let Err(error) = result {
                self.error(offset, &path, &error);
            }
        }
        Ok(())
    }

    pub fn unknown_key(
        &self,
        offset: usize,
        path: &str,
        key: &str,
        known: impl Iterator<Item = &'static str> + Clone,
    ) {
        let what = match nearest(key, known.clone()) {
            Some(known) => format!("unknown key, did you mean {known}?"),
            None => format!(
                "unknown key; known are {}",
                known.collect::<Vec<_>>().join(", ")
            ),
        };
        self.error(offset, path, &what);
    }
}

/// A path of keys as the text would write it.
fn join(path: &str, name: &str) -> String {
    match path {
        "" => key(name),
        path => format!("{path}.{}", key(name)),
    }
}

/// A key as the text would write it.
pub fn key(name: &str) -> String {
    let is_bare = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
    if !name.is_empty() && name.bytes().all(is_bare) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

/// What a value is, for messages.
pub fn kind(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the string {text:?}"),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => format!("the time {time}"),
        DeValue::Array(array) => format!("an array of {}", array.len()),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// One of several tables that differ by name.
#[derive(Debug)]
pub struct Section<'a> {
    pub name: &'a str,
    pub path: &'a str,
    pub offset: usize,
    pub table: &'a DeTable<'a>,
}
