//! Changing how the OSD draws an object that another element attached.

use std::ptr::addr_of_mut;

use crate::batch::Locked;
use crate::object::Object;
use crate::retired::retire;
use crate::text::{Color, FontName, Rect, RectStyle, glib_string};

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
        let params = self.rect_params();
        RectStyle {
            border_width: params.border_width,
            border_color: Color::from_c(params.border_color),
            fill: (params.has_bg_color != 0).then(|| Color::from_c(params.bg_color)),
        }
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
    /// Gives an object a track id and the tracker's confidence, as a tracker does.
    pub fn set_track(&self, object: &Object<'_>, id: u64, confidence: f32) {
        self.check(object.as_ptr().cast());
        // SAFETY: a live object, and the lock is held.
        unsafe {
            (*object.as_ptr()).object_id = id;
            (*object.as_ptr()).tracker_confidence = confidence;
        }
    }

    /// Changes the style of an object's box.
    pub fn change_box(&self, object: &Object<'_>, change: &BoxChange) {
        self.check(object.as_ptr().cast());
        // SAFETY: a live object, and the lock is held; only plain fields are written.
        unsafe {
            let params = addr_of_mut!((*object.as_ptr()).rect_params);
            if let Some(width) = change.border_width {
                (*params).border_width = width;
            }
            if let Some(color) = change.border_color {
                (*params).border_color = color.to_c();
            }
            if let Some(fill) = change.fill {
                (*params).has_bg_color = fill.is_some().into();
                if let Some(color) = fill {
                    (*params).bg_color = color.to_c();
                }
            }
        }
    }

    /// Changes an object's text. A text that is replaced stays readable through views that were
    /// handed out, and is freed after them.
    pub fn change_text(&self, object: &Object<'_>, change: &TextChange<'_>) {
        self.check(object.as_ptr().cast());
        if let Some(text) = change.text {
            self.replace_text(object, glib_string(text));
        }
        // SAFETY: a live object, and the lock is held; the font's name outlives every batch.
        unsafe {
            let params = addr_of_mut!((*object.as_ptr()).text_params);
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
                (*params).set_bg_clr = background.is_some().into();
                if let Some(color) = background {
                    (*params).text_bg_clr = color.to_c();
                }
            }
        }
    }

    /// Takes an object's text away; its font and colours stay. As with [`Self::change_text`], views
    /// still read it.
    pub fn remove_text(&self, object: &Object<'_>) {
        self.check(object.as_ptr().cast());
        self.replace_text(object, std::ptr::null_mut());
    }

    /// `new` is NULL or a string of GLib's heap that now belongs to the object.
    fn replace_text(&self, object: &Object<'_>, new: *mut std::ffi::c_char) {
        // SAFETY: a live object, and the lock is held. Whatever `display_text` names belongs to the
        // object and is of GLib's heap, since the library frees it that way; the object no longer
        // names it. The batch that is locked has a handle.
        unsafe {
            let place = addr_of_mut!((*object.as_ptr()).text_params.display_text);
            retire(self.raw(), place.replace(new));
        }
    }
}
