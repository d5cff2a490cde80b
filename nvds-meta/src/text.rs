//! Memory and texts of the metas: all from GLib's allocator, as others free and replace them.

use std::ffi::{c_char, c_void};

use glib_sys::{g_free, g_malloc0, g_strdup};

/// `size` zero bytes. Never NULL: without memory GLib ends the process.
pub(crate) fn zeroed<T>(size: usize) -> *mut T {
    // SAFETY: takes any size.
    unsafe { g_malloc0(size).cast() }
}

/// # Safety
/// `memory` must be NULL or a block of GLib's allocator that nobody uses any more.
pub(crate) unsafe fn free<T>(memory: *mut T) {
    // SAFETY: as the caller vouches.
    unsafe { g_free(memory.cast::<c_void>()) }
}

/// Copy of a text, NULL of NULL.
///
/// # Safety
/// `text` must be NULL or end with a zero.
pub(crate) unsafe fn duplicate(text: *const c_char) -> *mut c_char {
    // SAFETY: as the caller vouches.
    unsafe { g_strdup(text) }
}

/// A field by its distance from the start of an element.
///
/// # Safety
/// The element must be alive and reach at least to the end of the field.
pub(crate) unsafe fn field<E, T>(element: *mut E, offset: usize) -> *mut T {
    // SAFETY: as the caller vouches.
    unsafe { element.cast::<u8>().add(offset).cast() }
}
