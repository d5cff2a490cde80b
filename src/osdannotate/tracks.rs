//! Where tracked objects have been, per source and track id.
//!
//! Time is the buffers' PTS. A track that was not seen for the timeout is forgotten; so are all tracks of a source
//! that ended, or whose PTS jumped back by more than the timeout (a seek, a film that starts again). A smaller step
//! back sets the source's clock back, and a frame without PTS leaves it where it is.
//!
//! Memory is bounded by [`MAX_TRACKS`], [`MAX_POINTS`] and [`MAX_SOURCES`]: a new track takes the place of the one
//! that was unseen for longest, in the source that has most. Slots are used again with the memory they have, so
//! that nothing is allocated once the number of tracks has settled.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use super::canvas::Point;

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

/// On which side of a line a track was last, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Side {
    /// 1 right, -1 left, 0 not known.
    pub side: i8,
    pub at: Point,
}

#[derive(Debug)]
struct Slot {
    source: u32,
    id: u64,
    seen: u64,
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

/// Spreads keys with one multiplication each: ids are small numbers that count up.
#[derive(Debug, Default, Clone, Copy)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
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
    index: HashMap<(u32, u64), u32, BuildHasherDefault<Spread>>,
    sources: Vec<Source>,
    /// Which of `sources` the present frame is of.
    current: usize,
    turn: u64,
    /// Sides that every track has room for.
    lines: usize,
}

impl Tracks {
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
        self.turn += 1;
        self.current = self.source(source);
        let turn = self.turn;
        let Some(source) = self.sources.get_mut(self.current) else {
            return;
        };
        source.turn = turn;
        source.frame = source.frame.wrapping_add(1);
        if let Some(pts) = pts {
            let jumped = pts.saturating_add(timeout) < source.time;
            source.time = pts;
            if jumped {
                self.forget_tracks(self.current);
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

    /// Forgets the present source's tracks that were unseen for too long.
    fn expire(&mut self, timeout: u64) {
        while let Some(source) = self.sources.get(self.current)
            && let Some(slot) = self.slots.get(source.oldest as usize)
            && source.time.saturating_sub(slot.seen) > timeout
        {
            self.forget(self.current, source.oldest);
        }
    }

    /// A track is seen in the present frame, and keeps that many positions. `None` if it was seen in this frame
    /// before (two objects with one id: the first one counts), or where it is no number.
    pub fn see(&mut self, id: u64, at: Point, keep: usize) -> Option<Track> {
        let (source_id, time, frame) = {
            let source = self.sources.get(self.current)?;
            (source.id, source.time, source.frame)
        };
        if !at.is_finite() {
            return None;
        }
        let known = self.index.get(&(source_id, id)).copied();
        let index = match known {
            Some(index) => {
                if self.slots[index as usize].samples.back()?.frame == frame {
                    return None;
                }
                self.unlink(self.current, index);
                index
            }
            None => self.add(source_id, id),
        };
        self.link(index);
        let slot = &mut self.slots[index as usize];
        slot.seen = time;
        // One at least: it tells whether the track was seen in this frame.
        let keep = keep.clamp(1, MAX_POINTS);
        while slot.samples.len() >= keep {
            slot.samples.pop_front();
        }
        slot.samples.push_back(Sample { at, frame });
        Some(Track(index))
    }

    /// A slot for a new track, in no list yet.
    fn add(&mut self, source: u32, id: u64) -> u32 {
        if self.index.len() >= MAX_TRACKS {
            let most = (0..self.sources.len()).max_by_key(|at| self.sources[*at].tracks);
            if let Some(at) = most {
                self.forget(at, self.sources[at].oldest);
            }
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                source,
                id,
                seen: 0,
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

    /// Puts a slot at the head of the present source's list.
    fn link(&mut self, index: u32) {
        let source = &mut self.sources[self.current];
        let head = source.newest;
        source.newest = index;
        source.tracks += 1;
        if source.oldest == NONE {
            source.oldest = index;
        }
        self.slots[index as usize].newer = NONE;
        self.slots[index as usize].older = head;
        if let Some(head) = self.slots.get_mut(head as usize) {
            head.newer = index;
        }
    }

    /// Takes a slot out of a source's list.
    fn unlink(&mut self, source: usize, index: u32) {
        let (newer, older) = {
            let slot = &self.slots[index as usize];
            (slot.newer, slot.older)
        };
        let source = &mut self.sources[source];
        source.tracks -= 1;
        match self.slots.get_mut(newer as usize) {
            Some(newer) => newer.older = older,
            None => source.newest = older,
        }
        match self.slots.get_mut(older as usize) {
            Some(older) => older.newer = newer,
            None => source.oldest = newer,
        }
    }

    /// Forgets one track of a source.
    fn forget(&mut self, source: usize, index: u32) {
        self.unlink(source, index);
        let slot = &self.slots[index as usize];
        self.index.remove(&(slot.source, slot.id));
        self.free.push(index);
    }

    fn forget_tracks(&mut self, source: usize) {
        while let Some(index) = self.sources.get(source).map(|s| s.oldest)
            && index != NONE
        {
            self.forget(source, index);
        }
    }

    /// Forgets a source that ended.
    pub fn forget_source(&mut self, id: u32) {
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

    /// Number of tracks that are remembered.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.index.len()
    }

    /// Frames that [`Self::speed`] looks back, which a track must keep for it.
    pub const fn speed_frames() -> usize {
        SPEED_FRAMES as usize + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const FRAME: u64 = SECOND / 25;

    fn at(x: f32) -> Point {
        Point::new(x, 0.0)
    }

    fn xs(tracks: &Tracks, track: Track) -> Vec<f32> {
        tracks.positions(track).map(|p| p.x).collect()
    }

    #[test]
    fn the_last_positions_are_kept_per_source_and_id() {
        let mut tracks = Tracks::default();
        for i in 0..10 {
            for source in [0, 7] {
                tracks.begin(source, Some(i * FRAME), SECOND);
                for id in [1, u64::MAX - 1] {
                    let x = i as f32 + 100.0 * source as f32;
                    let track = tracks.see(id, at(x), 3).unwrap();
                    if i == 9 {
                        let base = 100.0 * source as f32;
                        assert_eq!(xs(&tracks, track), [base + 9.0, base + 8.0, base + 7.0]);
                    }
                }
            }
        }
        assert_eq!(tracks.len(), 4);
    }

    #[test]
    fn two_objects_with_one_id_do_not_zigzag() {
        let mut tracks = Tracks::default();
        for i in 0..4 {
            tracks.begin(0, Some(i * FRAME), SECOND);
            let track = tracks.see(5, at(i as f32), 10).unwrap();
            assert_eq!(tracks.see(5, at(500.0), 10), None);
            assert_eq!(xs(&tracks, track)[0], i as f32);
        }
    }

    #[test]
    fn what_is_no_number_is_no_position() {
        let mut tracks = Tracks::default();
        tracks.begin(0, Some(0), SECOND);
        for bad in [f32::NAN, f32::INFINITY] {
            assert_eq!(tracks.see(1, at(bad), 3), None);
        }
        assert_eq!(tracks.len(), 0);
    }

    #[test]
    fn unseen_tracks_are_forgotten_by_pts() {
        let mut tracks = Tracks::default();
        tracks.begin(0, Some(0), SECOND);
        tracks.see(1, at(0.0), 3);
        tracks.see(2, at(0.0), 3);
        tracks.begin(0, Some(SECOND), SECOND);
        assert_eq!(tracks.len(), 2, "not longer than the timeout");
        tracks.see(2, at(1.0), 3);
        tracks.begin(0, Some(SECOND + 1), SECOND);
        assert_eq!(tracks.len(), 1);
        let track = tracks.see(2, at(2.0), 3).unwrap();
        assert_eq!(xs(&tracks, track), [2.0, 1.0, 0.0]);
        // An id that comes again later is another track.
        let track = tracks.see(1, at(9.0), 3).unwrap();
        assert_eq!(xs(&tracks, track), [9.0]);
        // Another source's clock is another one.
        tracks.begin(1, Some(900 * SECOND), SECOND);
        assert_eq!(tracks.len(), 2);
    }

    #[test]
    fn a_pts_that_jumps_back_starts_anew() {
        let mut tracks = Tracks::default();
        tracks.begin(0, Some(100 * SECOND), SECOND);
        tracks.see(1, at(0.0), 3);
        // A little out of order: the track stays.
        tracks.begin(0, Some(100 * SECOND - FRAME), SECOND);
        let track = tracks.see(1, at(1.0), 3).unwrap();
        assert_eq!(xs(&tracks, track), [1.0, 0.0]);
        // The film starts again.
        tracks.begin(0, Some(0), SECOND);
        assert_eq!(tracks.len(), 0);
        let track = tracks.see(1, at(2.0), 3).unwrap();
        assert_eq!(xs(&tracks, track), [2.0]);
        // And time goes on from there.
        tracks.begin(0, Some(3 * SECOND), SECOND);
        assert_eq!(tracks.len(), 0);
    }

    #[test]
    fn frames_without_pts_leave_the_clock() {
        let mut tracks = Tracks::default();
        tracks.begin(0, Some(5 * SECOND), SECOND);
        tracks.see(1, at(0.0), 9);
        for i in 1..=5 {
            tracks.begin(0, None, SECOND);
            tracks.see(1, at(i as f32), 9);
        }
        tracks.begin(0, Some(6 * SECOND), SECOND);
        let track = tracks.see(1, at(6.0), 9).unwrap();
        assert_eq!(xs(&tracks, track).len(), 7);
    }

    #[test]
    fn extreme_times_are_times() {
        let mut tracks = Tracks::default();
        for pts in [u64::MAX - 1, 0, u64::MAX - 1, 1] {
            tracks.begin(0, Some(pts), u64::MAX);
            tracks.see(1, at(0.0), 3);
            tracks.begin(0, Some(pts), 0);
            tracks.see(2, at(0.0), 3);
        }
        assert!(tracks.len() <= 2);
    }

    #[test]
    fn a_source_that_ended_is_freed() {
        let mut tracks = Tracks::default();
        for source in 0..3 {
            tracks.begin(source, Some(0), SECOND);
            for id in 0..10 {
                tracks.see(id, at(0.0), 3);
            }
        }
        tracks.forget_source(1);
        assert_eq!(tracks.len(), 20);
        tracks.forget_source(1);
        tracks.forget_source(99);
        assert_eq!(tracks.len(), 20);
        assert_eq!(
            tracks.see(5, at(0.0), 3),
            None,
            "no frame is being looked at"
        );
        tracks.begin(1, Some(0), SECOND);
        let track = tracks.see(5, at(4.0), 3).unwrap();
        assert_eq!(xs(&tracks, track), [4.0]);
        tracks.begin(2, Some(FRAME), SECOND);
        let track = tracks.see(5, at(1.0), 3).unwrap();
        assert_eq!(xs(&tracks, track), [1.0, 0.0], "other sources keep theirs");
    }

    #[test]
    fn memory_is_bounded_and_fair() {
        let mut tracks = Tracks::default();
        tracks.begin(0, Some(0), SECOND);
        for id in 0..10 {
            tracks.see(id, at(0.0), 3);
        }
        // A source whose ids are all new in every frame.
        for frame in 0..100 {
            tracks.begin(1, Some(0), SECOND);
            for i in 0..500 {
                tracks.see(frame * 500 + i, at(0.0), 9999);
            }
        }
        assert_eq!(tracks.len(), MAX_TRACKS);
        assert!(
            tracks.slots.len() <= MAX_TRACKS + 1,
            "{}",
            tracks.slots.len()
        );
        tracks.begin(0, Some(0), SECOND);
        for id in 0..10 {
            let track = tracks.see(id, at(1.0), 3).unwrap();
            assert_eq!(xs(&tracks, track).len(), 2, "the quiet source lost a track");
        }
        for source in 0..10_000 {
            tracks.begin(source, None, SECOND);
            tracks.see(1, at(0.0), 3);
        }
        assert_eq!(tracks.sources.len(), MAX_SOURCES);
        assert!(tracks.len() <= MAX_TRACKS);
    }

    #[test]
    fn positions_are_bounded() {
        let mut tracks = Tracks::default();
        for i in 0..2000 {
            tracks.begin(0, Some(i), SECOND);
            tracks.see(1, at(i as f32), usize::MAX);
        }
        let track = {
            tracks.begin(0, Some(2000), SECOND);
            tracks.see(1, at(0.0), usize::MAX).unwrap()
        };
        assert_eq!(xs(&tracks, track).len(), MAX_POINTS);
        // A style with a shorter trace forgets the older ones.
        tracks.begin(0, Some(2001), SECOND);
        let track = tracks.see(1, at(0.0), 2).unwrap();
        assert_eq!(xs(&tracks, track).len(), 2);
    }

    #[test]
    fn speed_is_per_frame_of_the_source() {
        let mut tracks = Tracks::default();
        tracks.begin(0, None, SECOND);
        let track = tracks.see(1, at(0.0), 20).unwrap();
        assert_eq!(tracks.speed(track), None);
        tracks.begin(0, None, SECOND);
        tracks.begin(0, None, SECOND); // the track is not in this one
        let track = tracks.see(1, at(6.0), 20).unwrap();
        assert_eq!(tracks.speed(track), Some(at(3.0)));
        for i in 1..20 {
            tracks.begin(0, None, SECOND);
            tracks.see(1, at(6.0 - 2.0 * i as f32), 20);
        }
        assert_eq!(
            tracks.speed(track),
            Some(at(-2.0)),
            "of late, not of all time"
        );
        for _ in 0..50 {
            tracks.begin(0, None, SECOND);
        }
        let track = tracks.see(1, at(-32.0 + 50.0), 20).unwrap();
        assert_eq!(tracks.speed(track), Some(at(1.0)));
    }

    #[test]
    fn sides_belong_to_a_track_and_go_with_it() {
        let mut tracks = Tracks::default();
        tracks.set_lines(2);
        tracks.begin(0, Some(0), SECOND);
        let track = tracks.see(1, at(0.0), 1).unwrap();
        tracks.sides(track)[1].side = 1;
        tracks.begin(0, Some(FRAME), SECOND);
        let track = tracks.see(1, at(0.0), 1).unwrap();
        assert_eq!(tracks.sides(track)[1].side, 1);
        tracks.begin(0, Some(9 * SECOND), SECOND);
        let track = tracks.see(1, at(0.0), 1).unwrap();
        assert_eq!(tracks.sides(track), [Side::default(); 2]);
        tracks.set_lines(3);
        assert_eq!(tracks.sides(track).len(), 3);
    }
}
