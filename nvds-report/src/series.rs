//! Counts over time in a bounded number of intervals: where a file is longer than they reach, they are made twice as
//! long.

use std::collections::BTreeMap;

/// Most intervals of a series.
pub const MOST_INTERVALS: usize = 256;

/// Most names of a series; further ones are counted as [`OTHERS`].
pub const MOST_NAMES: usize = 64;

/// The name of all for which there is no room.
pub const OTHERS: &str = "(others)";

/// The name that something is counted by: [`OTHERS`] where there is no room for a new one.
pub fn kept_name<'a, T>(names: &BTreeMap<String, T>, name: &'a str) -> &'a str {
    match names.contains_key(name) || names.len() < MOST_NAMES {
        true => name,
        false => OTHERS,
    }
}

/// How often things were there, by name and interval.
#[derive(Debug, Clone)]
pub struct Series {
    begin: Option<f64>,
    interval: f64,
    frames: Vec<u64>,
    names: BTreeMap<String, Vec<u64>>,
}

impl Series {
    /// A series whose intervals are as long as this at first, above 0.
    pub fn new(interval: f64) -> Self {
        Self {
            begin: None,
            interval,
            frames: Vec::new(),
            names: BTreeMap::new(),
        }
    }

    /// Notes that a frame was there at a time, and what was on it. A time before the first counts as the first.
    pub fn frame<'a>(&mut self, time: f64, counts: impl IntoIterator<Item = (&'a str, u64)>) {
        let at = self.interval_of(time);
        self.frames[at] += 1;
        for (name, count) in counts {
            self.add(name, at, count);
        }
    }

    fn add(&mut self, name: &str, at: usize, count: u64) {
        let name = kept_name(&self.names, name);
        let length = self.frames.len();
        let sums = self.names.entry(name.to_owned()).or_default();
        sums.resize(length, 0);
        sums[at] += count;
    }

    fn interval_of(&mut self, time: f64) -> usize {
        let begin = *self.begin.get_or_insert(time);
        let past = (time - begin).max(0.0);
        while past / self.interval >= MOST_INTERVALS as f64 {
            self.coarsen();
        }
        let at = (past / self.interval) as usize;
        if self.frames.len() <= at {
            self.frames.resize(at + 1, 0);
        }
        at
    }

    fn coarsen(&mut self) {
        self.interval *= 2.0;
        let halve = |sums: &mut Vec<u64>| {
            *sums = sums.chunks(2).map(|pair| pair.iter().sum()).collect();
        };
        halve(&mut self.frames);
        self.names.values_mut().for_each(halve);
    }

    /// Names with their sums, the most frequent first.
    pub fn totals(&self) -> Vec<(&str, u64)> {
        let sums = self.names.iter();
        let sums = sums.map(|(name, sums)| (name.as_str(), sums.iter().sum::<u64>()));
        let mut totals: Vec<_> = sums.collect();
        totals.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        totals
    }

    /// Frames of all intervals.
    pub fn frames(&self) -> u64 {
        self.frames.iter().sum()
    }

    /// Mean count for each frame, in the middle of each interval that has frames.
    pub fn means(&self, name: &str) -> Vec<(f64, f64)> {
        let Some(sums) = self.names.get(name) else {
            return Vec::new();
        };
        let frames = self
            .frames
            .iter()
            .enumerate()
            .filter(|(_, frames)| **frames > 0);
        frames
            .map(|(at, &frames)| {
                let sum = sums.get(at).copied().unwrap_or(0);
                (self.middle(at), sum as f64 / frames as f64)
            })
            .collect()
    }

    /// The sum up to the end of each interval.
    pub fn running(&self, name: &str) -> Vec<(f64, f64)> {
        let Some(sums) = self.names.get(name) else {
            return Vec::new();
        };
        let mut sum = 0;
        let add = |at| {
            sum += sums.get(at).copied().unwrap_or(0);
            (self.middle(at), sum as f64)
        };
        (0..self.frames.len()).map(add).collect()
    }

    fn middle(&self, at: usize) -> f64 {
        self.begin.unwrap_or(0.0) + (at as f64 + 0.5) * self.interval
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mean_is_over_the_frames_of_its_interval() {
        let mut series = Series::new(1.0);
        series.frame(10.0, [("car", 2)]);
        series.frame(10.5, [("car", 4)]);
        series.frame(11.2, []);
        assert_eq!(series.means("car"), [(10.5, 3.0), (11.5, 0.0)]);
        assert_eq!(series.running("car"), [(10.5, 6.0), (11.5, 6.0)]);
        assert_eq!(series.means("bus"), []);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_however_long_it_takes(
            frames in proptest::collection::vec((0.0f64..1e6, 0u64..5), 1..200),
        ) {
            let mut series = Series::new(0.1);
            for (time, count) in &frames {
                series.frame(*time, [("a", *count)]);
            }
            prop_assert_eq!(series.frames(), frames.len() as u64);
            let sum: u64 = frames.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(series.totals(), [("a", sum)]);
            prop_assert!(series.means("a").len() <= MOST_INTERVALS);
            prop_assert_eq!(series.running("a").last().map(|last| last.1), Some(sum as f64));
        }
    }

    #[test]
    fn names_have_an_end() {
        let mut series = Series::new(1.0);
        for k in 0..1000 {
            series.frame(0.0, [(format!("{k}").as_str(), 1)]);
        }
        assert_eq!(series.totals().len(), MOST_NAMES + 1);
        assert_eq!(series.totals()[0], (OTHERS, 1000 - MOST_NAMES as u64));
    }
}
