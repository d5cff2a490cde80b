//! `rsmetapublish` takes lines of text and sends them to a Kafka cluster, an MQTT broker or a Redis stream:
//!
//! ```text
//! gst-launch-1.0 filesrc location=out/demo.jsonl ! rsmetapublish uri=kafka://broker:9092/objects
//! ```

mod feed;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
#[allow(missing_docs)] // fields that bear the names of the properties
mod settings;
mod starting;

use glib::prelude::*;

pub use settings::{Format, Policy};

glib::wrapper! {
    /// The element `rsmetapublish`.
    pub struct MetaPublish(ObjectSubclass<imp::MetaPublish>)
        @extends gst_base::BaseSink, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rsmetapublish",
        gst::Rank::NONE,
        MetaPublish::static_type(),
    )
}
