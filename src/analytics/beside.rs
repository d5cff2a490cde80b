//! Results of other rsanalytics on the same frame.

use nvds::{ANALYTICS_NAME, AnalyticsFrame, AnalyticsRule, FixedText, Frame};

type Name = FixedText<ANALYTICS_NAME>;

/// A name that rules of two elements have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shared {
    sort: &'static str,
    name: Name,
    other: Name,
}

impl Shared {
    /// As a warning.
    pub fn told(&self) -> String {
        let text = |name: &Name| String::from_utf8_lossy(name.as_bytes()).into_owned();
        format!(
            "{}.{} is in the rules of {}, too: who looks for the name finds either. Give one of them another name",
            self.sort,
            text(&self.name),
            text(&self.other)
        )
    }
}

/// What results, which are not attached yet, have in common with those that are on the frame.
pub fn same_name(frame: &Frame<'_>, ours: &AnalyticsFrame<'_>) -> Option<Shared> {
    frame.all_analytics().find_map(|theirs| {
        let (sort, name) = shared(ours, &theirs)?;
        let other = theirs.element;
        Some(Shared { sort, name, other })
    })
}

/// The first name that both have, and its sort.
fn shared(ours: &AnalyticsFrame<'_>, theirs: &AnalyticsFrame<'_>) -> Option<(&'static str, Name)> {
    for zone in ours.zones {
        if theirs.zones.iter().any(|of| of.name == zone.name) {
            return Some(("zone", zone.name));
        }
    }
    for line in ours.lines {
        if theirs.lines.iter().any(|of| of.name == line.name) {
            return Some(("line", line.name));
        }
    }
    let has = |rule: &&AnalyticsRule| {
        let mut theirs = theirs.rules.iter();
        theirs.any(|of| (of.kind, of.name) == (rule.kind, rule.name))
    };
    let rule = ours.rules.iter().find(has)?;
    let sort = match rule.kind {
        AnalyticsRule::DIRECTION => "direction",
        _ => "stationary",
    };
    Some((sort, rule.name))
}
