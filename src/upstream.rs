//! What lies before an element.

use gst::prelude::*;

/// Most elements that are looked at.
const MAX_STEPS: usize = 64;

/// Name of the nearest `tee` before an element, as far as the buffers that leave it can be the very
/// ones that reach the element: muxes and demuxes make new ones.
///
/// No lock of the element's may be held: pads lock themselves.
pub fn tee(element: &gst::Element) -> Option<String> {
    let mut sink = element.static_pad("sink")?;
    for _ in 0..MAX_STEPS {
        let peer = sink.peer()?;
        if let Some(ghost) = peer.downcast_ref::<gst::GhostPad>() {
            // The end of a bin: into it.
            let inner = ghost.target()?;
            if is_made_by_tee(&inner) {
                return inner.parent().map(|tee| tee.name().to_string());
            }
            sink = only_sink(&inner)?;
        } else if let Some(proxy) = peer.downcast_ref::<gst::ProxyPad>() {
            // The start of a bin: out of it.
            sink = proxy.internal()?.upcast();
        } else if is_made_by_tee(&peer) {
            return peer.parent().map(|tee| tee.name().to_string());
        } else {
            sink = only_sink(&peer)?;
        }
    }
    None
}

fn is_made_by_tee(pad: &gst::Pad) -> bool {
    pad.parent_element()
        .and_then(|element| element.factory())
        .is_some_and(|factory| factory.name() == "tee")
}

/// The one sink pad of the element of a source pad, if both are always there.
fn only_sink(source: &gst::Pad) -> Option<gst::Pad> {
    let always = |pad: &gst::Pad| {
        let presence = pad.pad_template().map(|template| template.presence());
        presence.is_none_or(|presence| presence == gst::PadPresence::Always)
    };
    let sinks = source.parent_element()?.sink_pads();
    match sinks.as_slice() {
        [sink] if always(source) && always(sink) => Some(sink.clone()),
        _ => None,
    }
}
