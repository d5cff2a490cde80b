//! What the elements differ in: names, caps, the software inside.

use super::settings::{self, Settings};

/// One of GStreamer's own elements.
pub(super) struct Software {
    pub(super) factory: &'static str,
    /// The Debian package that has it.
    pub(super) package: &'static str,
    /// Hands properties on to it.
    pub(super) configure: fn(&gst::Element, &Settings<'_>),
}

/// An element.
pub(super) struct Kind {
    pub(super) factory: &'static str,
    pub(super) rank: i32,
    pub(super) long_name: &'static str,
    pub(super) class: &'static str,
    pub(super) description: &'static str,
    pub(super) sink: &'static str,
    pub(super) src: &'static str,
    /// What the software is, in an error that there is none.
    pub(super) what: &'static str,
    /// In order of preference.
    pub(super) software: &'static [Software],
    /// Caps in system memory, where the software encodes.
    pub(super) raw: Option<&'static str>,
    /// Caps of what goes out.
    pub(super) out: fn(&Settings<'_>) -> String,
}

const ENCODER_SINK: &str = "video/x-raw(memory:NVMM), width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], \
    format=(string){ I420, NV12, P010_10LE, Y444, Y444_10LE, NV24, NV16, NV16_10LE32 }, \
    framerate=(fraction)[ 0/1, 2147483647/1 ]";

/// Caps of surfaces of any size and rate.
macro_rules! nvmm {
    ($formats:literal) => {
        concat!(
            "video/x-raw(memory:NVMM), format=(string){ ",
            $formats,
            " }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]"
        )
    };
}

const UGLY: &str = "gstreamer1.0-plugins-ugly";
const BAD: &str = "gstreamer1.0-plugins-bad";
const GOOD: &str = "gstreamer1.0-plugins-good";

pub(super) static H264ENC: Kind = Kind {
    factory: "nvv4l2h264enc",
    rank: 257,
    long_name: "V4L2 H.264 Encoder",
    class: "Codec/Encoder/Video",
    description: "Encodes surfaces as H.264 in software (CPU stand-in)",
    sink: ENCODER_SINK,
    src: "video/x-h264, stream-format=(string)byte-stream, alignment=(string){ au, nal }",
    what: "encoder for H.264",
    software: &[
        Software {
            factory: "x264enc",
            package: UGLY,
            configure: settings::x264,
        },
        Software {
            factory: "openh264enc",
            package: BAD,
            configure: settings::openh264,
        },
    ],
    raw: Some("video/x-raw, format=(string)I420"),
    out: settings::h264_caps,
};

pub(super) static H265ENC: Kind = Kind {
    factory: "nvv4l2h265enc",
    rank: 257,
    long_name: "V4L2 H.265 Encoder",
    class: "Codec/Encoder/Video",
    description: "Encodes surfaces as H.265 in software (CPU stand-in)",
    sink: ENCODER_SINK,
    src: "video/x-h265, stream-format=(string)byte-stream, alignment=(string){ au, nal }",
    what: "encoder for H.265",
    software: &[Software {
        factory: "x265enc",
        package: BAD,
        configure: settings::x265,
    }],
    raw: Some("video/x-raw, format=(string)I420"),
    out: |_| "video/x-h265, stream-format=(string)byte-stream, alignment=(string)au".to_owned(),
};

const JPEG: &[Software] = &[Software {
    factory: "jpegenc",
    package: GOOD,
    configure: settings::jpeg,
}];
const FROM_JPEG: &[Software] = &[Software {
    factory: "jpegdec",
    package: GOOD,
    configure: |_, _| (),
}];

pub(super) static JPEGENC: Kind = Kind {
    factory: "nvjpegenc",
    rank: 266,
    long_name: "JPEG image encoder",
    class: "Codec/Encoder/Image",
    description: "Encodes surfaces as JPEG in software (CPU stand-in)",
    sink: nvmm!("I420, RGB"),
    src: "image/jpeg, width=(int)[ 16, 65535 ], height=(int)[ 16, 65535 ], framerate=(fraction)[ 0/1, 2147483647/1 ], \
          sof-marker=(int){ 0, 1, 2, 9 }",
    what: "encoder for JPEG",
    software: JPEG,
    // Colours of a JPEG are full range, which RGB has whatever the surface's range is.
    raw: Some("video/x-raw, format=(string)RGB"),
    out: |_| "image/jpeg".to_owned(),
};

pub(super) static IMAGEENC: Kind = Kind {
    factory: "nvimageenc",
    rank: 265,
    long_name: "Nvidia Image Encoder",
    class: "Codec/Encoder/JPEG IMAGE",
    description: "Encodes surfaces as JPEG in software (CPU stand-in)",
    sink: nvmm!("RGB"),
    src: "image/jpeg",
    what: "encoder for JPEG",
    software: JPEG,
    raw: Some("video/x-raw, format=(string)RGB"),
    out: |_| "image/jpeg".to_owned(),
};

/// Stock's ranks are 271 and 270, above nvv4l2decoder's. Here that one stays what decodebin takes for JPEG, because its NV12
/// is what every other stand-in takes.
const BELOW_THE_DECODER: i32 = 266;

pub(super) static JPEGDEC: Kind = Kind {
    factory: "nvjpegdec",
    rank: BELOW_THE_DECODER,
    long_name: "JPEG image decoder",
    class: "Codec/Decoder/Image",
    description: "Decodes JPEG into surfaces in software (CPU stand-in)",
    sink: "image/jpeg",
    // The manuals of several releases name RGB, RGBA and I420.
    src: nvmm!("RGB, RGBA, NV12, I420"),
    what: "decoder for JPEG",
    software: FROM_JPEG,
    raw: None,
    out: |_| nvmm!("RGB, RGBA, NV12, I420").to_owned(),
};

pub(super) static IMAGEDEC: Kind = Kind {
    factory: "nvimagedec",
    rank: BELOW_THE_DECODER,
    long_name: "Nvidia Image Decoder",
    class: "Codec/Decoder/JPEG IMAGE",
    description: "Decodes JPEG into surfaces in software (CPU stand-in)",
    sink: "image/jpeg",
    src: nvmm!("RGB"),
    what: "decoder for JPEG",
    software: FROM_JPEG,
    raw: None,
    out: |_| nvmm!("RGB").to_owned(),
};
