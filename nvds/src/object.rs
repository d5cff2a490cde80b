//! Detected objects and what classifiers say of them.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::ptr::{NonNull, addr_of};

use nvds_sys as c;

use crate::batch::getters;
use crate::list::{FromElement, ListIter};
use crate::tensor::TensorMeta;
use crate::text::{NewText, Rect, RectStyle, Text, fixed_bytes, fixed_str, set_label};
use crate::user::UserMeta;

/// A detected object.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    raw: NonNull<c::NvDsObjectMeta>,
    marker: PhantomData<&'a c::NvDsObjectMeta>,
}

impl FromElement for Object<'_> {
    type Raw = c::NvDsObjectMeta;

    unsafe fn from_element(raw: NonNull<c::NvDsObjectMeta>) -> Self {
        Self {
            raw,
            marker: PhantomData,
        }
    }
}

impl<'a> Object<'a> {
    getters! {
        /// unique-id of the element that found the object.
        unique_component_id: unique_component_id -> i32;
        /// Class, as the detector numbers them.
        class_id: class_id -> i32;
        /// Track id, `UNTRACKED_OBJECT_ID` (all ones) before a tracker ran.
        object_id: object_id -> u64;
        /// Detector's confidence in 0..1; -0.1 where a clustering mode gives none.
        confidence: confidence -> f32;
        /// Tracker's confidence in 0..1.
        tracker_confidence: tracker_confidence -> f32;
        /// Box and its style as the OSD draws it.
        rect_params: rect_params -> c::NvOSD_RectParams;
        /// Instance mask; its data pointer is only valid while the object is.
        mask_params: mask_params -> c::NvOSD_MaskParams;
    }

    /// Track id, `None` before a tracker ran.
    pub fn track_id(&self) -> Option<u64> {
        Some(self.object_id()).filter(|id| *id != c::UNTRACKED_OBJECT_ID)
    }

    /// Instance mask, if the object has one.
    pub fn mask(&self) -> Option<Mask<'a>> {
        let raw = self.mask_params();
        let count = raw.size as usize / size_of::<f32>();
        let usable = !raw.data.is_null() && raw.data.is_aligned() && count > 0;
        usable.then(|| Mask {
            // SAFETY: `size` bytes that belong to the object and live until it is released.
            data: unsafe { std::slice::from_raw_parts(raw.data, count) },
            width: raw.width,
            height: raw.height,
            threshold: raw.threshold,
        })
    }

    /// The C struct, for code that goes beyond these views.
    pub fn as_ptr(&self) -> *mut c::NvDsObjectMeta {
        self.raw.as_ptr()
    }

    /// Box in pixels of the frame.
    pub fn rect(&self) -> Rect {
        let r = self.rect_params();
        Rect {
            left: r.left,
            top: r.top,
            width: r.width,
            height: r.height,
        }
    }

    /// Box as the detector gave it, in pixels of the frame.
    pub fn detector_rect(&self) -> Rect {
        // SAFETY: a view is made of a live element only.
        Rect::from_bbox(unsafe { (*self.raw.as_ptr()).detector_bbox_info })
    }

    /// Label; bytes that are no UTF-8 are replaced.
    pub fn label(&self) -> Cow<'a, str> {
        // SAFETY: the array lies in a live element.
        fixed_str(unsafe { &*addr_of!((*self.raw.as_ptr()).obj_label) })
    }

    /// Label as it is stored: not necessarily UTF-8, since stock elements cut it between bytes.
    pub fn label_bytes(&self) -> &'a [u8] {
        // SAFETY: the array lies in a live element.
        fixed_bytes(unsafe { &*addr_of!((*self.raw.as_ptr()).obj_label) })
    }

    /// Text that the OSD draws for the object.
    pub fn text(&self) -> Text<'a> {
        // SAFETY: a live element; its strings live until it is released.
        unsafe { Text::new((*self.raw.as_ptr()).text_params) }
    }

    /// The object this one was found in, if any.
    pub fn parent(&self) -> Option<Object<'a>> {
        // SAFETY: a live element.
        let parent = NonNull::new(unsafe { (*self.raw.as_ptr()).parent })?;
        // SAFETY: a parent is an object of the same batch, whose pool memory lives with the batch.
        Some(unsafe { Self::from_element(parent) })
    }

    /// Results of classifiers, newest first.
    pub fn classifiers(&self) -> ListIter<'a, Classifier<'a>> {
        // SAFETY: a live element; its list lives as long as it.
        unsafe { ListIter::new((*self.raw.as_ptr()).classifier_meta_list) }
    }

    /// User metas, newest first.
    pub fn user_metas(&self) -> ListIter<'a, UserMeta<'a>> {
        // SAFETY: a live element; its list lives as long as it.
        unsafe { ListIter::new((*self.raw.as_ptr()).obj_user_meta_list) }
    }

    /// Tensors of secondary inference on this object, newest first.
    pub fn tensors(&self) -> impl Iterator<Item = TensorMeta<'a>> + use<'a> {
        self.user_metas().filter_map(|meta| meta.as_tensor())
    }
}

/// Which part of an object's box belongs to the object: rows of values, stretched over the box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mask<'a> {
    /// The values; not necessarily `width * height` of them.
    pub data: &'a [f32],
    /// Values in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Values above this belong to the object.
    pub threshold: f32,
}

impl Mask<'_> {
    /// The C struct, with a copy of the values on GLib's heap, which the library frees.
    pub(crate) fn to_c(self) -> c::NvOSD_MaskParams {
        let bytes = size_of_val(self.data);
        // SAFETY: the new memory has room for the values and does not overlap them.
        let data = unsafe {
            let data = glib::ffi::g_malloc(bytes.max(1)).cast::<f32>();
            data.copy_from_nonoverlapping(self.data.as_ptr(), self.data.len());
            data
        };
        c::NvOSD_MaskParams {
            data,
            size: u32::try_from(bytes).unwrap_or(u32::MAX),
            threshold: self.threshold,
            width: self.width,
            height: self.height,
        }
    }
}

/// An object to be attached.
#[derive(Clone, Debug)]
pub struct NewObject<'s> {
    /// unique-id of the element that found it.
    pub unique_component_id: i32,
    /// Class, as the detector numbers them.
    pub class_id: i32,
    /// Confidence in 0..1.
    pub confidence: f32,
    /// Box in pixels of the frame; also stored as the detector's own box.
    pub rect: Rect,
    /// How the OSD draws the box.
    pub style: RectStyle,
    /// Label; cut at 127 bytes between characters.
    pub label: &'s str,
    /// Text for the OSD, if any.
    pub text: Option<NewText<'s>>,
}

impl NewObject<'_> {
    /// Writes every field but the head, the parent and the lists, because a pool element may be
    /// used before.
    ///
    /// # Safety
    /// `raw` must be an object just acquired, on no list.
    #[inline]
    pub(crate) unsafe fn fill(&self, raw: *mut c::NvDsObjectMeta) {
        // SAFETY: the caller vouches for the element; nobody else sees it yet.
        let object = unsafe { &mut *raw };
        object.parent = std::ptr::null_mut();
        object.unique_component_id = self.unique_component_id;
        object.class_id = self.class_id;
        object.object_id = c::UNTRACKED_OBJECT_ID;
        object.detector_bbox_info = self.rect.to_bbox();
        object.tracker_bbox_info = Rect::default().to_bbox();
        object.confidence = self.confidence;
        object.tracker_confidence = 0.0;
        object.rect_params = self.rect.to_c(&self.style);
        object.mask_params = c::NvOSD_MaskParams {
            data: std::ptr::null_mut(),
            size: 0,
            threshold: 0.0,
            width: 0,
            height: 0,
        };
        object.text_params = self.text.map_or_else(no_text, NewText::to_c);
        set_label(&mut object.obj_label, self.label);
        object.misc_obj_info = [0; 4];
        object.reserved = [0; 4];
    }
}

/// Text parameters that draw nothing.
fn no_text() -> c::NvOSD_TextParams {
    // SAFETY: integers, floats and pointers; all zeros is the SDK's "no text".
    unsafe { std::mem::zeroed() }
}

/// What one classifier says of an object.
#[derive(Clone, Copy, Debug)]
pub struct Classifier<'a> {
    raw: NonNull<c::NvDsClassifierMeta>,
    marker: PhantomData<&'a c::NvDsClassifierMeta>,
}

impl FromElement for Classifier<'_> {
    type Raw = c::NvDsClassifierMeta;

    unsafe fn from_element(raw: NonNull<c::NvDsClassifierMeta>) -> Self {
        Self {
            raw,
            marker: PhantomData,
        }
    }
}

impl<'a> Classifier<'a> {
    getters! {
        /// unique-id of the classifier's element.
        unique_component_id: unique_component_id -> i32;
    }

    /// Labels, newest first.
    pub fn labels(&self) -> ListIter<'a, Label<'a>> {
        // SAFETY: a live element; its list lives as long as it.
        unsafe { ListIter::new((*self.raw.as_ptr()).label_info_list) }
    }
}

/// One label of a classifier's result.
#[derive(Clone, Copy, Debug)]
pub struct Label<'a> {
    raw: NonNull<c::NvDsLabelInfo>,
    marker: PhantomData<&'a c::NvDsLabelInfo>,
}

impl FromElement for Label<'_> {
    type Raw = c::NvDsLabelInfo;

    unsafe fn from_element(raw: NonNull<c::NvDsLabelInfo>) -> Self {
        Self {
            raw,
            marker: PhantomData,
        }
    }
}

impl<'a> Label<'a> {
    getters! {
        /// Class within the label.
        class_id: result_class_id -> u32;
        /// Probability in 0..1.
        probability: result_prob -> f32;
        /// Number of the label, for networks with several.
        label_id: label_id -> u32;
    }

    /// Text of the label; bytes that are no UTF-8 are replaced. A text over 127 bytes is kept
    /// outside the struct and found all the same.
    pub fn text(&self) -> Cow<'a, str> {
        // SAFETY: a live element; the long form, if set, is a C string that lives as long as it.
        unsafe {
            match crate::text::c_str((*self.raw.as_ptr()).pResult_label) {
                Some(long) => long.to_string_lossy(),
                None => fixed_str(&*addr_of!((*self.raw.as_ptr()).result_label)),
            }
        }
    }

    /// Text of the label as it is stored: not necessarily UTF-8.
    pub fn text_bytes(&self) -> &'a [u8] {
        // SAFETY: a live element; the long form, if set, is a C string that lives as long as it.
        unsafe {
            match crate::text::c_str((*self.raw.as_ptr()).pResult_label) {
                Some(long) => long.to_bytes(),
                None => fixed_bytes(&*addr_of!((*self.raw.as_ptr()).result_label)),
            }
        }
    }
}

/// A classifier's result to be attached.
#[derive(Clone, Copy, Debug)]
pub struct NewClassifier<'s> {
    /// unique-id of the classifier's element.
    pub unique_component_id: i32,
    /// Its labels.
    pub labels: &'s [NewLabel<'s>],
}

/// A label to be attached.
#[derive(Clone, Copy, Debug)]
pub struct NewLabel<'s> {
    /// Text; cut at 127 bytes between characters.
    pub text: &'s str,
    /// Class within the label.
    pub class_id: u32,
    /// Number of the label.
    pub label_id: u32,
    /// Probability in 0..1.
    pub probability: f32,
}

impl NewLabel<'_> {
    /// # Safety
    /// `raw` must be a label just acquired, on no list.
    pub(crate) unsafe fn fill(&self, raw: *mut c::NvDsLabelInfo) {
        // SAFETY: the caller vouches for the element; nobody else sees it yet.
        let label = unsafe { &mut *raw };
        label.num_classes = 0;
        set_label(&mut label.result_label, self.text);
        label.pResult_label = std::ptr::null_mut();
        label.result_class_id = self.class_id;
        label.label_id = self.label_id;
        label.result_prob = self.probability;
    }
}
