//! The zones and lines of a style, for an element that draws nothing.

use nvds_analytics::{Anchor, Place};

use super::document::Document;
use super::marks::NewMark;
use crate::config::ClassName;

/// What zones and lines count.
#[derive(Debug)]
pub struct StyleMark {
    /// Where the text has it, for messages.
    pub place: String,
    pub name: String,
    pub classes: Vec<ClassName>,
    pub sources: Vec<u32>,
    pub anchor: Anchor,
}

/// The zones and lines of a style.
#[derive(Debug)]
pub struct StyleMarks {
    /// With their corners.
    pub zones: Vec<(StyleMark, Vec<Place>)>,
    /// With their ends.
    pub lines: Vec<(StyleMark, Place, Place)>,
    /// `trace-timeout` in nanoseconds.
    pub track_timeout: Option<u64>,
}

impl StyleMarks {
    /// Reads a style, which messages call by `name`. Also returns what was changed to be usable.
    ///
    /// # Errors
    /// Every mistake of the style.
    pub fn parse(text: &str, name: &str) -> Result<(Self, Vec<String>), Vec<String>> {
        let (document, notes) = Document::parse(text, name).map_err(|error| error.0)?;
        let mark = |new: &NewMark| StyleMark {
            place: new.place.clone(),
            name: new.mark.name.clone(),
            classes: new.mark.filter.classes.clone(),
            sources: new.mark.filter.sources.clone(),
            anchor: new.mark.anchor,
        };
        let zones = document.zones.into_iter();
        let lines = document.lines.into_iter();
        let timeout = document.trace_timeout;
        let this = Self {
            zones: zones.map(|new| (mark(&new), new.zone().points)).collect(),
            lines: lines
                .filter_map(|new| {
                    let mark = mark(&new);
                    new.line().map(|line| (mark, line.a, line.b))
                })
                .collect(),
            track_timeout: timeout.map(|t| u64::try_from(t.as_nanos()).unwrap_or(u64::MAX)),
        };
        Ok((this, notes))
    }
}
