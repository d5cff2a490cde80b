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
use super::policy::Plan;
use super::state::State;

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
        let active = self.active();
        let inputs: Vec<_> = active.iter().map(|i| self.sources[*i].input()).collect();
        let deadline = self.deadline(&active);
        let due = deadline.is_some_and(|deadline| deadline <= now);
        match self.policy.plan(&inputs, due, self.resume) {
            Some(plan) => self.take(&plan, &active),
            None => Step::Wait(deadline.map(|deadline| deadline.duration_since(now))),
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
            _ => first,
        };
        start.checked_add(self.timeout?)
    }

    fn take(&mut self, plan: &Plan, active: &[usize]) -> Step {
        let mut chosen = Vec::with_capacity(plan.frames.len());
        for index in &plan.frames {
            let source = &mut self.sources[active[*index]];
            if let Some(waiting) = source.take_frame() {
                chosen.push(Chosen {
                    id: source.id,
                    frame_num: source.frame_num,
                    waiting,
                });
                source.frame_num = source.frame_num.wrapping_add(1);
            }
        }
        self.resume = plan.resume;
        self.last_push = Some(Instant::now());
        let sizes = Sizes {
            batch_size: self.policy.target(active.len()),
            max_frames: self.max_frames(),
            pipeline: self.target.map_or((0, 0), |t| (t.width, t.height)),
        };
        Step::Push(chosen, sizes)
    }
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
            batch::build(chosen, sizes, measured.as_deref(), |buffer| match &target {
                Some(target) => scaler.scale(buffer, target),
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
            self.stop(error);
        }
    }

    /// Presentation time of the batch.
    fn time(&self, chosen: &[Chosen]) -> Option<gst::ClockTime> {
        let sync = lock(&self.settings).sync_inputs;
        let mut state = lock(&self.state);
        let times = chosen.iter().map(|frame| frame.waiting.running_time);
        if state.target.is_some() {
            // Of several sources the second batch's first frame may be the earlier one.
            let time = if sync {
                times.flatten().max()
            } else {
                times.flatten().next()
            };
            state.latest = time.max(state.latest);
            return time.and(state.latest);
        }
        let given = sync.then(|| times.flatten().max().map_or(0, gst::ClockTime::nseconds));
        let duration = state.frame_duration;
        state.counter.next(given, duration)
    }

    /// Ends the task because of what downstream said.
    fn stop(&self, error: gst::FlowError) {
        gst::debug!(CAT, imp = self, "Downstream says {error}");
        {
            let mut state = lock(&self.state);
            // A flush may have begun meanwhile, and then its own word stands.
            if state.flow.is_ok() {
                state.flow = Err(error);
            }
            state.running = false;
            self.changed.notify_all();
        }
        match error {
            gst::FlowError::Flushing => return,
            // An element below has enough frames, and those behind it have to be told.
            gst::FlowError::Eos => (),
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
