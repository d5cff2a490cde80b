//! Property values, and which of the two elements of this name is meant.

use std::sync::LazyLock;

use crate::enums::{ComputeHw, InterpolationMethod, MemoryType};

/// Nanoseconds of "no frame duration".
pub const NO_DURATION: u64 = u64::MAX;

/// All property values.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // named as their properties
pub struct Settings {
    pub batch_size: u32,
    /// Microseconds; `None` while nobody has set it.
    pub batched_push_timeout: Option<i32>,
    pub config_file_path: Option<String>,
    pub num_surfaces_per_frame: u32,
    pub attach_sys_ts: bool,
    pub sync_inputs: bool,
    pub align_inputs: bool,
    pub max_latency: u64,
    pub frame_num_reset_on_eos: bool,
    pub frame_num_reset_on_stream_reset: bool,
    /// Nanoseconds, although set in milliseconds.
    pub frame_duration: u64,
    pub drop_pipeline_eos: bool,
    pub width: u32,
    pub height: u32,
    pub enable_padding: bool,
    pub live_source: bool,
    pub gpu_id: u32,
    pub nvbuf_memory_type: MemoryType,
    pub buffer_pool_size: u32,
    pub compute_hw: ComputeHw,
    pub interpolation_method: InterpolationMethod,
    pub async_process: bool,
    pub sort_batch: bool,
    pub cache_buffer: bool,
    pub cache_buffer_timeout: i32,
    pub sync_inputs_ntp: i32,
    pub align_first_buffer: bool,
    pub extract_sei_type5_data: bool,
    pub extract_sei_sim_time: bool,
    pub drop_backward_sei: bool,
    pub failsafe_flush_count: u32,
    pub query_resolution: bool,
}

/// Whether the environment chooses the new mux. Asked once in a process, as stock does when its plugins are
/// loaded: the elements have different properties.
pub fn is_new() -> bool {
    static NEW: LazyLock<bool> =
        LazyLock::new(|| std::env::var("USE_NEW_NVSTREAMMUX").is_ok_and(|value| value == "yes"));
    *NEW
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch_size: if is_new() { 1 } else { 0 },
            batched_push_timeout: None,
            config_file_path: None,
            num_surfaces_per_frame: 1,
            attach_sys_ts: true,
            sync_inputs: false,
            align_inputs: false,
            max_latency: 0,
            frame_num_reset_on_eos: false,
            frame_num_reset_on_stream_reset: false,
            frame_duration: NO_DURATION,
            drop_pipeline_eos: false,
            width: 0,
            height: 0,
            enable_padding: false,
            live_source: false,
            gpu_id: 0,
            // On a new stock element, though its property's default is nvbuf-mem-default.
            nvbuf_memory_type: if is_new() {
                MemoryType::Default
            } else {
                MemoryType::Device
            },
            buffer_pool_size: 4,
            compute_hw: ComputeHw::Default,
            interpolation_method: InterpolationMethod::Bilinear,
            async_process: true,
            sort_batch: false,
            cache_buffer: false,
            cache_buffer_timeout: -1,
            sync_inputs_ntp: 0,
            align_first_buffer: false,
            extract_sei_type5_data: false,
            extract_sei_sim_time: false,
            drop_backward_sei: false,
            failsafe_flush_count: 4,
            query_resolution: false,
        }
    }
}
