//! The functions that take elements from pools, add and remove them.

use std::ptr::{NonNull, null_mut};

use nvds_sys::{
    NvDsBatchMeta, NvDsClassifierMeta, NvDsDisplayMeta, NvDsFrameMeta, NvDsLabelInfo,
    NvDsObjectMeta, NvDsUserMeta,
};

use crate::list::{self, List, NvDsRoiMeta};
use crate::message::{Refusal, entry, given};
use crate::pool::{Kind, Locked, NvDsAudioFrameMeta, acquire};

/// Functions that take an element from a pool of a batch.
macro_rules! acquires {
    ($($function:ident: $kind:ident -> $element:ty;)*) => {$(
        #[unsafe(no_mangle)]
        #[doc = concat!("Takes an element from the pool; NULL only without a batch or pool.")]
        pub unsafe extern "C" fn $function(batch_meta: *mut NvDsBatchMeta) -> *mut $element {
            entry(stringify!($function), null_mut(), || {
                let batch = given(batch_meta, "batch_meta")?;
                // SAFETY: the caller's batch.
                Ok(unsafe { acquire(batch, Kind::$kind) }?.as_ptr().cast())
            })
        }
    )*};
}

acquires! {
    nvds_acquire_frame_meta_from_pool: Frame -> NvDsFrameMeta;
    nvds_acquire_obj_meta_from_pool: Object -> NvDsObjectMeta;
    nvds_acquire_display_meta_from_pool: Display -> NvDsDisplayMeta;
    nvds_acquire_classifier_meta_from_pool: Classifier -> NvDsClassifierMeta;
    nvds_acquire_label_info_meta_from_pool: Label -> NvDsLabelInfo;
    nvds_acquire_user_meta_from_pool: User -> NvDsUserMeta;
    nvds_acquire_audio_frame_meta_from_pool: AudioFrame -> NvDsAudioFrameMeta;
}

/// Pairs of functions that add an element to a list of an owner and remove it.
macro_rules! attaches {
    ($($add:ident, $remove:ident: $list:ident, $owner:ty, $element:ty;)*) => {$(
        attaches! { @one add $add, $list, $owner, $element, "Adds an element to its list." }
        attaches! { @one remove $remove, $list, $owner, $element, "Releases an element and gives it back." }
    )*};
    (@one $act:ident $function:ident, $list:ident, $owner:ty, $element:ty, $doc:expr) => {
        #[unsafe(no_mangle)]
        #[doc = $doc]
        pub unsafe extern "C" fn $function(owner: *mut $owner, element: *mut $element) {
            entry(stringify!($function), (), || {
                let owner = given(owner, "its first argument")?;
                let element = given(element, "its second argument")?;
                // SAFETY: the caller's owner and element, of the types that the function's header names.
                unsafe { $act(list::$list(owner)?, element) }
            })
        }
    };
}

/// # Safety
/// As [`List::add`].
unsafe fn add<T>(list: List, element: NonNull<T>) -> Result<(), Refusal> {
    // SAFETY: as the caller vouches.
    unsafe { list.add(element.cast()) };
    Ok(())
}

/// # Safety
/// As [`List::remove`].
unsafe fn remove<T>(list: List, element: NonNull<T>) -> Result<(), Refusal> {
    // SAFETY: as the caller vouches.
    unsafe { list.remove(element.cast()) }
}

attaches! {
    nvds_add_frame_meta_to_batch, nvds_remove_frame_meta_from_batch: frames, NvDsBatchMeta, NvDsFrameMeta;
    nvds_add_display_meta_to_frame, nvds_remove_display_meta_from_frame: displays, NvDsFrameMeta, NvDsDisplayMeta;
    nvds_add_classifier_meta_to_object, nvds_remove_classifier_meta_from_obj: classifiers, NvDsObjectMeta, NvDsClassifierMeta;
    nvds_add_label_info_meta_to_classifier, nvds_remove_label_info_meta_from_classifier: labels, NvDsClassifierMeta, NvDsLabelInfo;
    nvds_add_user_meta_to_batch, nvds_remove_user_meta_from_batch: batch_users, NvDsBatchMeta, NvDsUserMeta;
    nvds_add_user_meta_to_frame, nvds_remove_user_meta_from_frame: frame_users, NvDsFrameMeta, NvDsUserMeta;
    nvds_add_user_meta_to_obj, nvds_remove_user_meta_from_object: object_users, NvDsObjectMeta, NvDsUserMeta;
    nvds_add_audio_frame_meta_to_audio_batch, nvds_remove_audio_frame_meta_from_audio_batch: audio_frames, NvDsBatchMeta, NvDsAudioFrameMeta;
    nvds_add_classifier_meta_to_audio_frame, nvds_remove_classifier_meta_from_audio_frame: audio_classifiers, NvDsAudioFrameMeta, NvDsClassifierMeta;
    nvds_add_user_meta_to_audio_batch, nvds_remove_user_meta_from_audio_batch: batch_users, NvDsBatchMeta, NvDsUserMeta;
    nvds_add_user_meta_to_audio_frame, nvds_remove_user_meta_from_audio_frame: audio_users, NvDsAudioFrameMeta, NvDsUserMeta;
}
attaches! { @one remove nvds_remove_obj_meta_from_frame, objects, NvDsFrameMeta, NvDsObjectMeta, "Releases an object and gives it back." }

/// Adds an object to a frame, and says whose part it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_add_obj_meta_to_frame(
    frame_meta: *mut NvDsFrameMeta,
    obj_meta: *mut NvDsObjectMeta,
    obj_parent: *mut NvDsObjectMeta,
) {
    entry("nvds_add_obj_meta_to_frame", (), || {
        let frame = given(frame_meta, "frame_meta")?;
        let object = given(obj_meta, "obj_meta")?;
        // SAFETY: the caller's frame and object.
        unsafe {
            let list = list::objects(frame)?;
            let _locked = Locked::new(list.batch);
            (*object.as_ptr()).parent = obj_parent;
            list.add(object.cast());
        }
        Ok(())
    })
}

/// The same for regions, whose lists are found by the element's batch.
macro_rules! region_attaches {
    ($($function:ident: $act:ident, $list:ident, $element:ty, $doc:expr;)*) => {$(
        #[unsafe(no_mangle)]
        #[doc = $doc]
        pub unsafe extern "C" fn $function(roi_meta: *mut NvDsRoiMeta, element: *mut $element) {
            entry(stringify!($function), (), || {
                let roi = given(roi_meta, "roi_meta")?;
                let element = given(element, "its second argument")?;
                // SAFETY: the caller's region and element.
                unsafe { $act(list::$list(roi, element)?, element) }
            })
        }
    )*};
}

region_attaches! {
    nvds_add_classifier_meta_to_roi: add, roi_classifiers, NvDsClassifierMeta, "Adds a classifier to a region.";
    nvds_add_user_meta_to_roi: add, roi_users, NvDsUserMeta, "Adds a user meta to a region.";
    nvds_remove_classifier_meta_from_roi: remove, roi_classifiers, NvDsClassifierMeta, "Releases a region's classifier.";
    nvds_remove_user_meta_from_roi: remove, roi_users, NvDsUserMeta, "Releases a region's user meta.";
}
