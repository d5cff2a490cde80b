//! The copy and release functions that the driver's metas have. Each call is written down, with what it got. Data are
//! plain numbers, counted up.

use std::cell::RefCell;

use glib_sys::{g_rec_mutex_trylock, g_rec_mutex_unlock};
use nvds_sys::{NvDsBatchMeta, NvDsMetaCopyFunc, NvDsMetaReleaseFunc, NvDsUserMeta};

use crate::library::P;

#[derive(Default)]
struct Notes {
    lines: Vec<String>,
    count: usize,
}

thread_local! {
    static NOTES: RefCell<Notes> = RefCell::default();
}

pub fn note(line: String) {
    NOTES.with_borrow_mut(|notes| notes.lines.push(line));
}

/// What was written down since the last call.
pub fn notes() -> Vec<String> {
    NOTES.with_borrow_mut(|notes| std::mem::take(&mut notes.lines))
}

/// The next number to serve as data.
pub fn next() -> P {
    NOTES.with_borrow_mut(|notes| {
        notes.count += 1;
        notes.count as P
    })
}

/// Whether another thread gets the batch's lock.
fn is_free(batch: *mut NvDsBatchMeta) -> bool {
    let batch = batch as usize;
    let probe = move || {
        let batch = batch as *mut NvDsBatchMeta;
        // SAFETY: a live batch, while a function of its library runs.
        unsafe {
            let mutex = &raw mut (*batch).meta_mutex;
            let free = g_rec_mutex_trylock(mutex) != 0;
            if free {
                g_rec_mutex_unlock(mutex);
            }
            free
        }
    };
    std::thread::spawn(probe).join().unwrap()
}

/// Writes down what a copy function finds of the lock. NVIDIA's library releases with or without it, depending on what
/// is removed; ours always without, which tests/behaviour.rs sees to.
///
/// # Safety
/// `data` must be a user meta.
unsafe fn describe_lock(data: P) {
    // SAFETY: as the caller vouches.
    let free = is_free(unsafe { (*data.cast::<NvDsUserMeta>()).base_meta.batch_meta });
    note(format!("lock {}", if free { "free" } else { "held" }));
}

/// # Safety
/// `data` must be a user meta.
unsafe fn describe(what: &str, data: P, user_data: P) {
    // SAFETY: as the caller vouches.
    unsafe {
        let meta: *mut NvDsUserMeta = data.cast();
        let base = &(*meta).base_meta;
        note(format!(
            "{what} type {} data {} context {} and {user_data:?}",
            base.meta_type,
            (*meta).user_meta_data as usize,
            base.uContext as usize
        ));
    }
}

unsafe extern "C" fn copy_user(data: P, user_data: P) -> P {
    // SAFETY: set on user metas only.
    unsafe {
        describe("copy", data, user_data);
        describe_lock(data);
    }
    next()
}

unsafe extern "C" fn copy_user_to_nothing(data: P, user_data: P) -> P {
    // SAFETY: set on user metas only.
    unsafe { describe("copy to nothing", data, user_data) };
    std::ptr::null_mut()
}

unsafe extern "C" fn release_user(data: P, user_data: P) {
    // SAFETY: set on user metas only.
    unsafe { describe("release", data, user_data) };
}

unsafe extern "C" fn copy_custom(data: P, user_data: P) -> P {
    note(format!(
        "copy custom {} and {}",
        data as usize, user_data as usize
    ));
    next()
}

unsafe extern "C" fn free_custom(data: P, user_data: P) {
    note(format!(
        "free custom {} and {}",
        data as usize, user_data as usize
    ));
}

/// Functions for a user meta, by a number.
pub fn for_user(number: u32) -> (NvDsMetaCopyFunc, NvDsMetaReleaseFunc) {
    match number % 6 {
        0 => (None, None),
        1 => (Some(copy_user), None),
        2 => (None, Some(release_user)),
        3 => (Some(copy_user_to_nothing), Some(release_user)),
        _ => (Some(copy_user), Some(release_user)),
    }
}

/// Functions for an NvDsMeta that is no batch.
pub fn for_custom(number: u32) -> (NvDsMetaCopyFunc, NvDsMetaReleaseFunc) {
    let free: NvDsMetaReleaseFunc = match number % 3 {
        0 => None,
        _ => Some(free_custom),
    };
    (Some(copy_custom), free)
}

/// Name of a copy function.
pub fn copy_name(function: NvDsMetaCopyFunc) -> &'static str {
    let known: [(unsafe extern "C" fn(P, P) -> P, &str); 3] = [
        (copy_user, "copy"),
        (copy_user_to_nothing, "copy to nothing"),
        (copy_custom, "custom"),
    ];
    function.map_or("none", |function| {
        let name = known
            .iter()
            .find(|(known, _)| std::ptr::fn_addr_eq(*known, function));
        name.map_or("the library's", |(_, name)| name)
    })
}

/// Name of a release function.
pub fn release_name(function: NvDsMetaReleaseFunc) -> &'static str {
    let known: [(unsafe extern "C" fn(P, P), &str); 2] =
        [(release_user, "release"), (free_custom, "custom")];
    function.map_or("none", |function| {
        let name = known
            .iter()
            .find(|(known, _)| std::ptr::fn_addr_eq(*known, function));
        name.map_or("the library's", |(_, name)| name)
    })
}
