//! Names of numbered files, as `out/%05u.jsonl`.

use std::io;
use std::path::{Path, PathBuf};

/// More digits than any number of files has.
const MAX_WIDTH: usize = 20;

/// A path with at most one place for a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    before: String,
    number: Option<Number>,
    after: String,
}

/// How a number is filled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number {
    width: usize,
    zeros: bool,
}

/// What is wrong with a location.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// A `%` that starts nothing known.
    #[error(
        "location={location}: {found:?} is not understood; a number is %u, %d or as %05u with a \
         width of at most {MAX_WIDTH}, a percent sign is %%"
    )]
    Field {
        /// The whole location.
        location: String,
        /// From the percent sign on.
        found: String,
    },
    /// More than one number.
    #[error("location={0}: there is more than one number in it; one is expected, as %05u")]
    Numbers(String),
    /// No number where there are several files.
    #[error("location={0} has no place for the files' number; one is expected, as %05u")]
    NoNumber(String),
}

impl Location {
    /// Reads a location.
    ///
    /// # Errors
    /// [`LocationError`].
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        let mut this = Self {
            before: String::new(),
            number: None,
            after: String::new(),
        };
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            this.push(&rest[..at]);
            let field = &rest[at + 1..];
            if let Some(next) = field.strip_prefix('%') {
                this.push("%");
                rest = next;
                continue;
            }
            let digits = field.len() - field.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (width, next) = field.split_at(digits);
            let known = next.strip_prefix(['u', 'd']);
            let size = match width {
                "" => Ok(0),
                width => width.parse(),
            };
            let (Some(next), Ok(size @ 0..=MAX_WIDTH)) = (known, size) else {
                return Err(LocationError::Field {
                    location: text.to_owned(),
                    found: rest[at..].to_owned(),
                });
            };
            let number = Number {
                width: size,
                zeros: width.starts_with('0'),
            };
            if this.number.replace(number).is_some() {
                return Err(LocationError::Numbers(text.to_owned()));
            }
            rest = next;
        }
        this.push(rest);
        Ok(this)
    }

    /// As [`Self::parse`], of a location that several files are written to.
    ///
    /// # Errors
    /// [`LocationError`], also when there is no place for a number.
    pub fn parse_numbered(text: &str) -> Result<Self, LocationError> {
        let location = Self::parse(text)?;
        match location.is_pattern() {
            true => Ok(location),
            false => Err(LocationError::NoNumber(text.to_owned())),
        }
    }

    fn push(&mut self, text: &str) {
        match self.number {
            None => self.before.push_str(text),
            Some(_) => self.after.push_str(text),
        }
    }

    /// Whether there is a place for a number.
    pub fn is_pattern(&self) -> bool {
        self.number.is_some()
    }

    /// The path of a file.
    pub fn path(&self, index: u64) -> PathBuf {
        let Self { before, after, .. } = self;
        PathBuf::from(match self.number {
            None => before.clone(),
            Some(Number { width, zeros: true }) => format!("{before}{index:0width$}{after}"),
            Some(Number { width, .. }) => format!("{before}{index:width$}{after}"),
        })
    }

    /// The folder of the first file.
    pub fn folder(&self) -> PathBuf {
        match self.path(0).parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        }
    }

    /// The files that are there already, in the folder of the first.
    ///
    /// # Errors
    /// As the file system's.
    pub fn existing(&self) -> io::Result<Vec<PathBuf>> {
        let first = self.path(0);
        let mut files = Vec::new();
        for entry in self.folder().read_dir()? {
            let entry = entry?;
            let path = first.with_file_name(entry.file_name());
            if self.has(&path) && !entry.file_type()?.is_dir() {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Whether a path is one of the files.
    fn has(&self, path: &Path) -> bool {
        let number = || -> Option<u64> {
            let text = path.to_str()?.strip_prefix(&self.before)?;
            text.strip_suffix(&self.after)?.trim_start().parse().ok()
        };
        number().is_some_and(|number| self.path(number) == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_printf_does() {
        for (location, path) in [
            ("rec/%06u.safetensors", "rec/000042.safetensors"),
            ("%u", "42"),
            ("%d.st", "42.st"),
            ("%1u", "42"),
            ("%020u", "00000000000000000042"),
            ("a%5db", "a   42b"),
            ("100%%/%02u%%", "100%/42%"),
            ("é%02dü", "é42ü"),
            ("%u/50%%u", "42/50%u"),
            ("50%%", "50%"),
            ("one.safetensors", "one.safetensors"),
        ] {
            let parsed = Location::parse(location).unwrap();
            assert_eq!(parsed.path(42), PathBuf::from(path), "{location}");
            assert_eq!(parsed.is_pattern(), path.contains("42"));
        }
    }

    #[test]
    fn other_fields_are_refused() {
        for location in [
            "%s",
            "%",
            "a%",
            "%06",
            "%x",
            "%lu",
            "%-6u",
            "%21u",
            "%999999999999999999999u",
            "%.3u",
            "%99999u",
            "a%05",
            "a%-5u",
        ] {
            let error = Location::parse(location).unwrap_err();
            assert!(
                matches!(&error, LocationError::Field { .. }) && error.to_string().contains("%05u"),
                "{location}: {error}"
            );
        }
        for text in ["%u-%u", "%u%u", "%u%%%u"] {
            let error = Location::parse(text).unwrap_err();
            assert_eq!(error, LocationError::Numbers(text.into()));
        }
        let error = Location::parse_numbered("a/100%%").unwrap_err();
        assert_eq!(error, LocationError::NoNumber("a/100%%".into()));
    }
    #[test]
    fn files_that_are_there_are_told_from_others() {
        let folder = std::env::temp_dir().join(format!("rsnvds-location-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("000003.st")).unwrap();
        for name in [
            "000001.st",
            "1.st",
            "000002.st.part",
            "x000001.st",
            "1000000.st",
            "0000001.st",
        ] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        let location = Location::parse(folder.join("%06u.st").to_str().unwrap()).unwrap();
        let found = location.existing().unwrap();
        assert_eq!(
            found,
            ["000001.st", "1000000.st"].map(|name| folder.join(name))
        );
        std::fs::remove_dir_all(folder).unwrap();
        assert!(location.existing().is_err());
        assert_eq!(Location::parse("%u.st").unwrap().folder(), Path::new("."));
    }
}
