//! The texts of a frame.

use nvds::{DisplayWriter, NewText};

use super::canvas::Point;
use super::extent::Extent;
use super::osd_text::make_drawable;
use super::style::{Corner, FrameText, TextPosition};
use super::template::Values;

/// Distance of texts from the frame's edges in pixels.
const MARGIN: f32 = 10.0;

/// Where the next text goes at each named place.
#[derive(Debug, Default)]
pub struct Stacks([f32; 6]);

impl Stacks {
    /// Upper left corner of a text, whose extent is asked for where it matters. Without the frame's size, all places are on the left and top.
    pub fn place(
        &mut self,
        position: TextPosition,
        extent: impl FnOnce() -> Extent,
        size: Option<(u32, u32)>,
    ) -> (u32, u32) {
        let corner = match position {
            TextPosition::At(point) => {
                // As they are, as the properties were from the start.
                let Point { x, y } = point.pixels(size.unwrap_or_default());
                return Extent::default().keep_inside(x, y, None);
            }
            TextPosition::Named(corner) => corner,
        };
        let extent = extent();
        let used = &mut self.0[corner as usize];
        let before = *used;
        *used += extent.height;
        let (width, height) = size.unwrap_or_default();
        let x = match corner {
            Corner::TopLeft | Corner::BottomLeft => MARGIN,
            Corner::Top | Corner::Bottom => (width as f32 - extent.width) / 2.0,
            Corner::TopRight | Corner::BottomRight => width as f32 - MARGIN - extent.width,
        };
        let y = match corner {
            Corner::TopLeft | Corner::Top | Corner::TopRight => MARGIN + before,
            Corner::BottomLeft | Corner::Bottom | Corner::BottomRight => {
                height as f32 - MARGIN - before - extent.height
            }
        };
        extent.keep_inside(x, y, size)
    }
}

/// Writes the texts of one frame, and appends them line by line to `all`. Returns whether a text
/// has letters that nvdsosd does not draw.
pub fn write(
    texts: &[FrameText],
    values: &Values<'_>,
    size: Option<(u32, u32)>,
    writer: &mut DisplayWriter<'_>,
    scratch: &mut String,
    all: &mut String,
) -> bool {
    let mut stacks = Stacks::default();
    let mut not_drawable = false;
    for (number, text) in texts.iter().enumerate() {
        scratch.clear();
        text.template.write(values, scratch);
        if number > 0 {
            all.push('\n');
        }
        all.push_str(scratch);
        let Some(color) = text.color.filter(|_| !scratch.is_empty()) else {
            continue;
        };
        not_drawable |= make_drawable(scratch);
        let extent = || Extent::of(scratch, text.size);
        let (x, y) = stacks.place(text.position, extent, size);
        let text = NewText {
            text: scratch,
            x: 0.0,
            y: 0.0,
            font: text.font,
            size: text.size,
            color,
            background: text.background,
        };
        writer.text_at(&text, x, y);
    }
    not_drawable
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::osdannotate::style::{Length, Point};

    #[test]
    fn texts_of_one_place_are_stacked_away_from_the_edge() {
        let size = Some((640, 480));
        let extent = Extent {
            width: 100.0,
            height: 20.0,
        };
        let mut stacks = Stacks::default();
        let mut place = |corner| stacks.place(TextPosition::Named(corner), || extent, size);
        for (corner, expected) in [
            (Corner::TopLeft, [(10, 10), (10, 30)]),
            (Corner::Top, [(270, 10), (270, 30)]),
            (Corner::TopRight, [(530, 10), (530, 30)]),
            (Corner::BottomLeft, [(10, 450), (10, 430)]),
            (Corner::Bottom, [(270, 450), (270, 430)]),
            (Corner::BottomRight, [(530, 450), (530, 430)]),
        ] {
            assert_eq!([place(corner), place(corner)], expected, "{corner:?}");
        }
    }

    #[test]
    fn points_are_pixels_or_parts_of_the_frame() {
        let place = |x, y, size| {
            let position = TextPosition::At(Point { x, y });
            Stacks::default().place(position, Extent::default, size)
        };
        let (pixels, half) = (Length::Pixels(7.0), Length::Fraction(0.5));
        assert_eq!(place(pixels, half, Some((640, 480))), (7, 240));
        assert_eq!(place(half, pixels, Some((640, 480))), (320, 7));
        assert_eq!(place(half, pixels, None), (0, 7));
    }
}
