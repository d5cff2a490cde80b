//! Two metadata libraries in one process: each would register the same types, and pipelines hang. So this one looks
//! for another before it makes anything, and refuses.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::null_mut;
use std::sync::Mutex;
use std::sync::PoisonError;

use libc::{RTLD_NOLOAD, RTLD_NOW, dl_iterate_phdr, dl_phdr_info, dlclose, dlopen, dlsym, size_t};

use crate::message::Refusal;
use crate::release::current;

/// Names of the files that have these functions.
const NAMES: [&[u8]; 2] = [b"libnvds_meta.so", b"libnvdsgst_meta.so"];

/// Marks this library: the release that it works as, NULL without one. NVIDIA's has no function of this name.
#[unsafe(no_mangle)]
pub extern "C" fn rsnvds_meta_release() -> *const c_char {
    match current() {
        Ok(release) => release.text.as_ptr(),
        Err(_) => null_mut(),
    }
}

/// What was found when this many libraries had been loaded.
struct Seen {
    loaded: u64,
    other: Option<String>,
}

/// # Errors
/// A refusal when another metadata library, or a copy of this one for another release, is in the process.
pub(crate) fn refuse() -> Result<(), Refusal> {
    static SEEN: Mutex<Seen> = Mutex::new(Seen {
        loaded: 0,
        other: None,
    });
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let loaded = loads();
    if seen.loaded != loaded {
        *seen = Seen {
            loaded,
            other: other(),
        };
    }
    match &seen.other {
        None => Ok(()),
        Some(path) => Err(Refusal::Fatal(format!(
            "{path} is in this process too. Two metadata libraries cannot work side by side: take one folder off \
             LD_LIBRARY_PATH or RSNVDS_NVDS_LIB_DIR"
        ))),
    }
}

/// How often anything was loaded in this process.
fn loads() -> u64 {
    unsafe extern "C" fn first(info: *mut dl_phdr_info, _size: size_t, data: *mut c_void) -> c_int {
        // SAFETY: `loads` passes its number; the C library passes a live description.
        unsafe { *data.cast::<u64>() = (*info).dlpi_adds };
        1
    }
    let mut adds = 0_u64;
    // SAFETY: the function takes this number.
    unsafe { dl_iterate_phdr(Some(first), (&raw mut adds).cast()) };
    adds
}

/// Path of a metadata library that is no copy of this one with the same release.
fn other() -> Option<String> {
    unsafe extern "C" fn each(info: *mut dl_phdr_info, _size: size_t, data: *mut c_void) -> c_int {
        // SAFETY: `other` passes its list; the C library passes a live description.
        unsafe {
            let name = (*info).dlpi_name;
            if !name.is_null() {
                (*data.cast::<Vec<Vec<u8>>>())
                    .push(CStr::from_ptr(name).to_bytes_with_nul().to_vec());
            }
        }
        0
    }
    let mut files: Vec<Vec<u8>> = Vec::new();
    // SAFETY: the function takes this list.
    unsafe { dl_iterate_phdr(Some(each), (&raw mut files).cast()) };
    files
        .iter()
        .filter_map(|file| CStr::from_bytes_with_nul(file).ok())
        .filter(|file| {
            let name = file.to_bytes().rsplit(|byte| *byte == b'/').next();
            name.is_some_and(|name| NAMES.contains(&name))
        })
        .find(|file| !is_ours(file))
        .map(|file| file.to_string_lossy().into_owned())
}

/// Whether the loaded library at this path works as this one does.
fn is_ours(file: &CStr) -> bool {
    // SAFETY: the library is loaded; it is only looked up, and its function has the type of this one's.
    unsafe {
        let library = dlopen(file.as_ptr(), RTLD_NOW | RTLD_NOLOAD);
        if library.is_null() {
            // Unloaded meanwhile.
            return true;
        }
        let mark = dlsym(library, c"rsnvds_meta_release".as_ptr());
        let ours = !mark.is_null() && {
            let mark: extern "C" fn() -> *const c_char = std::mem::transmute(mark);
            let theirs = mark();
            let own = rsnvds_meta_release();
            !theirs.is_null() && !own.is_null() && CStr::from_ptr(theirs) == CStr::from_ptr(own)
        };
        dlclose(library);
        ours
    }
}
