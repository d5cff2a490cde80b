//! Property enums that several elements have, under their stock type names, nicks and texts.

use crate::convert::Method;

/// `interpolation-method`. The names speak of the hardware of either platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstNvInterpolationMethod")]
#[repr(i32)]
#[allow(missing_docs)]
pub enum InterpolationMethod {
    #[enum_value(name = "Nearest", nick = "Nearest")]
    Nearest = 0,
    #[enum_value(name = "Bilinear", nick = "Bilinear")]
    Bilinear = 1,
    #[enum_value(name = "GPU - Cubic, VIC - 5 Tap", nick = "Algo-1")]
    Algo1 = 2,
    #[enum_value(name = "GPU - Super, VIC - 10 Tap", nick = "Algo-2")]
    Algo2 = 3,
    #[enum_value(name = "GPU - LanzoS, VIC - Smart", nick = "Algo-3")]
    Algo3 = 4,
    #[enum_value(name = "GPU - Ignored, VIC - Nicest", nick = "Algo-4")]
    Algo4 = 5,
    #[default]
    #[enum_value(name = "GPU - Nearest, VIC - Nearest", nick = "Default")]
    Default = 6,
}

impl From<InterpolationMethod> for Method {
    fn from(method: InterpolationMethod) -> Self {
        match method {
            InterpolationMethod::Nearest => Method::Nearest,
            InterpolationMethod::Bilinear => Method::Bilinear,
            InterpolationMethod::Algo1 => Method::Cubic,
            InterpolationMethod::Algo2 => Method::Super,
            InterpolationMethod::Algo3 => Method::Lanczos,
            InterpolationMethod::Algo4 => Method::NearestCentre,
            InterpolationMethod::Default => Method::Default,
        }
    }
}

/// `compute-hw`; without effect here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstNvComputeHWType")]
#[repr(i32)]
#[allow(missing_docs)]
pub enum ComputeHw {
    #[default]
    #[enum_value(name = "Default, GPU for Tesla, VIC for Jetson", nick = "Default")]
    Default = 0,
    #[enum_value(name = "GPU", nick = "GPU")]
    Gpu = 1,
    #[enum_value(name = "VIC", nick = "VIC")]
    Vic = 2,
}

/// `nvbuf-memory-type`: what the surfaces say they are. The pixels are in host memory always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstNvBufMemoryType")]
#[repr(i32)]
#[allow(missing_docs)]
pub enum MemoryType {
    #[enum_value(
        name = "Default memory allocated, specific to particular platform",
        nick = "nvbuf-mem-default"
    )]
    Default = 0,
    #[enum_value(
        name = "Allocate Pinned/Host cuda memory",
        nick = "nvbuf-mem-cuda-pinned"
    )]
    Pinned = 1,
    #[enum_value(name = "Allocate Device cuda memory", nick = "nvbuf-mem-cuda-device")]
    Device = 2,
    #[enum_value(name = "Allocate Unified cuda memory", nick = "nvbuf-mem-cuda-unified")]
    Unified = 3,
}

impl MemoryType {
    /// The type that is in fact allocated: device memory where the platform decides.
    pub(crate) const fn resolved(self) -> Self {
        match self {
            MemoryType::Default => MemoryType::Device,
            other => other,
        }
    }

    /// The value of the caps field `nvbuf-memory-type`.
    pub(crate) const fn caps_value(self) -> &'static str {
        match self.resolved() {
            MemoryType::Pinned => "nvbuf-mem-cuda-pinned",
            MemoryType::Unified => "nvbuf-mem-cuda-unified",
            MemoryType::Default | MemoryType::Device => "nvbuf-mem-cuda-device",
        }
    }
}

/// Enums of a table of properties, with the value that a new element has.
macro_rules! choices {
    ($vis:vis, $($(#[$doc:meta])* $name:ident = $type:literal {
        $($variant:ident = $value:literal, $nick:literal, $text:literal;)*
    } default $default:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, glib::Enum)]
        #[enum_type(name = $type)]
        #[repr(i32)]
        #[allow(dead_code)] // some values are only set from outside
        $vis enum $name {
            $(#[enum_value(name = $text, nick = $nick)] $variant = $value,)*
        }

        impl $name {
            $vis const USUAL: Self = Self::$default;
        }
    )*};
}
pub(crate) use choices;
