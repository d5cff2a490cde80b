//! CPU stand-ins under DeepStream's stock element names.
//!
//! The same pipeline text that runs on a GPU machine with the stock elements runs with these on any
//! machine: for demos, tests and CI. Metadata is made and copied by NVIDIA's own metadata library;
//! surfaces have the 9.x layout with pixels in host memory. Not for a machine that has the stock
//! elements: keep this plugin off its path.

#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub mod caps;
mod children;
pub mod codecs;
pub mod convert;
pub mod dsanalytics;
pub mod dsexample;
pub mod dslogger;
pub mod dsosd;
pub mod dspreprocess;
pub mod egltransform;
pub mod enums;
pub mod infer;
mod latency;
pub mod nvinfer;
pub mod nvinferserver;
pub mod osd;
mod own_buffers;
mod placement;
pub mod segvisual;
mod sinks;
pub mod streamdemux;
pub mod streammux;
pub mod surface;
mod table;
pub mod tiler;
pub mod tracker;
pub mod urisrcbin;
pub mod v4l2decoder;
pub mod videoconvert;
pub mod videotestsrc;
mod whole;

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    codecs::register(plugin)?;
    dsanalytics::register(plugin)?;
    dsexample::register(plugin)?;
    dslogger::register(plugin)?;
    dsosd::register(plugin)?;
    dspreprocess::register(plugin)?;
    egltransform::register(plugin)?;
    nvinfer::register(plugin)?;
    nvinferserver::register(plugin)?;
    segvisual::register(plugin)?;
    sinks::register(plugin)?;
    streamdemux::register(plugin)?;
    streammux::register(plugin)?;
    tiler::register(plugin)?;
    tracker::register(plugin)?;
    urisrcbin::register(plugin)?;
    v4l2decoder::register(plugin)?;
    videoconvert::register(plugin)?;
    videotestsrc::register(plugin)?;
    Ok(())
}

/// The plugin's description, as GStreamer loads it.
#[allow(missing_docs)] // what the macro makes
pub mod plugin {
    use super::plugin_init;

    gst::plugin_define!(
        nvdscpu,
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
