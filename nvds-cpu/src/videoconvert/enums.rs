//! The converter's own property enums under their stock type names, nicks and texts.

use crate::convert::Flip;

/// `flip-method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstNvDsVideoFlipMethod")]
#[repr(i32)]
#[allow(missing_docs)]
pub enum FlipMethod {
    #[default]
    #[enum_value(name = "Identity (no rotation)", nick = "none")]
    None = 0,
    #[enum_value(
        name = "Rotate counter-clockwise 90 degrees",
        nick = "counterclockwise"
    )]
    Counterclockwise = 1,
    #[enum_value(name = "Rotate 180 degrees", nick = "rotate-180")]
    Rotate180 = 2,
    #[enum_value(name = "Rotate clockwise 90 degrees", nick = "clockwise")]
    Clockwise = 3,
    #[enum_value(name = "Flip horizontally", nick = "horizontal-flip")]
    Horizontal = 4,
    #[enum_value(
        name = "Flip across upper right/lower left diagonal",
        nick = "upper-right-diagonal"
    )]
    UpperRightDiagonal = 5,
    #[enum_value(name = "Flip vertically", nick = "vertical-flip")]
    Vertical = 6,
    #[enum_value(
        name = "Flip across upper left/lower right diagonal",
        nick = "upper-left-diagonal"
    )]
    UpperLeftDiagonal = 7,
}

impl From<FlipMethod> for Flip {
    fn from(method: FlipMethod) -> Self {
        match method {
            FlipMethod::None => Flip::None,
            FlipMethod::Counterclockwise => Flip::Counterclockwise,
            FlipMethod::Rotate180 => Flip::Rotate180,
            FlipMethod::Clockwise => Flip::Clockwise,
            FlipMethod::Horizontal => Flip::Horizontal,
            FlipMethod::UpperRightDiagonal => Flip::UpperRightDiagonal,
            FlipMethod::Vertical => Flip::Vertical,
            FlipMethod::UpperLeftDiagonal => Flip::UpperLeftDiagonal,
        }
    }
}

/// `copy-hw`; without effect here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstNvCopyHWType")]
#[repr(i32)]
#[allow(missing_docs)]
pub enum CopyHw {
    #[default]
    #[enum_value(name = "GPU", nick = "GPU")]
    Gpu = 1,
}
