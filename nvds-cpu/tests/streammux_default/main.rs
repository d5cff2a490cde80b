//! The default mux's way of the mux stand-in.

#[path = "../mux_support/mod.rs"]
mod mux_support;

mod batches;
mod caps;
mod events;
mod latencies;
mod sources;

#[path = "../streammux/flow.rs"]
mod flow;
#[path = "../streammux/latency.rs"]
mod latency;
#[path = "../streammux/pads.rs"]
mod pads;
#[path = "../streammux/sources.rs"]
mod sources_of_both;

/// What makes the mux of this program work, in the files that are of both.
const SIZES: &str = "width=64 height=48";

fn with(properties: &str) -> String {
    format!("{properties} {SIZES}")
}
