//! Sends a buffer through an element, in a pipeline of its own.

use gst::glib::translate::IntoGlib;
use gst::prelude::*;

/// Why there is no picture.
#[derive(Debug)]
pub struct Failure {
    /// Domain of the element's error, empty if something else went wrong.
    pub domain: String,
    /// The error's number in its domain.
    pub code: i32,
    /// Text for people.
    pub text: String,
    /// What to change.
    pub debug: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // GStreamer puts source line and element in front of the debug text.
        match self.debug.lines().last() {
            Some(reason) => write!(f, "{}: {reason}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl<T: std::error::Error> From<T> for Failure {
    fn from(error: T) -> Self {
        Self {
            domain: String::new(),
            code: 0,
            text: error.to_string(),
            debug: String::new(),
        }
    }
}

pub fn failure(text: impl Into<String>) -> Failure {
    Failure {
        domain: String::new(),
        code: 0,
        text: text.into(),
        debug: String::new(),
    }
}

/// Sends one buffer through an element; returns what comes out.
///
/// A source marks its first buffer and copies it for that if it is shared; a copied batch has another pool order and
/// only what is attached. So the source's buffer is a blank, and the real one takes its place at the element's pad.
pub fn push_through(
    element: &gst::Element,
    caps: &gst::Caps,
    buffer: gst::Buffer,
) -> Result<gst::Sample, Failure> {
    let source = gst::ElementFactory::make("appsrc")
        .property("caps", caps)
        .property_from_str("format", "time")
        .build()?;
    let sink = gst::ElementFactory::make("appsink")
        .property("sync", false)
        // The end of the stream comes with the frame still to be fetched.
        .property("wait-on-eos", false)
        .build()?;
    let pipeline = gst::Pipeline::new();
    pipeline.add_many([&source, element, &sink])?;
    gst::Element::link_many([&source, element, &sink])?;
    let bus = pipeline
        .bus()
        .ok_or_else(|| failure("a pipeline without a bus"))?;

    let prepared = std::sync::Mutex::new(Some(buffer));
    let pad = element
        .static_pad("sink")
        .ok_or_else(|| failure("an element without a sink pad"))?;
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let mut prepared = prepared.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(real) = prepared.take() {
            info.data = Some(gst::PadProbeData::Buffer(real));
        }
        gst::PadProbeReturn::Ok
    });

    let run = || {
        pipeline
            .set_state(gst::State::Playing)
            .map_err(|e| bus_error(&bus).unwrap_or_else(|| e.into()))?;
        // What becomes of the buffer is told by the bus.
        let _ = source.emit_by_name::<gst::FlowReturn>("push-buffer", &[&gst::Buffer::new()]);
        let _ = source.emit_by_name::<gst::FlowReturn>("end-of-stream", &[]);
        let timeout = gst::ClockTime::from_seconds(20);
        let ends = [gst::MessageType::Eos, gst::MessageType::Error];
        match bus
            .timed_pop_filtered(timeout, &ends)
            .map(|m| to_failure(&m))
        {
            Some(Some(error)) => Err(error),
            Some(None) => sink
                .emit_by_name::<Option<gst::Sample>>("try-pull-sample", &[&0u64])
                .ok_or_else(|| failure("no frame came out")),
            None => Err(failure("no end of stream after 20 seconds")),
        }
    };
    let result = run();
    pipeline.set_state(gst::State::Null)?;
    pipeline.remove_many([&source, element, &sink])?;
    result
}

fn bus_error(bus: &gst::Bus) -> Option<Failure> {
    to_failure(&bus.pop_filtered(&[gst::MessageType::Error])?)
}

fn to_failure(message: &gst::Message) -> Option<Failure> {
    let gst::MessageView::Error(error) = message.view() else {
        return None;
    };
    let details = error.error();
    Some(Failure {
        domain: details.domain().as_str().to_string(),
        code: details
            .kind::<gst::ResourceError>()
            .map_or(0, |kind| kind.into_glib()),
        text: details.message().to_owned(),
        debug: error.debug().map(|d| d.to_string()).unwrap_or_default(),
    })
}
