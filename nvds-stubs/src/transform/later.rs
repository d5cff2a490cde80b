//! What would run beside the caller on a GPU, and a thread's settings.

use std::cell::RefCell;
use std::ffi::{c_uint, c_void};
use std::ptr::{NonNull, null_mut};

use super::{
    CompositeParams, INVALID, NvBufSurfTransform, NvBufSurfTransformComposite, SUCCESS, Status,
    TransformParams,
};
use crate::surface::Surface;

/// NvBufSurfTransformConfigParams, likewise.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ConfigParams {
    /// Kept, without effect.
    pub compute_mode: c_uint,
    /// Kept, without effect.
    pub gpu_id: i32,
    /// Kept, without effect.
    pub cuda_stream: *mut c_void,
}

const DEFAULT_SESSION: ConfigParams = ConfigParams {
    compute_mode: 0,
    gpu_id: 0,
    cuda_stream: null_mut(),
};

thread_local! {
    /// What the thread has set; nothing here depends on it.
    static SESSION: RefCell<ConfigParams> = const { RefCell::new(DEFAULT_SESSION) };
}

/// What waits for nothing; never read.
static DONE: u8 = 0;

/// # Safety
/// `object` is null or may be written.
unsafe fn done(status: Status, object: *mut *const u8) -> Status {
    if status == SUCCESS && !object.is_null() {
        // SAFETY: as the caller promises.
        unsafe { object.write(&raw const DONE) };
    }
    status
}

/// As [`NvBufSurfTransform`], done when it returns.
///
/// # Safety
/// As of [`NvBufSurfTransform`]; `object` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfTransformAsync(
    src: Surface,
    dst: Surface,
    params: *const TransformParams,
    object: *mut *const u8,
) -> Status {
    // SAFETY: as the caller promises.
    unsafe { done(NvBufSurfTransform(src, dst, params), object) }
}

/// As [`NvBufSurfTransformComposite`], done when it returns.
///
/// # Safety
/// As of [`NvBufSurfTransformComposite`]; `object` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfTransformCompositeAsync(
    src: Surface,
    dst: Surface,
    params: *const CompositeParams,
    object: *mut *const u8,
) -> Status {
    // SAFETY: as the caller promises.
    unsafe { done(NvBufSurfTransformComposite(src, dst, params), object) }
}

/// There is nothing to wait for.
#[unsafe(no_mangle)]
pub extern "C" fn NvBufSurfTransformSyncObjWait(_object: *const u8, _timeout: u32) -> Status {
    SUCCESS
}

/// Takes the object back.
///
/// # Safety
/// `object` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfTransformSyncObjDestroy(object: *mut *const u8) -> Status {
    if let Some(object) = NonNull::new(object) {
        // SAFETY: as the caller promises.
        unsafe { object.write(std::ptr::null()) };
    }
    SUCCESS
}

/// Keeps what the thread sets; everything is computed by the CPU all the same.
///
/// # Safety
/// `params` is null or an NvBufSurfTransformConfigParams.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfTransformSetSessionParams(params: *const ConfigParams) -> Status {
    if params.is_null() {
        return INVALID;
    }
    // SAFETY: parameters, as the caller promises.
    SESSION.set(unsafe { params.read() });
    SUCCESS
}

/// Gives what the thread has set.
///
/// # Safety
/// `params` is null or an NvBufSurfTransformConfigParams that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfTransformGetSessionParams(params: *mut ConfigParams) -> Status {
    if params.is_null() {
        return INVALID;
    }
    // SAFETY: may be written, as the caller promises.
    unsafe { params.write(SESSION.with_borrow(|session| *session)) };
    SUCCESS
}

/// Forgets what the thread has set.
#[unsafe(no_mangle)]
pub extern "C" fn NvBufSurfTransformSetDefaultSession() -> Status {
    SESSION.set(DEFAULT_SESSION);
    SUCCESS
}
