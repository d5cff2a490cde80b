//! The functions that copy batches, elements and lists.

use std::ptr::null_mut;

use glib_sys::{GList, gpointer};
use nvds_sys::{
    NvDsBatchMeta, NvDsClassifierMeta, NvDsDisplayMeta, NvDsFrameMeta, NvDsLabelInfo,
    NvDsObjectMeta,
};

use crate::audio::nvds_create_audio_batch_meta;
use crate::batch::nvds_create_batch_meta;
use crate::message::{entry, given};
use crate::pool::NvDsAudioFrameMeta;
use crate::{copy, list};

/// Copies a batch with all that hangs on it, as NvDsMeta's copy function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_batch_meta_copy_func(
    data: gpointer,
    _user_data: gpointer,
) -> gpointer {
    entry("nvds_batch_meta_copy_func", null_mut(), || {
        // SAFETY: the caller's batch.
        unsafe {
            copy::batch(data, nvds_create_batch_meta, |frames, batch| {
                copy::frames(frames, list::frames(batch)?)
            })
        }
    })
}

/// Copies a batch of audio, as NvDsMeta's copy function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_audio_batch_meta_copy_func(
    data: gpointer,
    _user_data: gpointer,
) -> gpointer {
    entry("nvds_audio_batch_meta_copy_func", null_mut(), || {
        // SAFETY: the caller's batch.
        unsafe {
            copy::batch(data, nvds_create_audio_batch_meta, |frames, batch| {
                copy::audio_frames(frames, list::audio_frames(batch)?)
            })
        }
    })
}

macro_rules! singles {
    ($($function:ident: $one:ident, $element:ty;)*) => {$(
        /// Copies an element with all that hangs on it onto another of any batch.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $function(source: *mut $element, target: *mut $element) {
            entry(stringify!($function), (), || {
                // SAFETY: the caller's elements.
                unsafe { copy::$one(given(source, "the source")?, given(target, "the target")?) }
            })
        }
    )*};
}

singles! {
    nvds_copy_frame_meta: frame, NvDsFrameMeta;
    nvds_copy_obj_meta: object, NvDsObjectMeta;
    nvds_copy_display_meta: display, NvDsDisplayMeta;
    nvds_copy_classifier_meta: classifier, NvDsClassifierMeta;
    nvds_copy_label_info_meta: label, NvDsLabelInfo;
    nvds_copy_audio_frame_meta: audio_frame, NvDsAudioFrameMeta;
}

macro_rules! lists {
    ($($function:ident: $many:ident, $list:ident, $owner:ty;)*) => {$(
        /// Copies the elements of a list and adds them to an element or batch.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $function(source: *mut GList, target: *mut $owner) {
            entry(stringify!($function), (), || {
                let target = given(target, "the target")?;
                // SAFETY: the caller's list and target.
                unsafe { copy::$many(source, list::$list(target)?) }
            })
        }
    )*};
}

lists! {
    nvds_copy_frame_meta_list: frames, frames, NvDsBatchMeta;
    nvds_copy_batch_user_meta_list: users, batch_users, NvDsBatchMeta;
    nvds_copy_obj_meta_list: objects, objects, NvDsFrameMeta;
    nvds_copy_display_meta_list: displays, displays, NvDsFrameMeta;
    nvds_copy_frame_user_meta_list: users, frame_users, NvDsFrameMeta;
    nvds_copy_classification_list: classifiers, classifiers, NvDsObjectMeta;
    nvds_copy_obj_user_meta_list: users, object_users, NvDsObjectMeta;
    nvds_copy_label_info_list: labels, labels, NvDsClassifierMeta;
    nvds_copy_audio_frame_meta_list: audio_frames, audio_frames, NvDsBatchMeta;
    nvds_copy_audio_batch_user_meta_list: users, batch_users, NvDsBatchMeta;
    nvds_copy_audio_classification_list: classifiers, audio_classifiers, NvDsAudioFrameMeta;
    nvds_copy_audio_frame_user_meta_list: users, audio_users, NvDsAudioFrameMeta;
}
