//! `NvBufSurfTransform`: surfaces cropped, scaled, turned and converted, by GStreamer's video library.
//!
//! Names, arguments and fields are those of DeepStream's nvbufsurftransform.h. What would run beside the caller on a GPU has
//! happened when the function returns. Bytes differ from a GPU's in the last digits.

use std::cell::RefCell;
use std::ffi::{c_int, c_uint, c_void};
use std::ptr::{NonNull, null_mut};

use gst_video::VideoResamplerMethod;
use nvds_sys as c;

use crate::complain;
use crate::picture::{Picture, Rect};
use crate::surface::Surface;

/// NvBufSurfTransform_Error.
type Status = c_int;
const SUCCESS: Status = 0;
const UNSUPPORTED: Status = -1;
const INVALID: Status = -3;
const ROI: Status = -4;

const CROP_SRC: u32 = 1;
const CROP_DST: u32 = 1 << 1;
const FILTER: u32 = 1 << 2;
const FLIP: u32 = 1 << 3;
const COMPOSITE: u32 = 1;
const COMPOSITE_FILTER: u32 = 1 << 2;

/// What a rectangle begins with in all releases; from 8.0 on it has more at the end.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TransformRect {
    /// First row.
    pub top: u32,
    /// First column.
    pub left: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// NvBufSurfTransformParams, of which releases from 8.0 on have more at the end.
#[repr(C)]
pub struct TransformParams {
    /// Which of the others count.
    pub transform_flag: u32,
    /// 0 none; 1 to 3 turned clockwise by 90 to 270 degrees; 4 and 5 mirrored, left and right, top and bottom; 6 and 7 transposed.
    pub transform_flip: c_uint,
    /// 0 nearest, 1 linear, 2 cubic, 4 Lanczos; others are nearest.
    pub transform_filter: c_uint,
    /// A rectangle for each surface.
    pub src_rect: *const TransformRect,
    /// A rectangle for each surface.
    pub dst_rect: *const TransformRect,
}

/// NvBufSurfTransformCompositeParams, likewise.
#[repr(C)]
pub struct CompositeParams {
    /// Which of the others count.
    pub composite_flag: u32,
    /// Surfaces to put together.
    pub input_buf_count: u32,
    /// A rectangle for each, or null for the whole.
    pub src_comp_rect: *const TransformRect,
    /// Where each goes.
    pub dst_comp_rect: *const TransformRect,
    /// As in [`TransformParams`].
    pub composite_filter: c_uint,
}

/// NvBufSurfTransformConfigParams, likewise.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ConfigParams {
    /// Kept, without effect.
    pub compute_mode: c_uint,
    /// Kept, without effect.
    pub gpu_id: i32,
    /// Kept, without effect.
    pub cuda_stream: *mut c_void,
}

const DEFAULT_SESSION: ConfigParams = ConfigParams {
    compute_mode: 0,
    gpu_id: 0,
    cuda_stream: null_mut(),
};

thread_local! {
    /// What the thread has set; nothing here depends on it.
    static SESSION: RefCell<ConfigParams> = const { RefCell::new(DEFAULT_SESSION) };
}

/// A failed call: what it returns, and what is told.
struct Failed(Status, String);

fn failed<T>(status: Status, text: impl Into<String>) -> Result<T, Failed> {
    Err(Failed(status, text.into()))
}

fn finish(name: &str, result: Result<(), Failed>) -> Status {
    match result {
        Ok(()) => SUCCESS,
        Err(Failed(status, text)) => {
            complain(&format!("{name}: {text}"));
            status
        }
    }
}

/// The surfaces of a batch.
struct Batch {
    first: *mut c::NvBufSurfaceParams,
    size: usize,
    filled: usize,
    stride: usize,
    rect: usize,
}

impl Batch {
    /// # Safety
    /// `surface` is null or a surface of the stand-ins or of NvBufSurfaceCreate.
    unsafe fn of(surface: Surface, what: &str) -> Result<Self, Failed> {
        if surface.is_null() {
            return failed(INVALID, format!("expected a {what}, found a null pointer"));
        }
        let Ok(release) = nvds::release() else {
            return failed(
                INVALID,
                "there is no metadata library, whose release tells how surfaces are laid out",
            );
        };
        let layout = release.layout();
        // SAFETY: a surface, as the caller promises; these fields have the same place in all releases.
        unsafe {
            Ok(Self {
                first: (*surface).surfaceList,
                size: (*surface).batchSize as usize,
                filled: (*surface).numFilled as usize,
                stride: layout.surface_params,
                // Rectangles grew with the surfaces.
                rect: if layout.surface > 64 {
                    48
                } else {
                    size_of::<TransformRect>()
                },
            })
        }
    }

    /// # Safety
    /// The pixels of the surface are not changed by others.
    unsafe fn picture(&self, index: usize) -> Result<Picture, Failed> {
        // SAFETY: there are `size` descriptions, and `index` is below it.
        let params = unsafe { self.first.byte_add(index * self.stride) };
        // SAFETY: as the caller promises.
        unsafe { Picture::of(params) }.or_else(|text| failed(UNSUPPORTED, text))
    }

    /// A rectangle of a list, or the whole picture where there is none.
    ///
    /// # Safety
    /// `list` is null or has more than `index` rectangles of the library's release.
    unsafe fn rect(
        &self,
        list: *const TransformRect,
        index: usize,
        picture: &Picture,
        what: &str,
    ) -> Result<Rect, Failed> {
        if list.is_null() {
            return Ok(picture.whole());
        }
        // SAFETY: as the caller promises.
        let rect = unsafe { list.byte_add(index * self.rect).read() };
        let rect = Rect {
            left: rect.left,
            top: rect.top,
            width: rect.width,
            height: rect.height,
        };
        let whole = picture.whole();
        if rect.is_within(whole.width, whole.height) {
            return Ok(rect);
        }
        let Rect {
            left,
            top,
            width,
            height,
        } = rect;
        failed(
            ROI,
            format!(
                "{what}[{index}]: expected a rectangle within {}x{}, found {width}x{height} at ({left}, {top})",
                whole.width, whole.height
            ),
        )
    }
}

/// NvBufSurfTransform_Inter: nearest is what the default is on a GPU, too.
fn method(filter: c_uint) -> VideoResamplerMethod {
    match filter {
        1 => VideoResamplerMethod::Linear,
        2 => VideoResamplerMethod::Cubic,
        4 => VideoResamplerMethod::Lanczos,
        _ => VideoResamplerMethod::Nearest,
    }
}

/// Converts, and turns what was converted.
fn put(
    from: &Picture,
    from_rect: Rect,
    to: &mut Picture,
    to_rect: Rect,
    method: VideoResamplerMethod,
    flip: c_uint,
) -> Result<(), Failed> {
    let wrong = |text| Failed(UNSUPPORTED, text);
    if flip == 0 {
        return from.put(from_rect, to, to_rect, method).map_err(wrong);
    }
    if to.info().format_info().pixel_stride()[0] == 2 && to.info().format_info().is_yuv() {
        return failed(
            UNSUPPORTED,
            "packed YUV is not turned here: use NV12, I420 or RGBA",
        );
    }
    let is_transposed = matches!(flip, 1 | 3 | 6 | 7);
    let (width, height) = if is_transposed {
        (to_rect.height, to_rect.width)
    } else {
        (to_rect.width, to_rect.height)
    };
    let mut pixels = Vec::new();
    let mut upright = to.like(width, height, &mut pixels).map_err(wrong)?;
    let whole = upright.whole();
    from.put(from_rect, &mut upright, whole, method)
        .map_err(wrong)?;
    // Where the sample at (x, y) of a plane of w x h comes from.
    upright.turn(to, to_rect, |x, y, w, h| match flip {
        1 => (y, w - 1 - x),
        2 => (w - 1 - x, h - 1 - y),
        3 => (h - 1 - y, x),
        4 => (w - 1 - x, y),
        5 => (x, h - 1 - y),
        6 => (y, x),
        _ => (h - 1 - y, w - 1 - x),
    });
    Ok(())
}

/// # Safety
/// As of [`NvBufSurfTransform`].
unsafe fn transform(
    src: Surface,
    dst: Surface,
    params: *const TransformParams,
) -> Result<(), Failed> {
    // SAFETY: as the caller promises.
    let (from, to) = unsafe { (Batch::of(src, "source")?, Batch::of(dst, "destination")?) };
    if params.is_null() {
        return failed(INVALID, "expected parameters, found a null pointer");
    }
    // SAFETY: parameters, as the caller promises; what follows in newer releases is not read.
    let params = unsafe { &*params };
    if from.filled == 0 || from.filled > to.size {
        return failed(
            INVALID,
            format!(
                "expected a source with 1 to {} surfaces (the destination's batchSize), found {}",
                to.size, from.filled
            ),
        );
    }
    let flag = params.transform_flag;
    let chosen = |bit: u32, list| {
        if flag & bit != 0 {
            list
        } else {
            std::ptr::null()
        }
    };
    let flip = if flag & FLIP != 0 {
        params.transform_flip
    } else {
        0
    };
    if flip > 7 {
        return failed(
            INVALID,
            format!("transform_flip: expected 0 to 7, found {flip}"),
        );
    }
    let method = method(if flag & FILTER != 0 {
        params.transform_filter
    } else {
        0
    });
    for i in 0..from.filled {
        // SAFETY: as the caller promises, there is a rectangle for each surface of the source.
        unsafe {
            let (source, mut target) = (from.picture(i)?, to.picture(i)?);
            let source_rect =
                from.rect(chosen(CROP_SRC, params.src_rect), i, &source, "src_rect")?;
            let target_rect =
                from.rect(chosen(CROP_DST, params.dst_rect), i, &target, "dst_rect")?;
            put(&source, source_rect, &mut target, target_rect, method, flip)?;
        }
    }
    // SAFETY: a surface, as the caller promises.
    unsafe { (*dst).numFilled = from.filled as u32 };
    Ok(())
}

/// Puts each surface of a batch into that of another batch: `src_rect` of it into `dst_rect` there, in its format.
///
/// # Safety
/// Both are null or surfaces of the stand-ins or of NvBufSurfaceCreate; nobody else uses `dst`. `params` is null or an
/// NvBufSurfTransformParams with a rectangle for each filled surface of `src` where its flags say so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfTransform(
    src: Surface,
    dst: Surface,
    params: *const TransformParams,
) -> Status {
    // SAFETY: as the caller promises.
    finish("NvBufSurfTransform", unsafe { transform(src, dst, params) })
}

/// # Safety
/// As of [`NvBufSurfTransformComposite`].
unsafe fn composite(
    src: Surface,
    dst: Surface,
    params: *const CompositeParams,
) -> Result<(), Failed> {
    // SAFETY: as the caller promises.
    let (from, to) = unsafe { (Batch::of(src, "source")?, Batch::of(dst, "destination")?) };
    if params.is_null() {
        return failed(INVALID, "expected parameters, found a null pointer");
    }
    // SAFETY: parameters, as the caller promises; what follows in newer releases is not read.
    let params = unsafe { &*params };
    let count = params.input_buf_count as usize;
    if count == 0 || count > from.size || to.size == 0 {
        return failed(
            INVALID,
            format!(
                "input_buf_count: expected 1 to {} (the source's batchSize), found {count}",
                from.size
            ),
        );
    }
    if params.composite_flag & COMPOSITE == 0 || params.dst_comp_rect.is_null() {
        return failed(
            INVALID,
            "expected NVBUFSURF_TRANSFORM_COMPOSITE in composite_flag, and dst_comp_rect",
        );
    }
    let filter = if params.composite_flag & COMPOSITE_FILTER != 0 {
        params.composite_filter
    } else {
        0
    };
    // SAFETY: as the caller promises, there is a rectangle for each input.
    unsafe {
        let mut target = to.picture(0)?;
        for i in 0..count {
            let source = from.picture(i)?;
            let source_rect = from.rect(params.src_comp_rect, i, &source, "src_comp_rect")?;
            let target_rect = from.rect(params.dst_comp_rect, i, &target, "dst_comp_rect")?;
            put(
                &source,
                source_rect,
                &mut target,
                target_rect,
                method(filter),
                0,
            )?;
        }
        (*dst).numFilled = 1;
    }
    Ok(())
}

/// Puts the surfaces of a batch into the first one of another batch, each at its `dst_comp_rect`, later ones on top.
///
/// # Safety
/// Both are null or surfaces of the stand-ins or of NvBufSurfaceCreate; nobody else uses `dst`. `params` is null or an
/// NvBufSurfTransformCompositeParams with `input_buf_count` rectangles in each list that is not null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfTransformComposite(
    src: Surface,
    dst: Surface,
    params: *const CompositeParams,
) -> Status {
    // SAFETY: as the caller promises.
    finish("NvBufSurfTransformComposite", unsafe {
        composite(src, dst, params)
    })
}

/// What waits for nothing; never read.
static DONE: u8 = 0;

/// # Safety
/// `object` is null or may be written.
unsafe fn done(status: Status, object: *mut *const u8) -> Status {
    if status == SUCCESS && !object.is_null() {
        // SAFETY: as the caller promises.
        unsafe { object.write(&raw const DONE) };
    }
    status
}

/// As [`NvBufSurfTransform`], done when it returns.
///
/// # Safety
/// As of [`NvBufSurfTransform`]; `object` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfTransformAsync(
    src: Surface,
    dst: Surface,
    params: *const TransformParams,
    object: *mut *const u8,
) -> Status {
    // SAFETY: as the caller promises.
    unsafe { done(NvBufSurfTransform(src, dst, params), object) }
}

/// As [`NvBufSurfTransformComposite`], done when it returns.
///
/// # Safety
/// As of [`NvBufSurfTransformComposite`]; `object` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfTransformCompositeAsync(
    src: Surface,
    dst: Surface,
    params: *const CompositeParams,
    object: *mut *const u8,
) -> Status {
    // SAFETY: as the caller promises.
    unsafe { done(NvBufSurfTransformComposite(src, dst, params), object) }
}

/// There is nothing to wait for.
#[unsafe(no_mangle)]
pub extern "C" fn NvBufSurfTransformSyncObjWait(_object: *const u8, _timeout: u32) -> Status {
    SUCCESS
}

/// Takes the object back.
///
/// # Safety
/// `object` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfTransformSyncObjDestroy(object: *mut *const u8) -> Status {
    if let Some(object) = NonNull::new(object) {
        // SAFETY: as the caller promises.
        unsafe { object.write(std::ptr::null()) };
    }
    SUCCESS
}

/// Keeps what the thread sets; everything is computed by the CPU all the same.
///
/// # Safety
/// `params` is null or an NvBufSurfTransformConfigParams.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfTransformSetSessionParams(params: *const ConfigParams) -> Status {
    if params.is_null() {
        return INVALID;
    }
    // SAFETY: parameters, as the caller promises.
    SESSION.set(unsafe { params.read() });
    SUCCESS
}

/// Gives what the thread has set.
///
/// # Safety
/// `params` is null or an NvBufSurfTransformConfigParams that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfTransformGetSessionParams(params: *mut ConfigParams) -> Status {
    if params.is_null() {
        return INVALID;
    }
    // SAFETY: may be written, as the caller promises.
    unsafe { params.write(SESSION.with_borrow(|session| *session)) };
    SUCCESS
}

/// Forgets what the thread has set.
#[unsafe(no_mangle)]
pub extern "C" fn NvBufSurfTransformSetDefaultSession() -> Status {
    SESSION.set(DEFAULT_SESSION);
    SUCCESS
}
