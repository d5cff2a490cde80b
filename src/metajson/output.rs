//! Where lines go: standard output, a file, or files with a number in their names.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Bytes that are collected before they are written to a file.
const COLLECTED: usize = 64 * 1024;
/// Most digits that a number in a name is filled up to.
const MAX_DIGITS: usize = 20;

/// Where to write, as property location tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// Standard output.
    Stdout,
    /// One file.
    File(PathBuf),
    /// Files with a number, filled up with zeros or spaces, between two texts.
    Numbered {
        before: String,
        digits: usize,
        zeros: bool,
        after: String,
    },
}

/// Why a text is no location.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    #[error("location is empty: expected - for standard output, or the name of a file")]
    Empty,
    #[error(
        "location {0:?}: expected a number's place such as %05u, or %% for a percent sign, found {1:?}"
    )]
    Percent(String, String),
    #[error(
        "location {0:?} has more than one place for a number: leave one %u, write %% otherwise"
    )]
    TwoNumbers(String),
    #[error("max-size needs a number in the files' names: put %05u into location {0:?}")]
    NoNumber(String),
}

impl Location {
    /// Reads a location, which is to start new files or not.
    ///
    /// # Errors
    /// [`LocationError`] says what is wrong with it.
    pub fn parse(text: &str, rotates: bool) -> Result<Self, LocationError> {
        let location = match text {
            "" => return Err(LocationError::Empty),
            "-" => Self::Stdout,
            _ => Self::parse_file(text)?,
        };
        match location {
            Self::Numbered { .. } => Ok(location),
            _ if rotates => Err(LocationError::NoNumber(text.to_owned())),
            _ => Ok(location),
        }
    }

    fn parse_file(text: &str) -> Result<Self, LocationError> {
        let mut number = None;
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            literal.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix('%') {
                literal.push('%');
                rest = behind;
                continue;
            }
            let width = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (width, behind) = rest.split_at(width);
            let error = || {
                let found = width.chars().chain(behind.chars().take(1));
                LocationError::Percent(text.to_owned(), format!("%{}", found.collect::<String>()))
            };
            rest = behind.strip_prefix(['u', 'd']).ok_or_else(error)?;
            let digits = match width {
                "" => 0,
                _ => width
                    .parse()
                    .ok()
                    .filter(|digits| *digits <= MAX_DIGITS)
                    .ok_or_else(error)?,
            };
            let before = std::mem::take(&mut literal);
            if number.is_some() {
                return Err(LocationError::TwoNumbers(text.to_owned()));
            }
            number = Some((before, digits, width.starts_with('0')));
        }
        literal.push_str(rest);
        Ok(match number {
            None => Self::File(literal.into()),
            Some((before, digits, zeros)) => Self::Numbered {
                before,
                digits,
                zeros,
                after: literal,
            },
        })
    }

    /// The n-th file, `None` for standard output.
    fn path(&self, number: u64) -> Option<PathBuf> {
        match self {
            Self::Stdout => None,
            Self::File(path) => Some(path.clone()),
            Self::Numbered {
                before,
                digits,
                zeros,
                after,
            } => Some(PathBuf::from(if *zeros {
                format!("{before}{number:0digits$}{after}")
            } else {
                format!("{before}{number:digits$}{after}")
            })),
        }
    }
}

/// What cannot be written, and why.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("{}: the file cannot be made: {error}", path.display())]
    Open { path: PathBuf, error: io::Error },
    #[error("{}: cannot be written: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
}

impl OutputError {
    /// As an element's error.
    pub fn to_message(&self) -> gst::ErrorMessage {
        match self {
            Self::Open { .. } => gst::error_msg!(gst::ResourceError::OpenWrite, ("{self}")),
            Self::Write { error, .. } => match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                    gst::error_msg!(gst::ResourceError::NoSpaceLeft, ("{self}"))
                }
                _ => gst::error_msg!(gst::ResourceError::Write, ("{self}")),
            },
        }
    }
}

/// An open file and the lines that wait for it.
#[derive(Debug)]
struct LineFile {
    path: PathBuf,
    file: File,
    waiting: Vec<u8>,
    /// Bytes in the file.
    written: u64,
}

impl LineFile {
    fn create(path: PathBuf, waiting: Vec<u8>) -> Result<Self, OutputError> {
        match File::create(&path) {
            Ok(file) => Ok(Self {
                path,
                file,
                waiting,
                written: 0,
            }),
            Err(error) => Err(OutputError::Open { path, error }),
        }
    }

    fn size(&self) -> u64 {
        self.written + self.waiting.len() as u64
    }

    fn push(&mut self, lines: &[u8]) -> Result<(), OutputError> {
        self.waiting.extend_from_slice(lines);
        if self.waiting.len() < COLLECTED {
            return Ok(());
        }
        self.flush()
    }

    /// Writes what waits. On failure the file is cut behind its last whole line.
    fn flush(&mut self) -> Result<(), OutputError> {
        let mut done = 0;
        while done < self.waiting.len() {
            let error = match self.file.write(&self.waiting[done..]) {
                Ok(0) => ErrorKind::WriteZero.into(),
                Ok(count) => {
                    done += count;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => error,
            };
            let whole = self.waiting[..done].iter().rposition(|b| *b == b'\n');
            let whole = whole.map_or(0, |at| at as u64 + 1);
            // What is no regular file cannot be cut, and there is nothing else to try.
            self.file.set_len(self.written + whole).ok();
            self.waiting.clear();
            return Err(OutputError::Write {
                path: self.path.clone(),
                error,
            });
        }
        self.written += done as u64;
        self.waiting.clear();
        Ok(())
    }
}

/// The open end of a location.
#[derive(Debug)]
pub struct Output {
    location: Location,
    /// Bytes after which a new file starts, 0 for never.
    max_size: u64,
    /// Number of the file.
    number: u64,
    /// `None` for standard output.
    file: Option<LineFile>,
}

impl Output {
    /// Opens standard output or makes the first file; a file of that name is replaced.
    ///
    /// # Errors
    /// [`OutputError::Open`].
    pub fn open(location: Location, max_size: u64) -> Result<Self, OutputError> {
        let file = match location.path(0) {
            Some(path) => Some(LineFile::create(path, Vec::with_capacity(COLLECTED))?),
            None => None,
        };
        Ok(Self {
            location,
            max_size,
            number: 0,
            file,
        })
    }

    /// Name of what is written to now.
    pub fn name(&self) -> &Path {
        match &self.file {
            Some(file) => &file.path,
            None => Path::new("standard output"),
        }
    }

    /// Takes whole lines. Standard output gets them at once, a file when enough of them wait.
    ///
    /// # Errors
    /// [`OutputError`]; files closed before stay as they are.
    pub fn write(&mut self, lines: &[u8]) -> Result<(), OutputError> {
        let Some(file) = &mut self.file else {
            let mut stdout = io::stdout().lock();
            return stdout
                .write_all(lines)
                .and_then(|()| stdout.flush())
                .map_err(|error| OutputError::Write {
                    path: "standard output".into(),
                    error,
                });
        };
        if self.max_size == 0 {
            return file.push(lines);
        }
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            if file.size() > 0 && file.size() + line.len() as u64 > self.max_size {
                file.flush()?;
                self.number += 1;
                if let Some(path) = self.location.path(self.number) {
                    *file = LineFile::create(path, std::mem::take(&mut file.waiting))?;
                }
            }
            file.push(line)?;
        }
        Ok(())
    }

    /// Hands everything that waits to the operating system.
    ///
    /// # Errors
    /// [`OutputError::Write`].
    pub fn flush(&mut self) -> Result<(), OutputError> {
        self.file.as_mut().map_or(Ok(()), LineFile::flush)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations() {
        let paths = |text: &str| {
            let location = Location::parse(text, false).unwrap();
            let path = |number| location.path(number).unwrap().to_str().unwrap().to_owned();
            [path(0), path(123)]
        };
        assert_eq!(Location::parse("-", false), Ok(Location::Stdout));
        assert_eq!(paths("a/b.jsonl"), ["a/b.jsonl", "a/b.jsonl"]);
        assert_eq!(paths("./-"), ["./-", "./-"]);
        assert_eq!(paths("a%05u.jsonl"), ["a00000.jsonl", "a00123.jsonl"]);
        assert_eq!(paths("é%02dü"), ["é00ü", "é123ü"]);
        assert_eq!(paths("%4u"), ["   0", " 123"]);
        assert_eq!(paths("%u/100%%u"), ["0/100%u", "123/100%u"]);
        assert_eq!(paths("50%%"), ["50%", "50%"]);
    }

    #[test]
    fn a_bad_location_is_quoted() {
        for (text, rotates, part) in [
            ("", false, "location is empty"),
            ("a%s", false, "found \"%s\""),
            ("a%", false, "found \"%\""),
            ("a%05", false, "found \"%05\""),
            ("a%-5u", false, "found \"%-\""),
            ("a%99999u", false, "found \"%99999u\""),
            ("%99999999999999999999999u", false, "999u\""),
            ("%u%u", false, "more than one"),
            ("a.jsonl", true, "%05u into location \"a.jsonl\""),
            ("-", true, "%05u into location \"-\""),
        ] {
            let error = Location::parse(text, rotates).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
