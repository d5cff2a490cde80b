//! User metas: data of any kind, told apart by a type number.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use nvds_sys as c;

use crate::error::Error;
use crate::library::api;
use crate::tensor::TensorMeta;
use crate::text::intern;
use crate::view::view;

/// Data that may hang on a user meta. The library copies it by `clone` when the buffer's metadata
/// is copied, and drops it when the meta is released, on any thread.
pub trait UserData: Clone + Send + Sync + 'static {}

impl<T: Clone + Send + Sync + 'static> UserData for T {}

/// Kind of a user meta that is not the SDK's own, whose payloads other code reads as C structs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserMetaType(i32);

impl UserMetaType {
    /// The type that the library gives to a name, the same for all code of the process.
    ///
    /// # Errors
    /// Without a usable library.
    pub fn named(name: &CStr) -> Result<Self, Error> {
        let api = api()?;
        // SAFETY: the library keeps the pointer, and an interned text is never freed.
        Ok(Self(unsafe {
            (api.nvds_get_user_meta_type)(intern(name).as_ptr().cast_mut())
        }))
    }

    /// A type by number, `None` below `NVDS_START_USER_META` (8193).
    pub fn new(number: i32) -> Option<Self> {
        (number >= c::NvDsMetaType_NVDS_START_USER_META).then_some(Self(number))
    }

    /// The number.
    pub fn number(self) -> i32 {
        self.0
    }
}

/// Data for a user meta that other code than this crate's made, copies and releases: classes of C++. One that is attached
/// nowhere is lost.
#[cfg(feature = "raw")]
#[derive(Debug)]
pub struct Foreign {
    meta_type: i32,
    data: *mut std::ffi::c_void,
    copy: ForeignCopy,
    release: ForeignRelease,
}

/// Makes the data of a copy: gets the user meta and its `uContext`.
#[cfg(feature = "raw")]
pub type ForeignCopy =
    unsafe extern "C" fn(*mut std::ffi::c_void, *mut std::ffi::c_void) -> *mut std::ffi::c_void;

/// Releases a user meta's data: gets the same.
#[cfg(feature = "raw")]
pub type ForeignRelease = unsafe extern "C" fn(*mut std::ffi::c_void, *mut std::ffi::c_void);

#[cfg(feature = "raw")]
impl Foreign {
    /// Data under a meta type.
    ///
    /// # Safety
    /// The functions must be those of the data, callable on any thread, and readers of user metas of this type must
    /// find in `data` what they expect.
    pub unsafe fn new(
        meta_type: i32,
        data: *mut std::ffi::c_void,
        copy: ForeignCopy,
        release: ForeignRelease,
    ) -> Self {
        Self {
            meta_type,
            data,
            copy,
            release,
        }
    }

    pub(crate) fn into_parts(self) -> Parts {
        Parts {
            meta_type: self.meta_type,
            data: self.data,
            copy: Some(self.copy),
            release: Some(self.release),
        }
    }
}

view! {
    /// A user meta.
    UserMeta of NvDsUserMeta
}

impl<'a> UserMeta<'a> {
    /// Kind of the data: `NvDsMetaType`, or what `nvds_get_user_meta_type` gave.
    pub fn meta_type(&self) -> i32 {
        // SAFETY: a view is made of a live element only.
        unsafe { (*self.raw.as_ptr()).base_meta.meta_type }
    }

    /// The data, whose type only the kind tells; may be NULL.
    #[cfg(feature = "raw")]
    pub fn data(&self) -> *mut std::ffi::c_void {
        self.payload()
    }

    pub(crate) fn payload(&self) -> *mut std::ffi::c_void {
        // SAFETY: a view is made of a live element only.
        unsafe { (*self.raw.as_ptr()).user_meta_data }
    }

    /// The tensors of an inference element, if that is what this meta holds.
    pub fn as_tensor(&self) -> Option<TensorMeta<'a>> {
        if self.meta_type() != c::NvDsMetaType_NVDSINFER_TENSOR_OUTPUT_META {
            return None;
        }
        // SAFETY: metas of this kind hold an NvDsInferTensorMeta, alive as long as the user meta.
        NonNull::new(self.payload().cast())
            .map(|raw| unsafe { TensorMeta::new(raw, self.owner.release) })
    }

    /// Whose the meta is.
    pub(crate) fn batch_owner(&self) -> &'a crate::view::Owner {
        self.owner
    }

    pub(crate) fn raw(&self) -> *mut c::NvDsUserMeta {
        self.raw.as_ptr()
    }
}

/// What a user meta that is to be attached consists of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub meta_type: i32,
    pub data: glib::ffi::gpointer,
    /// Makes the data of a copy of the meta; `None` where a copy has none of it.
    pub copy: c::NvDsMetaCopyFunc,
    pub release: c::NvDsMetaReleaseFunc,
}

impl Parts {
    /// Those of data of this crate's making.
    pub fn of<T: UserData>(meta_type: i32, data: Box<T>) -> Self {
        Self {
            meta_type,
            data: Box::into_raw(data).cast(),
            copy: Some(copy::<T>),
            release: Some(release::<T>),
        }
    }
}

/// Called by the library with the source user meta; returns the data of the copy.
unsafe extern "C" fn copy<T: UserData>(
    data: glib::ffi::gpointer,
    _user_data: glib::ffi::gpointer,
) -> glib::ffi::gpointer {
    let meta = data.cast::<c::NvDsUserMeta>();
    // SAFETY: the library calls this with a user meta of `Parts::of`, so the data is a T.
    let source = unsafe { (*meta).user_meta_data.cast::<T>().as_ref() };
    let Some(source) = source else {
        return std::ptr::null_mut();
    };
    // A panic must not cross into C.
    match catch_unwind(AssertUnwindSafe(|| Box::new(source.clone()))) {
        Ok(copy) => Box::into_raw(copy).cast(),
        Err(_) => std::ptr::null_mut(),
    }
}

/// Called by the library with the user meta, when it goes back to its pool.
pub(crate) unsafe extern "C" fn release<T: 'static>(
    data: glib::ffi::gpointer,
    _user_data: glib::ffi::gpointer,
) {
    let meta = data.cast::<c::NvDsUserMeta>();
    // SAFETY: the library calls this once with a user meta that `fill` or a copy set up.
    let owned = unsafe {
        let owned = (*meta).user_meta_data.cast::<T>();
        (*meta).user_meta_data = std::ptr::null_mut();
        owned
    };
    if !owned.is_null() {
        // SAFETY: made by Box::into_raw, and the field was just cleared.
        let owned = unsafe { Box::from_raw(owned) };
        // A panic must not cross into C; there is nobody to tell.
        catch_unwind(AssertUnwindSafe(|| drop(owned))).ok();
    }
}
