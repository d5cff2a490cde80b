//! `rsfaceparser`: turns the output tensors of detectors of faces into objects with key points.
//!
//! It takes the place of a custom parser library in nvinfer, or of the pad probe behind it (network-type 100,
//! output-tensor-meta 1) or nvinferserver (`other {}` post-processing, `output_tensor_meta: true`). What becomes of boxes
//! is as in [`ssdparser`](crate::ssdparser).

use glib::prelude::*;

use crate::parser::{BoxParser, PresetParser, TensorParser};

#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;

glib::wrapper! {
    /// The element `rsfaceparser`.
    pub struct FaceParser(ObjectSubclass<imp::FaceParser>)
        @extends PresetParser, BoxParser, TensorParser, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rsfaceparser",
        gst::Rank::NONE,
        FaceParser::static_type(),
    )
}
