//! `NvBufSurfaceCreate`, `Allocate` and `Destroy`: surfaces of an application's own, in system memory.
//!
//! Names, arguments and fields are those of DeepStream's nvbufsurface.h; 0 is success, -1 an error that standard error tells.

use std::collections::HashMap;
use std::ffi::{c_int, c_uint, c_void};
use std::sync::{LazyLock, Mutex, PoisonError};

use nvds_sys as c;

use crate::complain;
use crate::picture::{self, ALIGNMENT};
use crate::surface::Surface;

/// The longest side, in pixels.
const MOST_PIXELS: u32 = 32768;
/// More surfaces than any batch has.
const MOST_SURFACES: u32 = 4096;

/// NvBufSurfaceCreateParams, of which releases from 8.0 on have more at the end.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CreateParams {
    /// Number of the GPU, which is kept and not used.
    pub gpu_id: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes; 0 for what a picture of this size needs.
    pub size: u32,
    /// Kept, without effect.
    pub is_contiguous: bool,
    /// Of the pixels.
    pub color_format: c::NvBufSurfaceColorFormat,
    /// Pitch is the only one here.
    pub layout: c::NvBufSurfaceLayout,
    /// Kind of memory that the surface shall claim to be.
    pub mem_type: c::NvBufSurfaceMemType,
}

/// A batch and all that it points at.
struct Batch {
    surface: Box<[u64]>,
    /// Held for the pointers to them.
    _list: Box<[u64]>,
    _extras: Box<[c::NvBufSurfaceParamsEx]>,
    _pixels: Vec<Box<[Block]>>,
}

/// Pixels are allocated in pieces of this size and alignment.
#[repr(C, align(512))]
#[derive(Clone, Copy)]
struct Block([u8; ALIGNMENT]);

// SAFETY: its pointers point into boxes of its own.
unsafe impl Send for Batch {}

/// What was created and not yet destroyed, by address.
static BATCHES: LazyLock<Mutex<HashMap<usize, Batch>>> = LazyLock::new(Mutex::default);

fn batches() -> std::sync::MutexGuard<'static, HashMap<usize, Batch>> {
    BATCHES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn words(bytes: usize) -> Box<[u64]> {
    vec![0; bytes.div_ceil(size_of::<u64>())].into_boxed_slice()
}

/// Checks what an application asks for.
fn check(count: u32, params: &CreateParams) -> Result<(), String> {
    if !(1..=MOST_SURFACES).contains(&count) {
        return Err(format!(
            "expected a batchSize of 1 to {MOST_SURFACES}, found {count}"
        ));
    }
    let sides = 1..=MOST_PIXELS;
    if params.size == 0 && !(sides.contains(&params.width) && sides.contains(&params.height)) {
        let (width, height) = (params.width, params.height);
        return Err(format!(
            "expected sides of 1 to {MOST_PIXELS} pixels, found {width}x{height}"
        ));
    }
    match params.mem_type {
        c::NvBufSurfaceMemType_NVBUF_MEM_SURFACE_ARRAY
        | c::NvBufSurfaceMemType_NVBUF_MEM_HANDLE
        | c::NvBufSurfaceMemType_NVBUF_MEM_CUDA_ARRAY => {
            return Err(format!(
                "memType {} is Jetson's: expected NVBUF_MEM_DEFAULT, a CUDA type of a discrete GPU or NVBUF_MEM_SYSTEM",
                params.mem_type
            ));
        }
        0..=3 | 6 => (),
        other => return Err(format!("expected a memType of 0 to 7, found {other}")),
    }
    if params.layout != c::NvBufSurfaceLayout_NVBUF_LAYOUT_PITCH {
        return Err("layout: expected NVBUF_LAYOUT_PITCH, the only one without a Jetson".into());
    }
    Ok(())
}

/// The planes, and bytes in all.
fn layout(params: &CreateParams) -> Result<(c::NvBufSurfacePlaneParams, u32), String> {
    // SAFETY: integers and pointers; all zeros is valid for this C struct.
    let mut described: c::NvBufSurfacePlaneParams = unsafe { std::mem::zeroed() };
    let planes = if params.size > 0 {
        let width = params.size as usize;
        vec![picture::Plane {
            width,
            height: 1,
            pitch: width,
            bytes: 1,
        }]
    } else {
        let format = picture::video_format(params.color_format).ok_or_else(|| {
            let number = params.color_format;
            format!("colorFormat {number} cannot be made here: expected an 8-bit RGB, YUV 4:2:0, 4:2:2 or 4:4:4 format or NV12_10LE")
        })?;
        picture::planes(format, params.width, params.height)
    };
    described.num_planes = planes.len() as u32;
    let mut offset = 0_u32;
    for (i, plane) in planes.iter().enumerate() {
        let size = u32::try_from(plane.pitch * plane.height)
            .map_err(|_| "a plane of 4 GiB or more".to_owned())?;
        described.width[i] = plane.width as u32;
        described.height[i] = plane.height as u32;
        described.pitch[i] = plane.pitch as u32;
        described.bytesPerPix[i] = plane.bytes as u32;
        described.psize[i] = size;
        described.offset[i] = offset;
        offset = offset
            .checked_add(size)
            .ok_or("a surface of 4 GiB or more")?;
    }
    Ok((described, offset))
}

fn create(count: u32, params: &CreateParams) -> Result<Batch, String> {
    check(count, params)?;
    picture::start()?;
    let (planes, bytes) = layout(params)?;
    let release = nvds::release().map_err(|_| {
        "there is no metadata library, whose release tells how surfaces are laid out".to_owned()
    })?;
    let layout = release.layout();
    let count = count as usize;
    let blocks = (bytes as usize).div_ceil(ALIGNMENT);
    let mut pixels = Vec::new();
    for _ in 0..count {
        let mut one = Vec::new();
        one.try_reserve_exact(blocks)
            .map_err(|_| format!("there is no memory for {count} surfaces of {bytes} bytes"))?;
        one.resize(blocks, Block([0; ALIGNMENT]));
        pixels.push(one.into_boxed_slice());
    }
    let mut list = words(count * layout.surface_params);
    // SAFETY: integers, bools and pointers; all zeros is valid for this C struct.
    let mut extras: Box<[c::NvBufSurfaceParamsEx]> =
        (0..count).map(|_| unsafe { std::mem::zeroed() }).collect();
    for (i, (pixels, extra)) in pixels.iter_mut().zip(&mut extras).enumerate() {
        // SAFETY: there are `count` descriptions of that size; the fields but the last have the same place in all
        // releases, and the pointer to what more there is lies within the description.
        unsafe {
            let place = list.as_mut_ptr().byte_add(i * layout.surface_params);
            let one = place.cast::<c::NvBufSurfaceParams>();
            (*one).width = params.width;
            (*one).height = params.height;
            (*one).pitch = planes.pitch[0];
            (*one).colorFormat = params.color_format;
            (*one).layout = params.layout;
            (*one).dataSize = bytes;
            (*one).dataPtr = pixels.as_mut_ptr().cast();
            (*one).planeParams = planes;
            place
                .byte_add(layout.surface_more)
                .cast::<*mut c::NvBufSurfaceParamsEx>()
                .write(extra);
        }
    }
    let mut surface = words(layout.surface);
    let raw = surface.as_mut_ptr().cast::<c::NvBufSurface>();
    // SAFETY: these fields have the same place in all releases; no reference to the struct is formed, which may be shorter.
    unsafe {
        (*raw).gpuId = params.gpu_id;
        (*raw).batchSize = count as u32;
        (*raw).isContiguous = params.is_contiguous;
        (*raw).memType = match params.mem_type {
            // What the default is with a discrete GPU.
            c::NvBufSurfaceMemType_NVBUF_MEM_DEFAULT => {
                c::NvBufSurfaceMemType_NVBUF_MEM_CUDA_DEVICE
            }
            other => other,
        };
        (*raw).surfaceList = list.as_mut_ptr().cast();
    }
    Ok(Batch {
        surface,
        _list: list,
        _extras: extras,
        _pixels: pixels,
    })
}

/// Makes a batch of `count` surfaces in system memory, whatever kind of memory they claim to have; `numFilled` is 0.
///
/// # Safety
/// `surf` is null or may be written, `params` is null or an NvBufSurfaceCreateParams.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfaceCreate(
    surf: *mut Surface,
    count: u32,
    params: *const CreateParams,
) -> c_int {
    if surf.is_null() || params.is_null() {
        complain(
            "NvBufSurfaceCreate: expected a place for the surface and parameters, found a null pointer",
        );
        return -1;
    }
    // SAFETY: parameters, as the caller promises; what follows in newer releases is not read.
    match create(count, unsafe { &*params }) {
        Ok(mut batch) => {
            let address = batch.surface.as_mut_ptr();
            batches().insert(address as usize, batch);
            // SAFETY: may be written, as the caller promises.
            unsafe { surf.write(address.cast()) };
            0
        }
        Err(text) => {
            complain(&format!("NvBufSurfaceCreate: {text}"));
            -1
        }
    }
}

/// As [`NvBufSurfaceCreate`]; what else NvBufSurfaceAllocateParams has is for memory of a GPU.
///
/// # Safety
/// `surf` is null or may be written, `params` is null or an NvBufSurfaceAllocateParams, which begins with NvBufSurfaceCreateParams.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfaceAllocate(
    surf: *mut Surface,
    count: u32,
    params: *const CreateParams,
) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { NvBufSurfaceCreate(surf, count, params) }
}

/// Frees what [`NvBufSurfaceCreate`] made. Another surface, or one that was freed before, is an error.
#[unsafe(no_mangle)]
pub extern "C" fn NvBufSurfaceDestroy(surf: Surface) -> c_int {
    if batches().remove(&(surf as usize)).is_some() {
        return 0;
    }
    complain(
        "NvBufSurfaceDestroy: expected a surface of NvBufSurfaceCreate that was not destroyed yet",
    );
    -1
}

/// Functions for memory that is not here.
macro_rules! elsewhere {
    ($($name:ident($($argument:ty),*) $text:literal)*) => {$(
        #[doc = concat!("Fails: ", $text, ".")]
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($(_: $argument),*) -> c_int {
            complain(concat!(stringify!($name), ": ", $text));
            -1
        }
    )*};
}
elsewhere! {
    NvBufSurfaceFromFd(c_int, *mut *mut c_void) "there are no DMA buffers without a Jetson; map the surface of a GstBuffer"
    NvBufSurfaceImport(*mut Surface, *const c_void) "surfaces of other processes are not shared without a GPU"
    NvBufSurfaceGetMapParams(Surface, c_int, *mut c_void) "surfaces are not shared with other processes without a GPU"
    NvBufSurfaceMapCudaBuffer(Surface, c_int) "there is no CUDA device; use NvBufSurfaceMap"
    NvBufSurfaceUnMapCudaBuffer(Surface, c_int) "there is no CUDA device"
    NvBufSurfaceMapNvmmBuffer(Surface, c_int) "there is no NVMM memory without a Jetson; use NvBufSurfaceMap"
    NvBufSurfaceUnMapNvmmBuffer(Surface, c_int) "there is no NVMM memory without a Jetson"
    NvBufSurfaceSyncGpuL2CacheForDevice(Surface, c_uint, *mut c_void) "there is no GPU whose cache could be synchronised"
}
