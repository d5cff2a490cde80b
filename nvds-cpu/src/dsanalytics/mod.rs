//! Element `nvdsanalytics`: what is where, and goes where, by areas and lines of a configuration.
//!
//! Follows the public source of DeepStream 9.1 (gst-nvdsanalytics): areas (`roi-filtering-stream-N`), crowds
//! (`overcrowding-stream-N`), lines (`line-crossing-stream-N`) and directions (`direction-detection-stream-N`) of the
//! sources with `pad_index` N; the user meta of each frame and of objects that there is something to tell of, as the C++
//! classes that applications read; and what is drawn. Lines and directions need ids of a tracker.
//!
//! An object is where the middle of its box's lower edge is, with the mean height of its last frames. Otherwise than in
//! stock, objects of a source that ends, is reset or flushed are forgotten, and all of a source whose pad goes.
//!
//! NVIDIA's own, built from its public source, is used instead where it is on the plugin path, too; so this one has a type
//! name of its own.
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/nvdsanalytics.txt"), "```")]

pub mod config;
mod counts;
mod draw;
mod geometry;
mod groups;
mod imp;
mod payload;
mod rules;
mod source;
mod track;
mod unordered;

use glib::prelude::*;
use gst::prelude::*;

glib::wrapper! {
    /// The element.
    pub struct NvDsAnalytics(ObjectSubclass<imp::NvDsAnalytics>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element, unless another plugin has one of that name.
///
/// # Errors
/// When GStreamer refuses the type.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    let known = gst::ElementFactory::find("nvdsanalytics").and_then(|known| known.plugin_name());
    if known.is_some_and(|name| name != plugin.plugin_name()) {
        return Ok(());
    }
    gst::Element::register(
        Some(plugin),
        "nvdsanalytics",
        gst::Rank::PRIMARY,
        NvDsAnalytics::static_type(),
    )
}
