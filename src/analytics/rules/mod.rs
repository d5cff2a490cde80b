//! Rules: what a text of TOML says about zones, lines and movement. `docs/rsanalytics.md` describes the keys.

mod document;
mod keys;
#[cfg(test)]
mod schema_tests;
#[cfg(test)]
mod tests;

use nvds_analytics::Rules;
use nvds_analytics::rules::Scope;

use crate::config::{ClassName, Classes};
use crate::expected::Expected;

pub use document::Document;

/// Classes of a rule, and where the text has them.
#[derive(Debug, Clone)]
pub struct Filter {
    /// As messages name the rule: `zone.NAME`.
    pub place: String,
    /// Classes by number or label; empty for all.
    pub classes: Vec<ClassName>,
}

/// Filters of every rule, in the order of the rules.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    pub zones: Vec<Filter>,
    pub lines: Vec<Filter>,
    pub directions: Vec<Filter>,
    pub stationary: Vec<Filter>,
    pub speeds: Vec<Filter>,
}

/// A configuration, ready to be used.
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub rules: Rules,
    pub filters: Filters,
}

impl Filters {
    /// Every list, and whether it needs track ids.
    pub fn all(&self) -> impl Iterator<Item = &Filter> {
        let lists = [
            &self.zones,
            &self.lines,
            &self.directions,
            &self.stationary,
            &self.speeds,
        ];
        lists.into_iter().flatten()
    }

    /// The same, to look classes up.
    pub fn lookup(&self) -> [Vec<Classes>; 5] {
        let of = |list: &[Filter]| list.iter().map(|f| Classes::of(&f.classes)).collect();
        [
            of(&self.zones),
            of(&self.lines),
            of(&self.directions),
            of(&self.stationary),
            of(&self.speeds),
        ]
    }
}

impl Config {
    /// What the rules expect of the stream.
    pub fn expected(&self) -> Expected {
        let mut expected = Expected::default();
        for filter in self.filters.all() {
            for class in &filter.classes {
                expected.class(class, format!("classes of {}", filter.place), false);
            }
            expected.tracked(&filter.place);
        }
        for scope in self.scopes() {
            for source in &scope.0.sources {
                expected.source_name(*source, scope.1.to_owned(), false);
            }
        }
        expected.complete()
    }

    fn scopes(&self) -> impl Iterator<Item = (&Scope, &str)> {
        let rules = &self.rules;
        let scopes = (rules.zones.iter().map(|rule| &rule.scope))
            .chain(rules.lines.iter().map(|rule| &rule.scope))
            .chain(rules.directions.iter().map(|rule| &rule.scope))
            .chain(rules.stationary.iter().map(|rule| &rule.scope))
            .chain(rules.speeds.iter().map(|rule| &rule.scope));
        scopes.zip(self.filters.all().map(|filter| &*filter.place))
    }
}
