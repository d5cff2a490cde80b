//! Attaching to a batch, and taking away.

use std::ptr::NonNull;

use nvds_sys as c;

use crate::batch::Locked;
use crate::classifier::{Classifier, NewClassifier};
use crate::display::{Display, DisplayWriter};
use crate::error::Error;
use crate::frame::Frame;
use crate::list::FromElement;
use crate::object::{NewObject, Object};
use crate::tensor::NewTensorMeta;
#[cfg(feature = "raw")]
use crate::user::Foreign;
use crate::user::{Parts, UserData, UserMetaType};

/// What is attached to goes with its own batch. So where an element is listed that came from another
/// batch's pool, these functions refuse with [`Error::ForeignMeta`].
impl Locked<'_> {
    /// Attaches an object to a frame, below `parent` if there is one.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    #[inline]
    pub fn add_object<'s>(
        &'s self,
        frame: &Frame<'s>,
        object: &NewObject<'_>,
        parent: Option<&Object<'s>>,
    ) -> Result<Object<'s>, Error> {
        self.check_owned(frame)?;
        if let Some(parent) = parent {
            self.check_owned(parent)?;
        }
        let parent = parent.map_or(std::ptr::null_mut(), Object::raw);
        let added = self.acquire_object(object);
        // SAFETY: frame, object and parent are alive, of this batch, which is locked.
        unsafe { (self.api().nvds_add_obj_meta_to_frame)(frame.raw(), added.raw(), parent) };
        Ok(added)
    }

    /// An object that is taken from the pool but attached to no frame: what a probe leaves behind
    /// that forgets to attach. For tests of elements that walk the pools.
    #[inline]
    pub fn acquire_object(&self, object: &NewObject<'_>) -> Object<'_> {
        // SAFETY: a live batch, locked; a pool that is not empty at the start grows and so never
        // returns NULL; the element is filled before anybody sees it.
        unsafe {
            let raw = (self.api().nvds_acquire_obj_meta_from_pool)(self.raw());
            let added = Object::from_element(NonNull::new_unchecked(raw), self.owner());
            object.fill(&added);
            added
        }
    }

    /// Attaches a classifier's result to an object.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_classifier<'s>(
        &'s self,
        object: &Object<'s>,
        classifier: &NewClassifier<'_>,
    ) -> Result<Classifier<'s>, Error> {
        self.check_owned(object)?;
        // SAFETY: as in `acquire_object`.
        unsafe {
            let raw = (self.api().nvds_acquire_classifier_meta_from_pool)(self.raw());
            (*raw).unique_component_id = classifier.unique_component_id;
            (*raw).classifier_type = std::ptr::null();
            for label in classifier.labels {
                let info = (self.api().nvds_acquire_label_info_meta_from_pool)(self.raw());
                label.fill(info);
                (self.api().nvds_add_label_info_meta_to_classifier)(raw, info);
            }
            (self.api().nvds_add_classifier_meta_to_object)(object.raw(), raw);
            Ok(Classifier::from_element(
                NonNull::new_unchecked(raw),
                self.owner(),
            ))
        }
    }

    /// Starts drawing on a frame: see [`DisplayWriter`].
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn draw_on<'s>(&'s self, frame: &Frame<'s>) -> Result<DisplayWriter<'s>, Error> {
        self.check_owned(frame)?;
        Ok(DisplayWriter::new(self.owner(), Some(*frame)))
    }

    /// As [`Self::draw_on`] with display metas that are attached to no frame, as a probe leaves
    /// them that forgets to. For tests of elements that walk the pools.
    pub fn draw_unattached(&self) -> DisplayWriter<'_> {
        DisplayWriter::new(self.owner(), None)
    }

    /// Attaches a tensor meta to a frame, as inference elements do.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_tensor_to_frame(
        &self,
        frame: &Frame<'_>,
        tensor: &NewTensorMeta,
    ) -> Result<(), Error> {
        self.add_to_frame(
            frame,
            c::NvDsMetaType_NVDSINFER_TENSOR_OUTPUT_META,
            tensor.to_payload(),
        )
    }

    /// Attaches a tensor meta to an object, as secondary inference does.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_tensor_to_object(
        &self,
        object: &Object<'_>,
        tensor: &NewTensorMeta,
    ) -> Result<(), Error> {
        self.add_to_object(
            object,
            c::NvDsMetaType_NVDSINFER_TENSOR_OUTPUT_META,
            tensor.to_payload(),
        )
    }

    pub(crate) fn add_to_object<T: UserData>(
        &self,
        object: &Object<'_>,
        meta_type: i32,
        data: Box<T>,
    ) -> Result<(), Error> {
        self.check_owned(object)?;
        let meta = self.new_user_meta(meta_type, data);
        // SAFETY: object and user meta are alive, of this batch, which is locked.
        unsafe { (self.api().nvds_add_user_meta_to_obj)(object.raw(), meta) };
        Ok(())
    }

    /// Attaches data of this process to a frame under a meta type of its own.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_user_meta_to_frame<T: UserData>(
        &self,
        frame: &Frame<'_>,
        meta_type: UserMetaType,
        data: Box<T>,
    ) -> Result<(), Error> {
        self.add_to_frame(frame, meta_type.number(), data)
    }

    pub(crate) fn add_to_frame<T: UserData>(
        &self,
        frame: &Frame<'_>,
        meta_type: i32,
        data: Box<T>,
    ) -> Result<(), Error> {
        self.check_owned(frame)?;
        let meta = self.new_user_meta(meta_type, data);
        // SAFETY: frame and user meta are alive, of this batch, which is locked.
        unsafe { (self.api().nvds_add_user_meta_to_frame)(frame.raw(), meta) };
        Ok(())
    }

    /// Attaches data of this process to the batch under a meta type of its own.
    pub fn add_user_meta_to_batch<T: UserData>(&self, meta_type: UserMetaType, data: Box<T>) {
        let meta = self.new_user_meta(meta_type.number(), data);
        // SAFETY: batch and user meta are alive, and the batch is locked.
        unsafe { (self.api().nvds_add_user_meta_to_batch)(self.raw(), meta) };
    }

    /// Attaches what other code made to a frame.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    #[cfg(feature = "raw")]
    pub fn add_foreign_to_frame(&self, frame: &Frame<'_>, data: Foreign) -> Result<(), Error> {
        self.check_owned(frame)?;
        // SAFETY: who made `data` vouches for its functions.
        let meta = unsafe { self.new_meta_of(data.into_parts()) };
        // SAFETY: frame and user meta are alive, of this batch, which is locked.
        unsafe { (self.api().nvds_add_user_meta_to_frame)(frame.raw(), meta) };
        Ok(())
    }

    /// Attaches what other code made to an object.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    #[cfg(feature = "raw")]
    pub fn add_foreign_to_object(&self, object: &Object<'_>, data: Foreign) -> Result<(), Error> {
        self.check_owned(object)?;
        // SAFETY: who made `data` vouches for its functions.
        let meta = unsafe { self.new_meta_of(data.into_parts()) };
        // SAFETY: object and user meta are alive, of this batch, which is locked.
        unsafe { (self.api().nvds_add_user_meta_to_obj)(object.raw(), meta) };
        Ok(())
    }

    /// A filled user meta that is on no list yet.
    pub(crate) fn new_user_meta<T: UserData>(
        &self,
        meta_type: i32,
        data: Box<T>,
    ) -> *mut c::NvDsUserMeta {
        // SAFETY: the functions are those of the data.
        unsafe { self.new_meta_of(Parts::of(meta_type, data)) }
    }

    /// A filled user meta that is on no list yet.
    ///
    /// # Safety
    /// The functions must be those of the data, or take a user meta with it.
    pub(crate) unsafe fn new_meta_of(&self, parts: Parts) -> *mut c::NvDsUserMeta {
        // SAFETY: the batch is alive and locked, pools never return NULL; all five fields are set because a recycled
        // user meta keeps the old ones.
        unsafe {
            let raw = (self.api().nvds_acquire_user_meta_from_pool)(self.raw());
            (*raw).base_meta = c::NvDsBaseMeta {
                batch_meta: self.raw(),
                meta_type: parts.meta_type,
                uContext: std::ptr::null_mut(),
                copy_func: parts.copy,
                release_func: parts.release,
            };
            (*raw).user_meta_data = parts.data;
            raw
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
                        (self.api().nvds_remove_obj_meta_from_frame)(frame.raw(), object.raw());
                    }
                    removed += 1;
                }
            }
        }
        removed
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
                        (self.api().nvds_remove_display_meta_from_frame)(
                            frame.raw(),
                            display.raw(),
                        );
                    }
                    removed += 1;
                }
            }
        }
        removed
    }
}
