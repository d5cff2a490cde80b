//! The new mux's way of the mux stand-in, against captures of it.

#[path = "../fidelity/mod.rs"]
mod fidelity;
#[path = "../mux_support/mod.rs"]
mod mux_support;

mod batches;
mod caps;
mod captured;
mod compare;
mod flow;
mod latency;
mod new_sources;
mod pads;
mod seek;
mod sources;

/// What makes the mux of this program work, in the files that are of both.
const SIZES: &str = "";

fn with(properties: &str) -> String {
    format!("{properties} {SIZES}")
}
