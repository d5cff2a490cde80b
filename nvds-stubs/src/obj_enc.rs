//! `nvds_obj_enc_*`: objects and frames as JPEG, in files or in a user meta.
//!
//! Names, arguments and fields are those of DeepStream's nvds_obj_encode.h. Each picture is encoded before
//! `nvds_obj_enc_process` returns, so that there is nothing to wait for in `nvds_obj_enc_finish`.

use std::collections::HashSet;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use glib::ffi::{g_free, g_malloc, g_malloc0};
use gst_video::VideoResamplerMethod;
use nvds_sys as c;

use crate::complain;
use crate::jpeg;
use crate::picture::{Picture, Rect};
use crate::surface::Surface;

/// Bytes of a file's name in the arguments.
const NAME_SIZE: usize = 1024;
/// The quality where the application gives none of 1 to 100.
const QUALITY: c_int = 85;
/// The first release whose arguments have `isFrame`.
const WITH_FRAMES: nvds::Version = nvds::Version::new(6, 2);

/// NvDsObjEncUsrArgs up to what all releases have.
#[repr(C)]
pub struct Arguments {
    /// Write a file.
    pub save_image: bool,
    /// Attach a user meta of type NVDS_CROP_IMAGE_META.
    pub attach_user_meta: bool,
    /// Scale to the next two, in pixels.
    pub scale_image: bool,
    /// Columns.
    pub scaled_width: c_int,
    /// Rows.
    pub scaled_height: c_int,
    /// Name of the file, with a zero at the end; empty for one that tells frame, source, object and size.
    pub file_name: [c_char; NAME_SIZE],
    /// For the name.
    pub object_number: c_int,
    /// JPEG quality, 1 to 100.
    pub quality: c_int,
    /// From 6.2 on.
    pub is_frame: bool,
}

/// NvDsObjEncOutParams, the data of the user meta.
#[repr(C)]
pub struct Encoded {
    /// The JPEG.
    pub bytes: *mut u8,
    /// Bytes of it.
    pub length: u64,
}

/// The contexts that were made and not yet destroyed.
static CONTEXTS: LazyLock<Mutex<HashSet<usize>>> = LazyLock::new(Mutex::default);

fn contexts() -> MutexGuard<'static, HashSet<usize>> {
    CONTEXTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn api() -> Result<&'static c::Api, String> {
    static API: OnceLock<Result<c::Api, String>> = OnceLock::new();
    API.get_or_init(|| c::Api::load().map_err(|error| error.to_string()))
        .as_ref()
        .map_err(Clone::clone)
}

/// A context, which the last function frees. The number of the GPU is not used.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_obj_enc_create_context(_gpu: c_int) -> *mut c_void {
    let context = Box::into_raw(Box::new(0_u64));
    contexts().insert(context as usize);
    context.cast()
}

/// Nothing to wait for.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_obj_enc_finish(_context: *mut c_void) {}

/// Frees a context. Null or one that is not there is told, and nothing happens.
///
/// # Safety
/// Nobody uses the context any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_obj_enc_destroy_context(context: *mut c_void) {
    if contexts().remove(&(context as usize)) {
        // SAFETY: made by nvds_obj_enc_create_context, and on the list until now.
        drop(unsafe { Box::from_raw(context.cast::<u64>()) });
    } else {
        complain("nvds_obj_enc_destroy_context: expected a context that was not destroyed yet");
    }
}

/// Encodes an object's part of its frame, or the frame. False is an error that standard error tells.
///
/// # Safety
/// `arguments` is null or an NvDsObjEncUsrArgs of the metadata library's release, `surface` a surface of the stand-ins,
/// `object` and `frame` are null or metas of its batch, which nobody else changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvds_obj_enc_process(
    context: *mut c_void,
    arguments: *const Arguments,
    surface: Surface,
    object: *mut c::NvDsObjectMeta,
    frame: *mut c::NvDsFrameMeta,
) -> bool {
    let result = if contexts().contains(&(context as usize)) {
        // SAFETY: as the caller promises.
        unsafe { process(arguments, surface, object, frame) }
    } else {
        Err("expected a context of nvds_obj_enc_create_context".into())
    };
    result
        .map_err(|text| complain(&format!("nvds_obj_enc_process: {text}")))
        .is_ok()
}

/// # Safety
/// As of [`nvds_obj_enc_process`].
unsafe fn process(
    arguments: *const Arguments,
    surface: Surface,
    object: *mut c::NvDsObjectMeta,
    frame: *mut c::NvDsFrameMeta,
) -> Result<(), String> {
    if arguments.is_null() || surface.is_null() || frame.is_null() {
        return Err("expected arguments, a surface and a frame meta, found a null pointer".into());
    }
    let release = nvds::release().map_err(|error| error.to_string())?;
    // SAFETY: not null, so arguments, a surface and metas as the caller promises; each field is read where the release has it.
    unsafe {
        let is_frame = release.is_at_least(WITH_FRAMES) != Some(false) && (*arguments).is_frame;
        if object.is_null() && !is_frame {
            return Err("expected an object meta, or isFrame set; found a null pointer".into());
        }
        let index = (*frame).batch_id as usize;
        let filled = (*surface).numFilled as usize;
        if index >= filled {
            return Err(format!(
                "batch_id: expected a frame of the batch's {filled} surfaces, found {index}"
            ));
        }
        let list = (*surface).surfaceList;
        let source = Picture::of(list.byte_add(index * release.layout().surface_params))?;
        let part = if is_frame {
            source.whole()
        } else {
            clipped(&(*object).rect_params, source.whole())?
        };
        let (width, height) = match (*arguments).scale_image {
            true => scaled(&*arguments)?,
            false => (part.width, part.height),
        };
        let mut pixels = Vec::new();
        let mut picture = Picture::for_jpeg(width, height, &mut pixels)?;
        source.put(part, &mut picture, VideoResamplerMethod::Linear)?;
        let quality = (*arguments).quality;
        let quality = if (1..=100).contains(&quality) {
            quality
        } else {
            QUALITY
        };
        let encoded = jpeg::encode(&picture, quality)?;
        if (*arguments).save_image {
            let object = (!is_frame).then_some(object);
            let name = file_name(&*arguments, object, frame, (width, height));
            std::fs::write(&name, &encoded).map_err(|error| format!("{name}: {error}"))?;
        }
        if (*arguments).attach_user_meta {
            attach((!is_frame).then_some(object), frame, &encoded)?;
        }
    }
    Ok(())
}

/// An object's box in whole pixels, as far as it lies in the frame.
fn clipped(rect: &c::NvOSD_RectParams, whole: Rect) -> Result<Rect, String> {
    let side = |start: f32, length: f32, side: u32| {
        // A number that is none becomes 0.
        let from = (start.max(0.0) as u32).min(side);
        let to = ((start + length).max(0.0) as u32).min(side);
        (from, to.saturating_sub(from))
    };
    let (left, width) = side(rect.left, rect.width, whole.width);
    let (top, height) = side(rect.top, rect.height, whole.height);
    if width == 0 || height == 0 {
        return Err(format!(
            "rect_params: expected a box in the frame of {}x{}, found {}x{} at ({}, {})",
            whole.width, whole.height, rect.width, rect.height, rect.left, rect.top
        ));
    }
    Ok(Rect {
        left,
        top,
        width,
        height,
    })
}

/// The size that the arguments ask for.
fn scaled(arguments: &Arguments) -> Result<(u32, u32), String> {
    let sides = 1..=16384;
    let (width, height) = (arguments.scaled_width, arguments.scaled_height);
    if sides.contains(&width) && sides.contains(&height) {
        return Ok((width as u32, height as u32));
    }
    Err(format!(
        "scaledWidth, scaledHeight: expected 1 to 16384 pixels with scaleImg, found {width}x{height}"
    ))
}

/// The given name; else frame, source, object's number and label, and size, as DeepStream names the files.
///
/// # Safety
/// Both are live metas.
unsafe fn file_name(
    arguments: &Arguments,
    object: Option<*mut c::NvDsObjectMeta>,
    frame: *const c::NvDsFrameMeta,
    (width, height): (u32, u32),
) -> String {
    // SAFETY: an array, of which all bytes may be read.
    let given =
        unsafe { std::slice::from_raw_parts(arguments.file_name.as_ptr().cast(), NAME_SIZE) };
    if let Some(name) = CStr::from_bytes_until_nul(given)
        .ok()
        .filter(|name| !name.is_empty())
    {
        return name.to_string_lossy().into_owned();
    }
    // SAFETY: a live meta, as the caller promises.
    let (number, source) = unsafe { ((*frame).frame_num, (*frame).source_id) };
    let Some(object) = object else {
        return format!("{number}_{source}_{width}x{height}.jpg");
    };
    // SAFETY: a live meta, as the caller promises.
    let label = unsafe { label(object) }.replace('/', "_");
    format!(
        "{number}_{source}_{}_{label}_{width}x{height}.jpg",
        arguments.object_number
    )
}

/// # Safety
/// A live meta.
unsafe fn label(object: *const c::NvDsObjectMeta) -> String {
    let Ok(release) = nvds::release() else {
        return String::new();
    };
    // SAFETY: the release's objects have an array of this size there.
    let bytes: &[u8] = unsafe {
        let place = object.byte_add(release.layout().object_label);
        std::slice::from_raw_parts(place.cast(), c::MAX_LABEL_SIZE as usize)
    };
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// Attaches the JPEG to an object, or to the frame where there is none, as NVDS_CROP_IMAGE_META.
///
/// # Safety
/// Both are live metas of one batch.
unsafe fn attach(
    object: Option<*mut c::NvDsObjectMeta>,
    frame: *mut c::NvDsFrameMeta,
    encoded: &[u8],
) -> Result<(), String> {
    let api = api()?;
    // SAFETY: live metas, as the caller promises; pools never return NULL; all fields are set, since a recycled user
    // meta keeps the old ones.
    unsafe {
        let batch = (*frame).base_meta.batch_meta;
        if batch.is_null() {
            return Err("expected a frame meta of a batch, found one of none".into());
        }
        (api.nvds_acquire_meta_lock)(batch);
        let meta = (api.nvds_acquire_user_meta_from_pool)(batch);
        (*meta).base_meta = c::NvDsBaseMeta {
            batch_meta: batch,
            meta_type: c::NvDsMetaType_NVDS_CROP_IMAGE_META,
            uContext: std::ptr::null_mut(),
            copy_func: Some(copy),
            release_func: Some(release),
        };
        (*meta).user_meta_data = data(encoded.as_ptr(), encoded.len()).cast();
        match object {
            Some(object) => (api.nvds_add_user_meta_to_obj)(object, meta),
            None => (api.nvds_add_user_meta_to_frame)(frame, meta),
        }
        (api.nvds_release_meta_lock)(batch);
    }
    Ok(())
}

/// What the user meta holds, in GLib's memory.
///
/// # Safety
/// There are as many bytes.
unsafe fn data(bytes: *const u8, length: usize) -> *mut Encoded {
    // SAFETY: as the caller promises; g_malloc0 gives memory for the struct or ends the program.
    unsafe {
        let data = g_malloc0(size_of::<Encoded>()).cast::<Encoded>();
        (*data).bytes = g_malloc(length).cast();
        (*data).bytes.copy_from(bytes, length);
        (*data).length = length as u64;
        data
    }
}

/// # Safety
/// `meta` is a user meta of [`attach`].
unsafe extern "C" fn copy(meta: *mut c_void, _: *mut c_void) -> *mut c_void {
    // SAFETY: as the library promises.
    unsafe {
        let from = (*meta.cast::<c::NvDsUserMeta>())
            .user_meta_data
            .cast::<Encoded>();
        if from.is_null() {
            return std::ptr::null_mut();
        }
        data((*from).bytes, (*from).length as usize).cast()
    }
}

/// # Safety
/// `meta` is a user meta of [`attach`].
unsafe extern "C" fn release(meta: *mut c_void, _: *mut c_void) {
    // SAFETY: as the library promises; g_free takes null.
    unsafe {
        let meta = meta.cast::<c::NvDsUserMeta>();
        let held = (*meta).user_meta_data.cast::<Encoded>();
        if !held.is_null() {
            g_free((*held).bytes.cast());
            g_free(held.cast());
        }
        (*meta).user_meta_data = std::ptr::null_mut();
    }
}
