//! `nvvideoconvert`: converts, scales, crops and turns video between system and NVMM memory, and
//! moves the metadata along.
//!
//! The pixels come out as on a GPU (see [`crate::convert`]), the caps gain the stock element's
//! fields, and a new buffer carries a deep copy of the batch meta whose boxes and texts fit the new
//! picture.
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/clock.txt"), "```")]

mod caps;
mod enums;
#[allow(missing_docs)] // accessors that the properties macro makes; the properties have blurbs
mod imp;
mod metadata;
mod picture;
mod settings;
mod work;

use glib::prelude::*;

pub use crate::enums::{ComputeHw, InterpolationMethod, MemoryType};
pub use enums::{CopyHw, FlipMethod};
pub(crate) use metadata::to_unsigned;
pub(crate) use picture::frame_of;

glib::wrapper! {
    /// The element.
    pub struct NvVideoConvert(ObjectSubclass<imp::NvVideoConvert>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element under its stock factory name.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvvideoconvert",
        gst::Rank::PRIMARY,
        NvVideoConvert::static_type(),
    )
}
