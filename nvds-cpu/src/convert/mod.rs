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
mod format;
mod packed;
mod plan;
mod plane;
mod rows;
mod scale;
mod scratch;

pub use format::{Color, Format, Frame, Matrix, PlaneLayout};
pub use plan::Converter;

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
