//! Element `nvegltransform`: lets surfaces pass, under the name of EGL images.
//!
//! On Jetson it stands before `nveglglessink`. Here the surfaces stay what they are: caps say
//! `memory:EGLImage` and keep the format, and the stand-in sinks know what to do with it.

#[allow(missing_docs)] // a class without properties
mod imp;

use glib::prelude::*;

/// The caps feature of EGL images.
pub const MEMORY_EGL_IMAGE: &str = "memory:EGLImage";

glib::wrapper! {
    /// The element.
    pub struct EglTransform(ObjectSubclass<imp::EglTransform>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    let rank = gst::Rank::PRIMARY;
    gst::Element::register(
        Some(plugin),
        "nvegltransform",
        rank,
        EglTransform::static_type(),
    )
}
