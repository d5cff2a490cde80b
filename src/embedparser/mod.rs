//! `rsembedparser`: attaches the embeddings of objects or frames, and the names of a gallery that are nearest to them.
//!
//! Embeddings are the output of networks for re-identification and of faces. What is attached is a user meta that other
//! programs read by `include/rsnvds.h`, and with a gallery a classifier's result, as nvinfer attaches its own.

use glib::prelude::*;

use crate::parser::{AttributeParser, TensorParser};

#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod reader;

glib::wrapper! {
    /// The element `rsembedparser`.
    pub struct EmbedParser(ObjectSubclass<imp::EmbedParser>)
        @extends AttributeParser, TensorParser, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rsembedparser",
        gst::Rank::NONE,
        EmbedParser::static_type(),
    )
}
