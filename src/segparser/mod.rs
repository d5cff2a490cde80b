//! `rssegparser`: turns the output tensors of semantic segmentation into the map that nvinfer attaches.
//!
//! It takes the place of nvinfer's own parser (network-type 2) for networks that this does not read: the class chosen in
//! the graph, one channel, several layers. The map is attached to the frame, or to the object of secondary inference, as
//! `NvDsInferSegmentationMeta`, which nvsegvisual draws.
//!
//! ```text
//! nvinfer config-file-path=seg.txt ! rssegparser threshold=0.5
//! ```

use glib::prelude::*;

use crate::parser::TensorParser;

#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod task;

glib::wrapper! {
    /// The element `rssegparser`.
    pub struct SegParser(ObjectSubclass<imp::SegParser>)
        @extends TensorParser, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Where [`SegParser`] finds the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsSegChannelOrder")]
#[repr(i32)]
pub enum ChannelOrder {
    /// What the dimensions say.
    #[default]
    #[enum_value(name = "As the dimensions say", nick = "auto")]
    Auto = 0,
    /// A map for each class.
    #[enum_value(name = "A map for each class: [C, H, W]", nick = "chw")]
    Chw = 1,
    /// The numbers of a pixel side by side.
    #[enum_value(name = "The numbers of a pixel side by side: [H, W, C]", nick = "hwc")]
    Hwc = 2,
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rssegparser",
        gst::Rank::NONE,
        SegParser::static_type(),
    )
}
