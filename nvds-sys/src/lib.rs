//! Raw C ABI of NVIDIA DeepStream's metadata, as of DeepStream 9.0 and 9.1.
//!
//! Types come from `include/nvds.h`, this project's own header, through bindgen; the result is
//! checked in, so that building needs no libclang. Functions are never linked: [`Api::load`] finds
//! the two metadata libraries at run time and looks every symbol up by name; the one list of them is
//! in `loader.rs`. [`gst_analytics`] has GStreamer's own analytics in the same way. No logic lives here: safe views are in the crate `nvds`.
//!
//! To change the header: edit `include/nvds.h`, then run
//! `RSNVDS_UPDATE_BINDINGS=1 cargo test -p nvds-sys --features bindgen --test bindings`.

#![cfg_attr(not(test), warn(unused_crate_dependencies))]

#[allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    clippy::all
)]
mod bindings;
pub mod gst_analytics;
mod loader;

pub use bindings::*;
pub use loader::{Api, LIB_DIR_VARIABLE, LoadError, SymbolError};

/// `object_id` of an object that no tracker has seen: all bits set.
pub const UNTRACKED_OBJECT_ID: u64 = u64::MAX;
