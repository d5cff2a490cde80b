//! Element `nvmultistreamtiler`: the frames of a batch side by side in one picture, their boxes, texts and display
//! metas moved along.
//!
//! Tiles have the order of the mux's pads and are `width / columns` by `height / rows` pixels large, rounded down to even;
//! what is left over at the right and at the bottom stays black. A frame is stretched to its tile. The picture is kept
//! from batch to batch: a source that is missing from a batch still has its last picture and its last objects in its
//! tile, until it ends or the layout changes. `show-source` shows one source alone, and may be changed while playing.
//!
//! A source that has no tile makes the grid larger: `rows` is then the root of the number of sources, rounded down, and
//! `columns` as many as it takes; a message of kind INFO tells, and the properties read the new numbers.
//!
//! What comes out has one surface and one frame meta, of source 0 and pad 0, with everything that hung on the frames.
//! The metadata of the batch that came in is moved in place, as in stock: the other branch of a `tee` before the tiler
//! sees it moved, too.
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/tiler.txt"), "```")]
//!
//! Not here: frames of several surfaces (the mux refuses them), `custom-tile-config` (a pointer to structs of
//! DeepStream's; a warning says so), the query for the batch size.

mod canvas;
mod caps;
mod grid;
#[allow(missing_docs)] // accessors that the properties macro makes; the properties have blurbs
mod imp;
mod metadata;
mod settings;
mod state;

use glib::prelude::*;

glib::wrapper! {
    /// The element.
    pub struct NvMultiStreamTiler(ObjectSubclass<imp::NvMultiStreamTiler>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element under its stock factory name.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvmultistreamtiler",
        gst::Rank::PRIMARY,
        NvMultiStreamTiler::static_type(),
    )
}
