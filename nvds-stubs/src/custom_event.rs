//! `gst_nvevent_*` of gst-nvdscustomevent.h and gst-nvcustomevent.h: what applications tell elements.
//!
//! Names, numbers and fields are those of DeepStream's public headers and source. Of these events, the stand-in `nvdsosd` takes
//! the one for its mode; the others pass through elements that do not know them.

use std::ffi::{CStr, c_char, c_int, c_uint};

use glib::translate::{IntoGlib, IntoGlibPtr};

use crate::helper::Event;

/// Flags of an event that goes downstream in the order of the buffers, and where the number begins.
const SERIALIZED_DOWNSTREAM: u32 = (1 << 1) | (1 << 2);
const NUMBER_SHIFT: u32 = gst::ffi::GST_EVENT_NUM_SHIFT as u32;

/// # Safety
/// `text` is null or a C string that lives on.
unsafe fn text<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: a C string, as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_str().ok()
}

fn event(number: u32, structure: gst::Structure) -> Event {
    let kind = (number << NUMBER_SHIFT) | SERIALIZED_DOWNSTREAM;
    // SAFETY: none of GStreamer's own numbers, of whose events readers would expect certain fields; the event takes a
    // structure that nothing else owns.
    unsafe {
        gst::ffi::gst_event_new_custom(kind as gst::ffi::GstEventType, structure.into_glib_ptr())
    }
}

/// The structure of an event of that number.
///
/// # Safety
/// `event` is null or a GstEvent that lives on during the call.
unsafe fn parse<'a>(event: Event, number: u32) -> Option<&'a gst::StructureRef> {
    if event.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    let event = unsafe { gst::EventRef::from_ptr(event) };
    let found = event.type_().into_glib() as u32 >> NUMBER_SHIFT;
    event.structure().filter(|_| found == number)
}

/// Puts a copy of a text where the caller wants it, to be freed with g_free; null for a text that is missing.
///
/// # Safety
/// `to` is null or may be written.
unsafe fn put_text(to: *mut *mut c_char, value: Option<&str>) {
    if !to.is_null() {
        // SAFETY: as the caller promises; the text is copied.
        unsafe {
            to.write(match value {
                Some(value) => glib::ffi::g_strndup(value.as_ptr().cast(), value.len()),
                None => std::ptr::null_mut(),
            });
        }
    }
}

/// Puts a number where the caller wants it.
///
/// # Safety
/// `to` is null or may be written.
unsafe fn put<T>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: as the caller promises.
        unsafe { to.write(value) };
    }
}

/// Pairs of functions for events with a stream's id and one number.
macro_rules! numbers {
    ($($new:ident $parse:ident $number:literal $name:literal $field:literal $type:ty;)*) => {$(
        #[doc = concat!("An event `", $name, "` with `", $field, "`.")]
        ///
        /// # Safety
        /// `stream_id` is null or a C string.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $new(stream_id: *mut c_char, value: $type) -> Event {
            // SAFETY: as the caller promises.
            let id = unsafe { text(stream_id) };
            event($number, gst::Structure::builder($name).field("stream_id", id).field($field, value).build())
        }

        /// What such an event holds; the id is a copy. Nothing is written for another event.
        ///
        /// # Safety
        /// `event` is null or a GstEvent, the others are null or may be written.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $parse(event: Event, stream_id: *mut *mut c_char, value: *mut $type) {
            // SAFETY: as the caller promises.
            unsafe {
                if let Some(found) = parse(event, $number) {
                    put_text(stream_id, found.get::<Option<&str>>("stream_id").ok().flatten());
                    put(value, found.get($field).unwrap_or(0));
                }
            }
        }
    )*};
}
numbers! {
    gst_nvevent_infer_interval_update gst_nvevent_parse_infer_interval_update 407 "nv-infer-interval-update" "interval" c_uint;
    gst_nvevent_osd_process_mode_update gst_nvevent_parse_osd_process_mode_update 408 "nv-osd-process-mode-update" "process_mode" c_uint;
    gst_nvevent_dec_drop_frame_interval_update gst_nvevent_parse_dec_drop_frame_interval_update 500 "nv-dec-drop-frame-interval-update" "interval" c_uint;
    gst_nvevent_dec_skip_frame_update gst_nvevent_parse_dec_skip_frame_update 501 "nv-dec-skip-frame-update" "frame_type" c_uint;
    gst_nvevent_dec_enable_low_latency_mode gst_nvevent_parse_dec_enable_low_latency_mode 502 "nv-dec-enable-low-latency-mode" "enable" c_int;
    gst_nvevent_enc_bitrate_update gst_nvevent_parse_enc_bitrate_update 503 "nv-enc-bitrate-update" "bitrate" c_uint;
    gst_nvevent_enc_force_idr gst_nvevent_parse_enc_force_idr 504 "nv-enc-force-idr" "force" c_int;
    gst_nvevent_enc_force_intra gst_nvevent_parse_enc_force_intra 505 "nv-enc-force-intra" "force" c_int;
    gst_nvevent_enc_iframeinterval_update gst_nvevent_parse_enc_iframeinterval_update 506 "nv-enc-iframeinterval-update" "interval" c_uint;
}

const TRACKER_CONFIG: u32 = 410;
const ANALYTICS_RELOAD: u32 = 409;

/// An event that names a tracker's configuration.
///
/// # Safety
/// Both are null or C strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvevent_nvtracker_config_update(
    stream_id: *mut c_char,
    config: *mut c_char,
) -> Event {
    // SAFETY: as the caller promises.
    let (id, config) = unsafe { (text(stream_id), text(config)) };
    let structure = gst::Structure::builder("nv-tracker-config-update")
        .field("stream_id", id)
        .field("config_path", config);
    event(TRACKER_CONFIG, structure.build())
}

/// Copies of what such an event holds.
///
/// # Safety
/// `event` is null or a GstEvent, the others are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvevent_parse_nvtracker_config_update(
    event: Event,
    stream_id: *mut *mut c_char,
    config: *mut *mut c_char,
) {
    // SAFETY: as the caller promises.
    unsafe {
        if let Some(found) = parse(event, TRACKER_CONFIG) {
            put_text(
                stream_id,
                found.get::<Option<&str>>("stream_id").ok().flatten(),
            );
            put_text(
                config,
                found.get::<Option<&str>>("config_path").ok().flatten(),
            );
        }
    }
}

/// An event that names the configuration which nvdsanalytics shall read anew.
///
/// # Safety
/// `path` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvevent_analytics_reload_config_update(path: *mut c_char) -> Event {
    // SAFETY: as the caller promises.
    let path = unsafe { text(path) };
    let structure = gst::Structure::builder("nv-analytics-reload_config-update");
    event(
        ANALYTICS_RELOAD,
        structure.field("config_file_path", path).build(),
    )
}

/// A copy of the path.
///
/// # Safety
/// `event` is null or a GstEvent, `path` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvevent_parse_analytics_reload_config_update(
    event: Event,
    path: *mut *mut c_char,
) {
    // SAFETY: as the caller promises.
    unsafe {
        if let Some(found) = parse(event, ANALYTICS_RELOAD) {
            put_text(
                path,
                found.get::<Option<&str>>("config_file_path").ok().flatten(),
            );
        }
    }
}

const ROI_UPDATE: u32 = 406;
/// More regions than any configuration has; a count above it is taken for garbage.
const MOST_REGIONS: u32 = 4096;
/// Bytes of a region's name.
const REGION_NAME: usize = 128;

/// RoiDimension: a region of nvdspreprocess, in pixels.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Region {
    /// Its name, with a zero at the end.
    pub name: [c_char; REGION_NAME],
    /// First column.
    pub left: c_uint,
    /// First row.
    pub top: c_uint,
    /// Columns.
    pub width: c_uint,
    /// Rows.
    pub height: c_uint,
}

impl Region {
    const SIDES: [&str; 4] = ["left", "top", "width", "height"];

    fn name(&self) -> &str {
        // SAFETY: an array, of which all bytes may be read.
        let bytes: &[u8] =
            unsafe { std::slice::from_raw_parts(self.name.as_ptr().cast(), REGION_NAME) };
        let name = CStr::from_bytes_until_nul(bytes).ok();
        name.and_then(|name| name.to_str().ok()).unwrap_or("")
    }
}

/// An event with a source's new regions for nvdspreprocess.
///
/// # Safety
/// `stream_id` is null or a C string; there are `count` regions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvevent_new_roi_update(
    stream_id: *mut c_char,
    count: c_uint,
    regions: *const Region,
) -> Event {
    let count = if regions.is_null() {
        0
    } else {
        count.min(MOST_REGIONS)
    };
    // SAFETY: as the caller promises.
    let id = unsafe { text(stream_id) };
    let mut structure = gst::Structure::builder("nv-roi-update")
        .field("stream_id", id)
        .field("roi-count", count);
    for i in 0..count as usize {
        // SAFETY: as the caller promises.
        let region = unsafe { &*regions.add(i) };
        structure = structure.field(format!("roi_id_{i}"), region.name());
        let sides = [region.left, region.top, region.width, region.height];
        for (name, side) in Region::SIDES.iter().zip(sides) {
            structure = structure.field(format!("{name}_{i}"), side);
        }
    }
    event(ROI_UPDATE, structure.build())
}

/// What such an event holds: copies, to be freed with g_free.
///
/// # Safety
/// `event` is null or a GstEvent, the others are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvevent_parse_roi_update(
    event: Event,
    stream_id: *mut *mut c_char,
    count: *mut c_uint,
    regions: *mut *mut Region,
) {
    // SAFETY: as the caller promises; g_malloc0_n gives room for all regions or ends the program.
    unsafe {
        let Some(found) = parse(event, ROI_UPDATE) else {
            return;
        };
        let number = found.get("roi-count").unwrap_or(0).min(MOST_REGIONS);
        put_text(
            stream_id,
            found.get::<Option<&str>>("stream_id").ok().flatten(),
        );
        put(count, number);
        if regions.is_null() {
            return;
        }
        let list = glib::ffi::g_malloc0_n(number as usize, size_of::<Region>()).cast::<Region>();
        for i in 0..number as usize {
            let region = list.add(i);
            let side = |name: &str| found.get::<u32>(format!("{name}_{i}")).unwrap_or(0);
            let name = found.get::<&str>(format!("roi_id_{i}")).unwrap_or("");
            let length = name.len().min(REGION_NAME - 1);
            (*region)
                .name
                .as_mut_ptr()
                .cast::<u8>()
                .copy_from(name.as_ptr(), length);
            [
                (*region).left,
                (*region).top,
                (*region).width,
                (*region).height,
            ] = Region::SIDES.map(side);
        }
        regions.write(list);
    }
}
