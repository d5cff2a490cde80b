//! Detected objects.

use std::borrow::Cow;
use std::ffi::c_char;
use std::ptr::NonNull;

use glib::ffi::GList;
use nvds_sys as c;

use crate::classifier::Classifier;
use crate::error::Error;
use crate::list::{FromElement, ListIter};
use crate::params::RectParams;
use crate::tensor::TensorMeta;
use crate::text::{NewText, Rect, RectStyle, Text, fixed_bytes, fixed_str, set_label};
use crate::user::UserMeta;
use crate::view::{getters, view};

view! {
    /// A detected object.
    Object of NvDsObjectMeta
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
    }

    pub(crate) fn raw(&self) -> *mut c::NvDsObjectMeta {
        self.raw.as_ptr()
    }

    /// Where an object has what moved between releases.
    fn place<T>(&self, offset: usize) -> *mut T {
        // SAFETY: a view is made of a live element only, of the owner's layout; no reference is
        // formed.
        unsafe { self.raw().byte_add(offset).cast() }
    }

    /// Only as much of it as [`crate::layout::Layout::rect`] says is there.
    pub(crate) fn rect_place(&self) -> *mut c::NvOSD_RectParams {
        // SAFETY: a view is made of a live element only, and no reference is formed.
        unsafe { &raw mut (*self.raw()).rect_params }
    }

    pub(crate) fn mask_place(&self) -> *mut c::NvOSD_MaskParams {
        self.place(self.owner.layout().object_mask)
    }

    pub(crate) fn text_place(&self) -> *mut c::NvOSD_TextParams {
        self.place(self.owner.layout().object_text)
    }

    pub(crate) fn label_place(&self) -> *mut [c_char; c::MAX_LABEL_SIZE as usize] {
        self.place(self.owner.layout().object_label)
    }

    pub(crate) fn classifiers_place(&self) -> *mut *mut GList {
        self.place(self.owner.layout().object_classifiers)
    }

    pub(crate) fn user_metas_place(&self) -> *mut *mut GList {
        self.place(self.owner.layout().object_users)
    }

    /// Where the label is, for code that goes beyond these views.
    #[cfg(feature = "raw")]
    pub fn label_ptr(&self) -> *mut [c_char; c::MAX_LABEL_SIZE as usize] {
        self.label_place()
    }

    pub(crate) fn read_rect(&self) -> c::NvOSD_RectParams {
        // SAFETY: a live element of this layout, whose batch is locked.
        unsafe { self.owner.layout().read_rect(self.rect_place()) }
    }

    /// # Safety
    /// The batch must be locked.
    pub(crate) unsafe fn write_rect(&self, rect: c::NvOSD_RectParams) {
        // SAFETY: a live element of this layout, and the caller vouches for the lock.
        unsafe { self.owner.layout().write_rect(self.rect_place(), rect) };
    }

    /// Clears what users may keep in an object, and what is reserved.
    fn clear_rest(&self) {
        let layout = self.owner.layout();
        for offset in [layout.object_misc, layout.object_reserved] {
            // SAFETY: four numbers of a live element that nobody else sees yet.
            unsafe { self.place::<[i64; 4]>(offset).write([0; 4]) };
        }
    }

    /// A number that tells the object from the others of its batch, as long as it is attached.
    pub fn address(&self) -> usize {
        self.raw() as usize
    }

    /// Box and its style as the OSD draws it.
    pub fn rect_params(&self) -> RectParams {
        RectParams::from_c(&self.read_rect())
    }

    /// Track id, `None` before a tracker ran.
    pub fn track_id(&self) -> Option<u64> {
        Some(self.object_id()).filter(|id| *id != c::UNTRACKED_OBJECT_ID)
    }

    /// Instance mask, if the object has one.
    pub fn mask(&self) -> Option<Mask<'a>> {
        // SAFETY: a live element whose batch is locked.
        let raw = unsafe { self.mask_place().read() };
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

    /// Box in pixels of the frame.
    pub fn rect(&self) -> Rect {
        let place = self.rect_place();
        // SAFETY: a live element whose batch is locked; every layout's boxes begin with these four.
        unsafe {
            Rect {
                left: (*place).left,
                top: (*place).top,
                width: (*place).width,
                height: (*place).height,
            }
        }
    }

    /// Box as the detector gave it, in pixels of the frame.
    pub fn detector_rect(&self) -> Rect {
        // SAFETY: a view is made of a live element only.
        Rect::from_bbox(unsafe { (*self.raw.as_ptr()).detector_bbox_info })
    }

    /// Label; bytes that are no UTF-8 are replaced.
    pub fn label(&self) -> Cow<'a, str> {
        // SAFETY: the array lies in a live element, and nothing writes labels that are attached.
        fixed_str(unsafe { &*self.label_place() })
    }

    /// Label as it is stored: not necessarily UTF-8, since stock elements cut it between bytes.
    #[inline]
    pub fn label_bytes(&self) -> &'a [u8] {
        // SAFETY: the array lies in a live element, and nothing writes labels that are attached.
        fixed_bytes(unsafe { &*self.label_place() })
    }

    /// Text that the OSD draws for the object.
    pub fn text(&self) -> Text<'a> {
        // SAFETY: a live element whose batch is locked; its strings live as long as the batch.
        unsafe { Text::new(self.text_place().read()) }
    }

    /// The object this one was found in, if any.
    pub fn parent(&self) -> Option<Object<'a>> {
        // SAFETY: a live element.
        let parent = NonNull::new(unsafe { (*self.raw.as_ptr()).parent })?;
        // SAFETY: a parent is an object of the same batch, whose pool memory lives with the batch.
        Some(unsafe { Self::from_element(parent, self.owner) })
    }

    /// Results of classifiers, newest first.
    pub fn classifiers(&self) -> ListIter<'a, Classifier<'a>> {
        // SAFETY: a live element; its list lives as long as it.
        unsafe { ListIter::new(*self.classifiers_place(), self.owner) }
    }

    /// User metas, newest first.
    pub fn user_metas(&self) -> ListIter<'a, UserMeta<'a>> {
        // SAFETY: a live element; its list lives as long as it.
        unsafe { ListIter::new(*self.user_metas_place(), self.owner) }
    }

    /// Tensors of secondary inference on this object, newest first.
    pub fn tensors(&self) -> impl Iterator<Item = TensorMeta<'a>> + use<'a> {
        self.user_metas().filter_map(|meta| meta.as_tensor())
    }
}

/// Which part of an object's box belongs to the object: rows of values, stretched over the box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mask<'a> {
    /// The values; not necessarily `width * height` of them, where other code attached them.
    pub data: &'a [f32],
    /// Values in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Values above this belong to the object.
    pub threshold: f32,
}

/// A [`Mask`] to be attached, which has as many values as it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewMask<'a>(Mask<'a>);

impl<'a> NewMask<'a> {
    /// Takes a mask whose rows are complete: a stock nvdsosd believes width and height.
    ///
    /// # Errors
    /// [`Error::Mask`] when there are not `width * height` values, or none.
    pub fn new(mask: Mask<'a>) -> Result<Self, Error> {
        let Mask { width, height, .. } = mask;
        let found = mask.data.len();
        let whole = (width as usize).checked_mul(height as usize) == Some(found);
        if !whole || found == 0 || u32::try_from(size_of_val(mask.data)).is_err() {
            return Err(Error::Mask {
                width,
                height,
                found,
            });
        }
        Ok(Self(mask))
    }

    /// Key points where DeepStream-Yolo-Pose's programs look for them: x, y and confidence of each in place of the values
    /// of a mask, in pixels of the network's input, whose size stands in place of the mask's. What draws masks must not
    /// draw it: nvdsosd with display-mask=1 reads as many values as the size says.
    ///
    /// # Errors
    /// [`Error::Mask`] for none, and for numbers that are not three for each point.
    pub fn of_key_points(values: &'a [f32], (width, height): (u32, u32)) -> Result<Self, Error> {
        if values.is_empty() || !values.len().is_multiple_of(3) {
            let found = values.len();
            return Err(Error::Mask {
                width,
                height,
                found,
            });
        }
        Ok(Self(Mask {
            data: values,
            width,
            height,
            threshold: 0.0,
        }))
    }

    /// The C struct, with a copy of the values on GLib's heap, which the library frees.
    pub(crate) fn to_c(self) -> c::NvOSD_MaskParams {
        let Self(mask) = self;
        let bytes = size_of_val(mask.data);
        // SAFETY: the new memory has room for the values and does not overlap them.
        let data = unsafe {
            let data = glib::ffi::g_malloc(bytes).cast::<f32>();
            data.copy_from_nonoverlapping(mask.data.as_ptr(), mask.data.len());
            data
        };
        c::NvOSD_MaskParams {
            data,
            size: bytes as u32, // `new` saw that it fits
            threshold: mask.threshold,
            width: mask.width,
            height: mask.height,
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
    /// `object` must be just acquired, on no list, its batch locked.
    #[inline]
    pub(crate) unsafe fn fill(&self, object: &Object<'_>) {
        let raw = object.raw();
        // SAFETY: the caller vouches for the element; nobody else sees it yet.
        unsafe {
            (*raw).parent = std::ptr::null_mut();
            (*raw).unique_component_id = self.unique_component_id;
            (*raw).class_id = self.class_id;
            (*raw).object_id = c::UNTRACKED_OBJECT_ID;
            (*raw).detector_bbox_info = self.rect.to_bbox();
            (*raw).tracker_bbox_info = Rect::default().to_bbox();
            (*raw).confidence = self.confidence;
            (*raw).tracker_confidence = 0.0;
            object.write_rect(RectParams::new(self.rect, self.style).to_c());
            object.mask_place().write(c::NvOSD_MaskParams {
                data: std::ptr::null_mut(),
                size: 0,
                threshold: 0.0,
                width: 0,
                height: 0,
            });
            object
                .text_place()
                .write(self.text.map_or_else(no_text, NewText::to_c));
            set_label(&mut *object.label_place(), self.label);
        }
        object.clear_rest();
    }
}

/// Text parameters that draw nothing.
fn no_text() -> c::NvOSD_TextParams {
    // SAFETY: integers, floats and pointers; all zeros is the SDK's "no text".
    unsafe { std::mem::zeroed() }
}
