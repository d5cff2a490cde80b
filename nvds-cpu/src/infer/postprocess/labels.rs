//! The file of labels: a line for each class of a detector, or for each output of a classifier with its classes'
//! labels between semicolons.

use std::path::Path;

use super::settings::{NetworkType, Postprocess};
use crate::infer::types::{ConfigError, Note, NoteLevel};

/// Labels as bytes: a file need not be UTF-8.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels(Vec<Vec<Vec<u8>>>);

impl Labels {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let told = |what: String| {
            ConfigError::file(
                file,
                format!("the labels (labelfile-path) cannot be read: {what}"),
            )
        };
        match std::fs::metadata(file) {
            Ok(data) if data.is_file() => {}
            Ok(_) => return Err(told("it is no file on a disk".to_owned())),
            Err(error) => return Err(told(error.to_string())),
        }
        let text = std::fs::read(file).map_err(|error| told(error.to_string()))?;
        Ok(Self::parse(&text))
    }

    /// The labels that a configuration names, with remarks about what can only be a mistake.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn of(settings: &Postprocess, notes: &mut Vec<Note>) -> Result<Self, ConfigError> {
        let file = match &settings.label_file {
            Some(file) if settings.network_type != NetworkType::Other => file,
            _ => return Ok(Self::default()),
        };
        let labels = Self::load(file)?;
        if let Some(doubt) = labels.doubt(settings.network_type) {
            let text = ConfigError::file(file, doubt);
            let level = NoteLevel::Warning;
            notes.push(Note { level, text });
        }
        Ok(labels)
    }

    /// Why the labels are none that anybody wrote; nothing where they may be.
    fn doubt(&self, network_type: NetworkType) -> Option<String> {
        const TOLD: &str = "the labels (labelfile-path)";
        if self.0.is_empty() {
            let result = match network_type {
                NetworkType::Classifier => "a classifier attaches nothing without labels",
                _ => "objects get no labels",
            };
            return Some(format!("{TOLD} have no line: {result}"));
        }
        let is_odd = |label: &[u8]| std::str::from_utf8(label).is_err();
        let line = self
            .0
            .iter()
            .position(|line| line.iter().any(|l| is_odd(l)))?;
        let line = line + 1;
        Some(format!(
            "{TOLD} are not UTF-8 text, in the line of number {line} of those that are not empty: save the file as UTF-8, or \
             is it no file of labels?"
        ))
    }

    /// Reads a text. Empty lines count for nothing; blanks and carriage returns are part of a label.
    pub fn parse(text: &[u8]) -> Self {
        let lines = text.split(|byte| *byte == b'\n');
        let label = |label: &[u8]| label.split(|b| *b == 0).next().unwrap_or(&[]).to_vec();
        let lines = lines.filter(|line| !line.is_empty());
        Self(
            lines
                .map(|line| line.split(|b| *b == b';').map(label).collect())
                .collect(),
        )
    }

    /// The label of a detector's class: the first of its line.
    pub fn of_class(&self, class: u32) -> Option<&[u8]> {
        self.get(class as usize, 0)
    }

    /// The label of a class of one of a classifier's outputs.
    pub fn get(&self, output: usize, class: usize) -> Option<&[u8]> {
        self.0.get(output)?.get(class).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_labels_between_semicolons() {
        let labels = Labels::parse(b"car;auto\r\n\n  two wheels  \n;x\nlast");
        assert_eq!(labels.of_class(0), Some(&b"car"[..]));
        assert_eq!(labels.get(0, 1), Some(&b"auto\r"[..]));
        assert_eq!(labels.of_class(1), Some(&b"  two wheels  "[..]));
        assert_eq!(labels.of_class(2), Some(&b""[..]));
        assert_eq!(labels.of_class(3), Some(&b"last"[..]));
        assert_eq!(labels.of_class(4), None);
        assert_eq!(labels.get(1, 1), None);
    }

    #[test]
    fn what_nobody_wrote_as_labels_is_doubted() {
        let doubt = |text: &[u8], of| Labels::parse(text).doubt(of);
        let none = doubt(b"\n\n", NetworkType::Classifier).unwrap();
        assert!(none.ends_with("no line: a classifier attaches nothing without labels"));
        let none = doubt(b"", NetworkType::Detector).unwrap();
        assert!(none.ends_with("no line: objects get no labels"));
        let noise = doubt(b"car\n\nbus;\xff\xfe\n", NetworkType::Classifier).unwrap();
        assert!(
            noise.contains("not UTF-8 text, in the line of number 2"),
            "{noise}"
        );
        assert_eq!(
            doubt("caf\u{e9}\nbus".as_bytes(), NetworkType::Detector),
            None
        );
    }

    #[test]
    fn a_label_ends_at_a_zero_byte() {
        assert_eq!(Labels::parse(b"a\0b;c").get(0, 0), Some(&b"a"[..]));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Labels::load(Path::new("/nowhere/labels.txt")).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("/nowhere/labels.txt: the labels (labelfile-path)"),
            "{text}"
        );
    }
}
