//! Element `nvtracker`: gives objects ids that they keep from frame to frame.
//!
//! A tracker of our own under the stock factory name, not NVIDIA's: it looks at boxes only, and so ids and
//! associations differ from those of NVIDIA's trackers. What it writes into the metadata, and where, is as in the
//! stock element. The low-level library and its configuration may be named and are not read.
//!
//! Of each source, objects without an id go to the targets of the frames before: those of the same class whose boxes,
//! moved on with constant velocity, they cover best. A target is forgotten after 30 frames. On frames that no detector
//! looked at (`interval`), targets are added as objects where they should be, for 10 frames: with confidence -0.1, an
//! empty detector box, and the look of the first object of their class.
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/count-line.txt"), "```")]

mod associate;
mod frame;
mod imp;

use glib::prelude::*;

glib::wrapper! {
    /// The element.
    pub struct NvTracker(ObjectSubclass<imp::NvTracker>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses the type.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvtracker",
        gst::Rank::PRIMARY,
        NvTracker::static_type(),
    )
}
