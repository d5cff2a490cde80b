//! The GstMemory that holds an `NvBufSurface`.

use std::sync::{Arc, LazyLock};

use glib::prelude::*;
use glib::subclass::prelude::*;
use glib::translate::*;
use gst::subclass::prelude::*;
use gst_sys::{GstAllocator, GstMapFlags, GstMemory};
use nvds::layout::Layout;
use nvds::sys as c;

use super::Error;
use super::block::Block;

/// Whose memory a buffer's looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryKind {
    /// That of the converter, the mux and most elements: memory type `nvds`.
    Nvds,
    /// That of the decoder: memory type `V4l2Memory`.
    V4l2,
}

/// An `NvBufSurface` with everything it points at, laid out as the loaded library's release has it.
pub struct Content {
    // Words in boxes, because readers keep pointers while the content moves; the structs differ in
    // length between releases.
    surface: Box<[u64]>,
    params: Box<[u64]>,
    /// The release's own further descriptions are shorter or as long.
    extras: Box<[c::NvBufSurfaceParamsEx]>,
    layout: &'static Layout,
    blocks: Vec<Arc<Block>>,
}

// SAFETY: the raw pointers point into boxes of the same value and into blocks it keeps.
unsafe impl Send for Content {}
// SAFETY: nothing is changed through a shared reference; pixels have locks of their own.
unsafe impl Sync for Content {}

/// Zeroed memory for that many bytes, which all structs of the table are a multiple of eight of.
fn words(bytes: usize) -> Box<[u64]> {
    vec![0; bytes.div_ceil(size_of::<u64>())].into_boxed_slice()
}

impl Content {
    /// Describes the blocks; entries beyond them up to `batch_size` stay zero.
    ///
    /// # Errors
    /// [`Error::Library`] without a usable metadata library, which tells the layout.
    pub fn new(
        blocks: Vec<Arc<Block>>,
        batch_size: usize,
        mem_type: c::NvBufSurfaceMemType,
    ) -> Result<Self, Error> {
        let release = nvds::release().map_err(|error| Error::Library(error.to_string()))?;
        Ok(Self::with_layout(
            blocks,
            batch_size,
            mem_type,
            release.layout(),
        ))
    }

    /// As [`Self::new`], in the layout of another class of releases.
    pub(super) fn with_layout(
        blocks: Vec<Arc<Block>>,
        batch_size: usize,
        mem_type: c::NvBufSurfaceMemType,
        layout: &'static Layout,
    ) -> Self {
        // SAFETY: integers, bools and pointers; all zeros is valid for this C struct.
        let zero_extra = || unsafe { std::mem::zeroed::<c::NvBufSurfaceParamsEx>() };
        let mut extras: Box<[_]> = blocks.iter().map(|_| zero_extra()).collect();
        let mut params = words(batch_size * layout.surface_params);
        let first = params.as_mut_ptr();
        for (i, (extra, block)) in extras.iter_mut().zip(&blocks).enumerate() {
            // SAFETY: there are as many descriptions as `batch_size`, which is not below the number
            // of blocks; the pointer to what more there is lies within the description.
            unsafe {
                let place = first.byte_add(i * layout.surface_params);
                describe(place.cast(), block);
                place
                    .byte_add(layout.surface_more)
                    .cast::<*mut c::NvBufSurfaceParamsEx>()
                    .write(extra);
            }
        }
        let mut surface = words(layout.surface);
        let raw = surface.as_mut_ptr().cast::<c::NvBufSurface>();
        // SAFETY: the fields up to the list have the same place in all releases; what follows, if
        // anything does, stays zero. No reference to the struct is formed, which may be shorter.
        unsafe {
            (*raw).batchSize = batch_size as u32;
            (*raw).numFilled = blocks.len() as u32;
            (*raw).memType = mem_type;
            (*raw).surfaceList = first.cast();
        }
        Self {
            surface,
            params,
            extras,
            layout,
            blocks,
        }
    }

    pub fn blocks(&self) -> &[Arc<Block>] {
        &self.blocks
    }

    /// The struct that readers see, as long as the layout has it.
    fn surface(&self) -> *const c::NvBufSurface {
        self.surface.as_ptr().cast()
    }

    /// Kind of memory that the surface claims to be.
    pub fn mem_type(&self) -> c::NvBufSurfaceMemType {
        // SAFETY: made by `with_layout`; the field has the same place in all releases.
        unsafe { (*self.surface()).memType }
    }

    /// Number of entries in the list, filled or not.
    pub fn batch_size(&self) -> usize {
        // SAFETY: as in `mem_type`.
        unsafe { (*self.surface()).batchSize as usize }
    }

    /// The same surfaces in memory of their own.
    fn duplicate(&self) -> Result<Self, Error> {
        debug_assert!(self.params.len() >= self.extras.len());
        let blocks = self
            .blocks
            .iter()
            .map(|block| block.duplicate().map(Arc::new))
            .collect::<Result<_, _>>()?;
        Ok(Self::with_layout(
            blocks,
            self.batch_size(),
            self.mem_type(),
            self.layout,
        ))
    }
}

/// Fills the description of one surface as the stock converter does.
///
/// # Safety
/// `params` must be zeroed memory for one description of any release.
unsafe fn describe(params: *mut c::NvBufSurfaceParams, block: &Block) {
    let desc = block.desc();
    let mut planes = c::NvBufSurfacePlaneParams {
        num_planes: block.planes().len() as u32,
        // SAFETY: integers and pointers; all zeros is valid for this C struct.
        ..unsafe { std::mem::zeroed() }
    };
    let mut offset = 0;
    for (i, plane) in block.planes().iter().enumerate() {
        planes.width[i] = plane.width as u32;
        planes.height[i] = plane.height as u32;
        planes.pitch[i] = plane.pitch as u32;
        planes.offset[i] = offset;
        planes.psize[i] = plane.size() as u32;
        planes.bytesPerPix[i] = plane.bytes_per_pixel as u32;
        offset += plane.size() as u32;
    }
    // SAFETY: the caller vouches for the memory; these fields have the same place in all releases. No
    // reference to the struct is formed, which may be shorter.
    unsafe {
        (*params).width = desc.width;
        (*params).height = desc.height;
        (*params).pitch = block.planes()[0].pitch as u32;
        (*params).colorFormat = desc.format.0;
        (*params).layout = c::NvBufSurfaceLayout_NVBUF_LAYOUT_PITCH;
        // On a GPU a handle; here, too, a number that differs from surface to surface.
        (*params).bufferDesc = block.address() as u64;
        (*params).dataPtr = block.address() as *mut _;
        (*params).planeParams = planes;
        (*params).dataSize = offset;
    }
}

/// A GstMemory of our allocator: GStreamer's header, then what we own.
#[repr(C)]
struct SurfaceMemory {
    header: GstMemory,
    content: Content,
}

/// A buffer with one memory that owns `content`.
pub fn buffer(content: Content, kind: MemoryKind, read_only: bool) -> gst::Buffer {
    let mut buffer = gst::Buffer::new();
    if let Some(buffer) = buffer.get_mut() {
        buffer.append_memory(new_memory(content, kind, read_only));
    }
    buffer
}

fn new_memory(content: Content, kind: MemoryKind, read_only: bool) -> gst::Memory {
    let allocator: &gst::Allocator = match kind {
        MemoryKind::Nvds => &NVDS,
        MemoryKind::V4l2 => &V4L2,
    };
    let flags = if read_only {
        gst_sys::GST_MEMORY_FLAG_READONLY
    } else {
        0
    };
    let size = content.layout.surface;
    // SAFETY: an all-zero header is what gst_memory_init expects to fill; the box is released by
    // `free` below, which GStreamer calls when the last reference is gone.
    unsafe {
        let memory = Box::into_raw(Box::new(SurfaceMemory {
            header: std::mem::zeroed(),
            content,
        }));
        gst_sys::gst_memory_init(
            memory.cast(),
            flags,
            allocator.to_glib_none().0,
            std::ptr::null_mut(),
            size,
            0,
            0,
            size,
        );
        from_glib_full(memory.cast::<GstMemory>())
    }
}

/// What a buffer's one memory holds, if it is of our allocator.
pub fn content(buffer: &gst::BufferRef) -> Result<&Content, Error> {
    if buffer.n_memory() != 1 {
        return Err(Error::Foreign("not exactly one memory"));
    }
    let memory = buffer.peek_memory(0);
    let ours = memory.allocator().is_some_and(|a| a.is::<Allocator>());
    if !ours {
        return Err(Error::Foreign("memory of another allocator"));
    }
    // SAFETY: memory of our allocator is always a SurfaceMemory, and the buffer keeps it.
    Ok(unsafe { &(*memory.as_ptr().cast::<SurfaceMemory>()).content })
}

glib::wrapper! {
    /// Allocator of surfaces in host memory; only for use through this module.
    pub struct Allocator(ObjectSubclass<imp::Allocator>) @extends gst::Allocator, gst::Object;
}

static NVDS: LazyLock<gst::Allocator> = LazyLock::new(|| new_allocator(c"nvds"));
static V4L2: LazyLock<gst::Allocator> = LazyLock::new(|| new_allocator(c"V4l2Memory"));

fn new_allocator(mem_type: &'static std::ffi::CStr) -> gst::Allocator {
    let allocator: gst::Allocator = glib::Object::new::<Allocator>().upcast();
    let raw: *mut GstAllocator = allocator.to_glib_none().0;
    // SAFETY: a new allocator that no other thread knows; these are the fields that allocators
    // are meant to set.
    unsafe {
        // It lives as long as the process, which the leaks tracer must not report.
        (*raw).object.flags |=
            gst_sys::GST_ALLOCATOR_FLAG_CUSTOM_ALLOC | gst_sys::GST_OBJECT_FLAG_MAY_BE_LEAKED;
        (*raw).mem_type = mem_type.as_ptr();
        (*raw).mem_map = Some(map);
        (*raw).mem_unmap = Some(unmap);
        (*raw).mem_copy = Some(copy);
        (*raw).mem_share = Some(share);
    }
    allocator
}

unsafe extern "C" fn map(
    memory: *mut GstMemory,
    _size: usize,
    flags: GstMapFlags,
) -> glib::ffi::gpointer {
    // What is mapped is the description of the surfaces, which readers in other threads trust: it has pointers and
    // C++ bools. Pixels are written through the surfaces' own locks.
    if flags & gst_sys::GST_MAP_WRITE != 0 {
        return std::ptr::null_mut();
    }
    // SAFETY: GStreamer calls this with memory of our allocator, which is a SurfaceMemory.
    let content = unsafe { &(*memory.cast::<SurfaceMemory>()).content };
    content.surface().cast_mut().cast()
}

unsafe extern "C" fn unmap(_memory: *mut GstMemory) {}

unsafe extern "C" fn copy(memory: *mut GstMemory, _offset: isize, _size: isize) -> *mut GstMemory {
    // SAFETY: as in `map`; part of a struct makes no sense, so offset and size are not looked at.
    let (content, kind) = unsafe {
        let kind = if (*memory).allocator == NVDS.to_glib_none().0 {
            MemoryKind::Nvds
        } else {
            MemoryKind::V4l2
        };
        (&(*memory.cast::<SurfaceMemory>()).content, kind)
    };
    match content.duplicate() {
        Ok(content) => new_memory(content, kind, false).into_glib_ptr(),
        Err(_) => std::ptr::null_mut(),
    }
}

/// A part of a struct makes no sense: such a copy of a buffer fails.
unsafe extern "C" fn share(_: *mut GstMemory, _: isize, _: isize) -> *mut GstMemory {
    std::ptr::null_mut()
}

mod imp {
    use super::*;

    #[derive(Default)]
    pub struct Allocator;

    #[glib::object_subclass]
    impl ObjectSubclass for Allocator {
        const NAME: &'static str = "GstNvDsCpuMemoryAllocator";
        type Type = super::Allocator;
        type ParentType = gst::Allocator;
    }

    impl ObjectImpl for Allocator {}
    impl GstObjectImpl for Allocator {}

    // SAFETY: `alloc` makes nothing; `free` releases what `new_memory` boxed.
    unsafe impl AllocatorImpl for Allocator {
        unsafe fn alloc(&self, _size: usize, _params: &gst::AllocationParams) -> *mut GstMemory {
            std::ptr::null_mut()
        }

        unsafe fn free(&self, memory: *mut GstMemory) {
            // SAFETY: GStreamer frees memory of our allocator once; it is a boxed SurfaceMemory.
            drop(unsafe { Box::from_raw(memory.cast::<SurfaceMemory>()) });
        }
    }
}
