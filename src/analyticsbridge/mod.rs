//! `rsanalyticsbridge`: copies metadata between DeepStream's and GStreamer's own analytics.
//!
//! With it elements of GStreamer that read `GstAnalyticsRelationMeta` or `GstTensorMeta`, such as `objectdetectionoverlay`,
//! `relationmeta2onvifmeta` or `ioutracker`, work on what DeepStream found, and those of DeepStream and of this plugin on what
//! they found. GStreamer's library is looked up when the element starts: it needs 1.24, and 1.26 for tensors.
//! `docs/rsanalyticsbridge.md` says what becomes of what.
//!
//! ```text
//! gst-launch-1.0 ... nvstreammux batch-size=1 ... ! nvinfer ... ! rsanalyticsbridge ! objectdetectionoverlay ! ...
//! ```

use glib::prelude::*;

mod bridge;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod names;
mod tensors;
#[cfg(test)]
mod tests;
mod to_gst;
mod to_nvds;
mod tracks;

glib::wrapper! {
    /// The element `rsanalyticsbridge`.
    pub struct AnalyticsBridge(ObjectSubclass<imp::AnalyticsBridge>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Which way [`AnalyticsBridge`] copies.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstRsAnalyticsBridgeDirection")]
pub enum Direction {
    /// DeepStream's to GStreamer's.
    #[default]
    #[enum_value(
        name = "To GStreamer: NvDs metadata to GstAnalyticsRelationMeta",
        nick = "to-gst"
    )]
    ToGst,
    /// GStreamer's to DeepStream's.
    #[enum_value(
        name = "To DeepStream: GstAnalyticsRelationMeta to NvDs metadata",
        nick = "to-nvds"
    )]
    ToNvds,
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rsanalyticsbridge",
        gst::Rank::NONE,
        AnalyticsBridge::static_type(),
    )
}
