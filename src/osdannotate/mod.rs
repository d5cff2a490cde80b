//! `rsosdannotate`: writes a line of text onto every frame for nvdsosd to draw.
//!
//! It takes the place of the pad probe on the OSD's sink pad. The text comes from a template with
//! fields for the frame, its objects and the number of objects of any label.
//!
//! `pipelines/ssd-parser.txt` is a whole pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../pipelines/ssd-parser.txt"), "```")]

use glib::prelude::*;

mod color;
mod fps;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod template;

glib::wrapper! {
    /// The element `rsosdannotate`.
    pub struct OsdAnnotate(ObjectSubclass<imp::OsdAnnotate>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rsosdannotate",
        gst::Rank::NONE,
        OsdAnnotate::static_type(),
    )
}
