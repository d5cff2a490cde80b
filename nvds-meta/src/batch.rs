//! Batches: made, locked, described, destroyed; and what is freed with each element.

use std::ffi::{CString, c_char};
use std::ptr::{NonNull, null_mut};

use glib_sys::{
    GFALSE, GList, GTRUE, g_list_nth_data, g_print, g_quark_from_string, g_rec_mutex_clear,
    g_rec_mutex_init, g_rec_mutex_lock, g_rec_mutex_unlock, gboolean, gpointer,
};
use nvds_sys as c;
use nvds_sys::NvDsBatchMeta;

use crate::audio;
use crate::copy_exports::nvds_batch_meta_copy_func;
use crate::list::{self, List};
use crate::message::{Refusal, entry, given, tell_once};
use crate::neighbour;
use crate::pool::{self, Batch, Kind, Locked, Meta};
use crate::release::{Release, current, layout};
use crate::text::{field, free, zeroed};

/// Frames that a batch is made for at most. Each costs 15 kB at once.
const MOST_FRAMES: u32 = 1 << 16;

/// A batch with nothing in it but a lock.
pub(crate) fn blank(frames: u32) -> Result<(Batch, &'static Release), Refusal> {
    let release = current()?;
    neighbour::refuse()?;
    if frames > MOST_FRAMES {
        return Err(Refusal::Wrong(
            "a batch of more than 65536 frames; none is made",
        ));
    }
    let batch: *mut NvDsBatchMeta = zeroed(size_of::<NvDsBatchMeta>());
    // SAFETY: a fresh block of this size, where zeros are valid.
    unsafe {
        g_rec_mutex_init(&raw mut (*batch).meta_mutex);
        (*batch).base_meta.batch_meta = batch;
        Ok((NonNull::new_unchecked(batch), release))
    }
}

/// Makes a batch with pools for this many frames. Its max_frames_in_batch stays 0: callers set it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_create_batch_meta(max_batch_size: u32) -> *mut NvDsBatchMeta {
    entry("nvds_create_batch_meta", null_mut(), || {
        let (batch, release) = blank(max_batch_size)?;
        let raw = batch.as_ptr();
        let eight = max_batch_size * 8;
        // SAFETY: nobody else knows the batch yet.
        unsafe {
            let base = &mut (*raw).base_meta;
            base.meta_type = c::NvDsMetaType_NVDS_BATCH_META;
            base.copy_func = Some(nvds_batch_meta_copy_func);
            base.release_func = Some(nvds_batch_meta_release_func);
            let pool =
                |kind, count, function| pool::create(batch, kind, release, count, Some(function));
            (*raw).frame_meta_pool = pool(Kind::Frame, max_batch_size, release_frame);
            (*raw).obj_meta_pool = pool(Kind::Object, eight, release_object);
            (*raw).classifier_meta_pool = pool(Kind::Classifier, eight, release_classifier);
            (*raw).label_info_meta_pool = pool(Kind::Label, eight, release_label);
            (*raw).display_meta_pool = pool(Kind::Display, 8, release_display);
            (*raw).user_meta_pool = pool::create(batch, Kind::User, release, 8, None);
        }
        Ok(raw)
    })
}

/// Releases all that is in use and frees the batch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_destroy_batch_meta(batch_meta: *mut NvDsBatchMeta) -> gboolean {
    entry("nvds_destroy_batch_meta", GFALSE, || {
        // SAFETY: the caller's batch, which nobody uses from now on.
        unsafe { destroy(given(batch_meta, "batch_meta")?, Kind::Frame) };
        Ok(GTRUE)
    })
}

/// # Safety
/// Nobody may use the batch from now on.
pub(crate) unsafe fn destroy(batch: Batch, frames: Kind) {
    let kinds = [
        frames,
        Kind::Object,
        Kind::Display,
        Kind::Classifier,
        Kind::Label,
        Kind::User,
    ];
    let raw = batch.as_ptr();
    // SAFETY: as the caller vouches. What hangs on a frame goes with it, so that the other pools hold what was
    // taken and never added, and the batch's own user metas.
    unsafe {
        for kind in kinds {
            while let Some(element) = pool::newest(batch, kind) {
                list::release(element);
                pool::give_back(batch, kind, element);
            }
        }
        for list in [(*raw).frame_meta_list, (*raw).batch_user_meta_list] {
            glib_sys::g_list_free(list);
        }
        for kind in kinds {
            pool::destroy(kind.pool(batch));
        }
        g_rec_mutex_clear(&raw mut (*raw).meta_mutex);
        free(raw);
    }
}

/// Destroys a batch, as NvDsMeta's free function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_batch_meta_release_func(data: gpointer, _user_data: gpointer) {
    entry("nvds_batch_meta_release_func", (), || {
        // SAFETY: the caller's batch, which nobody uses from now on.
        unsafe { destroy(given(data.cast(), "data")?, Kind::Frame) };
        Ok(())
    })
}

/// Locks a batch; one thread may do so several times.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_acquire_meta_lock(batch_meta: *mut NvDsBatchMeta) {
    entry("nvds_acquire_meta_lock", (), || {
        let batch = given(batch_meta, "batch_meta")?;
        // SAFETY: the caller's batch.
        unsafe { g_rec_mutex_lock(&raw mut (*batch.as_ptr()).meta_mutex) };
        Ok(())
    })
}

/// Undoes one [`nvds_acquire_meta_lock`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_release_meta_lock(batch_meta: *mut NvDsBatchMeta) {
    entry("nvds_release_meta_lock", (), || {
        let batch = given(batch_meta, "batch_meta")?;
        // SAFETY: the caller's batch, locked by this thread.
        unsafe { g_rec_mutex_unlock(&raw mut (*batch.as_ptr()).meta_mutex) };
        Ok(())
    })
}

/// The frame at this place of the list, counted from 0; NULL beyond the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_get_nth_frame_meta(
    frame_meta_list: *mut GList,
    index: u32,
) -> *mut c::NvDsFrameMeta {
    // SAFETY: the caller's list, or NULL.
    unsafe { g_list_nth_data(frame_meta_list, index).cast() }
}

/// The number of a kind of user meta: 8193 and more, the same for the same text in one process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_get_user_meta_type(meta_descriptor: *mut c_char) -> c::NvDsMetaType {
    // The text is copied: who loads and unloads plugins may take it away.
    // SAFETY: the caller's text, or NULL, whose quark is 0.
    let quark = unsafe { g_quark_from_string(meta_descriptor) };
    c::NvDsMetaType_NVDS_START_USER_META.wrapping_add(quark as c::NvDsMetaType)
}

/// Prints how full the pools are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_get_current_metadata_info(
    batch_meta: *mut NvDsBatchMeta,
) -> gboolean {
    entry("nvds_get_current_metadata_info", GFALSE, || {
        let batch = given(batch_meta, "batch_meta")?;
        let mut text = String::new();
        // SAFETY: the caller's batch; the lock keeps others from its pools.
        unsafe {
            let _locked = Locked::new(batch);
            for (name, kind) in [
                ("frames", Kind::Frame),
                ("objects", Kind::Object),
                ("displays", Kind::Display),
                ("classifiers", Kind::Classifier),
                ("labels", Kind::Label),
                ("user metas", Kind::User),
            ] {
                if let Some(pool) = kind.pool(batch).as_ref() {
                    text += &format!(
                        "{name}: {} in use, {} free, {} in all\n",
                        pool.num_full_elements, pool.num_empty_elements, pool.max_elements_in_pool
                    );
                }
            }
        }
        if let Ok(text) = CString::new(text) {
            // SAFETY: a format for the one text.
            unsafe { g_print(c"%s".as_ptr(), text.as_ptr()) };
        }
        Ok(GTRUE)
    })
}

/// Empties the lists of an element that is being released.
///
/// # Safety
/// The lists' owners must be alive.
pub(crate) unsafe fn clear_all(lists: impl IntoIterator<Item = Result<List, Refusal>>) {
    for list in lists {
        match list {
            // SAFETY: as the caller vouches.
            Ok(list) => unsafe { list.clear() },
            Err(refusal) => tell_once("release of metadata", refusal),
        }
    }
}

/// Zeroes an element but for its base.
///
/// # Safety
/// `size` must be that of the element.
pub(crate) unsafe fn blank_element(element: Meta, size: usize) {
    let base = size_of::<c::NvDsBaseMeta>();
    // SAFETY: as the caller vouches.
    unsafe {
        element
            .as_ptr()
            .cast::<u8>()
            .add(base)
            .write_bytes(0, size - base)
    };
}

/// Release functions: they take what the element's base is told to, free what it owns and leave zeros.
macro_rules! releases {
    ($($function:ident($element:ident: $type:ty, $layout:ident) $size:expr, $body:block)*) => {$(
        pub(crate) unsafe extern "C" fn $function(data: gpointer, _user_data: gpointer) {
            entry("release of metadata", (), || {
                let $element: NonNull<$type> = given(data.cast(), "the element")?;
                #[allow(unused_variables)]
                let $layout = layout()?;
                $body
                // SAFETY: an element of this kind, of this size.
                unsafe { blank_element($element.cast(), $size) };
                Ok(())
            })
        }
    )*};
}

releases! {
    release_frame(frame: c::NvDsFrameMeta, layout) layout.frame, {
        // SAFETY: the frame is the caller's to release; the texts of its sensor are its own.
        unsafe {
            clear_all([list::objects(frame), list::displays(frame), list::frame_users(frame)]);
            if let Some(sensor) = layout.sensor {
                let sensor: *mut c::NvDsSensorInfo_meta = field(frame.as_ptr(), sensor);
                for text in [(*sensor).uri, (*sensor).sensor_id, (*sensor).sensor_name] {
                    free(text.cast_mut());
                }
            }
        }
    }
    release_object(object: c::NvDsObjectMeta, layout) layout.object, {
        // SAFETY: the object is the caller's to release; text and mask are its own.
        unsafe {
            let text: *mut c::NvOSD_TextParams = field(object.as_ptr(), layout.text);
            free((*text).display_text);
            let mask: *mut c::NvOSD_MaskParams = field(object.as_ptr(), layout.mask);
            if (*mask).size != 0 {
                free((*mask).data);
            }
            clear_all([list::classifiers(object), list::object_users(object)]);
        }
    }
    release_display(display: c::NvDsDisplayMeta, layout) layout.display, {
        // SAFETY: the display is the caller's to release; all its texts are its own, counted or not.
        unsafe {
            let texts: *mut c::NvOSD_TextParams = field(display.as_ptr(), layout.texts);
            for place in 0..c::MAX_ELEMENTS_IN_DISPLAY_META as usize {
                free((*texts.add(place)).display_text);
            }
        }
    }
    release_classifier(classifier: c::NvDsClassifierMeta, layout) size_of::<c::NvDsClassifierMeta>(), {
        // SAFETY: the classifier is the caller's to release.
        unsafe { clear_all([list::labels(classifier)]) };
    }
    release_label(label: c::NvDsLabelInfo, layout) size_of::<c::NvDsLabelInfo>(), {
        // SAFETY: the label is the caller's to release; the long text is its own.
        unsafe { free((*label.as_ptr()).pResult_label) };
    }
    release_audio_frame(frame: pool::NvDsAudioFrameMeta, layout) size_of::<pool::NvDsAudioFrameMeta>(), {
        // SAFETY: the frame is the caller's to release.
        unsafe { clear_all(audio::lists(frame)) };
    }
}
