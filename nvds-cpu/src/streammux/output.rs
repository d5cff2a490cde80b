//! What goes out of the source pad: the task that makes batches, events and queries.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::batch::{self, Chosen, Sizes};
use super::events::SourceEvents;
use super::imp::{CAT, Seek, State, StreamMux, lock, output_caps};
use super::policy::Plan;
use super::source::Item;

/// What the task does next.
enum Step {
    /// Tells downstream about a source.
    Tell(Told),
    /// Pushes a batch.
    Push(Vec<Chosen>, Sizes),
    /// Waits, at most so long.
    Wait(Option<Duration>),
}

/// Something of a source for downstream.
struct Told {
    id: u32,
    stream_id: String,
    item: Item,
    /// First of the source that downstream hears.
    first: bool,
}

impl State {
    fn step(&mut self, now: Instant) -> Step {
        if let Some(told) = self.next_told() {
            return Step::Tell(told);
        }
        let active: Vec<usize> = (0..self.sources.len())
            .filter(|i| self.sources[*i].is_active())
            .collect();
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

    /// The first thing that is to be told: events in the order of pads, ends in the opposite order,
    /// as stock does when several come at once.
    fn next_told(&mut self) -> Option<Told> {
        let is_event = |item: Option<&Item>| matches!(item, Some(Item::Event(_)));
        let is_end = |item: Option<&Item>| matches!(item, Some(Item::Eos | Item::Released));
        let event = self.sources.iter().position(|s| is_event(s.queue.front()));
        let index = event.or_else(|| self.sources.iter().rposition(|s| is_end(s.queue.front())))?;
        let reset_on_eos = self.reset_on_eos;
        let source = &mut self.sources[index];
        let item = source.queue.pop_front()?;
        let mut told = Told {
            id: source.id,
            stream_id: source.stream_id.clone(),
            item,
            first: false,
        };
        match &told.item {
            Item::Event(event) => {
                if let gst::EventView::StreamStart(start) = event.view() {
                    source.stream_id = start.stream_id().to_owned();
                    source.finished = false;
                    told.stream_id.clone_from(&source.stream_id);
                    told.first = !std::mem::replace(&mut source.announced, true);
                }
            }
            Item::Eos => {
                source.finished = true;
                if reset_on_eos {
                    source.frame_num = 0;
                }
            }
            Item::Released => {
                told.first = !source.announced;
                self.sources.remove(index);
            }
            Item::Frame(_) => return None,
        }
        Some(told)
    }
}

impl StreamMux {
    /// One round of the task.
    pub(super) fn iterate(&self) {
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
        // Frames or places in a queue have become free.
        self.changed.notify_all();
        match step {
            Step::Tell(told) => self.tell(&told),
            Step::Push(chosen, sizes) => self.push(&chosen, sizes),
            Step::Wait(_) => (),
        }
    }

    fn tell(&self, told: &Told) {
        let source = SourceEvents {
            id: told.id,
            stream_id: &told.stream_id,
        };
        match &told.item {
            Item::Event(event) => match event.view() {
                gst::EventView::StreamStart(_) => {
                    self.src.push_event(source.stream_start());
                    if told.first {
                        self.src.push_event(source.pad_added());
                    }
                    let first = {
                        let mut state = lock(&self.state);
                        // An end was told, but there is more.
                        let again = std::mem::take(&mut state.eos_sent);
                        !std::mem::replace(&mut state.stream_started, true) || again
                    };
                    if first {
                        self.src.push_event(event.clone());
                    }
                }
                gst::EventView::Caps(caps) => self.tell_caps(&source, caps.caps()),
                gst::EventView::Segment(segment) => {
                    self.tell_segment();
                    self.src
                        .push_event(source.stream_segment(segment.segment()));
                }
                _ => {
                    self.src.push_event(event.clone());
                }
            },
            Item::Eos => {
                self.src.push_event(source.stream_eos_message(&*self.obj()));
                self.src.push_event(source.stream_eos());
                self.tell_end();
            }
            Item::Released => {
                if !told.first {
                    self.src.push_event(source.pad_deleted());
                }
                self.tell_end();
            }
            Item::Frame(_) => (),
        }
    }

    /// Our own segment, once.
    fn tell_segment(&self) {
        let sent = std::mem::replace(&mut lock(&self.state).segment_sent, true);
        if !sent {
            let segment = gst::FormattedSegment::<gst::ClockTime>::new();
            self.src.push_event(gst::event::Segment::new(&segment));
        }
    }

    fn tell_caps(&self, source: &SourceEvents<'_>, caps: &gst::CapsRef) {
        let Ok(info) = gst_video::VideoInfo::from_caps(caps) else {
            return; // refused at the pad
        };
        let settings = lock(&self.settings).clone();
        let ours = {
            let mut state = lock(&self.state);
            match state.caps {
                Some(_) => None,
                None => {
                    let batch_size = state.max_frames();
                    if let Some(target) = &mut state.target {
                        target.format = info.format();
                    }
                    let (numer, denom) = (info.fps().numer(), info.fps().denom());
                    if numer > 0 && denom > 0 {
                        state.frame_duration = (u128::from(gst::ClockTime::SECOND.nseconds())
                            * denom as u128
                            / numer as u128) as u64;
                    }
                    let ours = output_caps(
                        caps,
                        batch_size,
                        settings.num_surfaces_per_frame,
                        state.target.as_ref(),
                    );
                    state.caps_batch = batch_size;
                    state.caps.clone_from(&ours);
                    ours
                }
            }
        };
        if let Some(ours) = ours {
            gst::info!(CAT, imp = self, "Batches have {ours}");
            self.src.push_event(gst::event::Caps::new(&ours));
        }
        // A demux makes caps of it, so it has to be the size of the frames that come there.
        let target = lock(&self.state)
            .target
            .as_ref()
            .map(|t| (t.width, t.height));
        let (width, height) = target.unwrap_or((info.width(), info.height()));
        self.src
            .push_event(source.update_caps(width, height, info.fps()));
    }

    /// Ends the pipeline if all sources have ended.
    fn tell_end(&self) {
        let drop_eos = lock(&self.settings).drop_pipeline_eos;
        let all = {
            let mut state = lock(&self.state);
            let mut used = state
                .sources
                .iter()
                .filter(|s| s.announced || s.pad.is_linked())
                .peekable();
            let all = used.peek().is_some() && used.all(|s| s.finished) && !state.eos_sent;
            if all && !drop_eos {
                state.eos_sent = true;
            }
            all
        };
        if all && !drop_eos {
            gst::info!(CAT, imp = self, "All sources have ended");
            self.src.push_event(gst::event::Eos::new());
        }
    }

    fn push(&self, chosen: &[Chosen], sizes: Sizes) {
        self.tell_segment();
        let (target, caps) = {
            let mut state = lock(&self.state);
            let caps = (sizes.max_frames > state.caps_batch)
                .then(|| state.caps.take())
                .flatten();
            // More sources than before the start.
            let caps = caps.map(|mut caps| {
                caps.make_mut().set("batch-size", sizes.max_frames as i32);
                state.caps_batch = sizes.max_frames;
                state.caps = Some(caps.clone());
                caps
            });
            (state.target, caps)
        };
        if let Some(caps) = caps {
            self.src.push_event(gst::event::Caps::new(&caps));
        }
        let built = {
            let mut scaler = lock(&self.scaler);
            batch::build(chosen, sizes, |buffer| match &target {
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

    pub(super) fn src_event(&self, event: gst::Event) -> bool {
        gst::log!(CAT, obj = self.src, "Got {event:?}");
        match event.view() {
            gst::EventView::Seek(seek) => {
                let flushes = seek.get().1.contains(gst::SeekFlags::FLUSH);
                self.seek(event, flushes)
            }
            // Times of batches are not those of a source; and no frame shall be lost.
            gst::EventView::Qos(_) | gst::EventView::Reconfigure(_) => true,
            _ => gst::Pad::event_default(&self.src, Some(&*self.obj()), event),
        }
    }

    /// Sends a seek to all sources.
    fn seek(&self, event: gst::Event, flushes: bool) -> bool {
        let pads: Vec<_> = {
            let mut state = lock(&self.state);
            if flushes {
                state.seek = Some(Seek {
                    seqnum: event.seqnum(),
                    flushing: false,
                    pads: Vec::new(),
                });
            }
            let used = state.sources.iter().filter(|s| !s.released);
            used.map(|s| s.pad.clone()).collect()
        };
        let done = pads
            .iter()
            .filter(|pad| pad.push_event(event.clone()))
            .count();
        if done == 0 {
            lock(&self.state).seek = None;
        }
        done > 0
    }

    pub(super) fn src_query(&self, query: &mut gst::QueryRef) -> bool {
        match query.view_mut() {
            gst::QueryViewMut::Latency(latency) => self.latency(latency),
            gst::QueryViewMut::Duration(duration) => self.duration(duration),
            _ => gst::Pad::query_default(&self.src, Some(&*self.obj()), query),
        }
    }

    fn sinks(&self) -> Vec<gst::Pad> {
        let state = lock(&self.state);
        let used = state.sources.iter().filter(|s| !s.released);
        used.map(|s| s.pad.clone()).collect()
    }

    /// The largest of all sources, and if one is live, the time that a frame may wait here.
    fn latency(&self, query: &mut gst::query::Latency) -> bool {
        let mut live = false;
        let mut min = gst::ClockTime::ZERO;
        let mut max = gst::ClockTime::NONE;
        for pad in self.sinks() {
            let mut peer = gst::query::Latency::new();
            if !pad.peer_query(&mut peer) {
                continue;
            }
            let (peer_live, peer_min, peer_max) = peer.result();
            if !peer_live {
                continue;
            }
            live = true;
            min = min.max(peer_min);
            max = [max, peer_max].into_iter().flatten().min();
        }
        if live {
            let wait = lock(&self.state).timeout.unwrap_or_default();
            let own = u64::try_from(wait.as_nanos())
                .unwrap_or(0)
                .saturating_add(lock(&self.settings).max_latency);
            let own = gst::ClockTime::from_nseconds(own.min(u64::MAX / 4));
            min = min.saturating_add(own);
            // One more frame than a batch takes can wait on a pad, so that nothing is lost meanwhile.
            max = max.map(|max| max.saturating_add(own));
        }
        query.set(live, min, max);
        true
    }

    /// The longest of all sources.
    fn duration(&self, query: &mut gst::query::Duration) -> bool {
        let longest = self
            .sinks()
            .iter()
            .filter_map(|pad| pad.peer_query_duration::<gst::ClockTime>())
            .max();
        match longest {
            Some(longest) if query.format() == gst::Format::Time => {
                query.set(longest);
                true
            }
            _ => false,
        }
    }
}
