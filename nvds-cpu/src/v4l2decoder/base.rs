//! The properties that the stock element inherits from GstVideoDecoder, for a class that does not.

use glib::prelude::*;

/// Names, as far as this GStreamer knows them. Their values are handed on to the software decoder.
const NAMES: &[&str] = &[
    "qos",
    "max-errors",
    "min-force-key-unit-interval",
    "discard-corrupted-frames",
    "automatic-request-sync-points",
    "automatic-request-sync-point-flags",
];

/// Properties like those of GstVideoDecoder: a class cannot install another one's own.
pub(super) fn properties() -> impl Iterator<Item = glib::ParamSpec> {
    // Keeps the class, and so the type of its flags, alive.
    let class = glib::object::ObjectClass::from_type(gst_video::VideoDecoder::static_type());
    NAMES
        .iter()
        .filter_map(move |name| copy_of(&class.as_ref()?.find_property(name)?))
}

/// A value as a number that any thread may hold: they are booleans, numbers and flags.
pub(super) fn to_number(value: &glib::Value) -> Option<u64> {
    value.transform::<u64>().ok()?.get().ok()
}

/// The value of such a number.
pub(super) fn to_value(number: u64, pspec: &glib::ParamSpec) -> Option<glib::Value> {
    number
        .to_value()
        .transform_with_type(pspec.value_type())
        .ok()
}

/// Flags of GstVideoDecoder, which gstreamer-rs knows only with a newer GStreamer as its floor.
#[derive(Clone, Copy)]
struct SyncPointFlags(u32);

impl StaticType for SyncPointFlags {
    fn static_type() -> glib::Type {
        glib::Type::from_name("GstVideoDecoderRequestSyncPointFlags").unwrap_or(glib::Type::INVALID)
    }
}

impl glib::translate::IntoGlib for SyncPointFlags {
    type GlibType = u32;

    fn into_glib(self) -> u32 {
        self.0
    }
}

impl glib::translate::FromGlib<u32> for SyncPointFlags {
    unsafe fn from_glib(bits: u32) -> Self {
        Self(bits)
    }
}

fn copy_of(pspec: &glib::ParamSpec) -> Option<glib::ParamSpec> {
    let (name, nick, blurb) = (pspec.name(), pspec.nick(), pspec.blurb().unwrap_or(""));
    macro_rules! build {
        ($builder:expr) => {
            Some(
                $builder
                    .nick(nick)
                    .blurb(blurb)
                    .flags(pspec.flags())
                    .build(),
            )
        };
    }
    if let Some(p) = pspec.downcast_ref::<glib::ParamSpecBoolean>() {
        build!(glib::ParamSpecBoolean::builder(name).default_value(p.default_value()))
    } else if let Some(p) = pspec.downcast_ref::<glib::ParamSpecInt>() {
        build!(
            glib::ParamSpecInt::builder(name)
                .minimum(p.minimum())
                .maximum(p.maximum())
                .default_value(p.default_value())
        )
    } else if let Some(p) = pspec.downcast_ref::<glib::ParamSpecUInt64>() {
        build!(
            glib::ParamSpecUInt64::builder(name)
                .minimum(p.minimum())
                .maximum(p.maximum())
                .default_value(p.default_value())
        )
    } else if let Some(p) = pspec.downcast_ref::<glib::ParamSpecFlags>()
        && pspec.value_type() == SyncPointFlags::static_type()
    {
        build!(
            glib::ParamSpecFlags::builder::<SyncPointFlags>(name)
                .default_value(SyncPointFlags(p.default_value_as_u32()))
        )
    } else {
        None
    }
}
