//! Element `nvvideotestsrc`: test pictures in NVMM surfaces.
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/two-sources.txt"), "```")]
//!
//! Times, flags, caps and surfaces are those of the stock element; the pictures follow its patterns and
//! its BT.709 full-range YUV. The stock element draws NV12 and I420 only where the caps say BT.709
//! (as from 720 lines on, without colorimetry); elsewhere its memory stays as it was, here there is a
//! picture all the same.
//!
//! # Not modelled
//! Formats other than NV12, I420 and RGBA, reading frames from a file (`location`), jitter.

#[allow(missing_docs)] // accessors, named as their properties
mod imp;
mod pattern;

use glib::prelude::*;

glib::wrapper! {
    /// The element.
    pub struct VideoTestSrc(ObjectSubclass<imp::VideoTestSrc>)
        @extends gst_base::PushSrc, gst_base::BaseSrc, gst::Element, gst::Object;
}

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[repr(i32)]
#[enum_type(name = "GstNvVideoTestSrcPattern")]
pub enum Pattern {
    /// Colour bars, which `horizontal-speed` moves.
    #[default]
    #[enum_value(name = "SMPTE color bars", nick = "smpte")]
    Smpte = 0,
    /// A zoom into the Mandelbrot set.
    #[enum_value(name = "Mandelbrot set", nick = "mandelbrot")]
    Mandelbrot = 1,
    /// Red from left to right, green from top to bottom.
    #[enum_value(name = "Gradient", nick = "gradient")]
    Gradient = 2,
}

/// What the zoom depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[repr(i32)]
#[enum_type(name = "GstNvVideoTestSrcAnimationMode")]
pub enum AnimationMode {
    /// The number of the frame.
    #[default]
    #[enum_value(name = "Frame count", nick = "frames")]
    Frames = 0,
    /// The time of day.
    #[enum_value(name = "Wall clock time", nick = "wall-time")]
    WallTime = 1,
    /// The presentation time.
    #[enum_value(name = "Running time", nick = "running-time")]
    RunningTime = 2,
}

/// Kind of memory that surfaces name. Names and nicks are exchanged in stock, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[repr(i32)]
#[enum_type(name = "NvBufSurfaceMemType")]
pub enum MemType {
    /// Host memory.
    #[enum_value(name = "host", nick = "Host/Pinned CUDA memory")]
    Host = 1,
    /// Device memory.
    #[default]
    #[enum_value(name = "device", nick = "Device CUDA memory")]
    Device = 2,
    /// Memory of both.
    #[enum_value(name = "unified", nick = "Unified CUDA memory")]
    Unified = 3,
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvvideotestsrc",
        gst::Rank::PRIMARY,
        VideoTestSrc::static_type(),
    )
}
