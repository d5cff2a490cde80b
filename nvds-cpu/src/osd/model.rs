//! The primitives, with the meaning and the number types that DeepStream's NvOSD structs give them.

/// A colour; 0.0 to 1.0 is the useful range.
///
/// GPU mode multiplies by 255 and keeps the low byte, so values outside wrap; CPU mode clamps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Color {
    /// Red.
    pub red: f64,
    /// Green.
    pub green: f64,
    /// Blue.
    pub blue: f64,
    /// Opacity: 0 is invisible.
    pub alpha: f64,
}

impl Color {
    /// Red, green, blue and alpha as bytes: truncated, the low byte of what lies outside 0..=255.
    pub(super) fn to_bytes(self) -> [u8; 4] {
        [self.red, self.green, self.blue, self.alpha].map(|v| (v * 255.0) as i64 as u8)
    }
}

/// A box, in frame pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge; fractions are cut off.
    pub left: f32,
    /// Top edge; fractions are cut off.
    pub top: f32,
    /// Width; a negative one reaches to the left in GPU mode.
    pub width: f32,
    /// Height; a negative one reaches upwards in GPU mode.
    pub height: f32,
    /// Border in pixels, at most [`super::MAX_BORDER_WIDTH`]; 0 draws none.
    pub border_width: u32,
    /// Border colour. GPU mode draws nothing at all, not even the background, when its alpha is 0.
    pub border_color: Color,
    /// Fill, if there is one.
    pub background: Option<Color>,
    /// Rotation about the centre in degrees, clockwise on screen.
    pub rotation: f32,
}

/// The shape of an instance mask: a grid of values laid over a box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaskShape<'a> {
    /// Rows of `width` values.
    pub data: &'a [f32],
    /// Values per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Values above this are painted.
    pub threshold: f32,
}

impl MaskShape<'_> {
    /// Width and height as sizes, if the grid has cells and all of them have data.
    pub(super) fn grid(&self) -> Option<(usize, usize)> {
        let (w, h) = (self.width as usize, self.height as usize);
        (w > 0 && h > 0 && w.checked_mul(h)? <= self.data.len()).then_some((w, h))
    }
}

/// An instance mask: painted in the border colour of its box, half transparent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mask<'a> {
    /// The box that the mask fills.
    pub rect: Rect,
    /// What of the box is painted.
    pub shape: MaskShape<'a>,
}

/// A font as the metadata names it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Font<'a> {
    /// Family and style, as Pango's font descriptions spell them.
    pub name: &'a str,
    /// Size in points at 96 dpi. GPU mode: 0 draws nothing, else clamped to 10..=200.
    pub size: u32,
    /// Colour of the letters.
    pub color: Color,
}

/// A string, possibly of several lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Text<'a> {
    /// UTF-8, as found in the metadata: not checked yet.
    pub text: &'a [u8],
    /// Left edge; values above 2^31 are negative numbers and drawn at 0.
    pub x: u32,
    /// Top edge; values above 2^31 are negative numbers and drawn at 0.
    pub y: u32,
    /// Font, size and colour.
    pub font: Font<'a>,
    /// Colour of the box behind the letters, if there is one.
    pub background: Option<Color>,
}

/// A point in local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockTime {
    /// Year, such as 2026.
    pub year: i32,
    /// Month, 1..=12.
    pub month: u32,
    /// Day of the month, 1..=31.
    pub day: u32,
    /// Hour, 0..=23.
    pub hour: u32,
    /// Minute, 0..=59.
    pub minute: u32,
    /// Second, 0..=60.
    pub second: u32,
}

/// The clock: a text whose format depends on the mode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock<'a> {
    /// What it shows.
    pub time: ClockTime,
    /// Left edge, as in [`Text`].
    pub x: u32,
    /// Top edge, as in [`Text`].
    pub y: u32,
    /// Font, size and colour.
    pub font: Font<'a>,
}

/// A straight line. Coordinates are C ints stored unsigned: values above 2^31 lie left of or above the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Line {
    /// Start, to the right.
    pub x1: u32,
    /// Start, downwards.
    pub y1: u32,
    /// End, to the right.
    pub x2: u32,
    /// End, downwards.
    pub y2: u32,
    /// Width in pixels; GPU mode draws at most [`super::MAX_BORDER_WIDTH`] and nothing for 0.
    pub width: u32,
    /// Colour.
    pub color: Color,
}

/// Where an arrow has its head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ArrowHead {
    /// At the start.
    #[default]
    Start,
    /// At the end.
    End,
    /// At both ends, says the name; GPU mode draws one at the end, CPU mode draws nothing.
    Both,
}

/// An arrow: a line with a head of a tenth of its length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Arrow {
    /// The shaft, its width and colour.
    pub line: Line,
    /// Which end has the head.
    pub head: ArrowHead,
}

/// A circle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Circle {
    /// Centre, to the right; a C int stored unsigned.
    pub x: u32,
    /// Centre, downwards; a C int stored unsigned.
    pub y: u32,
    /// Radius in pixels.
    pub radius: u32,
    /// Width of the ring; 0 means 2.
    pub width: u32,
    /// Colour of the ring.
    pub color: Color,
    /// Colour of the disc, if there is one.
    pub background: Option<Color>,
}

/// A box whose pixels are made unrecognisable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blur<'a> {
    /// The box; only its place and size count.
    pub rect: Rect,
    /// Blur only where the grid is not 0; `None` blurs the whole box.
    pub shape: Option<MaskShape<'a>>,
}

/// One thing to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Primitive<'a> {
    /// A box.
    Rect(Rect),
    /// An instance mask.
    Mask(Mask<'a>),
    /// A string.
    Text(Text<'a>),
    /// The clock.
    Clock(Clock<'a>),
    /// A line.
    Line(Line),
    /// An arrow.
    Arrow(Arrow),
    /// A circle.
    Circle(Circle),
    /// A blurred box.
    Blur(Blur<'a>),
}

/// Coordinates are kept within this of 0, so that no sum or product of them overflows; no frame is as large.
pub(super) const FAR: i32 = 1 << 22;

/// A float coordinate as the drawing library makes it whole: cut off towards 0.
pub(super) fn whole(value: f32) -> i32 {
    // NaN becomes 0: as good a place as any, and no reason to stop a film.
    (value as i32).clamp(-FAR, FAR)
}

/// A coordinate that is a C int stored in an unsigned field.
pub(super) fn signed(value: u32) -> i32 {
    value.cast_signed().clamp(-FAR, FAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_truncate_and_wrap() {
        let color = Color {
            red: 0.999,
            green: 1.5,
            blue: -0.5,
            alpha: f64::NAN,
        };
        assert_eq!(color.to_bytes(), [254, 126, 129, 0]);
    }

    #[test]
    fn coordinates_survive_anything() {
        assert_eq!(whole(-3.9), -3);
        assert_eq!(whole(f32::NAN), 0);
        assert_eq!(whole(f32::INFINITY), FAR);
        assert_eq!(signed(4_294_967_290), -6);
    }

    #[test]
    fn a_mask_with_too_little_data_has_no_grid() {
        let mask = |width, height| MaskShape {
            data: &[0.0; 6],
            width,
            height,
            threshold: 0.5,
        };
        assert_eq!(mask(2, 3).grid(), Some((2, 3)));
        assert_eq!(mask(7, 1).grid(), None);
        assert_eq!(mask(0, 3).grid(), None);
        assert_eq!(mask(u32::MAX, u32::MAX).grid(), None);
    }
}
