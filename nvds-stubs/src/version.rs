//! `nvds_version` and `nvds_version_print`, for the release of the metadata library that is loaded, and the machine's name.

use std::ffi::{c_char, c_uint};

/// The last release of those that the library may be of; 9.1 where there is none.
fn version() -> (c_uint, c_uint) {
    let last = nvds::release().map(|release| release.last().to_string());
    let last = last.unwrap_or_else(|_| "9.1".into());
    let mut numbers = last.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(9), numbers.next().unwrap_or(0))
}

/// Major and minor version.
///
/// # Safety
/// Both are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_version(major: *mut c_uint, minor: *mut c_uint) {
    let (first, second) = version();
    for (to, value) in [(major, first), (minor, second)] {
        if !to.is_null() {
            // SAFETY: not null, so that the caller promises that it may be written.
            unsafe { to.write(value) };
        }
    }
}

/// Prints the version as DeepStream does.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_version_print() {
    let (major, minor) = version();
    println!("DeepStreamSDK {major}.{minor}.0");
}

/// Prints what else there is: nothing of NVIDIA's.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_dependencies_version_print() {
    println!("CUDA, TensorRT, cuDNN: none, on the CPU stand-ins of rsnvds");
}

/// This machine's name, to be freed with g_free. DeepStream's function adds an address, which is not looked up here.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_get_hostname_with_ip() -> *mut c_char {
    // SAFETY: GLib gives a C string that lives on, and copies it.
    unsafe { glib::ffi::g_strdup(glib::ffi::g_get_host_name()) }
}
