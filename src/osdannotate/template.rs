//! Templates for the text of a frame.

use std::fmt::Write as _;

/// Names of the fields, for error messages.
const FIELDS: &str = "{frame}, {objects}, {count:LABEL}, {source}, {pts}, {fps}";

/// Why a text is not a template.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error(
        "frame-text has an unknown field {{{name}}} at character {at}; known are {FIELDS}; write {{{{ and }}}} for braces"
    )]
    UnknownField { name: String, at: usize },
    #[error("frame-text has {{count:}} without a label at character {at}: write {{count:LABEL}}")]
    NoLabel { at: usize },
    #[error("frame-text has an unclosed {{ at character {at}; write {{{{ for a brace")]
    Unclosed { at: usize },
    #[error("frame-text has a lone }} at character {at}; write }}}} for a brace")]
    Lone { at: usize },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Frame,
    Objects,
    /// Which of `Template::labels`.
    Count(usize),
    Source,
    Pts,
    Fps,
}

/// A text with fields.
#[derive(Debug, Clone, Default)]
pub struct Template {
    pieces: Vec<Piece>,
    labels: Vec<String>,
}

/// What the fields of one frame stand for.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    pub frame: i32,
    pub objects: u32,
    /// In the order of [`Template::labels`].
    pub counts: &'a [u32],
    pub source: u32,
    /// Nanoseconds, `None` if the frame has no time.
    pub pts: Option<u64>,
    pub fps: Option<f64>,
}

impl Template {
    /// Reads a template. Positions in errors count characters from 1.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut this = Self::default();
        let mut plain = String::new();
        let mut chars = text.chars().enumerate().peekable();
        while let Some((index, c)) = chars.next() {
            let at = index + 1;
            match c {
                '{' | '}' if chars.next_if(|(_, next)| *next == c).is_some() => plain.push(c),
                '}' => return Err(TemplateError::Lone { at }),
                '{' => {
                    let mut name = String::new();
                    loop {
                        match chars.next() {
                            Some((_, '}')) => break,
                            Some((_, '{')) | None => return Err(TemplateError::Unclosed { at }),
                            Some((_, c)) => name.push(c),
                        }
                    }
                    if !plain.is_empty() {
                        this.pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    }
                    let piece = this.field(name, at)?;
                    this.pieces.push(piece);
                }
                c => plain.push(c),
            }
        }
        if !plain.is_empty() {
            this.pieces.push(Piece::Text(plain));
        }
        Ok(this)
    }

    fn field(&mut self, name: String, at: usize) -> Result<Piece, TemplateError> {
        if let Some(label) = name.strip_prefix("count:") {
            if label.is_empty() {
                return Err(TemplateError::NoLabel { at });
            }
            let known = self.labels.iter().position(|l| l == label);
            return Ok(Piece::Count(known.unwrap_or_else(|| {
                self.labels.push(label.to_owned());
                self.labels.len() - 1
            })));
        }
        match name.as_str() {
            "frame" => Ok(Piece::Frame),
            "objects" => Ok(Piece::Objects),
            "source" => Ok(Piece::Source),
            "pts" => Ok(Piece::Pts),
            "fps" => Ok(Piece::Fps),
            _ => Err(TemplateError::UnknownField { name, at }),
        }
    }

    /// Labels that are counted, each once.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Appends the text of a frame.
    pub fn write(&self, values: &Values<'_>, out: &mut String) {
        for piece in &self.pieces {
            // Writing to a String cannot fail.
            let _ = match piece {
                Piece::Text(text) => out.write_str(text),
                Piece::Frame => write!(out, "{}", values.frame),
                Piece::Objects => write!(out, "{}", values.objects),
                Piece::Count(index) => {
                    write!(out, "{}", values.counts.get(*index).copied().unwrap_or(0))
                }
                Piece::Source => write!(out, "{}", values.source),
                Piece::Pts => match values.pts {
                    Some(pts) => write_time(pts, out),
                    None => out.write_str("-"),
                },
                Piece::Fps => match values.fps {
                    Some(fps) => write!(out, "{fps:.1}"),
                    None => out.write_str("-"),
                },
            };
        }
    }
}

/// Hours, minutes, seconds and milliseconds.
fn write_time(nanoseconds: u64, out: &mut String) -> std::fmt::Result {
    let ms = nanoseconds / 1_000_000;
    let (s, m, h) = (ms / 1000, ms / 60_000, ms / 3_600_000);
    write!(out, "{h}:{:02}:{:02}.{:03}", m % 60, s % 60, ms % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(template: &str) -> String {
        let template = Template::parse(template).unwrap();
        let counts: Vec<u32> = (0..template.labels().len() as u32).map(|i| i + 5).collect();
        let values = Values {
            frame: 12,
            objects: 3,
            counts: &counts,
            source: 7,
            pts: Some(3_723_004_000_000),
            fps: Some(24.96),
        };
        let mut out = String::new();
        template.write(&values, &mut out);
        out
    }

    #[test]
    fn every_field() {
        assert_eq!(
            text("{frame} {objects} {source} {pts} {fps}"),
            "12 3 7 1:02:03.004 25.0"
        );
        assert_eq!(
            text("{count:car}/{count:traffic light}/{count:car}"),
            "5/6/5"
        );
        assert_eq!(text(""), "");
    }

    #[test]
    fn the_samples_text() {
        let sample = "Frame Number={frame} Number of Objects={objects} \
                      Vehicle_count={count:car} Person_count={count:person}";
        assert_eq!(
            text(sample),
            "Frame Number=12 Number of Objects=3 Vehicle_count=5 Person_count=6"
        );
    }

    #[test]
    fn braces_are_doubled() {
        assert_eq!(text("{{frame}} {{{frame}}} }}{{ é"), "{frame} {12} }{ é");
    }

    #[test]
    fn what_is_unknown_reads_as_a_dash() {
        let template = Template::parse("{pts} {fps}").unwrap();
        let mut out = String::new();
        let values = Values {
            frame: 0,
            objects: 0,
            counts: &[],
            source: 0,
            pts: None,
            fps: None,
        };
        template.write(&values, &mut out);
        assert_eq!(out, "- -");
    }

    #[test]
    fn errors_name_the_field_and_its_place() {
        let error = Template::parse("ab {vehicles}").unwrap_err();
        let expected = TemplateError::UnknownField {
            name: "vehicles".into(),
            at: 4,
        };
        assert_eq!(error, expected);
        assert!(
            error.to_string().contains("{vehicles} at character 4"),
            "{error}"
        );
        assert!(error.to_string().contains("{count:LABEL}"), "{error}");
        for (text, expected) in [
            ("{count:}", TemplateError::NoLabel { at: 1 }),
            ("é{frame", TemplateError::Unclosed { at: 2 }),
            ("{a{b}}", TemplateError::Unclosed { at: 1 }),
            ("frame}", TemplateError::Lone { at: 6 }),
        ] {
            assert_eq!(Template::parse(text).unwrap_err(), expected, "{text}");
        }
    }
}
