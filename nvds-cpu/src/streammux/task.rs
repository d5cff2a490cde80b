//! The task of the source pad: waits until a batch can be made, makes it and pushes it.
//!
//! It holds the state's lock while it looks at what waits, and never while it makes or pushes a batch
//! or an event: chain functions go on meanwhile, and may ask or tell the mux something from below.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::announce::Told;
use super::batch::{self, Chosen, Sizes};
use super::imp::{CAT, StreamMux, lock};
use super::policy::{Input, Plan, Policy};
use super::source::Waiting;
use super::state::State;
use super::sync::Head;

/// What the task does next.
enum Step {
    /// Tells downstream about a source.
    Tell(Told),
    /// Pushes a batch.
    Push(Vec<Chosen>, Sizes),
    /// Waits, at most so long.
    Wait(Option<Duration>),
}

impl State {
    fn step(&mut self, now: Instant) -> Step {
        if let Some(told) = self.next_told() {
            return Step::Tell(told);
        }
        self.drop_late();
        if let Some(told) = self.next_told() {
            return Step::Tell(told); // was behind a dropped frame
        }
        let active = self.active();
        let deadline = self.deadline(&active);
        let due = deadline.is_some_and(|deadline| deadline <= now);
        let (inputs, ended) = self.inputs(&active, due);
        match self.policy.plan(&inputs, ended, due, self.served) {
            Some(plan) => self.take(&plan, &active),
            None => Step::Wait(deadline.map(|deadline| deadline.saturating_duration_since(now))),
        }
    }

    /// Of the active sources, what the policy is to see, and the number of those that have ended.
    fn inputs(&mut self, active: &[usize], due: bool) -> (Vec<Input>, usize) {
        let inputs = active.iter().map(|i| self.sources[*i].input());
        let Some(sync) = &mut self.sync else {
            return (inputs.collect(), self.ended());
        };
        let heads: Vec<_> = inputs
            .zip(active)
            .map(|(input, i)| Head {
                input,
                time: self.sources[*i].head_time(),
            })
            .collect();
        let span = span(self.timeout, self.frame_duration);
        // All there are make a full batch.
        let ended = self.batch_size.saturating_sub(heads.len());
        (sync.inputs(&heads, span, due), ended)
    }

    /// Drops what is too late for its batch.
    fn drop_late(&mut self) {
        let Some(sync) = &mut self.sync else {
            return;
        };
        for source in &mut self.sources {
            while source.head().is_some() && sync.is_late(source.head_time()) {
                source.take_frame();
                sync.dropped += 1;
            }
        }
    }

    /// When the frames that wait are pushed though more are missing.
    fn deadline(&self, active: &[usize]) -> Option<Instant> {
        let first = active
            .iter()
            .filter_map(|i| self.sources[*i].since())
            .min()?;
        let start = match (self.target, self.last_push) {
            // The new mux counts from the last batch.
            (None, Some(last_push)) => last_push,
            // The default one begins to collect when it has given the last one away.
            (Some(_), Some(last_push)) => first.max(last_push),
            _ => first,
        };
        start.checked_add(self.timeout?)
    }

    fn take(&mut self, plan: &Plan, active: &[usize]) -> Step {
        let mut chosen = Vec::with_capacity(plan.frames.len());
        for index in &plan.frames {
            let repeats = self.repeats;
            let source = &mut self.sources[active[*index]];
            if let Some(waiting) = source.take_frame() {
                if repeats {
                    source.last = Some((source.frame_num, waiting.clone()));
                }
                chosen.push(Chosen {
                    id: source.id,
                    frame_num: source.frame_num,
                    waiting,
                });
                source.frame_num = source.frame_num.wrapping_add(1);
            }
        }
        self.served = plan.served;
        self.last_push = Some(Instant::now());
        if let Some(sync) = &mut self.sync {
            sync.next(span(self.timeout, self.frame_duration));
        }
        self.repeat_missing(&mut chosen, active);
        let sizes = Sizes {
            batch_size: self.policy.target(active.len()),
            max_frames: self.max_frames(),
            pipeline: self.target.map_or((0, 0), |t| (t.width, t.height)),
        };
        Step::Push(chosen, sizes)
    }

    /// `cache-buffer`: sources that have no frame in the batch are in it with their last one.
    fn repeat_missing(&mut self, chosen: &mut Vec<Chosen>, active: &[usize]) {
        if !self.repeats {
            return;
        }
        for index in active {
            let id = self.sources[*index].id;
            if chosen.len() >= self.batch_size || chosen.iter().any(|c| c.id == id) {
                continue;
            }
            let last = self.sources[*index].last.clone();
            if let Some((frame_num, waiting)) = last.or_else(|| self.grey_frame()) {
                chosen.push(Chosen {
                    id,
                    frame_num,
                    waiting,
                });
            }
        }
        if matches!(self.policy, Policy::Legacy { sorted: true, .. }) {
            chosen.sort_by_key(|c| c.id);
        }
    }

    /// What stands for a source that never had a frame: grey, without a time.
    fn grey_frame(&mut self) -> Option<(i32, Waiting)> {
        if self.grey.is_none() {
            self.grey = self.target.and_then(|target| target.grey());
        }
        let waiting = Waiting {
            buffer: self.grey.clone()?,
            running_time: None,
            ntp: 0,
            since: Instant::now(),
            pixel_aspect: (1, 1),
        };
        Some((0, waiting))
    }
}

/// Nanoseconds of running time whose frames make a batch with `sync-inputs`.
fn span(timeout: Option<Duration>, frame: u64) -> u64 {
    let timeout = timeout.map_or(frame, |time| {
        u64::try_from(time.as_nanos()).unwrap_or(frame)
    });
    timeout.clamp(1, frame.max(1))
}

impl StreamMux {
    pub(super) fn start_task(&self) -> Result<(), gst::LoggableError> {
        {
            let mut state = lock(&self.state);
            state.running = true;
            state.flow = Ok(());
        }
        let weak = self.obj().downgrade();
        self.src
            .start_task(move || {
                if let Some(obj) = weak.upgrade() {
                    obj.imp().iterate();
                }
            })
            .map_err(|error| gst::loggable_error!(CAT, "{error}"))
    }

    /// One round of the task.
    fn iterate(&self) {
        let step = {
            let mut state = lock(&self.state);
            loop {
                if !state.running {
                    drop(state);
                    let _ = self.src.pause_task();
                    return;
                }
                match state.step(Instant::now()) {
                    Step::Wait(None) => {
                        state = self
                            .changed
                            .wait(state)
                            .unwrap_or_else(PoisonError::into_inner);
                    }
                    Step::Wait(Some(time)) => {
                        state = self
                            .changed
                            .wait_timeout(state, time)
                            .unwrap_or_else(PoisonError::into_inner)
                            .0;
                    }
                    step => break step,
                }
            }
        };
        // Places in a queue have become free.
        self.changed.notify_all();
        match step {
            Step::Tell(told) => self.tell(&told),
            Step::Push(chosen, sizes) => self.push(&chosen, sizes),
            Step::Wait(_) => (),
        }
    }

    /// Lets the task and all sources look at the state again. For changes that are not made under
    /// its lock, like a pad's peer: the lock is taken, so that a task that has looked and is about to
    /// wait is not missed.
    pub(super) fn wake(&self) {
        let _state = lock(&self.state);
        self.changed.notify_all();
    }

    fn push(&self, chosen: &[Chosen], sizes: Sizes) {
        let (target, measured, events) = {
            let mut state = lock(&self.state);
            let late = state.sync.as_mut().map(|s| std::mem::take(&mut s.dropped));
            if let Some(late @ 1..) = late {
                gst::warning!(CAT, imp = self, "Dropped {late} frames that came too late");
            }
            let segment = state.segment();
            let caps = state.larger_caps(sizes.max_frames);
            let caps = caps.as_ref().map(gst::event::Caps::new);
            let events = [segment, caps];
            (state.target, state.measured.clone(), events)
        };
        for event in events.into_iter().flatten() {
            self.src.push_event(event);
        }
        let built = {
            let mut scaler = lock(&self.scaler);
            batch::build(chosen, sizes, measured.as_deref(), |frame| match &target {
                Some(target) => scaler.scale(&frame.buffer, frame.pixel_aspect, target),
                None => Ok(None),
            })
        };
        let mut buffer = match built {
            Ok(buffer) => buffer,
            Err(error) => {
                gst::element_imp_error!(self, gst::StreamError::Failed, ("{error}"));
                return self.stop(gst::FlowError::Error);
            }
        };
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(self.time(chosen));
        }
        gst::log!(
            CAT,
            imp = self,
            "Pushing {} frames, {buffer:?}",
            chosen.len()
        );
        if let Err(error) = self.src.push(buffer) {
            return self.stop(error);
        }
        let mut state = lock(&self.state);
        state.restarted = false;
        if state.target.is_some() {
            state.last_push = Some(Instant::now());
        }
    }

    /// Presentation time of the batch.
    fn time(&self, chosen: &[Chosen]) -> Option<gst::ClockTime> {
        let sync = lock(&self.settings).sync_inputs;
        let now = self.obj().current_running_time();
        let mut state = lock(&self.state);
        if state.target.is_some() {
            let count = state.pushed;
            state.pushed += 1;
            if state.clocked {
                let now = now.unwrap_or(gst::ClockTime::ZERO);
                return Some(now.saturating_sub(state.latency));
            }
            let time = count.saturating_mul(state.frame_duration);
            return Some(gst::ClockTime::from_nseconds(time.min(u64::MAX - 1)));
        }
        let times = chosen.iter().map(|frame| frame.waiting.running_time);
        let given = sync.then(|| times.flatten().max().map_or(0, gst::ClockTime::nseconds));
        let duration = state.frame_duration;
        state.counter.next(given, duration)
    }

    /// Ends the task because of what downstream said.
    fn stop(&self, error: gst::FlowError) {
        gst::debug!(CAT, imp = self, "Downstream says {error}");
        let restarted = {
            let mut state = lock(&self.state);
            // A flush may have begun meanwhile, and then its own word stands.
            if state.flow.is_ok() {
                state.flow = Err(error);
            }
            state.running = false;
            self.changed.notify_all();
            state.restarted
        };
        match error {
            gst::FlowError::Flushing => return,
            // An element below has enough frames, and those behind it have to be told.
            gst::FlowError::Eos => (),
            _ if restarted => gst::element_imp_error!(
                self,
                gst::StreamError::Failed,
                (
                    "a source came after all had ended: sinks take nothing behind an end. Set drop-pipeline-eos=true on \
                     {} where sources come later",
                    self.obj().name()
                ),
                ["streaming stopped, reason {error}"]
            ),
            _ => gst::element_imp_error!(
                self,
                gst::StreamError::Failed,
                ("Internal data stream error."),
                ["streaming stopped, reason {error}"]
            ),
        }
        self.src.push_event(gst::event::Eos::new());
    }
}
