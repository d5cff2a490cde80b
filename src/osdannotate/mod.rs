//! `rsosdannotate`: says how nvdsosd draws frames and objects, from one style file.
//!
//! It takes the place of the pad probe on the OSD's sink pad. Texts come from templates with fields
//! for the frame and the number of its objects of any label, or for an object.
//!
//! `pipelines/ssd-parser.txt` is a whole pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../pipelines/ssd-parser.txt"), "```")]

use glib::prelude::*;

mod annotate;
mod braces;
mod canvas;
mod color;
mod expected;
mod extent;
mod fps;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod kinds;
mod message;
mod neighbours;
mod objects;
mod osd_text;
mod redact;
mod results;
mod scene;
mod settings;
mod shapes;
mod skeleton;
mod style;
mod template;
mod texts;
mod totals;
mod zones;

pub use objects::ObjectText;
pub(crate) use settings::check_style;
pub(crate) use style::{StyleMark, StyleMarks};

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
