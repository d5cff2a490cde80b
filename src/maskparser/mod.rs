//! `rsmaskparser`: turns the output tensors of Mask R-CNNs into objects with masks.
//!
//! It takes the place of a custom parser library in nvinfer (`network-type=3`, `output-instance-mask=1`). What becomes of
//! boxes is as in [`ssdparser`](crate::ssdparser). YOLO networks with masks are read by
//! [`yoloparser`](crate::yoloparser).

use glib::prelude::*;

use crate::parser::{BoxParser, PresetParser, TensorParser};

#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;

glib::wrapper! {
    /// The element `rsmaskparser`.
    pub struct MaskParser(ObjectSubclass<imp::MaskParser>)
        @extends PresetParser, BoxParser, TensorParser, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rsmaskparser",
        gst::Rank::NONE,
        MaskParser::static_type(),
    )
}
