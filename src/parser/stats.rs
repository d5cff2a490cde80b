//! What the element counted.

use std::time::{Duration, Instant};

use crate::histogram::Histogram;

/// What was counted in some buffers, whatever the task is.
#[derive(Debug, Default)]
pub struct Totals {
    pub frames: u64,
    pub tensors: u64,
    pub bad_tensors: u64,
}

/// Buffers from the start on whose time is taken; of those behind them, it is that of every
/// [`EACH_TIMED`]th. Reading the clock is a good part of what a buffer without objects costs.
const FIRST_TIMED: u64 = 64;
const EACH_TIMED: u64 = 16;

/// Takes the time of buffers.
#[derive(Debug, Default)]
pub struct Timing {
    buffers: u64,
}

impl Timing {
    /// The time at which a buffer comes, if it is wanted. Notifications in an interval want all.
    pub fn start(&mut self, interval: Duration) -> Option<Instant> {
        let timed = self.buffers < FIRST_TIMED || self.buffers.is_multiple_of(EACH_TIMED);
        self.buffers += 1;
        (timed || !interval.is_zero()).then(Instant::now)
    }
}

/// Totals since the element started.
#[derive(Debug, Default)]
pub struct Stats {
    totals: Totals,
    /// What the task counts.
    own: Vec<u64>,
    /// Pixels of each class.
    coverage: Vec<u64>,
    /// Nanoseconds a frame.
    times: Histogram,
    /// When they were last told to who listens, or when the element started.
    told: Option<Instant>,
}

impl Stats {
    /// Those of an element that starts, and whose task counts so many things.
    pub fn new(counters: usize) -> Self {
        Self {
            own: vec![0; counters],
            told: Some(Instant::now()),
            ..Self::default()
        }
    }

    /// The task's totals, for it to add to.
    pub fn own(&mut self) -> &mut [u64] {
        &mut self.own
    }

    /// Pixels of each class, for a task of such to add to.
    pub fn coverage(&mut self) -> &mut Vec<u64> {
        &mut self.coverage
    }

    /// Adds those of a buffer, which came at `start`. Returns whether it is time to tell them, which is
    /// so once in each `interval` unless that is zero.
    pub fn add(&mut self, buffer: &Totals, start: Option<Instant>, interval: Duration) -> bool {
        let totals = &mut self.totals;
        totals.frames += buffer.frames;
        totals.tensors += buffer.tensors;
        totals.bad_tensors += buffer.bad_tensors;
        let Some(start) = start else {
            return false;
        };
        let now = Instant::now();
        let time = now.saturating_duration_since(start).as_nanos() as u64;
        if let Some(each) = time.checked_div(buffer.frames) {
            self.times.add(each, buffer.frames);
        }
        let due = !interval.is_zero()
            && self
                .told
                .is_none_or(|told| now.saturating_duration_since(told) >= interval);
        if due {
            self.told = Some(now);
        }
        due
    }

    /// As the property `stats` of an element gives them; `counters` are the names of what its task
    /// counts.
    pub fn to_structure(&self, element: &str, counters: &[String]) -> gst::Structure {
        let totals = &self.totals;
        let mut structure = gst::Structure::builder(format!("{element}-stats"))
            .field("frames", totals.frames)
            .field("tensors", totals.tensors)
            .field("bad-tensors", totals.bad_tensors)
            .build();
        // Before the first start, there are no totals.
        let own = self.own.iter().copied().chain(std::iter::repeat(0));
        for (name, count) in counters.iter().zip(own) {
            structure.set(name, count);
        }
        if !self.coverage.is_empty() {
            let mut coverage = gst::Structure::new_empty("coverage");
            for (class, pixels) in self.coverage.iter().enumerate() {
                coverage.set(class.to_string(), *pixels);
            }
            structure.set("coverage", coverage);
        }
        structure.set("time-mean", self.times.mean());
        structure.set("time-p50", self.times.percentile(50));
        structure.set("time-p99", self.times.percentile(99));
        structure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_buffers_are_timed_and_then_a_part_of_them() {
        let timed = |interval, buffers| {
            let mut timing = Timing::default();
            let starts = (0..buffers).map(|_| timing.start(interval));
            starts.filter(Option::is_some).count()
        };
        assert_eq!(timed(Duration::ZERO, 64), 64);
        assert_eq!(timed(Duration::ZERO, 64 + 160), 64 + 10);
        assert_eq!(timed(Duration::from_millis(1), 300), 300);
    }
}
