//! `nvds_log`: on standard error, where DeepStream's goes to the system's log.

use std::ffi::{CStr, c_char, c_int};

use crate::complain;

/// Nothing to open.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_log_open() {}

/// Nothing to close.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_log_close() {}

/// Tells a line: category, syslog's priority, and the text as it stands, without the values that its format asks for.
///
/// # Safety
/// Both are null or C strings. Further arguments are not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_log(category: *const c_char, priority: c_int, format: *const c_char) {
    let text = |text: *const c_char| match text.is_null() {
        true => String::new(),
        // SAFETY: a C string, as the caller promises.
        false => unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned(),
    };
    complain(&format!(
        "{}: {priority}: {}",
        text(category),
        text(format).trim_end()
    ));
}
