//! Moving what is attached: for elements that scale, crop or turn the picture below it.

use nvds_sys as c;

use crate::batch::Locked;
use crate::display::{Array, Display};
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

// The mover is the caller's code and may read what is moved: values are read, given to it, and
// written back, with no reference held meanwhile.
impl Locked<'_> {
    /// Moves an object's box and text. The detector's and the tracker's own boxes stay.
    pub fn move_object(&self, object: &Object<'_>, mover: &impl Mover) {
        self.check(object);
        let text_place = object.text_place();
        let mut rect = object.read_rect();
        // SAFETY: a live object, and the lock is held.
        let mut text = unsafe { text_place.read() };
        let (new_rect, new_text) = mover.object(rect_of(&rect), text_of(&text));
        set_rect(&mut rect, new_rect);
        set_text(&mut text, new_text);
        // SAFETY: as above. Of the text only plain fields are written: the mover may have replaced
        // the string.
        unsafe {
            object.write_rect(rect);
            (*text_place).x_offset = text.x_offset;
            (*text_place).y_offset = text.y_offset;
            (*text_place).font_params.font_size = text.font_params.font_size;
        }
    }

    /// Moves every shape and text of a display meta.
    pub fn move_display(&self, display: &Display<'_>, mover: &impl Mover) {
        self.check(display);
        each(&display.rect_array(), |params| {
            set_rect(params, mover.rect(rect_of(params)));
        });
        each(&display.text_array(), |params| {
            set_text(params, mover.text(text_of(params)));
        });
        each(&display.line_array(), |line| {
            (line.x1, line.y1) = mover.point((line.x1, line.y1));
            (line.x2, line.y2) = mover.point((line.x2, line.y2));
        });
        each(&display.arrow_array(), |arrow| {
            (arrow.x1, arrow.y1) = mover.point((arrow.x1, arrow.y1));
            (arrow.x2, arrow.y2) = mover.point((arrow.x2, arrow.y2));
        });
        each(&display.circle_array(), |circle| {
            (circle.xc, circle.yc) = mover.point((circle.xc, circle.yc));
            circle.radius = mover.radius(circle.radius);
        });
    }
}

/// Changes the part of an array that its counter covers, one copy at a time.
fn each<T: Copy>(array: &Array<T>, change: impl Fn(&mut T)) {
    for i in 0..array.len() {
        let mut value = array.get(i);
        change(&mut value);
        array.set(i, value);
    }
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
