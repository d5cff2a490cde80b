//! Changing what another element attached.

use crate::batch::Locked;
use crate::frame::Frame;
use crate::object::{NewMask, Object};
use crate::params::{RectParams, fill_to_c};
use crate::retired::retire;
use crate::text::{Color, FontName, Rect, RectStyle, glib_string};
use crate::view::View;

/// Widest border in pixels that the OSD draws; beyond, it stops the pipeline.
const MAX_BORDER: u32 = 32;

/// What to change of an object's box. What is `None` stays; the box's place always does, because
/// trackers take it from there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BoxChange {
    /// Border in pixels, 0..=32 (the OSD stops the pipeline above 32).
    pub border_width: Option<u32>,
    /// Colour of the border. With alpha 0 the OSD draws nothing of the box, not even the fill.
    pub border_color: Option<Color>,
    /// Fill, `Some(None)` for none.
    pub fill: Option<Option<Color>>,
}

/// What to change of an object's text. What is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TextChange<'s> {
    /// The text; what follows a zero byte is cut.
    pub text: Option<&'s str>,
    /// Left and top edge in pixels. The OSD reads them as C ints.
    pub offset: Option<(u32, u32)>,
    /// Font family.
    pub font: Option<FontName>,
    /// Font size in points at 96 dpi; the OSD clamps to 10..=200 and draws nothing at 0.
    pub size: Option<u32>,
    /// Colour of the letters.
    pub color: Option<Color>,
    /// Box behind the text, `Some(None)` for none.
    pub background: Option<Option<Color>>,
}

impl Object<'_> {
    /// How the OSD draws the object's box.
    pub fn rect_style(&self) -> RectStyle {
        self.rect_params().style
    }

    /// Whether the OSD draws the object's box and text as they are: the border is not too wide, a fill has a border
    /// that is not transparent, and a text has a font. Reads no more than that.
    #[inline]
    pub fn is_drawable(&self) -> bool {
        // SAFETY: a view is made of a live element only.
        unsafe {
            let (rect, text) = (self.rect_place(), self.text_place());
            (*rect).border_width <= MAX_BORDER
                && ((*rect).has_bg_color == 0 || (*rect).border_color.alpha * 255.0 >= 1.0)
                && (!(*text).font_params.font_name.is_null() || (*text).display_text.is_null())
        }
    }

    /// Degrees by which the box is turned about its centre; 0 before DeepStream 9.0, which cannot.
    #[inline]
    pub fn rotation(&self) -> f32 {
        if !self.owner().layout().turns_boxes() {
            return 0.0;
        }
        // SAFETY: a view is made of a live element only, whose box has all fields.
        unsafe { (*self.rect_place()).rotation_angle }
    }

    /// Box as a tracker gave it, in pixels of the frame and not cut at its edges. Not set before one ran: what a
    /// recycled element had is still there then.
    #[inline]
    pub fn tracker_rect(&self) -> Rect {
        // SAFETY: a view is made of a live element only.
        Rect::from_bbox(unsafe { (*self.raw()).tracker_bbox_info })
    }
}

impl Rect {
    /// Whether all four numbers are finite.
    pub fn is_finite(&self) -> bool {
        [self.left, self.top, self.width, self.height]
            .iter()
            .all(|n| n.is_finite())
    }
}

impl Locked<'_> {
    /// Whether a box can say by how much it is turned, which the OSD draws then: from DeepStream 9.0 on.
    #[inline]
    pub fn turns_boxes(&self) -> bool {
        self.owner().layout().turns_boxes()
    }

    /// Marks a frame as looked at by a detector. A tracker takes the frame as not inferred without
    /// it, so it must be set even for a frame without objects, and not for a frame that was skipped.
    pub fn set_infer_done(&self, frame: &Frame<'_>) {
        self.check(frame);
        // SAFETY: a live frame, and the lock is held.
        unsafe { (*frame.raw()).bInferDone = 1 };
    }

    /// Sets the box as the detector gave it, in pixels of the frame: [`crate::NewObject`] takes the one that is drawn.
    pub fn set_detector_rect(&self, object: &Object<'_>, rect: Rect) {
        self.check(object);
        // SAFETY: a live object, and the lock is held.
        unsafe { (*object.raw()).detector_bbox_info = rect.to_bbox() };
    }

    /// Sets how the OSD draws the object's box, with all that [`crate::NewObject`] has no word for.
    pub fn set_rect_params(&self, object: &Object<'_>, params: RectParams) {
        self.check(object);
        let place = object.rect_place();
        // SAFETY: a live object, and the lock is held; the struct holds no pointer.
        unsafe {
            let mut raw = params.to_c();
            (raw.has_color_info, raw.color_id) = ((*place).has_color_info, (*place).color_id);
            object.write_rect(raw);
        }
    }

    /// Sets the offset of the object's text as it is stored: a negative one is a large number.
    pub fn set_text_offset(&self, object: &Object<'_>, x: u32, y: u32) {
        let offset = Some((x, y));
        self.change_text(
            object,
            &TextChange {
                offset,
                ..TextChange::default()
            },
        );
    }

    /// Gives an instance mask to an object that has none. Returns whether it had none: one that is
    /// there stays, because views may have lent it out.
    pub fn set_mask(&self, object: &Object<'_>, mask: &NewMask<'_>) -> bool {
        self.check(object);
        let place = object.mask_place();
        // SAFETY: a live object, and the lock is held; nothing is lent out of an empty mask.
        unsafe {
            let empty = (*place).data.is_null();
            if empty {
                place.write(mask.to_c());
            }
            empty
        }
    }

    /// Gives an object a track id and the tracker's confidence, as a tracker does.
    pub fn set_track(&self, object: &Object<'_>, id: u64, confidence: f32) {
        self.check(object);
        // SAFETY: a live object, and the lock is held.
        unsafe {
            (*object.raw()).object_id = id;
            (*object.raw()).tracker_confidence = confidence;
        }
    }

    /// Sets the box as a tracker gave it, in pixels of the frame and not cut at its edges.
    pub fn set_tracker_rect(&self, object: &Object<'_>, rect: Rect) {
        self.check(object);
        // SAFETY: a live object, and the lock is held.
        unsafe { (*object.raw()).tracker_bbox_info = rect.to_bbox() };
    }

    /// Changes the style of an object's box.
    pub fn change_box(&self, object: &Object<'_>, change: &BoxChange) {
        self.check(object);
        // SAFETY: a live object, and the lock is held; only plain fields are written.
        unsafe {
            let params = object.rect_place();
            if let Some(width) = change.border_width {
                (*params).border_width = width;
            }
            if let Some(color) = change.border_color {
                (*params).border_color = color.to_c();
            }
            if let Some(fill) = change.fill {
                let (flag, color) = fill_to_c(fill);
                ((*params).has_bg_color, (*params).bg_color) = (flag.into(), color);
            }
        }
    }

    /// Changes an object's text. A text that is replaced is kept until the batch is released,
    /// because an OSD in another branch may be drawing it.
    pub fn change_text(&self, object: &Object<'_>, change: &TextChange<'_>) {
        self.check(object);
        if let Some(text) = change.text {
            self.replace_text(object, glib_string(text));
        }
        // SAFETY: a live object, and the lock is held; the font's name outlives every batch.
        unsafe {
            let params = object.text_place();
            if let Some((x, y)) = change.offset {
                (*params).x_offset = x;
                (*params).y_offset = y;
            }
            if let Some(font) = change.font {
                (*params).font_params.font_name = font.as_c_str().as_ptr().cast_mut();
            }
            if let Some(size) = change.size {
                (*params).font_params.font_size = size;
            }
            if let Some(color) = change.color {
                (*params).font_params.font_color = color.to_c();
            }
            if let Some(background) = change.background {
                let (flag, color) = fill_to_c(background);
                ((*params).set_bg_clr, (*params).text_bg_clr) = (flag.into(), color);
            }
        }
    }

    /// Takes an object's text away; its font and colours stay. The old one is kept as in
    /// [`Self::change_text`].
    pub fn remove_text(&self, object: &Object<'_>) {
        self.check(object);
        self.replace_text(object, std::ptr::null_mut());
    }

    /// `new` is NULL or a string of GLib's heap that now belongs to the object.
    fn replace_text(&self, object: &Object<'_>, new: *mut std::ffi::c_char) {
        // SAFETY: a live object, and the lock is held. Whatever `display_text` names belongs to the
        // object and is of GLib's heap, since the library frees it that way; the object no longer
        // names it.
        unsafe {
            let place = &raw mut (*object.text_place()).display_text;
            retire(self, place.replace(new));
        }
    }
}
