//! How long each track was there, and its way, with a bounded number of points.

use std::collections::HashMap;

/// Most tracks whose ways are kept; of later ones only the times are.
pub const MOST_WAYS: usize = 2000;

/// Most tracks that are told apart; further ones are only counted.
pub const MOST_TRACKS: usize = 1 << 20;

/// Most points of a way: it is thinned out where it is longer.
pub const MOST_POINTS: usize = 64;

/// One track.
#[derive(Debug, Clone)]
pub struct Track {
    /// Name of the class that it had first.
    pub class: String,
    /// When it was first seen.
    pub first: f64,
    /// When it was last seen.
    pub last: f64,
    /// On how many frames.
    pub frames: u64,
    /// Where it stood, in parts of the frame's size.
    pub way: Vec<(f32, f32)>,
    every: u64,
}

/// The tracks of a source.
#[derive(Debug, Clone, Default)]
pub struct Tracks {
    tracks: HashMap<u64, Track>,
    ways: usize,
    /// Objects of tracks for which there was no room.
    pub not_told_apart: u64,
}

impl Tracks {
    /// Notes that an object of a track was seen, and where.
    pub fn see(&mut self, id: u64, class: &str, time: f64, at: Option<(f32, f32)>) {
        let room = self.tracks.len() < MOST_TRACKS;
        let has_way = self.ways < MOST_WAYS;
        let track = match self.tracks.entry(id) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(_) if !room => {
                self.not_told_apart += 1;
                return;
            }
            std::collections::hash_map::Entry::Vacant(entry) => {
                self.ways += usize::from(has_way);
                entry.insert(Track {
                    class: class.to_owned(),
                    first: time,
                    last: time,
                    frames: 0,
                    way: Vec::new(),
                    every: u64::from(has_way),
                })
            }
        };
        track.last = track.last.max(time);
        if let Some(at) = at.filter(|_| track.every > 0 && track.frames % track.every == 0) {
            track.way.push(at);
            if track.way.len() > MOST_POINTS {
                thin_out(&mut track.way);
                track.every *= 2;
            }
        }
        track.frames += 1;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tracks.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    /// How long each was there.
    pub fn stays(&self) -> Vec<f64> {
        self.tracks
            .values()
            .map(|track| track.last - track.first)
            .collect()
    }

    /// The tracks with the most frames that have a way, by number among equals.
    pub fn longest(&self, most: usize) -> Vec<(u64, &Track)> {
        let mut tracks: Vec<(u64, &Track)> =
            self.tracks.iter().map(|(id, track)| (*id, track)).collect();
        tracks.retain(|(_, track)| track.way.len() > 1);
        tracks.sort_by_key(|(id, track)| (std::cmp::Reverse(track.frames), *id));
        tracks.truncate(most);
        tracks
    }
}

fn thin_out(way: &mut Vec<(f32, f32)>) {
    let mut at = 0;
    way.retain(|_| {
        at += 1;
        at % 2 == 1
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_keeps_its_begin_and_has_an_end() {
        let mut tracks = Tracks::default();
        for k in 0..10_000 {
            let at = k as f32 / 10_000.0;
            tracks.see(7, "car", f64::from(k), Some((at, 0.5)));
        }
        let (id, track) = tracks.longest(5)[0];
        assert_eq!(
            (id, track.frames, track.first, track.last),
            (7, 10_000, 0.0, 9999.0)
        );
        assert!(track.way.len() > MOST_POINTS / 2 && track.way.len() <= MOST_POINTS);
        assert_eq!(track.way[0], (0.0, 0.5));
        assert!(track.way.last().unwrap().0 > 0.97, "{:?}", track.way.last());
        assert!(track.way.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn ways_beyond_the_most_leave_their_times() {
        let mut tracks = Tracks::default();
        for id in 0..MOST_WAYS as u64 + 10 {
            tracks.see(id, "car", 0.0, Some((0.0, 0.0)));
            tracks.see(id, "car", 2.0, Some((1.0, 0.0)));
        }
        assert_eq!(tracks.longest(usize::MAX).len(), MOST_WAYS);
        assert_eq!(
            tracks.stays().iter().filter(|stay| **stay == 2.0).count(),
            MOST_WAYS + 10
        );
    }
}
