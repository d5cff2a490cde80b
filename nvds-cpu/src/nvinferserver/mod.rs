//! `nvinferserver`: runs a network from a Triton model repository on the CPU and attaches its tensors to the frames.
//!
//! The stock element's configuration file is read as it is. Full frames and `postprocess { other {} }` are honoured;
//! what needs NVIDIA's parsers, a Triton server or objects of another element is an error that names the key.
//!
//! ```text
//! gst-launch-1.0 filesrc location=film.h264 ! h264parse ! nvv4l2decoder ! mux.sink_0 \
//!     nvstreammux name=mux width=768 height=576 batch-size=1 \
//!     ! nvinferserver config-file-path=pipelines/config/nvinferserver.txt ! fakesink
//! ```

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
