//! Where tracked objects have been, per source and track id.
//!
//! Time is the buffers' PTS. A track that was not seen for the timeout is forgotten; so are all tracks of a source
//! that ended, or whose PTS jumped back by more than the timeout (a seek, a film that starts again). A smaller step
//! back sets the source's clock back, and the times of its tracks, and a frame without PTS leaves it where it is.
//!
//! Memory is bounded by [`MAX_TRACKS`], [`MAX_POINTS`] and [`MAX_SOURCES`]: a new track takes the place of the one
//! that was unseen for longest, in the source that has most. Slots are used again with the memory they have, so
//! that nothing is allocated once the number of tracks has settled.

mod order;

use std::collections::{HashMap, VecDeque};

use crate::geometry::{Point, Side};
use crate::spread::BuildSpread;

/// Most tracks of all sources together.
pub const MAX_TRACKS: usize = 4096;
/// Most positions of a track.
pub const MAX_POINTS: usize = 512;
/// Most sources; one more takes the place of the one whose last frame is oldest.
pub const MAX_SOURCES: usize = 256;
/// Frames over which the present speed is measured: fewer would follow every jitter of a box.
const SPEED_FRAMES: u32 = 8;
/// The end of a list of slots.
const NONE: u32 = u32::MAX;

/// A position, and the frame of its source in which it was.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    at: Point,
    frame: u32,
}

#[derive(Debug)]
struct Slot {
    source: u32,
    id: u64,
    seen: u64,
    /// The frame of its source in which it was seen last.
    frame: u32,
    samples: VecDeque<Sample>,
    sides: Vec<Side>,
    /// Neighbours in the source's list, which goes from the track seen last to the one unseen for longest.
    newer: u32,
    older: u32,
}

#[derive(Debug)]
struct Source {
    id: u32,
    /// Nanoseconds.
    time: u64,
    /// Frames so far; wraps.
    frame: u32,
    /// When its last frame came, in frames of all sources.
    turn: u64,
    tracks: usize,
    newest: u32,
    oldest: u32,
}

/// A part of a source's list.
#[derive(Debug, Clone, Copy)]
struct Run {
    oldest: u32,
    newest: u32,
    /// The neighbour that is newer than all of it, likely the next track to be seen.
    next: u32,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            oldest: NONE,
            newest: NONE,
            next: NONE,
        }
    }
}

/// A track that was seen in the present frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Track(u32);

/// The memory of all tracks.
#[derive(Debug, Default)]
pub struct Tracks {
    slots: Vec<Slot>,
    free: Vec<u32>,
    index: HashMap<(u32, u64), u32, BuildSpread>,
    sources: Vec<Source>,
    /// Which of `sources` the present frame is of.
    current: usize,
    /// Tracks of the present frame that are next to each other in its source's list and have yet to be moved to its head
    /// together. Objects come in the order of the frame before, so that these are all of them in most frames.
    run: Run,
    turn: u64,
    /// Sides that every track has room for.
    lines: usize,
    /// Slots whose tracks were forgotten, if somebody asks for them.
    forgotten: Vec<u32>,
    is_watched: bool,
    /// Tracks that others took the place of.
    displaced: u64,
}

impl Track {
    /// A number for what is kept beside the track: below [`MAX_TRACKS`], used again once the track is forgotten.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Tracks {
    /// A memory of whose forgotten tracks [`Self::take_forgotten`] tells; it must be asked after each frame.
    pub fn watched() -> Self {
        Self {
            is_watched: true,
            ..Self::default()
        }
    }

    /// Appends the [indices](Track::index) of the tracks that were forgotten since the last call, the last one first.
    pub fn take_forgotten(&mut self, to: &mut Vec<u32>) {
        to.extend(self.forgotten.drain(..).rev());
    }

    /// Whether tracks were forgotten since the last call of [`Self::take_forgotten`].
    pub fn has_forgotten(&self) -> bool {
        !self.forgotten.is_empty()
    }

    /// The present frame's time in nanoseconds: its PTS, or that of the source's last frame with one.
    pub fn time(&self) -> u64 {
        self.sources
            .get(self.current)
            .map_or(0, |source| source.time)
    }

    /// Whether no track is remembered.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Sets for how many lines each track remembers its side. A change forgets the sides.
    pub fn set_lines(&mut self, lines: usize) {
        self.lines = lines;
        for slot in &mut self.slots {
            slot.sides.clear();
            slot.sides.resize(lines, Side::default());
        }
    }

    /// A frame of a source starts; `pts` and `timeout` are nanoseconds.
    pub fn begin(&mut self, source: u32, pts: Option<u64>, timeout: u64) {
        self.end_run();
        self.turn += 1;
        self.current = self.source(source);
        let turn = self.turn;
        let Some(source) = self.sources.get_mut(self.current) else {
            return;
        };
        source.turn = turn;
        source.frame = source.frame.wrapping_add(1);
        if let Some(pts) = pts {
            let before = std::mem::replace(&mut source.time, pts);
            if pts.saturating_add(timeout) < before {
                self.forget_tracks(self.current);
            } else if pts < before {
                self.set_back(pts);
            }
        }
        self.expire(timeout);
    }

    /// Index of a source, which is added if need be.
    fn source(&mut self, id: u32) -> usize {
        if let Some(at) = self.sources.iter().position(|source| source.id == id) {
            return at;
        }
        if self.sources.len() >= MAX_SOURCES {
            let longest = (0..self.sources.len()).min_by_key(|at| self.sources[*at].turn);
            if let Some(at) = longest {
                self.forget_tracks(at);
                self.sources.swap_remove(at);
            }
        }
        self.sources.push(Source {
            id,
            time: 0,
            frame: 0,
            turn: self.turn,
            tracks: 0,
            newest: NONE,
            oldest: NONE,
        });
        self.sources.len() - 1
    }

    /// A track is seen in the present frame, and keeps that many positions. `None` if it was seen in this frame
    /// before (two objects with one id: the first one counts), or where it is no number.
    #[inline]
    pub fn see(&mut self, id: u64, at: Point, keep: usize) -> Option<Track> {
        let &Source {
            id: source_id,
            time,
            frame,
            ..
        } = self.sources.get(self.current)?;
        if !at.is_finite() {
            return None;
        }
        let next = self.slots.get(self.run.next as usize);
        let index = match next.is_some_and(|slot| slot.id == id && slot.source == source_id) {
            true => self.run.next,
            false => self.look_up(source_id, id, frame)?,
        };
        let slot = &mut self.slots[index as usize];
        if std::mem::replace(&mut slot.frame, frame) == frame {
            return None;
        }
        slot.seen = time;
        self.run.newest = index;
        self.run.next = slot.newer;
        if keep > 0 {
            while slot.samples.len() >= keep.min(MAX_POINTS) {
                slot.samples.pop_front();
            }
            slot.samples.push_back(Sample { at, frame });
        }
        Some(Track(index))
    }

    /// The slot of a track that does not go on with the run, so that another one starts; `None` if it was seen in this
    /// frame.
    fn look_up(&mut self, source: u32, id: u64, frame: u32) -> Option<u32> {
        let known = self.index.get(&(source, id)).copied();
        if known.is_some_and(|index| self.slots[index as usize].frame == frame) {
            return None;
        }
        self.end_run();
        let index = known.unwrap_or_else(|| {
            let index = self.add(source, id);
            self.link(index);
            self.slots[index as usize].frame = frame.wrapping_sub(1);
            index
        });
        self.run.oldest = index;
        Some(index)
    }

    /// A slot for a new track, in no list yet. No run may be open.
    fn add(&mut self, source: u32, id: u64) -> u32 {
        if self.index.len() >= MAX_TRACKS {
            let most = (0..self.sources.len()).max_by_key(|at| self.sources[*at].tracks);
            if let Some(at) = most {
                self.displaced += 1;
                self.forget(at, self.sources[at].oldest);
            }
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                source,
                id,
                seen: 0,
                frame: 0,
                samples: VecDeque::new(),
                sides: Vec::new(),
                newer: NONE,
                older: NONE,
            });
            (self.slots.len() - 1) as u32
        });
        let slot = &mut self.slots[index as usize];
        slot.source = source;
        slot.id = id;
        slot.samples.clear();
        slot.sides.clear();
        slot.sides.resize(self.lines, Side::default());
        self.index.insert((source, id), index);
        index
    }

    /// Forgets all tracks; sources keep their clocks.
    pub fn forget_all(&mut self) {
        self.end_run();
        (0..self.sources.len()).for_each(|at| self.forget_tracks(at));
    }

    /// Forgets a source that ended.
    pub fn forget_source(&mut self, id: u32) {
        self.end_run();
        if let Some(at) = self.sources.iter().position(|source| source.id == id) {
            self.forget_tracks(at);
            self.sources.swap_remove(at);
            // Nothing may be taken for the present frame's until the next one starts.
            self.current = usize::MAX;
        }
    }

    /// Positions of a track, newest first.
    pub fn positions(&self, track: Track) -> impl Iterator<Item = Point> + '_ {
        let slot = self.slots.get(track.0 as usize);
        let (older, newer) = slot.map_or((&[][..], &[][..]), |slot| slot.samples.as_slices());
        let samples = newer.iter().rev().chain(older.iter().rev());
        samples.map(|sample| sample.at)
    }

    /// How far a track moved per frame lately, in pixels; `None` for one that was seen only once.
    pub fn speed(&self, track: Track) -> Option<Point> {
        let samples = &self.slots.get(track.0 as usize)?.samples;
        let newest = samples.back()?;
        let frames = |sample: &Sample| newest.frame.wrapping_sub(sample.frame);
        let older = samples
            .iter()
            .rev()
            .skip(1)
            .take_while(|sample| frames(sample) <= SPEED_FRAMES)
            .last()
            // One that was away for longer than that.
            .or_else(|| samples.iter().rev().nth(1))?;
        let frames = frames(older) as f32;
        Some(Point::new(
            (newest.at.x - older.at.x) / frames,
            (newest.at.y - older.at.y) / frames,
        ))
    }

    /// The sides of the lines on which a track was.
    pub fn sides(&mut self, track: Track) -> &mut [Side] {
        match self.slots.get_mut(track.0 as usize) {
            Some(slot) => &mut slot.sides,
            None => &mut [],
        }
    }

    /// How many tracks were forgotten as there were more than [`MAX_TRACKS`].
    pub fn displaced(&self) -> u64 {
        self.displaced
    }

    /// Number of tracks that are remembered.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Frames that [`Self::speed`] looks back, which a track must keep for it.
    pub const fn speed_frames() -> usize {
        SPEED_FRAMES as usize + 1
    }
}

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
