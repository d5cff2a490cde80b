//! What a picture is made of: format, colours, size.

/// Pixel formats, by their GStreamer meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// 4:2:0, luma plane and interleaved U, V plane.
    Nv12,
    /// 4:2:0, three planes.
    I420,
    /// 4:4:4, three planes.
    Y444,
    /// 4:2:2 packed U Y V Y.
    Uyvy,
    /// Full-range luma only.
    Gray8,
    /// 4 bytes R G B A.
    Rgba,
    /// 4 bytes B G R and one that carries nothing.
    Bgrx,
    /// 3 bytes R G B.
    Rgb,
    /// 3 bytes B G R.
    Bgr,
    /// Three planes G, B, R.
    Gbr,
}

/// How one plane of a format samples the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaneLayout {
    /// Bytes of one sample (UYVY: of one pixel pair).
    pub bytes: usize,
    /// log2 of the horizontal subsampling.
    pub shift_x: u32,
    /// log2 of the vertical subsampling.
    pub shift_y: u32,
}

pub(super) const fn layout(bytes: usize, shift_x: u32, shift_y: u32) -> PlaneLayout {
    PlaneLayout {
        bytes,
        shift_x,
        shift_y,
    }
}

impl PlaneLayout {
    /// Samples per row of a picture `width` pixels wide, the last one possibly half used.
    pub const fn width(&self, width: usize) -> usize {
        width.div_ceil(1 << self.shift_x)
    }

    /// Rows of a picture `height` pixels high.
    pub const fn height(&self, height: usize) -> usize {
        height.div_ceil(1 << self.shift_y)
    }
}

impl Format {
    /// The planes of the format, in memory order.
    pub const fn planes(self) -> &'static [PlaneLayout] {
        match self {
            Format::Nv12 => &const { [layout(1, 0, 0), layout(2, 1, 1)] },
            Format::I420 => &const { [layout(1, 0, 0), layout(1, 1, 1), layout(1, 1, 1)] },
            Format::Y444 | Format::Gbr => {
                &const { [layout(1, 0, 0), layout(1, 0, 0), layout(1, 0, 0)] }
            }
            Format::Uyvy => &const { [layout(4, 1, 0)] },
            Format::Gray8 => &const { [layout(1, 0, 0)] },
            Format::Rgba | Format::Bgrx => &const { [layout(4, 0, 0)] },
            Format::Rgb | Format::Bgr => &const { [layout(3, 0, 0)] },
        }
    }

    /// Whether the samples are luma and chroma.
    pub const fn is_yuv(self) -> bool {
        matches!(
            self,
            Format::Nv12 | Format::I420 | Format::Y444 | Format::Uyvy
        )
    }
}

/// Which luma weights YUV samples were made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Matrix {
    /// ITU-R BT.601.
    #[default]
    Bt601,
    /// ITU-R BT.709.
    Bt709,
    /// ITU-R BT.2020.
    Bt2020,
}

/// Meaning of YUV samples; ignored for RGB and GRAY8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Color {
    /// Luma weights.
    pub matrix: Matrix,
    /// 0…255 instead of 16…235 (the `_ER` surface formats).
    pub full_range: bool,
}

/// Format and size of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Pixel format.
    pub format: Format,
    /// Meaning of YUV samples.
    pub color: Color,
    /// Width in pixels, at least 1.
    pub width: usize,
    /// Height in pixels, at least 1.
    pub height: usize,
}
