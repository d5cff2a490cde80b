//! Properties with a choice, as the decoding knows them.

/// What becomes of boxes that cross the frame's edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsSsdParserEdgePolicy")]
#[repr(i32)]
pub enum EdgePolicy {
    /// They are cut at the edge.
    #[default]
    #[enum_value(name = "Cut them at the edge", nick = "clip")]
    Clip = 0,
    /// They are dropped.
    #[enum_value(name = "Drop them", nick = "drop")]
    Drop = 1,
    /// They stay as they are.
    #[enum_value(
        name = "Keep them as they are, partly outside the frame",
        nick = "keep"
    )]
    Keep = 2,
}

impl From<EdgePolicy> for nvds_decode::EdgePolicy {
    fn from(policy: EdgePolicy) -> Self {
        match policy {
            EdgePolicy::Clip => Self::Clip,
            EdgePolicy::Drop => Self::Drop,
            EdgePolicy::Keep => Self::Keep,
        }
    }
}

/// Which boxes suppress each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsSsdParserNmsMode")]
#[repr(i32)]
pub enum NmsMode {
    /// Those of the same class.
    #[default]
    #[enum_value(
        name = "Boxes of the same class suppress each other",
        nick = "per-class"
    )]
    PerClass = 0,
    /// All.
    #[enum_value(name = "All boxes suppress each other", nick = "agnostic")]
    Agnostic = 1,
    /// None.
    #[enum_value(
        name = "No suppression, for networks that do it themselves",
        nick = "none"
    )]
    None = 2,
}

impl From<NmsMode> for nvds_decode::NmsMode {
    fn from(mode: NmsMode) -> Self {
        match mode {
            NmsMode::PerClass => Self::PerClass,
            NmsMode::Agnostic => Self::Agnostic,
            NmsMode::None => Self::None,
        }
    }
}

impl From<nvds_decode::NmsMode> for NmsMode {
    /// Elements with other modes have a property of their own for them.
    fn from(mode: nvds_decode::NmsMode) -> Self {
        match mode {
            nvds_decode::NmsMode::Agnostic => Self::Agnostic,
            nvds_decode::NmsMode::None => Self::None,
            _ => Self::PerClass,
        }
    }
}

/// How the frame was fitted into the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsSsdParserPadding")]
#[repr(i32)]
pub enum Padding {
    /// As the tensor meta says.
    #[default]
    #[enum_value(name = "As the inference element says in the metadata", nick = "auto")]
    Auto = 0,
    /// Without padding.
    #[enum_value(name = "Stretched: maintain-aspect-ratio=0", nick = "stretch")]
    Stretch = 1,
    /// Free space right or below.
    #[enum_value(
        name = "Padded right or below: maintain-aspect-ratio=1",
        nick = "right-bottom"
    )]
    RightBottom = 2,
    /// Free space on both sides.
    #[enum_value(
        name = "Padded on both sides: maintain-aspect-ratio=1, symmetric-padding=1",
        nick = "symmetric"
    )]
    Symmetric = 3,
}

impl From<Padding> for Option<nvds_decode::Padding> {
    fn from(padding: Padding) -> Self {
        match padding {
            Padding::Auto => None,
            Padding::Stretch => Some(nvds_decode::Padding::Stretch),
            Padding::RightBottom => Some(nvds_decode::Padding::RightBottom),
            Padding::Symmetric => Some(nvds_decode::Padding::Symmetric),
        }
    }
}
