//! The default mux's properties, where they differ from the new one's: types, ranges, defaults and nicks are
//! those of the stock element.

use glib::prelude::*;
use glib::translate::{FromGlib, IntoGlib};
use glib::{ParamFlags, ParamSpec, ParamSpecBoolean, ParamSpecInt, ParamSpecUInt, ParamSpecUInt64};

use crate::enums::{ComputeHw, InterpolationMethod, MemoryType};

fn flags() -> ParamFlags {
    ParamFlags::READWRITE
}

/// Nicks are the names.
fn unsigned(
    name: &str,
    blurb: &str,
    range: std::ops::RangeInclusive<u32>,
    default: u32,
) -> ParamSpec {
    ParamSpecUInt::builder(name)
        .nick(name)
        .blurb(blurb)
        .minimum(*range.start())
        .maximum(*range.end())
        .default_value(default)
        .flags(flags())
        .build()
}

fn signed(name: &str, blurb: &str, minimum: i32, default: i32) -> ParamSpec {
    ParamSpecInt::builder(name)
        .nick(name)
        .blurb(blurb)
        .minimum(minimum)
        .default_value(default)
        .flags(flags())
        .build()
}

fn switch(name: &str, blurb: &str, default: bool) -> ParamSpec {
    ParamSpecBoolean::builder(name)
        .nick(name)
        .blurb(blurb)
        .default_value(default)
        .flags(flags())
        .build()
}

fn choice<T>(name: &str, blurb: &str, default: T, more: ParamFlags) -> ParamSpec
where
    T: StaticType + FromGlib<i32> + IntoGlib<GlibType = i32>,
{
    glib::ParamSpecEnum::builder_with_default(name, default)
        .nick(name)
        .blurb(blurb)
        .flags(flags() | more)
        .build()
}

/// What `gst-inspect-1.0` shows of the default mux.
pub fn legacy() -> Vec<ParamSpec> {
    const ANY: std::ops::RangeInclusive<u32> = 0..=u32::MAX;
    const NONE: &str = "Accepted, without effect";
    let controlled = gst::PARAM_FLAG_CONTROLLABLE | ParamFlags::CONSTRUCT;
    vec![
        unsigned("batch-size", "Frames in a batch; must be set", 0..=1024, 0),
        signed(
            "batched-push-timeout",
            "Microseconds from the first frame of a batch until it is pushed though not full; -1 waits for ever",
            -1,
            -1,
        ),
        unsigned(
            "width",
            "Width that all frames are scaled to, in pixels; must be set",
            ANY,
            0,
        ),
        unsigned(
            "height",
            "Height that all frames are scaled to, in pixels; must be set",
            ANY,
            0,
        ),
        unsigned(
            "num-surfaces-per-frame",
            "Surfaces of a frame; only 1 is supported",
            1..=4,
            1,
        ),
        switch(
            "enable-padding",
            "Keep the aspect ratio when scaling, with black bands",
            false,
        ),
        switch(
            "live-source",
            "At most one frame of a source in a batch, which has the running time at which it is pushed",
            false,
        ),
        switch(
            "sync-inputs",
            "A batch has the frames of one span of time, which is the timeout, or a frame's duration if that is shorter; later ones are dropped. FALSE again after a stop",
            false,
        ),
        switch("align-inputs", NONE, false),
        unsigned(
            "gpu-id",
            "Number of the GPU, as written into the caps (without effect)",
            ANY,
            0,
        ),
        unsigned(
            "buffer-pool-size",
            "Accepted, without effect: surfaces are made as needed",
            4..=1024,
            4,
        ),
        unsigned("failsafe-flush-count", NONE, 1..=1024, 4),
        switch("drop-backward-sei", NONE, false),
        unsigned(
            "max-latency",
            "Nanoseconds that sync-inputs waits in addition; reported as latency in live pipelines",
            ANY,
            0,
        ),
        switch(
            "attach-sys-ts",
            "Note the wall-clock time of arrival in the frame's ntp_timestamp",
            true,
        ),
        choice(
            "nvbuf-memory-type",
            "Kind of memory, as written into the caps (it is host memory always)",
            MemoryType::Default,
            gst::PARAM_FLAG_MUTABLE_READY,
        ),
        choice("compute-hw", NONE, ComputeHw::Default, controlled),
        choice(
            "interpolation-method",
            "How frames are scaled",
            InterpolationMethod::Bilinear,
            controlled,
        ),
        switch(
            "frame-num-reset-on-eos",
            "A source's frame numbers start at 0 again after its end",
            false,
        ),
        switch(
            "frame-num-reset-on-stream-reset",
            "A source's frame numbers start at 0 again when a new stream starts on its pad",
            false,
        ),
        ParamSpecUInt64::builder("frame-duration")
            .nick("frame-duration")
            .blurb(
                "Milliseconds of a frame for the correction of NTP times; accepted, without effect",
            )
            .default_value(u64::MAX)
            .flags(flags())
            .build(),
        switch("async-process", NONE, true),
        switch(
            "drop-pipeline-eos",
            "Do not end the pipeline when all sources have ended",
            false,
        ),
        switch("extract-sei-type5-data", NONE, false),
        switch("extract-sei-sim-time", NONE, false),
        switch(
            "sort-batch",
            "Frames of a batch in the order of sources",
            false,
        ),
        switch(
            "cache-buffer",
            "A source that is missing from a batch is in it with its last frame, grey before its first",
            false,
        ),
        signed("cache-buffer-timeout", NONE, -1, -1),
        switch("align-first-buffer", NONE, false),
        signed("sync-inputs-ntp", NONE, 0, 0),
    ]
}
