//! Batched surfaces in host memory, laid out as on a GPU.
//!
//! A buffer's one memory holds an `NvBufSurface`, as the stock elements' does, of the length that the
//! loaded metadata library's release has (64 bytes before DeepStream 8.0, 72 from there on). Fields read as they do on a GPU machine (`memType` says device memory); the pixels
//! are in host memory all the same, and only code that goes through [`Surfaces`] touches them.
//!
//! Pixels of one surface are guarded by a lock of their own, because elements draw in place while
//! a tee's other branch may read.

mod block;
mod format;
mod memory;

use std::sync::{Arc, RwLockReadGuard, RwLockWriteGuard};

use nvds::sys as c;

use block::{Block, Pixels};
pub use format::{ColorFormat, PlaneLayout};
use memory::Content;
pub use memory::MemoryKind;

/// Largest width or height of a surface in pixels.
pub const MAX_SIDE: u32 = 32768;

/// Why a surface cannot be made or reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The buffer's memory is not ours.
    #[error(
        "the buffer does not hold surfaces of the CPU stand-ins ({0}); NVMM memory of a GPU and \
         stand-ins cannot be mixed in one pipeline"
    )]
    Foreign(&'static str),
    /// No such surface.
    #[error("surface {index} of {count} asked for")]
    Index {
        /// Index asked for.
        index: usize,
        /// Number of surfaces.
        count: usize,
    },
    /// Zero or absurd size.
    #[error("surface size {0}x{1} is out of range (1..={MAX_SIDE})")]
    Size(u32, u32),
    /// A pixel format that the stand-ins do not store.
    #[error("the CPU stand-ins cannot store surfaces of {0:?}")]
    Format(ColorFormat),
    /// No metadata library, whose release tells how a surface is laid out.
    #[error("{0}")]
    Library(String),
    /// Memory allocator gave up.
    #[error("no memory for {0} bytes of pixels")]
    Memory(usize),
}

/// One surface to be allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SurfaceDesc {
    /// Width in pixels; odd widths get planes one pixel wider.
    pub width: u32,
    /// Height in pixels; as `width`.
    pub height: u32,
    /// Pixel format.
    pub format: ColorFormat,
}

/// A buffer with one batched surface, all entries filled, pixels unspecified.
///
/// # Errors
/// [`Error::Size`], [`Error::Format`], [`Error::Memory`], [`Error::Library`].
pub fn alloc(descs: &[SurfaceDesc], kind: MemoryKind) -> Result<gst::Buffer, Error> {
    alloc_with(descs, kind, c::NvBufSurfaceMemType_NVBUF_MEM_CUDA_DEVICE)
}

/// As [`alloc`], with another value in the field `memType` (an `NvBufSurfaceMemType`).
///
/// # Errors
/// As [`alloc`].
pub fn alloc_with(
    descs: &[SurfaceDesc],
    kind: MemoryKind,
    mem_type: c::NvBufSurfaceMemType,
) -> Result<gst::Buffer, Error> {
    let blocks = descs
        .iter()
        .map(|desc| Block::new(desc).map(Arc::new))
        .collect::<Result<Vec<_>, _>>()?;
    let batch_size = blocks.len();
    Ok(memory::buffer(
        Content::new(blocks, batch_size, mem_type)?,
        kind,
        false,
    ))
}

/// A buffer whose surface list refers to surfaces of other buffers, without a copy, in memory that
/// is read-only: what the stock mux and demux make.
///
/// # Errors
/// [`Error::Foreign`], [`Error::Index`], [`Error::Library`].
pub fn share(
    sources: &[(&gst::BufferRef, usize)],
    batch_size: usize,
) -> Result<gst::Buffer, Error> {
    let mut mem_type = c::NvBufSurfaceMemType_NVBUF_MEM_CUDA_DEVICE;
    let blocks = sources
        .iter()
        .map(|(buffer, index)| {
            let surfaces = Surfaces::map(buffer)?;
            mem_type = surfaces.content.mem_type();
            surfaces.block(*index).cloned()
        })
        .collect::<Result<Vec<_>, _>>()?;
    let batch_size = batch_size.max(blocks.len());
    Ok(memory::buffer(
        Content::new(blocks, batch_size, mem_type)?,
        MemoryKind::Nvds,
        true,
    ))
}

/// The surfaces of a buffer.
#[derive(Clone, Copy)]
pub struct Surfaces<'a> {
    content: &'a Content,
}

impl std::fmt::Debug for Surfaces<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.content.blocks().iter().map(|b| b.desc()))
            .finish()
    }
}

impl<'a> Surfaces<'a> {
    /// Reaches the surfaces of a buffer made by [`alloc`] or [`share`].
    ///
    /// # Errors
    /// [`Error::Foreign`] for any other buffer.
    pub fn map(buffer: &'a gst::BufferRef) -> Result<Self, Error> {
        memory::content(buffer).map(|content| Self { content })
    }

    /// Number of surfaces that are filled.
    pub fn len(&self) -> usize {
        self.content.blocks().len()
    }

    /// Whether no surface is filled.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Size and format of a surface.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn desc(&self, index: usize) -> Result<SurfaceDesc, Error> {
        self.block(index).map(|block| *block.desc())
    }

    /// Locks a surface for reading.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn read(&self, index: usize) -> Result<SurfaceRead<'a>, Error> {
        let block = self.block(index)?;
        Ok(SurfaceRead {
            block,
            pixels: block.read(),
        })
    }

    /// Locks a surface for drawing. The buffer need not be writable: on a GPU, too, elements write
    /// through the surface's pointers while the buffer is shared.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn write(&self, index: usize) -> Result<SurfaceWrite<'a>, Error> {
        let block = self.block(index)?;
        Ok(SurfaceWrite {
            block,
            pixels: block.write(),
        })
    }

    fn block(&self, index: usize) -> Result<&'a Arc<Block>, Error> {
        let blocks = self.content.blocks();
        blocks.get(index).ok_or(Error::Index {
            index,
            count: blocks.len(),
        })
    }
}

/// A plane that can be read. `width` and `height` are in samples and even where the surface's
/// side is odd; `pitch` is in bytes.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Plane<'a> {
    pub data: &'a [u8],
    pub pitch: usize,
    pub width: usize,
    pub height: usize,
    pub bytes_per_pixel: usize,
}

/// A plane that can be drawn on; see [`Plane`].
#[derive(Debug)]
#[allow(missing_docs)]
pub struct PlaneMut<'a> {
    pub data: &'a mut [u8],
    pub pitch: usize,
    pub width: usize,
    pub height: usize,
    pub bytes_per_pixel: usize,
}

/// A surface locked for reading.
pub struct SurfaceRead<'a> {
    block: &'a Block,
    pixels: RwLockReadGuard<'a, Pixels>,
}

impl SurfaceRead<'_> {
    /// Size and format.
    pub fn desc(&self) -> &SurfaceDesc {
        self.block.desc()
    }

    /// Planes in the format's order.
    pub fn planes(&self) -> Vec<Plane<'_>> {
        let mut rest = self.pixels.as_slice();
        self.block
            .planes()
            .iter()
            .map(|layout| {
                let (data, behind) = rest.split_at(layout.size());
                rest = behind;
                Plane {
                    data,
                    pitch: layout.pitch,
                    width: layout.width,
                    height: layout.height,
                    bytes_per_pixel: layout.bytes_per_pixel,
                }
            })
            .collect()
    }
}

/// A surface locked for drawing.
pub struct SurfaceWrite<'a> {
    block: &'a Block,
    pixels: RwLockWriteGuard<'a, Pixels>,
}

impl SurfaceWrite<'_> {
    /// Size and format.
    pub fn desc(&self) -> &SurfaceDesc {
        self.block.desc()
    }

    /// Planes in the format's order.
    pub fn planes(&mut self) -> Vec<PlaneMut<'_>> {
        let mut rest = self.pixels.as_mut_slice();
        self.block
            .planes()
            .iter()
            .map(|layout| {
                let (data, behind) = std::mem::take(&mut rest).split_at_mut(layout.size());
                rest = behind;
                PlaneMut {
                    data,
                    pitch: layout.pitch,
                    width: layout.width,
                    height: layout.height,
                    bytes_per_pixel: layout.bytes_per_pixel,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
