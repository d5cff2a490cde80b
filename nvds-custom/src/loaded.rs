//! What is loaded into this process.

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_uint, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use libc::{Dl_info, RTLD_NOLOAD, RTLD_NOW, dl_iterate_phdr, dl_phdr_info, size_t};

/// Sizes of the elements in the pools of a batch, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pools {
    /// Of `NvDsObjectMeta`.
    pub object: u32,
    /// Of `NvDsDisplayMeta`.
    pub display: u32,
}

/// The head of `NvDsBatchMeta`, the same in all releases.
#[repr(C)]
struct Batch {
    base: [u64; 5],
    most_frames: u32,
    frames: u32,
    frame_pool: *const Pool,
    object_pool: *const Pool,
    classifier_pool: *const Pool,
    display_pool: *const Pool,
}

/// The head of `NvDsMetaPool`, the same in all releases.
#[repr(C)]
struct Pool {
    meta_type: c_int,
    most_elements: u32,
    element_size: u32,
}

const _: () = assert!(std::mem::offset_of!(Batch, frame_pool) == 48);

/// The files of all libraries of this process.
pub fn files() -> Vec<PathBuf> {
    unsafe extern "C" fn each(info: *mut dl_phdr_info, _size: size_t, data: *mut c_void) -> c_int {
        // SAFETY: `files` passes its list; the C library passes a live description.
        unsafe {
            let name = (*info).dlpi_name;
            if !name.is_null() {
                let name = OsStr::from_bytes(CStr::from_ptr(name).to_bytes());
                (*data.cast::<Vec<PathBuf>>()).push(name.into());
            }
        }
        0
    }
    let mut files: Vec<PathBuf> = Vec::new();
    // SAFETY: the function takes this list.
    unsafe { dl_iterate_phdr(Some(each), (&raw mut files).cast()) };
    files
}

/// Whether the caller goes on with objects that it never filled when a parser returns false, as nvinfer's own library does.
pub fn crashes_on_false() -> bool {
    files()
        .iter()
        .any(|file| file.ends_with("libnvds_infer.so"))
}

/// The file of this library, by the path that it was loaded by.
pub fn own_file() -> Option<PathBuf> {
    let mut info = Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    let inside: fn() -> Option<PathBuf> = own_file;
    // SAFETY: any address may be asked for.
    let found = unsafe { libc::dladdr(inside as *const c_void, &raw mut info) };
    if found == 0 || info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: a C string of the loader, which lives as long as the library.
    let name = unsafe { CStr::from_ptr(info.dli_fname) };
    Some(OsStr::from_bytes(name.to_bytes()).into())
}

/// The sizes that the loaded metadata library makes its elements in; `None` if it does not tell.
pub fn pools(library: &Path) -> Option<Pools> {
    type Create = unsafe extern "C" fn(c_uint) -> *mut Batch;
    type Destroy = unsafe extern "C" fn(*mut Batch) -> c_int;

    let path = CString::new(library.as_os_str().as_bytes()).ok()?;
    // SAFETY: the library is loaded already, and is not loaded anew.
    let handle = unsafe { libc::dlopen(path.as_ptr(), RTLD_NOW | RTLD_NOLOAD) };
    if handle.is_null() {
        return None;
    }
    let symbol = |name: &CStr| -> Option<*mut c_void> {
        // SAFETY: a live handle and a C string.
        let found = unsafe { libc::dlsym(handle, name.as_ptr().cast::<c_char>()) };
        (!found.is_null()).then_some(found)
    };
    let create = symbol(c"nvds_create_batch_meta");
    let destroy = symbol(c"nvds_destroy_batch_meta");
    let pools = create.zip(destroy).and_then(|(create, destroy)| {
        // SAFETY: the functions of all releases have these types; the batch is released once, and what is read of it
        // has the same place in all releases.
        unsafe {
            let create: Create = std::mem::transmute(create);
            let destroy: Destroy = std::mem::transmute(destroy);
            let batch = create(1);
            if batch.is_null() {
                return None;
            }
            let (object, display) = ((*batch).object_pool, (*batch).display_pool);
            let pools = (!object.is_null() && !display.is_null()).then(|| Pools {
                object: (*object).element_size,
                display: (*display).element_size,
            });
            destroy(batch);
            pools
        }
    });
    // SAFETY: opened above; the library stays loaded, as it was before.
    unsafe { libc::dlclose(handle) };
    pools
}
