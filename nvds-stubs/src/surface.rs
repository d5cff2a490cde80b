//! `NvBufSurface*` on surfaces of the stand-ins, whose pixels are in system memory: mapping is looking up an address.
//!
//! Names and arguments are those of DeepStream's nvbufsurface.h; 0 is success, -1 an error that standard error tells.

use std::ffi::{c_int, c_uint, c_void};
use std::ptr::null_mut;

use nvds_sys as c;

use crate::complain;

/// A batch of surfaces, as C knows it.
pub type Surface = *mut c::NvBufSurface;

/// All planes, or all surfaces of a batch.
const ALL: c_int = -1;

/// The numbers that an argument stands for; none if it is out of range.
fn range(argument: c_int, count: usize) -> Option<std::ops::Range<usize>> {
    match usize::try_from(argument) {
        Ok(number) if number < count => Some(number..number + 1),
        Err(_) if argument == ALL => Some(0..count),
        _ => None,
    }
}

/// What a function does with each plane.
type ForPlane<'a> = &'a mut dyn FnMut(*mut c::NvBufSurfaceParams, usize);

/// Goes through the planes that `index` and `plane` stand for.
///
/// # Safety
/// `surface` is null or a surface of the stand-ins.
unsafe fn planes(
    what: &str,
    surface: Surface,
    index: c_int,
    plane: c_int,
    each: ForPlane,
) -> c_int {
    if surface.is_null() {
        complain(&format!("{what}: expected a surface, found a null pointer"));
        return -1;
    }
    let Ok(stride) = nvds::release().map(|release| release.layout().surface_params) else {
        complain(&format!(
            "{what}: there is no metadata library, whose release tells how surfaces are laid out"
        ));
        return -1;
    };
    // SAFETY: a surface, as the caller promises; these fields have the same place in all releases.
    let (first, filled, size) = unsafe {
        let (filled, size) = ((*surface).numFilled, (*surface).batchSize);
        ((*surface).surfaceList, filled as usize, size as usize)
    };
    // A batch of an application's own is not filled when it is mapped or cleared first.
    let all = if filled > 0 { filled.min(size) } else { size };
    let indices = if index == ALL {
        Some(0..all)
    } else {
        range(index, size)
    };
    let Some(indices) = indices else {
        complain(&format!(
            "{what}: expected an index below {size} or -1, found {index}"
        ));
        return -1;
    };
    for i in indices {
        // SAFETY: there are `batchSize` descriptions, each of the layout's size.
        let params = unsafe { first.byte_add(i * stride) };
        // SAFETY: a description, of which this field has the same place in all releases.
        if unsafe { (*params).dataPtr.is_null() } {
            complain(&format!(
                "{what}: expected a filled surface, found that number {i} of the batch is empty"
            ));
            return -1;
        }
        // SAFETY: a description, of which this field has the same place in all releases.
        let count = unsafe { (*params).planeParams.num_planes as usize }.min(4);
        let Some(planes) = range(plane, count) else {
            complain(&format!(
                "{what}: expected a plane below {count} or -1, found {plane}"
            ));
            return -1;
        };
        planes.for_each(|plane| each(params, plane));
    }
    0
}

/// A plane's lines.
struct Lines {
    format: c::NvBufSurfaceColorFormat,
    start: *mut u8,
    /// Bytes of a line.
    width: usize,
    /// Bytes from line to line.
    pitch: usize,
    height: usize,
}

impl Lines {
    /// # Safety
    /// `params` describes a surface with this plane.
    unsafe fn of(params: *mut c::NvBufSurfaceParams, plane: usize) -> Self {
        // SAFETY: as the caller promises; offsets lie within the surface's memory.
        unsafe {
            let planes = &raw const (*params).planeParams;
            Self {
                format: (*params).colorFormat,
                start: (*params)
                    .dataPtr
                    .cast::<u8>()
                    .add((*planes).offset[plane] as usize),
                width: (*planes).width[plane] as usize * (*planes).bytesPerPix[plane] as usize,
                pitch: (*planes).pitch[plane] as usize,
                height: (*planes).height[plane] as usize,
            }
        }
    }

    fn shape(&self) -> (c::NvBufSurfaceColorFormat, usize, usize) {
        (self.format, self.width, self.height)
    }
}

/// Puts the address of each plane into `mappedAddr.addr`. `index` or `plane` -1 is all.
///
/// # Safety
/// `surf` is null or a surface of the stand-ins.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfaceMap(
    surf: Surface,
    index: c_int,
    plane: c_int,
    _flags: c_int,
) -> c_int {
    // SAFETY: as the caller promises, and the planes are those of the descriptions.
    unsafe {
        planes(
            "NvBufSurfaceMap",
            surf,
            index,
            plane,
            &mut |params, plane| {
                (*params).mappedAddr.addr[plane] = Lines::of(params, plane).start.cast();
            },
        )
    }
}

/// Takes the addresses back.
///
/// # Safety
/// `surf` is null or a surface of the stand-ins.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfaceUnMap(surf: Surface, index: c_int, plane: c_int) -> c_int {
    // SAFETY: as the caller promises, and the planes are those of the descriptions.
    unsafe {
        planes(
            "NvBufSurfaceUnMap",
            surf,
            index,
            plane,
            &mut |params, plane| {
                (*params).mappedAddr.addr[plane] = null_mut();
            },
        )
    }
}

/// Nothing to do: there is one memory.
///
/// # Safety
/// `surf` is null or a surface of the stand-ins.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfaceSyncForCpu(
    surf: Surface,
    index: c_int,
    plane: c_int,
) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { planes("NvBufSurfaceSyncForCpu", surf, index, plane, &mut |_, _| {}) }
}

/// Nothing to do: there is one memory.
///
/// # Safety
/// `surf` is null or a surface of the stand-ins.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfaceSyncForDevice(
    surf: Surface,
    index: c_int,
    plane: c_int,
) -> c_int {
    // SAFETY: as the caller promises.
    unsafe {
        planes(
            "NvBufSurfaceSyncForDevice",
            surf,
            index,
            plane,
            &mut |_, _| {},
        )
    }
}

/// Fills each plane's lines with a byte.
///
/// # Safety
/// `surf` is null or a surface of the stand-ins that nobody else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfaceMemSet(
    surf: Surface,
    index: c_int,
    plane: c_int,
    value: u8,
) -> c_int {
    // SAFETY: as the caller promises; lines lie within the plane.
    unsafe {
        planes(
            "NvBufSurfaceMemSet",
            surf,
            index,
            plane,
            &mut |params, plane| {
                let lines = Lines::of(params, plane);
                for y in 0..lines.height {
                    lines
                        .start
                        .add(y * lines.pitch)
                        .write_bytes(value, lines.width);
                }
            },
        )
    }
}

/// Copies the pixels of a batch into another one with surfaces of the same sizes and formats.
///
/// # Safety
/// Both are null or surfaces of the stand-ins; nobody else uses `dst`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurfaceCopy(src: Surface, dst: Surface) -> c_int {
    let name = "NvBufSurfaceCopy";
    let mut found = [Vec::new(), Vec::new()];
    for (surface, found) in [src, dst].into_iter().zip(&mut found) {
        // SAFETY: as the caller promises, and the planes are those of the descriptions.
        let result = unsafe {
            planes(name, surface, ALL, ALL, &mut |params, plane| {
                found.push(Lines::of(params, plane));
            })
        };
        if result != 0 {
            return result;
        }
    }
    let [from, to] = found;
    let shapes = |lines: &[Lines]| lines.iter().map(Lines::shape).collect::<Vec<_>>();
    if shapes(&from) != shapes(&to) {
        complain(&format!(
            "{name}: expected surfaces of the same number, sizes and formats"
        ));
        return -1;
    }
    for (from, to) in from.iter().zip(&to) {
        for y in 0..from.height {
            // SAFETY: both planes have as many lines of this width.
            unsafe {
                to.start
                    .add(y * to.pitch)
                    .copy_from(from.start.add(y * from.pitch), from.width)
            };
        }
    }
    0
}

/// One plane's lines and the caller's, which have no gaps; none if they do not fit, which is told.
///
/// # Safety
/// `surface` is null or a surface of the stand-ins.
unsafe fn plain_lines(
    name: &str,
    surface: Surface,
    [index, plane, width, height]: [c_uint; 4],
    bytes: *const u8,
) -> Option<(Lines, usize)> {
    let mut found = None;
    // SAFETY: as the caller promises, and the plane is that of the description.
    let result = unsafe {
        let mut each = |params: *mut c::NvBufSurfaceParams, plane: usize| {
            let sample = (*params).planeParams.bytesPerPix[plane] as usize;
            found = Some((Lines::of(params, plane), sample));
        };
        // What is no int is no index either.
        let number = |number: c_uint| c_int::try_from(number).unwrap_or(c_int::MAX);
        planes(name, surface, number(index), number(plane), &mut each)
    };
    let (lines, sample) = found.filter(|_| result == 0)?;
    let length = width as usize * sample;
    if bytes.is_null() || length > lines.width || height as usize > lines.height {
        let (most, high) = (lines.width / sample.max(1), lines.height);
        complain(&format!(
            "{name}: expected memory for at most {most}x{high} samples, found {width}x{height} at {bytes:p}"
        ));
        return None;
    }
    Some((lines, length))
}

/// Copies the first `width` x `height` samples of a plane to `ptr`, without gaps between the lines.
///
/// # Safety
/// `surf` is null or a surface of the stand-ins; `ptr` is null or has room for the samples.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NvBufSurface2Raw(
    surf: Surface,
    index: c_uint,
    plane: c_uint,
    width: c_uint,
    height: c_uint,
    ptr: *mut u8,
) -> c_int {
    let numbers = [index, plane, width, height];
    // SAFETY: as the caller promises; lines lie within the plane.
    unsafe {
        let Some((lines, length)) = plain_lines("NvBufSurface2Raw", surf, numbers, ptr) else {
            return -1;
        };
        for y in 0..height as usize {
            ptr.add(y * length)
                .copy_from(lines.start.add(y * lines.pitch), length);
        }
    }
    0
}

/// Copies samples from `ptr`, where lines have no gaps, to the beginning of a plane.
///
/// # Safety
/// `surf` is null or a surface of the stand-ins that nobody else uses; `ptr` is null or has the samples.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn Raw2NvBufSurface(
    ptr: *const u8,
    index: c_uint,
    plane: c_uint,
    width: c_uint,
    height: c_uint,
    surf: Surface,
) -> c_int {
    let numbers = [index, plane, width, height];
    // SAFETY: as the caller promises; lines lie within the plane.
    unsafe {
        let Some((lines, length)) = plain_lines("Raw2NvBufSurface", surf, numbers, ptr) else {
            return -1;
        };
        for y in 0..height as usize {
            lines
                .start
                .add(y * lines.pitch)
                .copy_from(ptr.add(y * length), length);
        }
    }
    0
}

/// There is no device.
#[unsafe(no_mangle)]
pub extern "C" fn NvBufSurfaceGetDeviceInfo(_info: *mut c_void) -> c_int {
    -1
}

/// There is no EGL.
#[unsafe(no_mangle)]
pub extern "C" fn NvBufSurfaceMapEglImage(_surf: Surface, _index: c_int) -> c_int {
    complain("NvBufSurfaceMapEglImage: there is no EGL on the stand-ins; use NvBufSurfaceMap");
    -1
}

/// There is no EGL, and so nothing to take back.
#[unsafe(no_mangle)]
pub extern "C" fn NvBufSurfaceUnMapEglImage(_surf: Surface, _index: c_int) -> c_int {
    0
}
