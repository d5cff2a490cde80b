//! How long things took, in memory of fixed size.

/// Buckets for each doubling of the time: a bucket is 1/16 as wide as the times in it are long.
const STEPS: u64 = 16;
const STEP_BITS: u32 = STEPS.ilog2();
/// Buckets for all of u64: one for each time below `STEPS`, then `STEPS` for each doubling.
const BUCKETS: usize = ((u64::BITS - STEP_BITS + 1) as usize) * STEPS as usize;

/// Counts times, in nanoseconds, in buckets that grow with them.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: [u64; BUCKETS],
    count: u64,
    sum: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
            count: 0,
            sum: 0,
        }
    }
}

impl Histogram {
    /// Adds a time as often as said.
    pub fn add(&mut self, nanoseconds: u64, times: u64) {
        self.counts[bucket(nanoseconds)] += times;
        self.count += times;
        self.sum = self.sum.saturating_add(nanoseconds.saturating_mul(times));
    }

    /// The mean in nanoseconds, 0 of nothing.
    pub fn mean(&self) -> u64 {
        self.sum.checked_div(self.count).unwrap_or(0)
    }

    /// The time, in nanoseconds, that so many percent did not exceed, to a thirtieth; 0 of nothing.
    pub fn percentile(&self, percent: u64) -> u64 {
        // Rounded up without overflow: of 3, half is 2.
        let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100) as u64;
        let mut below = 0;
        for (index, count) in self.counts.iter().enumerate() {
            below += count;
            if *count > 0 && below >= rank {
                return middle(index);
            }
        }
        0
    }
}

/// Where a time is counted.
fn bucket(nanoseconds: u64) -> usize {
    if nanoseconds < STEPS {
        return nanoseconds as usize;
    }
    let doublings = nanoseconds.ilog2() - STEP_BITS;
    let step = (nanoseconds >> doublings) - STEPS;
    ((u64::from(doublings) + 1) * STEPS + step) as usize
}

/// The time in the middle of a bucket.
fn middle(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < STEPS {
        return bucket;
    }
    let doublings = bucket / STEPS - 1;
    let first = (STEPS + bucket % STEPS) << doublings;
    first + (1 << doublings) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_a_bucket_whose_middle_is_near() {
        let mut last = 0;
        for shift in 0..64 {
            for offset in [0, 1, 2, 3, 5, 7] {
                let time = (1_u64 << shift).saturating_add((1_u64 << shift) / 8 * offset);
                let at = bucket(time);
                assert!(at < BUCKETS && at >= last, "{time}");
                last = at;
                assert!(
                    middle(at).abs_diff(time) <= time / 16,
                    "{time} {}",
                    middle(at)
                );
            }
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        for index in 0..BUCKETS {
            assert_eq!(bucket(middle(index)), index);
        }
    }

    #[test]
    fn percentiles_and_mean() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.mean(), histogram.percentile(50)), (0, 0));
        for time in 1..=10 {
            histogram.add(time, 1);
        }
        assert_eq!((histogram.mean(), histogram.percentile(50)), (5, 5));
        assert_eq!((histogram.percentile(1), histogram.percentile(99)), (1, 10));
        histogram.add(8000, 990);
        assert_eq!(histogram.mean(), (55 + 8000 * 990) / 1000);
        assert!(histogram.percentile(2).abs_diff(8000) < 8000 / 30);
        assert_eq!(histogram.percentile(1), 10);
    }

    #[test]
    fn a_bucket_stands_for_its_middle() {
        let mut histogram = Histogram::default();
        histogram.add(8000, 1);
        // From 7936, which is 31/16 of 4096, up to 8192.
        assert_eq!(histogram.percentile(50), (7936 + 8192) / 2);
    }

    #[test]
    fn sums_do_not_overflow() {
        let mut histogram = Histogram::default();
        histogram.add(u64::MAX, 3);
        assert_eq!(histogram.mean(), u64::MAX / 3);
        assert!(histogram.percentile(99) > u64::MAX / 16 * 15);
    }
}
