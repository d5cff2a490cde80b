//! `nvdspreprocess`: cuts regions of interest or objects out of frames and prepares a network's input of them, for an `nvinfer` or
//! `nvinferserver` with `input-tensor-meta`.
//!
//! The stock element's configuration is read as it is. What its own library `libcustom2d_preprocess.so` does is built in; any
//! other is refused, since such libraries are handed surfaces of a GPU. `docs/stand-ins.md` tells what is exact.
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/preprocess.txt"), "```")]

use glib::prelude::*;

mod came;
mod choice;
pub mod config;
#[allow(missing_docs)] // the derive makes accessors without any
mod imp;
mod keys;
mod tensor;
mod work;

glib::wrapper! {
    /// The element.
    pub struct DsPreprocess(ObjectSubclass<imp::DsPreprocess>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element under its stock name.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvdspreprocess",
        gst::Rank::PRIMARY,
        DsPreprocess::static_type(),
    )
}
