//! What the mux knows, behind one lock.

use std::ffi::CString;
use std::time::{Duration, Instant};

use super::policy::Policy;
use super::scale::Target;
use super::source::Source;
use super::sync::Sync;

/// Presentation times of the new mux: a counter, and where it starts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter {
    /// Whether a frame has come at all.
    pub started: bool,
    /// Nanoseconds; all ones for a running time that was not known, with the sums wrapping.
    pub offset: u64,
    /// Nanoseconds counted since.
    pub count: u64,
    /// Time of the last batch.
    pub previous: u64,
}

impl Counter {
    /// A source's first frame has come, at this running time.
    pub fn restart(&mut self, running_time: Option<gst::ClockTime>) {
        self.offset = match running_time {
            _ if !self.started => 0,
            Some(time) => time.nseconds(),
            None => u64::MAX,
        };
        self.started = true;
        self.count = 0;
    }

    /// Time of the next batch. `given`: the running time to use instead of counting.
    pub fn next(&mut self, given: Option<u64>, duration: u64) -> Option<gst::ClockTime> {
        let mut time = given.unwrap_or_else(|| self.count.wrapping_add(self.offset));
        if time == self.previous {
            time = time.wrapping_add(250_000);
        }
        self.previous = time;
        self.count = self.count.wrapping_add(duration);
        (time != u64::MAX).then(|| gst::ClockTime::from_nseconds(time))
    }
}

/// All that is known of the stream.
#[derive(Debug)]
pub struct State {
    /// Sink pads.
    pub sources: Vec<Source>,
    /// How batches are made.
    pub policy: Policy,
    /// `batch-size`, or what the configuration says.
    pub batch_size: usize,
    /// Size of all frames, in the default mux's way of working.
    pub target: Option<Target>,
    /// Longest time that a frame waits; `None` for ever.
    pub timeout: Option<Duration>,
    /// The task may run.
    pub running: bool,
    /// It has been said that a size has no effect any more.
    pub size_warned: bool,
    /// A source's end sets its frame numbers back.
    pub reset_on_eos: bool,
    /// What downstream said last.
    pub flow: Result<(), gst::FlowError>,
    /// Downstream has a STREAM_START.
    pub stream_started: bool,
    /// Caps sent downstream.
    pub caps: Option<gst::Caps>,
    /// `batch-size` in them.
    pub caps_batch: usize,
    /// Downstream has a SEGMENT.
    pub segment_sent: bool,
    /// Downstream has an EOS.
    pub eos_sent: bool,
    /// Downstream had an EOS, and has not taken a batch since.
    pub restarted: bool,
    /// When the last batch was made, and by the default mux given away.
    pub last_push: Option<Instant>,
    /// Number of the source that gave the last frame of the batch before.
    pub served: Option<u32>,
    /// Times of the new mux's batches.
    pub counter: Counter,
    /// Nanoseconds of a frame, of the first caps.
    pub frame_duration: u64,
    /// Batches of the default mux so far.
    pub pushed: u64,
    /// Batches have the running time at which they are pushed.
    pub clocked: bool,
    /// The pipeline's latency, as it was told.
    pub latency: gst::ClockTime,
    /// Batches have the frames of one span of time.
    pub sync: Option<Sync>,
    /// A missing source's last frame is repeated.
    pub repeats: bool,
    /// What stands for a source that never had a frame.
    pub grey: Option<gst::Buffer>,
    /// Our name in the latency measurement, if that is on.
    pub measured: Option<CString>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            size_warned: false,
            sources: Vec::new(),
            policy: Policy::New {
                size: None,
                per_source: 1,
            },
            batch_size: 1,
            target: None,
            timeout: None,
            running: false,
            reset_on_eos: false,
            flow: Ok(()),
            stream_started: false,
            caps: None,
            caps_batch: 0,
            segment_sent: false,
            eos_sent: false,
            restarted: false,
            last_push: None,
            served: None,
            counter: Counter::default(),
            frame_duration: 33_333_333,
            pushed: 0,
            clocked: false,
            latency: gst::ClockTime::ZERO,
            sync: None,
            repeats: false,
            grey: None,
            measured: None,
        }
    }
}

impl State {
    /// The source of a pad, unless it was released.
    pub fn source(&mut self, pad: &gst::Pad) -> Option<&mut Source> {
        self.sources
            .iter_mut()
            .find(|s| !s.released && s.pad == *pad)
    }

    /// Pads that were not released.
    pub fn pads(&self) -> Vec<gst::Pad> {
        let used = self.sources.iter().filter(|s| !s.released);
        used.map(|s| s.pad.clone()).collect()
    }

    /// Sources that a batch waits for.
    pub fn active(&self) -> Vec<usize> {
        (0..self.sources.len())
            .filter(|i| self.sources[*i].is_active())
            .collect()
    }

    /// Pads that a batch does not wait for.
    pub fn ended(&self) -> usize {
        let ended = |s: &&Source| !s.released && !s.is_active();
        self.sources.iter().filter(ended).count()
    }

    /// Frames of one source that a batch takes at most.
    pub fn quota(&self) -> usize {
        self.policy.quota(self.active().len())
    }

    /// Frames that wait on one pad at most: enough for a batch, and more, so that a source goes
    /// on while a batch is being pushed.
    pub fn limit(&self) -> usize {
        self.quota() + if self.target.is_some() { 10 } else { 1 }
    }

    /// Frames that the metadata of a batch is made for.
    pub fn max_frames(&self) -> usize {
        let pads = self.sources.iter().filter(|s| !s.released).count();
        match self.target {
            Some(_) => self.batch_size,
            None => self.batch_size.max(pads),
        }
    }

    /// How long a frame may wait here, in the worst case: until the timeout, or, without one, until
    /// its source has filled its part of the batch.
    pub fn wait(&self) -> gst::ClockTime {
        let nanos = match self.timeout {
            Some(timeout) => u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX),
            None => self.frame_duration.saturating_mul(self.quota() as u64),
        };
        gst::ClockTime::from_nseconds(nanos.min(u64::MAX / 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_counts_from_a_quarter_millisecond() {
        let mut counter = Counter::default();
        counter.restart(None);
        let times: Vec<_> = (0..3)
            .map(|_| counter.next(None, 33_333_333).map(gst::ClockTime::nseconds))
            .collect();
        assert_eq!(times, [Some(250_000), Some(33_333_333), Some(66_666_666)]);
    }

    #[test]
    fn several_sources_while_prerolling_start_without_time() {
        let mut counter = Counter::default();
        counter.restart(None);
        counter.restart(None);
        let times: Vec<_> = (0..3)
            .map(|_| counter.next(None, 33_333_333).map(gst::ClockTime::nseconds))
            .collect();
        assert_eq!(times, [None, Some(33_333_332), Some(66_666_665)]);
    }

    #[test]
    fn a_late_source_restarts_at_the_running_time() {
        let mut counter = Counter::default();
        counter.restart(None);
        counter.next(None, 100);
        counter.restart(Some(gst::ClockTime::from_nseconds(5_000)));
        assert_eq!(counter.next(None, 100).unwrap().nseconds(), 5_000);
        assert_eq!(counter.next(None, 100).unwrap().nseconds(), 5_100);
    }
}
