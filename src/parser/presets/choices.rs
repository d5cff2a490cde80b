//! Properties with a choice that all networks with presets share.

use nvds_decode::{Activation as Decoded, BoxUnits};

/// What the four numbers of a box are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsBoxForm")]
#[repr(i32)]
pub enum BoxForm {
    /// The format's.
    #[default]
    #[enum_value(name = "As is usual for the format", nick = "auto")]
    Auto = 0,
    /// Corners.
    #[enum_value(name = "Left, top, right, bottom", nick = "xyxy")]
    Xyxy = 1,
    /// Corners, y first.
    #[enum_value(name = "Top, left, bottom, right", nick = "yxyx")]
    Yxyx = 2,
    /// Centre and size.
    #[enum_value(name = "Centre x, centre y, width, height", nick = "xywh")]
    Xywh = 3,
    /// Centre and size, y first.
    #[enum_value(name = "Centre y, centre x, height, width", nick = "yxhw")]
    Yxhw = 4,
}

impl From<BoxForm> for Option<nvds_decode::BoxForm> {
    fn from(form: BoxForm) -> Self {
        match form {
            BoxForm::Auto => None,
            BoxForm::Xyxy => Some(nvds_decode::BoxForm::Xyxy),
            BoxForm::Yxyx => Some(nvds_decode::BoxForm::Yxyx),
            BoxForm::Xywh => Some(nvds_decode::BoxForm::Xywh),
            BoxForm::Yxhw => Some(nvds_decode::BoxForm::Yxhw),
        }
    }
}

/// The units of box coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsBoxUnits")]
#[repr(i32)]
pub enum Units {
    /// The format's.
    #[default]
    #[enum_value(name = "As is usual for the format", nick = "auto")]
    Auto = 0,
    /// 0 to 1.
    #[enum_value(name = "0 to 1 over the network's input", nick = "normalised")]
    Normalised = 1,
    /// Pixels.
    #[enum_value(name = "Pixels of the network's input", nick = "pixels")]
    Pixels = 2,
}

impl From<Units> for Option<BoxUnits> {
    fn from(units: Units) -> Self {
        match units {
            Units::Auto => None,
            Units::Normalised => Some(BoxUnits::Normalised),
            Units::Pixels => Some(BoxUnits::NetworkPixels),
        }
    }
}

/// What makes scores of what the network says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsScoreActivation")]
#[repr(i32)]
pub enum Activation {
    /// The format's.
    #[default]
    #[enum_value(name = "As is usual for the format", nick = "auto")]
    Auto = 0,
    /// Scores already.
    #[enum_value(name = "None: the network does it itself", nick = "none")]
    None = 1,
    /// Logistic.
    #[enum_value(name = "The logistic function, each class by itself", nick = "sigmoid")]
    Sigmoid = 2,
    /// Parts of one.
    #[enum_value(name = "All classes together", nick = "softmax")]
    Softmax = 3,
    /// Hundredths.
    #[enum_value(name = "The network's scores are 0 to 100", nick = "percent")]
    Percent = 4,
}

impl From<Activation> for Option<Decoded> {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::Auto => None,
            Activation::None => Some(Decoded::None),
            Activation::Sigmoid => Some(Decoded::Sigmoid),
            Activation::Softmax => Some(Decoded::Softmax),
            Activation::Percent => Some(Decoded::Percent),
        }
    }
}

/// Which boxes suppress each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsNmsMode")]
#[repr(i32)]
pub enum NmsMode {
    /// The format's.
    #[default]
    #[enum_value(
        name = "As the format needs it: none if the network does it itself, else per-class",
        nick = "auto"
    )]
    Auto = 0,
    /// Those of the same class.
    #[enum_value(
        name = "Boxes of the same class suppress each other",
        nick = "per-class"
    )]
    PerClass = 1,
    /// All.
    #[enum_value(name = "All boxes suppress each other", nick = "agnostic")]
    Agnostic = 2,
    /// None.
    #[enum_value(name = "No suppression", nick = "none")]
    None = 3,
    /// Means.
    #[enum_value(
        name = "As per-class, but what is left is the mean of what it suppressed, as MediaPipe does",
        nick = "weighted"
    )]
    Weighted = 4,
    /// All at once.
    #[enum_value(
        name = "As per-class, but a box goes if any better one overlaps it, whether that one stays or not",
        nick = "fast"
    )]
    Fast = 5,
}

impl From<NmsMode> for nvds_decode::NmsMode {
    fn from(mode: NmsMode) -> Self {
        match mode {
            NmsMode::Auto => Self::Usual,
            NmsMode::PerClass => Self::PerClass,
            NmsMode::Agnostic => Self::Agnostic,
            NmsMode::None => Self::None,
            NmsMode::Weighted => Self::Weighted,
            NmsMode::Fast => Self::Fast,
        }
    }
}

impl From<nvds_decode::NmsMode> for NmsMode {
    fn from(mode: nvds_decode::NmsMode) -> Self {
        match mode {
            nvds_decode::NmsMode::Usual => Self::Auto,
            nvds_decode::NmsMode::PerClass => Self::PerClass,
            nvds_decode::NmsMode::Agnostic => Self::Agnostic,
            nvds_decode::NmsMode::None => Self::None,
            nvds_decode::NmsMode::Weighted => Self::Weighted,
            nvds_decode::NmsMode::Fast => Self::Fast,
        }
    }
}

/// Whether something is so, where the format mostly tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsChoice")]
#[repr(i32)]
pub enum Choice {
    /// The format's.
    #[default]
    #[enum_value(name = "As is usual for the format", nick = "auto")]
    Auto = 0,
    /// It is not.
    #[enum_value(name = "No", nick = "no")]
    No = 1,
    /// It is.
    #[enum_value(name = "Yes", nick = "yes")]
    Yes = 2,
}

impl From<Choice> for Option<bool> {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Auto => None,
            Choice::No => Some(false),
            Choice::Yes => Some(true),
        }
    }
}
