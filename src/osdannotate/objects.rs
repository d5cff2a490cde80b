//! Restyling of objects.

use nvds::{
    BoxChange, Color, Corner, Corners, FontName, Frame, Locked, Object, RectStyle, TextChange,
};

use super::extent::Extent;
use super::osd_text::make_drawable;
use super::redact::upright;
use super::style::{BoxStyle, LabelPosition, MAX_BORDER, ObjectStyle, Paint, Palette, PaletteBy};

/// Border where a style asks for one and the object came without.
const BORDER_WIDTH: u32 = 3;
/// Font size where neither tells one.
const FONT_SIZE: u32 = 10;

/// What becomes of a text that an object came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsOsdAnnotateObjectText")]
#[repr(i32)]
pub enum ObjectText {
    /// It stays, and the style's label is for objects without.
    #[enum_value(name = "Keep the text that an object has", nick = "keep")]
    Keep = 0,
    /// The style's label takes its place.
    #[default]
    #[enum_value(name = "Put the style's label in its place", nick = "replace")]
    Replace = 1,
    /// The style's label follows it.
    #[enum_value(name = "Put the style's label behind it", nick = "append")]
    Append = 2,
}

/// How an object is drawn in the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    pub visible: bool,
    /// Of the box or its corners; `None` for no border.
    pub border_color: Option<Color>,
    pub border_width: u32,
    /// Of other shapes; `None` for none.
    pub shape_color: Option<Color>,
}

/// What was found on the way that the user should know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// An object came with a border that nvdsosd does not draw.
    pub wide_border: bool,
    /// A label has letters that nvdsosd does not draw.
    pub not_drawable: bool,
    /// A label asks for classifiers of a type, and the object has only ones without.
    pub untyped: bool,
    /// The eyes of an object are to be covered, and its key points do not tell where they are.
    pub no_eyes: bool,
    /// Shapes that were too many.
    pub left_out: usize,
    /// Annotations of several frames would be drawn on one.
    pub batch_at_osd: bool,
}

/// What all objects of a frame share.
#[derive(Debug)]
pub struct Restyler<'a, 'b> {
    pub locked: &'a Locked<'b>,
    pub frame: Frame<'a>,
    /// Of the frame in pixels, where it is known.
    pub size: Option<(u32, u32)>,
    pub palette: &'a Palette,
    pub object_text: ObjectText,
    /// Scratch memory.
    pub text: &'a mut String,
    pub found: &'a mut Found,
}

impl Restyler<'_, '_> {
    /// Gives an object its style. Of one that is `outlined`, no border of the box is left: it is drawn by lines.
    pub fn restyle(&mut self, object: &Object<'_>, style: &ObjectStyle, outlined: bool) -> Look {
        let before = object.rect_style();
        let confidence = object.confidence();
        let too_low = confidence >= 0.0 && confidence < style.min_confidence;
        if style.hide || too_low {
            self.hide(object);
            return Look {
                visible: false,
                border_color: None,
                border_width: 0,
                shape_color: None,
            };
        }
        let colors = Colors {
            chosen: self.chosen(object, style.palette),
            before: before.border_color,
        };
        let look = self.restyle_box(object, style, &before, &colors, outlined);
        self.restyle_text(object, style, look.border_width, &colors);
        look
    }

    fn hide(&self, object: &Object<'_>) {
        let change = BoxChange {
            border_width: Some(0),
            border_color: None,
            fill: Some(None),
        };
        self.locked.change_box(object, &change);
        self.locked.remove_text(object);
    }

    /// The object's colour of the palette.
    fn chosen(&self, object: &Object<'_>, by: PaletteBy) -> Option<Color> {
        let class = || object.class_id().unsigned_abs().into();
        match by {
            PaletteBy::None => None,
            PaletteBy::Class => Some(self.palette.color(class())),
            PaletteBy::Track => {
                let number = object.track_id().unwrap_or_else(class);
                Some(self.palette.color(number))
            }
        }
    }

    fn restyle_box(
        &mut self,
        object: &Object<'_>,
        style: &ObjectStyle,
        before: &RectStyle,
        colors: &Colors,
        outlined: bool,
    ) -> Look {
        let border_color = match style.border_color {
            Some(paint) => colors.of(paint, None),
            None => Some(colors.chosen.unwrap_or(before.border_color)),
        };
        let drawn = match style.box_style {
            None => before.border_width,
            Some(_) if before.border_width == 0 => BORDER_WIDTH,
            Some(_) => before.border_width,
        };
        let border_width = match (style.border_width, border_color) {
            (_, None) => 0,
            (Some(width), _) => width,
            (None, _) => drawn,
        };
        self.found.wide_border |= style.border_width.is_none() && border_width > MAX_BORDER;
        let border_width = border_width.min(MAX_BORDER);
        let full =
            !outlined && !matches!(style.box_style, Some(BoxStyle::Corners | BoxStyle::None));
        let fill = match (style.fill, style.box_style) {
            (Some(paint), _) => colors.of(paint, None),
            (None, Some(BoxStyle::None)) => None,
            (None, _) => before.fill,
        };
        let mut after = RectStyle {
            border_width: if full { border_width } else { 0 },
            border_color: border_color.unwrap_or(before.border_color),
            fill,
        };
        // Without it, nvdsosd would not draw the fill either.
        if fill.is_some() && after.border_color.alpha * 255.0 < 1.0 {
            after.border_width = 0;
            after.border_color = Color::BLACK;
        }
        if after != *before {
            self.locked.change_box(
                object,
                &BoxChange {
                    border_width: Some(after.border_width),
                    border_color: Some(after.border_color),
                    fill: Some(after.fill),
                },
            );
        }
        let border = match style.box_style {
            Some(BoxStyle::None) => None,
            _ => border_color.filter(|_| border_width > 0),
        };
        Look {
            visible: true,
            border_color: border,
            border_width: if border.is_some() { border_width } else { 0 },
            shape_color: colors.of(style.shapes.color, None),
        }
    }

    fn restyle_text(
        &mut self,
        object: &Object<'_>,
        style: &ObjectStyle,
        border_width: u32,
        colors: &Colors,
    ) {
        let before = object.text();
        let old = before.display_text().filter(|text| !text.is_empty());
        let written = match &style.label {
            Some(label) if old.is_none() || self.object_text != ObjectText::Keep => {
                self.text.clear();
                if let Some(old) = old.filter(|_| self.object_text == ObjectText::Append) {
                    self.text.push_str(&old.to_string_lossy());
                    self.text.push(' ');
                }
                self.found.untyped |= label.write(&self.frame, object, self.text);
                self.text.truncate(self.text.trim_end().len());
                if self.text.is_empty() {
                    return self.locked.remove_text(object);
                }
                self.found.not_drawable |= make_drawable(self.text);
                true
            }
            _ if old.is_none() => return,
            _ => false,
        };
        let fresh = before.font_name().is_none();
        let background = match style.text_background {
            Some(paint) => Some(colors.of(paint, None)),
            None if fresh => Some(Some(Color::BLACK)),
            None => None,
        };
        let behind = background.unwrap_or(before.background());
        let color = match style.text_color {
            // Letters of no colour are letters that one sees through.
            Some(paint) => Some(colors.of(paint, behind).unwrap_or(TRANSPARENT)),
            None if fresh => Some(Color::WHITE),
            None => None,
        };
        let size = match style.font_size {
            None if fresh && before.font_size() == 0 => Some(FONT_SIZE),
            size => size,
        };
        let offset = (written || style.label_position.is_some()).then(|| {
            let size = size.unwrap_or(before.font_size());
            let extent = match old {
                Some(old) if !written => Extent::of(&old.to_string_lossy(), size),
                _ => Extent::of(self.text, size),
            };
            let position = style.label_position.unwrap_or(LabelPosition::Above);
            place(object, extent, position, border_width, self.size)
        });
        self.locked.change_text(
            object,
            &TextChange {
                text: written.then_some(self.text.as_str()),
                offset,
                font: style.font.or(fresh.then_some(FontName::SERIF)),
                size,
                color,
                background,
            },
        );
    }
}

const TRANSPARENT: Color = Color::new(0.0, 0.0, 0.0, 0.0);

/// Where a label goes.
fn place(
    object: &Object<'_>,
    extent: Extent,
    position: LabelPosition,
    border_width: u32,
    frame: Option<(u32, u32)>,
) -> (u32, u32) {
    let half = (border_width / 2) as f32; // of the border lies outside
    let (x, y) = match object.corners() {
        Some(corners) => at_corner(&corners, extent, position, half),
        None => {
            let rect = upright(&object.rect(), object.rotation());
            match position {
                LabelPosition::Above => (rect.left - half, rect.top - half - extent.height),
                LabelPosition::Inside => (rect.left + half, rect.top + half),
                LabelPosition::Below => (rect.left - half, rect.top + rect.height + half),
            }
        }
    };
    extent.keep_inside(x, y, frame)
}

/// Where a label of a box that is turned goes: to its highest or lowest corner, or in its middle.
fn at_corner(corners: &Corners, extent: Extent, position: LabelPosition, half: f32) -> (f32, f32) {
    let points = corners.points;
    let by_height = |a: &Corner, b: &Corner| a.y.total_cmp(&b.y);
    let middle = || {
        (
            (points[0].x + points[2].x - extent.width) / 2.0,
            (points[0].y + points[2].y - extent.height) / 2.0,
        )
    };
    let above = |corner: Corner| (corner.x - half, corner.y - half - extent.height);
    let below = |corner: Corner| (corner.x - half, corner.y + half);
    match position {
        LabelPosition::Above => points.into_iter().min_by(by_height).map(above),
        LabelPosition::Inside => None,
        LabelPosition::Below => points.into_iter().max_by(by_height).map(below),
    }
    .unwrap_or_else(middle)
}

/// What the colours of a style stand for at one object.
#[derive(Debug, Clone, Copy)]
struct Colors {
    /// By the palette, if there is one.
    chosen: Option<Color>,
    /// The border's, as the object came.
    before: Color,
}

impl Colors {
    /// `behind` is what letters stand on, if anything.
    fn of(&self, paint: Paint, behind: Option<Color>) -> Option<Color> {
        match paint {
            Paint::None => None,
            Paint::Fixed(color) => Some(color),
            Paint::Palette { alpha } => {
                let color = self.chosen.unwrap_or(self.before);
                Some(Color::new(color.red, color.green, color.blue, alpha))
            }
            Paint::Contrast => Some(match behind {
                Some(color) if brightness(color) > 0.5 => Color::BLACK,
                _ => Color::WHITE,
            }),
        }
    }
}

/// How bright a colour looks, 0..1.
fn brightness(color: Color) -> f64 {
    0.299 * color.red + 0.587 * color.green + 0.114 * color.blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_out() {
        let colors = Colors {
            chosen: Some(Color::RED),
            before: Color::WHITE,
        };
        let yellow = Color::new(1.0, 1.0, 0.0, 1.0);
        for (behind, expected) in [
            (None, Color::WHITE),
            (Some(Color::BLACK), Color::WHITE),
            (Some(yellow), Color::BLACK),
            (Some(Color::WHITE), Color::BLACK),
        ] {
            assert_eq!(colors.of(Paint::Contrast, behind), Some(expected));
        }
    }

    #[test]
    fn without_a_palette_the_objects_colour_serves() {
        let mut colors = Colors {
            chosen: None,
            before: Color::RED,
        };
        let half_red = Color::new(1.0, 0.0, 0.0, 0.5);
        let paint = Paint::Palette { alpha: 0.5 };
        assert_eq!(colors.of(paint, None), Some(half_red));
        colors.chosen = Some(Color::WHITE);
        let half_white = Color::new(1.0, 1.0, 1.0, 0.5);
        assert_eq!(colors.of(paint, None), Some(half_white));
    }
}
