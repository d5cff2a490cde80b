//! `nvsegvisual`: paints what pixels are of which class, as `nvinfer` with `network-type=2` attaches it.
//!
//! Frames become RGBA of `width` x `height`, stretched; the classes of a segmentation are painted pixel for pixel from the left
//! top corner and not scaled, so that `width` and `height` have to be those of the network's output. Source: what is public of
//! gst-nvsegvisual of DeepStream 9.2; it was not compared with the real element.

use glib::prelude::*;

#[allow(missing_docs)] // the derive makes accessors without any
mod imp;
mod paint;
mod state;

glib::wrapper! {
    /// The element.
    pub struct SegVisual(ObjectSubclass<imp::SegVisual>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element under its stock name.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvsegvisual",
        gst::Rank::PRIMARY,
        SegVisual::static_type(),
    )
}
