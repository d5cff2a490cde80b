//! The groups of a source: areas, lines and directions.

use std::sync::Arc;

use super::geometry::Point;
use super::rules::{Classes, Crossing, Crowd, Heading, Mode, Roi, Rules};
use crate::infer::nvinfer_config::sections::Section;
use crate::infer::types::{ConfigError, Note, cut};

/// What the groups' names begin with; the source's number follows.
pub(super) const PREFIXES: [&str; 4] = [
    "roi-filtering-stream-",
    "overcrowding-stream-",
    "line-crossing-stream-",
    "direction-detection-stream-",
];

/// Default of `object-threshold`.
const CROWD: u32 = 1;

/// Reads a group, with its source's number; `None` for one of no source.
pub(super) fn read(
    group: &Section<'_>,
    notes: &mut Vec<Note>,
) -> Result<Option<(u32, Rules)>, ConfigError> {
    let kind = PREFIXES
        .iter()
        .position(|start| group.name().starts_with(start));
    let Some(kind) = kind else { return Ok(None) };
    let stream = stream(group, PREFIXES[kind], notes)?;
    let mut rules = Rules::default();
    match kind {
        0 => rules.rois = rois(group, notes)?,
        1 => rules.crowds = crowds(group, notes)?,
        2 => rules.crossings = crossings(group, notes)?,
        _ => rules.headings = headings(group, notes)?,
    }
    Ok(Some((stream, rules)))
}

impl Rules {
    /// Puts these rules behind others of the same source.
    pub(super) fn join(self, others: &mut Self) {
        others.rois.extend(self.rois);
        others.crowds.extend(self.crowds);
        others.crossings.extend(self.crossings);
        others.headings.extend(self.headings);
    }
}

/// The source's number in the name of a group. Stock takes what digits there are.
fn stream(group: &Section<'_>, prefix: &str, notes: &mut Vec<Note>) -> Result<u32, ConfigError> {
    let rest = group.name().strip_prefix(prefix).unwrap_or_default();
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (digits, behind) = rest.split_at(end);
    let Ok(stream) = digits.parse::<u32>() else {
        return Err(group.fault(format!(
            "expected the number of a source at the end, as in [{prefix}0], found [{}]",
            cut(group.name())
        )));
    };
    if !behind.is_empty() {
        notes.push(group.remark(format!(
            "[{}] is taken for [{prefix}{stream}]: nothing is expected behind the number",
            cut(group.name())
        )));
    }
    Ok(stream)
}

/// A key of a label, and its numbers.
struct Labelled {
    label: Arc<str>,
    key: String,
    values: Vec<i32>,
}

/// Labels and values of the keys that begin with `prefix`. Keys that are not in `known` are warned of.
fn labelled(
    group: &Section<'_>,
    prefix: &str,
    known: &[&str],
    notes: &mut Vec<Note>,
) -> Result<Vec<Labelled>, ConfigError> {
    let mut found = Vec::new();
    for key in group.keys() {
        if known.contains(&key.as_str()) {
            continue;
        }
        let Some(label) = key.strip_prefix(prefix) else {
            let example = format!("{prefix}LABEL");
            let known: Vec<_> = known.iter().copied().chain([example.as_str()]).collect();
            notes.push(group.unknown(&key, &known));
            continue;
        };
        let values = group.ints(&key)?;
        if let Some(below) = values.iter().find(|value| **value < 0) {
            return Err(group.error(&key, format!("expected pixels from 0 on, found {below}")));
        }
        if label.is_empty() {
            notes.push(group.warning(&key, &format!("expected a label, as in {prefix}A=...")));
        }
        let label = label.into();
        found.push(Labelled { label, key, values });
    }
    if found.is_empty() {
        return Err(group.fault(format!(
            "expected a key {prefix}LABEL in [{}], found none",
            cut(group.name())
        )));
    }
    Ok(found)
}

fn points(values: &[i32]) -> Vec<Point> {
    values
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[x, y]| (*x, *y))
        .collect()
}

/// The corners of an area.
fn corners(group: &Section<'_>, key: &str, values: &[i32]) -> Result<Vec<Point>, ConfigError> {
    if values.len() < 6 || values.len() % 2 == 1 {
        return Err(group.error(
            key,
            format!(
                "expected x;y of three corners or more, found {} numbers",
                values.len()
            ),
        ));
    }
    Ok(points(values))
}

/// So many numbers as points. Stock passes over more, and reads beyond the end of less.
fn exactly(
    group: &Section<'_>,
    (key, values): (&str, &[i32]),
    (count, what): (usize, &str),
    notes: &mut Vec<Note>,
) -> Result<Vec<Point>, ConfigError> {
    let found = values.len();
    let told = format!("expected {count} numbers, {what}, found {found}");
    if found < count {
        return Err(group.error(key, told));
    }
    if found > count {
        notes.push(group.warning(key, &format!("{told}: the first {count} count")));
    }
    Ok(points(&values[..count]))
}

fn enable(group: &Section<'_>, notes: &mut Vec<Note>) -> Result<bool, ConfigError> {
    let enable = group.flag("enable")?;
    if enable.is_none() {
        notes.push(group.remark(format!(
            "[{}] is off, since it has no enable=1",
            cut(group.name())
        )));
    }
    Ok(enable.unwrap_or(false))
}

fn classes(group: &Section<'_>) -> Result<Classes, ConfigError> {
    Ok(Classes(group.ints("class-id")?))
}

fn mode(
    group: &Section<'_>,
    default: (Mode, &str),
    notes: &mut Vec<Note>,
) -> Result<Mode, ConfigError> {
    Ok(match group.text("mode")?.as_deref() {
        None => default.0,
        Some("loose") => Mode::Loose,
        Some("balanced") => Mode::Balanced,
        Some("strict") => Mode::Strict,
        Some(other) => {
            let message = format!(
                "expected loose, balanced or strict, found {}: {} is taken",
                cut(other),
                default.1
            );
            notes.push(group.warning("mode", &message));
            default.0
        }
    })
}

fn rois(group: &Section<'_>, notes: &mut Vec<Note>) -> Result<Vec<Roi>, ConfigError> {
    let known = ["enable", "class-id", "inverse-roi"];
    let found = labelled(group, "roi-", &known, notes)?;
    let inverse = group.flag("inverse-roi")?.unwrap_or(false);
    let (enable, classes) = (enable(group, notes)?, classes(group)?);
    let rois = found.into_iter().map(|Labelled { label, key, values }| {
        Ok(Roi {
            label,
            enable,
            corners: corners(group, &key, &values)?,
            inverse,
            classes: classes.clone(),
        })
    });
    rois.collect()
}

fn crowds(group: &Section<'_>, notes: &mut Vec<Note>) -> Result<Vec<Crowd>, ConfigError> {
    let known = ["enable", "class-id", "object-threshold", "time-threshold"];
    let found = labelled(group, "roi-", &known, notes)?;
    let threshold = group.uint("object-threshold")?.unwrap_or(CROWD);
    if group.uint("time-threshold")?.is_some() {
        const WHY: &str = "has no effect, as in the stock element: a crowd is one at once";
        notes.push(group.info("time-threshold", WHY));
    }
    let (enable, classes) = (enable(group, notes)?, classes(group)?);
    let crowds = found.into_iter().map(|Labelled { label, key, values }| {
        Ok(Crowd {
            label,
            enable,
            corners: corners(group, &key, &values)?,
            threshold,
            classes: classes.clone(),
        })
    });
    crowds.collect()
}

fn crossings(group: &Section<'_>, notes: &mut Vec<Note>) -> Result<Vec<Crossing>, ConfigError> {
    const WHAT: &str = "x;y of the arrow's tail and tip and of the line's two ends";
    let known = ["enable", "class-id", "extended", "mode"];
    let found = labelled(group, "line-crossing-", &known, notes)?;
    let extended = group.flag("extended")?.unwrap_or(true);
    let mode = mode(group, (Mode::Loose, "loose"), notes)?;
    let (enable, classes) = (enable(group, notes)?, classes(group)?);
    let mut lines = Vec::new();
    for Labelled { label, key, values } in found {
        let points = exactly(group, (&key, &values), (8, WHAT), notes)?;
        let points = [points[0], points[1], points[2], points[3]];
        if let Some(fault) = fault_of(&points) {
            notes.push(group.warning(&key, fault));
        }
        lines.push(Crossing {
            label,
            enable,
            points,
            extended,
            mode,
            classes: classes.clone(),
        });
    }
    Ok(lines)
}

/// What is wrong with an arrow and a line, so that nothing crosses it, or not as meant.
fn fault_of(points: &[Point; 4]) -> Option<&'static str> {
    let [tail, tip, start, end] = *points;
    let cross = |(ax, ay): Point, (bx, by): Point, (cx, cy): Point, (dx, dy): Point| {
        let across = |from: i32, to: i32| i64::from(to) - i64::from(from);
        i128::from(across(ax, bx)) * i128::from(across(cy, dy))
            - i128::from(across(ay, by)) * i128::from(across(cx, dx))
    };
    if start == end {
        return Some("the line has no length: nothing crosses it");
    }
    if tail == tip {
        return Some("the arrow has no length: nothing goes its way");
    }
    (cross(tail, tip, start, end) == 0)
        .then_some("the arrow is along the line: let it lead from one side to the other")
}

fn headings(group: &Section<'_>, notes: &mut Vec<Note>) -> Result<Vec<Heading>, ConfigError> {
    const WHAT: &str = "x;y of the arrow's tail and tip";
    let known = ["enable", "class-id", "mode"];
    let found = labelled(group, "direction-", &known, notes)?;
    if group.text("mode")?.is_some() {
        mode(group, (Mode::Balanced, "balanced"), notes)?;
        const WHY: &str = "has no effect on directions, as in the stock element";
        notes.push(group.info("mode", WHY));
    }
    let (enable, classes) = (enable(group, notes)?, classes(group)?);
    let mut headings = Vec::new();
    for Labelled { label, key, values } in found {
        let points = exactly(group, (&key, &values), (4, WHAT), notes)?;
        if points[0] == points[1] {
            const WHY: &str = "the arrow has no length: nothing goes its way";
            notes.push(group.warning(&key, WHY));
        }
        headings.push(Heading {
            label,
            enable,
            from: points[0],
            to: points[1],
            classes: classes.clone(),
        });
    }
    Ok(headings)
}
