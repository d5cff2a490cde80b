//! Elements `nvv4l2h264enc`, `nvv4l2h265enc`, `nvjpegenc`, `nvimageenc`, `nvjpegdec` and `nvimagedec`: bins with one of
//! GStreamer's own encoders or decoders inside, and `nvvideoconvert` between that and surfaces.
//!
//! A pipeline with one:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/encode.txt"), "```")]
//!
//! Which one runs inside is what is installed, the first of a list that [`kind`] has: x264enc or openh264enc for H.264. None
//! is an error that names the Debian package. Properties that the software has too are handed on; [`settings`] says
//! how.

mod enums;
#[allow(missing_docs)] // classes that a macro makes
mod imp;
mod inside;
mod kind;
mod passing;
mod settings;
mod table;

use std::sync::LazyLock;

use glib::prelude::*;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvcodecs",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-ins for encoders and image decoders"),
    )
});

macro_rules! wrappers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        glib::wrapper! {
            $(#[$doc])*
            pub struct $name(ObjectSubclass<imp::$name>)
                @extends gst::Bin, gst::Element, gst::Object;
        }
    )*};
}

wrappers! {
    /// H.264.
    H264Enc;
    /// H.265.
    H265Enc;
    /// JPEG by nvJPEG.
    JpegEnc;
    /// JPEG, NVIDIA's newer encoder.
    ImageEnc;
    /// JPEG by nvJPEG.
    JpegDec;
    /// JPEG, NVIDIA's newer decoder.
    ImageDec;
}

/// Registers the elements.
///
/// # Errors
/// When GStreamer refuses one.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    let codecs = [
        (&kind::H264ENC, H264Enc::static_type()),
        (&kind::H265ENC, H265Enc::static_type()),
        (&kind::JPEGENC, JpegEnc::static_type()),
        (&kind::IMAGEENC, ImageEnc::static_type()),
        (&kind::JPEGDEC, JpegDec::static_type()),
        (&kind::IMAGEDEC, ImageDec::static_type()),
    ];
    for (kind, class) in codecs {
        let rank = gst::Rank::PRIMARY + (kind.rank - 256);
        gst::Element::register(Some(plugin), kind.factory, rank, class)?;
    }
    Ok(())
}
