//! When tracks were seen first, which GStreamer's metadata tells and DeepStream's does not.

use std::collections::HashMap;

/// Nanoseconds after which a track that is not seen is forgotten.
const FORGET: u64 = 60_000_000_000;
/// Frames from one look for such tracks to the next.
const INTERVAL: u32 = 256;
/// `GST_CLOCK_TIME_NONE`.
const NONE: u64 = u64::MAX;

/// The tracks of the last minute.
#[derive(Debug, Default)]
pub struct Tracks {
    /// First and last time, by source and track.
    seen: HashMap<(u32, u64), (u64, u64)>,
    frames: u32,
}

impl Tracks {
    /// When the track was seen first, now that it is seen at this time; both in nanoseconds.
    pub fn first_seen(&mut self, source: u32, id: u64, now: u64) -> u64 {
        if now == NONE {
            return NONE;
        }
        let times = self.seen.entry((source, id)).or_insert((now, now));
        // A film that begins anew.
        if now < times.0 {
            times.0 = now;
        }
        times.1 = now;
        times.0
    }

    /// Forgets, now and then, what was not seen for long.
    pub fn frame(&mut self, now: u64) {
        self.frames += 1;
        if self.frames >= INTERVAL && now != NONE {
            self.frames = 0;
            self.seen
                .retain(|_, (_, last)| now.abs_diff(*last) <= FORGET);
        }
    }

    /// Forgets the tracks of a source that is gone.
    pub fn forget(&mut self, source: u32) {
        self.seen.retain(|(of, _), _| *of != source);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_time_stays_until_the_track_is_forgotten() {
        let mut tracks = Tracks::default();
        let second = 1_000_000_000;
        assert_eq!(tracks.first_seen(0, 5, 3 * second), 3 * second);
        assert_eq!(tracks.first_seen(0, 5, 9 * second), 3 * second);
        assert_eq!(
            tracks.first_seen(1, 5, 9 * second),
            9 * second,
            "another source"
        );
        assert_eq!(
            tracks.first_seen(0, 5, second),
            second,
            "the film begins anew"
        );
        assert_eq!(tracks.first_seen(0, 5, NONE), NONE);
        tracks.forget(1);
        assert_eq!(tracks.seen.len(), 1);
        for _ in 0..INTERVAL {
            tracks.frame(60 * second);
        }
        assert_eq!(tracks.seen.len(), 1, "seen 59 s ago");
        for _ in 0..INTERVAL {
            tracks.frame(62 * second);
        }
        assert!(tracks.seen.is_empty());
    }
}
