//! Element `nvdslogger`: prints how many frames a second of each source pass.
//!
//! With `show-fps=1`, every `fps-measurement-interval-sec`, on the default main context: a program without a main loop
//! prints nothing, as with the stock element. gst-launch-1.0 has one.

#[allow(missing_docs)] // a class whose properties are a table
mod imp;
mod meter;
mod table;

use glib::prelude::*;

glib::wrapper! {
    /// The element.
    pub struct DsLogger(ObjectSubclass<imp::DsLogger>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvdslogger",
        gst::Rank::NONE,
        DsLogger::static_type(),
    )
}
