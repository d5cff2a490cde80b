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

/// A width and a height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// Sizes between which no mapping exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GeometryError {
    /// The network's input has no pixels.
    #[error("the network input is {0}, boxes cannot be mapped to the frame")]
    EmptyNetwork(Size),
    /// The frame is less than two pixels wide or high.
    #[error("the frame is {0}, at least 2x2 is needed to map boxes to it")]
    FrameTooSmall(Size),
    /// The aspect ratio is so extreme that nothing of the frame reached the network.
    #[error(
        "a frame of {frame} scaled into a network input of {network} keeps no pixel; \
         turn maintain-aspect-ratio off in the inference configuration"
    )]
    NothingLeft {
        /// The frame's size.
        frame: Size,
        /// The network input's size.
        network: Size,
    },
}

/// The mapping from network coordinates to the pixels of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geometry {
    network: Size,
    frame: Size,
    destination: Size,
    offset: (u32, u32),
    ratio: (f64, f64),
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
        if network.width == 0 || network.height == 0 {
            return Err(GeometryError::EmptyNetwork(network));
        }
        let source = Size::new(frame.width & !1, frame.height & !1);
        if source.width == 0 || source.height == 0 {
            return Err(GeometryError::FrameTooSmall(frame));
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
            return Err(GeometryError::NothingLeft { frame, network });
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

    /// Network pixels per frame pixel, in x and y.
    pub fn ratio(&self) -> (f64, f64) {
        self.ratio
    }

    /// The point of the frame, in pixels, that a point of the network's input
    /// shows. Points of the padding lie outside the frame.
    pub fn to_frame(&self, units: BoxUnits, x: f64, y: f64) -> (f64, f64) {
        let (scale, bias) = self.coefficients(units);
        (x * scale.0 + bias.0, y * scale.1 + bias.1)
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
                0.0 - f64::from(self.offset.0) / self.ratio.0,
                0.0 - f64::from(self.offset.1) / self.ratio.1,
            ),
        )
    }

    pub(crate) fn transform(&self, units: BoxUnits) -> Transform {
        let (scale, bias) = self.coefficients(units);
        Transform {
            scale: (scale.0 as f32, scale.1 as f32),
            bias: (bias.0 as f32, bias.1 as f32),
            limit: (self.frame.width as f32, self.frame.height as f32),
        }
    }
}

/// The mapping as the inner loop wants it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Transform {
    pub scale: (f32, f32),
    pub bias: (f32, f32),
    /// Right and lower side of the frame.
    pub limit: (f32, f32),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: (f64, f64), b: (f64, f64)) {
        assert!(
            (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9,
            "{a:?} != {b:?}"
        );
    }

    #[test]
    fn stretch() {
        let g =
            Geometry::new(Size::new(300, 300), Size::new(1920, 1080), Padding::Stretch).unwrap();
        assert_eq!(g.ratio(), (300.0 / 1920.0, 300.0 / 1080.0));
        near(g.to_frame(BoxUnits::Normalised, 0.5, 0.25), (960.0, 270.0));
        near(
            g.to_frame(BoxUnits::NetworkPixels, 150.0, 75.0),
            (960.0, 270.0),
        );
        near(g.to_frame(BoxUnits::Normalised, 1.0, 1.0), (1920.0, 1080.0));
    }

    #[test]
    fn right_bottom_truncates_the_destination() {
        // 300 * 1080 / 1920 = 168.75, of which 168 lines are used.
        let g = Geometry::new(
            Size::new(300, 300),
            Size::new(1920, 1080),
            Padding::RightBottom,
        )
        .unwrap();
        assert_eq!(g.destination(), Size::new(300, 168));
        assert_eq!(g.offset(), (0, 0));
        assert_eq!(g.ratio(), (300.0 / 1920.0, 168.0 / 1080.0));
        near(
            g.to_frame(BoxUnits::NetworkPixels, 300.0, 168.0),
            (1920.0, 1080.0),
        );
        // 168.75 would be the frame's lower side were it not truncated.
        near(
            g.to_frame(BoxUnits::Normalised, 1.0, 168.75 / 300.0),
            (1920.0, 168.75 * 1080.0 / 168.0),
        );
    }

    #[test]
    fn symmetric_offset_by_integer_division() {
        // Destination 640x359 in 640x640: 281 free lines, 140 above, 141 below.
        let g = Geometry::new(
            Size::new(640, 640),
            Size::new(1282, 720),
            Padding::Symmetric,
        )
        .unwrap();
        assert_eq!(g.destination(), Size::new(640, 359));
        assert_eq!(g.offset(), (0, 140));
        near(g.to_frame(BoxUnits::NetworkPixels, 0.0, 140.0), (0.0, 0.0));
        near(
            g.to_frame(BoxUnits::NetworkPixels, 640.0, 499.0),
            (1282.0, 720.0),
        );
        near(
            g.to_frame(BoxUnits::Normalised, 0.5, 320.0 / 640.0),
            (641.0, 180.0 * 720.0 / 359.0),
        );
    }

    #[test]
    fn symmetric_portrait_pads_left_and_right() {
        // 416 * 480 / 640 = 312 columns, (416 - 312) / 2 = 52 free on each side.
        let g =
            Geometry::new(Size::new(416, 416), Size::new(480, 640), Padding::Symmetric).unwrap();
        assert_eq!(g.destination(), Size::new(312, 416));
        assert_eq!(g.offset(), (52, 0));
        near(g.to_frame(BoxUnits::NetworkPixels, 52.0, 0.0), (0.0, 0.0));
        near(
            g.to_frame(BoxUnits::NetworkPixels, 208.0, 208.0),
            (240.0, 320.0),
        );
    }

    #[test]
    fn odd_frame_is_rounded_down_to_even() {
        let g =
            Geometry::new(Size::new(300, 300), Size::new(1921, 1081), Padding::Stretch).unwrap();
        assert_eq!(g.ratio(), (300.0 / 1920.0, 300.0 / 1080.0));
        near(g.to_frame(BoxUnits::Normalised, 1.0, 1.0), (1920.0, 1080.0));
        assert_eq!(g.frame(), Size::new(1921, 1081));
    }

    #[test]
    fn odd_network_and_odd_frame_with_padding() {
        // Source 640x480; 301 * 480 / 640 = 225.75 -> 225; (301 - 225) / 2 = 38.
        let frame = Size::new(641, 481);
        let network = Size::new(301, 301);
        let g = Geometry::new(network, frame, Padding::Symmetric).unwrap();
        assert_eq!(g.destination(), Size::new(301, 225));
        assert_eq!(g.offset(), (0, 38));
        assert_eq!(g.ratio(), (301.0 / 640.0, 225.0 / 480.0));
    }

    #[test]
    fn nvinferserver_rounds_the_destination_to_even() {
        let frame = Size::new(641, 481);
        let network = Size::new(301, 301);
        let server = Scaler::NvinferServer;
        let g = Geometry::with_scaler(server, network, frame, Padding::Symmetric).unwrap();
        assert_eq!(g.destination(), Size::new(300, 224));
        assert_eq!(g.offset(), (0, 38));
        assert_eq!(g.ratio(), (300.0 / 640.0, 224.0 / 480.0));
        // Stretching as well: the last column and line of the input stay empty.
        let g = Geometry::with_scaler(server, network, frame, Padding::Stretch).unwrap();
        assert_eq!(g.destination(), Size::new(300, 300));
        assert_eq!(g.ratio(), (300.0 / 640.0, 300.0 / 480.0));
    }

    #[test]
    fn exact_fit_takes_the_width() {
        let size = Size::new(512, 512);
        for padding in [Padding::Stretch, Padding::RightBottom, Padding::Symmetric] {
            let g = Geometry::new(size, size, padding).unwrap();
            assert_eq!((g.destination(), g.offset()), (size, (0, 0)));
        }
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let ok = Size::new(300, 300);
        let new = |network, frame, padding| Geometry::new(network, frame, padding).unwrap_err();
        assert_eq!(
            new(Size::new(0, 300), ok, Padding::Stretch),
            GeometryError::EmptyNetwork(Size::new(0, 300))
        );
        assert_eq!(
            new(ok, Size::new(1, 300), Padding::Stretch),
            GeometryError::FrameTooSmall(Size::new(1, 300))
        );
        let frame = Size::new(65536, 2);
        assert_eq!(
            new(ok, frame, Padding::Symmetric),
            GeometryError::NothingLeft { frame, network: ok }
        );
    }

    #[test]
    fn flags() {
        assert_eq!(Padding::from_flags(false, true), Padding::Stretch);
        assert_eq!(Padding::from_flags(true, false), Padding::RightBottom);
        assert_eq!(Padding::from_flags(true, true), Padding::Symmetric);
    }
}
