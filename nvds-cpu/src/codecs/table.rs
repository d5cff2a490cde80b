//! The elements' properties.

use std::sync::LazyLock;

use super::enums::{
    EncoderMemory, H264Profile, H264Slices, H265Profile, H265Slices, Idct, JetsonPreset,
    RateControl, Tuning,
};
use crate::table::{Property, Setting, Table, choice, flag, int, structure, text, uint, uint64};
use crate::v4l2decoder::IoMode;

const ANY: std::ops::RangeInclusive<u32> = 0..=u32::MAX;
const NONE: &str = "Accepted, without effect";

/// Of GstVideoEncoder, which these bins are not.
fn base() -> [Property; 2] {
    [
        flag(
            "qos",
            "Quality-of-Service",
            "Leave late frames out, as the encoder inside does",
            false,
        ),
        uint64(
            "min-force-key-unit-interval",
            "Minimum Force Keyunit Interval",
            "Shortest time between asked-for key frames in nanoseconds",
            0..=u64::MAX,
            0,
        ),
    ]
}

fn io_mode(name: &'static str, nick: &'static str) -> Property {
    choice(name, nick, NONE, IoMode::Auto)
}

/// Both encoders of video.
fn video() -> Vec<Property> {
    let count = |name, nick, blurb, default| uint(name, nick, blurb, ANY, default).ready();
    let mut properties = vec![
        text("device", "Device", "Device file; there is none here", None)
            .fresh(Setting::Text(Some("/dev/v4l2-nvenc".into())))
            .read_only(),
        text("device-name", "Device name", "Name of the device", None).read_only(),
        int(
            "device-fd",
            "File descriptor",
            "File descriptor of the device",
            -1..=i32::MAX,
            -1,
        )
        .read_only(),
        io_mode("output-io-mode", "Output IO mode"),
        io_mode("capture-io-mode", "Capture IO mode"),
        structure("extra-controls", "Extra Controls", NONE),
        uint(
            "bitrate",
            "Target Bitrate",
            "Bits per second",
            ANY,
            4_000_000,
        )
        .playing(),
        choice(
            "control-rate",
            "ratecontrol",
            "How the bitrate is kept",
            RateControl::USUAL,
        )
        .ready(),
        count(
            "iframeinterval",
            "Intra Frame interval",
            "Frames from one intra frame to the next",
            u32::MAX,
        ),
        count("gpu-id", "GPU Device ID", NONE, 0),
        uint(
            "preset-id",
            "CUVID Encoder Preset ID",
            "1 is the fastest",
            1..=7,
            1,
        )
        .ready(),
        text(
            "constqp",
            "CUVID Encoder constqp values",
            "Quantizers of I:P:B frames for constantQP",
            Some("0:0:0"),
        )
        .fresh(Setting::Text(None)),
        text("initqp", "CUVID Encoder initqp values", NONE, Some("0:0:0"))
            .fresh(Setting::Text(None)),
        choice(
            "tuning-info-id",
            "TuningInfoforHWEncoder",
            NONE,
            Tuning::USUAL,
        )
        .ready(),
        choice(
            "cudaenc-memtype",
            "Memory type for cuda encoder YUV buffers",
            NONE,
            EncoderMemory::USUAL,
        )
        .ready(),
        count("maxbitrate", "Max Bitrate", NONE, 0),
        count("vbvbufsize", "VBV Buffer Size", NONE, 0),
        count("vbvinit", "VBV Initial Delay", NONE, 0),
        uint("aq", "Spatial AQ", NONE, 0..=15, 0).ready(),
        flag("temporalaq", "Temporal AQ", NONE, false).ready(),
        uint("cq", "targetQuality", NONE, 0..=51, 0).ready(),
        text("intra-refresh", "intra-refresh", NONE, Some("0,0,0"))
            .fresh(Setting::Text(Some("1,30,1".into())))
            .construct(),
        text(
            "sei-uuid",
            "SEI UUID String of 16 bytes",
            NONE,
            Some("NVDS_CUSTOMMETA"),
        )
        .cannot("no SEI is written here"),
        text("qp-range", "qpp-range", NONE, Some("-1,-1:-1,-1:-1,-1")).fresh(Setting::Text(None)),
        count(
            "idrinterval",
            "IDR Frame interval",
            "Frames from one IDR frame to the next",
            256,
        ),
        flag(
            "force-intra",
            "Force an INTRA frame",
            "Accepted, without effect: send a force-key-unit event",
            false,
        )
        .ready(),
        flag(
            "copy-meta",
            "Copies input metadata on output buffer",
            "Hand the input's metadata on",
            false,
        )
        .ready(),
        flag(
            "force-idr",
            "Force an IDR frame",
            "Accepted, without effect: send a force-key-unit event",
            false,
        )
        .ready(),
    ];
    properties.extend(base());
    properties
}

/// Of Jetson's build, which launch lines and samples set there; a discrete GPU has none of them.
fn jetson() -> Vec<Property> {
    let number = |name| uint(name, name, NONE, ANY, 0).ready();
    let switch = |name, default| flag(name, name, NONE, default).ready();
    vec![
        choice("preset-level", "preset-level", NONE, JetsonPreset::USUAL).ready(),
        switch("maxperf-enable", false),
        switch("ratecontrol-enable", true),
        switch("EnableTwopassCBR", false),
        switch("MeasureEncoderLatency", false),
        switch("bufapi-version", true),
        number("peak-bitrate"),
        number("vbv-size"),
        number("quant-i-frames"),
        number("quant-p-frames"),
        number("quant-b-frames"),
    ]
}

const NO_SLICES: &str = "the software encoder inside makes its slices by itself";
const NO_LOSSLESS: &str = "the software encoder inside stays lossy";

fn slices() -> [Property; 3] {
    [
        uint(
            "SliceIntraRefreshInterval",
            "SliceIntraRefreshInterval",
            NONE,
            ANY,
            0,
        )
        .ready()
        .cannot(NO_SLICES),
        uint64(
            "slice-header-spacing",
            "Slice Header Spacing",
            NONE,
            0..=u64::MAX,
            0,
        )
        .ready()
        .cannot(NO_SLICES),
        flag("enable-slice", "Enable Slice Level Encode", NONE, false)
            .ready()
            .cannot(NO_SLICES),
    ]
}

fn frames() -> [Property; 3] {
    [
        uint(
            "num-B-Frames",
            "B Frames between two reference frames",
            "B frames in a row",
            0..=2,
            0,
        )
        .ready(),
        uint(
            "num-Ref-Frames",
            "Sets the number of reference frames for encoder",
            "Reference frames",
            0..=8,
            0,
        )
        .ready(),
        flag("enable-lossless", "Enable Lossless encoding", NONE, false)
            .ready()
            .cannot(NO_LOSSLESS),
    ]
}

pub(super) static H264: LazyLock<Table> = LazyLock::new(|| {
    let mut properties = video();
    properties.extend([
        choice(
            "profile",
            "profile",
            "Profile of the stream",
            H264Profile::USUAL,
        )
        .ready(),
        flag(
            "insert-vui",
            "Insert H.264 VUI",
            "Write what the caps say of colours",
            true,
        ),
        flag(
            "extended-colorformat",
            "Set Extended ColorFormat",
            NONE,
            false,
        ),
        flag(
            "insert-sps-pps",
            "Insert H.264 SPS, PPS",
            "With each IDR frame (always here)",
            false,
        ),
        flag(
            "insert-aud",
            "Insert H.264 AUD",
            "Write access unit delimiters",
            false,
        ),
        flag("disable-cabac", "Set Entropy Coding", "Use CAVLC", false),
        choice("slice-mode", "slice-mode", NONE, H264Slices::USUAL)
            .ready()
            .cannot(NO_SLICES),
    ]);
    properties.extend(slices().into_iter().chain(frames()).chain(jetson()));
    Table::new(properties)
});

pub(super) static H265: LazyLock<Table> = LazyLock::new(|| {
    let mut properties = video();
    properties.extend([
        choice(
            "profile",
            "profile",
            "Profile of the stream",
            H265Profile::USUAL,
        )
        .ready()
        .cannot("profile Main is written here"),
        flag("insert-vui", "Insert H.265 VUI", NONE, true),
        flag(
            "extended-colorformat",
            "Set Extended ColorFormat",
            NONE,
            false,
        ),
        flag(
            "insert-sps-pps",
            "Insert H.265 SPS, PPS",
            "With each IDR frame (always here)",
            false,
        ),
        flag(
            "insert-aud",
            "Insert H.265 AUD",
            "Write access unit delimiters",
            false,
        ),
        flag("bit-packetization", "Bit Based Packetization", NONE, false)
            .ready()
            .cannot(NO_SLICES),
        choice("slice-mode", "slice-mode", NONE, H265Slices::USUAL)
            .ready()
            .cannot(NO_SLICES),
    ]);
    properties.extend(slices().into_iter().chain(frames()).chain(jetson()));
    Table::new(properties)
});

pub(super) static JPEGENC: LazyLock<Table> = LazyLock::new(|| {
    let mut properties = vec![
        int("quality", "Quality", "Quality in percent", 0..=100, 85),
        flag("OutputGray", "OutputGray", "Leave colours out", false).ready(),
        // Of Jetson's build, which samples set there.
        choice("idct-method", "idct-method", NONE, Idct::USUAL),
        flag("Enableperf", "Enableperf", NONE, false).ready(),
    ];
    properties.extend(base());
    Table::new(properties)
});

pub(super) static IMAGEENC: LazyLock<Table> = LazyLock::new(|| {
    let mut properties = vec![
        uint("gpu-id", "gpu-id", NONE, ANY, 0),
        uint(
            "encoded-size",
            "Encoded size of the output buffer",
            NONE,
            ANY,
            15_728_640,
        ),
        uint(
            "quality",
            "Encoder Quality",
            "Quality in percent",
            0..=100,
            90,
        ),
    ];
    properties.extend(base());
    Table::new(properties)
});

pub(super) static JPEGDEC: LazyLock<Table> = LazyLock::new(|| {
    Table::new(vec![
        choice("idct-method", "idct-method", NONE, Idct::USUAL),
        int("max-errors", "max-errors", NONE, -1..=i32::MAX, 0),
        flag("DeepStream", "DeepStream", NONE, false),
        uint("gpu-id", "gpu-id", NONE, ANY, 0),
    ])
});

pub(super) static IMAGEDEC: LazyLock<Table> = LazyLock::new(|| {
    Table::new(vec![
        uint("gpu-id", "gpu-id", NONE, ANY, 0),
        flag("needs-pool", "Allocates Buffer Pool", NONE, true).ready(),
    ])
});
