//! Elements `nvurisrcbin` and `nvmultiurisrcbin`: films, cameras and their batches by URI.
//!
//! The first is GStreamer's uridecodebin, which takes `nvv4l2decoder` for video, with `nvvideoconvert` behind; RTSP comes
//! through rtspsrc. `file-loop` begins again with times that go on, `rtsp-reconnect-interval` and
//! `init-rtsp-reconnect-interval` connect again. The second has one of the first for each URI, and `nvstreammux`.

mod enums;
#[allow(missing_docs)] // a class whose properties are a table
mod imp;
mod inside;
mod looping;
#[allow(missing_docs)] // a class whose properties are a table
mod multi;
mod multi_table;
mod reconnect;
mod table;

use std::sync::LazyLock;

use glib::prelude::*;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvurisrcbin",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-ins for sources by URI"),
    )
});

glib::wrapper! {
    /// One source.
    pub struct UriSrcBin(ObjectSubclass<imp::UriSrcBin>)
        @extends gst::Bin, gst::Element, gst::Object;
}

glib::wrapper! {
    /// Several sources, batched.
    pub struct MultiUriSrcBin(ObjectSubclass<multi::MultiUriSrcBin>)
        @extends gst::Bin, gst::Element, gst::Object;
}

/// Registers the elements.
///
/// # Errors
/// When GStreamer refuses one.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    let rank = gst::Rank::PRIMARY;
    gst::Element::register(Some(plugin), "nvurisrcbin", rank, UriSrcBin::static_type())?;
    gst::Element::register(
        Some(plugin),
        "nvmultiurisrcbin",
        rank,
        MultiUriSrcBin::static_type(),
    )
}
