//! Rules in pixels of a frame.

use super::grid::{Cell, Grid, is_fine};
use super::{Engine, Spot};
use crate::geometry::{Anchor, Point, Segment, band, inside, is_beside};
use crate::ground::Map;
use crate::layout::Layout;
use crate::rules::{Direction, Rules};
use crate::set::{Set, WORD, bit};

/// What an angle may differ by more, until a track is taken to go another way, in degrees.
const TURN: f32 = 10.0;

/// A line, with what each test of it needs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gate {
    pub segment: Segment,
    pub anchor: Anchor,
    length: f32,
    /// What the cross product of who is clearly on a side is above.
    clear: f32,
}

impl Gate {
    fn new(segment: Segment, band: f32, anchor: Anchor) -> Self {
        let length = segment.a.distance(segment.b);
        Self {
            segment,
            anchor,
            length,
            // A little more than the band: what is not sure goes the long way.
            clear: length * band * 1.001 + 1e-3,
        }
    }

    /// On which side a place is clearly, by more than the band: 1 right, -1 left, 0 neither, or not sure.
    #[inline]
    pub fn side(&self, at: Point) -> i8 {
        self.side_of_all(at, 0.0)
    }

    /// The same for all places that are nearer than a distance.
    #[inline]
    fn side_of_all(&self, at: Point, reach: f32) -> i8 {
        let Segment { a, b } = self.segment;
        let cross = (b.x - a.x) * (at.y - a.y) - (b.y - a.y) * (at.x - a.x);
        let clear = self.clear + reach * self.length;
        i8::from(cross > clear) - i8::from(cross < -clear)
    }

    /// Whether no place of the frame is clearly on one of its sides. Lines beside the frame are not looked at.
    fn is_shut(&self, (width, height): (u32, u32)) -> bool {
        let Segment { a, b } = self.segment;
        let (right, bottom) = (width as f32, height as f32);
        let corners = [(0.0, 0.0), (right, 0.0), (0.0, bottom), (right, bottom)];
        let mut sides = corners.map(|(x, y)| self.side(Point::new(x, y)));
        sides.sort_unstable();
        (sides[0] >= 0 || sides[3] <= 0) && !is_beside(&[a, b], (width, height))
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
    fn new(polygon: &[Point], band: f32, anchor: Anchor) -> Self {
        Self {
            bounds: bounds(polygon),
            strip: band.min(strip(polygon)),
            anchor,
        }
    }

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

impl Way {
    fn new(rule: &Direction, size: (u32, u32)) -> Self {
        let (from, to) = (rule.from.pixels(size), rule.to.pixels(size));
        let length = from.distance(to).max(f32::MIN_POSITIVE);
        let cos = |degrees: f32| degrees.clamp(0.0, 180.0).to_radians().cos();
        Self {
            x: (to.x - from.x) / length,
            y: (to.y - from.y) / length,
            near: cos(rule.angle),
            far: cos(rule.angle + TURN),
            least: rule.least.pixels(size.0),
        }
    }
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
    /// Lines that the stated hysteresis leaves no room for: nobody in the frame is clearly on either side.
    shut: Vec<usize>,
    grid: Grid,
    /// Zones and lines that look at boxes' middles, and whether there are any.
    middle_zones: Set,
    middle_lines: Set,
    has_middles: bool,
}

impl Places {
    /// Works out the pixels for a size of frame, 0 for an unknown one.
    fn new(rules: &Rules, size: (u32, u32)) -> Self {
        let zones = rules.zones.iter().map(|zone| &*zone.points);
        let lines = rules.lines.iter().map(|line| (line.a, line.b));
        let layout = Layout::new(size, zones, lines);
        let band = match rules.hysteresis {
            Some(length) => length.pixels(size.1),
            None => band(size.1),
        };
        let is_middle = |anchor| anchor == Anchor::Centre;
        let zones = rules.zones.iter().map(|zone| is_middle(zone.scope.anchor));
        let lines = rules.lines.iter().map(|line| is_middle(line.scope.anchor));
        let areas = rules.zones.iter().enumerate();
        let gates = rules.lines.iter().enumerate();
        let gates: Vec<_> = gates
            .map(|(i, line)| Gate::new(layout.segment(i), band, line.scope.anchor))
            .collect();
        let shut = |i: &usize| gates[*i].is_shut(size);
        let is_judged = rules.hysteresis.is_some() && size.0 > 0 && size.1 > 0;
        Self {
            shut: match is_judged {
                true => (0..gates.len()).filter(shut).collect(),
                false => Vec::new(),
            },
            has_middles: zones.clone().chain(lines.clone()).any(|is| is),
            middle_zones: zones.collect(),
            middle_lines: lines.collect(),
            areas: areas
                .map(|(i, zone)| Area::new(layout.polygon(i), band, zone.scope.anchor))
                .collect(),
            gates,
            ways: rules
                .directions
                .iter()
                .map(|rule| Way::new(rule, size))
                .collect(),
            radii: rules
                .stationary
                .iter()
                .map(|rule| rule.radius.pixels(size.0))
                .collect(),
            maps: rules
                .speeds
                .iter()
                .map(|rule| rule.ground.map(size))
                .collect(),
            grid: Grid::new(size, rules.zones.len().max(rules.lines.len())),
            band,
            layout,
        }
    }

    /// Where an object is among the cells: its foot, and its middle if that is asked for.
    #[inline]
    pub fn find(&mut self, foot: Point, middle: Point) -> [usize; 2] {
        let foot = self.cell(foot);
        [
            foot,
            if self.has_middles {
                self.cell(middle)
            } else {
                foot
            },
        ]
    }

    /// The cell of a place, of which all is known then.
    #[inline]
    fn cell(&mut self, at: Point) -> usize {
        let cell = self.grid.find(at);
        if !self.grid.is_known(cell) {
            self.learn(cell);
        }
        cell
    }

    /// Works out what is known of a cell.
    #[cold]
    fn learn(&mut self, cell: usize) {
        let (layout, areas, gates) = (&self.layout, &self.areas, &self.gates);
        self.grid.note(cell, |word, middle, reach| {
            let mut cell = Cell::default();
            let first = word * WORD;
            for (i, area) in areas.iter().enumerate().skip(first).take(WORD) {
                let polygon = layout.polygon(i);
                let is_fine = polygon.iter().all(|corner| is_fine(*corner));
                if is_fine && is_beyond(polygon, middle, area.strip + reach) {
                    cell.sure |= bit(i);
                    cell.inside |= if inside(polygon, middle) { bit(i) } else { 0 };
                }
            }
            for (i, gate) in gates.iter().enumerate().skip(first).take(WORD) {
                if is_fine(gate.segment.a) && is_fine(gate.segment.b) {
                    match gate.side_of_all(middle, reach) {
                        1 => cell.right |= bit(i),
                        -1 => cell.left |= bit(i),
                        _ => (),
                    }
                }
            }
            cell
        });
    }

    /// What is known by an object's cells, for 64 rules from 64 times `word` on.
    pub fn known(&self, spot: &Spot, word: usize) -> Cell {
        let foot = self.grid.get(spot.cells[0], word);
        if !self.has_middles {
            return foot;
        }
        let middle = self.grid.get(spot.cells[1], word);
        let (zones, lines) = (self.middle_zones.word(word), self.middle_lines.word(word));
        let either = |set: u64, middle: u64, foot: u64| middle & set | foot & !set;
        Cell {
            sure: either(zones, middle.sure, foot.sure),
            inside: either(zones, middle.inside, foot.inside),
            right: either(lines, middle.right, foot.right),
            left: either(lines, middle.left, foot.left),
        }
    }

    /// Whether a place is in a zone.
    #[inline]
    pub fn in_zone(&self, zone: usize, at: Point) -> bool {
        self.areas[zone].is_near(at) && inside(self.layout.polygon(zone), at)
    }

    /// Whether a place is farther from a zone's border than the hysteresis.
    pub fn is_clear(&self, zone: usize, at: Point) -> bool {
        is_beyond(self.layout.polygon(zone), at, self.areas[zone].strip)
    }
}

impl Engine {
    /// Lines that nobody in the present frame can cross, as the stated hysteresis reaches from them to the frame's edge.
    pub fn shut(&self) -> impl Iterator<Item = usize> + '_ {
        let all = self.places.current.shut.iter().copied();
        all.filter(|i| self.here.lines.has(*i))
    }

    /// The hysteresis in the present frame, in pixels.
    pub fn hysteresis(&self) -> f32 {
        self.places.current.band
    }
}

/// Rules for the sizes of frames that came last.
#[derive(Debug, Default)]
pub struct BySize {
    /// For the size of the present frame.
    pub current: Places,
    /// Whether that is of the present rules.
    is_placed: bool,
    others: Vec<Places>,
    /// Which of the others goes next, once there are too many.
    next: usize,
}

/// Most other sizes of frames for which rules are kept.
const MAX_OTHERS: usize = 15;

impl BySize {
    /// The rules are others.
    pub fn forget(&mut self) {
        self.is_placed = false;
        self.others.clear();
    }

    /// Works out the pixels for a size of frame, if they are not known.
    pub fn place(&mut self, rules: &Rules, size: (u32, u32)) {
        if self.is_placed && self.current.layout.size() == size {
            return;
        }
        let mut known = self.others.iter();
        let places = match known.position(|places| places.layout.size() == size) {
            Some(at) => self.others.swap_remove(at),
            None => Places::new(rules, size),
        };
        let before = std::mem::replace(&mut self.current, places);
        if std::mem::replace(&mut self.is_placed, true) {
            self.keep(before);
        }
    }

    fn keep(&mut self, places: Places) {
        if self.others.len() < MAX_OTHERS {
            self.others.push(places);
        } else {
            self.next = (self.next + 1) % MAX_OTHERS;
            self.others[self.next] = places;
        }
    }
}

/// Whether a place is farther than a distance from all edges of a polygon.
fn is_beyond(polygon: &[Point], at: Point, least: f32) -> bool {
    let Some(mut before) = polygon.last().copied() else {
        return true;
    };
    polygon.iter().all(|corner| {
        let edge = std::mem::replace(&mut before, *corner);
        distance(at, edge, *corner) > least
    })
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
