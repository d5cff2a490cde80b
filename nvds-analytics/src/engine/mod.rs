//! The engine: objects of frame after frame in, counts and events out.
//!
//! - Time is the frames' PTS, so that a film gives the same result at any speed. A frame without one has the time of the
//!   frame before.
//! - A track enters a zone when its point is inside and farther from the border than the hysteresis, and leaves it when
//!   it is outside and as far; where it is first seen, inside is inside. So `entered - left` is the number of tracks in
//!   it, those that are hidden for a while too.
//! - A track that was not seen for [`Rules::track_timeout`] is gone: it left all its zones when it was seen last. One
//!   that comes back before goes on.
//! - Track ids belong to their source.
//! - Memory is bounded, as [`crate::tracks`] says.

mod counts;
mod grid;
mod heat;
mod places;
mod sources;
mod state;
mod track;

pub use counts::{KindCount, LineCount, MAX_KINDS, Source, ZoneCount};

use crate::event::{Event, What};
use crate::geometry::{Anchor, Point, within};
use crate::rules::{Fits, Rules};
use crate::set::Set;
use crate::tracks::Tracks;

use places::BySize;
use state::State;

/// Most sources that are counted; one more takes the place of the one whose last frame is oldest.
pub const MAX_SOURCES: usize = 256;
/// What an object adds to a heat map at most, in nanoseconds: not the time of a gap.
const MAX_STEP: u64 = crate::rules::SECOND;

/// A frame, before its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Frame {
    /// Its source.
    pub source: u32,
    /// Its number in the source.
    pub number: i32,
    /// Nanoseconds; `None` without a time.
    pub pts: Option<u64>,
    /// Width and height in pixels, if known.
    pub size: Option<(u32, u32)>,
    /// Whether inference looked at it.
    pub inferred: bool,
}

/// An object of a frame.
#[derive(Debug, Clone, Copy)]
pub struct Object<'a> {
    /// Track id, `None` before a tracker.
    pub track: Option<u64>,
    /// Left, top, width and height in pixels.
    pub rect: [f32; 4],
    /// A number for its class, given back in events and counts.
    pub kind: u32,
    /// Which rules hold for the kind.
    pub fits: &'a Fits,
}

/// Something that holds for an object in the present frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is in a zone, for so many nanoseconds.
    Zone(usize, u64),
    /// It crossed a line inwards.
    In(usize),
    /// It crossed a line outwards.
    Out(usize),
    /// It goes a way.
    Direction(usize),
    /// It stays where it is, for so many nanoseconds.
    Stationary(usize, u64),
}

/// What was found out about an object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// What holds for it, zones first.
    pub marks: Vec<Mark>,
    /// Metres per second, as far as that can be told.
    pub speed: Option<f32>,
    /// Pixels per second, as far as that can be told.
    pub velocity: Option<Point>,
}

/// How many rules there are of each sort, and what that means.
#[derive(Debug, Clone, Copy, Default)]
struct Sizes {
    needs_tracks: bool,
    zones: usize,
    lines: usize,
    directions: usize,
    stationary: usize,
    speeds: usize,
}

/// The rules that hold for the present frame's source.
#[derive(Debug, Default)]
pub struct Here {
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

/// Where an object is, by anchor.
#[derive(Debug, Clone, Copy)]
struct Spot {
    centre: Point,
    foot: Point,
    /// The frame's.
    size: (u32, u32),
    /// The cells of foot and centre.
    cells: [usize; 2],
}

impl Spot {
    fn at(&self, anchor: Anchor) -> Point {
        match anchor {
            Anchor::Centre => self.centre,
            Anchor::Foot => self.foot,
        }
    }

    /// For zones: the same, with the frame's right and lower edges within.
    fn within(&self, anchor: Anchor) -> Point {
        within(self.at(anchor), self.size)
    }
}

/// Counts and remembers.
#[derive(Debug)]
pub struct Engine {
    rules: Rules,
    sizes: Sizes,
    here: Here,
    places: BySize,
    tracks: Tracks,
    /// Of each slot of `tracks`.
    states: Vec<State>,
    sources: Vec<Source>,
    /// Which of `sources` the present frame is of.
    current: usize,
    turn: u64,
    frame: Frame,
    objects: usize,
    events: Vec<Event>,
    found: Found,
    forgotten: Vec<u32>,
    /// Sources that others took the place of while their frames came.
    displaced: u64,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(Rules::default())
    }
}

impl Engine {
    /// An engine that has seen nothing.
    pub fn new(rules: Rules) -> Self {
        let mut this = Self {
            rules: Rules::default(),
            sizes: Sizes::default(),
            here: Here::default(),
            places: BySize::default(),
            tracks: Tracks::watched(),
            states: Vec::new(),
            sources: Vec::new(),
            current: usize::MAX,
            turn: 0,
            frame: Frame::default(),
            objects: 0,
            // Room for a busy frame: no later one is to wait for memory.
            events: Vec::with_capacity(256),
            found: Found::default(),
            forgotten: Vec::with_capacity(256),
            displaced: 0,
        };
        this.set_rules(rules);
        this
    }

    /// What is looked for.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Which rules hold for the present frame's source.
    pub fn here(&self) -> &Here {
        &self.here
    }

    /// Events since the last call of [`Self::clear_events`], in the order in which they happened.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Events were told.
    pub fn clear_events(&mut self) {
        self.events.clear();
    }

    /// A frame of a source starts.
    pub fn begin(&mut self, frame: Frame) {
        self.turn += 1;
        self.frame = frame;
        self.objects = 0;
        self.places
            .place(&self.rules, frame.size.unwrap_or_default());
        self.current = self.source(frame.source);
        self.tracks
            .begin(frame.source, frame.pts, self.rules.track_timeout);
        let time = self.tracks.time();
        let turn = self.turn;
        if let Some(source) = self.sources.get_mut(self.current) {
            source.begin(time, turn);
            source.frame = frame.number;
        }
        self.close_forgotten();
        self.choose();
    }

    /// Chooses the rules of the present frame's source.
    fn choose(&mut self) {
        let source = self.frame.source;
        let rules = &self.rules;
        macro_rules! choose {
            ($($sort:ident)*) => {$(
                let here = rules.$sort.iter().map(|rule| rule.scope.has_source(source));
                self.here.$sort.fill(here);
            )*};
        }
        choose!(zones lines directions stationary speeds);
    }

    /// An object of the present frame. Returns what is found out about it.
    pub fn object(&mut self, object: &Object<'_>) -> &Found {
        self.objects += 1;
        self.found.marks.clear();
        self.found.speed = None;
        self.found.velocity = None;
        let places = &mut self.places.current;
        let size = places.layout.size();
        let centre = Anchor::Centre.in_frame(object.rect, size.1);
        let foot = Anchor::Foot.in_frame(object.rect, size.1);
        let spot = Spot {
            centre,
            foot,
            size,
            cells: places.find(foot, centre),
        };
        self.heat(spot.foot, size);
        if let Some(id) = object.track.filter(|_| self.sizes.needs_tracks)
            && let Some(track) = self.tracks.see(id, spot.foot, 0)
        {
            self.tracked(track.index(), id, object, &spot);
        } else {
            self.untracked(object, &spot);
        }
        &self.found
    }

    /// An object without a past is in zones, and that is all.
    fn untracked(&mut self, object: &Object<'_>, spot: &Spot) {
        let Some(source) = self.sources.get_mut(self.current) else {
            return;
        };
        let places = &self.places.current;
        for i in self.here.zones.iter() {
            let at = spot.within(places.areas[i].anchor);
            if object.fits.zones.has(i) && places.in_zone(i, at) {
                source.fresh[i].objects += 1;
                self.found.marks.push(Mark::Zone(i, 0));
            }
        }
    }

    /// All objects of the present frame were told.
    pub fn end(&mut self) {
        if !self.frame.inferred && self.objects == 0 {
            return;
        }
        let Some(source) = self.sources.get_mut(self.current) else {
            return;
        };
        let event = Event {
            what: What::Direction,
            rule: 0,
            source: source.id,
            frame: self.frame.number,
            pts: source.time,
            track: None,
            kind: 0,
            at: Point::default(),
        };
        for i in self.here.zones.iter() {
            let count = &mut source.zones[i];
            count.objects = source.fresh[i].objects;
            count.dwell_now = source.fresh[i].dwell;
            count.dwell_max = count.dwell_max.max(count.dwell_now);
            if let Some(crowd) = &self.rules.zones[i].crowd
                && let Some(what) = count.crowd(crowd, source.time)
            {
                let rule = i;
                self.events.push(Event {
                    what,
                    rule,
                    ..event
                });
            }
        }
    }

    /// What is counted of the present frame's source.
    pub fn counts(&self) -> Option<&Source> {
        self.sources.get(self.current)
    }

    /// What is counted of all sources.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Zones and lines that lie beside the present frame, so that nothing is counted: which, and whether it is a line.
    pub fn beside(&self) -> impl Iterator<Item = (usize, bool)> + '_ {
        let all = self.places.current.layout.beside().iter().copied();
        all.filter(|(i, is_line)| match is_line {
            true => self.here.lines.has(*i),
            false => self.here.zones.has(*i),
        })
    }

    /// Whether so many nanoseconds have gone since the last summary of the present frame's source, or since its first
    /// frame. Then the next one starts.
    pub fn summary_is_due(&mut self, interval: u64) -> bool {
        let Some(source) = self.sources.get_mut(self.current) else {
            return false;
        };
        let last = *source.summary.get_or_insert(source.time);
        // The clock was set back.
        let is_due = source.time < last || source.time - last >= interval;
        if is_due {
            source.summary = Some(source.time);
        }
        is_due
    }

    /// Number of tracks that are remembered.
    pub fn tracks(&self) -> usize {
        self.tracks.len()
    }
}

#[cfg(test)]
mod chaos_laws;
#[cfg(test)]
mod grid_laws;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod movement_tests;
#[cfg(test)]
mod tests;
