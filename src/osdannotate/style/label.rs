//! Templates for the text of an object.

use std::fmt::Write as _;

use nvds::{Classifier, Frame, Object};

use crate::osdannotate::braces::{TemplateError, Token, tokens};
use crate::osdannotate::results::ObjectField;

/// Names of the fields, for error messages.
const FIELDS: &str = "{label}, {class}, {class:TYPE}, {confidence}, {confidence:.N}, {tracker-confidence}, \
                      {tracker-confidence:.N}, {id}, {attr}, {attr:GIE}, {text}, {gie}, {source}, \
                      {frame}, {left}, {top}, {width}, {height}, {analytics:speed}, {analytics:dwell}";
/// Digits of a confidence where the template tells none.
const DIGITS: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Label,
    Class,
    Confidence(usize),
    TrackerConfidence(usize),
    Id,
    /// Labels of one classifier or of all.
    Attr(Option<i32>),
    /// The text that the object came with.
    Text,
    Gie,
    Source,
    Frame,
    Left,
    Top,
    Width,
    Height,
    /// What rsanalytics found out.
    Analytics(ObjectField),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
    /// Labels of the classifiers of a type.
    ClassOf(String),
}

/// A text with fields of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    pieces: Vec<Piece>,
}

impl Label {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let pieces = tokens(text)?
            .into_iter()
            .map(|token| match token {
                Token::Text(text) => Ok(Piece::Text(text)),
                Token::Field { name, at } => match name.strip_prefix("class:") {
                    None => field(name, at).map(Piece::Field),
                    Some("") => Err(TemplateError::Incomplete {
                        name,
                        at,
                        expected: "the classifier-type of a classifier, as in {class:plate}",
                    }),
                    Some(kind) => Ok(Piece::ClassOf(kind.to_owned())),
                },
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { pieces })
    }

    /// Appends the text of an object, without spaces at its end: what a field without a value
    /// leaves there.
    ///
    /// Returns whether it asks for classifiers of a type, and the object has only ones without.
    pub fn write(&self, frame: &Frame<'_>, object: &Object<'_>, out: &mut String) -> bool {
        let start = out.len();
        let mut untyped = false;
        for piece in &self.pieces {
            // Writing to a String cannot fail.
            let _ = match piece {
                Piece::Text(text) => out.write_str(text),
                Piece::Field(field) => field.write(frame, object, out),
                Piece::ClassOf(kind) => {
                    let of_kind = |c: &Classifier<'_>| c.classifier_type().as_deref() == Some(kind);
                    attributes(object, of_kind, out);
                    let mut all = object.classifiers().peekable();
                    untyped |= all.peek().is_some() && all.all(|c| c.classifier_type().is_none());
                    Ok(())
                }
            };
        }
        out.truncate(start + out[start..].trim_end().len());
        untyped
    }
}

impl Field {
    fn write(self, frame: &Frame<'_>, object: &Object<'_>, out: &mut String) -> std::fmt::Result {
        match self {
            Self::Label => out.write_str(&object.label()),
            Self::Class => write!(out, "{}", object.class_id()),
            Self::Confidence(digits) => confidence(object.confidence(), digits, out),
            Self::TrackerConfidence(digits) => confidence(object.tracker_confidence(), digits, out),
            Self::Id => match object.track_id() {
                Some(id) => write!(out, "{id}"),
                None => out.write_str("-"),
            },
            Self::Attr(gie) => {
                let of_gie =
                    |c: &Classifier<'_>| gie.is_none_or(|gie| gie == c.unique_component_id());
                attributes(object, of_gie, out);
                Ok(())
            }
            Self::Text => match object.text().display_text() {
                Some(text) => out.write_str(&text.to_string_lossy()),
                None => Ok(()),
            },
            Self::Gie => write!(out, "{}", object.unique_component_id()),
            Self::Source => write!(out, "{}", frame.source_id()),
            Self::Frame => write!(out, "{}", frame.frame_num()),
            Self::Left => write!(out, "{:.0}", object.rect().left),
            Self::Top => write!(out, "{:.0}", object.rect().top),
            Self::Width => write!(out, "{:.0}", object.rect().width),
            Self::Height => write!(out, "{:.0}", object.rect().height),
            Self::Analytics(field) => field.write(object, out),
        }
    }
}

/// A confidence; a dash where there is none, which elements tell by -0.1 or -1.
fn confidence(value: f32, digits: usize, out: &mut String) -> std::fmt::Result {
    if value >= 0.0 {
        write!(out, "{value:.digits$}")
    } else {
        out.write_str("-")
    }
}

/// Labels of the classifiers that are wanted, oldest first, with a space between.
fn attributes(object: &Object<'_>, wanted: impl Fn(&Classifier<'_>) -> bool, out: &mut String) {
    let mut first = true;
    for classifier in object.classifiers().rev() {
        if !wanted(&classifier) {
            continue;
        }
        for label in classifier.labels().rev() {
            if !first {
                out.push(' ');
            }
            first = false;
            out.push_str(&label.text());
        }
    }
}

fn field(name: String, at: usize) -> Result<Field, TemplateError> {
    let (kind, option) = match name.split_once(':') {
        Some((kind, option)) => (kind, Some(option)),
        None => (name.as_str(), None),
    };
    let plain = match kind {
        "label" => Field::Label,
        "class" => Field::Class,
        "confidence" | "tracker-confidence" => {
            let Some(digits) = option.map_or(Some(DIGITS), digits) else {
                return Err(TemplateError::Incomplete {
                    name,
                    at,
                    expected: "a number of digits from 0 to 6, as in {confidence:.2}",
                });
            };
            return Ok(if kind == "confidence" {
                Field::Confidence(digits)
            } else {
                Field::TrackerConfidence(digits)
            });
        }
        "id" => Field::Id,
        "attr" => {
            let Ok(gie) = option.map(str::parse).transpose() else {
                return Err(TemplateError::Incomplete {
                    name,
                    at,
                    expected: "the unique-id of a classifier, as in {attr:2}, or {attr} for all",
                });
            };
            return Ok(Field::Attr(gie));
        }
        "analytics" => {
            let Some(field) = option.and_then(ObjectField::parse) else {
                return Err(TemplateError::Incomplete {
                    name,
                    at,
                    expected: "{analytics:speed} or {analytics:dwell}",
                });
            };
            return Ok(Field::Analytics(field));
        }
        "text" => Field::Text,
        "gie" => Field::Gie,
        "source" => Field::Source,
        "frame" => Field::Frame,
        "left" => Field::Left,
        "top" => Field::Top,
        "width" => Field::Width,
        "height" => Field::Height,
        _ => {
            return Err(TemplateError::UnknownField {
                name,
                at,
                known: FIELDS,
            });
        }
    };
    match option {
        None => Ok(plain),
        Some(_) => Err(TemplateError::UnknownField {
            name,
            at,
            known: FIELDS,
        }),
    }
}

/// Reads `.N`.
fn digits(option: &str) -> Option<usize> {
    let digits = option.strip_prefix('.')?.parse().ok()?;
    (digits <= 6).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_read() {
        let label = Label::parse(
            "{label}{class}{confidence}{confidence:.0}{tracker-confidence:.6}{id}{attr}{attr:7}{text}\
             {class:make}{gie}{source}{frame}{left}{top}{width}{height}\
             {analytics:speed}{analytics:dwell}",
        )
        .unwrap();
        assert_eq!(label.pieces.len(), 19);
        assert!(label.pieces.contains(&Piece::ClassOf("make".into())));
        assert_eq!(
            label.pieces[2..5],
            [
                Piece::Field(Field::Confidence(2)),
                Piece::Field(Field::Confidence(0)),
                Piece::Field(Field::TrackerConfidence(6)),
            ]
        );
        assert_eq!(Label::parse(""), Ok(Label::default()));
    }

    #[test]
    fn what_is_no_field_is_told() {
        for (text, part) in [
            ("{lable}", "{lable} at character 1; known are {label}"),
            ("{label:3}", "{label:3} at character 1"),
            ("{confidence:2}", "as in {confidence:.2}"),
            ("{confidence:.7}", "from 0 to 6"),
            ("{attr:car}", "as in {attr:2}"),
            ("{class:}", "as in {class:plate}"),
            ("{attr:}", "as in {attr:2}"),
            ("{analytics:place}", "write {analytics:speed} or"),
            ("a {label", "unclosed { at character 3"),
        ] {
            let error = Label::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
