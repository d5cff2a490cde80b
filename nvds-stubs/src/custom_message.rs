//! `gst_nvmessage_*` of gst-nvdscustommessage.h: sources that come and go, and ends that elements ask for.
//!
//! Names and fields are those of DeepStream's public header and source. Texts of what is parsed belong to the message.

use std::ffi::{CStr, c_char, c_int, c_uint};

use glib::translate::IntoGlibPtr;

use crate::helper::Message;

/// NvDsSensorInfo and NvDsFPSSensorInfo.
#[repr(C)]
pub struct Sensor {
    /// Number of the source.
    pub source_id: c_uint,
    /// Where it is, or null.
    pub uri: *const c_char,
    /// What it is called in sensor lists, or null.
    pub sensor_id: *const c_char,
    /// Its name, or null.
    pub sensor_name: *const c_char,
}

/// NvDsRtspAttemptsInfo.
#[repr(C)]
pub struct Attempts {
    /// TRUE if there were too many.
    pub exceeded: c_int,
    /// Number of the source.
    pub source_id: c_uint,
}

/// # Safety
/// `message` is null or a GstMessage that lives on.
unsafe fn structure<'a>(message: Message, name: &str) -> Option<&'a gst::StructureRef> {
    if message.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    let message = unsafe { gst::MessageRef::from_ptr(message) };
    message.structure().filter(|found| found.name() == name)
}

fn message(source: *mut gst::ffi::GstObject, structure: gst::Structure) -> Message {
    // SAFETY: `source` is null or an object, as callers promise; the message takes the structure, which nothing else owns.
    unsafe { gst::ffi::gst_message_new_element(source, structure.into_glib_ptr()) }
}

/// # Safety
/// `text` is null or a C string that lives on.
unsafe fn text<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_str().ok()
}

/// # Safety
/// `info` is null or a Sensor with C strings.
unsafe fn new_sensor(source: *mut gst::ffi::GstObject, name: &str, info: *const Sensor) -> Message {
    if info.is_null() {
        return std::ptr::null_mut();
    }
    // SAFETY: as the caller promises.
    let structure = unsafe {
        gst::Structure::builder(name)
            .field("source-id", (*info).source_id)
            .field("sensor-id", text((*info).sensor_id))
            .field("sensor-name", text((*info).sensor_name))
            .field("uri", text((*info).uri))
            .build()
    };
    message(source, structure)
}

/// # Safety
/// `message` is null or a GstMessage, `info` is null or may be written.
unsafe fn parse_sensor(message: Message, name: &str, info: *mut Sensor) -> c_int {
    // SAFETY: as the caller promises; a structure that lives on has texts that do.
    unsafe {
        let Some(found) = structure(message, name) else {
            return 0;
        };
        if info.is_null() {
            return 0;
        }
        let place = |name: &std::ffi::CStr| {
            gst::ffi::gst_structure_get_string(found.as_ptr(), name.as_ptr())
        };
        info.write(Sensor {
            source_id: found.get("source-id").unwrap_or(0),
            uri: place(c"uri"),
            sensor_id: place(c"sensor-id"),
            sensor_name: place(c"sensor-name"),
        });
    }
    1
}

macro_rules! sensors {
    ($($name:literal: $new:ident $is:ident $($parse:ident)*;)*) => {$(
        #[doc = concat!("A message `", $name, "`.")]
        ///
        /// # Safety
        /// `source` is null or a GstObject, `info` is null or a Sensor with C strings.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $new(source: *mut gst::ffi::GstObject, info: *const Sensor) -> Message {
            // SAFETY: as the caller promises.
            unsafe { new_sensor(source, $name, info) }
        }

        #[doc = concat!("Whether it is a message `", $name, "`.")]
        ///
        /// # Safety
        /// `message` is null or a GstMessage.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $is(message: Message) -> c_int {
            // SAFETY: as the caller promises.
            unsafe { structure(message, $name) }.is_some().into()
        }

        $(
            /// What it tells; 0 for another message, and then nothing is written.
            ///
            /// # Safety
            /// `message` is null or a GstMessage, `info` is null or may be written.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $parse(message: Message, info: *mut Sensor) -> c_int {
                // SAFETY: as the caller promises.
                unsafe { parse_sensor(message, $name, info) }
            }
        )*
    )*};
}
sensors! {
    "stream-add": gst_nvmessage_new_stream_add gst_nvmessage_is_stream_add
        gst_nvmessage_parse_stream_add gst_nvmessage_parse_fps_stream_add;
    "stream-remove": gst_nvmessage_new_stream_remove gst_nvmessage_is_stream_remove
        gst_nvmessage_parse_stream_remove gst_nvmessage_parse_fps_stream_remove;
}

const FORCE_EOS: &str = "force-pipeline-eos";
const EXCEEDED: &str = "attempt-exceeded";

/// A message that asks for the pipeline's end.
///
/// # Safety
/// `source` is null or a GstObject.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvmessage_force_pipeline_eos(
    source: *mut gst::ffi::GstObject,
    force_eos: c_int,
) -> Message {
    let structure = gst::Structure::builder(FORCE_EOS).field("force_eos", force_eos != 0);
    message(source, structure.build())
}

/// Whether it asks for the pipeline's end.
///
/// # Safety
/// `message` is null or a GstMessage.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvmessage_is_force_pipeline_eos(message: Message) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { structure(message, FORCE_EOS) }.is_some().into()
}

/// What it asks for; 0 for another message, and then nothing is written.
///
/// # Safety
/// `message` is null or a GstMessage, `force_eos` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvmessage_parse_force_pipeline_eos(
    message: Message,
    force_eos: *mut c_int,
) -> c_int {
    // SAFETY: as the caller promises.
    unsafe {
        let Some(found) = structure(message, FORCE_EOS).filter(|_| !force_eos.is_null()) else {
            return 0;
        };
        force_eos.write(found.get::<bool>("force_eos").unwrap_or(false).into());
    }
    1
}

/// A message of a source that was connected to in vain too often.
///
/// # Safety
/// `source` is null or a GstObject, `info` is null or an Attempts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvmessage_reconnect_attempt_exceeded(
    source: *mut gst::ffi::GstObject,
    info: *const Attempts,
) -> Message {
    if info.is_null() {
        return std::ptr::null_mut();
    }
    // SAFETY: as the caller promises.
    let (id, exceeded) = unsafe { ((*info).source_id, (*info).exceeded != 0) };
    let structure = gst::Structure::builder(EXCEEDED).field("source-id", id);
    message(
        source,
        structure.field("attempt_exceeded", exceeded).build(),
    )
}

/// Whether it is such a message.
///
/// # Safety
/// `message` is null or a GstMessage.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvmessage_is_reconnect_attempt_exceeded(message: Message) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { structure(message, EXCEEDED) }.is_some().into()
}

/// What it tells; 0 for another message, and then nothing is written.
///
/// # Safety
/// `message` is null or a GstMessage, `info` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvmessage_parse_reconnect_attempt_exceeded(
    message: Message,
    info: *mut Attempts,
) -> c_int {
    // SAFETY: as the caller promises.
    unsafe {
        let Some(found) = structure(message, EXCEEDED).filter(|_| !info.is_null()) else {
            return 0;
        };
        info.write(Attempts {
            exceeded: found
                .get::<bool>("attempt_exceeded")
                .unwrap_or(false)
                .into(),
            source_id: found.get("source-id").unwrap_or(0),
        });
    }
    1
}
