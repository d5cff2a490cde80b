//! What the properties say.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nvds::sys as c;

use super::{IoMode, MemType, SkipFrames};

/// Shared by the element and its child that makes surfaces; each reads it once per frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) output_io_mode: IoMode,
    pub(super) capture_io_mode: IoMode,
    pub(super) extra_controls: Option<gst::Structure>,
    pub(super) skip_frames: SkipFrames,
    pub(super) drop_frame_interval: u32,
    pub(super) num_extra_surfaces: u32,
    pub(super) disable_dpb: bool,
    pub(super) cudadec_memtype: MemType,
    pub(super) gpu_id: u32,
    pub(super) low_latency_mode: bool,
    pub(super) extract_sei_type5_data: bool,
    pub(super) attach_sei_timestamps: bool,
    pub(super) sei_uuid: Option<String>,
    /// Properties of GstVideoDecoder that were set, by name.
    pub(super) base: BTreeMap<String, u64>,
}

impl MemType {
    /// The kind of memory in a surface, and its name in caps.
    pub(super) fn memory(self) -> (c::NvBufSurfaceMemType, &'static str) {
        match self {
            Self::Device => (
                c::NvBufSurfaceMemType_NVBUF_MEM_CUDA_DEVICE,
                "nvbuf-mem-cuda-device",
            ),
            Self::Pinned => (
                c::NvBufSurfaceMemType_NVBUF_MEM_CUDA_PINNED,
                "nvbuf-mem-cuda-pinned",
            ),
            Self::Unified => (
                c::NvBufSurfaceMemType_NVBUF_MEM_CUDA_UNIFIED,
                "nvbuf-mem-cuda-unified",
            ),
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // None of the data has an invariant that a panic could break.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
