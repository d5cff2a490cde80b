//! Where boxes and texts go when the picture is cropped, scaled, placed and turned.
//!
//! Captured from nvvideoconvert 9.0.2: objects' boxes, text offsets and font sizes and display
//! metas' boxes and lines are scaled; border widths are not. A source crop stops objects and their
//! texts at 0 without shrinking them, lets display boxes go negative and display lines wrap. Only
//! objects turn. What display texts, arrows and circles do was not captured; here they move like
//! the boxes and lines beside them.

use nvds::{Mover, Rect, TextPlace};

use crate::convert::{self, Flip};

/// The way of one frame's picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Movement {
    /// First used column and row of the source.
    crop: (f64, f64),
    /// Output pixels per source pixel, before turning.
    scale: (f64, f64),
    /// Size of the scaled picture before turning.
    size: (f64, f64),
    /// Where the turned picture lies in the output.
    origin: (f64, f64),
    flip: Flip,
}

impl Movement {
    /// From the part of the source that is used to the part of the output that is filled.
    pub(super) fn new(source: convert::Rect, target: convert::Rect, flip: Flip) -> Self {
        let size = if flip.transposes() {
            (target.height, target.width)
        } else {
            (target.width, target.height)
        };
        Self {
            crop: (source.left as f64, source.top as f64),
            scale: (
                size.0 as f64 / source.width as f64,
                size.1 as f64 / source.height as f64,
            ),
            size: (size.0 as f64, size.1 as f64),
            origin: (target.left as f64, target.top as f64),
            flip,
        }
    }

    /// Whether everything stays where it is.
    pub(super) fn is_none(&self) -> bool {
        self.crop == (0.0, 0.0)
            && self.scale == (1.0, 1.0)
            && self.origin == (0.0, 0.0)
            && self.flip == Flip::None
    }

    fn scaled(&self, rect: Rect, lowest: f64) -> [f64; 4] {
        [
            (f64::from(rect.left) - self.crop.0).max(lowest) * self.scale.0,
            (f64::from(rect.top) - self.crop.1).max(lowest) * self.scale.1,
            f64::from(rect.width) * self.scale.0,
            f64::from(rect.height) * self.scale.1,
        ]
    }

    /// Box after turning, without the origin.
    fn turned(&self, [left, top, width, height]: [f64; 4]) -> [f64; 4] {
        let from_right = self.size.0 - left - width;
        let from_bottom = self.size.1 - top - height;
        match self.flip {
            Flip::None => [left, top, width, height],
            Flip::Counterclockwise => [top, from_right, height, width],
            Flip::Rotate180 => [from_right, from_bottom, width, height],
            Flip::Clockwise => [from_bottom, left, height, width],
            Flip::Horizontal => [from_right, top, width, height],
            Flip::UpperRightDiagonal => [from_bottom, from_right, height, width],
            Flip::Vertical => [left, from_bottom, width, height],
            Flip::UpperLeftDiagonal => [top, left, height, width],
        }
    }

    fn place(&self, [left, top, width, height]: [f64; 4]) -> Rect {
        Rect {
            left: (left + self.origin.0) as f32,
            top: (top + self.origin.1) as f32,
            width: width as f32,
            height: height as f32,
        }
    }

    fn font_size(&self, size: u32) -> u32 {
        (f64::from(size) * self.scale.1) as u32
    }

    /// Offsets of a text before turning, never negative.
    fn scaled_text(&self, text: TextPlace) -> (f64, f64) {
        let part = |offset: u32, crop: f64, scale: f64| {
            ((f64::from(offset) - crop).max(0.0) * scale).trunc()
        };
        (
            part(text.x, self.crop.0, self.scale.0),
            part(text.y, self.crop.1, self.scale.1),
        )
    }
}

impl Mover for Movement {
    fn object(&self, rect: Rect, text: TextPlace) -> (Rect, TextPlace) {
        let before = self.scaled(rect, 0.0);
        let after = self.turned(before);
        let (x, y) = self.scaled_text(text);
        // A text keeps its place beside the turned box's corner. `as` stops at 0.
        let text = TextPlace {
            x: (x - before[0] + after[0] + self.origin.0) as u32,
            y: (y - before[1] + after[1] + self.origin.1) as u32,
            font_size: self.font_size(text.font_size),
        };
        (self.place(after), text)
    }

    fn rect(&self, rect: Rect) -> Rect {
        self.place(self.scaled(rect, f64::NEG_INFINITY))
    }

    fn text(&self, text: TextPlace) -> TextPlace {
        let (x, y) = self.scaled_text(text);
        TextPlace {
            x: (x + self.origin.0) as u32,
            y: (y + self.origin.1) as u32,
            font_size: self.font_size(text.font_size),
        }
    }

    fn point(&self, (x, y): (u32, u32)) -> (u32, u32) {
        // Stored as it wraps: the OSD reads it back as signed.
        let part = |at: u32, crop: f64, scale: f64, origin: f64| {
            (((f64::from(at) - crop) * scale) as i64 + origin as i64) as u32
        };
        (
            part(x, self.crop.0, self.scale.0, self.origin.0),
            part(y, self.crop.1, self.scale.1, self.origin.1),
        )
    }

    fn radius(&self, radius: u32) -> u32 {
        (f64::from(radius) * self.scale.0.min(self.scale.1)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(left: usize, top: usize, width: usize, height: usize) -> convert::Rect {
        convert::Rect {
            left,
            top,
            width,
            height,
        }
    }

    #[test]
    fn every_turn_keeps_a_box_on_the_same_pixels() {
        let source = area(0, 0, 320, 240);
        let rect = Rect {
            left: 40.0,
            top: 30.0,
            width: 120.0,
            height: 80.0,
        };
        let text = TextPlace {
            x: 40,
            y: 20,
            font_size: 10,
        };
        let expected = [
            (Flip::None, 40.0, 30.0),
            (Flip::Counterclockwise, 30.0, 160.0),
            (Flip::Rotate180, 160.0, 130.0),
            (Flip::Clockwise, 130.0, 40.0),
            (Flip::Horizontal, 160.0, 30.0),
            (Flip::UpperRightDiagonal, 130.0, 160.0),
            (Flip::Vertical, 40.0, 130.0),
            (Flip::UpperLeftDiagonal, 30.0, 40.0),
        ];
        for (flip, left, top) in expected {
            let target = if flip.transposes() {
                area(0, 0, 240, 320)
            } else {
                source
            };
            let movement = Movement::new(source, target, flip);
            let (moved, moved_text) = movement.object(rect, text);
            assert_eq!((moved.left, moved.top), (left, top), "{flip:?}");
            let sides = if flip.transposes() {
                (80.0, 120.0)
            } else {
                (120.0, 80.0)
            };
            assert_eq!((moved.width, moved.height), sides, "{flip:?}");
            assert_eq!(moved_text.x, left as u32);
            assert_eq!(moved_text.y, top as u32 - 10);
            assert_eq!(moved_text.font_size, 10);
        }
    }

    #[test]
    fn text_offsets_never_go_below_zero() {
        let source = area(0, 0, 320, 240);
        let movement = Movement::new(source, area(0, 0, 240, 320), Flip::Clockwise);
        let rect = Rect {
            left: 0.0,
            top: 30.0,
            width: 10.0,
            height: 10.0,
        };
        let text = TextPlace {
            x: 0,
            y: 20,
            font_size: 10,
        };
        let (_, text) = movement.object(rect, text);
        assert_eq!((text.x, text.y), (200, 0));
    }
}
