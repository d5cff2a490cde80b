//! Counters and latencies of lines, readable while the element runs.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::lock;

/// Buckets of latencies: each is an eighth of a doubling of microseconds wide.
const STEPS: u32 = 8;
const BUCKETS: usize = 40 * STEPS as usize;

/// Totals since the element started.
#[derive(Debug)]
pub struct Counts {
    /// Lines that the element got.
    pub lines: AtomicU64,
    /// Lines that the broker confirmed; with MQTT's `qos=0` those that were written to the connection.
    pub sent: AtomicU64,
    /// Bytes of the lines in `sent`.
    pub bytes: AtomicU64,
    /// Lines that were given up: the queue was full, or the element stopped.
    pub dropped: AtomicU64,
    /// Number of times that lines were sent again.
    pub retried: AtomicU64,
    /// Lines that the broker refused for good.
    pub refused: AtomicU64,
    /// Lines that are no JSON object, though topic or key name members of it.
    pub not_json: AtomicU64,
    /// Number of connections that were lost or could not be made.
    pub errors: AtomicU64,
    /// Number of connections made.
    pub connections: AtomicU64,
    /// Whether the sender is connected.
    pub connected: AtomicBool,
    latencies: Mutex<Latencies>,
}

#[derive(Debug)]
struct Latencies {
    counts: [u64; BUCKETS],
    count: u64,
    longest: Duration,
}

impl Default for Counts {
    fn default() -> Self {
        let zero = AtomicU64::default;
        Self {
            lines: zero(),
            sent: zero(),
            bytes: zero(),
            dropped: zero(),
            retried: zero(),
            refused: zero(),
            not_json: zero(),
            errors: zero(),
            connections: zero(),
            connected: AtomicBool::default(),
            latencies: Mutex::new(Latencies {
                counts: [0; BUCKETS],
                count: 0,
                longest: Duration::ZERO,
            }),
        }
    }
}

impl Counts {
    /// Adds `more` to a total.
    pub fn add(count: &AtomicU64, more: usize) {
        count.fetch_add(more as u64, Relaxed);
    }

    /// Records latencies: the times from a line's arrival at the element to its confirmation.
    pub fn took(&self, times: impl Iterator<Item = Duration>) {
        let mut latencies = lock(&self.latencies);
        for time in times {
            latencies.counts[bucket(time)] += 1;
            latencies.count += 1;
            latencies.longest = latencies.longest.max(time);
        }
    }

    /// Latencies in microseconds: median, 99th percentile and maximum; 0 without lines.
    pub fn latencies(&self) -> [u64; 3] {
        let latencies = lock(&self.latencies);
        let longest = u64::try_from(latencies.longest.as_micros()).unwrap_or(u64::MAX);
        let at = |percent: u64| {
            let rank = (latencies.count * percent).div_ceil(100);
            let mut below = 0;
            for (index, count) in latencies.counts.iter().enumerate() {
                below += count;
                if *count > 0 && below >= rank {
                    return upper(index).min(longest);
                }
            }
            0
        };
        [at(50), at(99), longest]
    }
}

fn bucket(time: Duration) -> usize {
    let micros = time.as_micros().max(1) as f64;
    ((micros.log2() * f64::from(STEPS)) as usize).min(BUCKETS - 1)
}

/// The upper end of a bucket, in microseconds.
fn upper(bucket: usize) -> u64 {
    ((bucket + 1) as f64 / f64::from(STEPS)).exp2() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_near() {
        let counts = Counts::default();
        assert_eq!(counts.latencies(), [0, 0, 0]);
        counts.took((1..=1000).map(Duration::from_millis));
        let [median, most, longest] = counts.latencies();
        assert!((460_000..560_000).contains(&median), "{median}");
        assert!((950_000..=1_000_000).contains(&most), "{most}");
        assert_eq!(longest, 1_000_000);
    }

    #[test]
    fn any_time_has_a_bucket() {
        let counts = Counts::default();
        counts.took([Duration::ZERO, Duration::MAX].into_iter());
        assert_eq!(counts.latencies()[2], u64::MAX);
    }
}
