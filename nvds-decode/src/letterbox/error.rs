use super::{Region, Size};
use crate::boxes::detection::BBox;

/// Sizes between which no mapping exists.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum GeometryError {
    /// The network's input has no pixels.
    #[error("the network input is {0}, boxes cannot be mapped to the frame")]
    EmptyNetwork(Size),
    /// The frame is less than two pixels wide or high.
    #[error("the frame is {0}, at least 2x2 is needed to map boxes to it")]
    FrameTooSmall(Size),
    /// The object that a secondary network looked at is less than two pixels
    /// wide or high, or its box has sides that are no numbers.
    #[error(
        "the object's box is {width}x{height} at {left},{top}, at least 2x2 is needed to map boxes \
         to it", width = .0.width, height = .0.height, left = .0.left, top = .0.top
    )]
    ObjectTooSmall(BBox),
    /// No part of that object's box is inside the frame.
    #[error(
        "the object's box, {width}x{height} at {left},{top}, is outside the frame of {frame}",
        width = .object.width, height = .object.height, left = .object.left, top = .object.top
    )]
    ObjectOutside {
        /// The object's box.
        object: BBox,
        /// The frame's size.
        frame: Size,
    },
    /// No part of a region of nvdspreprocess is inside the frame, or its numbers are none.
    #[error(
        "the region, {width}x{height} at {left},{top}, was scaled by {ratio:?} behind {offset:?} pixels of padding, \
         by which no box can be mapped to the frame of {frame}",
        width = .region.rect.width, height = .region.rect.height, left = .region.rect.left,
        top = .region.rect.top, ratio = .region.ratio, offset = .region.offset
    )]
    Region {
        /// The region.
        region: Region,
        /// The frame's size.
        frame: Size,
    },
    /// The aspect ratio is so extreme that nothing of the frame reached the network.
    #[error(
        "a picture of {picture} scaled into a network input of {network} keeps no pixel; \
         turn maintain-aspect-ratio off in the inference configuration"
    )]
    NothingLeft {
        /// The size of the frame or of the object in it, rounded down to even.
        picture: Size,
        /// The network input's size.
        network: Size,
    },
}
