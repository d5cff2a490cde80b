//! What the element counted.

use std::time::{Duration, Instant};

use nvds_decode::Counts;

use crate::histogram::Histogram;

/// What was counted in some buffers.
#[derive(Debug, Default)]
pub struct Totals {
    pub frames: u64,
    pub tensors: u64,
    pub bad_tensors: u64,
    pub counts: Counts,
}

/// Totals since the element started.
#[derive(Debug, Default)]
pub struct Stats {
    totals: Totals,
    /// Nanoseconds a frame.
    times: Histogram,
    /// When they were last told to who listens, or when the element started.
    told: Option<Instant>,
}

impl Stats {
    /// Those of an element that starts.
    pub fn new() -> Self {
        Self {
            told: Some(Instant::now()),
            ..Self::default()
        }
    }

    /// Adds those of a buffer. Returns whether it is time to tell them, which is so once in each
    /// `interval` unless that is zero.
    pub fn add(&mut self, buffer: &Totals, start: Instant, interval: Duration) -> bool {
        let now = Instant::now();
        let totals = &mut self.totals;
        totals.frames += buffer.frames;
        totals.tensors += buffer.tensors;
        totals.bad_tensors += buffer.bad_tensors;
        totals.counts += buffer.counts;
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

    /// As the property `stats` gives them.
    pub fn to_structure(&self) -> gst::Structure {
        let Totals {
            frames,
            tensors,
            bad_tensors,
            counts,
        } = &self.totals;
        let mut structure = gst::Structure::builder("rsssdparser-stats")
            .field("frames", frames)
            .field("tensors", tensors)
            .field("bad-tensors", bad_tensors)
            .field("doubtful-tensors", counts.doubtful)
            .field("candidates", counts.candidates)
            .field("objects", counts.kept)
            .build();
        for (reason, count) in counts.dropped.by_reason() {
            structure.set(format!("dropped-{reason}"), count);
        }
        structure.set("time-mean", self.times.mean());
        structure.set("time-p50", self.times.percentile(50));
        structure.set("time-p99", self.times.percentile(99));
        structure
    }
}
