//! Configurations in YAML: the same groups and keys as in a key file, two levels deep.

use std::collections::HashMap;
use std::path::Path;

use glib::KeyFile;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::lines::{Lines, line_position};
use crate::infer::types::{ConfigError, cut};

/// A list where DeepStream's reader wants a text.
const LIST: &str =
    "expected one value, found a list: write lists as text with ';' between the items, as 1;2;3";

/// Makes a key file of the first document, with the line of each group and key.
pub(super) fn read(text: &str, file: &Path) -> Result<(KeyFile, Lines), ConfigError> {
    let text = without_directives(text);
    let mut reader = Reader {
        events: Parser::new_from_str(&text),
        file,
        anchors: HashMap::new(),
    };
    let key_file = KeyFile::new();
    let mut lines = Lines::new(file);
    reader.document(&key_file, &mut lines)?;
    Ok((key_file, lines))
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    file: &'a Path,
    /// Scalars that an alias may stand for.
    anchors: HashMap<usize, String>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, u32), ConfigError> {
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, line(&span))),
            Some(Err(error)) => Err(ConfigError::at(
                self.file,
                line_position(error.marker().line().try_into().unwrap_or(u32::MAX)),
                format!("this is no YAML: {}", cut(error.info())),
            )),
            None => Ok((Event::StreamEnd, 1)),
        }
    }

    fn error<T>(&self, line: u32, message: &str) -> Result<T, ConfigError> {
        Err(ConfigError::at(self.file, line_position(line), message))
    }

    /// The groups.
    fn document(&mut self, key_file: &KeyFile, lines: &mut Lines) -> Result<(), ConfigError> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
                (Event::MappingStart(..), _) => break,
                // An empty file has no groups, which is told as for a key file.
                (Event::StreamEnd | Event::DocumentEnd, _) => return Ok(()),
                (_, line) => {
                    return self.error(line, "expected groups such as \"property:\" with keys");
                }
            }
        }
        while let Some((group, line)) = self.name("a group such as \"property:\"")? {
            match self.next()? {
                (Event::MappingStart(..), _) => {
                    lines.add_yaml_group(&group, line);
                    self.group(&group, key_file, lines)?;
                }
                // A group that is there and empty.
                (Event::Scalar(value, ScalarStyle::Plain, ..), _) if is_null(&value) => {
                    lines.add_yaml_group(&group, line);
                    // A group comes with a key and stays when that goes.
                    key_file.set_string(&group, "key", "");
                    key_file.remove_key(&group, "key").ok();
                }
                // Stock yaml-cpp code looks for groups alone, and so passes over it.
                (event, _) => {
                    self.skip(&event)?;
                    lines.add_outside(group, line);
                }
            }
        }
        self.end(lines)
    }

    /// Remembers that another document follows, which stock yaml-cpp code does not read.
    fn end(&mut self, lines: &mut Lines) -> Result<(), ConfigError> {
        loop {
            match self.next()? {
                (Event::DocumentStart(_), line) => {
                    lines.add_document(line);
                    return Ok(());
                }
                (Event::StreamEnd, _) => return Ok(()),
                _ => {}
            }
        }
    }

    /// Passes over the rest of a value that begins with an event.
    fn skip(&mut self, first: &Event<'a>) -> Result<(), ConfigError> {
        let mut depth = usize::from(is_start(first));
        while depth > 0 {
            match self.next()?.0 {
                event if is_start(&event) => depth += 1,
                Event::MappingEnd | Event::SequenceEnd => depth -= 1,
                Event::StreamEnd => return Ok(()),
                _ => {}
            }
        }
        Ok(())
    }

    /// The keys of one group.
    fn group(
        &mut self,
        group: &str,
        key_file: &KeyFile,
        lines: &mut Lines,
    ) -> Result<(), ConfigError> {
        while let Some((key, line)) = self.name("a key")? {
            lines.add_key(group, &key, line);
            let anchor = match self.next()? {
                (Event::Scalar(value, style, anchor, _), _) => {
                    let value = match style {
                        ScalarStyle::Plain if is_null(&value) => String::new(),
                        _ => value.into_owned(),
                    };
                    Ok((anchor, value))
                }
                (Event::Alias(anchor), _) => Err(anchor),
                _ => return self.error(line, &format!("{}: {LIST}", cut(&key))),
            };
            let value = match anchor {
                Ok((anchor, value)) => {
                    if anchor != 0 {
                        self.anchors.insert(anchor, value.clone());
                    }
                    value
                }
                Err(alias) => match self.anchors.get(&alias) {
                    Some(value) => value.clone(),
                    None => return self.error(line, &format!("{}: {LIST}", cut(&key))),
                },
            };
            if value.contains('\0') {
                return self.error(line, "a NUL character in a value");
            }
            key_file.set_string(group, &key, &value);
        }
        Ok(())
    }

    /// A name on the left of a colon; nothing at the end of the mapping.
    fn name(&mut self, what: &str) -> Result<Option<(String, u32)>, ConfigError> {
        let found = match self.next()? {
            (Event::MappingEnd | Event::StreamEnd, _) => return Ok(None),
            (Event::Scalar(name, ..), line) => (name.into_owned(), line),
            (_, line) => return self.error(line, &format!("expected {what}")),
        };
        match is_name(&found.0) {
            true => Ok(Some(found)),
            false => self.error(
                found.1,
                &format!("expected {what}, found \"{}\"", cut(&found.0)),
            ),
        }
    }
}

fn is_start(event: &Event<'_>) -> bool {
    matches!(event, Event::MappingStart(..) | Event::SequenceStart(..))
}

/// The text with its first lines as comments where they begin with a percent sign. `%YAML:1.0` is how OpenCV begins its
/// files and no YAML, but yaml-cpp reads what follows it, and so without a `---`.
fn without_directives(text: &str) -> String {
    let mut head = true;
    let lines = text.split_inclusive('\n').map(|line| {
        head &= line.trim().is_empty() || line.starts_with(['#', '%']);
        match line.strip_prefix('%') {
            Some(rest) if head => format!("#{rest}"),
            _ => line.to_owned(),
        }
    });
    lines.collect()
}

/// What a group or key may be called: GLib, which keeps them, takes no others without a complaint on the terminal.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.trim() == name
        && !name.contains(|c: char| c.is_control() || matches!(c, '[' | ']' | '='))
}

/// How YAML writes that there is nothing.
fn is_null(value: &str) -> bool {
    matches!(value, "" | "~" | "null" | "Null" | "NULL")
}

fn line(span: &Span) -> u32 {
    span.start.line().try_into().unwrap_or(u32::MAX)
}
