//! What applications put around inference: sinks, encoders, image codecs, the small elements, sources.

#[path = "../mux_support/mod.rs"]
mod mux_support;

mod analytics;
mod codecs;
mod launched;
mod pictures;
mod rtsp;
mod sinks;
mod small;
mod sources;
