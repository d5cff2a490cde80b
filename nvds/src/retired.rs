//! Strings that left the metadata while views may still lead to them.
//!
//! A view borrows from a [`Batch`](crate::Batch), but one buffer may have several of those, in
//! several threads. So a string that is replaced is freed with the last of them.

use std::ffi::c_char;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nvds_sys as c;

/// Empty lists kept for the next batches, so that a running pipeline allocates none.
const SPARE: usize = 8;

/// A string on GLib's heap that nobody but this list will free.
struct Retired(NonNull<c_char>);

// SAFETY: heap memory with no ties to a thread.
unsafe impl Send for Retired {}

impl Drop for Retired {
    fn drop(&mut self) {
        // SAFETY: `Handle::retire`'s caller gave the string away, and no view is left.
        unsafe { glib::ffi::g_free(self.0.as_ptr().cast()) };
    }
}

struct Entry {
    batch: usize,
    handles: usize,
    strings: Vec<Retired>,
}

struct Registry {
    entries: Vec<Entry>,
    spare: Vec<Vec<Retired>>,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    entries: Vec::new(),
    spare: Vec::new(),
});

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a string out of the metadata of a batch. It is freed when the batch's last handle goes.
///
/// # Safety
/// A live string of GLib's heap that the metadata no longer names, or NULL, and a batch of which a
/// [`Handle`] exists.
pub(crate) unsafe fn retire(batch: NonNull<c::NvDsBatchMeta>, string: *mut c_char) {
    let Some(string) = NonNull::new(string) else {
        return;
    };
    let batch = batch.as_ptr() as usize;
    let mut registry = registry();
    if let Some(entry) = registry.entries.iter_mut().find(|e| e.batch == batch) {
        entry.strings.push(Retired(string));
    }
}

/// Keeps the retired strings of a batch alive.
#[derive(Debug)]
pub(crate) struct Handle(usize);

impl Handle {
    pub(crate) fn new(batch: NonNull<c::NvDsBatchMeta>) -> Self {
        let batch = batch.as_ptr() as usize;
        let mut registry = registry();
        match registry.entries.iter_mut().find(|e| e.batch == batch) {
            Some(entry) => entry.handles += 1,
            None => {
                let strings = registry.spare.pop().unwrap_or_default();
                registry.entries.push(Entry {
                    batch,
                    handles: 1,
                    strings,
                });
            }
        }
        Self(batch)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut registry = registry();
        let Some(at) = registry.entries.iter().position(|e| e.batch == self.0) else {
            return;
        };
        registry.entries[at].handles -= 1;
        if registry.entries[at].handles > 0 {
            return;
        }
        let mut strings = registry.entries.swap_remove(at).strings;
        if !strings.is_empty() {
            drop(registry); // others need not wait for the heap
            strings.clear();
            registry = self::registry();
        }
        if registry.spare.len() < SPARE {
            registry.spare.push(strings);
        }
    }
}
