//! Batches and frames.

use std::marker::PhantomData;
use std::ptr::NonNull;

use nvds_sys as c;

use crate::display::{Display, DisplayWriter};
use crate::error::{Error, LayoutError};
use crate::library::{Library, library};
use crate::list::{FromElement, ListIter};
use crate::object::{Classifier, Mask, NewClassifier, NewObject, Object};
use crate::retired::Handle;
use crate::tensor::{NewTensorMeta, TensorMeta};
use crate::user::{UserData, UserMeta, UserMetaType};

/// The metadata of a batched buffer, borrowed from the buffer.
#[derive(Debug)]
pub struct Batch<'a> {
    raw: NonNull<c::NvDsBatchMeta>,
    library: &'static Library,
    /// Views borrow from the batch: what they may read lives as long as this.
    _texts: Handle,
    marker: PhantomData<&'a gst::BufferRef>,
}

impl<'a> Batch<'a> {
    /// The batch meta on a buffer, `None` if it has none.
    ///
    /// The buffer need not be writable: DeepStream's elements change metadata through the pointer
    /// while the buffer is shared, and making it writable would copy the whole batch.
    ///
    /// # Errors
    /// [`Error::Load`] or [`Error::Symbol`] without a usable library, [`Error::Layout`] when the
    /// batch was made by a release whose structs this build does not know.
    pub fn from_buffer(buffer: &'a gst::BufferRef) -> Result<Option<Self>, Error> {
        let library = library()?;
        // SAFETY: the buffer is alive; the function reads its list of metas.
        let raw = unsafe { (library.gst_buffer_get_nvds_batch_meta)(buffer.as_ptr().cast_mut()) };
        // SAFETY: what the library returns is a batch meta that lives as long as the buffer.
        NonNull::new(raw)
            .map(|raw| unsafe { Self::from_raw(raw, library) })
            .transpose()
    }

    /// # Safety
    /// `raw` must be a live batch meta for `'a`.
    pub(crate) unsafe fn from_raw(
        raw: NonNull<c::NvDsBatchMeta>,
        library: &'static Library,
    ) -> Result<Self, Error> {
        // SAFETY: the head of a batch meta and of its pools is the same in all releases 5.0 to 9.1.
        unsafe { check_layout(raw) }?;
        Ok(Self {
            raw,
            library,
            _texts: Handle::new(raw),
            marker: PhantomData,
        })
    }

    /// The C struct, for code that goes beyond these views.
    pub fn as_ptr(&self) -> *mut c::NvDsBatchMeta {
        self.raw.as_ptr()
    }

    /// Most frames that the batch can have; 0 where the creator forgot to set it.
    pub fn max_frames(&self) -> u32 {
        // SAFETY: a live batch (see `from_raw`).
        unsafe { (*self.raw.as_ptr()).max_frames_in_batch }
    }

    /// Frames, in the order of the batch.
    pub fn frames(&self) -> ListIter<'_, Frame<'_>> {
        // SAFETY: a live batch; its frame list is not freed before it.
        unsafe { ListIter::new((*self.raw.as_ptr()).frame_meta_list) }
    }

    /// User metas of the batch itself, oldest first.
    pub fn user_metas(&self) -> ListIter<'_, UserMeta<'_>> {
        // SAFETY: a live batch; its user meta list is not freed before it.
        unsafe { ListIter::new((*self.raw.as_ptr()).batch_user_meta_list) }
    }

    /// Every object that was acquired from this batch's pool and not yet returned, attached to a
    /// frame or not, newest first: what the stock nvdsosd visits.
    pub fn pool_objects(&self) -> ListIter<'_, Object<'_>> {
        // SAFETY: the pool exists (checked in `from_raw`) and lives as long as the batch.
        unsafe { ListIter::new((*(*self.raw.as_ptr()).obj_meta_pool).full_list) }
    }

    /// Every display meta acquired and not yet returned; see [`Self::pool_objects`].
    pub fn pool_displays(&self) -> ListIter<'_, Display<'_>> {
        // SAFETY: the pool exists (checked in `from_raw`) and lives as long as the batch.
        unsafe { ListIter::new((*(*self.raw.as_ptr()).display_meta_pool).full_list) }
    }

    /// Takes the batch's mutex (recursive: nesting in one thread is safe) until the guard drops.
    pub fn lock(&mut self) -> Locked<'_> {
        // SAFETY: a live batch.
        unsafe { (self.library.nvds_acquire_meta_lock)(self.raw.as_ptr()) };
        Locked {
            raw: self.raw,
            library: self.library,
            marker: PhantomData,
        }
    }
}

/// Compares the pools' kinds and element sizes with DeepStream 9.0/9.1.
///
/// # Safety
/// `batch` must be a live batch meta of any release.
unsafe fn check_layout(batch: NonNull<c::NvDsBatchMeta>) -> Result<(), LayoutError> {
    // SAFETY: pool pointers and pool heads have the same place in all releases.
    let pools = unsafe {
        let b = batch.as_ptr();
        [
            (
                "frame",
                (*b).frame_meta_pool,
                c::NvDsMetaType_NVDS_FRAME_META,
                size_of::<c::NvDsFrameMeta>(),
            ),
            (
                "object",
                (*b).obj_meta_pool,
                c::NvDsMetaType_NVDS_OBJ_META,
                size_of::<c::NvDsObjectMeta>(),
            ),
            (
                "display",
                (*b).display_meta_pool,
                c::NvDsMetaType_NVDS_DISPLAY_META,
                size_of::<c::NvDsDisplayMeta>(),
            ),
            (
                "classifier",
                (*b).classifier_meta_pool,
                c::NvDsMetaType_NVDS_CLASSIFIER_META,
                size_of::<c::NvDsClassifierMeta>(),
            ),
            (
                "label",
                (*b).label_info_meta_pool,
                c::NvDsMetaType_NVDS_LABEL_INFO_META,
                size_of::<c::NvDsLabelInfo>(),
            ),
            (
                "user",
                (*b).user_meta_pool,
                c::NvDsMetaType_NVDS_USER_META,
                size_of::<c::NvDsUserMeta>(),
            ),
        ]
    };
    let sizes = pools.map(|(_, pool, _, _)| {
        // SAFETY: not NULL, so a pool of the batch.
        (!pool.is_null()).then(|| unsafe { (*pool).element_size as usize })
    });
    for (name, pool, kind, expected) in pools {
        if pool.is_null() {
            return Err(LayoutError::NoPool(name));
        }
        // SAFETY: not NULL, so a pool of the batch.
        let (found_kind, found) = unsafe { ((*pool).meta_type, (*pool).element_size as usize) };
        if found_kind != kind {
            return Err(LayoutError::WrongKind {
                pool: name,
                expected: kind,
                found: found_kind,
            });
        }
        if found != expected {
            return Err(LayoutError::Size {
                pool: name,
                expected,
                found,
                release: release_of(sizes[0], sizes[1], sizes[2]),
            });
        }
    }
    Ok(())
}

/// The releases whose frame, object and display metas have these sizes in bytes.
fn release_of(frame: Option<usize>, object: Option<usize>, display: Option<usize>) -> &'static str {
    match (frame, object, display) {
        (Some(192), Some(544), Some(6912)) => "DeepStream 5.0",
        (Some(200), Some(544), Some(6912)) => "DeepStream 6.0 to 7.1",
        (Some(232), Some(544), Some(6912)) => "DeepStream 8.0",
        _ => "an unknown DeepStream release",
    }
}

/// One frame of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    raw: NonNull<c::NvDsFrameMeta>,
    marker: PhantomData<&'a c::NvDsFrameMeta>,
}

impl FromElement for Frame<'_> {
    type Raw = c::NvDsFrameMeta;

    unsafe fn from_element(raw: NonNull<c::NvDsFrameMeta>) -> Self {
        Self {
            raw,
            marker: PhantomData,
        }
    }
}

/// Declares plain getters: name, field and what it is.
macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $field:ident -> $type:ty;)*) => {
        $(
            $(#[$doc])*
            pub fn $name(&self) -> $type {
                // SAFETY: a view is made of a live element only.
                unsafe { (*self.raw.as_ptr()).$field }
            }
        )*
    };
}
pub(crate) use getters;

impl<'a> Frame<'a> {
    getters! {
        /// Index of the frame's surface in the batch.
        batch_id: batch_id -> u32;
        /// Number of the mux's sink pad.
        pad_index: pad_index -> u32;
        /// Number of the source.
        source_id: source_id -> u32;
        /// Number of the frame within its source.
        frame_num: frame_num -> i32;
        /// Presentation time of the source's buffer in nanoseconds, all ones for none.
        buf_pts: buf_pts -> u64;
        /// Wall-clock time in nanoseconds since 1970, 0 for none.
        ntp_timestamp: ntp_timestamp -> u64;
        /// Width of the source's frame in pixels, before the mux scaled it.
        source_frame_width: source_frame_width -> u32;
        /// Height of the source's frame in pixels, before the mux scaled it.
        source_frame_height: source_frame_height -> u32;
        /// Width of the batch's frames in pixels; 0 where the mux does not fill it.
        pipeline_width: pipeline_width -> u32;
        /// Height of the batch's frames in pixels; 0 where the mux does not fill it.
        pipeline_height: pipeline_height -> u32;
        /// Number of objects, as counted by the library.
        num_objects: num_obj_meta -> u32;
    }

    /// The C struct, for code that goes beyond these views.
    pub fn as_ptr(&self) -> *mut c::NvDsFrameMeta {
        self.raw.as_ptr()
    }

    /// Whether a detector ran on this frame, with or without results.
    pub fn infer_done(&self) -> bool {
        // SAFETY: a live frame.
        unsafe { (*self.raw.as_ptr()).bInferDone != 0 }
    }

    /// Objects, newest first.
    pub fn objects(&self) -> ListIter<'a, Object<'a>> {
        // SAFETY: a live frame; its list lives as long as the batch.
        unsafe { ListIter::new((*self.raw.as_ptr()).obj_meta_list) }
    }

    /// Display metas, newest first.
    pub fn displays(&self) -> ListIter<'a, Display<'a>> {
        // SAFETY: a live frame; its list lives as long as the batch.
        unsafe { ListIter::new((*self.raw.as_ptr()).display_meta_list) }
    }

    /// User metas, newest first.
    pub fn user_metas(&self) -> ListIter<'a, UserMeta<'a>> {
        // SAFETY: a live frame; its list lives as long as the batch.
        unsafe { ListIter::new((*self.raw.as_ptr()).frame_user_meta_list) }
    }

    /// Tensors that inference elements attached, newest first; user metas of other kinds are
    /// skipped.
    pub fn tensors(&self) -> impl Iterator<Item = TensorMeta<'a>> + use<'a> {
        self.user_metas().filter_map(|meta| meta.as_tensor())
    }
}

/// A batch whose mutex is held. Everything that changes metadata is here.
///
/// Adding never invalidates a view: the library prepends or appends list nodes and hands out pool
/// elements that stay where they are. Nor does changing: a text that is replaced is freed with the
/// last [`Batch`] of its buffer.
#[derive(Debug)]
pub struct Locked<'a> {
    raw: NonNull<c::NvDsBatchMeta>,
    library: &'static Library,
    marker: PhantomData<&'a mut Batch<'a>>,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // SAFETY: this guard took the lock of a batch that is still alive.
        unsafe { (self.library.nvds_release_meta_lock)(self.raw.as_ptr()) };
    }
}

impl Locked<'_> {
    pub(crate) fn raw(&self) -> NonNull<c::NvDsBatchMeta> {
        self.raw
    }

    /// Frames, in the order of the batch.
    pub fn frames(&self) -> ListIter<'_, Frame<'_>> {
        // SAFETY: a live batch; its frame list is not freed before it.
        unsafe { ListIter::new((*self.raw.as_ptr()).frame_meta_list) }
    }

    /// Marks a frame as looked at by a detector. A tracker takes the frame as not inferred without
    /// it, so it must be set even for a frame without objects, and not for a frame that was skipped.
    pub fn set_infer_done(&self, frame: &Frame<'_>) {
        self.check(frame.as_ptr().cast());
        // SAFETY: a live frame, and the lock is held.
        unsafe { (*frame.raw.as_ptr()).bInferDone = 1 };
    }

    /// Attaches an object to a frame, below `parent` if there is one.
    #[inline]
    pub fn add_object<'s>(
        &'s self,
        frame: &Frame<'s>,
        object: &NewObject<'_>,
        parent: Option<&Object<'s>>,
    ) -> Object<'s> {
        self.check(frame.as_ptr().cast());
        if let Some(parent) = parent {
            self.check(parent.as_ptr().cast());
        }
        let parent = parent.map_or(std::ptr::null_mut(), Object::as_ptr);
        // SAFETY: batch, frame and parent are alive; a pool that is not empty at the start grows
        // and so never returns NULL; the element is filled before it is listed.
        unsafe {
            let raw = (self.library.nvds_acquire_obj_meta_from_pool)(self.raw.as_ptr());
            object.fill(raw);
            (self.library.nvds_add_obj_meta_to_frame)(frame.as_ptr(), raw, parent);
            Object::from_element(NonNull::new_unchecked(raw))
        }
    }

    /// Sets how the OSD draws the object's box, with all that [`NewObject`] has no word for.
    pub fn set_rect_params(&self, object: &Object<'_>, params: c::NvOSD_RectParams) {
        self.check(object.as_ptr().cast());
        // SAFETY: a live object, and the lock is held; the struct holds no pointer.
        unsafe { (*object.as_ptr()).rect_params = params };
    }

    /// Sets the offset of the object's text as it is stored: a negative one is a large number.
    pub fn set_text_offset(&self, object: &Object<'_>, x: u32, y: u32) {
        self.check(object.as_ptr().cast());
        // SAFETY: a live object, and the lock is held.
        unsafe {
            (*object.as_ptr()).text_params.x_offset = x;
            (*object.as_ptr()).text_params.y_offset = y;
        }
    }

    /// Gives an instance mask to an object that has none. Returns whether it had none: one that is
    /// there stays, because views may have lent it out.
    pub fn set_mask(&self, object: &Object<'_>, mask: &Mask<'_>) -> bool {
        self.check(object.as_ptr().cast());
        // SAFETY: a live object, and the lock is held; nothing is lent out of an empty mask.
        unsafe {
            let params = &raw mut (*object.as_ptr()).mask_params;
            let empty = (*params).data.is_null();
            if empty {
                params.write(mask.to_c());
            }
            empty
        }
    }

    /// Takes the objects for which `keep` says no from their frames and returns them to the pool,
    /// with all that hangs on them. Returns how many.
    ///
    /// Children of such an object keep a pointer to the returned element, as they do with the
    /// library's own call.
    ///
    /// # Safety
    /// No other view of the same batch may be alive: what it reads is released here.
    pub unsafe fn retain_objects(
        &mut self,
        mut keep: impl FnMut(&Frame<'_>, &Object<'_>) -> bool,
    ) -> usize {
        let mut removed = 0;
        for frame in self.frames() {
            // The iterator has read the next node before it hands out an object.
            for object in frame.objects() {
                if !keep(&frame, &object) {
                    // SAFETY: both are alive and the object is on that frame's list.
                    unsafe {
                        (self.library.nvds_remove_obj_meta_from_frame)(
                            frame.as_ptr(),
                            object.as_ptr(),
                        );
                    }
                    removed += 1;
                }
            }
        }
        removed
    }

    /// Attaches a classifier's result to an object.
    pub fn add_classifier<'s>(
        &'s self,
        object: &Object<'s>,
        classifier: &NewClassifier<'_>,
    ) -> Classifier<'s> {
        self.check(object.as_ptr().cast());
        // SAFETY: as in `add_object`.
        unsafe {
            let raw = (self.library.nvds_acquire_classifier_meta_from_pool)(self.raw.as_ptr());
            (*raw).unique_component_id = classifier.unique_component_id;
            (*raw).classifier_type = std::ptr::null();
            for label in classifier.labels {
                let info = (self.library.nvds_acquire_label_info_meta_from_pool)(self.raw.as_ptr());
                label.fill(info);
                (self.library.nvds_add_label_info_meta_to_classifier)(raw, info);
            }
            (self.library.nvds_add_classifier_meta_to_object)(object.as_ptr(), raw);
            Classifier::from_element(NonNull::new_unchecked(raw))
        }
    }

    /// Starts drawing on a frame: see [`DisplayWriter`].
    pub fn draw_on<'s>(&'s self, frame: &Frame<'s>) -> DisplayWriter<'s> {
        self.check(frame.as_ptr().cast());
        DisplayWriter::new(self.raw, self.library, Some(*frame))
    }

    /// As [`Self::draw_on`] with display metas that are attached to no frame, as a probe leaves
    /// them that forgets to. For tests of elements that walk the pools.
    pub fn draw_unattached(&self) -> DisplayWriter<'_> {
        DisplayWriter::new(self.raw, self.library, None)
    }

    /// Takes the display metas for which `keep` says no from their frames and returns them to the
    /// pool. Returns how many.
    ///
    /// # Safety
    /// As [`Self::retain_objects`].
    pub unsafe fn retain_displays(
        &mut self,
        mut keep: impl FnMut(&Frame<'_>, &Display<'_>) -> bool,
    ) -> usize {
        let mut removed = 0;
        for frame in self.frames() {
            // The iterator has read the next node before it hands out a display meta.
            for display in frame.displays() {
                if !keep(&frame, &display) {
                    // SAFETY: both are alive and the display meta is on that frame's list.
                    unsafe {
                        (self.library.nvds_remove_display_meta_from_frame)(
                            frame.as_ptr(),
                            display.as_ptr(),
                        );
                    }
                    removed += 1;
                }
            }
        }
        removed
    }

    /// Attaches a tensor meta to a frame, as inference elements do.
    pub fn add_tensor_to_frame(&self, frame: &Frame<'_>, tensor: &NewTensorMeta) {
        let meta = self.new_user_meta(
            c::NvDsMetaType_NVDSINFER_TENSOR_OUTPUT_META,
            tensor.to_payload(),
        );
        self.add_to_frame(frame, meta);
    }

    /// Attaches a tensor meta to an object, as secondary inference does.
    pub fn add_tensor_to_object(&self, object: &Object<'_>, tensor: &NewTensorMeta) {
        let meta = self.new_user_meta(
            c::NvDsMetaType_NVDSINFER_TENSOR_OUTPUT_META,
            tensor.to_payload(),
        );
        self.check(object.as_ptr().cast());
        // SAFETY: object and user meta are alive.
        unsafe { (self.library.nvds_add_user_meta_to_obj)(object.as_ptr(), meta) };
    }

    /// Attaches data of this process to a frame under a meta type of its own.
    pub fn add_user_meta_to_frame<T: UserData>(
        &self,
        frame: &Frame<'_>,
        meta_type: UserMetaType,
        data: Box<T>,
    ) {
        let meta = self.new_user_meta(meta_type.number(), data);
        self.add_to_frame(frame, meta);
    }

    fn add_to_frame(&self, frame: &Frame<'_>, meta: *mut c::NvDsUserMeta) {
        self.check(frame.as_ptr().cast());
        // SAFETY: frame and user meta are alive.
        unsafe { (self.library.nvds_add_user_meta_to_frame)(frame.as_ptr(), meta) };
    }

    /// Attaches data of this process to the batch under a meta type of its own.
    pub fn add_user_meta_to_batch<T: UserData>(&self, meta_type: UserMetaType, data: Box<T>) {
        let meta = self.new_user_meta(meta_type.number(), data);
        // SAFETY: batch and user meta are alive.
        unsafe { (self.library.nvds_add_user_meta_to_batch)(self.raw.as_ptr(), meta) };
    }

    /// Makes sure that an element is of this batch: one of another would be freed with that.
    ///
    /// # Panics
    /// When it is not, which is a mistake in the calling code.
    pub(crate) fn check(&self, element: *const c::NvDsBaseMeta) {
        // SAFETY: views point at live elements, and every element starts with its base meta.
        let batch = unsafe { (*element).batch_meta };
        assert_eq!(batch, self.raw.as_ptr(), "a meta of another batch");
    }

    /// A filled user meta that is on no list yet.
    fn new_user_meta<T: UserData>(&self, meta_type: i32, data: Box<T>) -> *mut c::NvDsUserMeta {
        // SAFETY: as in `add_object`; all five fields are set because a recycled user meta keeps
        // the old ones.
        unsafe {
            let raw = (self.library.nvds_acquire_user_meta_from_pool)(self.raw.as_ptr());
            crate::user::fill(raw, self.raw.as_ptr(), meta_type, data);
            raw
        }
    }

    /// An object that is taken from the pool but attached to no frame: what a probe leaves behind
    /// that forgets to attach. For tests of elements that walk the pools.
    pub fn acquire_object(&self, object: &NewObject<'_>) -> Object<'_> {
        // SAFETY: as in `add_object`.
        unsafe {
            let raw = (self.library.nvds_acquire_obj_meta_from_pool)(self.raw.as_ptr());
            object.fill(raw);
            Object::from_element(NonNull::new_unchecked(raw))
        }
    }
}
