//! Texts that left the metadata while somebody may still read them.
//!
//! Behind a `tee`, an OSD in another branch may be drawing a text while it is replaced: our own one
//! in another plugin, or the stock one, which takes no lock for it. So a replaced text lives as long
//! as its batch: it is kept in a user meta of the batch, which the library releases with it. A copy
//! of the batch has texts of its own, and gets an empty user meta.

use std::ffi::{c_char, c_void};
use std::panic::catch_unwind;
use std::ptr::NonNull;
use std::sync::Mutex;

use glib::ffi::gpointer;
use nvds_sys as c;

use crate::batch::Locked;
use crate::lock::lock;
use crate::user::{UserMeta, UserMetaType};

/// Name of the meta type.
const NAME: &std::ffi::CStr = c"rsnvds.retired-texts";

/// Empty lists kept for the next batches, so that a running pipeline allocates none.
#[expect(clippy::vec_box, reason = "user metas point at the boxes")]
static SPARE: Mutex<Vec<Box<Texts>>> = Mutex::new(Vec::new());
const MAX_SPARE: usize = 32;

/// Its address marks the user metas of this library: each plugin has a copy of it, maybe of another
/// version, and lists of its own.
static MARK: u8 = 0;

/// Strings of GLib's heap that only this list will free.
#[derive(Default)]
struct Texts(Vec<NonNull<c_char>>);

// SAFETY: heap memory with no ties to a thread.
unsafe impl Send for Texts {}

impl Texts {
    fn clear(&mut self) {
        for text in self.0.drain(..) {
            // SAFETY: `retire`'s caller gave the string away, and the batch is being released.
            unsafe { glib::ffi::g_free(text.as_ptr().cast()) };
        }
    }
}

impl Drop for Texts {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Whether a user meta is one of these lists, of whichever plugin.
pub(crate) fn is_ours(meta: &UserMeta<'_>) -> bool {
    UserMetaType::named(NAME).is_ok_and(|name| name.number() == meta.meta_type())
}

/// Keeps a string that the metadata of a batch no longer names until the batch is released.
///
/// # Safety
/// A live string of GLib's heap that nobody else will free, or NULL.
pub(crate) unsafe fn retire(locked: &Locked<'_>, text: *mut c_char) {
    let Some(text) = NonNull::new(text) else {
        return;
    };
    let texts = match own_list(locked) {
        Some(texts) => texts,
        None => add_list(locked),
    };
    // SAFETY: the list is reached with the batch's lock held only, and no reference to it is kept.
    unsafe { (*texts.as_ptr()).0.push(text) };
}

fn mark() -> *mut c_void {
    (&raw const MARK).cast_mut().cast()
}

/// The list of this plugin on a batch.
fn own_list(locked: &Locked<'_>) -> Option<NonNull<Texts>> {
    locked.all_user_metas().find_map(|meta| {
        // SAFETY: a live user meta whose batch is locked.
        let base = unsafe { (*meta.raw()).base_meta };
        let ours = base.uContext == mark();
        ours.then(|| NonNull::new(meta.payload().cast())).flatten()
    })
}

fn add_list(locked: &Locked<'_>) -> NonNull<Texts> {
    let texts = NonNull::from(Box::leak(empty()));
    // `named` failed when the batch was found if it ever does.
    let meta_type = UserMetaType::named(NAME).map_or(0, UserMetaType::number);
    // SAFETY: a live batch, locked; pools never return NULL; all fields are set before it is listed.
    unsafe {
        let raw = (locked.api().nvds_acquire_user_meta_from_pool)(locked.raw());
        (*raw).base_meta = c::NvDsBaseMeta {
            batch_meta: locked.raw(),
            meta_type,
            uContext: mark(),
            copy_func: Some(copy),
            release_func: Some(release),
        };
        (*raw).user_meta_data = texts.as_ptr().cast();
        (locked.api().nvds_add_user_meta_to_batch)(locked.raw(), raw);
    }
    texts
}

fn empty() -> Box<Texts> {
    lock(&SPARE).pop().unwrap_or_default()
}

/// Called by the library when the batch is copied.
unsafe extern "C" fn copy(_meta: gpointer, _user_data: gpointer) -> gpointer {
    // A panic must not cross into C.
    catch_unwind(|| Box::into_raw(empty()).cast()).unwrap_or(std::ptr::null_mut())
}

/// Called by the library when the batch is released.
unsafe extern "C" fn release(meta: gpointer, _user_data: gpointer) {
    let meta = meta.cast::<c::NvDsUserMeta>();
    // SAFETY: the library calls this once with a user meta that `add_list` or a copy set up.
    let texts = unsafe {
        let place = &raw mut (*meta).user_meta_data;
        NonNull::new(place.replace(std::ptr::null_mut()).cast::<Texts>())
    };
    let Some(texts) = texts else { return };
    // A panic must not cross into C; there is nobody to tell.
    let _ = catch_unwind(|| {
        // SAFETY: made by Box::leak or Box::into_raw, and the field was just cleared.
        let mut texts = unsafe { Box::from_raw(texts.as_ptr()) };
        texts.clear();
        let mut spare = lock(&SPARE);
        if spare.len() < MAX_SPARE {
            spare.push(texts);
        }
    });
}
