//! What is remembered of a track.

use crate::geometry::{Anchor, Point, Side};
use crate::set::{self, Set};

/// Positions of [`Path`].
const SAMPLES: usize = 12;

/// A track's stay in a zone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visit {
    /// That it stays for too long was told.
    pub told: bool,
    /// Since when, in nanoseconds.
    pub since: u64,
}

/// A track's stay at a place.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stay {
    pub at: Option<Point>,
    pub since: u64,
    pub told: bool,
}

/// Where a track was within the last window of time, or a little more: some of its positions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Path {
    samples: [(u64, Point); SAMPLES],
    first: usize,
    count: usize,
}

impl Path {
    pub fn clear(&mut self) {
        self.count = 0;
    }

    fn get(&self, i: usize) -> (u64, Point) {
        self.samples[(self.first + i) % SAMPLES]
    }

    /// The latest position that is as old as the window, if there is one, once `at` is noted.
    pub fn go(&mut self, time: u64, at: Point, window: u64) -> Option<(u64, Point)> {
        if self.count > 0 && time < self.get(self.count - 1).0 {
            self.clear(); // the clock was set back
        }
        let spacing = window / (SAMPLES as u64 - 3);
        let is_due = self.count == 0 || time - self.get(self.count - 1).0 >= spacing.max(1);
        if is_due {
            if self.count == SAMPLES {
                self.first = (self.first + 1) % SAMPLES;
                self.count -= 1;
            }
            self.samples[(self.first + self.count) % SAMPLES] = (time, at);
            self.count += 1;
        }
        while self.count > 1 && time - self.get(1).0 >= window {
            self.first = (self.first + 1) % SAMPLES;
            self.count -= 1;
        }
        let oldest = self.get(0);
        (time - oldest.0 >= window.max(1)).then_some(oldest)
    }
}

/// A track.
#[derive(Debug, Default)]
pub struct State {
    /// Whether the rest holds: it goes with the track.
    pub live: bool,
    pub source: u32,
    pub id: u64,
    pub kind: u32,
    /// Time of the frame in which it was last, and its foot and middle there.
    pub seen: u64,
    pub foot: Point,
    pub middle: Point,
    /// Zones in which it is, and of these, its stay there.
    pub inside: Set,
    pub zones: Vec<Visit>,
    /// Lines on one side of which it clearly was when it was last, and those of them to whose right it was.
    settled: Set,
    right: Set,
    /// Its side of all other lines.
    sides: Vec<Side>,
    /// Whether it goes each way.
    pub ways: Vec<bool>,
    pub stays: Vec<Stay>,
    pub fast: Vec<bool>,
    pub path: Path,
}

impl State {
    /// A new track takes the place; memory stays.
    pub fn start(&mut self, source: u32, id: u64, sizes: &super::Sizes) {
        self.live = true;
        self.source = source;
        self.id = id;
        self.path.clear();
        self.inside.clear(sizes.zones);
        self.zones.clear();
        self.zones.resize(sizes.zones, Visit::default());
        self.settled.clear(sizes.lines);
        self.right.clear(sizes.lines);
        self.sides.clear();
        self.sides.resize(sizes.lines, Side::default());
        self.ways.clear();
        self.ways.resize(sizes.directions, false);
        self.stays.clear();
        self.stays.resize(sizes.stationary, Stay::default());
        self.fast.clear();
        self.fast.resize(sizes.speeds, false);
    }

    /// Notes where it is now. What it has done by then is judged before.
    pub fn go(&mut self, foot: Point, middle: Point) {
        (self.foot, self.middle) = (foot, middle);
    }
}

/// Sides of lines. Those of most lines are the same from frame to frame, and are not touched.
impl State {
    /// Of the lines 64 times `word` and following, those to whose left and right it was and clearly is.
    pub fn stays(&self, word: usize, left: u64, right: u64) -> u64 {
        let was_right = self.right.word(word);
        self.settled.word(word) & (was_right & right | !was_right & left)
    }

    /// Writes down its sides of those of the lines 64 times `word` and following that are not sure any more, `anchor`
    /// being where a line looks.
    #[inline]
    pub fn unsettle(&mut self, word: usize, lines: u64, anchor: impl Fn(usize) -> Anchor) {
        let lines = self.settled.word(word) & lines;
        if lines != 0 {
            self.unsettle_all(word, lines, anchor);
        }
    }

    fn unsettle_all(&mut self, word: usize, lines: u64, anchor: impl Fn(usize) -> Anchor) {
        for i in set::rules(lines, word) {
            let at = match anchor(i) {
                Anchor::Foot => self.foot,
                Anchor::Centre => self.middle,
            };
            let side = if self.right.has(i) { 1 } else { -1 };
            self.sides[i] = Side { side, at };
            self.settled.put(i, false);
        }
    }

    /// Its side of a line that is not settled.
    pub fn side(&mut self, line: usize) -> &mut Side {
        &mut self.sides[line]
    }

    /// Its side of a line was judged, where it is `at` now.
    pub fn settle(&mut self, line: usize, at: Point) {
        let side = self.sides[line];
        if side.side != 0 && side.at == at {
            self.settled.put(line, true);
            self.right.put(line, side.side > 0);
        }
    }

    /// Other rules hold: `moved` brings sides into their order. `anchor` is where lines looked so far.
    pub fn move_lines(
        &mut self,
        anchor: impl Fn(usize) -> Anchor,
        moved: impl FnOnce(&mut Vec<Side>),
    ) {
        for word in 0..set::words(self.sides.len()) {
            self.unsettle(word, u64::MAX, &anchor);
        }
        moved(&mut self.sides);
        self.settled.clear(self.sides.len());
        self.right.clear(self.sides.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_gives_where_a_track_was_a_window_ago() {
        let mut path = Path::default();
        let at = |x: u64| Point::new(x as f32, 0.0);
        // 100 frames a second, a window of a second.
        for n in 0..500_u64 {
            let found = path.go(n * 10, at(n), 1000);
            assert_eq!(found.is_some(), n >= 100, "{n}");
            if let Some((time, place)) = found {
                let age = n * 10 - time;
                assert!((1000..=1120).contains(&age), "{age}");
                assert_eq!(place, at(time / 10));
            }
        }
        // A gap, and a clock that was set back.
        assert_eq!(path.go(20_000, at(9), 1000).unwrap().0, 4920);
        assert_eq!(path.go(100, at(3), 1000), None);
        assert_eq!(path.go(1100, at(4), 1000), Some((100, at(3))));
    }
}
