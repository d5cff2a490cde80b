//! Events and queries from downstream.

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::imp::{CAT, StreamMux, lock};
use super::settings::is_new;

impl StreamMux {
    pub(super) fn src_event(&self, event: gst::Event) -> bool {
        gst::log!(CAT, obj = self.src, "Got {event:?}");
        if !is_new() {
            return self.keep_event(&event);
        }
        match event.view() {
            gst::EventView::Seek(_) => self.seek(&event),
            // Times of batches are not those of a source; and no frame shall be lost.
            gst::EventView::Qos(_) | gst::EventView::Reconfigure(_) => true,
            _ => gst::Pad::event_default(&self.src, Some(&*self.obj()), event),
        }
    }

    /// The default mux hands no event on to its sources. Whether it took it.
    fn keep_event(&self, event: &gst::Event) -> bool {
        match event.view() {
            gst::EventView::Latency(latency) => lock(&self.state).latency = latency.latency(),
            gst::EventView::Seek(_) => {
                gst::warning!(
                    CAT,
                    imp = self,
                    "the default nvstreammux does not seek: send the event to the sources"
                );
                return false;
            }
            _ => (),
        }
        true
    }

    /// Sends a seek to all sources; their flushes end here.
    fn seek(&self, event: &gst::Event) -> bool {
        let pads = lock(&self.state).pads();
        let done = pads.iter().filter(|pad| pad.push_event(event.clone()));
        done.count() > 0
    }

    pub(super) fn src_query(&self, query: &mut gst::QueryRef) -> bool {
        match query.view_mut() {
            gst::QueryViewMut::Latency(latency) => self.latency(latency),
            gst::QueryViewMut::Duration(duration) => self.duration(duration),
            _ => gst::Pad::query_default(&self.src, Some(&*self.obj()), query),
        }
    }

    /// The largest of all sources, and if one is live, the time that a frame may wait here. Not
    /// answered if no source does.
    fn latency(&self, query: &mut gst::query::Latency) -> bool {
        let mut answered = false;
        let mut live = false;
        let mut min = gst::ClockTime::ZERO;
        let mut max = gst::ClockTime::NONE;
        // Without the lock: the sources' answers take their own time and locks.
        let pads = lock(&self.state).pads();
        for pad in pads {
            let mut peer = gst::query::Latency::new();
            if !pad.peer_query(&mut peer) {
                continue;
            }
            answered = true;
            let (peer_live, peer_min, peer_max) = peer.result();
            if !peer_live {
                continue;
            }
            live = true;
            min = min.max(peer_min);
            max = [max, peer_max].into_iter().flatten().min();
        }
        if live {
            let extra = gst::ClockTime::try_from(lock(&self.settings).max_latency);
            let state = lock(&self.state);
            // With sync-inputs the timeout has it already.
            let extra = extra.ok().filter(|_| state.sync.is_none());
            let own = state.wait().saturating_add(extra.unwrap_or_default());
            drop(state);
            min = min.saturating_add(own);
            // One more frame than a batch takes can wait on a pad, so that nothing is lost meanwhile.
            max = max.map(|max| max.saturating_add(own));
        }
        gst::debug!(CAT, imp = self, "Latency: live {live}, {min} to {max:?}");
        if answered {
            query.set(live, min, max);
        }
        answered
    }

    /// The longest of all sources.
    fn duration(&self, query: &mut gst::query::Duration) -> bool {
        let pads = lock(&self.state).pads();
        let longest = pads
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

    /// Tells the pipeline that latency has changed, if it has asked already.
    pub(super) fn latency_changed(&self) {
        if lock(&self.state).running {
            let obj = self.obj();
            let _ = obj.post_message(gst::message::Latency::builder().src(&*obj).build());
        }
    }
}
