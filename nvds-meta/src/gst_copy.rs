//! What decoders and other elements before the mux attached to a buffer, brought into the metadata of its frame.

use std::ptr::null_mut;

use glib_sys::{GFALSE, gpointer};
use gst_sys::{
    GstBuffer, GstMetaTransformCopy, GstMiniObject, gst_buffer_new, gst_mini_object_unref,
};
use nvds_sys as c;
use nvds_sys::{NvDsBatchMeta, NvDsFrameMeta, NvDsUserMeta};

use crate::gst::{about_memory, copying, has_tag, is_nvds, metas, nvds_metas};
use crate::list::{self, List};
use crate::message::{Refusal, entry, given, tell_once};
use crate::pool::{Kind, NvDsAudioFrameMeta, acquire};

/// Makes user metas of a frame from all NvDsMetas of a buffer that are no batches, by their own functions, and one
/// more, a buffer, from its metas that are neither DeepStream's nor about its memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_copy_gst_meta_to_frame_meta(
    src_gst_buffer: *mut GstBuffer,
    batch_meta: *mut NvDsBatchMeta,
    frame_meta: *mut NvDsFrameMeta,
) {
    entry("nvds_copy_gst_meta_to_frame_meta", (), || {
        given(batch_meta, "batch_meta")?;
        let buffer = given(src_gst_buffer, "src_gst_buffer")?;
        let frame = given(frame_meta, "frame_meta")?;
        // SAFETY: the caller's buffer and frame.
        unsafe { copy(buffer.as_ptr(), list::frame_users(frame)?) }
    })
}

/// The same for a frame of audio.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_copy_gst_meta_to_audio_frame_meta(
    src_gst_buffer: *mut GstBuffer,
    batch_meta: *mut NvDsBatchMeta,
    audio_frame_meta: *mut NvDsAudioFrameMeta,
) {
    entry("nvds_copy_gst_meta_to_audio_frame_meta", (), || {
        given(batch_meta, "batch_meta")?;
        let buffer = given(src_gst_buffer, "src_gst_buffer")?;
        let frame = given(audio_frame_meta, "audio_frame_meta")?;
        // SAFETY: the caller's buffer and frame.
        unsafe { copy(buffer.as_ptr(), list::audio_users(frame)?) }
    })
}

/// # Safety
/// Buffer and target must be alive.
unsafe fn copy(buffer: *mut GstBuffer, target: List) -> Result<(), Refusal> {
    // SAFETY: as the caller vouches; who set a meta's functions vouches that they take its data.
    unsafe {
        for from in nvds_metas(buffer) {
            if (*from).meta_type == c::GstNvDsMetaType_NVDS_BATCH_GST_META {
                continue;
            }
            let Some(copy) = (*from).copyfunc else {
                tell_once(
                    "nvds_copy_gst_meta_to_frame_meta",
                    Refusal::Wrong("an NvDsMeta has no copyfunc; it is left out"),
                );
                continue;
            };
            let data = copy((*from).meta_data, (*from).user_data);
            let to: *mut NvDsUserMeta = acquire(target.batch, Kind::User)?.as_ptr().cast();
            (*to).user_meta_data = data;
            (*to).base_meta.meta_type = (*from).meta_type as _;
            (*to).base_meta.copy_func = (*from).gst_to_nvds_meta_transform_func;
            (*to).base_meta.release_func = (*from).gst_to_nvds_meta_release_func;
            target.add(given(to, "the user meta")?.cast());
        }
        if !metas(buffer).any(is_other) {
            return Ok(());
        }
        let to: *mut NvDsUserMeta = acquire(target.batch, Kind::User)?.as_ptr().cast();
        (*to).user_meta_data = others(buffer).cast();
        (*to).base_meta.meta_type = c::GstNvDsMetaType_NVDS_BUFFER_GST_AS_FRAME_USER_META as _;
        (*to).base_meta.copy_func = Some(copy_buffer);
        (*to).base_meta.release_func = Some(release_buffer);
        target.add(given(to, "the user meta")?.cast());
    }
    Ok(())
}

/// Whether a meta is neither DeepStream's nor about memory, which the copy has none of.
fn is_other(meta: *mut gst_sys::GstMeta) -> bool {
    !is_nvds(meta) && !has_tag(meta, about_memory())
}

/// A buffer without memory that has the other metas of this one.
///
/// # Safety
/// The buffer must be alive.
unsafe fn others(buffer: *mut GstBuffer) -> *mut GstBuffer {
    // SAFETY: as the caller vouches; each meta's own function copies it.
    unsafe {
        let copy = gst_buffer_new();
        for meta in metas(buffer).filter(|meta| is_other(*meta)) {
            if let Some(transform) = (*(*meta).info).transform_func {
                let mut whole = GstMetaTransformCopy {
                    region: GFALSE,
                    offset: 0,
                    size: usize::MAX,
                };
                let data: gpointer = (&raw mut whole).cast();
                transform(copy, meta, buffer, copying(), data);
            }
        }
        copy
    }
}

unsafe extern "C" fn copy_buffer(data: gpointer, _user_data: gpointer) -> gpointer {
    entry("copy of a buffer's metas", null_mut(), || {
        let meta = given(data.cast::<NvDsUserMeta>(), "the user meta")?;
        // SAFETY: a user meta made here, whose data is a buffer.
        unsafe {
            let buffer = given((*meta.as_ptr()).user_meta_data, "its buffer")?;
            Ok(others(buffer.as_ptr().cast()).cast())
        }
    })
}

unsafe extern "C" fn release_buffer(data: gpointer, _user_data: gpointer) {
    entry("release of a buffer's metas", (), || {
        let meta = given(data.cast::<NvDsUserMeta>(), "the user meta")?;
        // SAFETY: a user meta made here, whose data is a buffer, or NULL once it is released.
        unsafe {
            let buffer: *mut GstMiniObject = (*meta.as_ptr()).user_meta_data.cast();
            if !buffer.is_null() {
                (*meta.as_ptr()).user_meta_data = null_mut();
                gst_mini_object_unref(buffer);
            }
        }
        Ok(())
    })
}
