//! Frames of each source over time.

use std::collections::BTreeMap;
use std::time::Instant;

/// Sources with a higher number are not counted.
const MOST_SOURCES: u32 = 1024;

#[derive(Debug, Default)]
struct Source {
    frames: u64,
    /// When counting began: at the first report that knows the source.
    since: Option<Instant>,
    ended: bool,
}

/// Counts frames and says what they make a second.
#[derive(Debug, Default)]
pub(super) struct Meter {
    sources: BTreeMap<u32, Source>,
    /// A source was reported before.
    reported: bool,
}

impl Meter {
    /// A frame of a source came.
    pub(super) fn count(&mut self, source: u32) {
        if source >= MOST_SOURCES {
            return;
        }
        let source = self.sources.entry(source).or_default();
        if source.ended {
            *source = Source::default();
        }
        source.frames += 1;
    }

    /// A source has ended, and may begin again.
    pub(super) fn end(&mut self, source: u32) {
        if let Some(source) = self.sources.get_mut(&source) {
            source.ended = true;
        }
    }

    /// A source is no more.
    pub(super) fn remove(&mut self, source: u32) {
        self.sources.remove(&source);
    }

    /// The line for the moment `now`: an average since the source's first report. The first one is empty.
    pub(super) fn report(&mut self, now: Instant) -> String {
        let mut line = String::new();
        if self.reported {
            line.push_str("**PERF : ");
        }
        for (number, source) in &mut self.sources {
            let Some(since) = source.since else {
                source.since = Some(now);
                source.frames = 0;
                self.reported = true;
                continue;
            };
            let seconds = now.saturating_duration_since(since).as_secs_f64();
            let rate = if source.ended || seconds == 0.0 {
                0.0
            } else {
                source.frames as f64 / seconds
            };
            line.push_str(&format!("FPS_{number} ({rate:.2})\t"));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn rates_are_averages_since_the_first_report() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut meter = Meter::default();
        meter.count(0);
        assert_eq!(
            meter.report(at(0)),
            "",
            "the first report only starts the clock"
        );
        for _ in 0..50 {
            meter.count(0);
        }
        meter.count(3);
        assert_eq!(meter.report(at(5)), "**PERF : FPS_0 (10.00)\t");
        for _ in 0..100 {
            meter.count(0);
            meter.count(3);
        }
        assert_eq!(
            meter.report(at(10)),
            "**PERF : FPS_0 (15.00)\tFPS_3 (20.00)\t"
        );
    }

    #[test]
    fn ended_sources_are_at_rest_and_removed_ones_are_gone() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut meter = Meter::default();
        meter.count(0);
        meter.count(1);
        meter.count(5000);
        meter.report(at(0));
        meter.end(0);
        meter.remove(1);
        assert_eq!(meter.report(at(1)), "**PERF : FPS_0 (0.00)\t");
        meter.count(0);
        assert_eq!(meter.report(at(2)), "**PERF : ", "it starts anew");
        meter.count(0);
        assert_eq!(meter.report(at(3)), "**PERF : FPS_0 (1.00)\t");
    }
}
