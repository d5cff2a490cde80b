//! The number of objects of a class, smoothed: the most frequent count of the last frames.

use std::collections::HashMap;

use super::unordered::Unordered;

/// The counts of one class.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// How many frames of the window had a count.
    often: Unordered<u32, u32>,
    /// The counts by their frames' times in nanoseconds.
    past: HashMap<u64, u32>,
    /// Time of the last frame.
    last: Option<u64>,
}

impl Counts {
    /// Takes a frame's count and returns the most frequent one of the frames since `window_ms` ago, this one among them.
    /// Of those that are as frequent, the one that is first in the order of `std::unordered_map`.
    pub(super) fn smooth(&mut self, count: u32, time: u64, window_ms: u32) -> u32 {
        *self.often.of(count) += 1;
        let often = &mut self.often;
        self.past.retain(|then, count| {
            // Of a time that is yet to come, the difference is very large.
            let over = time.wrapping_sub(*then) as f64 / 1e6 > f64::from(window_ms);
            if over {
                *often.of(*count) -= 1;
            }
            !over
        });
        self.past.insert(time, count);
        self.last = Some(time);
        let mut most = (count, 0);
        for (count, often) in self.often.iter() {
            if *often > most.1 {
                most = (*count, *often);
            }
        }
        most.0
    }

    /// Whether the class was counted on the frame of this time.
    pub(super) fn is_counted(&self, time: u64) -> bool {
        self.last == Some(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn a_count_has_to_be_the_most_frequent() {
        let mut counts = Counts::default();
        let mut smooth = |count, ms: u64| counts.smooth(count, ms * MS, 100);
        assert_eq!(smooth(2, 0), 2);
        assert_eq!(smooth(2, 40), 2);
        assert_eq!(smooth(3, 80), 2);
        // 3 and 2 twice each: 3 came later, and so comes first.
        assert_eq!(smooth(3, 90), 3);
        assert_eq!(smooth(2, 100), 2);
        // The frames at 0 and 40 are over, and 90 is not.
        assert_eq!(smooth(5, 190), 5);
    }

    #[test]
    fn frames_of_one_time_all_count() {
        let mut counts = Counts::default();
        assert!(!counts.is_counted(7));
        for count in [1, 2, 2, 2] {
            counts.smooth(count, 7, 50);
        }
        assert!(counts.is_counted(7));
        assert_eq!(counts.smooth(9, 7, 50), 2);
        assert_eq!(counts.past.len(), 1);
    }
}
