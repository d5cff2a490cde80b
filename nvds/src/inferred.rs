//! Attaching what an inference element itself makes of its tensors, byte for byte as gst-nvinfer does.
//!
//! [`crate::NewObject`] and [`crate::NewClassifier`] are what an element of ours attaches: text between characters,
//! offsets on the picture. Here labels are bytes that may be cut inside a character, offsets wrap, and a colour stays
//! where its flag is off.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};

use nvds_sys as c;

use crate::batch::Locked;
use crate::classifier::Classifier;
use crate::error::Error;
use crate::frame::Frame;
use crate::list::FromElement;
use crate::object::Object;
use crate::retired::retire;
use crate::text::{Color, FontName, Rect, c_str, intern};
use crate::view::View;

/// Pixels by which a text is above its box.
const TEXT_RISE: f32 = 10.0;
const FONT_SIZE: u32 = 11;

/// An object as an inference element found it.
#[derive(Clone, Copy, Debug)]
pub struct InferredObject<'s> {
    /// unique-id of the element.
    pub unique_component_id: i32,
    /// Class; -1 for a whole frame that was classified.
    pub class_id: i32,
    /// Confidence.
    pub confidence: f32,
    /// Box in pixels of the frame.
    pub rect: Rect,
    /// The same as the detector's own; 0 where none found it.
    pub detector_rect: Rect,
    /// Degrees by which the box is turned; not written before DeepStream 9.0.
    pub rotation: f32,
    /// Border in pixels.
    pub border_width: u32,
    /// Colour of the border.
    pub border_color: Color,
    /// Whether the box is filled.
    pub has_fill: bool,
    /// Colour of the filling, also where it is not.
    pub fill: Color,
    /// Label, cut at 127 bytes; ends at a zero byte.
    pub label: &'s [u8],
    /// Text to be drawn; its place, font and colours are set without one as well.
    pub text: Option<&'s [u8]>,
}

/// A classifier's result as an inference element attaches it.
#[derive(Clone, Copy, Debug)]
pub struct InferredClassifier<'s> {
    /// unique-id of the element.
    pub unique_component_id: i32,
    /// Its type; each distinct one is kept for the life of the process.
    pub classifier_type: Option<&'s CStr>,
    /// In the order of attachment.
    pub labels: &'s [InferredLabel<'s>],
}

/// A label as an inference element attaches it.
#[derive(Clone, Copy, Debug)]
pub struct InferredLabel<'s> {
    /// Text, cut at 127 bytes; ends at a zero byte.
    pub text: &'s [u8],
    /// Class within the label.
    pub class_id: u32,
    /// Number of the label.
    pub label_id: u32,
    /// Probability.
    pub probability: f32,
}

/// An offset as C makes it of a float: what is below 0 wraps, which the OSD reads as the negative number it was.
fn offset(value: f32) -> u32 {
    (value as i64) as u32
}

/// At most 127 bytes of text, the rest zero.
fn set_bytes(label: &mut [c_char; c::MAX_LABEL_SIZE as usize], text: &[u8]) {
    label.fill(0);
    let text = text.iter().take_while(|byte| **byte != 0);
    for (to, from) in label[..c::MAX_LABEL_SIZE as usize - 1].iter_mut().zip(text) {
        *to = *from as c_char;
    }
}

/// A copy of texts, one behind the other, on GLib's heap.
fn glib_bytes(texts: &[&[u8]]) -> *mut c_char {
    let length = texts.iter().map(|text| text.len()).sum::<usize>();
    // SAFETY: the new memory has room for the texts and the end.
    unsafe {
        let copy = glib::ffi::g_malloc(length + 1).cast::<u8>();
        let mut end = copy;
        for text in texts {
            end.copy_from_nonoverlapping(text.as_ptr(), text.len());
            end = end.add(text.len());
        }
        end.write(0);
        copy.cast()
    }
}

/// Text parameters of a box at `rect` as inference elements set them. `display_text` is NULL or of GLib's heap.
fn text_params(rect: Rect, display_text: *mut c_char) -> c::NvOSD_TextParams {
    c::NvOSD_TextParams {
        display_text,
        x_offset: offset(rect.left),
        y_offset: offset(rect.top - TEXT_RISE),
        font_params: c::NvOSD_FontParams {
            font_name: FontName::SERIF.as_c_str().as_ptr().cast_mut(),
            font_size: FONT_SIZE,
            font_color: Color::WHITE.to_c(),
        },
        set_bg_clr: 1,
        text_bg_clr: Color::BLACK.to_c(),
    }
}

impl InferredObject<'_> {
    /// Sets every field.
    ///
    /// # Safety
    /// `object` must be just acquired, on no list.
    unsafe fn fill(&self, object: &Object<'_>) {
        let plain = crate::object::NewObject {
            unique_component_id: self.unique_component_id,
            class_id: self.class_id,
            confidence: self.confidence,
            rect: self.rect,
            style: crate::text::RectStyle::default(),
            label: "",
            text: None,
        };
        // SAFETY: the caller vouches for the object.
        unsafe { plain.fill(object) };
        let text = match self.text {
            Some(text) => glib_bytes(&[text]),
            None => std::ptr::null_mut(),
        };
        // SAFETY: as above, and of this layout.
        unsafe {
            (*object.raw()).detector_bbox_info = self.detector_rect.to_bbox();
            let mut rect = object.read_rect();
            rect.border_width = self.border_width;
            rect.border_color = self.border_color.to_c();
            rect.has_bg_color = self.has_fill.into();
            rect.bg_color = self.fill.to_c();
            rect.rotation_angle = self.rotation;
            object.write_rect(rect);
            object.text_place().write(text_params(self.rect, text));
            set_bytes(&mut *object.label_place(), self.label);
        }
    }
}

impl Object<'_> {
    /// Colour of the box's filling as it is stored, also where the box is not filled.
    pub fn fill_color(&self) -> Color {
        Color::from_c(self.read_rect().bg_color)
    }
}

impl<'a> Classifier<'a> {
    /// What kind of classifier it is, if that is said.
    pub fn classifier_type(&self) -> Option<Cow<'a, str>> {
        // SAFETY: a live element; the type is NULL or a C string that lives at least as long as it.
        let kind = unsafe { c_str((*self.raw()).classifier_type) };
        kind.map(CStr::to_string_lossy)
    }
}

impl Locked<'_> {
    /// Attaches an object to a frame, below `parent` if there is one.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_inferred_object<'s>(
        &'s self,
        frame: &Frame<'s>,
        object: &InferredObject<'_>,
        parent: Option<&Object<'s>>,
    ) -> Result<Object<'s>, Error> {
        frame.check_owned()?;
        if let Some(parent) = parent {
            parent.check_owned()?;
        }
        let parent = parent.map_or(std::ptr::null_mut(), Object::raw);
        // SAFETY: a live batch, locked; the pool grows and so never returns NULL; the element is filled before anybody
        // sees it; frame and parent are alive and of this batch.
        unsafe {
            let raw = (self.api().nvds_acquire_obj_meta_from_pool)(self.raw());
            let added = Object::from_element(std::ptr::NonNull::new_unchecked(raw), self.owner());
            object.fill(&added);
            (self.api().nvds_add_obj_meta_to_frame)(frame.raw(), added.raw(), parent);
            Ok(added)
        }
    }

    /// Attaches a classifier's result to an object.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_inferred_classifier<'s>(
        &'s self,
        object: &Object<'s>,
        classifier: &InferredClassifier<'_>,
    ) -> Result<Classifier<'s>, Error> {
        object.check_owned()?;
        let raw = self.new_inferred_classifier(classifier);
        // SAFETY: object and classifier are alive, of this batch, which is locked; pools never return NULL.
        unsafe {
            (self.api().nvds_add_classifier_meta_to_object)(object.raw(), raw);
            Ok(Classifier::from_element(
                std::ptr::NonNull::new_unchecked(raw),
                self.owner(),
            ))
        }
    }

    /// A filled classifier meta that is on no list yet.
    pub(crate) fn new_inferred_classifier(
        &self,
        classifier: &InferredClassifier<'_>,
    ) -> *mut c::NvDsClassifierMeta {
        let kind = classifier.classifier_type.map(intern);
        // SAFETY: as in `add_inferred_object`; a type lives as long as the process.
        unsafe {
            let raw = (self.api().nvds_acquire_classifier_meta_from_pool)(self.raw());
            (*raw).unique_component_id = classifier.unique_component_id;
            (*raw).classifier_type = kind.map_or(std::ptr::null(), CStr::as_ptr);
            for label in classifier.labels {
                let info = (self.api().nvds_acquire_label_info_meta_from_pool)(self.raw());
                (*info).num_classes = 0;
                set_bytes(&mut (*info).result_label, label.text);
                (*info).pResult_label = std::ptr::null_mut();
                (*info).result_class_id = label.class_id;
                (*info).label_id = label.label_id;
                (*info).result_prob = label.probability;
                (self.api().nvds_add_label_info_meta_to_classifier)(raw, info);
            }
            raw
        }
    }

    /// Adds a blank and `text` to an object's text. One that has none gets place, font and colours as well. The old
    /// text is kept until the batch is released, because an OSD in another branch may be drawing it.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn append_text(&self, object: &Object<'_>, text: &[u8]) -> Result<(), Error> {
        object.check_owned()?;
        let old = object.text().display_text();
        let new = glib_bytes(&[old.map_or(&[][..], CStr::to_bytes), b" ", text]);
        // SAFETY: a live object, and the lock is held. What `display_text` names belongs to the object and is of GLib's
        // heap; the object no longer names it.
        unsafe {
            let place = object.text_place();
            let old = (*place).display_text;
            if old.is_null() {
                place.write(text_params(object.rect(), new));
            } else {
                (*place).display_text = new;
                retire(self, old);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_wrap() {
        for (value, expected) in [(-10.0, u32::MAX - 9), (-0.5, 0), (25.9, 25), (f32::NAN, 0)] {
            assert_eq!(offset(value), expected, "{value}");
        }
    }

    #[test]
    fn labels_are_cut_at_127_bytes() {
        let mut label = [1; c::MAX_LABEL_SIZE as usize];
        set_bytes(&mut label, "é".repeat(100).as_bytes());
        assert_eq!(label[126] as u8, 0xc3, "half a character");
        assert_eq!(label[127], 0);
        set_bytes(&mut label, b"per\0son");
        let start: Vec<u8> = label[..5].iter().map(|byte| *byte as u8).collect();
        assert_eq!(start, b"per\0\0");
    }
}
