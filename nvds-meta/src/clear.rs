//! The functions that empty a whole list.

use std::ptr::{NonNull, null_mut};

use glib_sys::{GList, g_list_first};
use nvds_sys::{NvDsBatchMeta, NvDsClassifierMeta, NvDsFrameMeta, NvDsMetaPool, NvDsObjectMeta};

use crate::list::{self, List};
use crate::message::{Refusal, entry, given};
use crate::pool::{Kind, Locked, NvDsAudioFrameMeta};

/// Empties the list, if it is the owner's.
///
/// # Safety
/// The list's owner must be alive, and `named` be a list or NULL.
unsafe fn clear(list: List, named: *mut GList) -> Result<(), Refusal> {
    if named.is_null() {
        return Ok(());
    }
    // SAFETY: as the caller vouches.
    unsafe {
        if g_list_first(named) != list.first() {
            return Err(Refusal::Wrong(
                "the list is not the one of the element named with it; nothing is done",
            ));
        }
        list.clear();
    }
    Ok(())
}

macro_rules! clears {
    ($($function:ident: $list:ident, $owner:ty;)*) => {$(
        #[unsafe(no_mangle)]
        /// Releases all elements of a list and gives them back.
        pub unsafe extern "C" fn $function(owner: *mut $owner, meta_list: *mut GList) {
            entry(stringify!($function), (), || {
                let owner = given(owner, "its first argument")?;
                // SAFETY: the caller's owner and list.
                unsafe { clear(list::$list(owner)?, meta_list) }
            })
        }
    )*};
}

clears! {
    nvds_clear_frame_meta_list: frames, NvDsBatchMeta;
    nvds_clear_obj_meta_list: objects, NvDsFrameMeta;
    nvds_clear_display_meta_list: displays, NvDsFrameMeta;
    nvds_clear_classifier_meta_list: classifiers, NvDsObjectMeta;
    nvds_clear_label_info_meta_list: labels, NvDsClassifierMeta;
    nvds_clear_batch_user_meta_list: batch_users, NvDsBatchMeta;
    nvds_clear_frame_user_meta_list: frame_users, NvDsFrameMeta;
    nvds_clear_obj_user_meta_list: object_users, NvDsObjectMeta;
    nvds_clear_audio_frame_meta_list: audio_frames, NvDsBatchMeta;
    nvds_clear_audio_batch_user_meta_list: batch_users, NvDsBatchMeta;
    nvds_clear_audio_classifier_meta_list: audio_classifiers, NvDsAudioFrameMeta;
    nvds_clear_audio_frame_user_meta_list: audio_users, NvDsAudioFrameMeta;
}

/// Releases the elements of any list and gives them back to this pool of the batch. The head is the caller's to
/// forget: NULL is returned for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_clear_meta_list(
    batch_meta: *mut NvDsBatchMeta,
    meta_list: *mut GList,
    meta_pool: *mut NvDsMetaPool,
) -> *mut GList {
    entry("nvds_clear_meta_list", null_mut(), || {
        let batch = given(batch_meta, "batch_meta")?;
        let pool = given(meta_pool, "meta_pool")?;
        // SAFETY: the caller's batch.
        let kind = unsafe { kind_of(batch, pool) };
        let kind = kind.ok_or(Refusal::Wrong("the pool is none of this batch's"))?;
        // SAFETY: the caller's list, whose elements are of the pool.
        unsafe { list::clear(meta_list, kind) };
        Ok(null_mut())
    })
}

/// What a pool of the batch holds.
///
/// # Safety
/// The batch must be alive.
unsafe fn kind_of(batch: NonNull<NvDsBatchMeta>, pool: NonNull<NvDsMetaPool>) -> Option<Kind> {
    // SAFETY: as the caller vouches.
    unsafe {
        let _locked = Locked::new(batch);
        let audio = (*batch.as_ptr()).obj_meta_pool.is_null();
        let frames = if audio { Kind::AudioFrame } else { Kind::Frame };
        [
            frames,
            Kind::Object,
            Kind::Display,
            Kind::Classifier,
            Kind::Label,
            Kind::User,
        ]
        .into_iter()
        .find(|kind| kind.pool(batch) == pool.as_ptr())
    }
}
