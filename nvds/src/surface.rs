//! Sizes of the frames in a buffer.

use std::ptr::addr_of;

use gst::buffer::{BufferMap, Readable};
use nvds_sys as c;

use crate::batch::Frame;

/// Why the frames' sizes cannot be read from a buffer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SurfaceError {
    /// The buffer cannot be mapped for reading.
    #[error("the buffer cannot be mapped for reading")]
    Map,
    /// The memory is not one `NvBufSurface` of the known layout.
    #[error(
        "the buffer's memory has {found} bytes; an NvBufSurface of DeepStream 8.0 to 9.1 has {}, one \
         of 5.0 to 7.1 has 64",
        size_of::<c::NvBufSurface>()
    )]
    Size {
        /// Bytes found.
        found: usize,
    },
    /// No list of surfaces.
    #[error("the NvBufSurface has no surface list")]
    NoList,
}

/// Sizes of the frames in one buffer, in pixels.
#[derive(Debug)]
pub struct FrameSizes<'a> {
    /// NVMM memory, checked to hold an `NvBufSurface`.
    surface: Option<BufferMap<'a, Readable>>,
    caps: Option<(u32, u32)>,
}

impl<'a> FrameSizes<'a> {
    /// Sizes from the surfaces of an NVMM buffer, each frame its own; where a surface does not tell
    /// one, what the mux noted in the frame, else the caps' size.
    ///
    /// # Errors
    /// [`SurfaceError`] when the memory does not hold an `NvBufSurface` of the known layout.
    pub fn of_surface(
        buffer: &'a gst::BufferRef,
        caps: Option<(u32, u32)>,
    ) -> Result<Self, SurfaceError> {
        let map = buffer.map_readable().map_err(|_| SurfaceError::Map)?;
        let found = map.len();
        if found != size_of::<c::NvBufSurface>()
            || !(map.as_ptr() as usize).is_multiple_of(align_of::<c::NvBufSurface>())
        {
            return Err(SurfaceError::Size { found });
        }
        let this = Self {
            surface: Some(map),
            caps,
        };
        if this.list().is_some_and(|(list, _)| list.is_null()) {
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
        let surface = self.list().and_then(|(list, length)| {
            // SAFETY: the list has `batchSize` entries and the index is below that.
            (frame.batch_id() < length).then(|| unsafe {
                let surface = list.add(frame.batch_id() as usize);
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

    /// The list of surfaces and its length.
    fn list(&self) -> Option<(*const c::NvBufSurfaceParams, u32)> {
        let surface = self.surface.as_ref()?.as_ptr().cast::<c::NvBufSurface>();
        // SAFETY: size and alignment were checked when the map was made. Only these two fields are
        // read: foreign memory may hold anything in the ones of type bool.
        Some(unsafe {
            (
                addr_of!((*surface).surfaceList).read().cast_const(),
                addr_of!((*surface).batchSize).read(),
            )
        })
    }
}
