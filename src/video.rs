//! What negotiated caps tell of the frames.

use nvds::{FrameSizes, SurfaceError};

/// The feature of DeepStream's batched surfaces.
const MEMORY_NVMM: &str = "memory:NVMM";

/// Where the frames lie and how large they are, as far as the caps tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caps {
    nvmm: bool,
    size: Option<(u32, u32)>,
}

impl Caps {
    /// Reads negotiated caps.
    pub fn read(caps: &gst::CapsRef) -> Self {
        let side = |structure: &gst::StructureRef, name| {
            structure
                .get::<i32>(name)
                .ok()
                .and_then(|n| u32::try_from(n).ok())
        };
        Self {
            nvmm: caps.features(0).is_some_and(|f| f.contains(MEMORY_NVMM)),
            size: caps
                .structure(0)
                .and_then(|s| Some((side(s, "width")?, side(s, "height")?))),
        }
    }

    /// Width and height, where they are told.
    pub fn size(&self) -> Option<(u32, u32)> {
        self.size
    }

    /// The sizes of the frames in a buffer: of the surfaces, else as the mux noted, else the caps'.
    ///
    /// # Errors
    /// When NVMM memory does not hold a surface of the known layout; [`Self::sizes_without_surface`]
    /// still serves then.
    pub fn frame_sizes<'a>(
        &self,
        buffer: &'a gst::BufferRef,
    ) -> Result<FrameSizes<'a>, SurfaceError> {
        if self.nvmm {
            FrameSizes::of_surface(buffer, self.size)
        } else {
            Ok(self.sizes_without_surface())
        }
    }

    /// The frames' sizes as the caps tell them.
    pub fn sizes_without_surface(&self) -> FrameSizes<'static> {
        FrameSizes::of_caps(self.size)
    }
}
