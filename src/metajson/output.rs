//! Where lines go: standard output, a file, or files with a number in their names.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use crate::location::Location;
use crate::outputs::{self, Claim};

/// Bytes that are collected before they are written to a file.
const COLLECTED: usize = 64 * 1024;

/// Where to write, as property location tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// One file, or files with a number.
    Files(Location),
}

impl Target {
    /// Reads a location, which is to start new files or not. `None` for an empty one.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str, rotates: bool) -> Result<Option<Self>, String> {
        let location = match (text, rotates) {
            ("", false) => return Ok(None),
            ("", true) => {
                return Err(
                    "max-size is set, but location is empty: expected names with a number \
                     such as out/%05u.jsonl, or max-size=0"
                        .to_owned(),
                );
            }
            (_, true) => Location::parse_numbered(text)
                .map_err(|error| format!("with max-size set, {error}"))?,
            ("-", false) => return Ok(Some(Self::Stdout)),
            (_, false) => Location::parse(text).map_err(|error| error.to_string())?,
        };
        Ok(Some(Self::Files(location)))
    }

    /// The n-th file, `None` for standard output.
    fn path(&self, number: u64) -> Option<PathBuf> {
        match self {
            Self::Stdout => None,
            Self::Files(location) => Some(location.path(number)),
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
    #[error("{}: {by} writes this file, too: expected a file for each", path.display())]
    Taken { path: PathBuf, by: String },
}

impl OutputError {
    /// As an element's error.
    pub fn to_message(&self) -> gst::ErrorMessage {
        match self {
            Self::Open { .. } | Self::Taken { .. } => {
                gst::error_msg!(gst::ResourceError::OpenWrite, ("{self}"))
            }
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
    _claim: Option<Claim>,
    waiting: Vec<u8>,
    /// Bytes in the file.
    written: u64,
    stopping: Arc<AtomicBool>,
}

impl LineFile {
    fn create(path: PathBuf, waiting: Vec<u8>, writer: &Writer) -> Result<Self, OutputError> {
        let failed = |error| OutputError::Open {
            path: path.clone(),
            error,
        };
        let taken = |by| OutputError::Taken {
            path: path.clone(),
            by,
        };
        let file = outputs::open(&path).map_err(failed)?;
        let claim = Claim::file(&file, &writer.element).map_err(taken)?;
        if claim.is_some() && !outputs::lock(&file) {
            return Err(taken("another process".to_owned()));
        }
        // Not before it is known that nobody else writes it.
        if file.metadata().is_ok_and(|found| found.is_file()) {
            file.set_len(0).map_err(failed)?;
        }
        Ok(Self {
            path,
            file,
            _claim: claim,
            waiting,
            written: 0,
            stopping: Arc::clone(&writer.stopping),
        })
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
            let waiting = &self.waiting[done..];
            let error = match outputs::write(&mut self.file, waiting, &self.stopping) {
                Ok(0) => ErrorKind::WriteZero.into(),
                Ok(count) => {
                    done += count;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => reader_left(error),
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

/// What a broken pipe means.
fn reader_left(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::BrokenPipe => io::Error::new(
            ErrorKind::BrokenPipe,
            "who read it has closed it (broken pipe)",
        ),
        _ => error,
    }
}

/// Who writes.
#[derive(Debug, Clone, Default)]
pub struct Writer {
    /// The element's name.
    pub element: String,
    /// Set when the element stops: a pipe that is full is not waited for any longer.
    pub stopping: Arc<AtomicBool>,
}

/// The open end of a location.
#[derive(Debug)]
pub struct Output {
    writer: Writer,
    /// The name of the first file, also when that is finished.
    _claim: Option<Claim>,
    target: Target,
    /// Bytes after which a new file starts, 0 for never.
    max_size: u64,
    /// Number of the file.
    number: u64,
    /// `None` for standard output.
    file: Option<LineFile>,
    /// When lines that wait are to be handed over; `None` when none wait.
    due: Option<Instant>,
}

impl Output {
    /// Opens standard output or makes the first file; a file of that name is replaced.
    ///
    /// # Errors
    /// [`OutputError::Open`], [`OutputError::Taken`].
    pub fn open(target: Target, max_size: u64, writer: Writer) -> Result<Self, OutputError> {
        let (mut file, mut claim) = (None, None);
        if let Some(path) = target.path(0) {
            claim = Claim::name(&path, &writer.element).map_err(|by| OutputError::Taken {
                path: path.clone(),
                by,
            })?;
            let waiting = Vec::with_capacity(COLLECTED);
            file = Some(LineFile::create(path, waiting, &writer)?);
        }
        Ok(Self {
            writer,
            _claim: claim,
            target,
            max_size,
            number: 0,
            file,
            due: None,
        })
    }

    /// Name of what is written to now.
    pub fn name(&self) -> &Path {
        match &self.file {
            Some(file) => &file.path,
            None => Path::new("standard output"),
        }
    }

    /// Takes whole lines. Standard output gets them at once, a file when enough of them wait; they
    /// are [`due`](Self::due) after `interval`.
    ///
    /// # Errors
    /// [`OutputError`]; files closed before stay as they are.
    pub fn write(&mut self, lines: &[u8], interval: Duration) -> Result<(), OutputError> {
        let Some(file) = &mut self.file else {
            let mut stdout = io::stdout().lock();
            let write = || stdout.write_all(lines).and_then(|()| stdout.flush());
            return outputs::without_signal(write).map_err(|error| OutputError::Write {
                path: "standard output".into(),
                error: reader_left(error),
            });
        };
        if self.max_size == 0 {
            file.push(lines)?;
        } else {
            for line in lines.split_inclusive(|byte| *byte == b'\n') {
                if file.size() > 0 && file.size() + line.len() as u64 > self.max_size {
                    file.flush()?;
                    self.number += 1;
                    if let Some(path) = self.target.path(self.number) {
                        let waiting = std::mem::take(&mut file.waiting);
                        *file = LineFile::create(path, waiting, &self.writer)?;
                    }
                }
                file.push(line)?;
            }
        }
        if file.waiting.is_empty() {
            self.due = None;
        } else if interval.is_zero() {
            return self.flush();
        } else {
            // The interval may have become shorter.
            let due = Instant::now().checked_add(interval);
            self.due = self.due.into_iter().chain(due).min();
        }
        Ok(())
    }

    /// When [`flush`](Self::flush) is to be called; `None` when nothing waits.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Hands everything that waits to the operating system.
    ///
    /// # Errors
    /// [`OutputError::Write`].
    pub fn flush(&mut self) -> Result<(), OutputError> {
        self.due = None;
        self.file.as_mut().map_or(Ok(()), LineFile::flush)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        assert_eq!(Target::parse("-", false), Ok(Some(Target::Stdout)));
        assert_eq!(Target::parse("", false), Ok(None));
        for (text, rotates, path) in [
            ("a/b.jsonl", false, "a/b.jsonl"),
            ("./-", false, "./-"),
            ("a%05u.jsonl", true, "a00123.jsonl"),
        ] {
            let target = Target::parse(text, rotates).unwrap().unwrap();
            assert_eq!(target.path(123), Some(path.into()));
        }
    }

    #[test]
    fn a_bad_location_is_quoted() {
        for (text, rotates, part) in [
            ("", true, "max-size is set, but location is empty"),
            ("a%s", false, "location=a%s: \"%s\" is not understood"),
            (
                "a.jsonl",
                true,
                "with max-size set, location=a.jsonl has no place",
            ),
            ("-", true, "location=- has no place"),
        ] {
            let error = Target::parse(text, rotates).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
