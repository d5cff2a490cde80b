//! Functions of libraries that reach outside: brokers, recordings. They fail, and say so once.
//!
//! Names, arguments and numbers are those of DeepStream's nvmsgbroker.h and gst-nvdssr.h.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr::null_mut;
use std::sync::Once;

use crate::complain;

/// NV_MSGBROKER_API_ERR.
const BROKER_ERROR: c_int = 1;
/// NVDSSR_STATUS_ERROR.
const RECORD_ERROR: c_int = 3;

/// NvMsgBrokerClientMsg, which is passed by value.
#[repr(C)]
pub struct Message {
    /// Where it shall go.
    pub topic: *mut c_char,
    /// Its bytes.
    pub payload: *mut c_void,
    /// How many.
    pub length: usize,
}

fn once(told: &Once, text: &str) {
    told.call_once(|| complain(text));
}

fn no_broker(function: &str) -> c_int {
    static TOLD: Once = Once::new();
    once(
        &TOLD,
        &format!(
            "{function}: no broker is reached from here; rsmetajson or rspublish in the pipeline writes or sends what was found"
        ),
    );
    BROKER_ERROR
}

fn no_recording(function: &str) -> c_int {
    static TOLD: Once = Once::new();
    once(
        &TOLD,
        &format!(
            "{function}: there is no smart recording here; DeepStream's public gst-nvdssr.c builds beside the stand-ins"
        ),
    );
    RECORD_ERROR
}

/// Null: no broker is connected.
#[unsafe(no_mangle)]
pub extern "C" fn nv_msgbroker_connect(
    _connection: *mut c_char,
    _library: *mut c_char,
    _callback: *const c_void,
    _config: *mut c_char,
) -> *mut c_void {
    no_broker("nv_msgbroker_connect");
    null_mut()
}

/// NV_MSGBROKER_API_ERR: nothing is sent, and the callback is not called.
#[unsafe(no_mangle)]
pub extern "C" fn nv_msgbroker_send_async(
    _handle: *mut c_void,
    _message: Message,
    _callback: *const c_void,
    _user: *mut c_void,
) -> c_int {
    no_broker("nv_msgbroker_send_async")
}

/// NV_MSGBROKER_API_ERR: nothing will come.
#[unsafe(no_mangle)]
pub extern "C" fn nv_msgbroker_subscribe(
    _handle: *mut c_void,
    _topics: *mut *mut c_char,
    _count: c_int,
    _callback: *const c_void,
    _user: *mut c_void,
) -> c_int {
    no_broker("nv_msgbroker_subscribe")
}

/// NV_MSGBROKER_API_ERR: nothing was connected.
#[unsafe(no_mangle)]
pub extern "C" fn nv_msgbroker_disconnect(_handle: *mut c_void) -> c_int {
    BROKER_ERROR
}

/// The version of the interface.
#[unsafe(no_mangle)]
pub extern "C" fn nv_msgbroker_version() -> *const c_char {
    c"2.0".as_ptr()
}

/// NVDSSR_STATUS_ERROR, and a null context.
///
/// # Safety
/// `context` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvDsSRCreate(context: *mut *mut c_void, _params: *mut c_void) -> c_int {
    if !context.is_null() {
        // SAFETY: as the caller promises.
        unsafe { context.write(null_mut()) };
    }
    no_recording("NvDsSRCreate")
}

/// NVDSSR_STATUS_ERROR, and session 0.
///
/// # Safety
/// `session` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvDsSRStart(
    _context: *mut c_void,
    session: *mut u32,
    _start: c_uint,
    _duration: c_uint,
    _user: *mut c_void,
) -> c_int {
    if !session.is_null() {
        // SAFETY: as the caller promises.
        unsafe { session.write(0) };
    }
    no_recording("NvDsSRStart")
}

/// NVDSSR_STATUS_ERROR.
#[unsafe(no_mangle)]
pub extern "C" fn NvDsSRStop(_context: *mut c_void, _session: u32) -> c_int {
    no_recording("NvDsSRStop")
}

/// NVDSSR_STATUS_ERROR.
#[unsafe(no_mangle)]
pub extern "C" fn NvDsSRDestroy(_context: *mut c_void) -> c_int {
    no_recording("NvDsSRDestroy")
}
