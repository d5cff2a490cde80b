//! From the network's coordinates to frame pixels: undoing the scaling and the
//! padding with which the frame was fitted into the network's input.
//!
//! The arithmetic is that of DeepStream 9.1's gst-nvinfer and
//! gst-nvinferserver, rounding included, so boxes land where the stock elements
//! would put them:
//!
//! - the source is the frame with width and height rounded down to even;
//! - stretched, the destination is the network's whole input;
//! - with the aspect ratio kept, one side of the destination is the network's,
//!   the other is computed from the source's ratio and truncated;
//! - nvinferserver then rounds the destination down to even;
//! - with symmetric padding the destination starts at half the free space, by
//!   integer division, else at 0;
//! - `frame = (network - offset) / ratio` with `ratio = destination / source`,
//!   separately in x and y.

use crate::boxes::detection::{BBox, Corners};

mod error;
mod region;

pub use error::GeometryError;
pub use region::Region;

/// A width and a height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Size {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Size {
    /// `width` x `height` pixels.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// How the frame was fitted into the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Padding {
    /// Stretched over the whole input, the aspect ratio is lost.
    #[default]
    Stretch,
    /// Aspect ratio kept, free space right or below.
    RightBottom,
    /// Aspect ratio kept, free space on both sides.
    Symmetric,
}

impl Padding {
    /// From the two flags of a tensor meta. `symmetric_padding` means nothing
    /// unless the aspect ratio is maintained.
    pub fn from_flags(maintain_aspect_ratio: bool, symmetric_padding: bool) -> Self {
        match (maintain_aspect_ratio, symmetric_padding) {
            (false, _) => Self::Stretch,
            (true, false) => Self::RightBottom,
            (true, true) => Self::Symmetric,
        }
    }
}

/// Which element scaled the frame; the two round differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scaler {
    /// gst-nvinfer: the destination is truncated to whole pixels.
    #[default]
    Nvinfer,
    /// gst-nvinferserver: the destination is rounded down to even, in both
    /// directions and when stretching too.
    NvinferServer,
}

/// What a network's box coordinates mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BoxUnits {
    /// 0 to 1 over the network's input, padding included.
    #[default]
    Normalised,
    /// Pixels of the network's input.
    NetworkPixels,
}

/// The mapping from network coordinates to the pixels of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geometry {
    network: Size,
    frame: Size,
    destination: Size,
    offset: (u32, u32),
    ratio: (f64, f64),
    /// Left and upper side, in the frame, of what the network saw.
    seen: (f64, f64),
    area: Area,
}

/// Where boxes may be, in frame pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub origin: (f32, f32),
    pub size: (f32, f32),
}

impl Geometry {
    /// The mapping for a `frame` that gst-nvinfer scaled into an input of
    /// `network` size. The frame's size is that of the surface the network saw
    /// (the muxer's output), not of the source.
    ///
    /// # Errors
    ///
    /// When a size is empty or the frame vanishes in scaling.
    pub fn new(network: Size, frame: Size, padding: Padding) -> Result<Self, GeometryError> {
        Self::with_scaler(Scaler::Nvinfer, network, frame, padding)
    }

    /// As [`new`](Self::new), for either inference element.
    ///
    /// # Errors
    ///
    /// When a size is empty or the frame vanishes in scaling.
    pub fn with_scaler(
        scaler: Scaler,
        network: Size,
        frame: Size,
        padding: Padding,
    ) -> Result<Self, GeometryError> {
        let source = Size::new(frame.width & !1, frame.height & !1);
        if source.width == 0 || source.height == 0 {
            return Err(GeometryError::FrameTooSmall(frame));
        }
        let area = Area {
            origin: (0.0, 0.0),
            size: (frame.width as f32, frame.height as f32),
        };
        Self::fit(scaler, network, source, padding, frame, (0.0, 0.0), area)
    }

    /// The mapping for an `object` that an inference element cut out of the
    /// frame: secondary inference (nvinfer's process-mode 2). What was scaled is
    /// the object's box without fractions, width and height rounded down to
    /// even. Detections lie in the part of the object's box that is inside the
    /// frame.
    ///
    /// Both elements round the cut's left and upper side up to even, but add the
    /// object's own to the boxes they attach. So does this, and boxes are where
    /// the stock elements would put them.
    ///
    /// # Errors
    ///
    /// When a size is empty, the object vanishes in scaling or is outside the frame.
    pub fn of_object(
        scaler: Scaler,
        network: Size,
        object: BBox,
        frame: Size,
        padding: Padding,
    ) -> Result<Self, GeometryError> {
        let BBox {
            left,
            top,
            width,
            height,
        } = object;
        // The casts saturate, NaN becomes 0.
        let source = Size::new(width as u32 & !1, height as u32 & !1);
        let finite = left.is_finite() && top.is_finite() && width.is_finite() && height.is_finite();
        if !finite || source.width == 0 || source.height == 0 {
            return Err(GeometryError::ObjectTooSmall(object));
        }
        let origin = (left.max(0.0), top.max(0.0));
        let size = (
            (left + width).min(frame.width as f32) - origin.0,
            (top + height).min(frame.height as f32) - origin.1,
        );
        if !(size.0 > 0.0 && size.1 > 0.0) {
            return Err(GeometryError::ObjectOutside { object, frame });
        }
        let seen = (f64::from(left), f64::from(top));
        let area = Area { origin, size };
        Self::fit(scaler, network, source, padding, frame, seen, area)
    }

    /// The mapping for boxes that stay in the pixels of the network's input: it is the frame.
    ///
    /// # Errors
    ///
    /// When the network's input is empty.
    pub fn of_network(network: Size) -> Result<Self, GeometryError> {
        let area = Area {
            origin: (0.0, 0.0),
            size: (network.width as f32, network.height as f32),
        };
        let scaler = Scaler::Nvinfer;
        // Not rounded down to even, as a frame is: nothing is scaled.
        Self::fit(
            scaler,
            network,
            network,
            Padding::Stretch,
            network,
            (0.0, 0.0),
            area,
        )
    }

    fn fit(
        scaler: Scaler,
        network: Size,
        source: Size,
        padding: Padding,
        frame: Size,
        seen: (f64, f64),
        area: Area,
    ) -> Result<Self, GeometryError> {
        if network.width == 0 || network.height == 0 {
            return Err(GeometryError::EmptyNetwork(network));
        }
        let (net_w, net_h) = (f64::from(network.width), f64::from(network.height));
        let (src_w, src_h) = (f64::from(source.width), f64::from(source.height));

        let mut destination = network;
        if padding != Padding::Stretch {
            let fitted_height = net_w * src_h / src_w;
            if fitted_height <= net_h {
                destination.height = fitted_height as u32;
            } else {
                destination.width = (net_h * src_w / src_h) as u32;
            }
        }
        if scaler == Scaler::NvinferServer {
            destination = Size::new(destination.width & !1, destination.height & !1);
        }
        if destination.width == 0 || destination.height == 0 {
            return Err(GeometryError::NothingLeft {
                picture: source,
                network,
            });
        }
        let offset = match padding {
            Padding::Symmetric => (
                (network.width - destination.width) / 2,
                (network.height - destination.height) / 2,
            ),
            Padding::Stretch | Padding::RightBottom => (0, 0),
        };
        Ok(Self {
            network,
            frame,
            destination,
            offset,
            ratio: (
                f64::from(destination.width) / src_w,
                f64::from(destination.height) / src_h,
            ),
            seen,
            area,
        })
    }

    /// The size of the network's input.
    pub fn network(&self) -> Size {
        self.network
    }

    /// The size of the frame.
    pub fn frame(&self) -> Size {
        self.frame
    }

    /// The size of the part of the network's input that shows the frame.
    pub fn destination(&self) -> Size {
        self.destination
    }

    /// Where that part starts: left and top, in network pixels.
    pub fn offset(&self) -> (u32, u32) {
        self.offset
    }

    /// Where boxes may be, in frame pixels: the whole frame, or the part of an
    /// object's box that is inside it.
    pub fn area(&self) -> BBox {
        let Area { origin, size } = self.area;
        BBox {
            left: origin.0,
            top: origin.1,
            width: size.0,
            height: size.1,
        }
    }

    /// Network pixels per frame pixel, in x and y.
    pub fn ratio(&self) -> (f64, f64) {
        self.ratio
    }

    /// The point of the frame, in pixels, that a point of the network's input
    /// shows. Points of the padding lie outside the frame.
    pub fn to_frame(&self, units: BoxUnits, x: f64, y: f64) -> (f64, f64) {
        self.mapping(units)(x, y)
    }

    /// [`to_frame`](Self::to_frame) for many points: what is divided, is divided once.
    pub(crate) fn mapping(&self, units: BoxUnits) -> impl Fn(f64, f64) -> (f64, f64) + Copy {
        let (scale, bias) = self.coefficients(units);
        move |x, y| (x * scale.0 + bias.0, y * scale.1 + bias.1)
    }

    /// The point of the network's input, in its pixels, that shows a point of the frame: the way back of
    /// [`to_frame`](Self::to_frame).
    pub fn to_network(&self, x: f64, y: f64) -> (f64, f64) {
        let (scale, bias) = self.coefficients(BoxUnits::NetworkPixels);
        ((x - bias.0) / scale.0, (y - bias.1) / scale.1)
    }

    /// Scale and bias in x and y: `frame = network * scale + bias`.
    fn coefficients(&self, units: BoxUnits) -> ((f64, f64), (f64, f64)) {
        let per_unit = match units {
            BoxUnits::Normalised => (
                f64::from(self.network.width),
                f64::from(self.network.height),
            ),
            BoxUnits::NetworkPixels => (1.0, 1.0),
        };
        (
            (per_unit.0 / self.ratio.0, per_unit.1 / self.ratio.1),
            (
                // Not a negation, which would make a negative zero of zero.
                self.seen.0 - f64::from(self.offset.0) / self.ratio.0,
                self.seen.1 - f64::from(self.offset.1) / self.ratio.1,
            ),
        )
    }

    /// Left and upper side of [`area`](Self::area).
    pub(crate) fn origin(&self) -> (f32, f32) {
        self.area.origin
    }

    /// The mapping to pixels counted from [`origin`](Self::origin).
    pub(crate) fn transform(&self, units: BoxUnits) -> Transform {
        let (scale, bias) = self.coefficients(units);
        let origin = self.area.origin;
        Transform {
            scale: (scale.0 as f32, scale.1 as f32),
            bias: (
                (bias.0 - f64::from(origin.0)) as f32,
                (bias.1 - f64::from(origin.1)) as f32,
            ),
            limit: self.area.size,
        }
    }
}

/// The mapping as the inner loop wants it, counted from the area's origin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Transform {
    pub scale: (f32, f32),
    pub bias: (f32, f32),
    /// Right and lower side of the area.
    pub limit: (f32, f32),
}

impl Transform {
    /// The box in frame pixels. A side may have become infinite.
    #[inline]
    pub fn apply(&self, corners: &Corners) -> Corners {
        Corners {
            x_min: corners.x_min * self.scale.0 + self.bias.0,
            y_min: corners.y_min * self.scale.1 + self.bias.1,
            x_max: corners.x_max * self.scale.0 + self.bias.0,
            y_max: corners.y_max * self.scale.1 + self.bias.1,
            angle: corners.angle,
        }
    }
}

#[cfg(test)]
mod tests;
