//! Events by which the mux tells elements downstream about its sources.

use std::sync::atomic::{AtomicU32, Ordering};

use nvds::event::SourceEvent;

/// A source, as its events name it.
#[derive(Clone, Copy, Debug)]
pub struct SourceEvents<'a> {
    /// Number of the sink pad.
    pub id: u32,
    /// Stream id of what comes in there.
    pub stream_id: &'a str,
}

/// The events are sticky, so every pad downstream keeps all of them, as in stock. A source that starts
/// and ends leaves five (six if its pad is released, too); one that comes back every minute, 7200 a
/// day: a pipeline that runs for weeks with such sources should be restarted now and then.
///
/// The names end in a number that differs from event to event of a kind, in the whole process:
/// sticky events of one name would replace each other.
fn name(kind: &str, id: u32, counter: &AtomicU32) -> String {
    format!("{kind}-{id}-{}", counter.fetch_add(1, Ordering::Relaxed))
}

impl SourceEvents<'_> {
    /// A source's stream starts.
    pub fn stream_start(&self) -> gst::Event {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let structure = gst::Structure::builder(name("nv-stream-start", self.id, &COUNTER))
            .field("source-id", self.id)
            .field("stream-id", self.stream_id)
            .build();
        SourceEvent::StreamStart.event(structure)
    }

    /// There is a new source.
    pub fn pad_added(&self) -> gst::Event {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        self.plain(SourceEvent::PadAdded, "nv-pad-added", &COUNTER)
    }

    /// A source is gone.
    pub fn pad_deleted(&self) -> gst::Event {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        self.plain(SourceEvent::PadDeleted, "nv-pad-deleted", &COUNTER)
    }

    /// A source has ended.
    pub fn stream_eos(&self) -> gst::Event {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        self.plain(SourceEvent::StreamEos, "nv-stream-eos", &COUNTER)
    }

    /// A source's segment.
    pub fn stream_segment(&self, segment: &gst::Segment) -> gst::Event {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let structure = gst::Structure::builder(name("nv-stream-segment", self.id, &COUNTER))
            .field("source-id", self.id)
            .field("segment", segment)
            .build();
        SourceEvent::StreamSegment.event(structure)
    }

    /// Size of a source's frames in the batch, and its rate.
    pub fn update_caps(&self, width: u32, height: u32, rate: gst::Fraction) -> gst::Event {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let structure = gst::Structure::builder(name("update-caps", self.id, &COUNTER))
            .field("stream-id", self.id)
            .field("stream-id-str", self.stream_id)
            .field("width-val", width)
            .field("height-val", height)
            .field("frame-rate", rate)
            .build();
        SourceEvent::UpdateCaps.event(structure)
    }

    /// The message of a source's end, to be posted by the sink.
    pub fn stream_eos_message(&self, mux: &impl glib::object::IsA<gst::Object>) -> gst::Event {
        let structure = gst::Structure::builder("stream-eos")
            .field("stream-id", self.id)
            .build();
        let message = gst::message::Element::builder(structure).src(mux).build();
        gst::event::SinkMessage::new("stream-eos", &message)
    }

    fn plain(&self, kind: SourceEvent, prefix: &str, counter: &AtomicU32) -> gst::Event {
        let structure = gst::Structure::builder(name(prefix, self.id, counter))
            .field("source-id", self.id)
            .build();
        kind.event(structure)
    }
}
