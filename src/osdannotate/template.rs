//! Templates for the texts of a frame.

use std::collections::HashMap;
use std::fmt::Write as _;

use nvds::{AnalyticsFrame, Frame};

use super::braces::{TemplateError, Token, tokens};
use super::results::{FORMS, FrameField};
use super::style::Counts;
use crate::class_label;
use crate::expected::shown;

/// Names of the fields, for error messages.
const FIELDS: &str = "{frame}, {objects}, {count:LABEL}, {source}, {pts}, {fps}, {zone:NAME}, \
                      {line:NAME:in}, {line:NAME:out}, {analytics:zone:NAME}, {analytics:line:NAME:in}";

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Frame,
    Objects,
    /// Which of the labels that are counted.
    Count(Named),
    Source,
    Pts,
    Fps,
    /// Which of the style's zones.
    Zone(Named),
    /// Which of the style's lines.
    LineIn(Named),
    LineOut(Named),
    /// What rsanalytics found out.
    Analytics(FrameField),
}

/// A name, and once it is bound its number.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: String,
    index: usize,
}

impl Named {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            index: usize::MAX,
        }
    }
}

/// A text with fields. Its names have numbers only after [`Self::bind`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

/// What templates may name. All templates of a style share one, and so its numbers.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Labels that are counted, each once, as [`class_label::named`] gives them; collected from the templates.
    pub labels: Vec<String>,
    pub zones: Numbered,
    pub lines: Numbered,
}

/// Names, and the number of each, from 0 on.
#[derive(Debug, Clone, Default)]
pub struct Numbered {
    names: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl FromIterator<String> for Numbered {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        let names: Vec<String> = names.into_iter().collect();
        let numbers = names.iter().cloned().zip(0..).collect();
        Self { names, numbers }
    }
}

/// A zone or line that the style does not have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{{{kind}:{name}}} names no {kind} of the style; {}", .known)]
pub struct UnknownName {
    kind: &'static str,
    name: String,
    /// Those that there are, as text.
    known: String,
}

fn known(kind: &str, names: &[String]) -> String {
    if names.is_empty() {
        format!("it has none: add a section [{kind}.NAME]")
    } else {
        format!("known are {}", shown(names))
    }
}

/// What the fields of one frame stand for.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    pub frame: i32,
    pub objects: u32,
    /// In the order of [`Names::labels`].
    pub counts: &'a [u32],
    pub source: u32,
    /// Nanoseconds, `None` if the frame has no time.
    pub pts: Option<u64>,
    pub fps: Option<f64>,
    pub marks: Counts<'a>,
    /// The frame, if what rsanalytics found out is asked for: [`Template::shows_analytics`].
    pub analytics: Option<Frame<'a>>,
}

impl<'a> Values<'a> {
    /// What each rsanalytics found out, the last one first.
    fn results(&self) -> impl Iterator<Item = AnalyticsFrame<'a>> + Clone + use<'a> {
        let frame = self.analytics.into_iter();
        frame.flat_map(|frame| frame.all_analytics())
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let pieces = tokens(text)?
            .into_iter()
            .map(|token| match token {
                Token::Text(text) => Ok(Piece::Text(text)),
                Token::Field { name, at } => field(name, at),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { pieces })
    }

    /// Gives the names their numbers, and adds the labels that are counted.
    ///
    /// # Errors
    /// [`UnknownName`] for a zone or line that is not among the names.
    pub fn bind(&mut self, names: &mut Names) -> Result<(), UnknownName> {
        for piece in &mut self.pieces {
            match piece {
                Piece::Count(label) => label.index = intern(&mut names.labels, &label.name),
                Piece::Zone(zone) => zone.index = find(&names.zones, &zone.name, "zone")?,
                Piece::LineIn(line) | Piece::LineOut(line) => {
                    line.index = find(&names.lines, &line.name, "line")?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether it tells frames per second, which somebody must measure then.
    pub fn shows_fps(&self) -> bool {
        self.pieces.contains(&Piece::Fps)
    }

    /// Whether it tells what rsanalytics found out, which somebody must look up then.
    pub fn shows_analytics(&self) -> bool {
        let is = |piece: &Piece| matches!(piece, Piece::Analytics(_));
        self.pieces.iter().any(is)
    }

    /// Appends the text of a frame.
    pub fn write(&self, values: &Values<'_>, out: &mut String) {
        let lines = values.marks.lines;
        let mut digits = itoa::Buffer::new();
        for piece in &self.pieces {
            // Writing to a String cannot fail.
            let _ = match piece {
                Piece::Text(text) => out.write_str(text),
                Piece::Frame => out.write_str(digits.format(values.frame)),
                Piece::Objects => out.write_str(digits.format(values.objects)),
                Piece::Count(label) => out.write_str(digits.format(at(values.counts, label))),
                Piece::Source => out.write_str(digits.format(values.source)),
                Piece::Pts => match values.pts {
                    Some(pts) => write_time(pts, out),
                    None => out.write_str("-"),
                },
                Piece::Fps => match values.fps {
                    Some(fps) => write!(out, "{fps:.1}"),
                    None => out.write_str("-"),
                },
                Piece::Zone(zone) => write!(out, "{}", at(values.marks.zones, zone)),
                Piece::LineIn(line) => write!(out, "{}", at(lines, line).0),
                Piece::LineOut(line) => write!(out, "{}", at(lines, line).1),
                Piece::Analytics(field) => field.write(values.results(), out),
            };
        }
    }
}

fn field(name: String, at: usize) -> Result<Piece, TemplateError> {
    match name.as_str() {
        "frame" => return Ok(Piece::Frame),
        "objects" => return Ok(Piece::Objects),
        "source" => return Ok(Piece::Source),
        "pts" => return Ok(Piece::Pts),
        "fps" => return Ok(Piece::Fps),
        _ => {}
    }
    let (kind, rest) = name.split_once(':').unwrap_or((&name, ""));
    let (expected, piece) = match kind {
        "count" => {
            let label =
                class_label::named(rest).map_err(|error| TemplateError::Label { at, error })?;
            (
                "{count:LABEL}",
                (!label.is_empty()).then(|| Piece::Count(Named::new(&label))),
            )
        }
        "zone" => (
            "{zone:NAME}",
            (!rest.is_empty()).then(|| Piece::Zone(Named::new(rest))),
        ),
        "line" => (
            "{line:NAME:in} or {line:NAME:out}",
            match rest.rsplit_once(':') {
                Some((line, "in")) if !line.is_empty() => Some(Piece::LineIn(Named::new(line))),
                Some((line, "out")) if !line.is_empty() => Some(Piece::LineOut(Named::new(line))),
                _ => None,
            },
        ),
        "analytics" => (FORMS, FrameField::parse(rest).map(Piece::Analytics)),
        _ => {
            return Err(TemplateError::UnknownField {
                name,
                at,
                known: FIELDS,
            });
        }
    };
    piece.ok_or(TemplateError::Incomplete { name, at, expected })
}

/// The number that a name stands for; nothing for one that is not bound.
fn at<T: Copy + Default>(numbers: &[T], named: &Named) -> T {
    numbers.get(named.index).copied().unwrap_or_default()
}

fn intern(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|n| n == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

fn find(all: &Numbered, name: &str, kind: &'static str) -> Result<usize, UnknownName> {
    let found = all.numbers.get(name).copied();
    found.ok_or_else(|| UnknownName {
        kind,
        name: name.to_owned(),
        known: known(kind, &all.names),
    })
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
        let mut names = Names {
            labels: vec!["bus".into()],
            zones: ["door".to_owned(), "a:b".into()].into_iter().collect(),
            lines: ["gate".into(), "c:d".into()].into_iter().collect(),
        };
        let mut template = Template::parse(template).unwrap();
        template.bind(&mut names).unwrap();
        let counts: Vec<u32> = (0..names.labels.len() as u32).map(|i| i + 4).collect();
        let values = Values {
            frame: 12,
            objects: 3,
            counts: &counts,
            source: 7,
            pts: Some(3_723_004_000_000),
            fps: Some(24.96),
            marks: Counts {
                zones: &[20, 21],
                lines: &[(30, 31), (32, 33)],
            },
            analytics: None,
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
        assert_eq!(
            text("{zone:door} {zone:a:b} {line:gate:in} {line:gate:out} {line:c:d:out}"),
            "20 21 30 31 33"
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
            marks: Counts::default(),
            analytics: None,
        };
        template.write(&values, &mut out);
        assert_eq!(out, "- -");
    }

    #[test]
    fn errors_name_the_field_and_its_place() {
        let error = Template::parse("ab {vehicles}").unwrap_err().to_string();
        assert!(error.contains("{vehicles} at character 4"), "{error}");
        assert!(error.contains("{count:LABEL}"), "{error}");
        for text in [
            "{count:}",
            "{count}",
            "{zone:}",
            "{zone}",
            "{line:a}",
            "{line:a:up}",
            "{line::in}",
            "{analytics:zone}",
            "{analytics:line:a}",
        ] {
            let error = Template::parse(text).unwrap_err();
            let TemplateError::Incomplete { at: 1, .. } = error else {
                panic!("{text}: {error}");
            };
        }
    }

    #[test]
    fn names_that_the_style_lacks_are_told() {
        let mut names = Names {
            zones: ["door".to_owned(), "yard".into()].into_iter().collect(),
            ..Names::default()
        };
        let mut bind = |text| {
            let mut template = Template::parse(text).unwrap();
            template.bind(&mut names).unwrap_err().to_string()
        };
        assert_eq!(
            bind("{zone:dor}"),
            "{zone:dor} names no zone of the style; known are door, yard"
        );
        assert_eq!(
            bind("{line:gate:in}"),
            "{line:gate} names no line of the style; it has none: add a section [line.NAME]"
        );
    }
}
