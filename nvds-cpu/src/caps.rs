//! Caps of NVMM video.

use gst_video::VideoFormat;

/// The caps feature of DeepStream's batched surfaces.
pub const MEMORY_NVMM: &str = "memory:NVMM";

/// `video/x-raw(memory:NVMM)` with the given formats and any size and rate: a pad template.
pub fn nvmm_template(formats: &[VideoFormat]) -> gst::Caps {
    gst_video::VideoCapsBuilder::new()
        .features([MEMORY_NVMM])
        .format_list(formats.iter().copied())
        .build()
}

/// Whether the first structure of the caps has the NVMM feature.
pub fn is_nvmm(caps: &gst::CapsRef) -> bool {
    caps.features(0).is_some_and(|f| f.contains(MEMORY_NVMM))
}

/// The fields that stock elements add to NVMM caps on a discrete GPU.
///
/// `block_linear`: the converter adds `block-linear`, the decoder does not.
pub fn add_memory_fields(structure: &mut gst::StructureRef, block_linear: bool) {
    if block_linear {
        structure.set("block-linear", false);
    }
    structure.set("nvbuf-memory-type", "nvbuf-mem-cuda-device");
    structure.set("gpu-id", 0_i32);
}
