//! Names of the files of a recording.

use std::path::PathBuf;

/// More digits than any number of files has.
const MAX_WIDTH: usize = 20;

/// A path with at most one place for a number, as `%06u`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    before: String,
    number: Option<Number>,
    after: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number {
    width: usize,
    zeros: bool,
}

/// What is wrong with a location.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// None given.
    #[error("location is not set: give the files' name, as location=folder/%06u.safetensors")]
    Missing,
    /// A `%` that starts nothing known.
    #[error(
        "location={location}: {found:?} is not understood; a number is %u, %d or as %06u with a \
         width of at most {MAX_WIDTH}, a percent sign is %%"
    )]
    Field {
        /// The whole location.
        location: String,
        /// From the percent sign on.
        found: String,
    },
    /// More than one number.
    #[error("location={0}: there is more than one number in it; one is expected, as %06u")]
    Numbers(String),
}

impl Location {
    /// Reads a location.
    ///
    /// # Errors
    /// [`LocationError`].
    pub fn parse(text: Option<&str>) -> Result<Self, LocationError> {
        let text = text.ok_or(LocationError::Missing)?;
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
            ("a%5db", "a   42b"),
            ("100%%/%02u%%", "100%/42%"),
            ("one.safetensors", "one.safetensors"),
        ] {
            let parsed = Location::parse(Some(location)).unwrap();
            assert_eq!(parsed.path(42), PathBuf::from(path), "{location}");
            assert_eq!(parsed.is_pattern(), location != "one.safetensors");
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
        ] {
            let error = Location::parse(Some(location)).unwrap_err();
            assert!(
                matches!(&error, LocationError::Field { .. }) && error.to_string().contains("%06u"),
                "{location}: {error}"
            );
        }
        assert_eq!(
            Location::parse(Some("%u-%u")),
            Err(LocationError::Numbers("%u-%u".into()))
        );
        assert_eq!(Location::parse(None), Err(LocationError::Missing));
    }
}
