//! Boxes, texts and display metas go where the frame's picture goes.
//!
//! Numbers are `f32` and lose their fraction where a C `unsigned int` takes them. Widths of borders and lines, font
//! sizes, angles, masks and the boxes of detector and tracker stay.

use nvds::{Mover, Rect, TextPlace};

use crate::convert;
use crate::videoconvert::to_unsigned;

/// From a frame's surface to its tile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Movement {
    scale: (f32, f32),
    origin: (f32, f32),
}

impl Movement {
    /// `size`: width and height of the surface.
    pub(super) fn new(size: (u32, u32), tile: convert::Rect) -> Self {
        Self {
            scale: (
                tile.width as f32 / size.0 as f32,
                tile.height as f32 / size.1 as f32,
            ),
            origin: (tile.left as f32, tile.top as f32),
        }
    }
}

impl Mover for Movement {
    fn object(&self, rect: Rect, text: TextPlace) -> (Rect, TextPlace) {
        (self.rect(rect), self.text(text))
    }

    fn rect(&self, rect: Rect) -> Rect {
        Rect {
            left: rect.left * self.scale.0 + self.origin.0,
            top: rect.top * self.scale.1 + self.origin.1,
            width: rect.width * self.scale.0,
            height: rect.height * self.scale.1,
        }
    }

    fn text(&self, text: TextPlace) -> TextPlace {
        let (x, y) = self.point((text.x, text.y));
        TextPlace { x, y, ..text }
    }

    fn point(&self, (x, y): (u32, u32)) -> (u32, u32) {
        (
            to_unsigned(x as f32 * self.scale.0 + self.origin.0),
            to_unsigned(y as f32 * self.scale.1 + self.origin.1),
        )
    }

    fn radius(&self, radius: u32) -> u32 {
        to_unsigned(radius as f32 * self.scale.0.min(self.scale.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_scaled_and_moved_and_loses_its_fraction_where_unsigned() {
        let tile = convert::Rect {
            left: 640,
            top: 360,
            width: 640,
            height: 240,
        };
        let movement = Movement::new((1920, 1080), tile);
        let rect = Rect {
            left: 100.0,
            top: -9.0,
            width: 30.0,
            height: 90.0,
        };
        let text = TextPlace {
            x: 100,
            y: 91,
            font_size: 11,
        };
        let (rect, text) = movement.object(rect, text);
        let near = |a: f32, b: f32| (a - b).abs() < 1e-4;
        assert!(near(rect.left, 640.0 + 100.0 / 3.0) && near(rect.top, 358.0));
        assert!(near(rect.width, 10.0) && near(rect.height, 20.0));
        // 640 + 33.3 and 360 + 20.2.
        assert_eq!((text.x, text.y, text.font_size), (673, 380, 11));
        assert_eq!(movement.point((3, 9)), (641, 362));
        // By the smaller factor: 2 / 9.
        assert_eq!(movement.radius(22), 4);
    }
}
