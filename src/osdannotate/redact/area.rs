//! What of an object is covered: its box, a bar over its eyes, an ellipse over its face, or the box around its mask.
//!
//! All of it is opaque boxes in the end, as nvdsosd fills no other shape that has straight edges: what is turned or round
//! is covered by boxes stacked on each other, which reach as far as it does in each of their rows.
//!
//! Whatever a part cannot be told from is covered whole: key points of another number than those of faces and people,
//! eyes of which the network is not half sure or that lie outside the object, a mask that has nothing.

use nvds::{Color, KeyPoint, Mask, Rect};

use super::super::canvas::{Canvas, Point, Sink};
use super::super::style::RedactArea;
use super::{grow, with_margin};

/// The confidence from which on a key point counts.
const SEEN: f32 = 0.5;
/// How far outside of an object's box its eyes may be, as a part of its sides.
const OUTSIDE: f32 = 0.25;
/// Most boxes in a stack.
const MOST_STRIPS: usize = 24;
/// Corners of the polygon around an ellipse.
const ROUND: usize = 24;

/// What an object tells of where its parts are.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The upright box.
    pub rect: Rect,
    /// In pixels of the frame; none if they are not needed.
    pub points: &'a [KeyPoint],
    /// Of the upright box; `None` for none, or if it is not needed.
    pub mask: Option<Mask<'a>>,
}

/// An area to be covered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Area {
    /// An upright box.
    Upright(Rect),
    /// A box that is turned, or the ellipse in it.
    Turned(Turned),
}

/// A box that is turned about its centre, or the ellipse in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turned {
    pub centre: Point,
    /// Of length 1.
    pub along: Point,
    /// Half of the sides, along and across.
    pub half: (f32, f32),
    pub is_round: bool,
}

/// Where the points of a face are among an object's.
#[derive(Clone, Copy)]
struct Face {
    eyes: (usize, usize),
    nose: usize,
    ears: Option<(usize, usize)>,
    /// How many points from the first on are the face's.
    points: usize,
    /// Whether the object is the face, not one who has it.
    is_all: bool,
}

impl Face {
    /// By the number of points: five of faces, six of BlazeFace, 17 of people.
    fn of(points: usize) -> Option<Self> {
        let (eyes, nose, ears, is_all) = match points {
            5 => ((0, 1), 2, None, true),
            6 => ((0, 1), 2, Some((4, 5)), true),
            17 => ((1, 2), 0, Some((3, 4)), false),
            _ => return None,
        };
        Some(Self {
            eyes,
            nose,
            ears,
            points: points.min(if is_all { 6 } else { 5 }),
            is_all,
        })
    }
}

/// Whether the eyes of an object with so many points can be told at all.
pub fn has_eyes(points: usize) -> bool {
    Face::of(points).is_some()
}

impl Area {
    /// The area of an object that is to be covered; `None` where its box is no box of numbers.
    pub fn of(part: RedactArea, parts: &Parts<'_>, margin: f32) -> Option<Self> {
        let whole = with_margin(&parts.rect, margin)?;
        let found = match part {
            RedactArea::Box => None,
            RedactArea::Mask => of_mask(parts)
                .and_then(|rect| with_margin(&rect, margin))
                .map(Self::Upright),
            RedactArea::Eyes => Eyes::of(parts).map(|eyes| Self::Turned(eyes.bar(margin))),
            RedactArea::Face => Eyes::of(parts).map(|eyes| Self::Turned(eyes.face(margin))),
        };
        Some(found.unwrap_or(Self::Upright(whole)))
    }

    /// Covers it, grown by so many pixels on each side, with at most `most` boxes.
    pub fn cover<S: Sink>(
        &self,
        grown: f32,
        most: usize,
        color: Color,
        canvas: &mut Canvas<'_, S>,
    ) {
        match self {
            Self::Upright(rect) => canvas.cover(&grow(rect, grown, grown), color),
            Self::Turned(turned) => turned.cover(grown, most, color, canvas),
        }
    }
}

/// The eyes of an object.
#[derive(Clone, Copy)]
struct Eyes<'a> {
    rect: Rect,
    face: Face,
    points: &'a [KeyPoint],
    middle: Point,
    /// From one to the other, of length 1, or level where they are too near to tell.
    along: Point,
    distance: f32,
    /// How far apart they are on a face that is seen from the front.
    scale: f32,
}

impl<'a> Eyes<'a> {
    /// `None` where they are not known, or are not where they can be.
    fn of(parts: &Parts<'a>) -> Option<Self> {
        let points = parts.points;
        let face = Face::of(points.len())?;
        let rect = with_margin(&parts.rect, 0.0)?;
        let around = grow(&rect, OUTSIDE * rect.width, OUTSIDE * rect.height);
        let seen = |index: usize| {
            let point = points.get(index).filter(|point| point.confidence >= SEEN)?;
            let within = (around.left..=around.left + around.width).contains(&point.x)
                && (around.top..=around.top + around.height).contains(&point.y);
            within.then_some(Point::new(point.x, point.y))
        };
        let (one, other) = (seen(face.eyes.0)?, seen(face.eyes.1)?);
        let distance = one.distance(other);
        let middle = Point::new((one.x + other.x) / 2.0, (one.y + other.y) / 2.0);
        // On a face from the side they are near each other: what else is seen tells how large it is.
        let nose = seen(face.nose).map_or(0.0, |nose| nose.distance(middle));
        let ears = face.ears.map(|(one, other)| (seen(one), seen(other)));
        let between = |ears| match ears {
            (Some(one), Some(other)) => 0.42 * Point::distance(one, other),
            (Some(ear), None) | (None, Some(ear)) => 0.7 * Point::distance(ear, middle),
            (None, None) => 0.0,
        };
        let least = match face.is_all {
            true => 0.4 * rect.width.min(rect.height),
            false => 0.04 * rect.width.max(rect.height),
        };
        let scale = [nose, ears.map_or(0.0, between), least];
        let scale = scale.into_iter().fold(distance, f32::max);
        let along = match distance >= 0.3 * scale {
            true => Point::new((other.x - one.x) / distance, (other.y - one.y) / distance),
            false => Point::new(1.0, 0.0),
        };
        Some(Self {
            rect,
            face,
            points,
            middle,
            along,
            distance,
            scale,
        })
    }

    /// From beyond the outer corners of the eyes, and from above the brows to the cheeks.
    fn bar(&self, margin: f32) -> Turned {
        let half = (
            self.distance / 2.0 + (0.6 + margin) * self.scale,
            // Eyes that are above each other on a bar that is level.
            (0.4 + margin) * self.scale + self.aside(),
        );
        Turned {
            centre: self.middle,
            along: self.along,
            half,
            is_round: false,
        }
    }

    /// How far each eye is beside the line along which the bar lies.
    fn aside(&self) -> f32 {
        let (one, _) = self.face.eyes;
        let (_, across) = self.local(self.middle, &self.points[one]);
        across.abs()
    }

    /// From the forehead to the chin. On a face that is the object, in its box; on people, around the eyes.
    fn face(&self, margin: f32) -> Turned {
        let larger = 1.0 + 2.0 * margin;
        let level = self.along.y.abs() <= 0.34; // 20 degrees
        let (centre, half) = match (self.face.is_all, level) {
            (true, true) => (
                middle(&self.rect),
                (self.rect.width / 2.0, self.rect.height / 2.0),
            ),
            // The upright box around it tells less of one that is tilted.
            (true, false) => {
                let radius = 0.6 * self.rect.width.max(self.rect.height);
                (middle(&self.rect), (radius, radius))
            }
            (false, _) => (self.middle, (2.2 * self.scale, 2.2 * self.scale)),
        };
        let half = (half.0 * larger, half.1 * larger);
        let farther = self.reach(centre, half) / 0.85;
        let farther = farther.max(1.0);
        Turned {
            centre,
            along: self.along,
            half: (half.0 * farther, half.1 * farther),
            is_round: true,
        }
    }

    /// How far out the points of the face are that are seen, 1 on the ellipse.
    fn reach(&self, centre: Point, half: (f32, f32)) -> f32 {
        let points = self.points.iter().take(self.face.points);
        let around = grow(
            &self.rect,
            OUTSIDE * self.rect.width,
            OUTSIDE * self.rect.height,
        );
        let counts = |point: &&KeyPoint| {
            point.confidence >= SEEN
                && (around.left..=around.left + around.width).contains(&point.x)
                && (around.top..=around.top + around.height).contains(&point.y)
        };
        points.filter(counts).fold(0.0, |most: f32, point| {
            let (along, across) = self.local(centre, point);
            most.max(Point::new(along / half.0, across / half.1).length())
        })
    }

    /// A point along and across the line of the eyes, from a centre.
    fn local(&self, centre: Point, point: &KeyPoint) -> (f32, f32) {
        let (x, y) = (point.x - centre.x, point.y - centre.y);
        (
            x * self.along.x + y * self.along.y,
            y * self.along.x - x * self.along.y,
        )
    }
}

fn middle(rect: &Rect) -> Point {
    Point::new(rect.left + rect.width / 2.0, rect.top + rect.height / 2.0)
}

/// The box around the cells of a mask that belong to the object; `None` if none does, or the mask is not whole.
fn of_mask(parts: &Parts<'_>) -> Option<Rect> {
    let rect = with_margin(&parts.rect, 0.0)?;
    let mask = parts.mask?;
    let (width, height) = (mask.width as usize, mask.height as usize);
    if width.checked_mul(height) != Some(mask.data.len()) {
        return None;
    }
    let (mut columns, mut rows) = ((width, 0), (height, 0));
    for (row, values) in mask.data.chunks_exact(width.max(1)).enumerate() {
        let belongs = |value: &f32| *value > mask.threshold;
        let Some(first) = values.iter().position(belongs) else {
            continue;
        };
        let last = values.iter().rposition(belongs).unwrap_or(first);
        columns = (columns.0.min(first), columns.1.max(last + 1));
        rows = (rows.0.min(row), row + 1);
    }
    let (x, y) = (rect.width / width as f32, rect.height / height as f32);
    (rows.1 > 0).then(|| Rect {
        left: rect.left + x * columns.0 as f32,
        top: rect.top + y * rows.0 as f32,
        width: x * (columns.1 - columns.0) as f32,
        height: y * (rows.1 - rows.0) as f32,
    })
}

impl Turned {
    /// The corners, of an ellipse those of a polygon around it, and how many there are.
    fn polygon(&self, grown: f32) -> ([Point; ROUND], usize) {
        let half = (self.half.0 + grown, self.half.1 + grown);
        let count = if self.is_round { ROUND } else { 4 };
        // Beyond 1, so that the sides touch the ellipse; a box's corners are at the root of 2.
        let step = std::f32::consts::TAU / count as f32;
        let out = 1.0 / (step / 2.0).cos();
        let mut corners = [Point::default(); ROUND];
        for (index, corner) in corners[..count].iter_mut().enumerate() {
            let (sin, cos) = ((index as f32 + 0.5) * step).sin_cos();
            let (x, y) = (half.0 * out * cos, half.1 * out * sin);
            *corner = Point::new(
                self.centre.x + x * self.along.x - y * self.along.y,
                self.centre.y + x * self.along.y + y * self.along.x,
            );
        }
        (corners, count)
    }

    fn cover<S: Sink>(&self, grown: f32, most: usize, color: Color, canvas: &mut Canvas<'_, S>) {
        let (corners, count) = self.polygon(grown);
        let corners = &corners[..count];
        let (low, high) = corners
            .iter()
            .fold((f32::MAX, f32::MIN), |(low, high), corner| {
                (low.min(corner.y), high.max(corner.y))
            });
        let (top, bottom) = (low.floor().max(0.0), high.ceil().min(canvas.size().1));
        if top >= bottom {
            return; // outside the frame
        }
        let rows = bottom - top;
        let strips = most.clamp(1, MOST_STRIPS).min(rows as usize).max(1);
        let row = |strip: usize| top + (rows * strip as f32 / strips as f32).floor();
        for strip in 0..strips {
            let (from, to) = (row(strip), row(strip + 1));
            if let Some((left, right)) = extent(corners, from, to) {
                let rect = Rect {
                    left,
                    top: from,
                    width: right - left,
                    height: to - from,
                };
                canvas.cover(&rect, color);
            }
        }
    }
}

/// More than any rounding of the numbers below, in pixels.
const ROUNDING: f32 = 0.05;

/// From where to where a polygon reaches between two rows.
fn extent(corners: &[Point], from: f32, to: f32) -> Option<(f32, f32)> {
    let mut reach = (f32::MAX, f32::MIN);
    let next = corners.iter().cycle().skip(1);
    for (one, other) in corners.iter().zip(next) {
        let (upper, lower) = if one.y <= other.y {
            (one, other)
        } else {
            (other, one)
        };
        let (start, end) = (upper.y.max(from - ROUNDING), lower.y.min(to + ROUNDING));
        if start > end {
            continue;
        }
        let height = lower.y - upper.y;
        for y in [start, end] {
            let part = if height > 0.0 {
                ((y - upper.y) / height).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let x = upper.x + part * (lower.x - upper.x);
            reach = (reach.0.min(x), reach.1.max(x));
        }
        if height <= 0.0 {
            reach = (reach.0.min(lower.x), reach.1.max(lower.x));
        }
    }
    (reach.0 <= reach.1).then_some((reach.0 - ROUNDING, reach.1 + ROUNDING))
}

#[cfg(test)]
mod tests;
