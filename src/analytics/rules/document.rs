//! One text of rules, read but not yet made one with others.

use nvds::ANALYTICS_NAME;
use nvds_analytics::Rules;
use nvds_analytics::layout::Length;
use nvds_analytics::rules::{Direction, HeatMap, Line, Scope, Speed, Stationary, Zone};
use toml::de::DeValue;

use super::keys::{HEAT_MAP_ROWS, Section, Sort, check_cells, seconds};
use super::{Config, Filter, Filters};
use crate::config::{self, Row, Value, check_needed, read_text};
use crate::osdannotate::StyleMarks;

/// What a text says. `None` and empty where it says nothing.
#[derive(Debug, Clone, Default)]
pub struct Document {
    zones: Vec<Section<Zone>>,
    lines: Vec<Section<Line>>,
    directions: Vec<Section<Direction>>,
    stationary: Vec<Section<Stationary>>,
    speeds: Vec<Section<Speed>>,
    heat_map: Option<HeatMap>,
    track_timeout: Option<u64>,
    window: Option<u64>,
    hysteresis: Option<Length>,
}

/// Why a text has no rules: every mistake, one a line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct RulesError(pub Vec<String>);

/// The keys outside of sections, and the sections.
pub const ROWS: &[Row<Document>] = &[
    ("track-timeout", |this, value| {
        this.track_timeout = Some(seconds(value, 0.0, 3600.0)?);
        Ok(())
    }),
    ("window", |this, value| {
        this.window = Some(seconds(value, 0.1, 60.0)?);
        Ok(())
    }),
    ("hysteresis", |this, value| {
        let length = value.length()?;
        this.hysteresis = Some(length);
        match length {
            Length::Fraction(part) if part >= 0.5 => Err(value.expected(
                "less than \"50%\" of the frame's height, as that is a strip on either side of each line",
            )),
            _ => Ok(()),
        }
    }),
    ("heat-map", |this, value| match value.get() {
        DeValue::Table(table) => {
            let mut map = this.heat_map.unwrap_or(HeatMap {
                columns: 64,
                rows: 36,
            });
            value
                .reader
                .table(value.path, table, HEAT_MAP_ROWS, &mut map);
            this.heat_map = Some(map);
            check_cells(&map)
        }
        _ => Err(value.expected("a section [heat-map]")),
    }),
    ("zone", |this, value| read(value, &mut this.zones)),
    ("line", |this, value| read(value, &mut this.lines)),
    ("direction", |this, value| read(value, &mut this.directions)),
    ("stationary", |this, value| {
        read(value, &mut this.stationary)
    }),
    ("speed", |this, value| read(value, &mut this.speeds)),
];

/// Reads sections such as `[zone.NAME]`.
fn read<R: Sort + 'static>(
    value: &Value<'_>,
    sections: &mut Vec<Section<R>>,
) -> Result<(), String> {
    let reader = value.reader;
    reader.each_table(value, |found| {
        check_name(found.name)?;
        let mut section = Section::new(found.path.to_owned(), found.name);
        reader.table(found.path, found.table, R::rows(), &mut section);
        check_needed(found.table, R::NEEDED)?;
        R::finish(&mut section)?;
        sections.push(section);
        Ok(())
    })
}

/// Refuses names that templates or metas cannot have.
fn check_name(name: &str) -> Result<(), String> {
    config::check_name(name)?;
    let most = ANALYTICS_NAME - 1;
    if name.len() > most {
        let found = name.len();
        return Err(format!(
            "expected a name of at most {most} bytes, found {found}"
        ));
    }
    Ok(())
}

/// Puts sections over those of the same name.
fn refine<R: Sort>(sections: &mut Vec<Section<R>>, later: Vec<Section<R>>) {
    config::put_over(sections, later, |section| &section.rule.scope().name);
}

fn split<R>(sections: Vec<Section<R>>) -> (Vec<R>, Vec<Filter>) {
    let sections = sections.into_iter();
    sections
        .map(|section| (section.rule, section.filter))
        .unzip()
}

impl Document {
    /// Reads a text, which messages call by `name`: a file or a property. Also returns what was changed to be usable.
    ///
    /// # Errors
    /// Every mistake of the text, with its name, line and key.
    pub fn parse(text: &str, name: &str) -> Result<(Self, Vec<String>), RulesError> {
        read_text(text, name, ROWS).map_err(RulesError)
    }

    /// The zones and lines of a style of rsosdannotate. What it says of looks is no rule.
    ///
    /// # Errors
    /// As [`Self::parse`], of any part of the style.
    pub fn of_style(text: &str, name: &str) -> Result<(Self, Vec<String>), RulesError> {
        let (marks, notes) = StyleMarks::parse(text, name).map_err(RulesError)?;
        let section = |sort: &str, mark: &crate::osdannotate::StyleMark| {
            let name = &mark.name;
            check_name(name)
                .map_err(|error| RulesError(vec![format!("{}: {error}", mark.place)]))?;
            let filter = Filter {
                place: format!("{sort}.{name}"),
                classes: mark.classes.clone(),
            };
            let scope = Scope {
                name: name.clone(),
                sources: mark.sources.clone(),
                anchor: mark.anchor,
            };
            Ok((filter, scope))
        };
        let mut this = Self::default();
        for (mark, points) in &marks.zones {
            let (filter, scope) = section("zone", mark)?;
            let mut rule = Zone::new(scope);
            rule.points.clone_from(points);
            let parts = Default::default();
            this.zones.push(Section {
                filter,
                rule,
                parts,
            });
        }
        for (mark, a, b) in &marks.lines {
            let (filter, scope) = section("line", mark)?;
            let rule = Line {
                scope,
                a: *a,
                b: *b,
            };
            let parts = Default::default();
            this.lines.push(Section {
                filter,
                rule,
                parts,
            });
        }
        this.track_timeout = marks.track_timeout;
        Ok((this, notes))
    }

    /// Puts what `later` says over this.
    pub fn refine(&mut self, later: Self) {
        refine(&mut self.zones, later.zones);
        refine(&mut self.lines, later.lines);
        refine(&mut self.directions, later.directions);
        refine(&mut self.stationary, later.stationary);
        refine(&mut self.speeds, later.speeds);
        self.heat_map = later.heat_map.or(self.heat_map);
        self.track_timeout = later.track_timeout.or(self.track_timeout);
        self.window = later.window.or(self.window);
        self.hysteresis = later.hysteresis.or(self.hysteresis);
    }

    /// The rules, with the defaults of keys that are nowhere.
    pub fn config(self) -> Config {
        let usual = Rules::default();
        let (zones, zone_filters) = split(self.zones);
        let (lines, line_filters) = split(self.lines);
        let (directions, direction_filters) = split(self.directions);
        let (stationary, stationary_filters) = split(self.stationary);
        let (speeds, speed_filters) = split(self.speeds);
        Config {
            rules: Rules {
                zones,
                lines,
                directions,
                stationary,
                speeds,
                heat_map: self.heat_map,
                track_timeout: self.track_timeout.unwrap_or(usual.track_timeout),
                window: self.window.unwrap_or(usual.window),
                hysteresis: self.hysteresis,
            },
            filters: Filters {
                zones: zone_filters,
                lines: line_filters,
                directions: direction_filters,
                stationary: stationary_filters,
                speeds: speed_filters,
            },
        }
    }
}
