//! What stands between C and the library: refusals, told once, and panics, which stop here.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

use glib_sys::{G_LOG_LEVEL_CRITICAL, G_LOG_LEVEL_WARNING, GLogLevelFlags, g_log};

/// Why a function does nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refusal {
    /// This argument is NULL.
    Null(&'static str),
    /// The arguments do not fit together: what is wrong with them.
    Wrong(&'static str),
    /// The library cannot work in this process.
    Fatal(String),
}

/// Runs the body of the exported function of this name. A refusal or a panic becomes a message, and `otherwise` is
/// returned.
pub(crate) fn entry<T>(
    function: &'static str,
    otherwise: T,
    body: impl FnOnce() -> Result<T, Refusal>,
) -> T {
    // Nothing of the body is used after a panic.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(refusal)) => {
            tell_once(function, refusal);
            otherwise
        }
        Err(_) => {
            log(
                G_LOG_LEVEL_CRITICAL,
                &format!(
                    "{function}: a mistake of this library (a panic, see above); nothing was done"
                ),
            );
            otherwise
        }
    }
}

/// The pointer, if it is one.
pub(crate) fn given<T>(pointer: *mut T, name: &'static str) -> Result<NonNull<T>, Refusal> {
    NonNull::new(pointer).ok_or(Refusal::Null(name))
}

/// Says what was refused, unless the same was said before.
pub(crate) fn tell_once(function: &'static str, refusal: Refusal) {
    static TOLD: Mutex<BTreeSet<(&'static str, Refusal)>> = Mutex::new(BTreeSet::new());
    let (level, text) = match &refusal {
        Refusal::Null(name) => (
            G_LOG_LEVEL_WARNING,
            format!("{function}: {name} is NULL; nothing is done. Told once"),
        ),
        Refusal::Wrong(what) => (
            G_LOG_LEVEL_WARNING,
            format!("{function}: {what}. Told once"),
        ),
        Refusal::Fatal(text) => (G_LOG_LEVEL_CRITICAL, format!("{function}: {text}")),
    };
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    let new = told.insert((function, refusal));
    drop(told);
    if new {
        log(level, &text);
    }
}

fn log(level: GLogLevelFlags, text: &str) {
    let Ok(text) = CString::new(text.replace('\0', "?")) else {
        return;
    };
    // SAFETY: three texts that end with a zero, the second being a format for the third.
    unsafe { g_log(c"NvDsMeta".as_ptr(), level, c"%s".as_ptr(), text.as_ptr()) };
}
