//! What is looked for.
//!
//! Times are nanoseconds.

use crate::geometry::Anchor;
use crate::ground::Ground;
use crate::layout::{Length, Place};
use crate::set::Set;

/// What every rule has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scope {
    /// Told in results, and by which counts survive a change of rules.
    pub name: String,
    /// Sources that it holds for; empty for all.
    pub sources: Vec<u32>,
    /// Which point of a box is looked at.
    pub anchor: Anchor,
}

impl Scope {
    /// Whether the rule holds for a source.
    pub fn has_source(&self, source: u32) -> bool {
        self.sources.is_empty() || self.sources.contains(&source)
    }
}

/// An area.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// Name, sources, anchor.
    pub scope: Scope,
    /// Three or more corners.
    pub points: Vec<Place>,
    /// Who stays this long is told; `None` for nobody.
    pub dwell: Option<u64>,
    /// When there are too many.
    pub crowd: Option<Crowd>,
}

/// How many are a crowd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowd {
    /// This many or more.
    pub objects: u32,
    /// For this long.
    pub time: u64,
}

/// A line that tracks cross.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Name, sources, anchor.
    pub scope: Scope,
    /// Who walks from `a` to `b` on the screen has the "in" side on the right.
    pub a: Place,
    /// See `a`.
    pub b: Place,
}

/// A way that tracks may go.
#[derive(Debug, Clone, PartialEq)]
pub struct Direction {
    /// Name, sources, anchor.
    pub scope: Scope,
    /// Foot of the arrow.
    pub from: Place,
    /// Its head.
    pub to: Place,
    /// How far a way may turn from the arrow, in degrees, 0 to 180.
    pub angle: f32,
    /// Who moves less than this in [`Rules::window`] has no direction, along the frame's width.
    pub least: Length,
}

/// How long a track may stay at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Stationary {
    /// Name, sources, anchor.
    pub scope: Scope,
    /// Who stays this long is told.
    pub time: u64,
    /// Within this distance of where it was first, along the frame's width.
    pub radius: Length,
}

/// How fast tracks move over the ground. An object has the speed of the first rule that holds for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Speed {
    /// Name, sources, anchor.
    pub scope: Scope,
    /// From pixels to metres.
    pub ground: Ground,
    /// Who is faster is told, in metres per second; `None` for nobody.
    pub limit: Option<f32>,
}

/// Where objects were for how long: a grid of cells over the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeatMap {
    /// Cells from left to right.
    pub columns: u32,
    /// Cells from top to bottom.
    pub rows: u32,
}

/// Most cells of a [`HeatMap`].
pub const MAX_CELLS: u32 = 65_536;

/// All that is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Areas.
    pub zones: Vec<Zone>,
    /// Lines.
    pub lines: Vec<Line>,
    /// Ways.
    pub directions: Vec<Direction>,
    /// Standstills.
    pub stationary: Vec<Stationary>,
    /// Speeds.
    pub speeds: Vec<Speed>,
    /// Heat map of each source.
    pub heat_map: Option<HeatMap>,
    /// A track that was not seen for this long is gone.
    pub track_timeout: u64,
    /// The time over which movement is measured, for directions and speeds.
    pub window: u64,
    /// Half the width of the strip along borders and lines in which nobody changes sides, along the frame's height;
    /// `None` for [`crate::band`].
    pub hysteresis: Option<Length>,
}

/// Nanoseconds of a second.
pub const SECOND: u64 = 1_000_000_000;

impl Default for Rules {
    fn default() -> Self {
        Self {
            zones: Vec::new(),
            lines: Vec::new(),
            directions: Vec::new(),
            stationary: Vec::new(),
            speeds: Vec::new(),
            heat_map: None,
            track_timeout: 5 * SECOND,
            window: SECOND,
            hysteresis: None,
        }
    }
}

impl Rules {
    /// Whether anything needs the past of a track.
    pub fn needs_tracks(&self) -> bool {
        !(self.zones.is_empty()
            && self.lines.is_empty()
            && self.directions.is_empty()
            && self.stationary.is_empty()
            && self.speeds.is_empty())
    }

    /// Whether movement is measured.
    pub(crate) fn measures(&self) -> bool {
        !self.directions.is_empty() || !self.speeds.is_empty()
    }
}

/// Which rules hold for a kind of objects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fits {
    /// Of [`Rules::zones`].
    pub zones: Set,
    /// Of [`Rules::lines`].
    pub lines: Set,
    /// Of [`Rules::directions`].
    pub directions: Set,
    /// Of [`Rules::stationary`].
    pub stationary: Set,
    /// Of [`Rules::speeds`].
    pub speeds: Set,
}

impl Fits {
    /// All rules hold.
    pub fn all(rules: &Rules) -> Self {
        let all = |rules| std::iter::repeat_n(true, rules).collect();
        Self {
            zones: all(rules.zones.len()),
            lines: all(rules.lines.len()),
            directions: all(rules.directions.len()),
            stationary: all(rules.stationary.len()),
            speeds: all(rules.speeds.len()),
        }
    }
}
