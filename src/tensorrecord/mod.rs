//! `rstensorrecord`: writes the tensors that inference elements attached to files, one a buffer.
//!
//! What a network said on one machine, with a GPU or with the stand-ins, can be attached again on
//! any other by [`rstensorreplay`](crate::tensorreplay), and read from Python with the safetensors
//! package. A file is there whole or not at all. `docs/record-replay.md` describes the format.
//!
//! ```text
//! gst-launch-1.0 ... ! nvinfer config-file-path=pipelines/config/nvinfer.txt \
//!     ! rstensorrecord location=recording/%06u.safetensors ! fakesink
//! ```
//!
//! `pipelines/record.txt` is a whole pipeline with it that the tests run.

use glib::prelude::*;

mod files;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod silence;

glib::wrapper! {
    /// The element `rstensorrecord`.
    pub struct TensorRecord(ObjectSubclass<imp::TensorRecord>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rstensorrecord",
        gst::Rank::NONE,
        TensorRecord::static_type(),
    )
}
