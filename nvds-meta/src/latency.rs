//! Measurement of latency: each component leaves a user meta on the batch with the times at which it got and gave a
//! buffer, and the application has them added up.
//!
//! It is on once an environment variable is seen, for good; the variables are looked at whenever an NvDsMeta is added
//! to a buffer.

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{NonNull, copy_nonoverlapping, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use glib_sys::{GFALSE, GTRUE, g_quark_from_string, g_strlcpy, gboolean, gpointer};
use gobject_sys::{G_TYPE_DOUBLE, G_TYPE_INT, G_TYPE_STRING};
use gst_sys::{
    GstBuffer, gst_buffer_add_reference_timestamp_meta, gst_caps_new_simple,
    gst_mini_object_get_qdata, gst_mini_object_set_qdata, gst_mini_object_unref,
};
use nvds_sys as c;
use nvds_sys::{NvDsFrameLatencyInfo, NvDsMetaCompLatency, NvDsUserMeta};

use crate::gst::{gst_buffer_get_nvds_batch_meta, nvds_metas};
use crate::latency_print;
use crate::list;
use crate::message::{Refusal, entry, given};
use crate::pool::{Batch, Kind, Locked, acquire};
use crate::text::{free, zeroed};

static FRAMES: AtomicBool = AtomicBool::new(false);
static COMPONENTS: AtomicBool = AtomicBool::new(false);
static SILENT: AtomicBool = AtomicBool::new(false);

/// Looks at the environment.
pub(crate) fn look() {
    for (name, on) in [
        ("NVDS_ENABLE_LATENCY_MEASUREMENT", &FRAMES),
        ("NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT", &COMPONENTS),
        ("NVDS_LATENCY_MEASUREMENT_SILENT", &SILENT),
    ] {
        if !on.load(Ordering::Relaxed) && std::env::var_os(name).is_some() {
            on.store(true, Ordering::Relaxed);
        }
    }
}

fn is_on() -> bool {
    FRAMES.load(Ordering::Relaxed) || SILENT.load(Ordering::Relaxed)
}

/// Whether NVDS_ENABLE_LATENCY_MEASUREMENT was seen.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_get_enable_latency_measurement() -> gboolean {
    FRAMES.load(Ordering::Relaxed).into()
}

/// Whether NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT was seen.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_get_enable_per_component_latency_measurement() -> gboolean {
    COMPONENTS.load(Ordering::Relaxed).into()
}

/// Whether NVDS_LATENCY_MEASUREMENT_SILENT was seen.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_get_latency_measurement_silent() -> gboolean {
    SILENT.load(Ordering::Relaxed).into()
}

/// Wall clock, in milliseconds since 1970.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_get_current_system_timestamp() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0.0, |now| now.as_micros() as f64 / 1000.0)
}

/// An empty record of a component.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_set_latency_metadata_ptr() -> *mut c_void {
    zeroed(size_of::<NvDsMetaCompLatency>())
}

/// Copies the record of a user meta, as its copy function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_copy_latency_meta(data: gpointer, _user_data: gpointer) -> gpointer {
    entry("nvds_copy_latency_meta", null_mut(), || {
        let meta = given(data.cast::<NvDsUserMeta>(), "data")?;
        // SAFETY: the caller's user meta, whose data is such a record.
        unsafe {
            let record: NonNull<NvDsMetaCompLatency> =
                given((*meta.as_ptr()).user_meta_data.cast(), "user_meta_data")?;
            let copy: *mut NvDsMetaCompLatency = nvds_set_latency_metadata_ptr().cast();
            copy_nonoverlapping(record.as_ptr(), copy, 1);
            Ok(copy.cast())
        }
    })
}

/// Frees the record of a user meta, as its release function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_release_latency_meta(data: gpointer, _user_data: gpointer) {
    entry("nvds_release_latency_meta", (), || {
        let meta = given(data.cast::<NvDsUserMeta>(), "data")?;
        // SAFETY: the caller's user meta, whose data is such a record or NULL.
        unsafe {
            free(std::mem::replace(
                &mut (*meta.as_ptr()).user_meta_data,
                null_mut(),
            ))
        };
        Ok(())
    })
}

/// Notes when a component got a buffer. NULL while nothing is measured and on a buffer without a batch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_set_input_system_timestamp(
    buffer: *mut GstBuffer,
    element_name: *mut c_char,
) -> *mut NvDsUserMeta {
    if !is_on() {
        return null_mut();
    }
    entry("nvds_set_input_system_timestamp", null_mut(), || {
        let buffer = given(buffer, "buffer")?.as_ptr();
        let name = given(element_name, "element_name")?.as_ptr();
        // SAFETY: the caller's buffer and text.
        unsafe {
            let Some(batch) = NonNull::new(gst_buffer_get_nvds_batch_meta(buffer)) else {
                return Ok(null_mut());
            };
            let meta = acquire(batch, Kind::User)?.cast::<NvDsUserMeta>();
            let record: *mut NvDsMetaCompLatency = nvds_set_latency_metadata_ptr().cast();
            g_strlcpy(
                (&raw mut (*record).component_name).cast(),
                name,
                c::MAX_COMPONENT_LEN as usize,
            );
            (*record).in_system_timestamp = nvds_get_current_system_timestamp();
            let raw = meta.as_ptr();
            (*raw).user_meta_data = record.cast();
            (*raw).base_meta.meta_type = c::NvDsMetaType_NVDS_LATENCY_MEASUREMENT_META;
            (*raw).base_meta.copy_func = Some(nvds_copy_latency_meta);
            (*raw).base_meta.release_func = Some(nvds_release_latency_meta);
            gst_mini_object_set_qdata(
                buffer.cast(),
                g_quark_from_string(name),
                record.cast(),
                None,
            );
            list::batch_users(batch)?.add(meta.cast());
            Ok(raw)
        }
    })
}

/// Notes when the component gave the buffer away; FALSE where it did not get this very buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_set_output_system_timestamp(
    buffer: *mut GstBuffer,
    element_name: *mut c_char,
) -> gboolean {
    if !is_on() {
        return GFALSE;
    }
    entry("nvds_set_output_system_timestamp", GFALSE, || {
        let buffer = given(buffer, "buffer")?.as_ptr();
        let name = given(element_name, "element_name")?.as_ptr();
        // SAFETY: the caller's buffer and text. The record is looked for on the batches, since it may be gone while the
        // buffer still names it.
        unsafe {
            let record = gst_mini_object_get_qdata(buffer.cast(), g_quark_from_string(name));
            for meta in nvds_metas(buffer) {
                if (*meta).meta_type != c::GstNvDsMetaType_NVDS_BATCH_GST_META {
                    continue;
                }
                let batch = given((*meta).meta_data.cast(), "the batch")?;
                let _locked = Locked::new(batch);
                let found = records(batch)?
                    .into_iter()
                    .find(|there| there.cast() == record);
                if let Some(found) = found {
                    (*found).out_system_timestamp = nvds_get_current_system_timestamp();
                    return Ok(GTRUE);
                }
            }
            Ok(GFALSE)
        }
    })
}

/// The records on a batch, in their order.
///
/// # Safety
/// The batch must be alive and locked.
unsafe fn records(batch: Batch) -> Result<Vec<*mut NvDsMetaCompLatency>, Refusal> {
    let mut records = Vec::new();
    // SAFETY: as the caller vouches; the type tells what the data is.
    unsafe {
        let mut link = list::batch_users(batch)?.first();
        while let Some(this) = link.as_ref() {
            link = this.next;
            let meta: *mut NvDsUserMeta = this.data.cast();
            if (*meta).base_meta.meta_type == c::NvDsMetaType_NVDS_LATENCY_MEASUREMENT_META
                && !(*meta).user_meta_data.is_null()
            {
                records.push((*meta).user_meta_data.cast());
            }
        }
    }
    Ok(records)
}

/// Whether a record's component is called so, or so and more.
fn begins(name: &[c_char], with: &[u8]) -> bool {
    name.iter()
        .zip(with)
        .all(|(have, want)| *have as u8 == *want)
}

/// Fills `latency_info`, which has max_frames_in_batch entries, with what each frame of the batch took since its
/// decoder got it, and returns how many there are.
///
/// A frame is a record of the mux, and the record of its decoder stands before it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_measure_buffer_latency(
    buf: *mut GstBuffer,
    latency_info: *mut NvDsFrameLatencyInfo,
) -> u32 {
    entry("nvds_measure_buffer_latency", 0, || {
        let buffer = given(buf, "buf")?.as_ptr();
        let info = given(latency_info, "latency_info")?.as_ptr();
        // SAFETY: the caller's buffer, and as many entries as its batch has frames at most.
        unsafe {
            let batch = gst_buffer_get_nvds_batch_meta(buffer);
            let Some(batch) = NonNull::new(batch) else {
                return Err(Refusal::Wrong(
                    "the buffer has no batch; nothing is measured",
                ));
            };
            let _locked = Locked::new(batch);
            let most = (*batch.as_ptr()).max_frames_in_batch as usize;
            info.write_bytes(0, most);
            let entries = std::slice::from_raw_parts_mut(info, most);
            let now = nvds_get_current_system_timestamp();
            let print = COMPONENTS.load(Ordering::Relaxed);
            let mut count = 0;
            for record in records(batch)? {
                let record = &*record;
                let is_mux = begins(&record.component_name, b"nvstreammux-");
                if print {
                    latency_print::component(record, is_mux);
                }
                let Some(entry) = entries.get_mut(count) else {
                    continue;
                };
                if begins(&record.component_name, b"nvv4l2decode")
                    || begins(&record.component_name, b"audiodecoder")
                {
                    entry.comp_in_timestamp = record.in_system_timestamp;
                }
                if is_mux {
                    entry.source_id = record.source_id;
                    entry.frame_num = record.frame_num;
                    count += 1;
                }
            }
            for entry in &mut entries[..count] {
                entry.latency = now - entry.comp_in_timestamp;
            }
            Ok(count as u32)
        }
    })
}

/// Leaves a GstReferenceTimestampMeta of caps `any` with the component's name, the frame's number and the time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_add_reference_timestamp_meta(
    buffer: *mut GstBuffer,
    element_name: *mut c_char,
    frame_id: u32,
) {
    entry("nvds_add_reference_timestamp_meta", (), || {
        let buffer = given(buffer, "buffer")?.as_ptr();
        let name: &CStr = {
            let name = given(element_name, "element_name")?;
            // SAFETY: the caller's text.
            unsafe { CStr::from_ptr(name.as_ptr()) }
        };
        let now = nvds_get_current_system_timestamp();
        // SAFETY: names, types and values of fields, and NULL at the end; the buffer is the caller's.
        unsafe {
            let caps = gst_caps_new_simple(
                c"any".as_ptr(),
                c"component_name".as_ptr(),
                G_TYPE_STRING,
                name.as_ptr(),
                c"frame_num".as_ptr(),
                G_TYPE_INT,
                frame_id,
                c"in_timestamp".as_ptr(),
                G_TYPE_DOUBLE,
                now,
                c"out_timestamp".as_ptr(),
                G_TYPE_DOUBLE,
                now,
                null_mut::<c_void>(),
            );
            gst_buffer_add_reference_timestamp_meta(buffer, caps, 0, 0);
            gst_mini_object_unref(caps.cast());
        }
        Ok(())
    })
}
