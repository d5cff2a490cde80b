//! The element's properties: most are those of GStreamer's identity, from which the stock element was made.

use std::sync::LazyLock;

use crate::table::{Table, buffer_flags, flag, float, int, int64, text, uint};

const ANY: std::ops::RangeInclusive<u32> = 0..=u32::MAX;
const NONE: &str = "Accepted, without effect";
const IDENTITY: &str = "without effect here: use GStreamer's identity for it";

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let switch = |name, default| flag(name, name, NONE, default);
    Table::new(vec![
        uint("sleep-time", "sleep-time", NONE, ANY, 0).cannot(IDENTITY),
        int("error-after", "error-after", NONE, i32::MIN..=i32::MAX, -1).cannot(IDENTITY),
        float("drop-probability", "drop-probability", NONE, 0.0..=1.0, 0.0).cannot(IDENTITY),
        buffer_flags("drop-buffer-flags", "drop-buffer-flags", NONE).cannot(IDENTITY),
        int("datarate", "datarate", NONE, 0..=i32::MAX, 0).cannot(IDENTITY),
        switch("silent", true).cannot("buffers are not described here: use GStreamer's identity silent=0 -v"),
        switch("single-segment", false).cannot(IDENTITY),
        text("last-message", "last-message", "Empty here", None).read_only(),
        switch("dump", false).cannot(IDENTITY),
        switch("sync", false).cannot(IDENTITY),
        int64("ts-offset", "ts-offset", NONE, i64::MIN..=i64::MAX, 0).cannot(IDENTITY),
        switch("check-imperfect-timestamp", false).cannot(IDENTITY),
        switch("check-imperfect-offset", false).cannot(IDENTITY),
        uint("fps-measurement-interval-sec", "fps-measurement-interval-sec", "Seconds between two lines", ANY, 5),
        flag("show-fps", "Show FPS", "Print frames per second", false),
        flag("show-latency", "Show Latency", NONE, false)
            .cannot("latencies are not printed here: NVDS_ENABLE_LATENCY_MEASUREMENT=1 lets programs measure them"),
        flag("signal-handoffs", "signal-handoffs", "Emit handoff for each buffer", true),
        switch("drop-allocation", false).cannot(IDENTITY),
        uint("latency", "latency", NONE, ANY, 0).cannot(IDENTITY),
    ])
});
