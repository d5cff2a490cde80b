//! Element `dsexample`: NVIDIA's template for elements of one's own, with its made-up objects.
//!
//! `full-frame=1` attaches two objects of the same places to each frame; `full-frame=0` gives each object a label. Pixels
//! are not looked at, as in the stock element's library, which is a placeholder too. `blur-objects` needs OpenCV and is
//! not done.

mod attach;
#[allow(missing_docs)] // a class whose properties are a table
mod imp;

use glib::prelude::*;

glib::wrapper! {
    /// The element.
    pub struct DsExample(ObjectSubclass<imp::DsExample>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "dsexample",
        gst::Rank::PRIMARY,
        DsExample::static_type(),
    )
}
