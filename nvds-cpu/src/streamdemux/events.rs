//! Events of batches become events of the pads.

use gst::prelude::*;
use gst::subclass::prelude::*;
use nvds::event::SourceEvent;

use super::imp::{CAT, StreamDemux};
use crate::caps;

impl StreamDemux {
    pub(super) fn sink_event(&self, event: gst::Event) -> bool {
        gst::log!(CAT, obj = self.sink, "Got {event:?}");
        match event.view() {
            gst::EventView::Caps(view) => self.sink_caps(view.caps_owned()),
            gst::EventView::Eos(_) => {
                self.end_missing();
                true
            }
            // Said of each source by events of their own.
            gst::EventView::StreamStart(_)
            | gst::EventView::Segment(_)
            | gst::EventView::Tag(_) => true,
            gst::EventView::SinkMessage(view) => {
                let message = view.message();
                let structure = message.structure();
                let ended = structure.filter(|s| s.name().as_str() == "stream-eos");
                match ended.and_then(|s| s.get::<u32>("stream-id").ok()) {
                    Some(id) => {
                        self.tell(id, event);
                        true
                    }
                    None => self.forward(event),
                }
            }
            _ => {
                let about = SourceEvent::of(&event).zip(event.structure());
                about.is_some_and(|(kind, s)| self.source_event(kind, s)) || self.forward(event)
            }
        }
    }

    fn forward(&self, event: gst::Event) -> bool {
        gst::Pad::event_default(&self.sink, Some(&*self.obj()), event)
    }

    fn sink_caps(&self, caps: gst::Caps) -> bool {
        let refuse = |text: String| {
            gst::element_imp_error!(self, gst::CoreError::Negotiation, ("{text}"));
            false
        };
        let structure = caps.structure(0);
        if structure.is_none_or(|s| s.name() != "video/x-raw") || !caps::is_nvmm(&caps) {
            return refuse(format!(
                "caps {caps} are not supported by the CPU stand-in, only \
                 video/x-raw(memory:NVMM) is"
            ));
        }
        let surfaces = structure.and_then(|s| s.get::<i32>("num-surfaces-per-frame").ok());
        if let Some(surfaces) = surfaces.filter(|surfaces| *surfaces != 1) {
            return refuse(format!(
                "num-surfaces-per-frame={surfaces} is not supported by the CPU stand-in, only 1 is"
            ));
        }
        self.state().caps = Some(caps);
        true
    }

    /// Something that the mux tells about one of its sources. Whether it is such an event.
    ///
    /// What a branch answers is not handed on: GStreamer would hold back everything that the mux
    /// tells afterwards, of other sources too. A refused one shows with its next frame.
    fn source_event(&self, kind: SourceEvent, event: &gst::StructureRef) -> bool {
        let id = |field: &str| event.get::<u32>(field).unwrap_or(0);
        match kind {
            SourceEvent::PadAdded | SourceEvent::PadDeleted => {}
            SourceEvent::StreamStart => {
                let stream_id = event.get::<&str>("stream-id");
                self.start(id("source-id"), stream_id.unwrap_or_default());
            }
            SourceEvent::UpdateCaps => self.update_caps(id("stream-id"), event),
            SourceEvent::StreamSegment => {
                if let Ok(segment) = event.get::<gst::Segment>("segment") {
                    self.ensure_caps(id("source-id"));
                    self.tell(id("source-id"), gst::event::Segment::new(&segment));
                }
            }
            SourceEvent::StreamEos => {
                self.tell(id("source-id"), gst::event::Eos::new());
            }
            _ => return false,
        }
        true
    }

    /// Pushes an event out of a source's pad, if there is one.
    fn tell(&self, id: u32, event: gst::Event) {
        if let Some(pad) = self.pad(id)
            && !pad.push_event(event)
        {
            gst::debug!(CAT, imp = self, "Behind src_{id} an event was refused");
        }
    }

    fn start(&self, id: u32, stream_id: &str) {
        let pad = {
            let mut state = self.state();
            let stream = state.streams.get_mut(&id);
            stream.and_then(|stream| {
                let again = std::mem::replace(&mut stream.started, true);
                (!again).then(|| stream.pad.clone())
            })
        };
        if let Some(pad) = pad {
            pad.push_event(gst::event::StreamStart::new(stream_id));
        }
    }

    /// The default mux tells no size of a source: all frames have that of the batches.
    fn ensure_caps(&self, id: u32) {
        if self.pad(id).is_some_and(|pad| !pad.has_current_caps()) {
            self.update_caps(id, gst::Structure::new_empty("none").as_ref());
        }
    }

    /// Caps of a pad: those of the batches with the source's size.
    fn update_caps(&self, id: u32, event: &gst::StructureRef) {
        let Some(mut caps) = self.state().caps.clone() else {
            gst::warning!(
                CAT,
                imp = self,
                "src_{id} gets caps before the batches have"
            );
            return;
        };
        self.start(id, event.get::<&str>("stream-id-str").unwrap_or_default());
        for structure in caps.make_mut().iter_mut() {
            for (field, from) in [("width", "width-val"), ("height", "height-val")] {
                let value = event.get::<u32>(from).ok();
                if let Some(value) = value.and_then(|value| i32::try_from(value).ok()) {
                    structure.set(field, value);
                }
            }
            if structure.has_field("batch-size") {
                // Unsigned here and signed behind the mux, in stock as well.
                structure.set("batch-size", 1_u32);
            }
        }
        gst::info!(CAT, imp = self, "Frames on src_{id} have {caps}");
        self.tell(id, gst::event::Caps::new(&caps));
    }
}
