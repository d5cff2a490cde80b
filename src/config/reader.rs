//! Reads tables of TOML key by key. Whatever is wrong is noted with its line and key, and the next
//! key is read.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::has;
pub use super::value::Value;
use crate::suggest::nearest;

/// What the crate `toml` says of a key that is there twice.
const DUPLICATE: &str = "duplicate key";

/// Most mistakes of a text that are put in the order of lines.
const MOST_ERRORS_KEPT: usize = 100;
/// Most mistakes of a text that are told; the others are counted.
const MOST_ERRORS: usize = 20;

/// A key and what reads its value.
pub type Row<T> = (&'static str, fn(&mut T, &Value<'_>) -> Result<(), String>);

/// What came up while a text was read.
#[derive(Debug, Default)]
struct Findings {
    /// What makes the text unusable, with its place in the text.
    errors: Vec<(usize, String)>,
    /// How many more there are than are told.
    more: usize,
    /// What was changed to be usable.
    notes: Vec<String>,
}

/// Reads a text of TOML by the keys in `rows`. `name` is what messages call it: a file or a property. Also returns notes
/// on what was changed to be usable.
///
/// # Errors
/// The mistakes of the text, with its name, line and key, in the order of lines: the first 20, and how many more there are.
/// A text that is not TOML has the mistakes of its syntax alone.
pub fn read_text<T: Default>(
    text: &str,
    name: &str,
    rows: &[Row<T>],
) -> Result<(T, Vec<String>), Vec<String>> {
    read_text_and(text, name, rows, |read, _, _| read)
}

/// As [`read_text`]; `finish` makes something of what was read, and may note further mistakes.
///
/// # Errors
/// As [`read_text`].
pub fn read_text_and<T: Default, U>(
    text: &str,
    name: &str,
    rows: &[Row<T>],
    finish: impl FnOnce(T, &DeTable<'_>, &Reader<'_>) -> U,
) -> Result<(U, Vec<String>), Vec<String>> {
    let reader = Reader::new(name, text);
    let (table, errors) = DeTable::parse_recoverable(text);
    let read = match errors.is_empty() {
        true => {
            let mut read = T::default();
            reader.table("", table.get_ref(), rows, &mut read);
            Some(finish(read, table.get_ref(), &reader))
        }
        false => {
            reader.syntax(errors);
            None
        }
    };
    let Findings {
        mut errors,
        more,
        notes,
    } = reader.findings.into_inner();
    match read {
        Some(read) if errors.is_empty() => Ok((read, notes)),
        _ => {
            errors.sort_by_key(|(offset, _)| *offset);
            let more = more + errors.len().saturating_sub(MOST_ERRORS);
            let told = errors.into_iter().take(MOST_ERRORS);
            let rest = (more > 0).then(|| format!("{name}: {more} more mistakes"));
            Err(told.map(|(_, error)| error).chain(rest).collect())
        }
    }
}

/// The text that is read.
#[derive(Debug)]
pub struct Reader<'t> {
    /// Where it comes from, for messages: a file or a property.
    name: &'t str,
    text: &'t str,
    /// Where lines end.
    ends: Vec<usize>,
    findings: RefCell<Findings>,
}

impl<'t> Reader<'t> {
    pub fn new(name: &'t str, text: &'t str) -> Self {
        Self {
            name,
            text,
            ends: text.match_indices('\n').map(|(at, _)| at).collect(),
            findings: RefCell::default(),
        }
    }

    /// The path of a file that the text names: from the folder of its own file, or the working directory.
    pub fn beside(&self, path: &str) -> PathBuf {
        let folder = Path::new(self.name).parent().unwrap_or(Path::new(""));
        folder.join(path)
    }

    /// Number of the line, from 1.
    pub fn line(&self, offset: usize) -> usize {
        1 + self.ends.partition_point(|end| *end < offset)
    }

    /// Where something is, for messages.
    pub fn place(&self, offset: usize, path: &str) -> String {
        format!("{}: line {}: {path}", self.name, self.line(offset))
    }

    pub fn error(&self, offset: usize, path: &str, what: &str) {
        self.push(offset, format!("{}: {what}", self.place(offset, path)));
    }

    fn push(&self, offset: usize, error: String) {
        let mut findings = self.findings.borrow_mut();
        match findings.errors.len() {
            // Of a text that is all mistakes.
            MOST_ERRORS_KEPT.. => findings.more += 1,
            _ => findings.errors.push((offset, error)),
        }
    }

    /// What was changed to be usable.
    pub fn note(&self, note: String) {
        self.findings.borrow_mut().notes.push(note);
    }

    /// Errors of TOML itself: keys and sections that are there twice, and the first of all others. What follows the first
    /// is often its consequence.
    fn syntax(&self, mut errors: Vec<toml::de::Error>) {
        let start = |error: &toml::de::Error| error.span().unwrap_or_default().start;
        errors.sort_by_key(start);
        let (twice, others): (Vec<_>, Vec<_>) = errors
            .into_iter()
            .partition(|error| error.message() == DUPLICATE);
        if let Some(error) = others.first() {
            let place = format!("{}: line {}", self.name, self.line(start(error)));
            self.push(start(error), format!("{place}: {}", error.message()));
        }
        // Keys below a section that is there twice are its own, not those of the first.
        let mut section_end = 0;
        for error in twice.iter().filter(|error| error.span().is_some()) {
            let offset = start(error);
            if offset < section_end {
                continue;
            }
            let key = error.span().and_then(|span| self.text.get(span));
            let before = self.text.get(..offset).unwrap_or_default();
            let line = before.rfind('\n').map_or(0, |newline| newline + 1);
            let rest = self.text.get(line..).unwrap_or_default();
            let header = rest.lines().next().unwrap_or_default().trim();
            if header.starts_with('[') {
                section_end = rest.find("\n[").map_or(self.text.len(), |next| line + next);
                self.error(offset, header, "this section is there twice");
            } else {
                self.error(offset, key.unwrap_or_default(), DUPLICATE);
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
                None => {
                    let what = match self.findings.borrow().errors.len() {
                        MOST_ERRORS_KEPT.. => String::new(), // counted alone
                        _ => unknown_key(name, rows.iter().map(|(known, _)| *known), table),
                    };
                    self.error(key.span().start, &path, &what);
                }
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
}

/// What is said of a key that none is called. It is rather meant for one that is missing than for one that is there, and of
/// a letter or two nobody can tell.
fn unknown_key<'k>(
    key: &str,
    known: impl Iterator<Item = &'k str> + Clone,
    table: &DeTable<'_>,
) -> String {
    let missing = known.clone().filter(|known| !has(table, known));
    let there = || nearest(key, known.clone()).filter(|_| key.len() > 2);
    match nearest(key, missing).or_else(there) {
        Some(known) => format!("unknown key, did you mean {known}?"),
        None => {
            let known: Vec<_> = known.collect();
            format!("unknown key; known are {}", known.join(", "))
        }
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
