//! What the properties say.

use crate::convert::Method;
use crate::enums::{ComputeHw, InterpolationMethod, MemoryType};
use crate::surface::MAX_SIDE;

/// All property values.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) columns: u32,
    pub(super) rows: u32,
    /// Pixels, a multiple of 4.
    pub(super) width: u32,
    /// Pixels, a multiple of 4.
    pub(super) height: u32,
    pub(super) buffer_pool_size: u32,
    pub(super) gpu_id: u32,
    pub(super) square_seq_grid: bool,
    /// -1 for all sources.
    pub(super) show_source: i32,
    pub(super) memory_type: MemoryType,
    pub(super) compute_hw: ComputeHw,
    pub(super) interpolation_method: InterpolationMethod,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            columns: 1,
            rows: 1,
            width: 1920,
            height: 1080,
            buffer_pool_size: 5,
            gpu_id: 0,
            square_seq_grid: false,
            show_source: -1,
            // On a new stock element, though its property's default is nvbuf-mem-default.
            memory_type: MemoryType::Device,
            compute_hw: ComputeHw::Default,
            interpolation_method: InterpolationMethod::Default,
        }
    }
}

/// What of the settings decides where things are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) rows: u32,
    pub(super) columns: u32,
    pub(super) square: bool,
    pub(super) show_source: Option<u32>,
    pub(super) method: Method,
}

impl Settings {
    /// # Errors
    /// A side that no surface can have.
    pub(super) fn check_size(&self) -> Result<(), String> {
        for (name, side) in [("width", self.width), ("height", self.height)] {
            if side > MAX_SIDE {
                return Err(format!(
                    "nvmultistreamtiler: {name}={side} is out of range (16..={MAX_SIDE})"
                ));
            }
        }
        Ok(())
    }

    pub(super) fn layout(&self) -> Layout {
        Layout {
            rows: self.rows,
            columns: self.columns,
            square: self.square_seq_grid,
            show_source: u32::try_from(self.show_source).ok(),
            method: self.interpolation_method.into(),
        }
    }
}
