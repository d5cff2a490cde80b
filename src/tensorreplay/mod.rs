//! `rstensorreplay`: attaches the tensors of files, one a buffer, as an inference element does.
//!
//! It takes the place of nvinfer or nvinferserver where there is no GPU or no model: the files come
//! from [`rstensorrecord`](crate::tensorrecord) or from Python. `docs/record-replay.md` describes
//! the format.
//!
//! ```text
//! gst-launch-1.0 ... ! rstensorreplay location=recording/%06u.safetensors \
//!     ! rsssdparser labels-file=pipelines/config/labels.txt ! fakesink
//! ```
//!
//! `pipelines/replay.txt` is a whole pipeline with it that the tests run.

use glib::prelude::*;

mod attach;
mod comparison;
mod files;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;

glib::wrapper! {
    /// The element `rstensorreplay`.
    pub struct TensorReplay(ObjectSubclass<imp::TensorReplay>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// What [`TensorReplay`] does when there is no further file.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstRsTensorReplayOnEnd")]
pub enum OnEnd {
    /// End the pipeline with an error.
    #[default]
    #[enum_value(name = "Error: end the pipeline with an error", nick = "error")]
    Error,
    /// Pass buffers on without tensors.
    #[enum_value(name = "Pass: pass buffers on without tensors", nick = "pass")]
    Pass,
    /// Start again with the first file.
    #[enum_value(name = "Loop: start again with the first file", nick = "loop")]
    Loop,
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rstensorreplay",
        gst::Rank::NONE,
        TensorReplay::static_type(),
    )
}
