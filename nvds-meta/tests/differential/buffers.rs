//! Steps on GstBuffers.

use std::ffi::CStr;
use std::ptr::null_mut;

use glib_sys::g_quark_from_string;
use gst_sys::{
    GstBuffer, GstCaps, GstMeta, GstMiniObject, GstReferenceTimestampMeta,
    gst_buffer_add_parent_buffer_meta, gst_buffer_add_reference_timestamp_meta,
    gst_buffer_copy_deep, gst_buffer_copy_region, gst_buffer_iterate_meta, gst_buffer_new_allocate,
    gst_caps_get_structure, gst_caps_new_empty_simple, gst_mini_object_copy,
    gst_mini_object_get_qdata, gst_mini_object_make_writable, gst_mini_object_ref,
    gst_mini_object_unref, gst_structure_get_double, gst_structure_get_name,
    gst_structure_to_string,
};
use nvds_sys::{
    NvDsBatchMeta, NvDsFrameLatencyInfo, NvDsMeta, NvDsMetaCompLatency, NvDsMetaCopyFunc,
    NvDsMetaReleaseFunc, NvDsUserMeta,
};

use crate::callbacks::{copy_name, for_custom, for_user, next, note, release_name};
use crate::driver::{Driver, pick};
use crate::elements::data;
use crate::library::P;

const COMPONENTS: [&CStr; 5] = [
    c"nvv4l2decoder0",
    c"nvstreammux-mux",
    c"nvinfer0",
    c"nvosd",
    c"audiodecoder1",
];

type Add = unsafe extern "C" fn(
    *mut GstBuffer,
    P,
    P,
    NvDsMetaCopyFunc,
    NvDsMetaReleaseFunc,
) -> *mut NvDsMeta;

/// # Safety
/// The buffer must be alive.
unsafe fn metas(buffer: *mut GstBuffer) -> Vec<*mut GstMeta> {
    let mut found = Vec::new();
    let mut state = null_mut();
    // SAFETY: as the caller vouches.
    while let Some(meta) = unsafe { gst_buffer_iterate_meta(buffer, &raw mut state).as_mut() } {
        found.push(&raw mut *meta);
    }
    found
}

/// Name of a meta's API.
///
/// # Safety
/// The meta must be alive.
unsafe fn api(meta: *mut GstMeta) -> String {
    // SAFETY: as the caller vouches.
    unsafe {
        let name = gobject_sys::g_type_name((*(*meta).info).api);
        CStr::from_ptr(name).to_string_lossy().into_owned()
    }
}

/// The batches on a buffer.
///
/// # Safety
/// The buffer must be alive.
pub unsafe fn batches(buffer: *mut GstBuffer) -> Vec<*mut NvDsBatchMeta> {
    let mut found = Vec::new();
    // SAFETY: as the caller vouches.
    unsafe {
        for meta in metas(buffer) {
            if api(meta) == "NvDsMetaAPI" {
                let meta: *mut NvDsMeta = meta.cast();
                if (*meta).meta_type == 4097 {
                    found.push((*meta).meta_data.cast());
                }
            }
        }
    }
    found
}

/// # Safety
/// The names and numbers are those of [`Driver::step`].
pub unsafe fn step(driver: &mut Driver, name: &str, [a, b, c, d]: [u32; 4]) -> Option<()> {
    // SAFETY: functions of the library and of GStreamer on the driver's own buffers.
    unsafe {
        match name {
            "buffer" if driver.buffers.len() < 3 => {
                driver
                    .buffers
                    .push(gst_buffer_new_allocate(null_mut(), 16, null_mut()));
            }
            "buffer_batch" | "buffer_audio" if driver.all().len() < 6 => {
                let buffer = pick(&driver.buffers, a)?;
                let kind = if name == "buffer_audio" { "_audio" } else { "" };
                let batch = driver.made(1 + b % 3, &format!("nvds_create{kind}_batch_meta"));
                let function = |act| format!("nvds{kind}_batch_meta_{act}_func");
                let add: Add = driver.library.function("gst_buffer_add_nvds_meta");
                let copy = driver.library.function(&function("copy"));
                let release = driver.library.function(&function("release"));
                let meta = add(buffer, batch.cast(), 5 as P, copy, release);
                // Until then NVIDIA's library leaves what was in memory.
                (*meta).meta_type = 4097;
                (*meta).gst_to_nvds_meta_transform_func = None;
                (*meta).gst_to_nvds_meta_release_func = None;
            }
            "buffer_custom" => {
                let buffer = pick(&driver.buffers, a)?;
                let (copy, free) = for_custom(b);
                let add: Add = driver.library.function("gst_buffer_add_nvds_meta");
                let meta = add(buffer, next(), next(), copy, free);
                (*meta).meta_type = [4096, 4098, 4099][c as usize % 3];
                let (copy, release) = for_user(d);
                (*meta).gst_to_nvds_meta_transform_func = copy;
                (*meta).gst_to_nvds_meta_release_func = release;
            }
            "buffer_foreign" => {
                let buffer = pick(&driver.buffers, a)?;
                if b.is_multiple_of(2) {
                    let caps = gst_caps_new_empty_simple(c"timestamp/x-test".as_ptr());
                    gst_buffer_add_reference_timestamp_meta(
                        buffer,
                        caps,
                        u64::from(c),
                        u64::from(d),
                    );
                    gst_mini_object_unref(caps.cast());
                } else {
                    // Its API is about memory.
                    let other = gst_buffer_new_allocate(null_mut(), 4, null_mut());
                    gst_buffer_add_parent_buffer_meta(buffer, other);
                    gst_mini_object_unref(other.cast());
                }
            }
            "buffer_copy" if driver.all().len() < 6 && driver.buffers.len() < 4 => {
                let buffer = pick(&driver.buffers, a)?;
                let object: *mut GstMiniObject = buffer.cast();
                match b % 4 {
                    0 => driver.buffers.push(gst_mini_object_copy(object).cast()),
                    1 => driver.buffers.push(gst_buffer_copy_deep(buffer)),
                    2 => {
                        let metas = gst_sys::GST_BUFFER_COPY_META;
                        driver
                            .buffers
                            .push(gst_buffer_copy_region(buffer, metas, 0, usize::MAX));
                    }
                    _ => {
                        gst_mini_object_ref(object);
                        driver
                            .buffers
                            .push(gst_mini_object_make_writable(object).cast());
                    }
                }
            }
            "buffer_drop" => {
                let buffer = pick(&driver.buffers, a)?;
                driver.buffers.retain(|other| *other != buffer);
                gst_mini_object_unref(buffer.cast());
            }
            "buffer_to_frame" | "buffer_to_audio" => {
                let audio = name == "buffer_to_audio";
                let buffer = pick(&driver.buffers, a)?;
                let batch = pick(&driver.of_kind(audio), b)?;
                let frame = pick(&data((*batch).frame_meta_list), c)?;
                let kind = if audio { "_audio" } else { "" };
                let function = format!("nvds_copy_gst_meta_to{kind}_frame_meta");
                driver
                    .library
                    .run3(&function, buffer.cast(), batch.cast(), frame);
            }
            "reference" => {
                let buffer = pick(&driver.buffers, a)?;
                let add: unsafe extern "C" fn(*mut GstBuffer, P, u32) =
                    driver.library.function("nvds_add_reference_timestamp_meta");
                add(buffer, component(b), c);
            }
            "latency_in" => {
                let buffer = pick(&driver.buffers, a)?;
                let meta = driver.library.get2(
                    "nvds_set_input_system_timestamp",
                    buffer.cast(),
                    component(b),
                );
                if let Some(meta) = meta.cast::<NvDsUserMeta>().as_ref() {
                    let record: *mut NvDsMetaCompLatency = meta.user_meta_data.cast();
                    (*record).source_id = c;
                    (*record).frame_num = d;
                    (*record).pad_index = b;
                }
                note(format!("stamped {}", !meta.is_null()));
            }
            "latency_out" => {
                let buffer = pick(&driver.buffers, a)?;
                // NVIDIA's library writes to a record that was freed.
                let quark = g_quark_from_string(component(b).cast());
                let record = gst_mini_object_get_qdata(buffer.cast(), quark);
                let mut there = batches(buffer).into_iter().flat_map(|batch| records(batch));
                if !record.is_null() && !there.any(|found| found.cast() == record) {
                    return None;
                }
                let done = driver.library.number2(
                    "nvds_set_output_system_timestamp",
                    buffer.cast(),
                    component(b),
                );
                note(format!("stamped {done}"));
            }
            "latency_measure" => measure(driver, pick(&driver.buffers, a)?)?,
            _ => return None,
        }
    }
    Some(())
}

fn component(number: u32) -> P {
    COMPONENTS[number as usize % COMPONENTS.len()]
        .as_ptr()
        .cast_mut()
        .cast()
}

/// The records on a batch.
///
/// # Safety
/// The batch must be alive.
unsafe fn records(batch: *mut NvDsBatchMeta) -> Vec<*mut NvDsMetaCompLatency> {
    // SAFETY: as the caller vouches.
    unsafe {
        let users = data((*batch).batch_user_meta_list)
            .into_iter()
            .map(<P>::cast::<NvDsUserMeta>);
        users
            .filter(|user| (**user).base_meta.meta_type == 11)
            .map(|user| (*user).user_meta_data.cast())
            .collect()
    }
}

/// # Safety
/// The record must be alive.
unsafe fn component_of(record: *mut NvDsMetaCompLatency) -> String {
    // SAFETY: as the caller vouches; the name ends with a zero.
    unsafe {
        let name = (&raw const (*record).component_name).cast();
        CStr::from_ptr(name).to_string_lossy().into_owned()
    }
}

/// # Safety
/// The buffer must be alive.
unsafe fn measure(driver: &Driver, buffer: *mut GstBuffer) -> Option<()> {
    // SAFETY: as the caller vouches; there are entries enough.
    unsafe {
        let batch: *mut NvDsBatchMeta = driver
            .library
            .get1("gst_buffer_get_nvds_batch_meta", buffer.cast())
            .cast();
        let records = records(batch.as_mut()?);
        let muxes = records
            .iter()
            .filter(|record| component_of(**record).starts_with("nvstreammux-"));
        // NVIDIA's library writes behind the end.
        if muxes.count() > (*batch).max_frames_in_batch as usize {
            return None;
        }
        let mut entries: [NvDsFrameLatencyInfo; 64] = std::mem::zeroed();
        let list: P = entries.as_mut_ptr().cast();
        let count = driver
            .library
            .number2("nvds_measure_buffer_latency", buffer.cast(), list);
        for entry in &entries[..count as usize] {
            let from = records
                .iter()
                .position(|r| (**r).in_system_timestamp == entry.comp_in_timestamp);
            note(format!(
                "frame {} {} since record {from:?} took time {}",
                entry.source_id,
                entry.frame_num,
                entry.latency >= 0.0
            ));
        }
        note(format!("measured {count}"));
    }
    Some(())
}

/// Describes the library's own data of a user meta.
///
/// # Safety
/// A user meta in use.
pub unsafe fn describe_user(driver: &mut Driver, element: P) -> String {
    // SAFETY: as the caller vouches; the type tells what the data is.
    unsafe {
        let user: *mut NvDsUserMeta = element.cast();
        let data = (*user).user_meta_data;
        match (*user).base_meta.meta_type {
            _ if data.is_null() => String::new(),
            11 => {
                let record: *mut NvDsMetaCompLatency = data.cast();
                format!(
                    " record {:?} in {} out {} {} {} {} parts {}",
                    component_of(record),
                    (*record).in_system_timestamp > 1e12,
                    (*record).out_system_timestamp > 1e12,
                    (*record).source_id,
                    (*record).frame_num,
                    (*record).pad_index,
                    (*record).num_sub_comps
                )
            }
            4100 => {
                let buffer: *mut GstBuffer = data.cast();
                let memory = gst_sys::gst_buffer_n_memory(buffer);
                let metas = describe_metas(driver, buffer).join("; ");
                format!(
                    " buffer of {memory} memories and {}: {metas}",
                    (*buffer).mini_object.refcount
                )
            }
            _ => String::new(),
        }
    }
}

/// # Safety
/// The buffer must be alive.
unsafe fn describe_metas(driver: &mut Driver, buffer: *mut GstBuffer) -> Vec<String> {
    let all = driver.all();
    let mut lines = Vec::new();
    // SAFETY: as the caller vouches.
    unsafe {
        for meta in metas(buffer) {
            let api = api(meta);
            let more = match api.as_str() {
                "NvDsMetaAPI" => {
                    let meta: *mut NvDsMeta = meta.cast();
                    let is_batch = (*meta).meta_type == 4097;
                    let data = match is_batch {
                        true => format!(
                            "batch {:?}",
                            all.iter()
                                .position(|batch| *batch == (*meta).meta_data.cast())
                        ),
                        false => format!("{}", (*meta).meta_data as usize),
                    };
                    format!(
                        "type {} data {data} and {} functions {} {} hooks {} {}",
                        (*meta).meta_type,
                        (*meta).user_data as usize,
                        copy_name((*meta).copyfunc),
                        release_name((*meta).freefunc),
                        copy_name((*meta).gst_to_nvds_meta_transform_func),
                        release_name((*meta).gst_to_nvds_meta_release_func),
                    )
                }
                "GstReferenceTimestampMetaAPI" => {
                    let meta: *mut GstReferenceTimestampMeta = meta.cast();
                    format!(
                        "{} {} {}",
                        (*meta).timestamp,
                        (*meta).duration,
                        caps((*meta).reference)
                    )
                }
                _ => String::new(),
            };
            lines.push(format!("{api} {more}"));
        }
    }
    lines
}

/// Caps without the times in them.
///
/// # Safety
/// The caps must be alive.
unsafe fn caps(caps: *mut GstCaps) -> String {
    // SAFETY: as the caller vouches.
    unsafe {
        let structure = gst_caps_get_structure(caps, 0);
        let mut times = [0.0, 0.0];
        let names = [c"in_timestamp", c"out_timestamp"];
        for (name, time) in names.iter().zip(&mut times) {
            gst_structure_get_double(structure, name.as_ptr(), time);
        }
        let text = gst_structure_to_string(structure);
        let fields: Vec<String> = CStr::from_ptr(text)
            .to_string_lossy()
            .split(", ")
            .map(|field| {
                field
                    .split("=(double)")
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect();
        glib_sys::g_free(text.cast());
        let name = CStr::from_ptr(gst_structure_get_name(structure)).to_string_lossy();
        format!(
            "{name} {fields:?} same time {} set {}",
            times[0] == times[1],
            times[0] > 1e12
        )
    }
}

/// Describes the driver's buffers.
pub fn describe(driver: &mut Driver, lines: &mut Vec<String>) {
    for (number, buffer) in driver.buffers.clone().into_iter().enumerate() {
        // SAFETY: the driver's own buffers.
        unsafe {
            let batch = driver
                .library
                .get1("gst_buffer_get_nvds_batch_meta", buffer.cast());
            let batch = driver.all().iter().position(|other| *other == batch.cast());
            let first = driver
                .library
                .get1("gst_buffer_get_nvds_meta", buffer.cast());
            let first = metas(buffer).iter().position(|meta| *meta == first.cast());
            let flags = (*buffer).mini_object.flags & gst_sys::GST_MINI_OBJECT_FLAG_LOCKABLE;
            lines.push(format!(
                "buffer {number}: batch {batch:?} first {first:?} lockable {flags}"
            ));
            lines.extend(
                describe_metas(driver, buffer)
                    .into_iter()
                    .map(|line| format!(" {line}")),
            );
        }
    }
}
