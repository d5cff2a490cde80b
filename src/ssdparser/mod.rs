//! `rsssdparser`: turns the output tensors of SSD detectors into objects.
//!
//! It takes the place of the pad probe behind nvinfer (network-type 100, output-tensor-meta 1) or
//! nvinferserver (`other {}` post-processing, `output_tensor_meta: true`). Each frame's tensors are
//! decoded, thresholded, clipped to the frame, thinned out by non-maximum suppression, and attached
//! as `NvDsObjectMeta` with every field that a stock detector sets.
//!
//! `pipelines/ssd-parser.txt` is a whole pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../pipelines/ssd-parser.txt"), "```")]

use glib::prelude::*;

use crate::parser::{BoxParser, TensorParser};

mod anchors;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod layout;

glib::wrapper! {
    /// The element `rsssdparser`.
    pub struct SsdParser(ObjectSubclass<imp::SsdParser>)
        @extends BoxParser, TensorParser, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rsssdparser",
        gst::Rank::NONE,
        SsdParser::static_type(),
    )
}
