//! GStreamer elements for NVIDIA DeepStream pipelines.
//!
//! They do in gst-launch syntax what people write pad probes for: [`ssdparser`], [`yoloparser`],
//! [`detrparser`], [`faceparser`] and [`maskparser`] read the tensors that nvinfer or nvinferserver attached and attach
//! objects, [`classparser`], [`textparser`] and [`embedparser`] attach what other networks say of them, [`osdannotate`] reads objects and attaches what nvdsosd shall draw, [`metajson`] writes what
//! is attached, [`tensorrecord`] writes tensors to files and [`tensorreplay`] attaches them again;
//! [`analyticsbridge`] copies metadata to and from GStreamer's own. They
//! touch metadata, never pixels, and pass buffers on as they are: a copy of a batched buffer would copy
//! all its metadata.

#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub mod analytics;
pub mod analyticsbridge;
pub mod classparser;
pub mod detrparser;
pub mod embedparser;
pub mod faceparser;
pub mod maskparser;
pub mod metajson;
pub mod osdannotate;
pub mod poseparser;
pub mod segparser;
pub mod ssdparser;
pub mod tensorrecord;
pub mod tensorreplay;
pub mod textparser;
pub mod yoloparser;

mod class_label;
mod config;
mod element;
mod expected;
mod files;
#[doc(hidden)]
pub mod fuzzing;
mod histogram;
mod outputs;
mod parser;
mod points;
mod skeleton;
mod suggest;
mod tensors;
mod upstream;
mod video;
mod whole_box;

use nvds_recording::{self as recording, location};

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    ssdparser::register(plugin)?;
    yoloparser::register(plugin)?;
    detrparser::register(plugin)?;
    faceparser::register(plugin)?;
    maskparser::register(plugin)?;
    classparser::register(plugin)?;
    segparser::register(plugin)?;
    poseparser::register(plugin)?;
    textparser::register(plugin)?;
    embedparser::register(plugin)?;
    osdannotate::register(plugin)?;
    analytics::register(plugin)?;
    analyticsbridge::register(plugin)?;
    metajson::register(plugin)?;
    tensorrecord::register(plugin)?;
    tensorreplay::register(plugin)
}

/// The plugin's description, as GStreamer loads it.
#[allow(missing_docs)] // what the macro makes
pub mod plugin {
    use super::plugin_init;

    gst::plugin_define!(
        rsnvds,
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
