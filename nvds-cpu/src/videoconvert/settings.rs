//! What the properties say, and what of it the stream works with.

use super::enums::{CopyHw, FlipMethod};
use crate::convert::{Flip, Options, Rect};
use crate::enums::{ComputeHw, InterpolationMethod, MemoryType};

/// Crop rectangle that means the whole picture.
const NO_CROP: &str = "0:0:0:0";

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) silent: bool,
    pub(super) gpu_id: u32,
    pub(super) flip_method: FlipMethod,
    pub(super) output_buffers: u32,
    pub(super) interpolation_method: InterpolationMethod,
    pub(super) src_crop: String,
    pub(super) dest_crop: String,
    pub(super) compute_hw: ComputeHw,
    pub(super) memory_type: MemoryType,
    pub(super) bl_output: bool,
    pub(super) allow_odd_crop: bool,
    pub(super) copy_hw: CopyHw,
    pub(super) contiguous_buffers: bool,
    pub(super) disable_passthrough: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            silent: false,
            gpu_id: 0,
            flip_method: FlipMethod::None,
            output_buffers: 4,
            interpolation_method: InterpolationMethod::Default,
            src_crop: NO_CROP.to_owned(),
            dest_crop: NO_CROP.to_owned(),
            compute_hw: ComputeHw::Default,
            // On a new stock element, though its property's default is nvbuf-mem-default.
            memory_type: MemoryType::Device,
            bl_output: false,
            allow_odd_crop: true,
            copy_hw: CopyHw::Gpu,
            contiguous_buffers: false,
            disable_passthrough: false,
        }
    }
}

/// `left:top:width:height`; nothing or zeros for the whole picture.
fn parse_crop(property: &str, text: &str) -> Result<Rect, String> {
    if text.is_empty() {
        return Ok(Rect::default());
    }
    let numbers: Option<Vec<usize>> = text.split(':').map(|n| n.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[left, top, width, height]) => Ok(Rect {
            left,
            top,
            width,
            height,
        }),
        _ => Err(format!(
            "{property} is \"{text}\", expected left:top:width:height in pixels, e.g. 10:20:320:240"
        )),
    }
}

impl Settings {
    /// # Errors
    /// Says which crop is no rectangle.
    pub(super) fn task(&self) -> Result<Task, String> {
        Ok(Task {
            options: Options {
                method: self.interpolation_method.into(),
                flip: self.flip_method.into(),
                src_crop: parse_crop("src-crop", &self.src_crop)?,
                dst_crop: parse_crop("dest-crop", &self.dest_crop)?,
            },
            disable_passthrough: self.disable_passthrough,
        })
    }
}

/// What is done to a buffer: the settings that count while playing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Task {
    pub(super) options: Options,
    pub(super) disable_passthrough: bool,
}

impl Task {
    /// Whether a buffer that serves as output buffer may be handed on.
    pub(super) fn is_idle(&self) -> bool {
        self.options.flip == Flip::None
            && self.options.src_crop == Rect::default()
            && self.options.dst_crop == Rect::default()
            && !self.disable_passthrough
    }
}
