//! What is counted of a source.

use crate::geometry::Crossing;

/// Most kinds that a line counts apart; further ones are counted as the last.
pub const MAX_KINDS: usize = 64;

/// What is counted of a zone. Times are nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ZoneCount {
    /// Objects in it in the last frame with a result, with a track id or not, without hysteresis.
    pub objects: u32,
    /// Tracks in it, those that are hidden for a while too. `entered - left`.
    pub tracks: u32,
    /// Tracks that came in, or were seen in it first.
    pub entered: u64,
    /// Tracks that went out, or were not seen any more.
    pub left: u64,
    /// The longest stay of the tracks in the frame, so far.
    pub dwell_now: u64,
    /// The longest stay of all.
    pub dwell_max: u64,
    /// All stays that ended, together.
    pub dwell_sum: u128,
    /// Whether it is too full.
    pub crowded: bool,
    /// Since when there are too many, or no longer, if that is not told yet.
    pub(super) turning: Option<u64>,
    /// When it became too full.
    pub(super) crowded_since: u64,
}

impl ZoneCount {
    /// The mean of the stays that ended, 0 as long as there is none.
    pub fn dwell_mean(&self) -> u64 {
        match self.left {
            0 => 0,
            left => u64::try_from(self.dwell_sum / u128::from(left)).unwrap_or(u64::MAX),
        }
    }
}

/// Crossings of a line by objects of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindCount {
    /// As the caller numbers them.
    pub kind: u32,
    /// Towards the right.
    pub into: u64,
    /// Towards the left.
    pub out: u64,
}

/// What is counted of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineCount {
    /// Crossings in the present frame, in and out.
    pub now: (u32, u32),
    /// Crossings so far.
    pub into: u64,
    /// See `into`.
    pub out: u64,
    /// The same by kind, in the order in which kinds came.
    pub kinds: Vec<KindCount>,
}

impl LineCount {
    pub(super) fn add(&mut self, crossing: Crossing, kind: u32) {
        let at = match self.kinds.iter().position(|count| count.kind == kind) {
            Some(at) => at,
            None if self.kinds.len() < MAX_KINDS => {
                let (into, out) = (0, 0);
                self.kinds.push(KindCount { kind, into, out });
                self.kinds.len() - 1
            }
            None => MAX_KINDS - 1,
        };
        let of_kind = &mut self.kinds[at];
        match crossing {
            Crossing::In => {
                self.now.0 += 1;
                self.into += 1;
                of_kind.into += 1;
            }
            Crossing::Out => {
                self.now.1 += 1;
                self.out += 1;
                of_kind.out += 1;
            }
        }
    }
}

/// What is found in a zone in a frame.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fresh {
    /// See [`ZoneCount::objects`].
    pub objects: u32,
    /// See [`ZoneCount::dwell_now`].
    pub dwell: u64,
}

/// What is counted of a source.
#[derive(Debug, Default)]
pub struct Source {
    /// The source.
    pub id: u32,
    /// Of each zone.
    pub zones: Vec<ZoneCount>,
    /// Of each line.
    pub lines: Vec<LineCount>,
    /// Tracks of the present frame that go each way.
    pub directions: Vec<u32>,
    /// Tracks of the present frame that stay where they are, by rule.
    pub stationary: Vec<u32>,
    /// Nanoseconds that objects were in each cell, row by row.
    pub heat: Vec<u64>,
    /// Tracks so far.
    pub tracks: u64,
    /// Frames so far.
    pub frames: u64,
    /// Number of the last frame.
    pub frame: i32,
    /// Nanoseconds of the last frame.
    pub time: u64,
    /// When the last summary was.
    pub(super) summary: Option<u64>,
    pub(super) turn: u64,
    /// Of each zone, what the present frame has brought so far.
    pub(super) fresh: Vec<Fresh>,
    /// The time that an object of the present frame spends in its cell.
    pub(super) step: u64,
    pub(super) started: bool,
}
