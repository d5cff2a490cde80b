//! Element `nvstreamdemux`: batches in, the frames of each source out on a pad of their own.
//!
//! Frames of the source on the mux's `sink_N` leave by `src_N`. Surfaces are shared, not copied, in
//! memory that is read-only; each frame gets a batch meta of its own with a copy of its frame meta.
//! GstMetas of the source's buffer, which the mux keeps in a user meta, are on the frame's buffer again.
//! A frame is dropped while its pad is missing, not linked or without caps.
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/two-sources.txt"), "```")]
//!
//! # Events
//! Caps, segment and end of a pad are made from what the mux tells about its sources: those events
//! that concern the batches as a whole end here. Request the pads before the pipeline starts: what
//! was told before a pad existed is not repeated for it.
//!
//! # Not modelled
//! Audio, several surfaces per frame, and the custom queries for the batch size.

#[allow(missing_docs)] // accessors of the class
mod imp;
mod missing;

mod events;
mod frame;

use glib::prelude::*;

glib::wrapper! {
    /// The element.
    pub struct StreamDemux(ObjectSubclass<imp::StreamDemux>) @extends gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvstreamdemux",
        gst::Rank::PRIMARY,
        StreamDemux::static_type(),
    )
}
