//! What `rsnvds-doctor` and `rsnvds-selftest` find out about a machine with DeepStream.
//!
//! The programs need GStreamer and nothing else; the plugin and DeepStream's metadata library are
//! looked for as GStreamer and the elements look for them.

#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod elements;
mod environment;
mod library;
mod plugins;
mod report;
pub mod selftest;
mod system;

pub use report::{Finding, Report, State};

/// Looks at everything. GStreamer must be initialised.
pub fn examine() -> Report {
    let mut report = Report::default();
    system::examine(&mut report);
    library::examine(&mut report);
    plugins::examine(&mut report);
    elements::examine(&mut report);
    environment::examine(&mut report);
    report
}

/// Makes the plugins known that lie beside this program, in an unpacked archive or under a prefix,
/// where GStreamer knows none by itself.
pub fn find_own_plugin() {
    let registry = gst::Registry::get();
    if registry.lookup_feature("rsssdparser").is_some() {
        return;
    }
    if let Some(folder) = beside("lib/gstreamer-1.0") {
        registry.scan_path(folder);
    }
}

/// A path under the folder that this program's `bin` lies in, if it is there.
pub(crate) fn beside(path: &str) -> Option<std::path::PathBuf> {
    let program = std::env::current_exe().ok()?;
    let found = program.parent()?.parent()?.join(path);
    found.exists().then_some(found)
}
