//! Objects in zones, and tracks that cross lines, as a style has them. What is inside and what crosses, `nvds-analytics` says.
//!
//! - An object is in a zone when the mark's anchor (the foot, unless the style says otherwise) is inside.
//! - The anchor is that of the box before it was cut at the frame's edges, where the metadata has it: who is beside
//!   the frame is in no zone of it. Who goes on below the frame stands on its lower edge.
//! - A zone's number is that of the present frame. A frame without any result (inference skipped it and it has no
//!   objects) leaves the number of the frame before.
//! - A track that is forgotten (`trace-timeout`) and comes again starts on the side where it comes.
//! - Crossings are counted per source, and kept when a changed style has a line of the same name.

use std::collections::HashMap;

use nvds_analytics::{Crossing, Layout, Point, Segment, Side, band, inside, within};

use super::style;

/// Most sources that are counted; one more takes the place of the one whose last frame is oldest.
pub const MAX_SOURCES: usize = 256;

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
    layout: Layout,
    /// Whether that is of the present style.
    is_placed: bool,
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
        self.is_placed = false;
        self.fresh.clear();
        self.fresh.resize(zones.len(), 0);
        let same = self.names.len() == lines.len()
            && self
                .names
                .iter()
                .zip(lines)
                .all(|(name, line)| *name == line.mark.name);
        let known = self.names.iter().enumerate();
        let known: HashMap<&str, usize> = known.map(|(at, name)| (&**name, at)).collect();
        for source in &mut self.sources {
            source.zones.clear();
            source.zones.resize(zones.len(), 0);
            if !same {
                let old = std::mem::take(&mut source.lines);
                let count = |line: &style::Line| {
                    let at = known.get(&*line.mark.name);
                    at.and_then(|at| old.get(*at)).copied().unwrap_or_default()
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

    /// Works out the pixels for a size of frame.
    fn place(&mut self, style: &style::Style, size: (u32, u32)) {
        if self.is_placed && self.layout.size() == size {
            return; // sizes seldom change
        }
        let zones = style.zones.iter().map(|zone| &*zone.points);
        let lines = style.lines.iter().map(|line| (line.a, line.b));
        self.layout = Layout::new(size, zones, lines);
        self.is_placed = true;
    }

    /// The zones and lines of the present frame's source that lie beside the frame, so that they can count nothing,
    /// with the size of the frame: as text for a warning.
    pub fn beside(&self, style: &style::Style) -> Option<String> {
        if self.layout.beside().is_empty() {
            return None;
        }
        let source = self.sources.get(self.current)?.id;
        let marks = self.layout.beside().iter().filter_map(|(i, is_line)| {
            let (kind, mark) = match is_line {
                true => ("line", &style.lines.get(*i)?.mark),
                false => ("zone", &style.zones.get(*i)?.mark),
            };
            mark.filter
                .has_source(source)
                .then(|| format!("{kind}.{}", mark.name))
        });
        let marks: Vec<_> = marks.collect();
        let (width, height) = self.layout.size();
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
        self.layout.polygon(zone)
    }

    /// Place of a line.
    pub fn segment(&self, line: usize) -> Segment {
        self.layout.segment(line)
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
        let size = self.layout.size();
        let whole = &subject.whole;
        let rect = [whole.left, whole.top, whole.width, whole.height];
        let anchor = |mark: &style::Mark| mark.anchor.in_frame(rect, size.1);
        let zones = style.zones.iter().zip(&subject.counted.zones).enumerate();
        for (i, (zone, _)) in zones.filter(|(_, (_, counts))| **counts) {
            let at = within(anchor(&zone.mark), size);
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
