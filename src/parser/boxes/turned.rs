//! Boxes that are turned, in what the loaded release has for them.

use nvds::{Corners, Error, Locked, Object, Rect, RectParams};
use nvds_decode::EdgePolicy;

/// A turned box as an object has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turned {
    /// From DeepStream 9.0 on the box before it is turned; before, the upright one around it.
    pub rect: Rect,
    /// The latter where it was cut at the frame's edges, before that was done.
    pub whole: Option<Rect>,
    /// Degrees, clockwise on the screen; 0 before DeepStream 9.0.
    pub rotation: f32,
    pub corners: Corners,
    /// The upright box around it, cut as boxes are: for texts.
    pub around: Rect,
}

impl Turned {
    /// A box that is turned about its centre by an angle in radians, clockwise on the screen, in a frame of some size.
    pub fn new(
        own: Rect,
        angle: f32,
        turns_boxes: bool,
        edge: EdgePolicy,
        size: Option<(u32, u32)>,
    ) -> Self {
        let rotation = angle.to_degrees() % 360.0;
        let corners = Corners::of(&own, rotation);
        let whole = corners.upright();
        let cut = size.filter(|_| edge == EdgePolicy::Clip);
        let around = cut.map_or(whole, |size| within(&whole, size));
        match turns_boxes {
            true => Self {
                rect: own,
                whole: None,
                rotation,
                corners,
                around,
            },
            false => Self {
                rect: around,
                whole: Some(whole).filter(|whole| *whole != around),
                rotation: 0.0,
                corners,
                around,
            },
        }
    }

    /// Gives an object, which has the box as if it were upright, what makes it a turned one.
    ///
    /// # Errors
    /// When the object is not of the batch's pools.
    pub fn finish(&self, locked: &Locked<'_>, object: &Object<'_>) -> Result<(), Error> {
        if self.rotation != 0.0 {
            let params = RectParams {
                rotation: self.rotation,
                ..object.rect_params()
            };
            locked.set_rect_params(object, params);
        }
        if let Some(whole) = self.whole {
            locked.set_detector_rect(object, whole);
        }
        locked.add_corners(object, self.corners)
    }
}

/// The part of a box that lies in the frame. Decoders leave no box that has none, but for rounding.
fn within(rect: &Rect, (width, height): (u32, u32)) -> Rect {
    let (left, top) = (rect.left.max(0.0), rect.top.max(0.0));
    let cut = Rect {
        left,
        top,
        width: (rect.left + rect.width).min(width as f32) - left,
        height: (rect.top + rect.height).min(height as f32) - top,
    };
    if cut.width > 0.0 && cut.height > 0.0 {
        cut
    } else {
        *rect
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::{FRAC_PI_2, FRAC_PI_4};

    const OWN: Rect = Rect {
        left: 80.0,
        top: 45.0,
        width: 40.0,
        height: 10.0,
    };
    const FRAME: (u32, u32) = (104, 100);

    fn is_near(found: Rect, expected: [f32; 4]) -> bool {
        let found = [found.left, found.top, found.width, found.height];
        found
            .iter()
            .zip(expected)
            .all(|(a, b)| (a - b).abs() < 1e-3)
    }

    #[test]
    fn releases_that_turn_boxes_have_the_box_as_it_is() {
        let turned = Turned::new(OWN, FRAC_PI_4, true, EdgePolicy::Clip, Some(FRAME));
        assert_eq!((turned.rect, turned.whole), (OWN, None));
        assert!((turned.rotation - 45.0).abs() < 1e-4);
        assert_eq!(turned.corners, Corners::of(&OWN, turned.rotation));
    }

    #[test]
    fn others_have_the_upright_box_around_it() {
        let turned = Turned::new(OWN, FRAC_PI_2, false, EdgePolicy::Keep, Some(FRAME));
        assert!(is_near(turned.rect, [95.0, 30.0, 10.0, 40.0]), "{turned:?}");
        assert_eq!((turned.rotation, turned.whole), (0.0, None));
        let cut = Turned::new(OWN, FRAC_PI_2, false, EdgePolicy::Clip, Some(FRAME));
        assert!(is_near(cut.rect, [95.0, 30.0, 9.0, 40.0]), "{cut:?}");
        assert_eq!(cut.whole, Some(turned.rect));
        assert_eq!(cut.corners, turned.corners);
    }

    #[test]
    fn more_than_a_turn_is_less_than_one() {
        let turned = Turned::new(OWN, 7.0, true, EdgePolicy::Clip, None);
        assert!((turned.rotation - 7f32.to_degrees() + 360.0).abs() < 1e-3);
    }
}
