//! What comes in on the sink pads.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::imp::{CAT, StreamMux, lock};
use super::source::{Item, Waiting};

impl StreamMux {
    pub(super) fn sink_chain(
        &self,
        pad: &gst::Pad,
        buffer: gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        gst::log!(CAT, obj = pad, "Got {buffer:?}");
        let attach_sys_ts = lock(&self.settings).attach_sys_ts;
        let now = self.obj().current_running_time();
        let mut state = lock(&self.state);
        loop {
            let (flow, limit) = (state.flow, state.limit());
            let source = state.source(pad).ok_or(gst::FlowError::Flushing)?;
            if source.flushing {
                return Err(gst::FlowError::Flushing);
            }
            if source.eos {
                return Err(gst::FlowError::Eos);
            }
            flow?;
            if !source.has_caps {
                let again = std::mem::replace(&mut source.refused, true);
                drop(state);
                if !again {
                    gst::element_imp_error!(
                        self,
                        gst::CoreError::Negotiation,
                        ("{} got a frame before usable caps", pad.name())
                    );
                }
                return Err(gst::FlowError::NotNegotiated);
            }
            if source.frames < limit {
                break;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        let ntp = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(time) if attach_sys_ts => u64::try_from(time.as_nanos()).unwrap_or(0),
            _ => 0,
        };
        let source = state.source(pad).ok_or(gst::FlowError::Flushing)?;
        let running_time = source.running_time(&buffer);
        let pixel_aspect = source.pixel_aspect;
        let first = !std::mem::replace(&mut source.started, true);
        source.push(Item::Frame(Waiting {
            buffer,
            running_time,
            ntp,
            since: Instant::now(),
            pixel_aspect,
        }));
        if first {
            state.counter.restart(now);
        }
        self.changed.notify_all();
        Ok(gst::FlowSuccess::Ok)
    }

    pub(super) fn sink_event(&self, pad: &gst::Pad, event: gst::Event) -> bool {
        gst::log!(CAT, obj = pad, "Got {event:?}");
        match event.view() {
            // Of one source: none of the others' business.
            gst::EventView::FlushStart(_) => self.flush_start(pad),
            gst::EventView::FlushStop(_) => self.flush_stop(pad),
            gst::EventView::Caps(view) => {
                if let Err(error) = self.check_caps(pad, view.caps()) {
                    // Sources try again with every frame; one message is enough.
                    let again = lock(&self.state)
                        .source(pad)
                        .is_some_and(|source| std::mem::replace(&mut source.refused, true));
                    if !again {
                        self.post_error_message(error);
                    }
                    return false;
                }
                self.enqueue(pad, Item::Event(event))
            }
            gst::EventView::Segment(view) => {
                let segment = view.segment().downcast_ref::<gst::ClockTime>().cloned();
                if let Some(source) = lock(&self.state).source(pad) {
                    source.segment = segment;
                }
                self.enqueue(pad, Item::Event(event))
            }
            gst::EventView::StreamStart(_) => {
                let reset = lock(&self.settings).frame_num_reset_on_stream_reset;
                if let Some(source) = lock(&self.state).source(pad) {
                    source.eos = false;
                    if reset {
                        source.frame_num = 0;
                    }
                }
                self.enqueue(pad, Item::Event(event))
            }
            gst::EventView::Eos(_) => {
                self.enqueue(pad, Item::Eos);
                true
            }
            // A source that has nothing for a while holds nobody up.
            gst::EventView::Gap(_) => {
                if let Some(source) = lock(&self.state).source(pad) {
                    source.pauses = true;
                }
                self.wake();
                true
            }
            gst::EventView::StreamGroupDone(_) | gst::EventView::StreamCollection(_) => true,
            _ if event.is_serialized() => self.enqueue(pad, Item::Event(event)),
            _ => self.src.push_event(event),
        }
    }

    pub(super) fn sink_query(&self, pad: &gst::Pad, query: &mut gst::QueryRef) -> bool {
        match query.view_mut() {
            // Frames are shared or copied: downstream's memory is of no use upstream.
            gst::QueryViewMut::Allocation(_) => false,
            // Refused with an error that says what to put before the pad, when the caps arrive.
            gst::QueryViewMut::AcceptCaps(query) if !crate::caps::is_nvmm(query.caps()) => {
                query.set_result(true);
                true
            }
            gst::QueryViewMut::Caps(query) => {
                let result = self.sink_caps(pad, query.filter());
                query.set_result(&result);
                true
            }
            _ => gst::Pad::query_default(pad, Some(&*self.obj()), query),
        }
    }

    fn enqueue(&self, pad: &gst::Pad, item: Item) -> bool {
        let mut state = lock(&self.state);
        let Some(source) = state.source(pad) else {
            return false;
        };
        if source.flushing {
            return false;
        }
        if matches!(item, Item::Eos) {
            source.eos = true;
        }
        source.push(item);
        self.changed.notify_all();
        true
    }

    fn flush_start(&self, pad: &gst::Pad) -> bool {
        let mut state = lock(&self.state);
        if let Some(source) = state.source(pad) {
            source.flushing = true;
            source.flush();
        }
        self.changed.notify_all();
        true
    }

    fn flush_stop(&self, pad: &gst::Pad) -> bool {
        let mut state = lock(&self.state);
        if let Some(source) = state.source(pad) {
            source.flush();
            source.flushing = false;
            source.segment = None;
        }
        // One source starts again where it ended.
        state.eos_sent = false;
        self.changed.notify_all();
        true
    }
}
