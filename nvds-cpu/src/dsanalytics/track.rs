//! Where an object was on the last frames.

use std::collections::HashSet;
use std::sync::Arc;

use super::geometry::Point;

/// Milliseconds after which an object that is not seen is forgotten.
const LIFE_MS: i64 = 8000;

/// A box in whole pixels, as stock takes it: sides that are below 0 are numbers above 2^31, and wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pixels {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Pixels {
    pub(super) fn new(rect: nvds::Rect) -> Self {
        // As x86-64 converts: by way of 64 bits, of which the lower half stays.
        let whole = |side: f32| match side {
            side if side.abs() < 9.2e18 => side as i64 as u32,
            _ => 0,
        };
        Self {
            left: whole(rect.left),
            top: whole(rect.top),
            width: whole(rect.width),
            height: whole(rect.height),
        }
    }

    fn middle(self) -> Point {
        let x = self.left.wrapping_add(self.width / 2).cast_signed();
        let y = self.top.wrapping_add(self.height / 2).cast_signed();
        (x, y)
    }
}

/// Middle and size of a box.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spot {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Spot {
    fn of(pixels: Pixels) -> Self {
        let (x, y) = pixels.middle();
        Self {
            x,
            y,
            width: pixels.width.cast_signed(),
            height: pixels.height.cast_signed(),
        }
    }

    /// Each part's mean, rounded towards zero.
    fn mean(spots: &[Self]) -> Self {
        let mean = |part: fn(&Self) -> i32| {
            let sum: i64 = spots.iter().map(|spot| i64::from(part(spot))).sum();
            (sum / spots.len().max(1) as i64) as i32
        };
        Self {
            x: mean(|spot| spot.x),
            y: mean(|spot| spot.y),
            width: mean(|spot| spot.width),
            height: mean(|spot| spot.height),
        }
    }
}

/// Sums over the spots that are remembered; they wrap as stock's.
#[derive(Debug, Default)]
struct Sums {
    x: u64,
    y: u64,
    square_x: u64,
    square_y: u64,
    height: u64,
}

impl Sums {
    fn change(&mut self, spot: Spot, change: fn(u64, u64) -> u64) {
        let wide = |value: i32| i64::from(value).cast_unsigned();
        for (sum, value) in [
            (&mut self.x, spot.x),
            (&mut self.y, spot.y),
            (&mut self.square_x, spot.x.wrapping_mul(spot.x)),
            (&mut self.square_y, spot.y.wrapping_mul(spot.y)),
            (&mut self.height, spot.height),
        ] {
            *sum = change(*sum, wide(value));
        }
    }
}

/// An object of a source.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// When it was last seen, in nanoseconds.
    pub(super) seen: u64,
    /// Frames it was seen on.
    pub(super) frames: u64,
    /// At most as many as the window has, the oldest at `next` once they are that many.
    spots: Vec<Spot>,
    next: usize,
    sums: Sums,
    /// Lines it has crossed, each of which counts once.
    pub(super) crossed: HashSet<Arc<str>>,
}

/// Where an object is and was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Movement {
    pub(super) now: Spot,
    /// Zeros while there are fewer than four frames.
    pub(super) before: Spot,
    /// Mean height on the frames that are remembered.
    pub(super) height: f32,
    /// It stays where it is.
    pub(super) stopped: bool,
}

impl Movement {
    /// Half of the mean height, as it is added to a middle.
    fn half(&self) -> i32 {
        self.height as i32 / 2
    }

    /// Where the object stands: the middle of its box's lower edge, of a box of mean height.
    pub(super) fn foot(&self) -> Point {
        (self.now.x, self.now.y.wrapping_add(self.half()))
    }

    /// Where it stood.
    pub(super) fn foot_before(&self) -> Point {
        (self.before.x, self.before.y.wrapping_add(self.half()))
    }

    /// As [`Self::foot`] with its height of now.
    pub(super) fn own_foot(&self) -> Point {
        (self.now.x, self.now.y.wrapping_add(self.now.height / 2))
    }

    /// Square of the distance that the foot has moved; below 0 for one that is beyond all bounds.
    pub(super) fn moved(&self) -> i32 {
        let before = self.before.y.wrapping_add(self.before.height / 2);
        let x = self.now.x.wrapping_sub(self.before.x) as f32;
        let y = self.own_foot().1.wrapping_sub(before) as f32;
        let square = x * x + y * y;
        if square < i32::MAX as f32 {
            square as i32
        } else {
            i32::MIN
        }
    }
}

impl Track {
    /// Whether it was not seen for so long that it is forgotten.
    pub(super) fn is_over(&self, now: u64) -> bool {
        let since = now.wrapping_sub(self.seen).cast_signed();
        (since as f64 / 1e6) as i64 > LIFE_MS
    }

    /// The object is seen on one more frame. `window`: how many frames are remembered.
    pub(super) fn go_on(&mut self, pixels: Pixels, time: u64, window: usize) -> Movement {
        let now = Spot::of(pixels);
        self.seen = time;
        self.frames += 1;
        if self.spots.len() < window {
            self.spots.push(now);
        } else {
            self.sums.change(self.spots[self.next], u64::wrapping_sub);
            self.spots[self.next] = now;
        }
        self.next = (self.next + 1) % window;
        self.sums.change(now, u64::wrapping_add);
        let count = self.spots.len() as f32;
        let height = self.sums.height as f32 / count;
        Movement {
            now,
            before: self.before(window),
            height,
            stopped: self.frames > window as u64 && self.is_still(count, height),
        }
    }

    fn is_still(&self, count: f32, height: f32) -> bool {
        let variance = |squares: u64, sum: u64| {
            let mean = sum as f32 / count;
            squares as f32 / count - mean * mean
        };
        let (x, y) = (
            variance(self.sums.square_x, self.sums.x),
            variance(self.sums.square_y, self.sums.y),
        );
        x <= 400.0 && y / height <= 0.01
    }

    /// Of the oldest spots: two while the window is not full, four then.
    fn before(&self, window: usize) -> Spot {
        match self.frames {
            ..=3 => Spot::default(),
            _ if self.frames < window as u64 => Spot::mean(&self.spots[..2]),
            _ => Spot::mean(&std::array::from_fn::<_, 4, _>(|i| {
                self.spots[(self.next + i) % window]
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(left: i32, top: i32) -> Pixels {
        Pixels {
            left: left.cast_unsigned(),
            top: top.cast_unsigned(),
            width: 20,
            height: 40,
        }
    }

    #[test]
    fn boxes_become_whole_numbers_that_wrap() {
        let rect = nvds::Rect {
            left: -5.7,
            top: f32::NAN,
            width: 20.9,
            height: f32::INFINITY,
        };
        let pixels = Pixels::new(rect);
        assert_eq!(pixels.left.cast_signed(), -5);
        assert_eq!((pixels.top, pixels.width, pixels.height), (0, 20, 0));
        assert_eq!(at(-5, 10).middle(), (5, 30));
    }

    #[test]
    fn where_an_object_was_is_the_mean_of_its_oldest_places() {
        let mut track = Track::default();
        let mut before = Vec::new();
        for frame in 0..9 {
            let movement = track.go_on(at(10 * frame, 100), 0, 6);
            assert_eq!(movement.foot(), (10 * frame + 10, 140));
            before.push(movement.before.x);
        }
        // Two of five; four of the six that are remembered.
        assert_eq!(before, [0, 0, 0, 15, 15, 25, 35, 45, 55]);
    }

    #[test]
    fn a_small_window_is_enough() {
        let mut track = Track::default();
        for window in [1, 3] {
            for frame in 0..9 {
                let movement = track.go_on(at(frame, 0), 0, window);
                assert_eq!(movement.now.x, frame + 10);
            }
            track = Track::default();
        }
    }

    #[test]
    fn what_stays_has_stopped() {
        let stopped = |step: i32, frames: u64| {
            let mut track = Track::default();
            let mut movement = track.go_on(at(500, 500), 0, 10);
            for frame in 1..frames {
                movement = track.go_on(at(500 + step * frame as i32, 500), 0, 10);
            }
            movement.stopped
        };
        assert!(!stopped(0, 10), "the window is full, and not more");
        assert!(stopped(0, 11));
        // Variance of ten places that are six or eight apart: 297 and 528.
        assert!(stopped(6, 11));
        assert!(!stopped(8, 11));
    }

    #[test]
    fn movement_is_of_feet() {
        let mut track = Track::default();
        for frame in 0..3 {
            track.go_on(at(0, 0), frame, 50);
        }
        let movement = track.go_on(at(30, 40), 3, 50);
        assert_eq!(movement.moved(), 2500);
        let far = track.go_on(at(-2_000_000_000, 0), 4, 50);
        assert_eq!(far.moved(), i32::MIN);
    }

    #[test]
    fn eight_seconds_is_how_long_one_may_hide() {
        let track = Track {
            seen: 1_000_000_000,
            ..Track::default()
        };
        assert!(!track.is_over(9_000_999_999));
        assert!(track.is_over(9_001_000_000));
        assert!(!track.is_over(0), "time went back");
    }
}
