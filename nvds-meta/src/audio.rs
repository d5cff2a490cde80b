//! Batches of audio: no objects and displays, and all lists are appended to.

use std::ptr::{NonNull, null_mut};

use glib_sys::{GFALSE, GList, GTRUE, gboolean, gpointer};
use nvds_sys::NvDsBatchMeta;

use crate::batch::{
    blank, destroy, nvds_get_nth_frame_meta, release_audio_frame, release_classifier, release_label,
};
use crate::copy_exports::nvds_audio_batch_meta_copy_func;
use crate::list::{self, List};
use crate::message::{Refusal, entry, given};
use crate::pool::{self, Kind, NvDsAudioFrameMeta};

/// The lists of an audio frame, in the order in which they are released.
///
/// # Safety
/// The frame must be alive.
pub(crate) unsafe fn lists(frame: NonNull<NvDsAudioFrameMeta>) -> [Result<List, Refusal>; 2] {
    // SAFETY: as the caller vouches.
    unsafe { [list::audio_classifiers(frame), list::audio_users(frame)] }
}

/// Makes a batch of audio with pools for this many frames.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_create_audio_batch_meta(max_batch_size: u32) -> *mut NvDsBatchMeta {
    entry("nvds_create_audio_batch_meta", null_mut(), || {
        let (batch, release) = blank(max_batch_size)?;
        let raw = batch.as_ptr();
        // SAFETY: nobody else knows the batch yet.
        unsafe {
            let base = &mut (*raw).base_meta;
            base.meta_type = release.audio_batch as _;
            base.copy_func = Some(nvds_audio_batch_meta_copy_func);
            base.release_func = Some(nvds_audio_batch_meta_release_func);
            let pool = |kind, count, function| pool::create(batch, kind, release, count, function);
            (*raw).frame_meta_pool = pool(
                Kind::AudioFrame,
                max_batch_size,
                Some(release_audio_frame as _),
            );
            (*raw).classifier_meta_pool = pool(Kind::Classifier, 8, Some(release_classifier as _));
            (*raw).label_info_meta_pool = pool(Kind::Label, 8, Some(release_label as _));
            (*raw).user_meta_pool = pool(Kind::User, 8, None);
        }
        Ok(raw)
    })
}

/// Releases all that is in use and frees the batch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_destroy_audio_batch_meta(batch_meta: *mut NvDsBatchMeta) -> gboolean {
    entry("nvds_destroy_audio_batch_meta", GFALSE, || {
        // SAFETY: the caller's batch, which nobody uses from now on.
        unsafe { destroy(given(batch_meta, "batch_meta")?, Kind::AudioFrame) };
        Ok(GTRUE)
    })
}

/// Destroys a batch of audio, as NvDsMeta's free function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_audio_batch_meta_release_func(data: gpointer, _user_data: gpointer) {
    entry("nvds_audio_batch_meta_release_func", (), || {
        // SAFETY: the caller's batch, which nobody uses from now on.
        unsafe { destroy(given(data.cast(), "data")?, Kind::AudioFrame) };
        Ok(())
    })
}

/// The frame at this place of the list, counted from 0; NULL beyond the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_get_nth_audio_frame_meta(
    frame_meta_list: *mut GList,
    index: u32,
) -> *mut NvDsAudioFrameMeta {
    // SAFETY: the caller's list, or NULL.
    unsafe { nvds_get_nth_frame_meta(frame_meta_list, index).cast() }
}
