//! Styles: what a text of TOML says about the look of frames and objects.
//!
//! [`Document`] is one text, read and checked key by key. Documents refine each other and become a
//! [`Style`], in which every name is known and every default filled in. [`Resolver`] tells an
//! object's part of it. `docs/osd-style.md` describes the keys.

use std::time::Duration;

use nvds::Color;

mod document;
#[allow(missing_docs)] // fields that bear the names of the keys
mod export;
mod keys;
mod label;
mod marks;
#[cfg(test)]
mod mistakes_tests;
#[allow(missing_docs)] // fields that bear the names of the keys
mod model;
#[cfg(test)]
mod schema_tests;
mod sections;
#[cfg(test)]
mod tests;
mod value;

pub use crate::config::lines;
pub use document::{Document, StyleError};
pub use export::{StyleMark, StyleMarks};
pub use model::*;
pub use sections::{Matches, Resolver};

use crate::osdannotate::template::{Names, Template};

/// Okabe and Ito's colours, which colour-blind people tell apart, without the black one: on films
/// it would be lost.
const OKABE_ITO: [Color; 7] = [
    rgb(0xe6, 0x9f, 0x00),
    rgb(0x56, 0xb4, 0xe9),
    rgb(0x00, 0x9e, 0x73),
    rgb(0xf0, 0xe4, 0x42),
    rgb(0x00, 0x72, 0xb2),
    rgb(0xd5, 0x5e, 0x00),
    rgb(0xcc, 0x79, 0xa7),
];

const fn rgb(red: u8, green: u8, blue: u8) -> Color {
    Color::new(
        red as f64 / 255.0,
        green as f64 / 255.0,
        blue as f64 / 255.0,
        1.0,
    )
}

impl Style {
    /// Makes a style of a document. Also returns the names that its templates and `others` share.
    ///
    /// # Errors
    /// Every template that names a zone or line which the document does not have.
    pub fn new(document: &Document, others: &mut [Template]) -> Result<(Self, Names), StyleError> {
        let document = document.clone();
        let name = |mark: &marks::NewMark| mark.mark.name.clone();
        let mut names = Names {
            labels: Vec::new(),
            zones: document.zones.iter().map(name).collect(),
            lines: document.lines.iter().map(name).collect(),
        };
        let mut errors = Vec::new();
        let mut bind = |place: &str, template: &mut Template| {
            if let Err(error) = template.bind(&mut names) {
                errors.push(format!("{place}: {error}"));
            }
        };
        let texts = document.texts.map(|texts| {
            texts
                .into_iter()
                .map(|mut text| {
                    bind(&text.place, &mut text.value.template);
                    text.value
                })
                .collect()
        });
        let mut bound = |mut mark: marks::NewMark| {
            bind(&format!("{}.label", mark.place), &mut mark.mark.label);
            mark
        };
        let zones: Vec<_> = document.zones.into_iter().map(&mut bound).collect();
        let lines: Vec<_> = document.lines.into_iter().map(&mut bound).collect();
        for template in others {
            bind("frame-text", template);
        }
        if let Some(key) = document.sections.lonely_redaction_key() {
            errors.push(format!(
                "{key} is set, but nothing is redacted: redact = true is missing beside it"
            ));
        }
        if !errors.is_empty() {
            return Err(StyleError(errors));
        }
        let style = Self {
            texts,
            redacts: document.sections.redacts(),
            sections: document.sections,
            palette: Palette(document.palette.unwrap_or_else(|| OKABE_ITO.to_vec())),
            zones: zones.into_iter().map(marks::NewMark::zone).collect(),
            lines: lines.into_iter().filter_map(marks::NewMark::line).collect(),
            trace_timeout: document.trace_timeout.unwrap_or(Duration::from_secs(5)),
            redaction: Redaction {
                hold: document.redact_hold.unwrap_or(30),
                growth: document.redact_growth.unwrap_or(2.0),
                when_unknown: document.redact_when_unknown.unwrap_or(WhenUnknown::Nothing),
            },
        };
        Ok((style, names))
    }
}
