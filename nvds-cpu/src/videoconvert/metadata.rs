//! Where boxes and texts go when the picture is cropped, turned, scaled and placed.
//!
//! Read off captures of nvvideoconvert 9.0.2 (`tests/data/convert/metadata`). Numbers are `f32` and lose
//! their fraction, and everything above 32 bits, where a C `unsigned int` takes them:
//!
//! - An object is cropped, then turned within the used part of the source, then scaled, then placed,
//!   and its text's offset is stored as unsigned after each step. A box that begins left of or above a
//!   source crop gets negative coordinates; its text's offset wraps to just below 2^32, which the
//!   next step's `f32` rounds to 2^32 when it is 128 or less away: times 1 it is 0, times 1.92 it
//!   becomes 3951369728.
//! - Turning starts an object's text anew on each axis that is mirrored or exchanged: at the turned
//!   box's left edge, and one font size above its top edge. Another axis keeps its offset.
//! - Display metas do not turn. Each coordinate is cropped, scaled and placed in one expression, so
//!   ends of lines wrap as negative numbers do.
//! - Both are scaled by output over turned source. Font sizes of objects' texts follow the height,
//!   those of display metas stay, as do all border and line widths; radii follow the smaller factor.
//!
//! Not captured, taken to be like what is beside it: display texts and circles left of a source crop; source
//! crops that are turned as well.

use nvds::{Mover, Rect, TextPlace};

use crate::convert::{self, Flip};

/// The way of one frame's picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Movement {
    /// First used column and row of the source.
    crop: (f32, f32),
    /// Width and height of the used part of the source, before turning.
    size: (f32, f32),
    flip: Flip,
    /// Output pixels per pixel of the turned picture, across and down.
    scale: (f32, f32),
    /// Where the picture lies in the output.
    origin: (f32, f32),
}

/// What a C compiler for x86-64 makes of `unsigned int = float`: the low half of a signed 64-bit
/// number.
pub(crate) fn to_unsigned(value: f32) -> u32 {
    value as i64 as u32
}

impl Movement {
    /// From the part of the source that is used to the part of the output that is filled.
    pub(super) fn new(source: convert::Rect, target: convert::Rect, flip: Flip) -> Self {
        let size = (source.width as f32, source.height as f32);
        let turned = if flip.transposes() {
            (size.1, size.0)
        } else {
            size
        };
        Self {
            crop: (source.left as f32, source.top as f32),
            size,
            flip,
            scale: (
                target.width as f32 / turned.0,
                target.height as f32 / turned.1,
            ),
            origin: (target.left as f32, target.top as f32),
        }
    }

    /// Whether everything stays where it is.
    pub(super) fn is_none(&self) -> bool {
        self.crop == (0.0, 0.0)
            && self.scale == (1.0, 1.0)
            && self.origin == (0.0, 0.0)
            && self.flip == Flip::None
    }

    /// A box of the used part of the source, after turning.
    fn turned(&self, rect: Rect) -> Rect {
        let from_right = self.size.0 - rect.left - rect.width;
        let from_bottom = self.size.1 - rect.top - rect.height;
        let (left, top) = match self.flip {
            Flip::None => (rect.left, rect.top),
            Flip::Counterclockwise => (rect.top, from_right),
            Flip::Rotate180 => (from_right, from_bottom),
            Flip::Clockwise => (from_bottom, rect.left),
            Flip::Horizontal => (from_right, rect.top),
            Flip::UpperRightDiagonal => (from_bottom, from_right),
            Flip::Vertical => (rect.left, from_bottom),
            Flip::UpperLeftDiagonal => (rect.top, rect.left),
        };
        let (width, height) = if self.flip.transposes() {
            (rect.height, rect.width)
        } else {
            (rect.width, rect.height)
        };
        Rect {
            left,
            top,
            width,
            height,
        }
    }

    fn scaled(&self, rect: Rect) -> Rect {
        Rect {
            left: rect.left * self.scale.0,
            top: rect.top * self.scale.1,
            width: rect.width * self.scale.0,
            height: rect.height * self.scale.1,
        }
    }
}

impl Mover for Movement {
    fn object(&self, mut rect: Rect, mut text: TextPlace) -> (Rect, TextPlace) {
        rect.left -= self.crop.0;
        rect.top -= self.crop.1;
        text.x = text.x.wrapping_sub(to_unsigned(self.crop.0));
        text.y = text.y.wrapping_sub(to_unsigned(self.crop.1));

        rect = self.turned(rect);
        let exchanged = self.flip.transposes();
        if exchanged || self.flip.reverses_x() {
            text.x = to_unsigned(rect.left);
        }
        if exchanged || self.flip.reverses_y() {
            text.y = to_unsigned(rect.top - text.font_size as f32);
        }

        rect = self.scaled(rect);
        text.x = to_unsigned(text.x as f32 * self.scale.0);
        text.y = to_unsigned(text.y as f32 * self.scale.1);
        text.font_size = to_unsigned(text.font_size as f32 * self.scale.1);

        rect.left += self.origin.0;
        rect.top += self.origin.1;
        text.x = text.x.wrapping_add(to_unsigned(self.origin.0));
        text.y = text.y.wrapping_add(to_unsigned(self.origin.1));
        (rect, text)
    }

    fn rect(&self, mut rect: Rect) -> Rect {
        rect.left -= self.crop.0;
        rect.top -= self.crop.1;
        rect = self.scaled(rect);
        rect.left += self.origin.0;
        rect.top += self.origin.1;
        rect
    }

    fn text(&self, text: TextPlace) -> TextPlace {
        let (x, y) = self.point((text.x, text.y));
        TextPlace {
            x,
            y,
            font_size: text.font_size,
        }
    }

    fn point(&self, (x, y): (u32, u32)) -> (u32, u32) {
        (
            to_unsigned((x as f32 - self.crop.0) * self.scale.0 + self.origin.0),
            to_unsigned((y as f32 - self.crop.1) * self.scale.1 + self.origin.1),
        )
    }

    fn radius(&self, radius: u32) -> u32 {
        to_unsigned(radius as f32 * self.scale.0.min(self.scale.1))
    }
}

#[cfg(test)]
mod tests;
