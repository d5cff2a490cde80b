//! Element `nvstreammux`: frames of many sources in, batches with metadata out.
//!
//! DeepStream has two elements of this name, and the environment says which one this is. By default it is the
//! one that all samples are written for: `width`, `height` and `batch-size` must be set, every frame is brought to that size
//! (`enable-padding` keeps the aspect ratio), and a batch has `batch-size` frames, evenly from as many sources as
//! there are, and is pushed when full or `batched-push-timeout` after its first frame was taken. With
//! `USE_NEW_NVSTREAMMUX=yes` it is the new one: frames stay as they are and are shared, a batch has one frame of
//! each source that has not ended and is pushed when complete or 200 ms after the one before (`config-file-path`
//! or setting `batched-push-timeout` while running change that).
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/ssd-parser.txt"), "```")]
//!
//! # Times
//! The default mux counts from 0, one duration of a frame of the first caps for each batch; with `live-source` a
//! batch has the running time at which it is pushed, less the pipeline's latency. The new mux counts, too, from 0 or,
//! whenever a further source shows up, from the running time of that moment (no time while the
//! pipeline prerolls); with `sync-inputs` its batches have the latest running time of their frames. The frames'
//! own times are in their metas, always.
//!
//! # Sources
//! A batch waits for the sources that are linked and have not ended. A GAP lets the others go on
//! without its source until that has a frame again, whether there is a timeout or not. One that is
//! unlinked has not ended: EOS waits until its pad is released or what is linked next ends.
//!
//! Pads are asked for by name, `sink_N`, as in stock, and keep the name; downstream knows the source
//! by the number. Metas of a source's buffer travel in user metas of its frame.
//!
//! # Latency
//! In live pipelines the latency of the sources grows by the timeout; without one, by the time in which
//! a source fills its part of a batch. With NVDS_ENABLE_LATENCY_MEASUREMENT each frame leaves a
//! component in the batch, and one of the decoder that it came from.
//!
//! # Why it is no GstAggregator
//! Its unit is one buffer of every pad, its deadlines are running times in live pipelines, it makes
//! one stream of its pads' events, and it forgets a pad that is released. A mux like this one takes
//! several frames of one source and none of another, pushes by the clock on the wall in any pipeline,
//! hands on every source's events in their places between that source's frames, and still gives out
//! the frames and the end of a pad that is gone. All of that would have to be built around the base
//! class, against its locks. What it does have and is written here anew is a task, flushing, seeking
//! and the sum of latencies.

#[allow(missing_docs)] // accessors, named as their properties
mod imp;

mod announce;
mod batch;
mod config;
mod events;
mod input;
mod negotiate;
mod pads;
mod policy;
mod properties;
mod query;
mod scale;
mod settings;
mod setup;
mod source;
mod state;
mod sync;
mod task;

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
