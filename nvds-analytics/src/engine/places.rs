//! Rules in pixels of a frame.

use crate::geometry::{Anchor, Point, Segment, band, inside};
use crate::ground::Map;
use crate::layout::Layout;
use crate::rules::Rules;

/// What an angle may differ by more, until a track is taken to go another way, in degrees.
const TURN: f32 = 10.0;

/// A line, with what each test of it needs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gate {
    pub segment: Segment,
    pub anchor: Anchor,
    /// What the cross product of who is clearly on a side is above.
    clear: f32,
}

impl Gate {
    /// On which side a place is clearly, by more than the band: 1 right, -1 left, 0 neither, or not sure.
    #[inline]
    pub fn side(&self, at: Point) -> i8 {
        let Segment { a, b } = self.segment;
        let cross = (b.x - a.x) * (at.y - a.y) - (b.y - a.y) * (at.x - a.x);
        i8::from(cross > self.clear) - i8::from(cross < -self.clear)
    }
}

/// A zone, with what each test of it needs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Area {
    /// The upright box around it: left, top, right, bottom.
    bounds: [f32; 4],
    /// The strip along its border.
    strip: f32,
    pub anchor: Anchor,
}

impl Area {
    /// Whether a place may be in it.
    #[inline]
    fn is_near(&self, at: Point) -> bool {
        let [left, top, right, bottom] = self.bounds;
        // All of them: branches that depend on where an object is are guessed badly.
        (at.x >= left) & (at.x <= right) & (at.y >= top) & (at.y <= bottom)
    }
}

/// An arrow, as a unit vector, and how far a way may turn from it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Way {
    pub x: f32,
    pub y: f32,
    /// Cosines: of the angle within which a track goes this way, and of that beyond which it goes another.
    pub near: f32,
    pub far: f32,
    pub least: f32,
}

/// All rules for a size of frame.
#[derive(Debug, Default)]
pub struct Places {
    pub layout: Layout,
    pub gates: Vec<Gate>,
    pub ways: Vec<Way>,
    pub radii: Vec<f32>,
    pub maps: Vec<Map>,
    pub areas: Vec<Area>,
    pub band: f32,
}

impl Places {
    /// Works out the pixels, if the size is another one.
    pub fn place(&mut self, rules: &Rules, size: (u32, u32)) {
        let zones = rules.zones.iter().map(|zone| &*zone.points);
        let lines = rules.lines.iter().map(|line| (line.a, line.b));
        if !self.layout.place(size, zones, lines) {
            return;
        }
        self.band = match rules.hysteresis {
            Some(length) => length.pixels(size.1),
            None => band(size.1),
        };
        self.areas.clear();
        for (i, zone) in rules.zones.iter().enumerate() {
            let polygon = self.layout.polygon(i);
            self.areas.push(Area {
                bounds: bounds(polygon),
                strip: self.band.min(strip(polygon)),
                anchor: zone.scope.anchor,
            });
        }
        self.gates.clear();
        self.gates
            .extend(rules.lines.iter().enumerate().map(|(i, line)| {
                let segment = self.layout.segment(i);
                let anchor = line.scope.anchor;
                // A little more than the band: what is not sure goes the long way.
                let clear = segment.a.distance(segment.b) * self.band * 1.001 + 1e-3;
                Gate {
                    segment,
                    anchor,
                    clear,
                }
            }));
        self.ways.clear();
        self.ways.extend(rules.directions.iter().map(|direction| {
            let (from, to) = (direction.from.pixels(size), direction.to.pixels(size));
            let length = from.distance(to).max(f32::MIN_POSITIVE);
            let cos = |degrees: f32| degrees.clamp(0.0, 180.0).to_radians().cos();
            Way {
                x: (to.x - from.x) / length,
                y: (to.y - from.y) / length,
                near: cos(direction.angle),
                far: cos(direction.angle + TURN),
                least: direction.least.pixels(size.0),
            }
        }));
        self.radii.clear();
        let radii = rules
            .stationary
            .iter()
            .map(|rule| rule.radius.pixels(size.0));
        self.radii.extend(radii);
        self.maps.clear();
        self.maps
            .extend(rules.speeds.iter().map(|speed| speed.ground.map(size)));
    }

    /// Whether a place is in a zone.
    #[inline]
    pub fn in_zone(&self, zone: usize, at: Point) -> bool {
        self.areas[zone].is_near(at) && inside(self.layout.polygon(zone), at)
    }

    /// Whether a place is farther from a zone's border than the hysteresis.
    pub fn is_clear(&self, zone: usize, at: Point) -> bool {
        let strip = self.areas[zone].strip;
        let polygon = self.layout.polygon(zone);
        let Some(mut before) = polygon.last().copied() else {
            return true;
        };
        polygon.iter().all(|corner| {
            let edge = std::mem::replace(&mut before, *corner);
            distance(at, edge, *corner) > strip
        })
    }
}

fn bounds(polygon: &[Point]) -> [f32; 4] {
    let start = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
    polygon.iter().fold(start, |[l, t, r, b], p| {
        [l.min(p.x), t.min(p.y), r.max(p.x), b.max(p.y)]
    })
}

/// A quarter of how wide a zone is, roughly: narrow zones would have no inside but the strip along their border.
fn strip(polygon: &[Point]) -> f32 {
    let Some(mut before) = polygon.last() else {
        return 0.0;
    };
    let (mut area, mut around) = (0.0, 0.0);
    for corner in polygon {
        area += before.x * corner.y - corner.x * before.y;
        around += before.distance(*corner);
        before = corner;
    }
    if around > 0.0 {
        area.abs() / around / 4.0
    } else {
        0.0
    }
}

/// From a place to a straight line between two others.
fn distance(at: Point, a: Point, b: Point) -> f32 {
    let (x, y) = (b.x - a.x, b.y - a.y);
    let square = x * x + y * y;
    let part = match square > 0.0 {
        true => (((at.x - a.x) * x + (at.y - a.y) * y) / square).clamp(0.0, 1.0),
        false => 0.0,
    };
    at.distance(Point::new(a.x + part * x, a.y + part * y))
}
