//! What nvdsosd draws, as a pure renderer: primitives and an image go in, changed pixels come out.
//!
//! DeepStream's nvdsosd has two drawing libraries in one: the GPU mode (default), a small rasteriser with
//! integer blending, and the CPU mode, which is Cairo and Pango. Both are rebuilt here from their observed rules
//! (DeepStream 9.1 gst-nvdsosd), because their pixels differ and users see the difference. GPU mode is exact to
//! the byte; glyphs and CPU mode are Cairo's and Pango's, version for version.
//!
//! No GStreamer and no metadata library in here: the element `nvdsosd` collects the primitives, this draws them.

mod band;
mod blend;
mod blur;
mod compose;
mod cpu;
mod frame;
mod glyphs;
mod gpu;
mod grid;
mod image;
mod letters;
mod model;
mod quad;
mod ring;
mod shapes;

pub use image::{Image, ImageError};
pub use model::{
    Arrow, ArrowHead, Blur, Circle, Clock, ClockTime, Color, Font, Line, Mask, MaskShape,
    Primitive, Rect, Text,
};

/// Widest border, line or arrow that the drawing library takes, in pixels.
pub const MAX_BORDER_WIDTH: u32 = 32;

/// Which of nvdsosd's two sets of drawing rules applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// Cairo and Pango; RGBA only.
    Cpu,
    /// The rules of the GPU rasteriser; RGBA and NV12.
    #[default]
    Gpu,
}

/// Why a frame could not be drawn. The text is the one that nvdsosd posts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// A box with a border wider than [`MAX_BORDER_WIDTH`].
    #[error("Unable to draw rectangles")]
    Rectangles,
    /// A line wider than [`MAX_BORDER_WIDTH`] (GPU mode only).
    #[error("Unable to draw lines")]
    Lines,
    /// An arrow wider than [`MAX_BORDER_WIDTH`].
    #[error("Unable to draw arrows")]
    Arrows,
    /// A circle whose radius does not fit a positive C int (CPU mode only).
    #[error("Unable to draw circles")]
    Circles,
    /// Blur asked for in CPU mode, which has none.
    #[error("Unable to blur image")]
    Blur,
    /// CPU mode with an image that is not RGBA.
    #[error("Unable to draw shapes onto video frame")]
    Format,
    /// Cairo cannot work, for want of memory.
    #[error("Unable to draw shapes onto video frame")]
    Cairo(#[from] cairo::Error),
}

/// Draws primitives; keeps rendered glyphs and scratch memory from one frame to the next.
#[derive(Debug, Default)]
pub struct Renderer {
    gpu: gpu::Gpu,
}

impl Renderer {
    /// A renderer with an empty glyph cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// Draws `primitives` onto `image` in their order (blur always comes first in GPU mode).
    ///
    /// Fonts that are not installed are substituted by Pango; text that is not valid UTF-8, and in GPU mode text with
    /// a character of four bytes, is left out, counted in [`Self::take_dropped_texts`].
    ///
    /// # Errors
    /// As [`DrawError`] says; in GPU mode the image is unchanged then, in CPU mode as well.
    pub fn draw<'a>(
        &mut self,
        image: &mut Image<'_>,
        mode: Mode,
        primitives: impl IntoIterator<Item = Primitive<'a>>,
    ) -> Result<(), DrawError> {
        match mode {
            Mode::Gpu => self.gpu.draw(image, primitives),
            Mode::Cpu => cpu::draw(image, primitives),
        }
    }

    /// Number of strings left out since the last call, because GPU mode cannot draw them.
    pub fn take_dropped_texts(&mut self) -> usize {
        std::mem::take(&mut self.gpu.dropped_texts)
    }
}
