//! `nvinferserver`: runs a network from a Triton model repository on the CPU and attaches its tensors to the frames.
//!
//! The stock element's configuration file is read as it is. Full frames and `postprocess { other {} }` are honoured;
//! what needs NVIDIA's parsers, a Triton server or objects of another element is an error that names the key.
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/ssd-parser.txt"), "```")]

use gst::prelude::*;

mod imp;

glib::wrapper! {
    /// The element.
    pub struct InferServer(ObjectSubclass<imp::InferServer>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element under its stock name.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvinferserver",
        gst::Rank::PRIMARY,
        InferServer::static_type(),
    )
}
