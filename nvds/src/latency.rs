//! DeepStream's latency measurement, switched on by NVDS_ENABLE_LATENCY_MEASUREMENT.
//!
//! Each component leaves a user meta on the batch with the times at which it got and gave the
//! buffer; a mux leaves one for each frame, and one for the decoder that the frame came from.
//! Applications have `nvds_measure_buffer_latency` add them up. Without the variable nothing here
//! has an effect.
//!
//! Source: public nvds_latency_meta.h and gst-nvmultistream2 of DeepStream 9.1.

use std::ffi::{CStr, CString};
use std::ptr::{addr_of, addr_of_mut};
use std::time::{SystemTime, UNIX_EPOCH};

use nvds_sys as c;

use crate::library::api;

/// What one component measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Name of the element, in the measurement's spelling.
    pub name: CString,
    /// When it got the buffer; see [`now`].
    pub since: f64,
    /// When it gave it away.
    pub until: f64,
    /// The frame, where the component works on single frames; zeros elsewhere.
    pub frame: FrameKey,
}

/// A frame, as the measurement names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameKey {
    /// Number of the source.
    pub source_id: u32,
    /// Number of the mux's sink pad.
    pub pad_index: u32,
    /// Number of the frame within its source.
    pub frame_num: u32,
}

/// The measurement's clock: wall-clock milliseconds since 1970.
pub fn now() -> f64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    time.map_or(0.0, |time| time.as_micros() as f64 / 1000.0)
}

/// Whether the environment asks for the measurement. The library looks by itself, but only when the
/// first batch is made; what lies before a mux has to look earlier.
pub fn is_enabled() -> bool {
    [
        "NVDS_ENABLE_LATENCY_MEASUREMENT",
        "NVDS_LATENCY_MEASUREMENT_SILENT",
    ]
    .iter()
    .any(|name| std::env::var_os(name).is_some())
}

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

/// Adds a component with given times to the batch of a buffer. Without the measurement, or without a
/// batch, nothing happens.
pub fn add_component(buffer: &gst::BufferRef, component: &Component) {
    let Ok(Some(stamp)) = api().map(|l| l.nvds_set_input_system_timestamp) else {
        return;
    };
    let Ok(Some(batch)) = crate::Batch::from_buffer(buffer) else {
        return;
    };
    // The user meta is on its list before it is complete.
    let _locked = batch.lock();
    // SAFETY: the buffer is alive; the function copies the name and returns NULL or a user meta
    // whose data is an NvDsMetaCompLatency, which goes at least to `pad_index` in all releases.
    unsafe {
        let name = component.name.as_ptr().cast_mut();
        let Some(user) = stamp(buffer.as_ptr().cast_mut(), name).as_ref() else {
            return;
        };
        let data = user.user_meta_data.cast::<c::NvDsMetaCompLatency>();
        addr_of_mut!((*data).in_system_timestamp).write(component.since);
        addr_of_mut!((*data).out_system_timestamp).write(component.until);
        addr_of_mut!((*data).source_id).write(component.frame.source_id);
        addr_of_mut!((*data).pad_index).write(component.frame.pad_index);
        addr_of_mut!((*data).frame_num).write(component.frame.frame_num);
    }
}

/// The component that a batch's user meta tells about; `None` for a user meta of another kind.
pub fn component(meta: &crate::UserMeta<'_>) -> Option<Component> {
    if meta.meta_type() != c::NvDsMetaType_NVDS_LATENCY_MEASUREMENT_META || meta.payload().is_null()
    {
        return None;
    }
    let data = meta.payload().cast::<c::NvDsMetaCompLatency>();
    // SAFETY: metas of this type hold this struct, at least to `pad_index` in all releases.
    unsafe {
        let name = addr_of!((*data).component_name).read();
        let name: Vec<u8> = name
            .iter()
            .map(|b| *b as u8)
            .take_while(|b| *b != 0)
            .collect();
        Some(Component {
            name: CString::new(name).unwrap_or_default(),
            since: addr_of!((*data).in_system_timestamp).read(),
            until: addr_of!((*data).out_system_timestamp).read(),
            frame: FrameKey {
                source_id: addr_of!((*data).source_id).read(),
                pad_index: addr_of!((*data).pad_index).read(),
                frame_num: addr_of!((*data).frame_num).read(),
            },
        })
    }
}
