//! The element's properties. Most are `nvmultiurisrcbin`'s too, which hands them on.

use std::sync::LazyLock;

use super::enums::{self, SourceType};
use crate::table::{Property, Setting, Table, choice, flag, int, text, uint, uint64};

pub(super) const ANY: std::ops::RangeInclusive<u32> = 0..=u32::MAX;
pub(super) const NONE: &str = "Accepted, without effect";
pub(super) const NO_RECORD: &str =
    "smart recording is not done here: put a tee and splitmuxsink behind the source";
const NO_IPC: &str =
    "frames of other processes are not received here: DeepStream's nvunixfdsrc is needed";
pub(super) const NO_SEI: &str = "user data of the stream is not read here";

pub(super) fn count(
    name: &'static str,
    nick: &'static str,
    blurb: &'static str,
    default: u32,
) -> Property {
    uint(name, nick, blurb, ANY, default).ready()
}

/// The properties with enums, which differ in their type's name.
macro_rules! with_enums {
    ($module:ident) => {{
        use enums::$module::*;
        vec![
            choice(
                "dec-skip-frames",
                "Type of frames to skip during decoding",
                "Frames that are not decoded",
                Skip::USUAL,
            )
            .ready(),
            choice(
                "cudadec-memtype",
                "Memory type for cuda decoder buffers",
                "Kind of memory that surfaces name",
                Memory::USUAL,
            )
            .ready(),
            choice(
                "buffer-mode",
                "Control the buffering algorithm in use",
                "As rtspsrc's",
                Buffering::USUAL,
            )
            .ready(),
            choice(
                "leaky",
                "Where the queue leaks, if at all",
                NONE,
                Leaks::USUAL,
            )
            .ready()
            .cannot("nothing leaks here; drop-on-latency drops in rtspsrc"),
            choice(
                "select-rtp-protocol",
                "Transport Protocol to use for RTP",
                "As rtspsrc's protocols",
                Protocol::USUAL,
            )
            .ready(),
            choice("smart-record", "Enable Smart Record", NONE, Record::USUAL).cannot(NO_RECORD),
            choice(
                "smart-rec-container",
                "Container format of recorded video",
                NONE,
                Container::USUAL,
            ),
            choice("smart-rec-mode", "Smart record mode", NONE, Streams::USUAL),
        ]
    }};
}

pub(super) use with_enums;

/// What both elements have, but for [`with_enums!`].
pub(super) fn both() -> Vec<Property> {
    let seconds = |name, nick| count(name, nick, NONE, 20);
    vec![
        count("num-extra-surfaces", "Set extra decoder surfaces", NONE, 1),
        count(
            "gpu-id",
            "Set GPU Device ID",
            "Number of the GPU, which caps name",
            0,
        ),
        uint(
            "drop-frame-interval",
            "Set decoder drop frame interval",
            "Of so many frames one is passed on",
            0..=30,
            0,
        )
        .ready(),
        count(
            "max-size-buffers",
            "Maximum number of buffers in the queue",
            NONE,
            200,
        ),
        flag(
            "file-loop",
            "Loop file sources after EOS",
            "Begin again at the end of a file",
            false,
        ),
        text(
            "smart-rec-dir-path",
            "Path of directory to save the recorded file",
            NONE,
            None,
        )
        .ready(),
        text(
            "smart-rec-file-prefix",
            "Prefix of file name for recorded video",
            NONE,
            Some("Smart_Record"),
        )
        .ready(),
        seconds("smart-rec-video-cache", "Size of video cache in seconds."),
        seconds(
            "smart-rec-cache",
            "Size of cache in seconds, applies to both audio and video cache",
        ),
        seconds(
            "smart-rec-default-duration",
            "In case a Stop event is not generated. This parameter will ensure the recording is stopped after a predefined default duration.",
        ),
        count(
            "rtsp-reconnect-interval",
            "RTSP Reconnect Interval",
            "Seconds without data until RTSP is connected again; 0: never",
            0,
        ),
        count(
            "init-rtsp-reconnect-interval",
            "RTSP Reconnect Interval incase error received from rtspsrc",
            "Seconds from an error of RTSP until it is connected again; 0: never",
            0,
        ),
        count(
            "latency",
            "Latency",
            "Milliseconds that rtspsrc waits for packets",
            100,
        ),
        count(
            "udp-buffer-size",
            "UDP Buffer Size",
            "Bytes that the system holds for rtspsrc",
            524_288,
        ),
        flag(
            "disable-passthrough",
            "disable-passthrough",
            "Copy frames that need no conversion",
            false,
        ),
        flag("disable-audio", "disable-audio", "Leave sound out", true),
        flag(
            "low-latency-mode",
            "low-latency-mode",
            "Decode without frame threads",
            false,
        ),
        flag(
            "drop-on-latency",
            "Drop buffers when maximum latency is reached",
            "As rtspsrc's",
            true,
        ),
        flag(
            "ipc-buffer-timestamp-copy",
            "Copy buffer timestamp for nvunixfdsrc plugin",
            NONE,
            false,
        ),
        text("ipc-socket-path", "Path to the control socket", NONE, None)
            .ready()
            .cannot(NO_IPC),
        int(
            "ipc-connection-attempts",
            "ipc-connection-attempts",
            NONE,
            -1..=i32::MAX,
            -1,
        ),
        uint64(
            "ipc-connection-interval",
            "ipc-connection-interval",
            NONE,
            0..=u64::MAX,
            1_000_000,
        ),
        uint(
            "simulate-fps-interval-ms",
            "Simulate FPS Interval",
            NONE,
            0..=1000,
            0,
        )
        .ready()
        .cannot("frames keep their own times here"),
    ]
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut properties = both();
    properties.extend(with_enums!(one));
    properties.extend([
        text(
            "uri",
            "URI of source",
            "What is played: file:///..., http://..., rtsp://...",
            None,
        )
        .ready(),
        choice(
            "type",
            "Set source type",
            "Accepted, without effect: the URI decides",
            SourceType::USUAL,
        )
        .ready(),
        flag(
            "smart-rec-status",
            "Smart Record Status",
            "Whether it records",
            false,
        )
        .read_only(),
        int(
            "rtsp-reconnect-attempts",
            "Set rtsp reconnect attempts value",
            "How often RTSP is connected again; -1: without end",
            i32::MIN..=i32::MAX,
            -1,
        )
        .ready(),
        int("source-id", "Source ID", NONE, -1..=i32::MAX, -1).ready(),
        flag(
            "extract-sei-type5-data",
            "extract-sei-type5-data",
            NONE,
            false,
        )
        .cannot(NO_SEI),
        text("sei-uuid", "Set sei uuid on decoder", NONE, None).ready(),
    ]);
    let fresh = |property: Property| match property.name() {
        "smart-rec-cache" | "smart-rec-video-cache" => property.fresh(Setting::Number(0)),
        "disable-passthrough" => property.fresh(Setting::Flag(true)),
        _ => property,
    };
    Table::new(properties.into_iter().map(fresh).collect())
});
