//! DeepStream's latency measurement, switched on by NVDS_ENABLE_LATENCY_MEASUREMENT.

use std::ffi::CStr;

use crate::library::api;

/// Marks the time at which an element gets a buffer; without the measurement nothing happens.
pub fn stamp_input(buffer: &gst::BufferRef, element: &CStr) {
    if let Ok(Some(stamp)) = api().map(|l| l.nvds_set_input_system_timestamp) {
        // SAFETY: the buffer is alive; the function copies the name and, with the measurement on,
        // adds a user meta to the batch under the batch's own lock.
        unsafe { stamp(buffer.as_ptr().cast_mut(), element.as_ptr().cast_mut()) };
    }
}

/// Marks the time at which an element passes a buffer on; see [`stamp_input`].
pub fn stamp_output(buffer: &gst::BufferRef, element: &CStr) {
    if let Ok(Some(stamp)) = api().map(|l| l.nvds_set_output_system_timestamp) {
        // SAFETY: the buffer is alive; the function copies the name and, with the measurement on,
        // adds a user meta to the batch under the batch's own lock.
        unsafe { stamp(buffer.as_ptr().cast_mut(), element.as_ptr().cast_mut()) };
    }
}
