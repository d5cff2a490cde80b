//! Sizes of the frames in a buffer.

use std::ptr::addr_of;

use gst::buffer::{BufferMap, Readable};
use nvds_sys as c;

use crate::frame::Frame;
use crate::layout::{self, Layout};

/// Memory types (`GstAllocator::mem_type`) whose content is an `NvBufSurface`: that of converters,
/// muxes and most other elements, and that of the decoder.
///
/// Source: captures of DeepStream 9.0 and 9.1.
const SURFACE_MEMORY: [&str; 2] = ["nvds", "V4l2Memory"];

/// Why the frames' sizes cannot be read from a buffer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SurfaceError {
    /// Other memory than that of NVIDIA's allocators: what is in it may be anything.
    #[error(
        "expected one memory of type nvds or V4l2Memory, found {0}: is memory:NVMM in the caps right?"
    )]
    Foreign(String),
    /// The buffer cannot be mapped for reading.
    #[error("the buffer cannot be mapped for reading")]
    Map,
    /// The memory is not one `NvBufSurface` of the known layout.
    #[error("the buffer's memory has {found} bytes: expected {}", sizes())]
    Size {
        /// Bytes found.
        found: usize,
    },
    /// No list of surfaces.
    #[error("the NvBufSurface has no surface list")]
    NoList,
}

/// Makes sure that a buffer is one memory of an allocator that puts surfaces into it.
fn check_memory(buffer: &gst::BufferRef) -> Result<(), SurfaceError> {
    let foreign = |found| Err(SurfaceError::Foreign(found));
    if buffer.n_memory() != 1 {
        return foreign(format!("{} memories", buffer.n_memory()));
    }
    let memory = buffer.peek_memory(0);
    if SURFACE_MEMORY.iter().any(|known| memory.is_type(*known)) {
        return Ok(());
    }
    let found = memory.allocator().map(|a| a.memory_type().to_string());
    foreign(found.map_or("memory without an allocator".into(), |t| {
        format!("type {t}")
    }))
}

/// Sizes of the frames in one buffer, in pixels.
#[derive(Debug)]
pub struct FrameSizes<'a> {
    /// NVMM memory, checked to hold an `NvBufSurface`.
    surface: Option<(BufferMap<'a, Readable>, &'static Layout)>,
    caps: Option<(u32, u32)>,
}

impl<'a> FrameSizes<'a> {
    /// Sizes from the surfaces of an NVMM buffer, each frame its own; where a surface does not tell
    /// one, what the mux noted in the frame, else the caps' size.
    ///
    /// # Errors
    /// [`SurfaceError`] when the memory is not of NVIDIA's allocators, or does not hold an
    /// `NvBufSurface` of a known layout, which its size tells.
    pub fn of_surface(
        buffer: &'a gst::BufferRef,
        caps: Option<(u32, u32)>,
    ) -> Result<Self, SurfaceError> {
        check_memory(buffer)?;
        let map = buffer.map_readable().map_err(|_| SurfaceError::Map)?;
        let found = map.len();
        let layout = Layout::of_surface(found)
            .filter(|_| (map.as_ptr() as usize).is_multiple_of(align_of::<c::NvBufSurface>()))
            .ok_or(SurfaceError::Size { found })?;
        let this = Self {
            surface: Some((map, layout)),
            caps,
        };
        if this.list().is_some_and(|list| list.first.is_null()) {
            return Err(SurfaceError::NoList);
        }
        Ok(this)
    }

    /// Sizes without a surface, as in system memory: the caps' size, else what the mux noted in the
    /// frame.
    pub fn of_caps(caps: Option<(u32, u32)>) -> Self {
        Self {
            surface: None,
            caps,
        }
    }

    /// Width and height of a frame, `None` where nothing tells them.
    pub fn of(&self, frame: &Frame<'_>) -> Option<(u32, u32)> {
        let surface = self.list().and_then(|list| {
            // SAFETY: the list has `batchSize` entries and the index is below that; width and height
            // have the same place in all releases.
            (frame.batch_id() < list.length).then(|| unsafe {
                let surface = list.first.byte_add(frame.batch_id() as usize * list.stride);
                ((*surface).width, (*surface).height)
            })
        });
        let pipeline = Some((frame.pipeline_width(), frame.pipeline_height()));
        let order = match self.surface {
            Some(_) => [surface, pipeline, self.caps],
            None => [self.caps, pipeline, None],
        };
        order
            .into_iter()
            .flatten()
            .find(|(width, height)| *width > 0 && *height > 0)
    }

    fn list(&self) -> Option<List> {
        let (map, layout) = self.surface.as_ref()?;
        let surface = map.as_ptr().cast::<c::NvBufSurface>();
        // SAFETY: size and alignment were checked when the map was made. Only these two fields are
        // read, which have the same place in all releases: foreign memory may hold anything in the
        // ones of type bool.
        Some(unsafe {
            List {
                first: addr_of!((*surface).surfaceList).read().cast_const(),
                length: addr_of!((*surface).batchSize).read(),
                stride: layout.surface_params,
            }
        })
    }
}

/// The list of surfaces in a batched surface.
struct List {
    first: *const c::NvBufSurfaceParams,
    length: u32,
    /// Bytes from one to the next.
    stride: usize,
}

/// The sizes of an `NvBufSurface` in words.
fn sizes() -> String {
    let sizes: Vec<String> = layout::ALL
        .iter()
        .rev()
        .map(|l| format!("{} (DeepStream {} to {})", l.surface, l.first, l.last))
        .collect();
    format!("the size of an NvBufSurface, {}", sizes.join(", "))
}
