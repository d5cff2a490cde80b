//! DeepStream's metadata libraries, `libnvds_meta.so` and `libnvdsgst_meta.so`, written anew.
//!
//! One shared object serves under both names, with the functions that NVIDIA's public headers declare and with its
//! layout of memory, so that elements, probes and bindings in any language work on it as on NVIDIA's. It has the
//! layouts of DeepStream 6.0 to 9.1: one of them is built in, and the environment variable
//! [`RELEASE_VARIABLE`] names another.
//!
//! What it does follows measurements of NVIDIA's 9.0.2, faults of copying included. Where that crashes or spoils its
//! own lists, this refuses with a warning or does what was meant; docs/metadata-library.md lists these places.
//!
//! No panic reaches C: [`message::entry`] is around each exported function. Callbacks of others run while no lock is
//! held.

#![cfg_attr(not(test), warn(unused_crate_dependencies))]
// The exported functions are documented by NVIDIA's headers; what they demand is what any C function with pointers
// does.
#![allow(clippy::missing_safety_doc)]

mod attach;
mod audio;
mod batch;
mod clear;
mod copy;
mod copy_exports;
mod gst;
mod gst_copy;
mod latency;
mod latency_print;
mod layout;
mod list;
mod message;
mod neighbour;
mod pool;
mod release;
mod text;

pub use attach::*;
pub use audio::*;
pub use batch::*;
pub use clear::*;
pub use copy_exports::*;
pub use gst::*;
pub use gst_copy::*;
pub use latency::*;
pub use layout::{CLASSES, Layout};
pub use neighbour::rsnvds_meta_release;
pub use release::{RELEASE_VARIABLE, RELEASES, Release};
