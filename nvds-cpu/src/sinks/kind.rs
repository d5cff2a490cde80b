//! What the sinks differ in: names, caps, properties.

use std::sync::LazyLock;

use crate::table::{Property, Setting, Table, flag, int, pointer, text, uint};

/// Formats of system memory, and of what comes from OpenGL.
macro_rules! any_format {
    ($features:literal) => {
        concat!(
            "video/x-raw",
            $features,
            ", format=(string){ RGBA, BGRA, ARGB, ABGR, RGBx, BGRx, xRGB, xBGR, AYUV, Y444, I420, YV12, NV12, NV21, \
             Y42B, Y41B, RGB, BGR, RGB16 }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], \
             framerate=(fraction)[ 0/1, 2147483647/1 ]; "
        )
    };
}

macro_rules! nvmm {
    ($formats:literal) => {
        concat!(
            "video/x-raw(memory:NVMM), format=(string){ ",
            $formats,
            " }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]"
        )
    };
}

/// A sink's names and caps.
pub(super) struct Kind {
    pub(super) factory: &'static str,
    pub(super) rank: gst::Rank,
    pub(super) long_name: &'static str,
    pub(super) class: &'static str,
    pub(super) caps: &'static str,
}

pub(super) static EGLGLES: Kind = Kind {
    factory: "nveglglessink",
    rank: gst::Rank::SECONDARY,
    long_name: "EGL/GLES vout Sink",
    class: "Sink/Video",
    caps: concat!(
        any_format!("(memory:EGLImage)"),
        any_format!("(meta:GstVideoGLTextureUploadMeta)"),
        any_format!(""),
        nvmm!("BGRx, RGBA, I420, NV12, BGR, RGB")
    ),
};

pub(super) static NV3D: Kind = Kind {
    factory: "nv3dsink",
    rank: gst::Rank::SECONDARY,
    long_name: "Nvidia 3D sink",
    class: "Sink/Video",
    caps: concat!(any_format!(""), nvmm!("RGBA, I420, NV12")),
};

pub(super) static DRM: Kind = Kind {
    factory: "nvdrmvideosink",
    rank: gst::Rank::NONE,
    long_name: "Nvidia Drm Video Sink",
    class: "Video Sink",
    caps: "video/x-raw, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ]; \
           video/x-raw(memory:NVMM), width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ]",
};

pub(super) static OVERLAY: Kind = Kind {
    factory: "nvoverlaysink",
    rank: gst::Rank::NONE,
    long_name: "NVIDIA overlay sink",
    class: "Sink/Video",
    caps: concat!(any_format!(""), nvmm!("NV12, I420, RGBA")),
};

const SIDE: std::ops::RangeInclusive<u32> = 0..=i32::MAX as u32;
const ANY: std::ops::RangeInclusive<u32> = 0..=u32::MAX;

fn place(name: &'static str, nick: &'static str, default: u32) -> Property {
    uint(
        name,
        nick,
        "Where the window would be (without effect)",
        SIDE,
        default,
    )
}

pub(super) static EGLGLES_TABLE: LazyLock<Table> = LazyLock::new(|| {
    Table::new(vec![
        text(
            "winsys",
            "Windowing System",
            "Window system (without effect)",
            Some("x11"),
        ),
        flag(
            "show-latency",
            "Show Latency",
            "Print latencies (without effect)",
            true,
        )
        .fresh(Setting::Flag(false)),
        flag(
            "create-window",
            "create-window",
            "Open a window (none is opened)",
            true,
        ),
        flag(
            "force-aspect-ratio",
            "force-aspect-ratio",
            "Keep the shape (without effect)",
            true,
        ),
        pointer("display", "display", "The EGL display (there is none)"),
        place("window-x", "window-x", 10),
        place("window-y", "window-y", 10),
        place("window-width", "window-width", 0),
        place("window-height", "window-height", 0),
        uint(
            "profile",
            "profile",
            "Print timings (without effect)",
            ANY,
            0,
        ),
        uint(
            "rows",
            "rows",
            "Rows of pictures (without effect)",
            1..=i32::MAX as u32,
            1,
        ),
        uint(
            "columns",
            "columns",
            "Columns of pictures (without effect)",
            1..=i32::MAX as u32,
            1,
        ),
        uint(
            "gpu-id",
            "gpu-id",
            "Number of the GPU (without effect)",
            ANY,
            0,
        )
        .ready(),
        uint(
            "ivisurf-id",
            "ivisurf-id",
            "Surface of IVI shells (without effect)",
            ANY,
            0,
        )
        .ready(),
        flag(
            "bufapi-version",
            "bufapi-version",
            "Takes NvBufSurface (always)",
            true,
        ),
    ])
});

pub(super) static NV3D_TABLE: LazyLock<Table> = LazyLock::new(|| {
    Table::new(vec![
        place("window-x", "Window x coordinate", 10).fresh(Setting::Number(0)),
        place("window-y", "window-y", 10).fresh(Setting::Number(0)),
        place("window-width", "window-width", 0),
        place("window-height", "window-height", 0),
    ])
});

pub(super) static DRM_TABLE: LazyLock<Table> = LazyLock::new(|| {
    let number = |name, nick, most, default| {
        int(
            name,
            nick,
            "Without effect: there is no screen",
            0..=most,
            default,
        )
    };
    Table::new(vec![
        number("conn-id", "CONN_ID", i32::MAX, i32::MAX),
        number("plane-id", "PLANE_ID", i32::MAX, i32::MAX),
        flag(
            "set-mode",
            "SET_MODE",
            "Without effect: there is no screen",
            false,
        ),
        number("offset-x", "OFFSET_X", i32::MAX, i32::MAX).fresh(Setting::Number(0)),
        number("offset-y", "OFFSET_Y", i32::MAX, i32::MAX).fresh(Setting::Number(0)),
        number("color-range", "COLOR_RANGE", 2, 2),
    ])
});

/// No table of the stock element is known: these are what applications set.
pub(super) static OVERLAY_TABLE: LazyLock<Table> = LazyLock::new(|| {
    let place = |name| place(name, name, 0);
    Table::new(vec![
        place("overlay-x"),
        place("overlay-y"),
        place("overlay-w"),
        place("overlay-h"),
        uint(
            "overlay",
            "overlay",
            "Number of the overlay (without effect)",
            1..=2,
            1,
        ),
        uint(
            "overlay-depth",
            "overlay-depth",
            "Depth of the overlay (without effect)",
            0..=2,
            1,
        ),
        uint(
            "display-id",
            "display-id",
            "Number of the display (without effect)",
            ANY,
            0,
        ),
        uint(
            "profile",
            "profile",
            "Print timings (without effect)",
            ANY,
            0,
        ),
    ])
});
