//! Pixel memory of one surface, recycled.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use super::format::{ALIGNMENT, PlaneLayout};
use super::{Error, MAX_SIDE, SurfaceDesc};

/// Bytes that lie ready for reuse at most; beyond, freed pixels go back to the system.
const SPARE_BYTES: usize = 256 << 20;

/// How long pixels lie ready. What a burst of frames or a source that is gone needed goes back to the system.
const SPARE_TIME: Duration = Duration::from_secs(5);

/// Pixels waiting for a surface of the same size. Fresh pages cost more than drawing on them.
static SPARE: Mutex<Spare> = Mutex::new(Spare(Vec::new()));

/// Pixels and since when they lie there, the oldest first.
struct Spare(Vec<(Instant, Pixels)>);

impl Spare {
    /// The youngest of this layout, so that the surplus grows old.
    fn take(&mut self, layout: Layout) -> Option<Pixels> {
        let at = self.0.iter().rposition(|(_, p)| p.layout == layout)?;
        Some(self.0.remove(at).1)
    }

    /// Takes pixels if there is room, and returns what has lain for too long.
    fn put(&mut self, pixels: Pixels, now: Instant) -> Vec<(Instant, Pixels)> {
        let old = |since: &Instant| now.saturating_duration_since(*since) > SPARE_TIME;
        let count = self.0.partition_point(|(since, _)| old(since));
        let gone = self.0.drain(..count).collect();
        let lying: usize = self.0.iter().map(|(_, p)| p.layout.size()).sum();
        if lying + pixels.layout.size() <= SPARE_BYTES {
            self.0.push((now, pixels));
        }
        gone
    }
}

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
        let spare = SPARE
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(layout);
        if let Some(pixels) = spare {
            return Ok(pixels);
        }
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
        let gone = spare.put(self, Instant::now());
        // Freed without the lock.
        drop(spare);
        drop(gone);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(bytes: usize) -> Pixels {
        Pixels::new(bytes).unwrap()
    }

    /// Sizes that no other test takes from the list that all share.
    #[test]
    fn what_is_not_used_again_goes_back() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut spare = Spare(Vec::new());
        assert!(spare.put(pixels(1001), start).is_empty());
        assert!(spare.put(pixels(1001), after(1)).is_empty());
        assert!(spare.put(pixels(1003), after(2)).is_empty());
        // The younger of two is used again, which keeps it.
        let layout = Layout::from_size_align(1001, ALIGNMENT).unwrap();
        let younger = spare.take(layout).unwrap();
        let gone = spare.put(younger, after(6));
        assert_eq!(gone.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [start]);
        assert!(spare.put(pixels(1005), after(7)).is_empty());
        assert_eq!(spare.put(pixels(1005), after(8)).len(), 1);
        let left: Vec<_> = spare.0.iter().map(|(_, p)| p.layout.size()).collect();
        assert_eq!(left, [1001, 1005, 1005]);
        assert!(spare.take(Layout::new::<u8>()).is_none());
    }
}
