//! What happened in a frame.

use crate::geometry::{Crossing, Point};

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// What it was.
    pub what: What,
    /// Number of the rule, in the list of its sort.
    pub rule: usize,
    /// Source of the frame.
    pub source: u32,
    /// Number of the frame in its source.
    pub frame: i32,
    /// Nanoseconds of the frame, or of the last one with a time.
    pub pts: u64,
    /// Track id; `None` where it happened to a zone.
    pub track: Option<u64>,
    /// The kind that the caller gave the object.
    pub kind: u32,
    /// Where the object was, at the rule's anchor; the frame's corner where it happened to a zone.
    pub at: Point,
}

/// What happens. Times are nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What {
    /// A track came into a zone.
    Entered {
        /// It was seen first in there.
        appeared: bool,
    },
    /// A track went out of a zone.
    Left {
        /// Time in the zone, until it was seen last.
        dwell: u64,
        /// It was not seen any more.
        vanished: bool,
    },
    /// A track crossed a line.
    Crossed(Crossing),
    /// A track stays in a zone for too long.
    DwellExceeded {
        /// Time in the zone so far.
        dwell: u64,
    },
    /// A zone is too full.
    Crowded {
        /// Objects in it.
        objects: u32,
    },
    /// A zone is no longer too full.
    CrowdEnded {
        /// Objects in it.
        objects: u32,
        /// How long it was.
        lasted: u64,
    },
    /// A track stays where it is.
    Stationary {
        /// Since it came there.
        lasted: u64,
    },
    /// A track that stayed where it was moves on.
    Moved {
        /// How long it stayed.
        lasted: u64,
    },
    /// A track goes a way.
    Direction,
    /// A track is faster than allowed.
    SpeedExceeded {
        /// Metres per second.
        speed: f32,
    },
}

impl What {
    /// The event's name, as messages and lines of JSON have it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Entered { .. } => "entered",
            Self::Left { .. } => "left",
            Self::Crossed(_) => "crossed",
            Self::DwellExceeded { .. } => "dwell-exceeded",
            Self::Crowded { .. } => "crowded",
            Self::CrowdEnded { .. } => "crowd-ended",
            Self::Stationary { .. } => "stationary",
            Self::Moved { .. } => "moved",
            Self::Direction => "direction",
            Self::SpeedExceeded { .. } => "speed-exceeded",
        }
    }
}
