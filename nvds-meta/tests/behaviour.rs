//! What this library does where NVIDIA's crashes or spoils its lists, and what nvds's own tests do not ask for.
//!
//! The functions are linked, so that a sanitizer sees all they do.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_void};
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, Once};

use glib_sys::{
    G_LOG_LEVEL_CRITICAL, G_LOG_LEVEL_ERROR, G_LOG_LEVEL_WARNING, GLogLevelFlags,
    g_log_set_always_fatal, g_log_set_handler, g_rec_mutex_trylock, g_rec_mutex_unlock,
};
use nvds_meta::*;
use nvds_sys::{NvDsBatchMeta, NvDsFrameMeta, NvDsMetaPool, NvDsObjectMeta, NvDsUserMeta};

type P = *mut c_void;

static MESSAGES: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C" fn keep(_: *const c_char, _: GLogLevelFlags, text: *const c_char, _: P) {
    // SAFETY: GLib's text.
    let text = unsafe { CStr::from_ptr(text) };
    MESSAGES
        .lock()
        .unwrap()
        .push(text.to_string_lossy().into_owned());
}

/// One test at a time: what is told once would be another's otherwise. Messages are kept, and not fatal.
fn begin() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    static INIT: Once = Once::new();
    let one = ONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    INIT.call_once(|| {
        // SAFETY: texts and functions that live for ever.
        unsafe {
            gst_sys::gst_init(null_mut(), null_mut());
            g_log_set_always_fatal(G_LOG_LEVEL_ERROR);
            let levels = G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL;
            g_log_set_handler(c"NvDsMeta".as_ptr(), levels, Some(keep), null_mut());
        }
    });
    MESSAGES.lock().unwrap().clear();
    one
}

/// Whether this was said.
fn said(what: &str) -> bool {
    MESSAGES
        .lock()
        .unwrap()
        .iter()
        .any(|text| text.contains(what))
}

/// A batch, and an attached frame and object.
unsafe fn filled() -> (*mut NvDsBatchMeta, *mut NvDsFrameMeta, *mut NvDsObjectMeta) {
    // SAFETY: elements of the batch.
    unsafe {
        let batch = nvds_create_batch_meta(2);
        let frame = nvds_acquire_frame_meta_from_pool(batch);
        nvds_add_frame_meta_to_batch(batch, frame);
        let object = nvds_acquire_obj_meta_from_pool(batch);
        nvds_add_obj_meta_to_frame(frame, object, null_mut());
        (batch, frame, object)
    }
}

unsafe fn counts(pool: *mut NvDsMetaPool) -> (u32, u32) {
    // SAFETY: a live pool.
    unsafe { ((*pool).num_full_elements, (*pool).num_empty_elements) }
}

thread_local! {
    static RELEASED: Cell<usize> = const { Cell::new(0) };
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// Counts calls, and those that find the batch locked.
unsafe extern "C" fn release(data: P, _: P) {
    // SAFETY: set on user metas only.
    let batch = unsafe { (*data.cast::<NvDsUserMeta>()).base_meta.batch_meta } as usize;
    let probe = move || {
        let batch = batch as *mut NvDsBatchMeta;
        // SAFETY: the batch lives until its function returns.
        unsafe {
            let free = g_rec_mutex_trylock(&raw mut (*batch).meta_mutex) != 0;
            if free {
                g_rec_mutex_unlock(&raw mut (*batch).meta_mutex);
            }
            free
        }
    };
    RELEASED.set(RELEASED.get() + 1);
    if !std::thread::spawn(probe).join().unwrap() {
        HELD.set(HELD.get() + 1);
    }
}

unsafe extern "C" fn copy(_: P, _: P) -> P {
    null_mut()
}

unsafe fn user(batch: *mut NvDsBatchMeta) -> *mut NvDsUserMeta {
    // SAFETY: a live batch.
    unsafe {
        let user = nvds_acquire_user_meta_from_pool(batch);
        (*user).base_meta.meta_type = 9000;
        (*user).base_meta.copy_func = Some(copy);
        (*user).base_meta.release_func = Some(release);
        user
    }
}

#[test]
fn release_functions_find_the_lock_free() {
    let _one = begin();
    RELEASED.set(0);
    HELD.set(0);
    // SAFETY: elements of the batch.
    unsafe {
        let (batch, frame, object) = filled();
        nvds_add_user_meta_to_obj(object, user(batch));
        nvds_remove_obj_meta_from_frame(frame, object);
        nvds_add_user_meta_to_frame(frame, user(batch));
        nvds_clear_frame_user_meta_list(frame, (*frame).frame_user_meta_list);
        nvds_add_user_meta_to_frame(frame, user(batch));
        nvds_remove_frame_meta_from_batch(batch, frame);
        nvds_add_user_meta_to_batch(batch, user(batch));
        assert_eq!(nvds_destroy_batch_meta(batch), 1);
    }
    assert_eq!((RELEASED.get(), HELD.get()), (4, 0));
}

/// NVIDIA's 9.0.2 takes the pool from behind the element, and crashes.
#[test]
fn user_metas_leave_a_region() {
    let _one = begin();
    RELEASED.set(0);
    // SAFETY: elements of the batch, and a region of its size.
    unsafe {
        let (batch, ..) = filled();
        let mut region = [0_u64; 31];
        let roi = region.as_mut_ptr().cast();
        let (first, second) = (user(batch), user(batch));
        nvds_add_user_meta_to_roi(roi, first);
        nvds_add_user_meta_to_roi(roi, second);
        let full = (*(*batch).user_meta_pool).num_full_elements;
        nvds_remove_user_meta_from_roi(roi, first);
        assert_eq!(RELEASED.get(), 1);
        assert_eq!((*(*batch).user_meta_pool).num_full_elements, full - 1);
        assert_eq!(nvds_acquire_user_meta_from_pool(batch), first);
        nvds_remove_user_meta_from_roi(roi, second);
        assert_eq!(region, [0; 31], "the list is empty");
        nvds_destroy_batch_meta(batch);
    }
    assert_eq!(*MESSAGES.lock().unwrap(), [""; 0]);
}

/// NVIDIA's 9.0.2 counts in the pool of objects, and the displays never come back.
#[test]
fn cleared_displays_go_back_to_their_pool() {
    let _one = begin();
    // SAFETY: elements of the batch.
    unsafe {
        let (batch, frame, _) = filled();
        let objects = counts((*batch).obj_meta_pool);
        for _ in 0..10 {
            nvds_add_display_meta_to_frame(frame, nvds_acquire_display_meta_from_pool(batch));
        }
        assert_eq!(counts((*batch).display_meta_pool), (10, 14));
        nvds_clear_display_meta_list(frame, (*frame).display_meta_list);
        assert!((*frame).display_meta_list.is_null());
        assert_eq!(counts((*batch).display_meta_pool), (0, 24));
        assert_eq!(counts((*batch).obj_meta_pool), objects);
        nvds_destroy_batch_meta(batch);
    }
}

#[test]
fn what_was_removed_is_not_removed_again() {
    let _one = begin();
    RELEASED.set(0);
    // SAFETY: elements of the batch.
    unsafe {
        let (batch, frame, object) = filled();
        let users = user(batch);
        nvds_add_user_meta_to_frame(frame, users);
        nvds_remove_user_meta_from_frame(frame, users);
        nvds_remove_user_meta_from_frame(frame, users);
        assert_eq!(RELEASED.get(), 1);
        assert!(said(
            "nvds_remove_user_meta_from_frame: the element is not in use"
        ));
        nvds_remove_obj_meta_from_frame(frame, object);
        nvds_remove_obj_meta_from_frame(frame, object);
        assert_eq!((*frame).num_obj_meta, 0);
        assert_eq!(counts((*batch).obj_meta_pool), (0, 16));
        nvds_destroy_batch_meta(batch);
    }
}

/// The only way to give back what was taken and never added. NVIDIA's counters go below zero.
#[test]
fn what_was_never_added_can_be_removed() {
    let _one = begin();
    // SAFETY: elements of the batch.
    unsafe {
        let (batch, frame, _) = filled();
        let lone = nvds_acquire_obj_meta_from_pool(batch);
        nvds_remove_obj_meta_from_frame(frame, lone);
        assert_eq!((*frame).num_obj_meta, 1);
        assert_eq!(counts((*batch).obj_meta_pool), (1, 15));
        nvds_destroy_batch_meta(batch);
    }
}

#[test]
fn another_elements_list_is_not_cleared() {
    let _one = begin();
    // SAFETY: elements of the batch.
    unsafe {
        let (batch, frame, _) = filled();
        let other = nvds_acquire_frame_meta_from_pool(batch);
        nvds_clear_obj_meta_list(other, (*frame).obj_meta_list);
        assert!(said("nvds_clear_obj_meta_list: the list is not the one"));
        assert_eq!(
            ((*frame).num_obj_meta, counts((*batch).obj_meta_pool)),
            (1, (1, 15))
        );
        nvds_destroy_batch_meta(batch);
    }
}

/// A pool of size 0 cannot grow in NVIDIA's 9.0.2, and copying a batch whose max_frames_in_batch is 0 needs one.
#[test]
fn batches_of_no_frames_grow() {
    let _one = begin();
    // SAFETY: elements of the batches.
    unsafe {
        let (batch, frame, object) = filled();
        assert_eq!((*batch).max_frames_in_batch, 0);
        nvds_add_classifier_meta_to_object(object, nvds_acquire_classifier_meta_from_pool(batch));
        let copy: *mut NvDsBatchMeta = nvds_batch_meta_copy_func(batch.cast(), null_mut()).cast();
        let copied = nvds_get_nth_frame_meta((*copy).frame_meta_list, 0);
        assert_eq!(
            ((*copy).num_frames_in_batch, (*copied).num_obj_meta),
            (1, 1)
        );
        assert_eq!(counts((*copy).frame_meta_pool), (1, 7));
        nvds_copy_frame_meta(frame, frame);
        assert!(said(
            "nvds_copy_frame_meta: an element cannot be copied onto itself"
        ));
        nvds_destroy_batch_meta(copy);
        nvds_destroy_batch_meta(batch);
    }
}

#[test]
fn audio_batches_have_no_objects() {
    let _one = begin();
    // SAFETY: a batch of audio.
    unsafe {
        let batch = nvds_create_audio_batch_meta(1);
        assert!(nvds_acquire_obj_meta_from_pool(batch).is_null());
        assert!(said(
            "nvds_acquire_obj_meta_from_pool: the batch has no such pool"
        ));
        nvds_destroy_audio_batch_meta(batch);
        assert!(nvds_create_batch_meta(u32::MAX).is_null());
        assert!(said(
            "nvds_create_batch_meta: a batch of more than 65536 frames"
        ));
    }
}

/// A call with a batch, its frame, its object, and an object that is on no list.
type Call = fn([usize; 4]);

/// Calls that change a batch or copy it, and the batch's lock in another thread.
#[test]
fn changes_and_copies_wait_for_the_lock() {
    let _one = begin();
    // SAFETY: elements of the batch; while it is locked, the functions of another thread wait.
    unsafe {
        let (batch, frame, object) = filled();
        let lone = nvds_acquire_obj_meta_from_pool(batch);
        let all = [
            batch as usize,
            frame as usize,
            object as usize,
            lone as usize,
        ];
        let calls: [(&str, Call); 5] = [
            ("acquire", |[batch, ..]| {
                nvds_acquire_display_meta_from_pool(batch as _);
            }),
            ("add", |[_, frame, _, lone]| {
                nvds_add_obj_meta_to_frame(frame as _, lone as _, null_mut())
            }),
            ("copy", |[batch, ..]| {
                let copy: *mut NvDsBatchMeta =
                    nvds_batch_meta_copy_func(batch as _, null_mut()).cast();
                nvds_destroy_batch_meta(copy);
            }),
            ("remove", |[_, frame, object, _]| {
                nvds_remove_obj_meta_from_frame(frame as _, object as _)
            }),
            ("clear", |[batch, ..]| {
                let batch: *mut NvDsBatchMeta = batch as _;
                nvds_clear_frame_meta_list(batch, (*batch).frame_meta_list);
            }),
        ];
        for (name, call) in calls {
            // Twice by one thread.
            nvds_acquire_meta_lock(batch);
            nvds_acquire_meta_lock(batch);
            let thread = std::thread::spawn(move || call(all));
            std::thread::sleep(std::time::Duration::from_millis(50));
            assert!(!thread.is_finished(), "{name} did not wait");
            nvds_release_meta_lock(batch);
            std::thread::sleep(std::time::Duration::from_millis(10));
            assert!(
                !thread.is_finished(),
                "{name} did not wait for the second release"
            );
            nvds_release_meta_lock(batch);
            thread.join().unwrap();
        }
        nvds_destroy_batch_meta(batch);
    }
}

/// NVIDIA's 9.0.2 crashes on either.
#[test]
fn buffers_are_copied_without_what_cannot_be() {
    let _one = begin();
    // SAFETY: a buffer, and metas of it.
    unsafe {
        let buffer = gst_sys::gst_buffer_new();
        let meta = gst_buffer_add_nvds_meta(
            buffer,
            null_mut(),
            null_mut(),
            Some(nvds_batch_meta_copy_func),
            None,
        );
        (*meta).meta_type = 4097;
        let meta = gst_buffer_add_nvds_meta(buffer, null_mut(), null_mut(), None, None);
        (*meta).meta_type = 4096;
        let copy = gst_sys::gst_mini_object_copy(buffer.cast()).cast();
        assert!(gst_buffer_get_nvds_meta(copy).is_null());
        assert!(said("it has no batch") && said("it has no copyfunc"));
        gst_sys::gst_mini_object_unref(copy.cast());
        gst_sys::gst_mini_object_unref(buffer.cast());
    }
}

/// Two threads take and give back: no element is lost.
#[test]
fn threads_share_a_batch() {
    let _one = begin();
    // SAFETY: elements of the batch; its functions lock it.
    unsafe {
        let (batch, frame, _) = filled();
        let both = [batch as usize, frame as usize];
        let work = move || {
            let [batch, frame] = both;
            for _ in 0..500 {
                let object = nvds_acquire_obj_meta_from_pool(batch as _);
                nvds_add_obj_meta_to_frame(frame as _, object, null_mut());
                nvds_remove_obj_meta_from_frame(frame as _, object);
            }
        };
        let threads = [std::thread::spawn(work), std::thread::spawn(work)];
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(
            ((*frame).num_obj_meta, counts((*batch).obj_meta_pool)),
            (1, (1, 15))
        );
        nvds_destroy_batch_meta(batch);
    }
}
