//! NvDsMeta, the GstMeta that ties a batch to a buffer: its registration, and the functions that add and find it.

use std::ffi::{CStr, c_char};
use std::ptr::{null, null_mut};
use std::sync::{Mutex, OnceLock, PoisonError};

use glib_sys::{GFALSE, GQuark, GTRUE, GType, g_quark_from_static_string, gboolean, gpointer};
use gobject_sys::{G_TYPE_INVALID, g_type_from_name, g_type_get_qdata, g_type_set_qdata};
use gst_sys::{
    GST_MINI_OBJECT_FLAG_LOCKABLE, GstBuffer, GstMeta, GstMetaInfo, GstMiniObject,
    gst_buffer_add_meta, gst_buffer_get_meta, gst_buffer_iterate_meta, gst_meta_api_type_has_tag,
    gst_meta_api_type_register, gst_meta_get_info, gst_meta_register,
};
use nvds_sys as c;
use nvds_sys::{NvDsBatchMeta, NvDsMeta, NvDsMetaCopyFunc, NvDsMetaReleaseFunc};

use crate::audio::nvds_audio_batch_meta_release_func;
use crate::batch::nvds_batch_meta_release_func;
use crate::copy_exports::{nvds_audio_batch_meta_copy_func, nvds_batch_meta_copy_func};
use crate::latency;
use crate::message::{Refusal, entry, given, tell_once};
use crate::neighbour::{self, rsnvds_meta_release};
use crate::release::current;

/// Names under which DeepStream registers.
const API_NAME: &CStr = c"NvDsMetaAPI";
const NAME: &CStr = c"NvDsMeta";

/// The tag of the API, as a quark.
fn tag() -> GQuark {
    // SAFETY: a text that lives for ever.
    unsafe { g_quark_from_static_string(c::NVDS_META_STRING.as_ptr().cast()) }
}

/// What marks the API as registered by this library: its value is [`rsnvds_meta_release`]'s text.
fn mark() -> GQuark {
    // SAFETY: a text that lives for ever.
    unsafe { g_quark_from_static_string(c"rsnvds-meta-release".as_ptr()) }
}

/// The API type, registered now or before by a copy of this library.
///
/// # Errors
/// A refusal when somebody else registered it.
fn api() -> Result<GType, Refusal> {
    static API: OnceLock<Result<usize, Refusal>> = OnceLock::new();
    API.get_or_init(|| {
        current()?;
        neighbour::refuse()?;
        // SAFETY: texts that live for ever; the list of tags ends with NULL.
        unsafe {
            let there = g_type_from_name(API_NAME.as_ptr());
            if there != G_TYPE_INVALID {
                let theirs: *const c_char = g_type_get_qdata(there, mark()).cast_const().cast();
                let own = rsnvds_meta_release();
                if theirs.is_null() || CStr::from_ptr(theirs) != CStr::from_ptr(own) {
                    return Err(Refusal::Fatal(
                        "another metadata library has registered NvDsMetaAPI in this process. Two cannot work side by \
                         side: take one folder off LD_LIBRARY_PATH or RSNVDS_NVDS_LIB_DIR"
                            .into(),
                    ));
                }
                return Ok(there);
            }
            let mut tags: [*const c_char; 2] = [c::NVDS_META_STRING.as_ptr().cast(), null()];
            let api = gst_meta_api_type_register(API_NAME.as_ptr(), tags.as_mut_ptr());
            g_type_set_qdata(api, mark(), rsnvds_meta_release().cast_mut().cast());
            Ok(api)
        }
    })
    .clone()
}

/// The implementation, registered now or before by a copy of this library.
fn info() -> Result<*const GstMetaInfo, Refusal> {
    static INFO: OnceLock<usize> = OnceLock::new();
    let api = api()?;
    let info = INFO.get_or_init(|| {
        // SAFETY: a name that lives for ever, the size of the struct, functions that fit it.
        unsafe {
            let there = gst_meta_get_info(NAME.as_ptr());
            if !there.is_null() {
                return there as usize;
            }
            gst_meta_register(
                api,
                NAME.as_ptr(),
                size_of::<NvDsMeta>(),
                Some(init),
                Some(release),
                Some(transform),
            ) as usize
        }
    });
    match *info {
        0 => Err(Refusal::Fatal(
            "GStreamer does not register NvDsMeta; see its message".into(),
        )),
        info => Ok(info as *const GstMetaInfo),
    }
}

/// The GType of the meta's API, which has the tag `nvdsmeta`; 0 where another library registered it.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_meta_api_get_type() -> GType {
    entry("nvds_meta_api_get_type", G_TYPE_INVALID, api)
}

/// The implementation of the meta.
#[unsafe(no_mangle)]
pub extern "C" fn nvds_meta_get_info() -> *const GstMetaInfo {
    entry("nvds_meta_get_info", null(), info)
}

unsafe extern "C" fn init(
    meta: *mut GstMeta,
    _params: gpointer,
    _buffer: *mut GstBuffer,
) -> gboolean {
    latency::look();
    let meta: *mut NvDsMeta = meta.cast();
    // SAFETY: GStreamer's fresh block for this struct.
    unsafe {
        (*meta).meta_data = null_mut();
        (*meta).user_data = null_mut();
        (*meta).meta_type = 0;
        (*meta).copyfunc = None;
        (*meta).freefunc = None;
        (*meta).gst_to_nvds_meta_transform_func = None;
        (*meta).gst_to_nvds_meta_release_func = None;
    }
    GTRUE
}

unsafe extern "C" fn release(meta: *mut GstMeta, _buffer: *mut GstBuffer) {
    let meta: *mut NvDsMeta = meta.cast();
    // SAFETY: a meta of this kind; who set the function vouches that it takes this data.
    unsafe {
        if let Some(free) = (*meta).freefunc {
            free((*meta).meta_data, (*meta).user_data);
        }
    }
}

unsafe extern "C" {
    // Variables of gstmeta.h that the crate of bindings leaves out.
    static _gst_meta_transform_copy: GQuark;
    static _gst_meta_tag_memory: GQuark;
}

/// The transformation that is a copy.
pub(crate) fn copying() -> GQuark {
    // SAFETY: set when GStreamer was initialised, and never again.
    unsafe { _gst_meta_transform_copy }
}

/// The tag of metas that are about a buffer's memory.
pub(crate) fn about_memory() -> GQuark {
    // SAFETY: set when GStreamer was initialised, and never again.
    unsafe { _gst_meta_tag_memory }
}

unsafe extern "C" fn transform(
    target: *mut GstBuffer,
    meta: *mut GstMeta,
    _source: *mut GstBuffer,
    kind: GQuark,
    _data: gpointer,
) -> gboolean {
    if kind != copying() {
        return GTRUE;
    }
    entry("copy of an NvDsMeta", GFALSE, || {
        // SAFETY: GStreamer's meta of this kind and its fresh buffer.
        unsafe { copy(target, meta.cast()) }.map(|()| GTRUE)
    })
}

/// Copies a meta onto another buffer.
///
/// As in NVIDIA's 9.0.2, the copy of a batch gets this library's own functions, by what the batch is.
///
/// # Safety
/// Both must be alive.
unsafe fn copy(target: *mut GstBuffer, from: *mut NvDsMeta) -> Result<(), Refusal> {
    // SAFETY: as the caller vouches; who set the functions vouches that they take this data.
    unsafe {
        let copy = (*from).copyfunc.ok_or(Refusal::Wrong(
            "it has no copyfunc; the buffer's copy goes without it",
        ))?;
        let is_batch = (*from).meta_type == c::GstNvDsMetaType_NVDS_BATCH_GST_META;
        if is_batch && (*from).meta_data.is_null() {
            return Err(Refusal::Wrong(
                "it has no batch; the buffer's copy goes without it",
            ));
        }
        let data = copy((*from).meta_data, null_mut());
        let (copyfunc, freefunc) = if is_batch {
            match functions_of(data.cast()) {
                Some(functions) => functions,
                None => {
                    if let (false, Some(free)) = (data.is_null(), (*from).freefunc) {
                        free(data, null_mut());
                    }
                    return Err(Refusal::Wrong(
                        "its copyfunc did not return a batch; the buffer's copy goes without it",
                    ));
                }
            }
        } else {
            ((*from).copyfunc, (*from).freefunc)
        };
        let to = add(target, data, null_mut(), copyfunc, freefunc)?;
        (*to).meta_type = (*from).meta_type;
        (*to).gst_to_nvds_meta_transform_func = (*from).gst_to_nvds_meta_transform_func;
        (*to).gst_to_nvds_meta_release_func = (*from).gst_to_nvds_meta_release_func;
        Ok(())
    }
}

/// The functions that copy and free a batch.
///
/// # Safety
/// `batch` must be NULL or begin with a base.
unsafe fn functions_of(
    batch: *mut c::NvDsBaseMeta,
) -> Option<(NvDsMetaCopyFunc, NvDsMetaReleaseFunc)> {
    // SAFETY: as the caller vouches.
    let kind = unsafe { batch.as_ref() }?.meta_type;
    if kind == c::NvDsMetaType_NVDS_BATCH_META {
        Some((
            Some(nvds_batch_meta_copy_func),
            Some(nvds_batch_meta_release_func),
        ))
    } else if kind == current().ok()?.audio_batch {
        Some((
            Some(nvds_audio_batch_meta_copy_func),
            Some(nvds_audio_batch_meta_release_func),
        ))
    } else {
        None
    }
}

/// Adds a meta, also to a buffer that others hold: those who add batches to shared buffers know what they do.
///
/// # Safety
/// The buffer must be alive.
unsafe fn add(
    buffer: *mut GstBuffer,
    data: gpointer,
    user_data: gpointer,
    copyfunc: NvDsMetaCopyFunc,
    freefunc: NvDsMetaReleaseFunc,
) -> Result<*mut NvDsMeta, Refusal> {
    // While the flag stands, GStreamer asks for the number of owners that share the buffer, which is 0.
    static ADDING: Mutex<()> = Mutex::new(());
    let info = info()?;
    let _one = ADDING.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: as the caller vouches; a buffer begins with a mini object.
    unsafe {
        let flags = &raw mut (*buffer.cast::<GstMiniObject>()).flags;
        let before = *flags & GST_MINI_OBJECT_FLAG_LOCKABLE;
        *flags |= GST_MINI_OBJECT_FLAG_LOCKABLE;
        let meta: *mut NvDsMeta = gst_buffer_add_meta(buffer, info, null_mut()).cast();
        if before == 0 {
            *flags &= !GST_MINI_OBJECT_FLAG_LOCKABLE;
        }
        let meta = given(meta, "the meta that GStreamer adds")?.as_ptr();
        (*meta).meta_data = data;
        (*meta).user_data = user_data;
        (*meta).copyfunc = copyfunc;
        (*meta).freefunc = freefunc;
        Ok(meta)
    }
}

/// Adds data to a buffer. Its meta_type is the caller's to set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_buffer_add_nvds_meta(
    buffer: *mut GstBuffer,
    meta_data: gpointer,
    user_data: gpointer,
    copy_func: NvDsMetaCopyFunc,
    release_func: NvDsMetaReleaseFunc,
) -> *mut NvDsMeta {
    entry("gst_buffer_add_nvds_meta", null_mut(), || {
        let buffer = given(buffer, "buffer")?;
        // SAFETY: the caller's buffer.
        unsafe {
            add(
                buffer.as_ptr(),
                meta_data,
                user_data,
                copy_func,
                release_func,
            )
        }
    })
}

/// The buffer's first NvDsMeta of any type; NULL for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_buffer_get_nvds_meta(buffer: *mut GstBuffer) -> *mut NvDsMeta {
    entry("gst_buffer_get_nvds_meta", null_mut(), || {
        let buffer = given(buffer, "buffer")?;
        // SAFETY: the caller's buffer.
        Ok(unsafe { gst_buffer_get_meta(buffer.as_ptr(), api()?) }.cast())
    })
}

/// The buffer's batch; of several, the one added last. NULL for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_buffer_get_nvds_batch_meta(
    buffer: *mut GstBuffer,
) -> *mut NvDsBatchMeta {
    const FUNCTION: &str = "gst_buffer_get_nvds_batch_meta";
    entry(FUNCTION, null_mut(), || {
        let buffer = given(buffer, "buffer")?;
        let mut found = null_mut();
        let mut count = 0;
        // SAFETY: the caller's buffer.
        for meta in unsafe { nvds_metas(buffer.as_ptr()) } {
            // SAFETY: metas with the tag have this struct.
            unsafe {
                if (*meta).meta_type == c::GstNvDsMetaType_NVDS_BATCH_GST_META {
                    found = (*meta).meta_data.cast();
                    count += 1;
                }
            }
        }
        if count > 1 {
            tell_once(
                FUNCTION,
                Refusal::Wrong("the buffer has several batches; the one added last is taken"),
            );
        }
        Ok(found)
    })
}

/// The metas of a buffer, in the order in which they were added.
///
/// # Safety
/// The buffer must be alive, and its metas must not change while they are walked.
pub(crate) unsafe fn metas(buffer: *mut GstBuffer) -> impl Iterator<Item = *mut GstMeta> {
    let mut state: gpointer = null_mut();
    std::iter::from_fn(move || {
        // SAFETY: as the caller vouches.
        let meta = unsafe { gst_buffer_iterate_meta(buffer, &raw mut state) };
        (!meta.is_null()).then_some(meta)
    })
}

/// The metas whose API has the tag `nvdsmeta`.
///
/// # Safety
/// As [`metas`].
pub(crate) unsafe fn nvds_metas(buffer: *mut GstBuffer) -> impl Iterator<Item = *mut NvDsMeta> {
    // SAFETY: as the caller vouches.
    unsafe { metas(buffer) }
        .filter(|meta| has_tag(*meta, tag()))
        .map(<*mut GstMeta>::cast)
}

/// Whether the API of a meta, which is alive, has a tag.
pub(crate) fn has_tag(meta: *mut GstMeta, tag: GQuark) -> bool {
    // SAFETY: metas come from a live buffer, and each has its implementation.
    unsafe { gst_meta_api_type_has_tag((*(*meta).info).api, tag) != GFALSE }
}

/// Whether a meta is of this library's API.
pub(crate) fn is_nvds(meta: *mut GstMeta) -> bool {
    has_tag(meta, tag())
}
