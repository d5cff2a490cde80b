//! Key points of objects: a user meta whose data other programs read as a C struct.
//!
//! `include/rsnvds.h` declares it for C. The data is one block of GLib's heap: the number of points,
//! then the points.

use std::panic::catch_unwind;
use std::ptr::NonNull;

use glib::ffi::gpointer;
use nvds_sys as c;
use once_cell::sync::OnceCell;

use crate::batch::Locked;
use crate::error::Error;
use crate::object::Object;
use crate::user::{Parts, UserMeta, UserMetaType};

/// Name of the meta type, as the library's `nvds_get_user_meta_type` takes it.
pub const KEY_POINTS_TYPE: &std::ffi::CStr = c"rsnvds.key-points";

/// More points than any network gives an object. A count above it is taken for garbage.
pub const MOST_KEY_POINTS: usize = 4096;

/// A point of an object, such as an eye or a joint.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct KeyPoint {
    /// Distance from the frame's left side in pixels. It may lie outside the frame.
    pub x: f32,
    /// Distance from the frame's upper side in pixels. It may lie outside the frame.
    pub y: f32,
    /// How sure the network is of it, 0 to 1; 1 if it does not say.
    pub confidence: f32,
}

/// How the data begins.
#[repr(C)]
struct Header {
    count: u32,
    // `count` points follow.
}

const POINTS_AT: usize = size_of::<Header>();
const _: () = assert!(POINTS_AT == 4 && POINTS_AT.is_multiple_of(align_of::<KeyPoint>()));
const _: () = assert!(size_of::<KeyPoint>() == 12);

/// The number of the meta type.
fn meta_type() -> Result<UserMetaType, Error> {
    static TYPE: OnceCell<UserMetaType> = OnceCell::new();
    TYPE.get_or_try_init(|| UserMetaType::named(KEY_POINTS_TYPE))
        .copied()
}

impl Locked<'_> {
    /// Attaches points to an object, in their order; at most [`MOST_KEY_POINTS`], further ones are
    /// left out.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_key_points(&self, object: &Object<'_>, points: &[KeyPoint]) -> Result<(), Error> {
        self.check_owned(object)?;
        let meta_type = meta_type()?.number();
        let points = &points[..points.len().min(MOST_KEY_POINTS)];
        let parts = Parts {
            meta_type,
            data: block(points),
            copy: Some(copy),
            release: Some(release),
        };
        // SAFETY: the functions are those of such blocks; the object is alive, of this batch, which is locked.
        unsafe {
            let meta = self.new_meta_of(parts);
            (self.api().nvds_add_user_meta_to_obj)(object.raw(), meta);
        }
        Ok(())
    }
}

impl<'a> Object<'a> {
    /// The points of an object, those attached last if there are several sets; none if there are none.
    pub fn key_points(&self) -> &'a [KeyPoint] {
        self.user_metas()
            .find_map(|meta| meta.as_key_points())
            .unwrap_or_default()
    }
}

impl<'a> UserMeta<'a> {
    /// The points, if that is what this meta holds. A count that can only be garbage counts as none.
    pub fn as_key_points(&self) -> Option<&'a [KeyPoint]> {
        if meta_type().ok()?.number() != self.meta_type() {
            return None;
        }
        // SAFETY: metas of this kind hold such a block, alive as long as the user meta.
        unsafe { points(self.payload()) }
    }
}

/// The points of a block, `None` for NULL or a count that can only be garbage.
///
/// # Safety
/// NULL or a live block that nobody changes.
unsafe fn points<'a>(block: gpointer) -> Option<&'a [KeyPoint]> {
    let block = NonNull::new(block.cast::<Header>())?;
    // SAFETY: the caller vouches for the block, which begins with the count.
    let count = unsafe { (*block.as_ptr()).count } as usize;
    if count > MOST_KEY_POINTS {
        return None;
    }
    // SAFETY: as many points follow the count, which is as aligned as they must be.
    Some(unsafe {
        let first = block.as_ptr().byte_add(POINTS_AT).cast::<KeyPoint>();
        std::slice::from_raw_parts(first, count)
    })
}

/// A block of these points, to be freed with `g_free`.
fn block(points: &[KeyPoint]) -> gpointer {
    // SAFETY: GLib ends the process rather than return NULL; the block has room for all of it, and
    // its memory is aligned for anything.
    unsafe {
        let block = glib::ffi::g_malloc(POINTS_AT + size_of_val(points));
        block.cast::<Header>().write(Header {
            count: points.len() as u32,
        });
        let first = block.byte_add(POINTS_AT).cast::<KeyPoint>();
        first.copy_from_nonoverlapping(points.as_ptr(), points.len());
        block
    }
}

/// Called by the library with the source user meta; returns the data of the copy.
unsafe extern "C" fn copy(meta: gpointer, _user_data: gpointer) -> gpointer {
    // SAFETY: the library calls this with a user meta that `add_key_points` or a copy set up.
    let points = unsafe { points((*meta.cast::<c::NvDsUserMeta>()).user_meta_data) };
    // A panic must not cross into C.
    catch_unwind(|| points.map(block))
        .ok()
        .flatten()
        .unwrap_or(std::ptr::null_mut())
}

/// Called by the library with a user meta whose data is one block of GLib's heap, when it goes back to its pool.
pub(crate) unsafe extern "C" fn release(meta: gpointer, _user_data: gpointer) {
    let meta = meta.cast::<c::NvDsUserMeta>();
    // SAFETY: the library calls this with a user meta that this crate or a copy set up; the
    // field is cleared, so that nothing is freed twice.
    unsafe {
        let place = &raw mut (*meta).user_meta_data;
        glib::ffi::g_free(place.replace(std::ptr::null_mut()));
    }
}
