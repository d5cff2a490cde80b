//! Elements `nveglglessink`, `nv3dsink`, `nvdrmvideosink` and `nvoverlaysink`: video sinks without a screen.
//!
//! They are GstVideoSinks and do what that class does: frames wait for the clock (`sync`), late ones
//! are dropped (`max-lateness`, `qos`), `last-sample`, `stats`, position and preroll work. Nothing is
//! shown, unless `RSNVDS_SINK` has the elements that frames shall go to, as in gst-launch:
//!
//! ```text
//! RSNVDS_SINK=autovideosink
//! RSNVDS_SINK='pngenc ! multifilesink location=frame-%05d.png'
//! RSNVDS_SINK='x264enc ! mp4mux ! filesink location={name}.mp4'
//! ```
//!
//! `{name}` is the sink's name, so that each of several sinks writes its own files.

mod description;
#[allow(missing_docs)] // classes that a macro makes
mod imp;
mod kind;
mod overlay;
mod show;

use std::sync::LazyLock;

use glib::prelude::*;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvvideosinks",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-ins for video sinks"),
    )
});

macro_rules! wrapper {
    ($(#[$doc:meta])* $name:ident $(implements $interface:path)?) => {
        glib::wrapper! {
            $(#[$doc])*
            pub struct $name(ObjectSubclass<imp::$name>)
                @extends gst_video::VideoSink, gst_base::BaseSink, gst::Element, gst::Object
                $(, @implements $interface)?;
        }
    };
}

wrapper!(/// The sink of desktops.
    EglGlesSink implements gst_video::VideoOverlay);
wrapper!(/// The sink of Jetson, and of ARM machines with a discrete GPU.
    Nv3dSink implements gst_video::VideoOverlay);
wrapper!(/// The sink without a window system.
    DrmVideoSink);
wrapper!(/// The sink of Jetson before JetPack 5.
    OverlaySink implements gst_video::VideoOverlay);

/// Registers the elements.
///
/// # Errors
/// When GStreamer refuses one.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    let sinks = [
        (&kind::EGLGLES, EglGlesSink::static_type()),
        (&kind::NV3D, Nv3dSink::static_type()),
        (&kind::DRM, DrmVideoSink::static_type()),
        (&kind::OVERLAY, OverlaySink::static_type()),
    ];
    for (kind, class) in sinks {
        gst::Element::register(Some(plugin), kind.factory, kind.rank, class)?;
    }
    Ok(())
}
