//! The element `rsmetapublish`, in a plugin of its own: lines of text, as `rsmetajson` and `rsanalytics` make them, to
//! where fleets collect them.
//!
//! [`uri`] says where to, [`template`] and [`facts`] give each line its topic and key, [`minimal`] writes it in the
//! schema of nvmsgconv, [`queue`] holds what waits, [`sender`] hands it to one of the [`broker`]s from a thread of its
//! own, and [`element`] is what a pipeline sees. Only `element` knows GStreamer.

#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub mod broker;
pub mod counts;
pub mod element;
pub mod facts;
pub mod files;
pub mod lines;
pub mod minimal;
pub mod queue;
pub mod sender;
pub mod template;
pub mod uri;

use std::sync::{Mutex, MutexGuard, PoisonError};

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    element::register(plugin)
}

/// What a thread that panicked left behind is still whole: every change here is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The plugin's description, as GStreamer loads it.
#[allow(missing_docs)] // what the macro makes
pub mod plugin {
    use super::plugin_init;

    gst::plugin_define!(
        rsnvdspublish,
        env!("CARGO_PKG_DESCRIPTION"),
        plugin_init,
        concat!(env!("CARGO_PKG_VERSION"), "-", env!("COMMIT_ID")),
        "MIT/X11",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_REPOSITORY"),
        env!("BUILD_REL_DATE")
    );
}
