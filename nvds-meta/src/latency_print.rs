//! The lines about single components, which NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT asks for, with the keys that
//! programs look for in NVIDIA's.

use std::ffi::{CString, c_char};

use glib_sys::g_print;
use nvds_sys::NvDsMetaCompLatency;

/// Prints a record; one of the mux tells the frame too.
pub(crate) fn component(record: &NvDsMetaCompLatency, is_mux: bool) {
    let frame = if is_mux {
        format!(
            " source_id = {} pad_index = {} frame_num = {}",
            record.source_id, record.pad_index, record.frame_num
        )
    } else {
        String::new()
    };
    let latency = if is_mux {
        "component_latency"
    } else {
        "component latency"
    };
    let line = format!(
        "Comp name = {}{frame} in_system_timestamp = {:.6} out_system_timestamp = {:.6} {latency} = {:.6}\n",
        name(&record.component_name),
        record.in_system_timestamp,
        record.out_system_timestamp,
        record.out_system_timestamp - record.in_system_timestamp
    );
    if let Ok(line) = CString::new(line) {
        // SAFETY: a format for the one text.
        unsafe { g_print(c"%s".as_ptr(), line.as_ptr()) };
    }
}

/// A text of at most this many bytes.
fn name(bytes: &[c_char]) -> String {
    let bytes: Vec<u8> = bytes
        .iter()
        .map(|byte| *byte as u8)
        .take_while(|byte| *byte != 0)
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
