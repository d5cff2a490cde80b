//! Applications' configurations in YAML: groups of keys, in one document or several.

use saphyr_parser::{Event, Parser, StrInput};

/// A key of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub value: String,
    /// Counted from 1.
    pub line: usize,
}

/// A group and its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub name: String,
    pub entries: Vec<Entry>,
}

impl Group {
    /// The last of a key, which is the one that counts.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.key == key)
    }

    /// What to say of keys that are given again, each with both lines.
    pub fn repeated(&self) -> Vec<String> {
        let before = |place: usize| {
            let entry = &self.entries[place];
            let first = self.entries[..place].iter().rfind(|e| e.key == entry.key)?;
            Some(format!(
                "line {}: {} is given again in {}, first in line {}: the last one counts",
                entry.line, entry.key, self.name, first.line
            ))
        };
        (0..self.entries.len()).filter_map(before).collect()
    }

    /// Whether the group counts: it does, unless `enable` says otherwise.
    pub fn is_enabled(&self) -> bool {
        let off =
            |entry: &Entry| matches!(entry.value.as_str(), "0" | "false" | "False" | "no" | "off");
        !self.get("enable").is_some_and(off)
    }
}

/// All groups of a file's text. What is deeper than a key's value, or outside of a group, is passed over: it may be for
/// the application itself. An error names the line.
pub fn read(text: &str) -> Result<Vec<Group>, String> {
    let mut reader = Reader(Parser::new_from_str(text));
    let mut groups = Vec::new();
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Ok(groups),
            (Event::MappingStart(..), _) => reader.groups(&mut groups)?,
            (event, _) => reader.skip(&event)?,
        }
    }
}

struct Reader<'a>(Parser<'a, StrInput<'a>>);

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, usize), String> {
        match self.0.next_event() {
            Some(Ok((event, span))) => Ok((event, span.start.line())),
            Some(Err(error)) => Err(format!(
                "line {}: this is no YAML: {}",
                error.marker().line(),
                error.info()
            )),
            None => Ok((Event::StreamEnd, 0)),
        }
    }

    /// Passes over the rest of a value that begins with an event.
    fn skip(&mut self, first: &Event<'a>) -> Result<(), String> {
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

    /// A key of a mapping, none at its end.
    fn key(&mut self) -> Result<Option<(String, usize)>, String> {
        loop {
            match self.next()? {
                (Event::Scalar(name, ..), line) => return Ok(Some((name.into_owned(), line))),
                (Event::MappingEnd | Event::StreamEnd, _) => return Ok(None),
                // A key that is no text, and its value.
                (event, _) => {
                    self.skip(&event)?;
                    let (value, _) = self.next()?;
                    self.skip(&value)?;
                }
            }
        }
    }

    fn groups(&mut self, groups: &mut Vec<Group>) -> Result<(), String> {
        while let Some((name, _)) = self.key()? {
            let mut entries = Vec::new();
            match self.next()?.0 {
                Event::MappingStart(..) => self.entries(&mut entries)?,
                // "name:" with nothing behind it is a group without keys.
                Event::Scalar(value, ..) if value.is_empty() || value == "~" => {}
                event => {
                    self.skip(&event)?;
                    continue;
                }
            }
            groups.push(Group { name, entries });
        }
        Ok(())
    }

    fn entries(&mut self, entries: &mut Vec<Entry>) -> Result<(), String> {
        while let Some((key, line)) = self.key()? {
            match self.next()?.0 {
                Event::Scalar(value, ..) => entries.push(Entry {
                    key,
                    value: value.into_owned(),
                    line,
                }),
                event => self.skip(&event)?,
            }
        }
        Ok(())
    }
}

fn is_start(event: &Event) -> bool {
    matches!(event, Event::MappingStart(..) | Event::SequenceStart(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_several_documents_have_keys_with_lines() {
        let text = "source:\n  location: a b.h264 # a film\n---\nempty:\nosd:\n  enable: 0\n  process-mode: '1'\nlist: [1, {2: 3}]\n";
        let groups = read(text).unwrap();
        let names: Vec<_> = groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["source", "empty", "osd"]);
        let location = groups[0].get("location").unwrap();
        assert_eq!((location.value.as_str(), location.line), ("a b.h264", 2));
        assert_eq!(groups[2].get("process-mode").unwrap().value, "1");
        assert!(!groups[2].is_enabled() && groups[1].is_enabled());
        assert!(groups[2].repeated().is_empty());
    }

    #[test]
    fn a_key_given_again_counts_and_has_both_lines() {
        let groups = read("osd:\n  enable: 0\n  width: 1\n  enable: 1\n").unwrap();
        assert!(groups[0].is_enabled());
        let told = "line 4: enable is given again in osd, first in line 2: the last one counts";
        assert_eq!(groups[0].repeated(), [told]);
    }

    #[test]
    fn what_is_no_yaml_is_an_error_with_its_line() {
        let error = read("a:\n  b: 1\n c: \"2\n").unwrap_err();
        assert!(error.starts_with("line "), "{error}");
        assert!(read("").unwrap().is_empty());
        assert!(read("a:\n  - b\n  - c: {d: e}\n").unwrap().is_empty());
    }
}
