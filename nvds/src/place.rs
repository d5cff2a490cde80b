//! Moving what is attached: for elements that scale, crop or turn the picture below it.

use nvds_sys as c;

use crate::batch::Locked;
use crate::display::Display;
use crate::object::Object;
use crate::text::Rect;

/// Where a text starts and how large it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextPlace {
    /// Left edge in pixels.
    pub x: u32,
    /// Top edge in pixels.
    pub y: u32,
    /// Font size in points.
    pub font_size: u32,
}

/// Says where a shape goes, given where it is. Coordinates are pixels.
pub trait Mover {
    /// Box and text of an object.
    fn object(&self, rect: Rect, text: TextPlace) -> (Rect, TextPlace);
    /// Box of a display meta.
    fn rect(&self, rect: Rect) -> Rect;
    /// Text of a display meta.
    fn text(&self, text: TextPlace) -> TextPlace;
    /// End of a line or arrow, centre of a circle.
    fn point(&self, point: (u32, u32)) -> (u32, u32);
    /// Radius of a circle.
    fn radius(&self, radius: u32) -> u32;
}

impl Locked<'_> {
    /// Moves an object's box and text. The detector's and the tracker's own boxes stay.
    pub fn move_object(&self, object: &Object<'_>, mover: &impl Mover) {
        // SAFETY: a live object, and the lock is held.
        let object = unsafe { &mut *object.as_ptr() };
        let (rect, text) = mover.object(rect_of(&object.rect_params), text_of(&object.text_params));
        set_rect(&mut object.rect_params, rect);
        set_text(&mut object.text_params, text);
    }

    /// Moves every shape and text of a display meta.
    pub fn move_display(&self, display: &Display<'_>, mover: &impl Mover) {
        // SAFETY: a live display meta, and the lock is held.
        let display = unsafe { &mut *display.as_ptr() };
        for params in used(&mut display.rect_params, display.num_rects) {
            set_rect(params, mover.rect(rect_of(params)));
        }
        for params in used(&mut display.text_params, display.num_labels) {
            set_text(params, mover.text(text_of(params)));
        }
        for line in used(&mut display.line_params, display.num_lines) {
            (line.x1, line.y1) = mover.point((line.x1, line.y1));
            (line.x2, line.y2) = mover.point((line.x2, line.y2));
        }
        for arrow in used(&mut display.arrow_params, display.num_arrows) {
            (arrow.x1, arrow.y1) = mover.point((arrow.x1, arrow.y1));
            (arrow.x2, arrow.y2) = mover.point((arrow.x2, arrow.y2));
        }
        for circle in used(&mut display.circle_params, display.num_circles) {
            (circle.xc, circle.yc) = mover.point((circle.xc, circle.yc));
            circle.radius = mover.radius(circle.radius);
        }
    }
}

/// The part of an array that its counter covers.
fn used<T>(array: &mut [T], count: u32) -> &mut [T] {
    let count = array.len().min(count as usize);
    &mut array[..count]
}

fn rect_of(params: &c::NvOSD_RectParams) -> Rect {
    Rect {
        left: params.left,
        top: params.top,
        width: params.width,
        height: params.height,
    }
}

fn set_rect(params: &mut c::NvOSD_RectParams, rect: Rect) {
    params.left = rect.left;
    params.top = rect.top;
    params.width = rect.width;
    params.height = rect.height;
}

fn text_of(params: &c::NvOSD_TextParams) -> TextPlace {
    TextPlace {
        x: params.x_offset,
        y: params.y_offset,
        font_size: params.font_params.font_size,
    }
}

fn set_text(params: &mut c::NvOSD_TextParams, place: TextPlace) {
    params.x_offset = place.x;
    params.y_offset = place.y;
    params.font_params.font_size = place.font_size;
}
