//! The properties of `nvmultiurisrcbin`: its sources' and its mux's.

use std::sync::LazyLock;

use super::enums::{self, Mode};
use super::table::{ANY, NO_RECORD, NO_SEI, NONE, both, count, with_enums};
use crate::enums::{ComputeHw, InterpolationMethod, MemoryType};
use crate::table::{Table, choice, flag, int, text, uint};

const NO_REST: &str = "sources are not added by REST here: name them in uri-list";
const NO_BROKER: &str = "sources are not added by messages here: name them in uri-list";

/// What `nvmultiurisrcbin` has and hands on to its mux.
const MUX: &str = "As nvstreammux's";

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut properties = both();
    properties.extend(with_enums!(two));
    let list = |name, nick, blurb| text(name, nick, blurb, None).ready();
    let number = |name, nick, blurb, range, default| int(name, nick, blurb, range, default);
    let on = |name, nick| flag(name, nick, MUX, false);
    properties.extend([
        list(
            "uri-list",
            "comma separated URI list of sources",
            "The sources, with commas between",
        ),
        list(
            "sensor-id-list",
            "comma separated list of source sensor IDs",
            NONE,
        ),
        list(
            "sensor-name-list",
            "optional comma separated list of source sensor names",
            NONE,
        ),
        choice(
            "mode",
            "Video-only or Audio-only modes available",
            NONE,
            Mode::USUAL,
        )
        .ready()
        .cannot("only video is batched here"),
        text("port", "Set REST API HTTP Port number", NONE, Some("9000"))
            .ready()
            .cannot(NO_REST),
        count(
            "max-batch-size",
            "Set the maximum batch size to be used for nvstreammux",
            "The mux's batch-size",
            30,
        ),
        text(
            "ip-address",
            "Set REST API HTTP IP Address",
            NONE,
            Some("localhost"),
        )
        .ready()
        .cannot(NO_REST),
        number(
            "rtsp-reconnect-attempts",
            "Set RTSP Reconnect attempts",
            "How often RTSP is connected again; -1: without end",
            i32::MIN..=i32::MAX,
            -1,
        )
        .ready(),
        flag(
            "extract-sei-type5-data-dec",
            "Extract SEI data for decoder",
            NONE,
            false,
        )
        .cannot(NO_SEI),
        text("sei-uuid", "Set sei uuid", NONE, None).ready(),
        flag(
            "sensorID-padID-mapping",
            "SensorID PadID Mapping",
            NONE,
            false,
        )
        .cannot("pads are numbered in the order of uri-list"),
        flag(
            "enable-error-propagation",
            "Enable Error Propagation",
            "Accepted, without effect: errors are always posted",
            false,
        ),
        text("proto-lib", "Protocol Adapter Library Path", NONE, None).cannot(NO_BROKER),
        text("conn-str", "Message Broker Connection String", NONE, None).cannot(NO_BROKER),
        text("topic", "Message Broker Topic", NONE, None).cannot(NO_BROKER),
        number(
            "batched-push-timeout",
            "(nvstreammux) Batched Push Timeout",
            MUX,
            -1..=i32::MAX,
            -1,
        ),
        uint("width", "(nvstreammux) Width", MUX, ANY, 0),
        uint("height", "(nvstreammux) Height", MUX, ANY, 0),
        on("enable-padding", "(nvstreammux) Enable Padding"),
        on("live-source", "(nvstreammux) live source"),
        uint(
            "num-surfaces-per-frame",
            "(nvstreammux) Max number of surfaces per frame",
            MUX,
            1..=4,
            1,
        ),
        choice(
            "nvbuf-memory-type",
            "Type of NvBufSurface memory allocated",
            MUX,
            MemoryType::Default,
        )
        .ready(),
        choice("compute-hw", "compute-hw", MUX, ComputeHw::Default)
            .construct()
            .controllable(),
        choice(
            "interpolation-method",
            "Interpolation-method",
            MUX,
            InterpolationMethod::Bilinear,
        )
        .construct()
        .controllable(),
        uint("buffer-pool-size", "Buffer Pool Size", MUX, 4..=1024, 4),
        flag(
            "attach-sys-ts",
            "Set system timestamp as ntp timestamp",
            MUX,
            true,
        ),
        on("sync-inputs", "(nvstreammux) Synchronize Inputs"),
        uint("max-latency", "maximum lantency", MUX, ANY, 0),
        on("frame-num-reset-on-eos", "Frame Number Reset on EOS"),
        on(
            "frame-num-reset-on-stream-reset",
            "Frame Number Reset on stream reset",
        ),
        number("frame-duration", "Frame duration", MUX, -1..=i32::MAX, 0),
        flag(
            "async-process",
            "(nvstreammux) Asynchronous Process",
            MUX,
            true,
        ),
        on("drop-pipeline-eos", "(nvstreammux) No Pipeline EOS"),
        text("config-file-path", "Set config file path", MUX, None).ready(),
        on("extract-sei-type5-data", "Extract SEI data for Muxer"),
        on(
            "sort-batch",
            "Sort Batch Buffer in ascending order of pad-ids",
        ),
        on(
            "cache-buffer",
            "Render previous frame in case new frame is delayed",
        ),
        number(
            "cache-buffer-timeout",
            "Cache Batch Buffer Timeout",
            MUX,
            -1..=i32::MAX,
            -1,
        ),
        on("extract-sei-sim-time", "extract-sei-sim-time"),
        on("align-first-buffer", "Align First Buffer"),
        number(
            "sync-inputs-ntp",
            "PTS difference between incoming NTP frames",
            MUX,
            0..=i32::MAX,
            0,
        ),
        on("drop-backward-sei", "Drop Backward SEI"),
    ]);
    Table::new(properties)
});
