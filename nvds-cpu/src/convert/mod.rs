//! Pixel conversion with the arithmetic of DeepStream's GPU converter.
//!
//! Pure functions over byte slices and pitches: colour conversion, scaling, cropping and
//! flipping as nvvideoconvert (9.0.2, discrete GPU) does them. The rules were read off captured
//! frames of the real element; `tests/convert/golden.rs` compares with those captures.
//!
//! - Every plane is scaled in its own format first, colours are converted afterwards. Chroma is
//!   replicated, never interpolated, on the way to RGB, and taken from the top-left pixel of a
//!   block on the way back.
//! - YUV to YUV goes through 8-bit RGB as soon as the format, the matrix or the size changes.
//! - Both matrices truncate. RGB to YUV is a chain of fused f32 multiply-adds, which is visible
//!   where the true value is an integer (white's V is 127), so [`color`] evaluates that chain.
//! - Odd sizes are scaled as if they were the next even size.
//!
//! [`Converter::new`] plans a conversion (tables, scratch memory); [`Converter::convert`] then
//! runs it on frame after frame without allocating.

mod color;
mod plan;
mod rows;
mod scale;

pub use plan::Converter;

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

const fn layout(bytes: usize, shift_x: u32, shift_y: u32) -> PlaneLayout {
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

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rect {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// Columns; 0 means the whole picture.
    pub width: usize,
    /// Rows; 0 means the whole picture.
    pub height: usize,
}

impl Rect {
    /// The rectangle itself, or the whole picture where width or height is 0.
    pub const fn or_whole(self, width: usize, height: usize) -> Self {
        if self.width == 0 || self.height == 0 {
            Self {
                left: 0,
                top: 0,
                width,
                height,
            }
        } else {
            self
        }
    }
}

/// The element's `interpolation-method` values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Sample `floor(x·sw/dw)`.
    Nearest,
    /// Bilinear at `x·sw/dw − ½` with weights of 1/256.
    Bilinear,
    /// Four-tap Lagrange cubic at pixel centres.
    Cubic,
    /// Area average; refuses to enlarge.
    Super,
    /// Lanczos with three lobes at pixel centres.
    Lanczos,
    /// Sample `floor((x + ½)·sw/dw)`.
    NearestCentre,
    /// The same as `Nearest`.
    #[default]
    Default,
}

/// The element's `flip-method` values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flip {
    /// As it is.
    #[default]
    None,
    /// 90 degrees counter-clockwise.
    Counterclockwise,
    /// 180 degrees.
    Rotate180,
    /// 90 degrees clockwise.
    Clockwise,
    /// Left and right swapped.
    Horizontal,
    /// Across the diagonal from the lower left to the upper right.
    UpperRightDiagonal,
    /// Top and bottom swapped.
    Vertical,
    /// Across the diagonal from the upper left to the lower right.
    UpperLeftDiagonal,
}

impl Flip {
    /// Whether width and height change places.
    pub const fn transposes(self) -> bool {
        matches!(
            self,
            Flip::Counterclockwise
                | Flip::Clockwise
                | Flip::UpperRightDiagonal
                | Flip::UpperLeftDiagonal
        )
    }

    /// Whether source columns are read from the right.
    pub(crate) const fn reverses_x(self) -> bool {
        matches!(
            self,
            Flip::Counterclockwise | Flip::Rotate180 | Flip::Horizontal | Flip::UpperRightDiagonal
        )
    }

    /// Whether source rows are read from the bottom.
    pub(crate) const fn reverses_y(self) -> bool {
        matches!(
            self,
            Flip::Clockwise | Flip::Rotate180 | Flip::Vertical | Flip::UpperRightDiagonal
        )
    }
}

/// What to do besides converting the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// How to scale.
    pub method: Method,
    /// How to turn the scaled picture.
    pub flip: Flip,
    /// Part of the source that is used; all zero = everything.
    pub src_crop: Rect,
    /// Part of the destination that is filled, the rest becomes zero bytes; all zero = everything.
    pub dst_crop: Rect,
}

/// Why a conversion is impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A picture has no pixels.
    #[error("{which} size is {width}x{height}, both must be at least 1")]
    Empty {
        /// Source or destination.
        which: &'static str,
        /// Its width.
        width: usize,
        /// Its height.
        height: usize,
    },
    /// A crop rectangle leaves the picture.
    #[error(
        "{property} {left}:{top}:{w}:{h} does not fit into the {which} size {width}x{height}",
        left = rect.left, top = rect.top, w = rect.width, h = rect.height
    )]
    Crop {
        /// Property to change.
        property: &'static str,
        /// Source or destination.
        which: &'static str,
        /// The rectangle.
        rect: Rect,
        /// Width of the picture.
        width: usize,
        /// Height of the picture.
        height: usize,
    },
    /// The area average only shrinks.
    #[error(
        "interpolation-method 3 (Algo-2) cannot enlarge {from_width}x{from_height} to \
         {to_width}x{to_height}, choose another method"
    )]
    Enlarge {
        /// Source columns.
        from_width: usize,
        /// Source rows.
        from_height: usize,
        /// Destination columns.
        to_width: usize,
        /// Destination rows.
        to_height: usize,
    },
    /// A slice is shorter than its picture.
    #[error("{which} plane {plane} has {found} bytes at pitch {pitch}, needs {needed}")]
    Plane {
        /// Source or destination.
        which: &'static str,
        /// Index of the plane.
        plane: usize,
        /// Bytes given.
        found: usize,
        /// Bytes between rows.
        pitch: usize,
        /// Bytes needed.
        needed: usize,
    },
}

/// A plane to read.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// Bytes from the first sample on.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub pitch: usize,
}

/// A plane to write.
#[derive(Debug)]
pub struct PlaneMut<'a> {
    /// Bytes from the first sample on.
    pub data: &'a mut [u8],
    /// Bytes from one row to the next.
    pub pitch: usize,
}

impl PlaneMut<'_> {
    fn row(&mut self, y: usize, first: usize, len: usize) -> &mut [u8] {
        let start = y * self.pitch + first;
        &mut self.data[start..start + len]
    }
}

/// Bytes a plane of `rows` rows needs when the last row carries no padding.
fn plane_size(pitch: usize, rows: usize, row_bytes: usize) -> usize {
    if rows == 0 {
        0
    } else {
        (rows - 1) * pitch + row_bytes
    }
}

fn check_planes<'a>(
    which: &'static str,
    frame: &Frame,
    sizes: impl ExactSizeIterator<Item = (usize, usize)> + 'a,
) -> Result<(), Error> {
    let layouts = frame.format.planes();
    let missing = layouts.len() > sizes.len();
    for (plane, (layout, (found, pitch))) in layouts.iter().zip(sizes).enumerate() {
        let row = layout.width(frame.width) * layout.bytes;
        let needed = plane_size(pitch, layout.height(frame.height), row);
        if pitch < row || found < needed {
            return Err(Error::Plane {
                which,
                plane,
                found,
                pitch,
                needed: needed.max(row),
            });
        }
    }
    if missing {
        return Err(Error::Plane {
            which,
            plane: layouts.len() - 1,
            found: 0,
            pitch: 0,
            needed: 1,
        });
    }
    Ok(())
}

/// Resolves "all zero means everything" and checks the bounds.
fn resolve(
    rect: Rect,
    frame: &Frame,
    property: &'static str,
    which: &'static str,
) -> Result<Rect, Error> {
    if frame.width == 0 || frame.height == 0 {
        return Err(Error::Empty {
            which,
            width: frame.width,
            height: frame.height,
        });
    }
    let rect = rect.or_whole(frame.width, frame.height);
    let fits = |first: usize, len: usize, size: usize| {
        first.checked_add(len).is_some_and(|last| last <= size)
    };
    if fits(rect.left, rect.width, frame.width) && fits(rect.top, rect.height, frame.height) {
        Ok(rect)
    } else {
        Err(Error::Crop {
            property,
            which,
            rect,
            width: frame.width,
            height: frame.height,
        })
    }
}
