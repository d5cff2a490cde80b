//! Fields of templates that tell what rsanalytics found out.

use std::fmt::Write as _;

use nvds::{AnalyticsFrame, AnalyticsLine, AnalyticsMark, AnalyticsZone, Object};

/// What a field tells of a zone or line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    Objects,
    Tracks,
    Entered,
    Left,
    Dwell,
    DwellMean,
    DwellMax,
    In,
    Out,
}

/// A field of a frame's text: `{analytics:zone:NAME}`, `{analytics:zone:NAME:WHAT}` or `{analytics:line:NAME:WHAT}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameField {
    name: String,
    number: Number,
}

/// The forms of such fields, for error messages.
pub const FORMS: &str = "{analytics:zone:NAME}, {analytics:zone:NAME:WHAT} with tracks, entered, left, dwell, dwell-mean or \
                         dwell-max, {analytics:line:NAME:in} or {analytics:line:NAME:out}";

impl FrameField {
    /// Reads what stands behind `analytics:`. `None` for what is no such field.
    pub fn parse(text: &str) -> Option<Self> {
        const OF_ZONES: [(&str, Number); 6] = [
            ("tracks", Number::Tracks),
            ("entered", Number::Entered),
            ("left", Number::Left),
            ("dwell", Number::Dwell),
            ("dwell-mean", Number::DwellMean),
            ("dwell-max", Number::DwellMax),
        ];
        const OF_LINES: [(&str, Number); 2] = [("in", Number::In), ("out", Number::Out)];
        let (sort, rest) = text.split_once(':')?;
        let split = |numbers: &[(&str, Number)]| {
            let (name, word) = rest.rsplit_once(':')?;
            let (_, number) = numbers.iter().find(|(known, _)| *known == word)?;
            Some((name, *number))
        };
        let (name, number) = match sort {
            "zone" => split(&OF_ZONES).unwrap_or((rest, Number::Objects)),
            "line" => split(&OF_LINES)?,
            _ => return None,
        };
        let name = name.to_owned();
        (!name.is_empty()).then_some(Self { name, number })
    }

    /// Appends the number of the first element that has one of that name; a dash where there is none.
    pub fn write<'a>(
        &self,
        found: impl Iterator<Item = AnalyticsFrame<'a>> + Clone,
        out: &mut String,
    ) -> std::fmt::Result {
        let name = self.name.as_bytes();
        let zone = || {
            let mut zones = found.clone().flat_map(|of| of.zones);
            zones.find(|zone| zone.name.as_bytes() == name)
        };
        let line = || {
            let mut lines = found.clone().flat_map(|of| of.lines);
            lines.find(|line| line.name.as_bytes() == name)
        };
        let of_zone = |number: fn(&AnalyticsZone) -> u64| zone().map(number);
        let of_line = |number: fn(&AnalyticsLine) -> u64| line().map(number);
        let count = match self.number {
            Number::Objects => of_zone(|zone| zone.objects.into()),
            Number::Tracks => of_zone(|zone| zone.tracks.into()),
            Number::Entered => of_zone(|zone| zone.entered),
            Number::Left => of_zone(|zone| zone.left),
            Number::Dwell => return seconds(of_zone(|zone| zone.dwell_now), out),
            Number::DwellMean => return seconds(of_zone(|zone| zone.dwell_mean), out),
            Number::DwellMax => return seconds(of_zone(|zone| zone.dwell_max), out),
            Number::In => of_line(|line| line.into),
            Number::Out => of_line(|line| line.out),
        };
        match count {
            Some(count) => write!(out, "{count}"),
            None => out.write_str("-"),
        }
    }
}

/// A field of an object's label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectField {
    /// `{analytics:speed}`: km/h.
    Speed,
    /// `{analytics:dwell}`: seconds in the zone in which it is for longest.
    Dwell,
}

impl ObjectField {
    /// Reads what stands behind `analytics:`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "speed" => Some(Self::Speed),
            "dwell" => Some(Self::Dwell),
            _ => None,
        }
    }

    /// Appends the number; a dash where it is not known.
    pub fn write(self, object: &Object<'_>, out: &mut String) -> std::fmt::Result {
        let mut found = object.all_analytics();
        match self {
            Self::Speed => match found.find_map(|of| of.speed) {
                Some(speed) => write!(out, "{:.0}", speed * 3.6),
                None => out.write_str("-"),
            },
            Self::Dwell => {
                let marks = found.flat_map(|of| of.marks);
                let zones = marks.filter(|mark| mark.kind == AnalyticsMark::ZONE);
                seconds(zones.map(|mark| mark.lasted).max(), out)
            }
        }
    }
}

/// Nanoseconds as seconds, with one digit.
fn seconds(time: Option<u64>, out: &mut String) -> std::fmt::Result {
    match time {
        Some(time) => write!(out, "{:.1}", time as f64 / 1e9),
        None => out.write_str("-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvds::FixedText;

    #[test]
    fn every_field_of_a_frame() {
        let zones = [AnalyticsZone {
            name: FixedText::new("a:b"),
            entered: 3,
            left: 1,
            dwell_now: 1_500_000_000,
            dwell_mean: 250_000_000,
            dwell_max: 12_000_000_000,
            objects: 4,
            tracks: 2,
            ..AnalyticsZone::default()
        }];
        let lines = [AnalyticsLine {
            name: FixedText::new("gate"),
            into: 5,
            out: 6,
            ..AnalyticsLine::default()
        }];
        let frame = AnalyticsFrame {
            zones: &zones,
            lines: &lines,
            ..AnalyticsFrame::default()
        };
        let second = [AnalyticsLine {
            name: FixedText::new("second"),
            out: 8,
            ..AnalyticsLine::default()
        }];
        let other = AnalyticsFrame {
            lines: &second,
            ..AnalyticsFrame::default()
        };
        for (text, expected) in [
            ("line:second:out", "8"),
            ("zone:a:b", "4"),
            ("zone:a:b:tracks", "2"),
            ("zone:a:b:entered", "3"),
            ("zone:a:b:left", "1"),
            ("zone:a:b:dwell", "1.5"),
            ("zone:a:b:dwell-mean", "0.2"),
            ("zone:a:b:dwell-max", "12.0"),
            ("line:gate:in", "5"),
            ("line:gate:out", "6"),
            ("line:other:out", "-"),
            ("zone:a", "-"),
        ] {
            let mut out = String::new();
            let field = FrameField::parse(text).unwrap();
            field.write([other, frame].into_iter(), &mut out).unwrap();
            assert_eq!(out, expected, "{text}");
            out.clear();
            field.write(std::iter::empty(), &mut out).unwrap();
            assert_eq!(out, "-", "without rsanalytics");
        }
        for text in [
            "zone",
            "zone:",
            "line:gate",
            "line:gate:up",
            "line::in",
            "way:a",
            "",
        ] {
            assert_eq!(FrameField::parse(text), None, "{text}");
        }
    }
}
