//! `NvBufSurfTransform`: surfaces cropped, scaled, turned and converted, by GStreamer's video library.
//!
//! Names, arguments and fields are those of DeepStream's nvbufsurftransform.h. What would run beside the caller on a GPU has
//! happened when the function returns. Bytes differ from a GPU's in the last digits.

use std::ffi::{c_int, c_uint};

use gst_video::VideoResamplerMethod;

mod batch;
mod later;

use batch::{Batch, Failed, failed, finish, method};
pub use later::*;

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
    if flip == 0 && to_rect == to.whole() {
        return from.put(from_rect, to, method).map_err(wrong);
    }
    let format = to.info().format_info();
    if flip != 0 && format.is_yuv() && format.n_planes() == 1 && format.pixel_stride()[0] == 2 {
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
    from.put(from_rect, &mut upright, method).map_err(wrong)?;
    if flip == 0 {
        upright.paste(to, to_rect);
        return Ok(());
    }
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
