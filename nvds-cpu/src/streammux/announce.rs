//! What the mux tells downstream about its sources, and in which order.
//!
//! | of a source | downstream, in this order |
//! | --- | --- |
//! | STREAM_START | GST_NVEVENT_STREAM_START; PAD_ADDED, the source's first time; STREAM_START, the new mux's first or the first after an EOS, of the default one every |
//! | CAPS | CAPS, the mux's first; GST_NVEVENT_UPDATE_CAPS of the new mux |
//! | SEGMENT | SEGMENT, the mux's first; GST_NVEVENT_STREAM_SEGMENT |
//! | another serialized event | the event |
//! | EOS | the message `stream-eos`, in an event; GST_NVEVENT_STREAM_EOS; EOS, if it was the last source |
//! | its pad is released | PAD_DELETED, if it was added; EOS, if all other sources have ended |
//!
//! An event goes out behind the frames that came before it on its pad, and before those that came
//! after: while one is first in a queue, no batch is made. Of several pads' events, those of the pad
//! asked for first go first; ends, which only go when no other event waits, the other way round, as
//! the captures have both.

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::events::SourceEvents;
use super::imp::{CAT, StreamMux, lock};
use super::negotiate::{MemoryFields, output_caps};
use super::settings::is_new;
use super::source::Item;
use super::state::State;

/// Something of a source for downstream.
pub struct Told {
    id: u32,
    stream_id: String,
    item: Item,
    /// Downstream does not know of the source.
    unknown: bool,
}

impl State {
    /// The first thing that is to be told.
    pub fn next_told(&mut self) -> Option<Told> {
        let is_event = |item: Option<&Item>| matches!(item, Some(Item::Event(_)));
        let is_end = |item: Option<&Item>| matches!(item, Some(Item::Eos | Item::Released));
        let event = self.sources.iter().position(|s| is_event(s.queue.front()));
        let index = event.or_else(|| self.sources.iter().rposition(|s| is_end(s.queue.front())))?;
        let reset_on_eos = self.reset_on_eos;
        let source = &mut self.sources[index];
        let item = source.queue.pop_front()?;
        let unknown = !source.announced;
        match &item {
            Item::Event(event) => {
                if let gst::EventView::StreamStart(start) = event.view() {
                    source.stream_id = start.stream_id().to_owned();
                    source.finished = false;
                    source.announced = true;
                }
            }
            Item::Eos => {
                source.finished = true;
                if reset_on_eos {
                    source.frame_num = 0;
                }
            }
            Item::Released | Item::Frame(_) => (),
        }
        let told = Told {
            id: source.id,
            stream_id: source.stream_id.clone(),
            item,
            unknown,
        };
        if matches!(told.item, Item::Released) {
            self.sources.remove(index);
        }
        Some(told)
    }

    /// Our own segment, once.
    pub fn segment(&mut self) -> Option<gst::Event> {
        let sent = std::mem::replace(&mut self.segment_sent, true);
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        (!sent).then(|| gst::event::Segment::new(&segment))
    }

    /// The end, once all sources that were ever used have ended.
    fn eos(&mut self) -> Option<gst::Event> {
        let mut used = self
            .sources
            .iter()
            .filter(|s| s.announced || s.pad.is_linked())
            .peekable();
        let all = used.peek().is_some() && used.all(|s| s.finished) && !self.eos_sent;
        self.eos_sent |= all;
        all.then(gst::event::Eos::new)
    }
}

impl StreamMux {
    pub(super) fn tell(&self, told: &Told) {
        // Not while the state is locked: what is downstream may ask us something.
        let memory = self.memory_fields(told);
        if matches!(told.item, Item::Eos) && !is_new() {
            // Stock says it on standard output, where programs write what others read.
            gst::info!(
                CAT,
                imp = self,
                "Successfully handled EOS for source_id={}",
                told.id
            );
        }
        for event in self.events_for(told, memory.as_ref()) {
            if event.type_() == gst::EventType::Eos {
                gst::info!(CAT, imp = self, "All sources have ended");
            }
            self.src.push_event(event);
        }
    }

    /// What the caps of the default mux's batches say of the memory, when they are due.
    fn memory_fields(&self, told: &Told) -> Option<MemoryFields> {
        let is_caps =
            matches!(&told.item, Item::Event(event) if event.type_() == gst::EventType::Caps);
        if is_new() || !is_caps || lock(&self.state).caps.is_some() {
            return None;
        }
        let downstream = self.src.peer_query_caps(None);
        let settings = lock(&self.settings);
        Some(MemoryFields::new(
            settings.nvbuf_memory_type,
            settings.gpu_id,
            &downstream,
        ))
    }

    /// The table above. `memory`: what caps are to say of it.
    fn events_for(&self, told: &Told, memory: Option<&MemoryFields>) -> Vec<gst::Event> {
        let source = SourceEvents {
            id: told.id,
            stream_id: &told.stream_id,
        };
        let settings = lock(&self.settings).clone();
        let mut state = lock(&self.state);
        let eos = |state: &mut State| match settings.drop_pipeline_eos {
            true => None,
            false => state.eos(),
        };
        let mut events = Vec::new();
        match &told.item {
            Item::Event(event) => match event.view() {
                gst::EventView::StreamStart(_) => {
                    events.push(source.stream_start());
                    events.extend(told.unknown.then(|| source.pad_added()));
                    // An end was told, but there is more.
                    let again = std::mem::take(&mut state.eos_sent);
                    state.restarted |= again;
                    let first = !std::mem::replace(&mut state.stream_started, true);
                    events.extend((first || again || !is_new()).then(|| event.clone()));
                }
                gst::EventView::Caps(caps) => {
                    let Ok(info) = gst_video::VideoInfo::from_caps(caps.caps()) else {
                        return events; // refused at the pad
                    };
                    if state.caps.is_none() {
                        let surfaces = settings.num_surfaces_per_frame;
                        let ours = state.first_caps(caps.caps(), &info, surfaces, memory);
                        gst::info!(CAT, imp = self, "Batches have {ours:?}");
                        events.extend(ours.as_ref().map(gst::event::Caps::new));
                    }
                    // All frames of the default mux have the same size.
                    if is_new() {
                        let (width, height) = (info.width(), info.height());
                        events.push(source.update_caps(width, height, info.fps()));
                    }
                }
                gst::EventView::Segment(segment) => {
                    events.extend(state.segment());
                    events.push(source.stream_segment(segment.segment()));
                }
                _ => events.push(event.clone()),
            },
            Item::Eos => {
                events.push(source.stream_eos_message(&*self.obj()));
                events.push(source.stream_eos());
                events.extend(eos(&mut state));
            }
            Item::Released => {
                events.extend((!told.unknown).then(|| source.pad_deleted()));
                events.extend(eos(&mut state));
            }
            Item::Frame(_) => (),
        }
        events
    }
}

impl State {
    /// Takes over a source's caps as the first; returns those of the batches.
    fn first_caps(
        &mut self,
        caps: &gst::CapsRef,
        info: &gst_video::VideoInfo,
        surfaces: u32,
        memory: Option<&MemoryFields>,
    ) -> Option<gst::Caps> {
        let second = u128::from(gst::ClockTime::SECOND.nseconds());
        let (numer, denom) = (info.fps().numer(), info.fps().denom());
        if numer > 0 && denom > 0 {
            self.frame_duration = (second * denom as u128 / numer as u128) as u64;
        }
        self.caps_batch = self.max_frames();
        self.caps = output_caps(
            caps,
            self.caps_batch,
            surfaces,
            self.target.as_ref(),
            memory,
        );
        self.caps.clone()
    }

    /// Caps for more sources than before the start, if there are.
    pub fn larger_caps(&mut self, max_frames: usize) -> Option<gst::Caps> {
        let caps = self
            .caps
            .as_mut()
            .filter(|_| max_frames > self.caps_batch)?;
        self.caps_batch = max_frames;
        caps.make_mut().set("batch-size", max_frames as i32);
        Some(caps.clone())
    }
}
