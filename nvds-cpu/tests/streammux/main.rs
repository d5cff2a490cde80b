//! The mux stand-in: the new mux's way against captures of it, the default mux's by its manual.

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
mod legacy;
mod pads;
mod sources;
