//! A CUDA runtime and driver without a device: each function says so, and gives nothing.
//!
//! One library under the names libcudart.so.* and libcuda.so.1. It has what applications ask of CUDA before and beside
//! DeepStream's elements: is there a device, what can it do, memory and streams. Whoever goes on without looking at the error
//! finds null pointers and zeros, not what was in memory before.

#![allow(non_snake_case)]

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

/// cudaErrorNoDevice and CUDA_ERROR_NO_DEVICE.
const NO_DEVICE: c_int = 100;
/// cudaErrorInvalidValue and CUDA_ERROR_INVALID_VALUE.
const INVALID_VALUE: c_int = 1;
/// What all releases' cudaDeviceProp have at least, in bytes. All that applications look at (`integrated`) lies in it.
const PROPERTIES: usize = 640;

/// Puts a value where the caller wants it.
///
/// # Safety
/// `to` is null or points to a `T` that may be written.
unsafe fn put<T>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: as the caller promises.
        unsafe { to.write(value) };
    }
}

fn text(error: c_int) -> &'static CStr {
    match error {
        0 => c"no error",
        INVALID_VALUE => c"invalid argument",
        NO_DEVICE => c"no CUDA-capable device is detected",
        _ => c"unrecognized error code",
    }
}

fn name(
    error: c_int,
    no_error: &'static CStr,
    invalid: &'static CStr,
    no_device: &'static CStr,
) -> &'static CStr {
    match error {
        0 => no_error,
        INVALID_VALUE => invalid,
        NO_DEVICE => no_device,
        _ => c"unrecognized error code",
    }
}

/// The text of an error.
#[unsafe(no_mangle)]
pub extern "C" fn cudaGetErrorString(error: c_int) -> *const c_char {
    text(error).as_ptr()
}

/// The name of an error.
#[unsafe(no_mangle)]
pub extern "C" fn cudaGetErrorName(error: c_int) -> *const c_char {
    name(
        error,
        c"cudaSuccess",
        c"cudaErrorInvalidValue",
        c"cudaErrorNoDevice",
    )
    .as_ptr()
}

/// The text of an error, null for an unknown one.
///
/// # Safety
/// `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetErrorString(error: c_int, to: *mut *const c_char) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { put(to, text(error).as_ptr()) };
    0
}

/// The name of an error.
///
/// # Safety
/// `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetErrorName(error: c_int, to: *mut *const c_char) -> c_int {
    let name = name(
        error,
        c"CUDA_SUCCESS",
        c"CUDA_ERROR_INVALID_VALUE",
        c"CUDA_ERROR_NO_DEVICE",
    );
    // SAFETY: as the caller promises.
    unsafe { put(to, name.as_ptr()) };
    0
}

/// Zeros, and no device.
///
/// # Safety
/// `properties` is null or points to a cudaDeviceProp.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cudaGetDeviceProperties(properties: *mut c_void, _device: c_int) -> c_int {
    if !properties.is_null() {
        // SAFETY: a cudaDeviceProp of any release has as many bytes.
        unsafe { properties.cast::<u8>().write_bytes(0, PROPERTIES) };
    }
    NO_DEVICE
}

/// As [`cudaGetDeviceProperties`], which is compiled to this name from CUDA 12 on.
///
/// # Safety
/// `properties` is null or points to a cudaDeviceProp.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cudaGetDeviceProperties_v2(
    properties: *mut c_void,
    device: c_int,
) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { cudaGetDeviceProperties(properties, device) }
}

/// Functions whose first argument is where a number goes: 0, and no device.
macro_rules! numbers {
    ($($name:ident)*) => {$(
        /// 0, and the error that there is no device.
        ///
        /// # Safety
        /// `to` is null or may be written.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(to: *mut c_int) -> c_int {
            // SAFETY: as the caller promises.
            unsafe { put(to, 0) };
            NO_DEVICE
        }
    )*};
}
numbers! { cudaGetDeviceCount cudaGetDevice cudaDeviceGetAttribute cuDeviceGetCount cuDeviceGet cuDeviceGetAttribute }

/// Functions whose first argument is where a pointer goes: null, and no device.
macro_rules! pointers {
    ($($name:ident)*) => {$(
        /// Null, and the error that there is no device.
        ///
        /// # Safety
        /// `to` is null or may be written.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(to: *mut *mut c_void) -> c_int {
            // SAFETY: as the caller promises.
            unsafe { put(to, std::ptr::null_mut()) };
            NO_DEVICE
        }
    )*};
}
pointers! {
    cudaMalloc cudaMallocHost cudaHostAlloc cudaMallocManaged cudaMallocPitch cudaMallocAsync
    cudaStreamCreate cudaStreamCreateWithFlags cudaStreamCreateWithPriority cudaEventCreate cudaEventCreateWithFlags
    cuCtxCreate_v2 cuCtxGetCurrent cuDevicePrimaryCtxRetain
}

/// Functions that give nothing.
macro_rules! nothing {
    ($($name:ident)*) => {$(
        /// The error that there is no device.
        #[unsafe(no_mangle)]
        pub extern "C" fn $name() -> c_int {
            NO_DEVICE
        }
    )*};
}
nothing! {
    cudaSetDevice cudaSetDeviceFlags cudaDeviceSynchronize cudaDeviceReset cudaMemcpy cudaMemcpyAsync cudaMemcpy2D cudaMemcpy2DAsync
    cudaMemset cudaMemsetAsync cudaMemset2D cudaMemGetInfo cudaStreamSynchronize cudaStreamWaitEvent cudaEventRecord cudaEventSynchronize
    cudaEventElapsedTime cudaLaunchKernel cuInit cuCtxSetCurrent cuCtxPushCurrent_v2 cuCtxPopCurrent_v2 cuCtxSynchronize
}

/// Functions that take back what was never given.
macro_rules! releases {
    ($($name:ident)*) => {$(
        /// Nothing was given, so nothing is freed: no error.
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(_what: *mut c_void) -> c_int {
            0
        }
    )*};
}
releases! { cudaFree cudaFreeHost cudaFreeAsync cudaStreamDestroy cudaEventDestroy cuCtxDestroy_v2 }

/// Functions that tell the last error.
macro_rules! errors {
    ($($name:ident)*) => {$(
        /// The error that there is no device, whatever was called before.
        #[unsafe(no_mangle)]
        pub extern "C" fn $name() -> c_int {
            NO_DEVICE
        }
    )*};
}
errors! { cudaGetLastError cudaPeekAtLastError }

/// Functions that tell a version: 0 where no driver is.
macro_rules! versions {
    ($($name:ident)*) => {$(
        /// Version 0: there is no driver.
        ///
        /// # Safety
        /// `to` is null or may be written.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(to: *mut c_int) -> c_int {
            if to.is_null() {
                return INVALID_VALUE;
            }
            // SAFETY: as the caller promises.
            unsafe { put(to, 0) };
            0
        }
    )*};
}
versions! { cudaDriverGetVersion cudaRuntimeGetVersion cuDriverGetVersion }

/// How many threads have a primary context of a device: there is none.
///
/// # Safety
/// `flags` and `active` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDevicePrimaryCtxGetState(
    _device: c_int,
    flags: *mut c_uint,
    active: *mut c_int,
) -> c_int {
    // SAFETY: as the caller promises.
    unsafe {
        put(flags, 0);
        put(active, 0);
    }
    NO_DEVICE
}

/// CUDA_ERROR_NOT_FOUND, and how a query of a function tells that there is none.
const NOT_FOUND: (c_int, c_int) = (500, 1);

/// The driver's functions by the names that programs ask for, without the numbers of their versions.
fn driver_function(name: &[u8]) -> Option<*const c_void> {
    macro_rules! table {
        ($($asked:literal $function:ident)*) => {
            match name { $($asked => Some($function as *const c_void),)* _ => None }
        };
    }
    table! {
        b"cuInit" cuInit
        b"cuDriverGetVersion" cuDriverGetVersion
        b"cuGetErrorString" cuGetErrorString
        b"cuGetErrorName" cuGetErrorName
        b"cuDeviceGetCount" cuDeviceGetCount
        b"cuDeviceGet" cuDeviceGet
        b"cuDeviceGetAttribute" cuDeviceGetAttribute
        b"cuDevicePrimaryCtxRetain" cuDevicePrimaryCtxRetain
        b"cuDevicePrimaryCtxGetState" cuDevicePrimaryCtxGetState
        b"cuCtxCreate" cuCtxCreate_v2
        b"cuCtxDestroy" cuCtxDestroy_v2
        b"cuCtxGetCurrent" cuCtxGetCurrent
        b"cuCtxSetCurrent" cuCtxSetCurrent
        b"cuCtxPushCurrent" cuCtxPushCurrent_v2
        b"cuCtxPopCurrent" cuCtxPopCurrent_v2
        b"cuCtxSynchronize" cuCtxSynchronize
        b"cuGetProcAddress" cuGetProcAddress_v2
    }
}

/// The address of a function of the driver, as cuda-python asks for them; null for one that is not here.
///
/// # Safety
/// `symbol` is null or a C string, the pointers are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetProcAddress_v2(
    symbol: *const c_char,
    function: *mut *const c_void,
    _version: c_int,
    _flags: u64,
    status: *mut c_int,
) -> c_int {
    if symbol.is_null() || function.is_null() {
        return INVALID_VALUE;
    }
    // SAFETY: a C string, as the caller promises.
    let found = driver_function(unsafe { CStr::from_ptr(symbol) }.to_bytes());
    let (error, told) = if found.is_some() { (0, 0) } else { NOT_FOUND };
    // SAFETY: as the caller promises.
    unsafe {
        put(function, found.unwrap_or(std::ptr::null()));
        put(status, told);
    }
    error
}
