//! Frames per second of each source, measured as they pass.

use std::time::{Duration, Instant};

/// How long frames are counted before the rate is told.
const WINDOW: Duration = Duration::from_secs(1);
/// Sources that sent nothing for this long are forgotten.
const FORGET: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct Source {
    id: u32,
    since: Instant,
    last: Instant,
    frames: u32,
    rate: Option<f64>,
}

/// Measures each source over windows of a second.
#[derive(Debug, Default)]
pub struct Meter {
    sources: Vec<Source>,
}

impl Meter {
    /// Counts a frame and returns the source's rate in frames per second, `None` within the first
    /// second.
    pub fn frame(&mut self, id: u32, now: Instant) -> Option<f64> {
        let Some(at) = self.sources.iter().position(|source| source.id == id) else {
            self.sources
                .retain(|s| now.saturating_duration_since(s.last) < FORGET);
            self.sources.push(Source {
                id,
                since: now,
                last: now,
                frames: 0,
                rate: None,
            });
            return None;
        };
        let source = &mut self.sources[at];
        source.last = now;
        source.frames += 1;
        let passed = now.saturating_duration_since(source.since);
        if passed >= WINDOW {
            source.rate = Some(f64::from(source.frames) / passed.as_secs_f64());
            source.since = now;
            source.frames = 0;
        }
        source.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_has_its_rate() {
        let mut meter = Meter::default();
        let start = Instant::now();
        let mut rates = (None, None);
        for ms in 0..=2000_u64 {
            let now = start + Duration::from_millis(ms);
            if ms % 40 == 0 {
                rates.0 = meter.frame(0, now);
            }
            if ms % 100 == 0 {
                rates.1 = meter.frame(9, now);
            }
            if ms < 1000 {
                assert_eq!(rates, (None, None));
            }
        }
        assert_eq!(rates, (Some(25.0), Some(10.0)));
    }

    #[test]
    fn sources_that_ended_are_forgotten() {
        let mut meter = Meter::default();
        let start = Instant::now();
        for id in 0..1000 {
            meter.frame(id, start + Duration::from_secs(u64::from(id)));
        }
        assert!(meter.sources.len() <= 31, "{}", meter.sources.len());
    }
}
