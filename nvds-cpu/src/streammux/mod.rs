//! Element `nvstreammux`: frames of many sources in, batches with metadata out.
//!
//! DeepStream has two elements of this name, and this one is both. With `width` and `height` set it
//! behaves as the default one: every frame is brought to that size (`enable-padding` keeps the
//! aspect ratio), a batch has up to `batch-size` frames, from as many sources as there are, and is
//! pushed when full or `batched-push-timeout` after its first frame arrived. Without them, or with
//! `USE_NEW_NVSTREAMMUX=yes` in the environment, it behaves as the new one: frames stay as they are
//! and are shared, a batch has one frame of each source that has not ended and is pushed when
//! complete or 200 ms after the one before (`config-file-path` or setting `batched-push-timeout`
//! while running change that).
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/ssd-parser.txt"), "```")]
//!
//! # Times
//! The new mux counts: presentation times grow by the frame duration of the first caps, from 0 or,
//! whenever a further source shows up, from the running time of that moment (no time while the
//! pipeline prerolls). With `sync-inputs`, and with `width` and `height` set, they are running times
//! of the frames: the latest of the batch, or that of its first frame, never going back. The frames'
//! own times are in their metas, always.

#[allow(missing_docs)] // accessors, named as their properties
mod imp;

mod batch;
mod config;
mod events;
mod input;
mod output;
mod policy;
mod scale;
mod settings;
mod source;

use glib::prelude::*;

pub use crate::enums::{ComputeHw, InterpolationMethod, MemoryType};

glib::wrapper! {
    /// The element.
    pub struct StreamMux(ObjectSubclass<imp::StreamMux>) @extends gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvstreammux",
        gst::Rank::PRIMARY,
        StreamMux::static_type(),
    )
}
