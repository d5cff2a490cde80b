//! Objects in zones, and tracks that cross lines.
//!
//! - An object is in a zone when the mark's anchor (the foot, unless the style says otherwise) is inside, by the
//!   even-odd rule. A point on a border belongs to one side of it only, so that zones that share a border never
//!   count an object twice, and zones that fill an area count each object in it. The frame's right and lower edges
//!   belong to the zones that reach them, with the last column and row of pixels.
//! - The anchor is that of the box before it was cut at the frame's edges, where the metadata has it: who is beside
//!   the frame is in no zone of it. Who goes on below the frame stands on its lower edge.
//! - A zone's number is that of the present frame. A frame without any result (inference skipped it and it has no
//!   objects) leaves the number of the frame before.
//! - A line counts a track when its anchor has changed sides and the straight way from where it was last clearly on
//!   the one side to where it is first clearly on the other meets the line, its ends included. Clearly means by more
//!   than [`band`] pixels: an object that trembles on the line, walks along it or turns back is not counted, one that
//!   comes back across is counted once more, the other way round. Who walks around an end of the line is not counted.
//! - A track that is forgotten (`trace-timeout`) and comes again starts on the side where it comes.
//! - Crossings are counted per source, and kept when a changed style has a line of the same name.

use super::canvas::Point;
use super::style::{self, Anchor};
use super::tracks::Side;

/// Most sources that are counted; one more takes the place of the one whose last frame is oldest.
pub const MAX_SOURCES: usize = 256;

/// Half the width of the strip along a line that belongs to neither side, in a frame of this height: what a
/// detector's boxes tremble by.
pub fn band(height: u32) -> f32 {
    (height as f32 / 300.0).max(2.0)
}

/// A line in pixels of the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Segment {
    pub a: Point,
    pub b: Point,
}

/// A track's way across a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crossing {
    In,
    Out,
}

impl Segment {
    fn length(&self) -> f32 {
        self.a.distance(self.b)
    }

    /// Distance from the endless line, positive on its right; `None` if the line has no direction.
    fn distance(&self, at: Point) -> Option<f32> {
        let length = self.length();
        let (x, y) = (self.b.x - self.a.x, self.b.y - self.a.y);
        (length > 0.0).then(|| (x * (at.y - self.a.y) - y * (at.x - self.a.x)) / length)
    }

    /// Takes note of where a track is, and tells whether it has crossed the line.
    pub fn pass(&self, side: &mut Side, at: Point, band: f32) -> Option<Crossing> {
        let after = self.distance(at)?;
        if after.is_nan() || after.abs() <= band {
            return None;
        }
        let before = std::mem::replace(
            side,
            Side {
                side: if after > 0.0 { 1 } else { -1 },
                at,
            },
        );
        if before.side == 0 || before.side == side.side {
            return None;
        }
        // Where the way meets the endless line, as a part of the way, then as a part of the line.
        let distance = self.distance(before.at)?;
        let part = distance / (distance - after);
        let (x, y) = (
            before.at.x + part * (at.x - before.at.x) - self.a.x,
            before.at.y + part * (at.y - before.at.y) - self.a.y,
        );
        let length = self.length();
        let along = (x * (self.b.x - self.a.x) + y * (self.b.y - self.a.y)) / (length * length);
        // A thousandth of a pixel for what the division lost.
        let slack = 0.001 / length;
        (-slack..=1.0 + slack).contains(&along).then_some({
            if side.side > 0 {
                Crossing::In
            } else {
                Crossing::Out
            }
        })
    }
}

/// Where a foot stands, in a frame of this height: what is below is not seen.
fn stands_at(y: f32, height: u32) -> f32 {
    match height {
        0 => y,
        height => y.min(height as f32),
    }
}

/// A coordinate, moved from the frame's right or lower edge into the last column or row of pixels: polygons do not
/// own their right and lower borders.
fn within(at: f32, side: u32) -> f32 {
    let last = side.saturating_sub(1) as f32;
    if last > 0.0 && at >= last && at <= side as f32 {
        last.next_down()
    } else {
        at
    }
}

/// Whether all corners lie on one side of a frame of this size, and beyond it.
fn is_beside(corners: &[Point], (width, height): (u32, u32)) -> bool {
    let (width, height) = (width as f32, height as f32);
    let all = |beyond: &dyn Fn(&Point) -> bool| corners.iter().all(beyond);
    all(&|p| p.x < 0.0) || all(&|p| p.y < 0.0) || all(&|p| p.x > width) || all(&|p| p.y > height)
}

/// Whether a point is inside a polygon.
pub fn inside(polygon: &[Point], at: Point) -> bool {
    let Some(mut before) = polygon.last() else {
        return false;
    };
    let mut inside = false;
    for corner in polygon {
        // An edge owns its upper end and not its lower one, so that a corner is met once.
        if (corner.y > at.y) != (before.y > at.y) {
            let x = corner.x + (at.y - corner.y) * (before.x - corner.x) / (before.y - corner.y);
            if at.x < x {
                inside = !inside;
            }
        }
        before = corner;
    }
    inside
}

/// What is counted of one source.
#[derive(Debug, Default)]
struct Source {
    id: u32,
    zones: Vec<u32>,
    lines: Vec<(u64, u64)>,
    turn: u64,
}

/// The zones and lines of a style, in pixels, and what was counted.
#[derive(Debug, Default)]
pub struct Zones {
    size: Option<(u32, u32)>,
    /// Corners of all zones, and where each zone's end.
    corners: Vec<Point>,
    ends: Vec<usize>,
    segments: Vec<Segment>,
    /// Zones and lines that lie beside the frame: which, and whether it is a line.
    beside: Vec<(usize, bool)>,
    /// Names of the lines, by which counts survive a change of style.
    names: Vec<String>,
    sources: Vec<Source>,
    /// Which of `sources` the present frame is of.
    current: usize,
    turn: u64,
    /// Objects of the present frame in each zone.
    fresh: Vec<u32>,
    objects: usize,
    inferred: bool,
}

impl Zones {
    /// Takes the zones and lines of a style. Returns whether the lines are others, or in another order: sides that
    /// tracks remember do not fit any more.
    pub fn set_style(&mut self, zones: &[style::Zone], lines: &[style::Line]) -> bool {
        self.size = None;
        self.fresh.clear();
        self.fresh.resize(zones.len(), 0);
        let same = self.names.len() == lines.len()
            && self
                .names
                .iter()
                .zip(lines)
                .all(|(name, line)| *name == line.mark.name);
        for source in &mut self.sources {
            source.zones.clear();
            source.zones.resize(zones.len(), 0);
            if !same {
                let old = std::mem::take(&mut source.lines);
                let count = |line: &style::Line| {
                    let at = self.names.iter().position(|name| *name == line.mark.name);
                    at.and_then(|at| old.get(at)).copied().unwrap_or_default()
                };
                source.lines = lines.iter().map(count).collect();
            }
        }
        if !same {
            self.names = lines.iter().map(|line| line.mark.name.clone()).collect();
        }
        !same
    }

    /// A frame of a source starts. Zones and lines in parts of the frame have no place while its size is unknown,
    /// and count nothing then.
    pub fn begin(
        &mut self,
        style: &style::Style,
        source: u32,
        size: Option<(u32, u32)>,
        inferred: bool,
    ) {
        self.turn += 1;
        self.inferred = inferred;
        self.objects = 0;
        self.fresh.fill(0);
        self.place(style, size.unwrap_or_default());
        self.current = self.source(source);
        if let Some(source) = self.sources.get_mut(self.current) {
            source.turn = self.turn;
        }
    }

    /// Index of a source, which is added if need be.
    fn source(&mut self, id: u32) -> usize {
        if let Some(at) = self.sources.iter().position(|source| source.id == id) {
            return at;
        }
        if self.sources.len() >= MAX_SOURCES {
            let longest = (0..self.sources.len()).min_by_key(|at| self.sources[*at].turn);
            if let Some(at) = longest {
                self.sources.swap_remove(at);
            }
        }
        self.sources.push(Source {
            id,
            zones: vec![0; self.fresh.len()],
            lines: vec![(0, 0); self.names.len()],
            turn: self.turn,
        });
        self.sources.len() - 1
    }

    /// Works out the pixels for a size of frame, which seldom changes.
    fn place(&mut self, style: &style::Style, size: (u32, u32)) {
        if self.size == Some(size) {
            return;
        }
        self.size = Some(size);
        self.corners.clear();
        self.ends.clear();
        self.segments.clear();
        let pixels = |point: &style::Point| {
            let (x, y) = point.pixels(size);
            Point::new(x, y)
        };
        for zone in &style.zones {
            self.corners.extend(zone.points.iter().map(pixels));
            self.ends.push(self.corners.len());
        }
        self.segments.extend(style.lines.iter().map(|line| Segment {
            a: pixels(&line.a),
            b: pixels(&line.b),
        }));
        self.beside.clear();
        if size.0 == 0 || size.1 == 0 {
            return;
        }
        let zones = (0..style.zones.len()).filter(|i| is_beside(self.polygon(*i), size));
        let lines = (0..style.lines.len()).filter(|i| {
            let Segment { a, b } = self.segment(*i);
            is_beside(&[a, b], size)
        });
        let beside: Vec<_> = zones
            .map(|i| (i, false))
            .chain(lines.map(|i| (i, true)))
            .collect();
        self.beside = beside;
    }

    /// The zones and lines of the present frame's source that lie beside the frame, so that they can count nothing,
    /// with the size of the frame: as text for a warning.
    pub fn beside(&self, style: &style::Style) -> Option<String> {
        if self.beside.is_empty() {
            return None;
        }
        let source = self.sources.get(self.current)?.id;
        let marks = self.beside.iter().filter_map(|(i, is_line)| {
            let (kind, mark) = match is_line {
                true => ("line", &style.lines.get(*i)?.mark),
                false => ("zone", &style.zones.get(*i)?.mark),
            };
            mark.filter
                .has_source(source)
                .then(|| format!("{kind}.{}", mark.name))
        });
        let marks: Vec<_> = marks.collect();
        let (width, height) = self.size.unwrap_or_default();
        (!marks.is_empty()).then(|| {
            format!(
                "nothing can be counted in {}: outside the frame of {width}x{height} pixels; numbers of points are \
                 pixels, \"50%\" is the middle",
                marks.join(", ")
            )
        })
    }

    /// Corners of a zone.
    pub fn polygon(&self, zone: usize) -> &[Point] {
        let start = match zone {
            0 => 0,
            _ => self.ends.get(zone - 1).copied().unwrap_or_default(),
        };
        let end = self.ends.get(zone).copied().unwrap_or_default();
        self.corners.get(start..end).unwrap_or_default()
    }

    /// Place of a line.
    pub fn segment(&self, line: usize) -> Segment {
        self.segments.get(line).copied().unwrap_or_default()
    }

    /// Counts an object of the present frame; `sides` are those of its track, empty without one. Returns whether a
    /// line counts objects of its kind.
    pub fn object(
        &mut self,
        style: &style::Style,
        subject: &style::Subject<'_>,
        sides: &mut [Side],
    ) -> bool {
        self.objects += 1;
        let Some(source) = self.sources.get(self.current).map(|s| s.id) else {
            return false;
        };
        let size = self.size.unwrap_or_default();
        let anchor = |mark: &style::Mark| {
            let (x, y) = mark.anchor.of(&subject.whole);
            match mark.anchor {
                Anchor::Foot => Point::new(x, stands_at(y, size.1)),
                Anchor::Centre => Point::new(x, y),
            }
        };
        let zones = style.zones.iter().zip(&subject.counted.zones).enumerate();
        for (i, (zone, _)) in zones.filter(|(_, (_, counts))| **counts) {
            let at = anchor(&zone.mark);
            let at = Point::new(within(at.x, size.0), within(at.y, size.1));
            if zone.mark.filter.has_source(source)
                && inside(self.polygon(i), at)
                && let Some(count) = self.fresh.get_mut(i)
            {
                *count += 1;
            }
        }
        let lines = style.lines.iter().zip(&subject.counted.lines);
        let counts =
            |(line, counts): (&style::Line, &bool)| *counts && line.mark.filter.has_source(source);
        let needs_id = lines.clone().any(counts);
        for (i, ((line, counted), side)) in lines.zip(sides).enumerate() {
            if !counts((line, counted)) {
                continue;
            }
            let crossing = self.segment(i).pass(side, anchor(&line.mark), band(size.1));
            let source = self.sources.get_mut(self.current);
            let Some((into, out)) = source.and_then(|s| s.lines.get_mut(i)) else {
                continue;
            };
            match crossing {
                Some(Crossing::In) => *into += 1,
                Some(Crossing::Out) => *out += 1,
                None => (),
            }
        }
        needs_id
    }

    /// All objects of the present frame were told.
    pub fn end(&mut self) {
        if let Some(source) = self.sources.get_mut(self.current)
            && (self.inferred || self.objects > 0)
        {
            source.zones.clone_from(&self.fresh);
        }
    }

    /// What templates tell of the present frame's source.
    pub fn counts(&self) -> style::Counts<'_> {
        match self.sources.get(self.current) {
            Some(source) => style::Counts {
                zones: &source.zones,
                lines: &source.lines,
            },
            None => style::Counts::default(),
        }
    }

    /// Forgets a source that ended.
    pub fn forget_source(&mut self, id: u32) {
        self.sources.retain(|source| source.id != id);
        self.current = usize::MAX;
    }
}

#[cfg(test)]
mod tests;
