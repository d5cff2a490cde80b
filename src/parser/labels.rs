//! Label files: which class has which name.

mod forms;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;

use crate::files;

/// Largest label file that is read, in bytes: a wrong file named by mistake must not fill memory.
const MAX_BYTES: u64 = 4 << 20;

/// Highest class number that a file may name. A wrong number must not fill memory.
const MAX_CLASS: u32 = 99_999;

/// Why a label file cannot be used, as one sentence that names it.
#[derive(Debug, thiserror::Error)]
#[error("labels-file {path} {problem}")]
pub struct LabelsError {
    path: String,
    problem: Problem,
}

/// What is wrong with a label file.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("cannot be read: {0}")]
    Read(io::Error),
    #[error("is larger than {MAX_BYTES} bytes: is it a label file?")]
    TooLarge,
    #[error("has no label: expected one line for each class")]
    Empty,
    #[error("is UTF-16: expected UTF-8; save it as that")]
    Utf16,
    #[error("has a zero byte in line {line}: expected text in UTF-8; is it UTF-16, or no text?")]
    Zero { line: usize },
    #[error("is not UTF-8 in line {line}")]
    Encoding { line: usize },
    /// JSON or a label map that does not say what it should.
    #[error("is {form}, but {problem}")]
    Form { form: &'static str, problem: String },
}

/// How a label file is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// One line a class, in the order of the classes.
    #[default]
    Lines,
    /// Lines that begin with the class's number.
    NumberedLines,
    /// JSON: an array of labels, or an object of numbers and labels.
    Json,
    /// TensorFlow's label map: protobuf text, `item { id: 1 name: "person" }`.
    LabelMap,
}

impl Form {
    /// The form in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Lines => "one line a class",
            Self::NumberedLines => "lines that begin with the class's number",
            Self::Json => "JSON",
            Self::LabelMap => "a TensorFlow label map",
        }
    }
}

/// Labels by class, counted from 0; an empty one for a class without a name.
#[derive(Debug, Default)]
pub struct Labels {
    labels: Vec<String>,
    form: Form,
}

impl Labels {
    /// Reads a file of any [`Form`].
    ///
    /// In lines, white space around a label is cut, and empty lines at the end are ignored. An empty
    /// line between others is a class without a name: lines keep their numbers, while nvinfer would
    /// skip the empty one and shift those below. With `;` in a line only what stands before it
    /// counts, as nvinfer does for detectors. Lines end with LF, CR LF, or CR alone.
    ///
    /// # Errors
    /// [`LabelsError`].
    pub fn read(path: &Path) -> Result<Self, LabelsError> {
        contents(path)
            .and_then(|bytes| Self::parse(&bytes, path.extension().is_some_and(|e| e == "json")))
            .map_err(|problem| LabelsError {
                path: path.display().to_string(),
                problem,
            })
    }

    fn parse(bytes: &[u8], json: bool) -> Result<Self, Problem> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(Problem::Utf16);
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let line_of = |at: usize| 1 + bytes[..at].iter().filter(|b| **b == b'\n').count();
        // Zero bytes are valid UTF-8, but would end the label in the metadata.
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            return Err(Problem::Zero { line: line_of(at) });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| Problem::Encoding {
            line: line_of(error.valid_up_to()),
        })?;
        let (mut labels, form) = forms::parse(text, json)?;
        while labels.last().is_some_and(String::is_empty) {
            labels.pop();
        }
        if labels.is_empty() {
            return Err(Problem::Empty);
        }
        Ok(Self { labels, form })
    }

    /// How the file was written.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Number of classes that the labels reach to.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// All labels, class by class.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(String::as_str)
    }

    /// The label of a line, `None` outside the file.
    pub fn get(&self, line: i64) -> Option<&str> {
        usize::try_from(line)
            .ok()
            .and_then(|line| self.labels.get(line))
            .map(String::as_str)
    }

    /// What a file looks like in which `len` lines are too few: all labels in one line.
    pub fn one_line_of_many(&self) -> bool {
        let [only] = &self.labels[..] else {
            return false;
        };
        self.form == Form::Lines && only.contains([',', '\t'])
    }
}

fn contents(path: &Path) -> Result<Vec<u8>, Problem> {
    files::read(path, MAX_BYTES).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => Problem::TooLarge,
        _ => Problem::Read(error),
    })
}

#[cfg(test)]
impl<'a> FromIterator<&'a str> for Labels {
    fn from_iter<T: IntoIterator<Item = &'a str>>(labels: T) -> Self {
        Self {
            labels: labels.into_iter().map(str::to_owned).collect(),
            form: Form::Lines,
        }
    }
}
