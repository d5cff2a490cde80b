//! The keys of each section.

use nvds_analytics::geometry::Anchor;
use nvds_analytics::ground::{Ground, Map};
use nvds_analytics::layout::{Length, Place};
use nvds_analytics::rules::{
    Crowd, Direction, HeatMap, Line, MAX_CELLS, SECOND, Scope, Speed, Stationary, Zone,
};
use toml::de::DeValue;

use super::Filter;
use crate::config::{Row, Value, points};

/// A rule as a section has it.
#[derive(Debug, Clone)]
pub struct Section<R> {
    pub filter: Filter,
    pub rule: R,
    /// What is read before it can be put together.
    pub parts: Parts,
}

/// Keys that make a rule together.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    a: Option<Place>,
    b: Option<Place>,
    frame: Option<[Place; 4]>,
    ground: Option<[[f32; 2]; 4]>,
    scale: Option<f32>,
    crowd: Option<u32>,
    crowd_time: Option<u64>,
}

/// What the sections of a sort have in common.
pub trait Sort: Clone {
    /// Keys that a section must have.
    const NEEDED: &'static [&'static str];

    fn new(scope: Scope) -> Self;
    fn scope(&self) -> &Scope;
    fn rows() -> &'static [Row<Section<Self>>];

    /// Puts together what was read.
    ///
    /// # Errors
    /// Says what does not go together.
    fn finish(section: &mut Section<Self>) -> Result<(), String>;
}

/// Seconds, as nanoseconds.
pub fn seconds(value: &Value<'_>, least: f32, most: f32) -> Result<u64, String> {
    let seconds = value.number(least..=most)?;
    Ok((f64::from(seconds) * 1e6).round() as u64 * (SECOND / 1_000_000))
}

/// Declares the rows of a sort, with those that all have.
macro_rules! rows {
    ($($row:expr),* $(,)?) => {
        &[
            $($row,)*
            ("classes", |this, value| {
                this.filter.classes = value.classes()?;
                Ok(())
            }),
            ("sources", |this, value| {
                this.rule.scope.sources = value.sources()?;
                Ok(())
            }),
            ("anchor", |this, value| {
                this.rule.scope.anchor = value.anchor()?;
                Ok(())
            }),
        ]
    };
}

const ORIGIN: Place = Place {
    x: Length::Pixels(0.0),
    y: Length::Pixels(0.0),
};

/// Two ends that are not one.
fn ends(parts: &Parts, names: [&str; 2]) -> Result<(Place, Place), String> {
    let (Some(a), Some(b)) = (parts.a, parts.b) else {
        return Ok((ORIGIN, ORIGIN)); // refused already
    };
    points::check_units(&[a, b])?;
    if a == b {
        return Err(format!("{} and {} are the same point", names[0], names[1]));
    }
    Ok((a, b))
}

impl Sort for Zone {
    const NEEDED: &'static [&'static str] = &["points"];

    fn new(scope: Scope) -> Self {
        Self {
            scope,
            points: Vec::new(),
            dwell: None,
            crowd: None,
        }
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn rows() -> &'static [Row<Section<Self>>] {
        rows![
            ("points", |this, value| {
                this.rule.points = value.polygon()?;
                Ok(())
            }),
            ("dwell", |this, value| {
                this.rule.dwell = Some(seconds(value, 0.0, 86_400.0)?);
                Ok(())
            }),
            ("crowd", |this, value| {
                this.parts.crowd = Some(value.integer(1..=100_000)?);
                Ok(())
            }),
            ("crowd-time", |this, value| {
                this.parts.crowd_time = Some(seconds(value, 0.0, 86_400.0)?);
                Ok(())
            }),
        ]
    }

    fn finish(section: &mut Section<Self>) -> Result<(), String> {
        let parts = &section.parts;
        if parts.crowd.is_none() && parts.crowd_time.is_some() {
            return Err("crowd-time without crowd, the number of objects that are a crowd".into());
        }
        section.rule.crowd = parts.crowd.map(|objects| Crowd {
            objects,
            time: parts.crowd_time.unwrap_or(2 * SECOND),
        });
        Ok(())
    }
}

impl Sort for Line {
    const NEEDED: &'static [&'static str] = &["a", "b"];

    fn new(scope: Scope) -> Self {
        let (a, b) = (ORIGIN, ORIGIN);
        Self { scope, a, b }
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn rows() -> &'static [Row<Section<Self>>] {
        rows![
            ("a", |this, value| {
                this.parts.a = Some(value.point()?);
                Ok(())
            }),
            ("b", |this, value| {
                this.parts.b = Some(value.point()?);
                Ok(())
            }),
        ]
    }

    fn finish(section: &mut Section<Self>) -> Result<(), String> {
        (section.rule.a, section.rule.b) = ends(&section.parts, ["a", "b"])?;
        Ok(())
    }
}

impl Sort for Direction {
    const NEEDED: &'static [&'static str] = &["from", "to"];

    fn new(scope: Scope) -> Self {
        Self {
            scope,
            from: ORIGIN,
            to: ORIGIN,
            angle: 45.0,
            least: Length::Fraction(0.01),
        }
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn rows() -> &'static [Row<Section<Self>>] {
        rows![
            ("from", |this, value| {
                this.parts.a = Some(value.point()?);
                Ok(())
            }),
            ("to", |this, value| {
                this.parts.b = Some(value.point()?);
                Ok(())
            }),
            ("angle", |this, value| {
                this.rule.angle = value.number(1.0..=180.0)?;
                Ok(())
            }),
            ("least", |this, value| {
                this.rule.least = value.length()?;
                Ok(())
            }),
        ]
    }

    fn finish(section: &mut Section<Self>) -> Result<(), String> {
        (section.rule.from, section.rule.to) = ends(&section.parts, ["from", "to"])?;
        Ok(())
    }
}

impl Sort for Stationary {
    const NEEDED: &'static [&'static str] = &["time"];

    fn new(scope: Scope) -> Self {
        Self {
            scope,
            time: 0,
            radius: Length::Fraction(0.01),
        }
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn rows() -> &'static [Row<Section<Self>>] {
        rows![
            ("time", |this, value| {
                this.rule.time = seconds(value, 0.1, 86_400.0)?;
                Ok(())
            }),
            ("radius", |this, value| {
                this.rule.radius = value.length()?;
                Ok(())
            }),
        ]
    }

    fn finish(_: &mut Section<Self>) -> Result<(), String> {
        Ok(())
    }
}

/// Units of speed, in metres per second.
const UNITS: [(&str, f32); 3] = [("km/h", 1.0 / 3.6), ("mph", 0.44704), ("m/s", 1.0)];

/// Metres per second, as a number, or with a unit.
fn speed(value: &Value<'_>) -> Result<f32, String> {
    let with_unit = |text: &str| {
        let (unit, factor) = UNITS.iter().find(|(unit, _)| text.trim().ends_with(unit))?;
        let number: f32 = text.trim().strip_suffix(unit)?.trim_end().parse().ok()?;
        Some(number * factor)
    };
    let speed = match value.get() {
        DeValue::String(text) => with_unit(text),
        _ => value.number(0.0..=1000.0).ok(),
    };
    let speed = speed.filter(|speed| (0.0..=1000.0).contains(speed));
    speed.ok_or_else(|| {
        value.expected("metres per second from 0 to 1000, or a speed such as \"50 km/h\"")
    })
}

impl Sort for Speed {
    const NEEDED: &'static [&'static str] = &[];

    fn new(scope: Scope) -> Self {
        Self {
            scope,
            ground: Ground::Scale(1.0),
            limit: None,
        }
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn rows() -> &'static [Row<Section<Self>>] {
        rows![
            ("frame", |this, value| {
                let points: Vec<_> = (value.array()?)
                    .map(|point| point.point())
                    .collect::<Result<_, _>>()?;
                points::check_units(&points)?;
                this.parts.frame = Some(four(points)?);
                Ok(())
            }),
            ("ground", |this, value| {
                let points: Vec<_> = (value.array()?)
                    .map(|point| metres(&point))
                    .collect::<Result<_, _>>()?;
                this.parts.ground = Some(four(points)?);
                Ok(())
            }),
            ("metres-per-pixel", |this, value| {
                this.parts.scale = Some(value.number(1e-6..=1e4)?);
                Ok(())
            }),
            ("limit", |this, value| {
                this.rule.limit = Some(speed(value)?);
                Ok(())
            }),
        ]
    }

    fn finish(section: &mut Section<Self>) -> Result<(), String> {
        let parts = &section.parts;
        section.rule.ground = match (parts.frame, parts.ground, parts.scale) {
            (Some(frame), Some(ground), None) => Ground::Pairs(frame, ground),
            (None, None, Some(scale)) => Ground::Scale(scale),
            _ => {
                return Err(
                    "expected either metres-per-pixel, or frame and ground: four points each, in \
                     pixels and in metres"
                        .into(),
                );
            }
        };
        // In a frame of a usual size, where the numbers have different units.
        match section.rule.ground.map((1920, 1080)) {
            Map::None => Err(
                "frame and ground do not fit: no three points may lie on a line, and \
                              both go around the same way"
                    .into(),
            ),
            _ => Ok(()),
        }
    }
}

fn four<T>(items: Vec<T>) -> Result<[T; 4], String> {
    let found = items.len();
    <[T; 4]>::try_from(items).map_err(|_| format!("expected 4 points, found {found}"))
}

/// A place on the ground.
fn metres(value: &Value<'_>) -> Result<[f32; 2], String> {
    let expected = || value.expected("a point [x, y] in metres");
    let mut numbers = value.array().map_err(|_| expected())?;
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(x), Some(y), None) => Ok([x.number(-1e6..=1e6)?, y.number(-1e6..=1e6)?]),
        _ => Err(expected()),
    }
}

/// Keys of `[heat-map]`.
pub const HEAT_MAP_ROWS: &[Row<HeatMap>] = &[
    ("columns", |this, value| {
        this.columns = value.integer(1..=1024)?;
        Ok(())
    }),
    ("rows", |this, value| {
        this.rows = value.integer(1..=1024)?;
        Ok(())
    }),
];

/// Refuses a grid that is too fine.
///
/// # Errors
/// Names the limit.
pub fn check_cells(map: &HeatMap) -> Result<(), String> {
    let cells = map.columns * map.rows;
    if cells > MAX_CELLS {
        return Err(format!("expected at most {MAX_CELLS} cells, found {cells}"));
    }
    Ok(())
}

impl<R: Sort> Section<R> {
    pub fn new(place: String, name: &str) -> Self {
        Self {
            filter: Filter {
                place,
                classes: Vec::new(),
            },
            rule: R::new(Scope {
                name: name.to_owned(),
                sources: Vec::new(),
                anchor: Anchor::Foot,
            }),
            parts: Parts::default(),
        }
    }
}
