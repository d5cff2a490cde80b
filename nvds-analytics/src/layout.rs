//! Where zones and lines lie in a frame of some size.

use crate::geometry::{Point, Segment, is_beside};

/// A length in a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// Pixels.
    Pixels(f32),
    /// Of the frame's width or height, 1 being all of it.
    Fraction(f32),
}

impl Length {
    /// In pixels, along a side of the frame with `side` pixels.
    pub fn pixels(self, side: u32) -> f32 {
        match self {
            Self::Pixels(pixels) => pixels,
            Self::Fraction(part) => part * side as f32,
        }
    }
}

/// A place in a frame of any size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// From the left edge.
    pub x: Length,
    /// From the upper edge.
    pub y: Length,
}

impl Place {
    /// In pixels of a frame of this width and height.
    pub fn pixels(self, (width, height): (u32, u32)) -> Point {
        Point::new(self.x.pixels(width), self.y.pixels(height))
    }
}

/// Zones and lines in pixels of a frame.
#[derive(Debug, Default)]
pub struct Layout {
    size: (u32, u32),
    /// Corners of all zones, and where each zone's end.
    corners: Vec<Point>,
    ends: Vec<usize>,
    segments: Vec<Segment>,
    /// Zones and lines that lie beside the frame: which, and whether it is a line.
    beside: Vec<(usize, bool)>,
}

impl Layout {
    /// For a size of frame, 0 for an unknown one.
    pub fn new<'m>(
        size: (u32, u32),
        zones: impl Iterator<Item = &'m [Place]>,
        lines: impl Iterator<Item = (Place, Place)>,
    ) -> Self {
        let mut this = Self {
            size,
            ..Self::default()
        };
        for zone in zones {
            let corners = zone.iter().map(|point| point.pixels(size));
            this.corners.extend(corners);
            this.ends.push(this.corners.len());
        }
        this.segments.extend(lines.map(|(a, b)| Segment {
            a: a.pixels(size),
            b: b.pixels(size),
        }));
        if size.0 > 0 && size.1 > 0 {
            this.beside = this.find_beside();
        }
        this
    }

    fn find_beside(&self) -> Vec<(usize, bool)> {
        let zones = (0..self.ends.len()).filter(|i| is_beside(self.polygon(*i), self.size));
        let lines = (0..self.segments.len()).filter(|i| {
            let Segment { a, b } = self.segment(*i);
            is_beside(&[a, b], self.size)
        });
        let zones = zones.map(|i| (i, false));
        zones.chain(lines.map(|i| (i, true))).collect()
    }

    /// Size of the frame, 0 if it is unknown.
    pub fn size(&self) -> (u32, u32) {
        self.size
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

    /// Zones and lines that lie beside the frame, so that nothing can be counted: which, and whether it is a line.
    pub fn beside(&self) -> &[(usize, bool)] {
        &self.beside
    }
}
