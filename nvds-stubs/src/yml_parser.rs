//! `nvds_parse_*`: elements' properties from a group of the application's YAML file.
//!
//! Names, arguments and results are those of DeepStream's nvds_yml_parser.h.

use std::ffi::{CStr, c_char, c_int, c_uint};
use std::path::{Path, PathBuf};

use glib::object::ObjectType;

use crate::complain;
use crate::element::set_properties;
use crate::yaml::{Group, read};

/// The properties are set.
pub const SUCCESS: c_int = 0;
/// The group has `enable: 0`: nothing was set.
pub const DISABLED: c_int = 1;
/// Standard error tells what.
pub const ERROR: c_int = 2;

/// What `nvds_parse_codec_status` tells.
#[repr(C)]
#[derive(Debug)]
pub struct CodecStatus {
    /// 1 is H.264, 2 is H.265.
    pub codec_type: c_uint,
    /// Whether the group is enabled.
    pub enable: c_int,
}

/// A file's name and a group of it; an error is complained of.
///
/// # Safety
/// Both are null or C strings.
unsafe fn group(file: *const c_char, name: *const c_char) -> Option<(PathBuf, Group)> {
    if file.is_null() || name.is_null() {
        complain("expected the names of a YAML file and a group, found a null pointer");
        return None;
    }
    // SAFETY: C strings, as the caller promises.
    let (file, name) = unsafe { (CStr::from_ptr(file), CStr::from_ptr(name)) };
    let (file, name) = (
        PathBuf::from(file.to_string_lossy().into_owned()),
        name.to_string_lossy(),
    );
    match find(&file, &name) {
        Ok(group) => {
            for again in group.repeated() {
                complain(&format!("{}: {again}", file.display()));
            }
            Some((file, group))
        }
        Err(error) => {
            complain(&format!("{}: {error}", file.display()));
            None
        }
    }
}

fn find(file: &Path, name: &str) -> Result<Group, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let groups = read(&text)?;
    let names: Vec<_> = groups.iter().map(|group| group.name.clone()).collect();
    let mut found = groups.into_iter().filter(|group| group.name == name);
    match (found.next(), found.next()) {
        (Some(group), None) => Ok(group),
        (Some(_), Some(_)) => Err(format!("the group {name} is there twice")),
        _ => Err(format!(
            "expected a group {name}:, found {}",
            names.join(", ")
        )),
    }
}

/// # Safety
/// `element` is null or a GstElement; `file` and `name` are null or C strings.
unsafe fn parse(
    element: *mut gst::ffi::GstElement,
    file: *const c_char,
    name: *const c_char,
) -> c_int {
    // SAFETY: as the caller promises.
    let Some((file, group)) = (unsafe { group(file, name) }) else {
        return ERROR;
    };
    if !group.is_enabled() {
        return DISABLED;
    }
    if element.is_null() {
        complain(&format!(
            "{}: there is no element for the group {}",
            file.display(),
            group.name
        ));
        return ERROR;
    }
    // SAFETY: an element, as the caller promises. It is only borrowed: a new one has a floating reference, which is for the
    // bin that the application adds it to.
    let element = unsafe { gst::Element::from_glib_ptr_borrow(&element) };
    if set_properties(element, &group, &file) {
        SUCCESS
    } else {
        ERROR
    }
}

macro_rules! parsers {
    ($($name:ident)*) => {$(
        /// Sets the element's properties from the group.
        ///
        /// # Safety
        /// The element is null or a GstElement, the others are null or C strings.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(
            element: *mut gst::ffi::GstElement,
            cfg_file_path: *mut c_char,
            group: *const c_char,
        ) -> c_int {
            // SAFETY: as the caller promises.
            unsafe { parse(element, cfg_file_path, group) }
        }
    )*};
}
parsers! {
    nvds_parse_file_source nvds_parse_uridecodebin nvds_parse_rtsp_source nvds_parse_nvarguscamerasrc nvds_parse_v4l2src
    nvds_parse_multifilesrc nvds_parse_alsasrc nvds_parse_streammux nvds_parse_tracker nvds_parse_osd nvds_parse_tiler
    nvds_parse_msgbroker nvds_parse_msgconv nvds_parse_gie nvds_parse_egl_sink nvds_parse_3d_sink nvds_parse_file_sink
    nvds_parse_fake_sink nvds_parse_nvv4l2h264enc nvds_parse_nvv4l2h265enc nvds_parse_multiurisrcbin
}

/// A number of the group; complains where it is none of those expected.
fn number(
    file: &Path,
    group: &Group,
    key: &str,
    expected: std::ops::RangeInclusive<c_uint>,
) -> Option<c_uint> {
    let entry = group.get(key)?;
    let value = entry
        .value
        .parse()
        .ok()
        .filter(|value| expected.contains(value));
    if value.is_none() {
        complain(&format!(
            "{}:{}: expected {key} from {} to {}, found {:?}",
            file.display(),
            entry.line,
            expected.start(),
            expected.end(),
            entry.value
        ));
    }
    value
}

/// `plugin-type`: 0 is nvinfer, which it is without the key, too; 1 nvinferserver.
///
/// # Safety
/// `gie_type` is null or may be written, the others are null or C strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_parse_gie_type(
    gie_type: *mut c_uint,
    cfg_file_path: *mut c_char,
    group_name: *const c_char,
) -> c_int {
    // SAFETY: as the caller promises.
    let Some((file, group)) = (unsafe { group(cfg_file_path, group_name) }) else {
        return ERROR;
    };
    if !group.is_enabled() {
        return DISABLED;
    }
    let found = number(&file, &group, "plugin-type", 0..=1);
    if gie_type.is_null() || (found.is_none() && group.get("plugin-type").is_some()) {
        return ERROR;
    }
    // SAFETY: not null, so that the caller promises that it may be written.
    unsafe { gie_type.write(found.unwrap_or(0)) };
    SUCCESS
}

/// `codec` and `enable` of an encoder's group.
///
/// # Safety
/// `codec_status` is null or may be written, the others are null or C strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_parse_codec_status(
    cfg_file_path: *mut c_char,
    group_name: *const c_char,
    codec_status: *mut CodecStatus,
) -> c_int {
    // SAFETY: as the caller promises.
    let Some((file, group)) = (unsafe { group(cfg_file_path, group_name) }) else {
        return ERROR;
    };
    let found = number(&file, &group, "codec", 1..=2);
    if codec_status.is_null() || (found.is_none() && group.get("codec").is_some()) {
        return ERROR;
    }
    let status = CodecStatus {
        codec_type: found.unwrap_or(1),
        enable: group.is_enabled().into(),
    };
    // SAFETY: not null, so that the caller promises that it may be written.
    unsafe { codec_status.write(status) };
    SUCCESS
}

/// The URIs of the key `list`, between semicolons, at the end of a GList of strings that the caller frees with g_free.
///
/// # Safety
/// `src_list` is null or points to a GList, the others are null or C strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_parse_source_list(
    src_list: *mut *mut glib::ffi::GList,
    cfg_file_path: *mut c_char,
    group_name: *const c_char,
) -> c_int {
    // SAFETY: as the caller promises.
    let Some((file, group)) = (unsafe { group(cfg_file_path, group_name) }) else {
        return ERROR;
    };
    if !group.is_enabled() {
        return DISABLED;
    }
    let Some(list) = group.get("list").filter(|_| !src_list.is_null()) else {
        complain(&format!(
            "{}: expected a key list: in the group {}",
            file.display(),
            group.name
        ));
        return ERROR;
    };
    for uri in list
        .value
        .split(';')
        .map(str::trim)
        .filter(|uri| !uri.is_empty())
    {
        // SAFETY: a list as the caller promises; the text is copied.
        unsafe {
            let copy = glib::ffi::g_strndup(uri.as_ptr().cast(), uri.len());
            *src_list = glib::ffi::g_list_append(*src_list, copy.cast());
        }
    }
    SUCCESS
}
