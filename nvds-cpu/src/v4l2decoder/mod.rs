//! Element `nvv4l2decoder`: compressed video in, NVMM surfaces out.
//!
//! A bin of two: the software decoder that is installed for the stream's codec (libav's for H.264,
//! H.265 and MPEG-4; the Debian package is gstreamer1.0-libav), and [`output`], which copies each
//! picture once, into a surface as the stock decoder makes it. The first appears with the stream's
//! caps and is replaced when these want another one.
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/ssd-parser.txt"), "```")]
//!
//! Properties are those of DeepStream 9.x on a discrete GPU. What has a meaning without a GPU is
//! done: `skip-frames`, `drop-frame-interval`, `low-latency-mode` and `disable-dpb` (no frame
//! threads, so no frames of delay), `cudadec-memtype` and `gpu-id` (they show in caps and
//! surfaces), everything of GstVideoDecoder. The others are accepted and change nothing.
//!
//! Surfaces are NV12, or P010_10LE for more than 8 bits a sample. NVIDIA documents that the stock
//! element keeps 4:4:4 and 12 bits of H.265 as they are: here 4:4:4 is converted, and 12 bits, for
//! which the stand-ins have no surfaces, end with an error, as RGB does.

mod base;
mod copy;
mod formats;
#[allow(missing_docs)] // accessors, named as their properties
mod imp;
mod output;
mod settings;
mod skip;
mod software;

use std::sync::LazyLock;

use glib::prelude::*;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvv4l2decoder",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for the stock video decoder"),
    )
});

glib::wrapper! {
    /// The element.
    pub struct V4l2Decoder(ObjectSubclass<imp::V4l2Decoder>)
        @extends gst::Bin, gst::Element, gst::Object;
}

/// How input and output memory is handed over; without a meaning here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[repr(i32)]
#[enum_type(name = "GstNvV4l2IOMode")]
pub enum IoMode {
    /// The element chooses.
    #[default]
    #[enum_value(name = "GST_V4L2_IO_AUTO", nick = "auto")]
    Auto = 0,
    /// Memory of the driver, mapped.
    #[enum_value(name = "GST_V4L2_IO_MMAP", nick = "mmap")]
    Mmap = 2,
    /// DMA buffers of others.
    #[enum_value(name = "GST_V4L2_IO_DMABUF_IMPORT", nick = "dmabuf-import")]
    DmabufImport = 5,
}

/// Which frames are not decoded at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[repr(i32)]
#[enum_type(name = "SkipFrame")]
pub enum SkipFrames {
    /// None.
    #[default]
    #[enum_value(name = "Decode all frames", nick = "decode_all")]
    All = 0,
    /// Those that no other frame refers to (H.264 and H.265).
    #[enum_value(name = "Decode non-ref frames", nick = "decode_non_ref")]
    NonRef = 1,
    /// All but key frames.
    #[enum_value(name = "decode key frames", nick = "decode_key")]
    Key = 2,
}

/// Kind of memory that caps and surfaces name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[repr(i32)]
#[enum_type(name = "CudaDecMemType")]
pub enum MemType {
    /// Device memory.
    #[default]
    #[enum_value(name = "Memory type Device", nick = "memtype_device")]
    Device = 0,
    /// Pinned host memory.
    #[enum_value(name = "Memory type Host Pinned", nick = "memtype_pinned")]
    Pinned = 1,
    /// Unified memory.
    #[enum_value(name = "Memory type Unified", nick = "memtype_unified")]
    Unified = 2,
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvv4l2decoder",
        gst::Rank::PRIMARY + 11,
        V4l2Decoder::static_type(),
    )
}
