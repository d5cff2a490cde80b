//! Pixel memory of one surface, recycled.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::format::{ALIGNMENT, PlaneLayout};
use super::{Error, MAX_SIDE, SurfaceDesc};

/// Bytes that lie ready for reuse at most; beyond, freed pixels go back to the system.
const SPARE_BYTES: usize = 256 << 20;

/// Pixels waiting for a surface of the same size. Fresh pages cost more than drawing on them.
static SPARE: Mutex<Vec<Pixels>> = Mutex::new(Vec::new());

/// Aligned, initialised memory.
pub struct Pixels {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: plain memory that this value alone owns.
unsafe impl Send for Pixels {}
// SAFETY: a shared reference gives read access only.
unsafe impl Sync for Pixels {}

impl Pixels {
    fn new(bytes: usize) -> Result<Self, Error> {
        let layout =
            Layout::from_size_align(bytes.max(1), ALIGNMENT).map_err(|_| Error::Memory(bytes))?;
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = spare.iter().rposition(|p| p.layout == layout) {
            return Ok(spare.swap_remove(at));
        }
        drop(spare);
        // SAFETY: the layout's size is not zero.
        let start = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(Error::Memory(bytes))?;
        Ok(Self { start, layout })
    }

    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: owned, initialised memory of this size.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.layout.size()) }
    }

    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: owned, initialised memory of this size, borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.layout.size()) }
    }

    fn address(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Keeps the pixels for reuse, or frees them when enough lie ready.
    fn recycle(self) {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        let lying: usize = spare.iter().map(|p| p.layout.size()).sum();
        if lying + self.layout.size() <= SPARE_BYTES {
            spare.push(self);
        }
    }
}

impl Drop for Pixels {
    fn drop(&mut self) {
        if self.layout.size() > 0 {
            // SAFETY: allocated with this layout and owned.
            unsafe { dealloc(self.start.as_ptr(), self.layout) };
        }
    }
}

/// The pixels of one surface with their lock and layout.
pub struct Block {
    desc: SurfaceDesc,
    planes: Vec<PlaneLayout>,
    address: usize,
    pixels: RwLock<Pixels>,
}

impl Block {
    pub fn new(desc: &SurfaceDesc) -> Result<Self, Error> {
        let sides = 1..=MAX_SIDE;
        if !sides.contains(&desc.width) || !sides.contains(&desc.height) {
            return Err(Error::Size(desc.width, desc.height));
        }
        let planes = desc
            .format
            .planes(desc.width, desc.height)
            .ok_or(Error::Format(desc.format))?;
        let bytes: usize = planes.iter().map(PlaneLayout::size).sum();
        // `dataSize` has 32 bits.
        u32::try_from(bytes).map_err(|_| Error::Memory(bytes))?;
        let pixels = Pixels::new(bytes)?;
        Ok(Self {
            desc: *desc,
            planes,
            address: pixels.address() as usize,
            pixels: RwLock::new(pixels),
        })
    }

    /// A block with the same pixels in memory of its own.
    pub fn duplicate(&self) -> Result<Self, Error> {
        let copy = Self::new(&self.desc)?;
        copy.write()
            .as_mut_slice()
            .copy_from_slice(self.read().as_slice());
        Ok(copy)
    }

    pub fn desc(&self) -> &SurfaceDesc {
        &self.desc
    }

    pub fn planes(&self) -> &[PlaneLayout] {
        &self.planes
    }

    /// Where the pixels lie; fixed for the block's life.
    pub fn address(&self) -> usize {
        self.address
    }

    pub fn read(&self) -> RwLockReadGuard<'_, Pixels> {
        // Pixels have no invariant that a panic could break.
        self.pixels.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, Pixels> {
        self.pixels.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // Stands in for the pixels that are moved out; owns no memory.
        let empty = Pixels {
            start: NonNull::dangling(),
            layout: Layout::new::<()>(),
        };
        let pixels = self
            .pixels
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(pixels, empty).recycle();
    }
}
