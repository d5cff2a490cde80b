//! What must not be seen: opaque coverings that fail closed.
//!
//! What is decided here, and why:
//!
//! - A frame that inference looked at (`bInferDone`) is the truth: its objects are covered, what was remembered is
//!   forgotten. An object that the detector misses on such a frame is not covered.
//! - On every other frame the boxes of the last one stay, grown on each side by the margin and `growth` pixels per
//!   frame, for `hold` frames. A tracker's object takes the place of the remembered box with its id. Objects
//!   without an id are covered where they are, and remembered as well.
//! - After `hold` frames without inference, before the first one, after a seek, and after a change of what is to be
//!   redacted, nothing is known: `when_unknown` then decides whether the whole frame is filled. Objects that are
//!   there are covered in any case.
//! - A source that was never marked as inferred although it has objects (a probe that forgets `bInferDone`) stays
//!   unknown. Its boxes are not remembered, so that each frame shows its own.
//! - A box that is turned is covered by the upright box around it.
//! - Of an object a part may be covered alone: see [`Area`]. What of it cannot be told is covered whole.
//! - What cannot be covered by boxes is covered by the whole frame, whatever `when_unknown` says, until inference
//!   looks at another frame: a box that is no number, and more than [`MAX_BOXES`] boxes.
//! - Sources are remembered up to [`MAX_SOURCES`]; one more takes the place of the one whose last frame is oldest,
//!   which then starts unknown.

use nvds::{Color, Rect};

use super::canvas::{Canvas, Sink};
use super::style::{Redact, Redaction, WhenUnknown};

mod area;

pub use area::{Area, Parts, has_eyes};

/// Most boxes of a source: nvdsosd collects 1024.
pub const MAX_BOXES: usize = 1000;
/// Most sources.
pub const MAX_SOURCES: usize = 256;

/// What of an object is to be covered.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Covering {
    track: Option<u64>,
    /// With its margin.
    area: Area,
    color: Color,
    /// Frames since it was found.
    age: u32,
}

#[derive(Debug, Default)]
struct Source {
    id: u32,
    boxes: Vec<Covering>,
    /// Frames since inference looked at one, `None` where that is not known.
    skipped: Option<u32>,
    /// Whether inference ever looked at a frame: only then are boxes remembered.
    remembers: bool,
    /// What the boxes do not tell is covered by the whole frame.
    beyond: bool,
    /// Colour of a whole frame.
    color: Option<Color>,
    turn: u64,
}

/// How a frame is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// By the boxes.
    Boxes,
    /// By the boxes, which may not be all: nothing is known, and the style asks for no more.
    Exposed,
    /// Wholly.
    Frame,
}

/// What each source's frames are covered with.
#[derive(Debug, Default)]
pub struct Memory {
    sources: Vec<Source>,
    /// Which of `sources` the present frame is of.
    current: usize,
    turn: u64,
    inferred: bool,
}

impl Memory {
    /// A frame of a source starts. `inferred` tells whether inference looked at it.
    pub fn begin(&mut self, id: u32, inferred: bool, rules: &Redaction) {
        self.turn += 1;
        self.inferred = inferred;
        self.current = self.source(id);
        let source = &mut self.sources[self.current];
        source.turn = self.turn;
        if inferred {
            source.boxes.clear();
            source.beyond = false;
            source.skipped = Some(0);
            source.remembers = true;
        } else {
            source.skipped = source.skipped.map(|n| n.saturating_add(1));
            for covering in &mut source.boxes {
                covering.age = covering.age.saturating_add(1);
            }
            let hold = if source.remembers { rules.hold } else { 0 };
            source.boxes.retain(|covering| covering.age <= hold);
        }
    }

    /// Index of a source, which is added if need be.
    fn source(&mut self, id: u32) -> usize {
        if let Some(at) = self.sources.iter().position(|source| source.id == id) {
            return at;
        }
        let new = Source {
            id,
            ..Source::default()
        };
        if self.sources.len() < MAX_SOURCES {
            self.sources.push(new);
            return self.sources.len() - 1;
        }
        let longest = (0..self.sources.len()).min_by_key(|at| self.sources[*at].turn);
        let at = longest.unwrap_or(0);
        self.sources[at] = new;
        at
    }

    /// An area of an object of the present frame must not be seen; `None` is one of which no numbers tell.
    pub fn object(&mut self, track: Option<u64>, area: Option<Area>, redact: &Redact) {
        let inferred = self.inferred;
        let Some(source) = self.sources.get_mut(self.current) else {
            return;
        };
        source.color = Some(redact.color);
        let Some(area) = area else {
            source.beyond = true;
            return;
        };
        let new = Covering {
            track,
            area,
            color: redact.color,
            age: 0,
        };
        let known = (!inferred && track.is_some())
            .then(|| {
                source
                    .boxes
                    .iter()
                    .position(|c| c.track == track && c.age > 0)
            })
            .flatten();
        match known {
            Some(at) => source.boxes[at] = new,
            None if source.boxes.len() < MAX_BOXES => source.boxes.push(new),
            None => source.beyond = true,
        }
    }

    /// How the present frame is covered, once all its objects were told.
    pub fn cover(&self, rules: &Redaction) -> Cover {
        let Some(source) = self.sources.get(self.current) else {
            return Cover::Frame;
        };
        let known = source.skipped.is_some_and(|n| n <= rules.hold);
        match rules.when_unknown {
            _ if source.beyond => Cover::Frame,
            _ if known => Cover::Boxes,
            WhenUnknown::Frame => Cover::Frame,
            WhenUnknown::Nothing => Cover::Exposed,
        }
    }

    /// Covers the present frame.
    pub fn draw<S: Sink>(&self, rules: &Redaction, canvas: &mut Canvas<'_, S>) -> Cover {
        let source = self.sources.get(self.current);
        let cover = self.cover(rules);
        match (cover, source) {
            (Cover::Boxes | Cover::Exposed, Some(source)) => {
                // Of so many, each has its share of what nvdsosd draws.
                let most = MAX_BOXES / source.boxes.len().max(1);
                for covering in &source.boxes {
                    let grown = rules.growth.max(0.0) * covering.age as f32;
                    covering.area.cover(grown, most, covering.color, canvas);
                }
            }
            (_, source) => {
                let (width, height) = canvas.size();
                let frame = Rect {
                    left: 0.0,
                    top: 0.0,
                    width,
                    height,
                };
                let color = source.and_then(|s| s.color).unwrap_or(Color::BLACK);
                canvas.cover(&frame, color);
            }
        }
        cover
    }

    /// Forgets a source that ended.
    pub fn forget_source(&mut self, id: u32) {
        self.sources.retain(|source| source.id != id);
        self.current = usize::MAX;
    }

    /// Nothing is known any more until inference looks at a frame: after a seek, or when other classes are to be
    /// redacted. The boxes stay for as long as they may.
    pub fn doubt(&mut self) {
        for source in &mut self.sources {
            source.skipped = None;
        }
    }
}

/// A box with corners in order, grown by a part of its sides; `None` where it is no box of numbers.
fn with_margin(rect: &Rect, margin: f32) -> Option<Rect> {
    let mut rect = *rect;
    if rect.width < 0.0 {
        rect.left += rect.width;
        rect.width = -rect.width;
    }
    if rect.height < 0.0 {
        rect.top += rect.height;
        rect.height = -rect.height;
    }
    let margin = margin.max(0.0);
    let rect = grow(&rect, rect.width * margin, rect.height * margin);
    let numbers = [
        rect.left,
        rect.top,
        rect.left + rect.width,
        rect.top + rect.height,
    ];
    numbers.iter().all(|n| n.is_finite()).then_some(rect)
}

/// The upright box around one that is turned about its centre.
pub fn upright(rect: &Rect, degrees: f32) -> Rect {
    if degrees == 0.0 {
        return *rect;
    }
    let (sin, cos) = degrees.to_radians().sin_cos();
    let width = (rect.width * cos).abs() + (rect.height * sin).abs();
    let height = (rect.width * sin).abs() + (rect.height * cos).abs();
    Rect {
        left: rect.left + (rect.width - width) / 2.0,
        top: rect.top + (rect.height - height) / 2.0,
        width,
        height,
    }
}

fn grow(rect: &Rect, x: f32, y: f32) -> Rect {
    Rect {
        left: rect.left - x,
        top: rect.top - y,
        width: rect.width + 2.0 * x,
        height: rect.height + 2.0 * y,
    }
}

#[cfg(test)]
mod tests;
