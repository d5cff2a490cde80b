//! The lists on which elements hang: where each is, what it holds and at which end things are added.

use std::ptr::{NonNull, null_mut};

use glib_sys::{GList, g_list_append, g_list_find, g_list_free, g_list_prepend, g_list_remove};
use nvds_sys as c;

use crate::message::Refusal;
use crate::pool::{self, Batch, Kind, Locked, Meta, NvDsAudioFrameMeta};
use crate::release::layout;
use crate::text::field;

/// A list of a live element or batch.
#[derive(Clone, Copy)]
pub(crate) struct List {
    pub(crate) batch: Batch,
    pub(crate) kind: Kind,
    head: NonNull<*mut GList>,
    count: Option<NonNull<u32>>,
    appends: bool,
}

/// The batch of an element.
///
/// # Safety
/// The element must be alive.
pub(crate) unsafe fn batch_of<T>(element: NonNull<T>) -> Result<Batch, Refusal> {
    // SAFETY: each element begins with a base.
    let batch = unsafe { (*element.cast::<c::NvDsBaseMeta>().as_ptr()).batch_meta };
    NonNull::new(batch).ok_or(Refusal::Wrong(
        "the element's base_meta.batch_meta is NULL: take elements from a batch's pools",
    ))
}

impl List {
    /// # Safety
    /// `head` and `count` must be fields of a live element or batch.
    unsafe fn new(batch: Batch, kind: Kind, head: *mut *mut GList, count: *mut u32) -> Self {
        Self {
            batch,
            kind,
            // SAFETY: fields of something that is not NULL.
            head: unsafe { NonNull::new_unchecked(head) },
            count: NonNull::new(count),
            appends: false,
        }
    }

    fn appending(self) -> Self {
        Self {
            appends: true,
            ..self
        }
    }

    /// Adds an element.
    ///
    /// # Safety
    /// The element must be one of this list's kind, and alive as long as the list's owner.
    pub(crate) unsafe fn add(&self, element: Meta) {
        let data = element.as_ptr().cast();
        // SAFETY: head and count belong to something alive; the lock keeps others from them.
        unsafe {
            let _locked = Locked::new(self.batch);
            let head = self.head.as_ptr();
            *head = if self.appends {
                g_list_append(*head, data)
            } else {
                g_list_prepend(*head, data)
            };
            if let Some(count) = self.count {
                *count.as_ptr() = (*count.as_ptr()).wrapping_add(1);
            }
        }
    }

    /// Releases an element, takes it off the list and gives it back to its pool.
    ///
    /// # Safety
    /// The element must be one of this list's kind, of a live batch.
    pub(crate) unsafe fn remove(&self, element: Meta) -> Result<(), Refusal> {
        // SAFETY: as the caller vouches.
        unsafe {
            let batch = batch_of(element)?;
            if !pool::holds(batch, self.kind, element) {
                return Err(Refusal::Wrong(
                    "the element is not in use; nothing is done. Was it removed before?",
                ));
            }
            // Before the lock is taken: the function is somebody else's.
            release(element);
            let locked = Locked::new(self.batch);
            let head = self.head.as_ptr();
            let data = element.as_ptr().cast();
            if !g_list_find(*head, data).is_null() {
                *head = g_list_remove(*head, data);
                self.subtract();
            }
            drop(locked);
            pool::give_back(batch, self.kind, element);
        }
        Ok(())
    }

    /// # Safety
    /// The list's owner must be alive and its batch locked.
    unsafe fn subtract(&self) {
        if let Some(count) = self.count {
            // SAFETY: as the caller vouches.
            unsafe { *count.as_ptr() = (*count.as_ptr()).saturating_sub(1) };
        }
    }

    /// Releases all elements in their order and gives them back.
    ///
    /// # Safety
    /// The list's owner must be alive.
    pub(crate) unsafe fn clear(&self) {
        // SAFETY: as the caller vouches; the list is nobody else's once it is taken off.
        unsafe {
            let locked = Locked::new(self.batch);
            let list = self.head.replace(null_mut());
            if let Some(count) = self.count {
                *count.as_ptr() = 0;
            }
            drop(locked);
            clear(list, self.kind);
        }
    }

    /// First link, NULL for an empty list.
    ///
    /// # Safety
    /// The list's owner must be alive.
    pub(crate) unsafe fn first(&self) -> *mut GList {
        // SAFETY: as the caller vouches.
        unsafe { *self.head.as_ptr() }
    }
}

/// Releases all elements of a list, gives them back, and frees the list.
///
/// # Safety
/// Nobody may use the list any more; its elements must be of this kind and of live batches.
pub(crate) unsafe fn clear(list: *mut GList, kind: Kind) {
    let mut link = list;
    // SAFETY: the caller's list.
    while let Some(this) = unsafe { link.as_ref() } {
        link = this.next;
        if let Some(element) = NonNull::new(this.data.cast()) {
            // SAFETY: an element of this kind. Not in use is one that hangs on two lists and was released by the
            // other.
            unsafe {
                if let Ok(batch) = batch_of(element)
                    && pool::holds(batch, kind, element)
                {
                    release(element);
                    pool::give_back(batch, kind, element);
                }
            }
        }
    }
    // SAFETY: the caller's list.
    unsafe { g_list_free(list) };
}

/// Calls an element's release function, with the element and NULL.
///
/// # Safety
/// The element must be alive.
pub(crate) unsafe fn release(element: Meta) {
    // SAFETY: whoever set the function vouches that it takes this element.
    unsafe {
        if let Some(function) = (*element.as_ptr()).release_func {
            function(element.as_ptr().cast(), null_mut());
        }
    }
}

/// Defines the places of the lists: from a live owner to its list.
macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident: $owner:ty, $kind:ident, $field:ident $(counted by $count:ident)? $(, $end:ident)?;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// The owner must be alive.
        pub(crate) unsafe fn $name(owner: NonNull<$owner>) -> Result<List, Refusal> {
            // SAFETY: as the caller vouches; these fields have the same place in all releases.
            unsafe {
                let batch = batch_of(owner)?;
                let owner = owner.as_ptr();
                #[allow(unused_mut, unused_assignments)]
                let mut count = null_mut();
                $(count = (&raw mut (*owner).$count).cast();)?
                let list = List::new(batch, Kind::$kind, &raw mut (*owner).$field, count);
                Ok(list $(.$end())?)
            }
        }
    )*};
}

lists! {
    /// Frames of a batch.
    frames: c::NvDsBatchMeta, Frame, frame_meta_list counted by num_frames_in_batch, appending;
    /// Frames of an audio batch.
    audio_frames: c::NvDsBatchMeta, AudioFrame, frame_meta_list counted by num_frames_in_batch, appending;
    /// User metas of a batch, of either kind.
    batch_users: c::NvDsBatchMeta, User, batch_user_meta_list, appending;
    /// Objects of a frame.
    objects: c::NvDsFrameMeta, Object, obj_meta_list counted by num_obj_meta;
    /// Displays of a frame.
    displays: c::NvDsFrameMeta, Display, display_meta_list;
    /// User metas of a frame.
    frame_users: c::NvDsFrameMeta, User, frame_user_meta_list;
    /// Labels of a classifier.
    labels: c::NvDsClassifierMeta, Label, label_info_list counted by num_labels;
    /// Classifiers of an audio frame.
    audio_classifiers: NvDsAudioFrameMeta, Classifier, classifier_meta_list, appending;
    /// User metas of an audio frame.
    audio_users: NvDsAudioFrameMeta, User, frame_user_meta_list, appending;
}

/// Classifiers of an object.
///
/// # Safety
/// The object must be alive.
pub(crate) unsafe fn classifiers(object: NonNull<c::NvDsObjectMeta>) -> Result<List, Refusal> {
    // SAFETY: as the caller vouches; the layout has the place.
    unsafe {
        let head = field(object.as_ptr(), layout()?.classifiers);
        Ok(List::new(
            batch_of(object)?,
            Kind::Classifier,
            head,
            null_mut(),
        ))
    }
}

/// User metas of an object.
///
/// # Safety
/// The object must be alive.
pub(crate) unsafe fn object_users(object: NonNull<c::NvDsObjectMeta>) -> Result<List, Refusal> {
    // SAFETY: as the caller vouches; the layout has the place.
    unsafe {
        let head = field(object.as_ptr(), layout()?.users);
        Ok(List::new(batch_of(object)?, Kind::User, head, null_mut()))
    }
}

/// NvDsRoiMeta, which belongs to whoever made it and to no batch; its lists are found by the layout.
#[repr(C)]
pub struct NvDsRoiMeta {
    _private: [u8; 0],
}

/// Classifiers of a region. It knows no batch: that of the classifier counts.
///
/// # Safety
/// Region and classifier must be alive.
pub(crate) unsafe fn roi_classifiers(
    roi: NonNull<NvDsRoiMeta>,
    element: NonNull<c::NvDsClassifierMeta>,
) -> Result<List, Refusal> {
    // SAFETY: as the caller vouches; the layout has the place.
    unsafe {
        let head = field(roi.as_ptr(), layout()?.roi_classifiers);
        Ok(List::new(
            batch_of(element)?,
            Kind::Classifier,
            head,
            null_mut(),
        ))
    }
}

/// User metas of a region; see [`roi_classifiers`].
///
/// # Safety
/// Region and user meta must be alive.
pub(crate) unsafe fn roi_users(
    roi: NonNull<NvDsRoiMeta>,
    element: NonNull<c::NvDsUserMeta>,
) -> Result<List, Refusal> {
    // SAFETY: as the caller vouches; the layout has the place.
    unsafe {
        let head = field(roi.as_ptr(), layout()?.roi_users);
        Ok(List::new(batch_of(element)?, Kind::User, head, null_mut()))
    }
}
