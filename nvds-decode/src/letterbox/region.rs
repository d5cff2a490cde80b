//! Regions that nvdspreprocess cut out of a frame.

use super::{Area, Geometry, GeometryError, Size};
use crate::boxes::detection::BBox;

/// A part of a frame that was scaled into a network's input by itself, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// In frame pixels.
    pub rect: BBox,
    /// Network pixels per frame pixel, in x and y; above 0.
    pub ratio: (f64, f64),
    /// Network pixels of padding on the left and top.
    pub offset: (f64, f64),
}

impl Geometry {
    /// The mapping for a region of a `frame`: nvdspreprocess tells how it was scaled, so that nothing is worked out.
    /// Detections lie in the part of the region that is inside the frame. Both inference elements count them from whole
    /// pixels, as does this.
    ///
    /// # Errors
    ///
    /// When the network's input is empty, nothing of the region is in the frame, a number of it is none, or its scale leaves
    /// nothing of it or makes it more than twice as large as the input.
    pub fn of_region(network: Size, region: Region, frame: Size) -> Result<Self, GeometryError> {
        if network.width == 0 || network.height == 0 {
            return Err(GeometryError::EmptyNetwork(network));
        }
        let Region {
            rect,
            ratio,
            offset,
        } = region;
        let BBox {
            left,
            top,
            width,
            height,
        } = rect;
        let origin = (left.max(0.0), top.max(0.0));
        let size = (
            (left + width).min(frame.width as f32) - origin.0,
            (top + height).min(frame.height as f32) - origin.1,
        );
        let positive = |number: f64| number.is_finite() && number > 0.0;
        let finite = left.is_finite() && top.is_finite() && width.is_finite() && height.is_finite();
        // Not so of NaN.
        let inside = size.0 > 0.0 && size.1 > 0.0;
        let scaled = positive(ratio.0) && positive(ratio.1);
        let shifted = (0.0..f64::from(network.width)).contains(&offset.0)
            && (0.0..f64::from(network.height)).contains(&offset.1);
        // What is in the frame has half a pixel of the network or more, and is not far larger than it.
        let fits = |length: f32, ratio: f64, side: u32| {
            (0.5..=2.0 * f64::from(side)).contains(&(f64::from(length) * ratio))
        };
        let fitted = fits(size.0, ratio.0, network.width) && fits(size.1, ratio.1, network.height);
        if !(finite && inside && scaled && shifted && fitted) {
            return Err(GeometryError::Region { region, frame });
        }
        let side = |length: f32, ratio: f64, most: u32| {
            ((f64::from(length) * ratio).round() as u32).clamp(1, most)
        };
        Ok(Self {
            network,
            frame,
            destination: Size::new(
                side(width, ratio.0, network.width),
                side(height, ratio.1, network.height),
            ),
            offset: (offset.0 as u32, offset.1 as u32),
            ratio,
            seen: (f64::from(left.trunc()), f64::from(top.trunc())),
            area: Area { origin, size },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letterbox::BoxUnits;

    const FRAME: Size = Size::new(1920, 1080);
    const NETWORK: Size = Size::new(300, 200);

    fn region([left, top, width, height]: [f32; 4]) -> Region {
        Region {
            rect: BBox {
                left,
                top,
                width,
                height,
            },
            ratio: (0.5, 0.25),
            offset: (20.0, 10.0),
        }
    }

    #[test]
    fn boxes_lie_where_the_region_is() {
        let found =
            Geometry::of_region(NETWORK, region([600.0, 40.0, 500.0, 400.0]), FRAME).unwrap();
        assert_eq!(found.destination(), Size::new(250, 100));
        assert_eq!(found.offset(), (20, 10));
        let at = |x, y| found.to_frame(BoxUnits::NetworkPixels, x, y);
        assert_eq!(at(20.0, 10.0), (600.0, 40.0));
        assert_eq!(at(270.0, 110.0), (1100.0, 440.0));
        assert_eq!(found.to_network(1100.0, 440.0), (270.0, 110.0));
        // 0 to 1 of the whole input, padding and all.
        assert_eq!(
            found.to_frame(BoxUnits::Normalised, 0.5, 0.5),
            (860.0, 400.0)
        );
        let area = found.area();
        assert_eq!(
            [area.left, area.top, area.width, area.height],
            [600.0, 40.0, 500.0, 400.0]
        );
        // It reaches out of the frame, and begins between pixels.
        let found =
            Geometry::of_region(NETWORK, region([1700.5, -8.0, 400.0, 100.0]), FRAME).unwrap();
        let area = found.area();
        assert_eq!(
            [area.left, area.top, area.width, area.height],
            [1700.5, 0.0, 219.5, 92.0]
        );
        assert_eq!(
            found.to_frame(BoxUnits::NetworkPixels, 20.0, 10.0),
            (1700.0, -8.0)
        );
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        let good = [600.0, 40.0, 500.0, 400.0];
        let with = |ratio, offset| Region {
            ratio,
            offset,
            ..region(good)
        };
        for bad in [
            region([2000.0, 40.0, 500.0, 400.0]),
            region([600.0, 40.0, 0.0, 400.0]),
            region([f32::NAN, 40.0, 500.0, 400.0]),
            with((0.0, 1.0), (0.0, 0.0)),
            with((1.0, f64::NAN), (0.0, 0.0)),
            with((1.0, 1.0), (-1.0, 0.0)),
            with((1.0, 1.0), (0.0, 200.0)),
        ] {
            let error = Geometry::of_region(NETWORK, bad, FRAME).unwrap_err();
            assert!(error.to_string().contains("1920x1080"), "{error}");
        }
        let none = Geometry::of_region(Size::new(0, 200), region(good), FRAME);
        assert!(none.is_err());
    }
}
