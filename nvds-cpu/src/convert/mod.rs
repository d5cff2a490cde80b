//! Pixel conversion with the arithmetic of DeepStream's GPU converter.
//!
//! Pure functions over byte slices and pitches: colour conversion, scaling, cropping and
//! flipping as nvvideoconvert (9.0.2, discrete GPU) does them. The rules were read off captured
//! frames of the real element; `tests/convert_golden.rs` compares with those captures.
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
mod scale;

use color::{RgbToYuv, YuvToRgb};
use scale::{Axis, Filter};

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
    const fn reverses_x(self) -> bool {
        matches!(
            self,
            Flip::Counterclockwise | Flip::Rotate180 | Flip::Horizontal | Flip::UpperRightDiagonal
        )
    }

    /// Whether source rows are read from the bottom.
    const fn reverses_y(self) -> bool {
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
    if rect.width == 0 || rect.height == 0 {
        return Ok(Rect {
            left: 0,
            top: 0,
            width: frame.width,
            height: frame.height,
        });
    }
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

/// The scaled and flipped source plane, row by row.
#[derive(Debug)]
struct PlanePlan {
    bytes: usize,
    /// Samples per row and rows delivered.
    width: usize,
    height: usize,
    /// First sample and row of the source rectangle.
    left: usize,
    top: usize,
    /// Filtered copy of the rectangle, if the method is not a plain lookup.
    filter: Option<Filter>,
    /// Source column of each output column; `None` = in order.
    columns: Option<Vec<u32>>,
    /// Source row of each output row.
    rows: Vec<u32>,
    /// Output rows run along source columns; the turned copy is kept here.
    turned: Option<Vec<u8>>,
}

/// What happens to the colours.
#[derive(Debug)]
enum Plan {
    /// Same format: planes go across.
    Copy,
    /// Through rows of RGBA.
    Rgba {
        from_yuv: Option<Box<YuvToRgb>>,
        to_yuv: Option<Box<RgbToYuv>>,
    },
}

/// A planned conversion between two pictures of fixed size and format.
#[derive(Debug)]
pub struct Converter {
    source: Frame,
    target: Frame,
    target_rect: Rect,
    /// Zero what lies outside `target_rect`.
    clear: bool,
    planes: Vec<PlanePlan>,
    plan: Plan,
    scratch: Scratch,
}

/// Row buffers, sized at planning.
#[derive(Debug, Default)]
struct Scratch {
    rgba: Vec<u8>,
    rows: [Vec<u8>; 3],
    terms: color::Terms,
    /// Chroma row that `terms` holds.
    terms_row: Option<usize>,
    /// UYVY source taken apart: luma, then U and V interleaved.
    uyvy: [Vec<u8>; 2],
}

/// Layout of UYVY once it is taken apart.
const UYVY_PLANES: [PlaneLayout; 2] = [layout(1, 0, 0), layout(2, 1, 0)];

impl Converter {
    /// Plans the conversion of `source` pictures into `target` pictures.
    ///
    /// # Errors
    /// Empty sizes, crop rectangles that do not fit, [`Method::Super`] asked to enlarge.
    pub fn new(source: Frame, target: Frame, options: &Options) -> Result<Self, Error> {
        let source_rect = resolve(options.src_crop, &source, "src-crop", "source")?;
        let target_rect = resolve(options.dst_crop, &target, "dest-crop", "destination")?;
        let flip = options.flip;
        let (width, height) = if flip.transposes() {
            (target_rect.height, target_rect.width)
        } else {
            (target_rect.width, target_rect.height)
        };
        let scales = (width, height) != (source_rect.width, source_rect.height);
        if options.method == Method::Super
            && (width > source_rect.width || height > source_rect.height)
        {
            return Err(Error::Enlarge {
                from_width: source_rect.width,
                from_height: source_rect.height,
                to_width: width,
                to_height: height,
            });
        }
        let same_color = source.color == target.color;
        // Turning UYVY's pixel pairs would exchange the pixels but not what is inside.
        let turns_pairs = source.format == Format::Uyvy && flip != Flip::None;
        // Turning UYVY's pixel pairs would exchange the pixels but not what is inside.
        let turns_pairs = source.format == Format::Uyvy && flip != Flip::None;
        let plan = if source.format == target.format
            && (!source.format.is_yuv() || (same_color && !scales && !turns_pairs))
        {
            Plan::Copy
        } else {
            Plan::Rgba {
                from_yuv: source
                    .format
                    .is_yuv()
                    .then(|| Box::new(YuvToRgb::new(source.color))),
                to_yuv: match target.format {
                    Format::Gray8 => Some(Box::new(RgbToYuv::new(Color {
                        matrix: Matrix::Bt601,
                        full_range: true,
                    }))),
                    format if format.is_yuv() => Some(Box::new(RgbToYuv::new(target.color))),
                    _ => None,
                },
            }
        };
        let split = source.format == Format::Uyvy && matches!(plan, Plan::Rgba { .. });
        let layouts = if split {
            &UYVY_PLANES[..]
        } else {
            source.format.planes()
        };
        // An odd size scales as the next even one, unless a crop asks for exactly that many.
        let even = |size: usize, rect_size: usize| {
            if scales && rect_size == size {
                size.next_multiple_of(2)
            } else {
                rect_size
            }
        };
        let planes = layouts
            .iter()
            .map(|layout| {
                let across = Axis {
                    source: layout.width(source_rect.width),
                    scale_from: layout.width(even(source.width, source_rect.width)),
                    scale_to: layout.width(if scales {
                        width.next_multiple_of(2)
                    } else {
                        width
                    }),
                    output: layout.width(width),
                };
                let down = Axis {
                    source: layout.height(source_rect.height),
                    scale_from: layout.height(even(source.height, source_rect.height)),
                    scale_to: layout.height(if scales {
                        height.next_multiple_of(2)
                    } else {
                        height
                    }),
                    output: layout.height(height),
                };
                PlanePlan::new(
                    layout,
                    (source_rect.left >> layout.shift_x) as usize,
                    (source_rect.top >> layout.shift_y) as usize,
                    across,
                    down,
                    scales.then_some(options.method),
                    flip,
                )
            })
            .collect();
        let mut scratch = Scratch::default();
        if matches!(plan, Plan::Rgba { .. }) {
            scratch.rgba = vec![0; (target_rect.width + 1) * 4];
            scratch.rows = std::array::from_fn(|_| vec![0; (target_rect.width + 1) * 4]);
            scratch.terms = color::Terms::new(target_rect.width + 1);
        }
        if split {
            let luma = source.width.next_multiple_of(2);
            scratch.uyvy = [vec![0; luma * source.height], vec![0; luma * source.height]];
        }
        Ok(Self {
            source,
            target,
            target_rect,
            clear: (target_rect.width, target_rect.height) != (target.width, target.height),
            planes,
            plan,
            scratch,
        })
    }

    /// The picture it reads.
    pub fn source(&self) -> &Frame {
        &self.source
    }

    /// The picture it writes.
    pub fn target(&self) -> &Frame {
        &self.target
    }

    /// Converts one picture. The planes are those of [`Format::planes`], in that order.
    ///
    /// # Errors
    /// A slice too short for its picture.
    pub fn convert(
        &mut self,
        source: &[Plane<'_>],
        target: &mut [PlaneMut<'_>],
    ) -> Result<(), Error> {
        check_planes(
            "source",
            &self.source,
            source.iter().map(|p| (p.data.len(), p.pitch)),
        )?;
        check_planes(
            "destination",
            &self.target,
            target.iter().map(|p| (p.data.len(), p.pitch)),
        )?;
        if self.clear {
            for (layout, plane) in self.target.format.planes().iter().zip(target.iter_mut()) {
                let bytes = layout.width(self.target.width) * layout.bytes;
                for y in 0..layout.height(self.target.height) {
                    plane.row(y, 0, bytes).fill(0);
                }
            }
        }
        let Self {
            source: from,
            target: to,
            target_rect,
            planes,
            plan,
            scratch,
            ..
        } = self;
        let mut work = Work {
            from,
            to,
            rect: target_rect,
            scratch,
        };
        match plan {
            Plan::Copy => work.copy(planes, source, target),
            Plan::Rgba { from_yuv, to_yuv } => {
                work.through_rgba(
                    planes,
                    source,
                    target,
                    from_yuv.as_deref(),
                    to_yuv.as_deref(),
                );
            }
        }
        Ok(())
    }
}

impl PlanePlan {
    fn new(
        layout: &PlaneLayout,
        left: usize,
        top: usize,
        across: Axis,
        down: Axis,
        method: Option<Method>,
        flip: Flip,
    ) -> Self {
        let filter = method.and_then(|method| Filter::new(method, across, down, layout.bytes));
        let lookup = |axis: Axis| -> Vec<u32> {
            match method {
                Some(method) if filter.is_none() => axis.nearest(method),
                _ => (0..axis.output as u32).collect(),
            }
        };
        let (mut columns, mut rows) = (lookup(across), lookup(down));
        if flip.reverses_x() {
            columns.reverse();
        }
        if flip.reverses_y() {
            rows.reverse();
        }
        let in_order = columns.iter().enumerate().all(|(i, &c)| i == c as usize);
        let turned = flip
            .transposes()
            .then(|| vec![0; across.output * down.output * layout.bytes]);
        let (width, height) = if flip.transposes() {
            (down.output, across.output)
        } else {
            (across.output, down.output)
        };
        Self {
            bytes: layout.bytes,
            width,
            height,
            left,
            top,
            filter,
            columns: (!in_order || flip.transposes()).then_some(columns),
            rows,
            turned,
        }
    }

    /// Does what cannot be done row by row: filters, turns. To be called once per picture.
    fn prepare(&mut self, source: Plane<'_>) {
        let start = self.top * source.pitch + self.left * self.bytes;
        let mut plane = Plane {
            data: source.data.get(start..).unwrap_or_default(),
            pitch: source.pitch,
        };
        if let Some(filter) = &mut self.filter {
            plane = filter.run(plane);
        }
        if let (Some(turned), Some(columns)) = (&mut self.turned, &self.columns) {
            scale::turn(plane, self.bytes, columns, &self.rows, turned);
        }
    }

    /// Where the rows come from after [`Self::prepare`].
    fn view<'a>(&'a self, source: Plane<'a>) -> View<'a> {
        let row_bytes = self.width * self.bytes;
        if let Some(turned) = &self.turned {
            return View {
                plane: Plane {
                    data: turned,
                    pitch: row_bytes,
                },
                bytes: self.bytes,
                width: self.width,
                columns: None,
                rows: None,
            };
        }
        let plane = match &self.filter {
            Some(filter) => filter.output(),
            None => {
                let start = self.top * source.pitch + self.left * self.bytes;
                Plane {
                    data: source.data.get(start..).unwrap_or_default(),
                    pitch: source.pitch,
                }
            }
        };
        View {
            plane,
            bytes: self.bytes,
            width: self.width,
            columns: self.columns.as_deref(),
            rows: Some(&self.rows),
        }
    }
}

/// Rows of a scaled and flipped plane.
#[derive(Clone, Copy)]
struct View<'a> {
    plane: Plane<'a>,
    bytes: usize,
    width: usize,
    columns: Option<&'a [u32]>,
    rows: Option<&'a [u32]>,
}

impl<'a> View<'a> {
    fn source_row(&self, y: usize) -> &'a [u8] {
        let row = self.rows.map_or(y, |rows| rows[y] as usize);
        &self.plane.data[row * self.plane.pitch..]
    }

    /// Row `y`, in place if its columns are in order, else gathered into `buffer`.
    fn row<'b>(&self, y: usize, buffer: &'b mut [u8]) -> &'b [u8]
    where
        'a: 'b,
    {
        let source = self.source_row(y);
        let bytes = self.width * self.bytes;
        match self.columns {
            None => &source[..bytes],
            Some(columns) => {
                let buffer = &mut buffer[..bytes];
                scale::gather(source, self.bytes, columns, buffer);
                buffer
            }
        }
    }

    /// Row `y` into `target`.
    fn copy_row(&self, y: usize, target: &mut [u8]) {
        let source = self.source_row(y);
        match self.columns {
            None => target.copy_from_slice(&source[..target.len()]),
            Some(columns) => scale::gather(source, self.bytes, columns, target),
        }
    }
}

/// One picture's worth of borrowed state.
struct Work<'a> {
    from: &'a Frame,
    to: &'a Frame,
    rect: &'a Rect,
    scratch: &'a mut Scratch,
}

impl Work<'_> {
    fn copy(
        &mut self,
        planes: &mut [PlanePlan],
        source: &[Plane<'_>],
        target: &mut [PlaneMut<'_>],
    ) {
        for (((plan, &from), to), layout) in planes
            .iter_mut()
            .zip(source)
            .zip(target)
            .zip(self.to.format.planes())
        {
            plan.prepare(from);
            let view = plan.view(from);
            let left = (self.rect.left >> layout.shift_x) * layout.bytes;
            let top = self.rect.top >> layout.shift_y;
            for y in 0..plan.height {
                view.copy_row(y, to.row(top + y, left, plan.width * layout.bytes));
            }
        }
    }

    fn through_rgba(
        &mut self,
        planes: &mut [PlanePlan],
        source: &[Plane<'_>],
        target: &mut [PlaneMut<'_>],
        from_yuv: Option<&YuvToRgb>,
        to_yuv: Option<&RgbToYuv>,
    ) {
        let split = self.from.format == Format::Uyvy;
        let mut uyvy = std::mem::take(&mut self.scratch.uyvy);
        if split {
            self.split_uyvy(source[0], &mut uyvy);
        }
        let pitch = self.from.width.next_multiple_of(2);
        let apart = uyvy.each_ref().map(|data| Plane { data, pitch });
        let source = if split { &apart[..] } else { source };
        for (plan, &from) in planes.iter_mut().zip(source) {
            plan.prepare(from);
        }
        self.scratch.terms_row = None;
        let direct = self.to.format == Format::Rgba;
        let width = self.rect.width;
        let mut rgba = std::mem::take(&mut self.scratch.rgba);
        for y in 0..self.rect.height {
            if direct {
                let row = target[0].row(self.rect.top + y, self.rect.left * 4, width * 4);
                self.read_row(planes, source, y, row, from_yuv);
            } else {
                let row = &mut rgba[..width * 4];
                self.read_row(planes, source, y, row, from_yuv);
                // One more pixel for formats that store pairs.
                rgba.copy_within((width - 1) * 4..width * 4, width * 4);
                self.write_row(y, &rgba, target, to_yuv);
            }
        }
        self.scratch.rgba = rgba;
        self.scratch.uyvy = uyvy;
    }

    fn split_uyvy(&self, source: Plane<'_>, apart: &mut [Vec<u8>; 2]) {
        let width = self.from.width.next_multiple_of(2);
        let [luma, chroma] = apart;
        for ((row, y), uv) in source
            .data
            .chunks(source.pitch)
            .zip(luma.chunks_exact_mut(width))
            .zip(chroma.chunks_exact_mut(width))
        {
            for ((four, y), uv) in row
                .chunks_exact(4)
                .zip(y.chunks_exact_mut(2))
                .zip(uv.chunks_exact_mut(2))
            {
                y.copy_from_slice(&[four[1], four[3]]);
                uv.copy_from_slice(&[four[0], four[2]]);
            }
        }
    }

    /// Row `y` of the scaled source as RGBA.
    fn read_row(
        &mut self,
        planes: &[PlanePlan],
        source: &[Plane<'_>],
        y: usize,
        rgba: &mut [u8],
        from_yuv: Option<&YuvToRgb>,
    ) {
        let [first, second, third] = &mut self.scratch.rows;
        let view = |i: usize| planes[i].view(source[i]);
        match self.from.format {
            Format::Rgba => view(0).copy_row(y, rgba),
            Format::Bgrx => color::swizzle::<4>(view(0).row(y, first), [2, 1, 0], rgba),
            Format::Rgb => color::swizzle::<3>(view(0).row(y, first), [0, 1, 2], rgba),
            Format::Bgr => color::swizzle::<3>(view(0).row(y, first), [2, 1, 0], rgba),
            Format::Gray8 => {
                let gray = view(0).row(y, first);
                color::interleave(gray, gray, gray, rgba);
            }
            Format::Gbr => color::interleave(
                view(2).row(y, third),
                view(0).row(y, first),
                view(1).row(y, second),
                rgba,
            ),
            Format::Nv12 | Format::Uyvy | Format::I420 | Format::Y444 => {
                let Some(yuv) = from_yuv else { return };
                let halved_rows = matches!(self.from.format, Format::Nv12 | Format::I420);
                let chroma_row = if halved_rows { y / 2 } else { y };
                if self.scratch.terms_row != Some(chroma_row) {
                    self.scratch.terms_row = Some(chroma_row);
                    let terms = &mut self.scratch.terms;
                    match self.from.format {
                        Format::Nv12 | Format::Uyvy => {
                            let pairs = view(1).row(chroma_row, second);
                            yuv.fill::<2>(pairs.chunks_exact(2).map(|p| (p[0], p[1])), terms);
                        }
                        format => {
                            let u = view(1).row(chroma_row, second).iter().copied();
                            let v = view(2).row(chroma_row, third).iter().copied();
                            if format == Format::I420 {
                                yuv.fill::<2>(u.zip(v), terms);
                            } else {
                                yuv.fill::<1>(u.zip(v), terms);
                            }
                        }
                    }
                }
                yuv.row(view(0).row(y, first), &self.scratch.terms, rgba);
            }
        }
    }

    /// Stores a row of RGBA (with one pixel more than the rectangle is wide) as row `y`.
    fn write_row(
        &mut self,
        y: usize,
        rgba: &[u8],
        target: &mut [PlaneMut<'_>],
        to_yuv: Option<&RgbToYuv>,
    ) {
        let Rect {
            left, top, width, ..
        } = *self.rect;
        let row = top + y;
        match (self.to.format, to_yuv) {
            (Format::Rgba, _) => target[0]
                .row(row, left * 4, width * 4)
                .copy_from_slice(&rgba[..width * 4]),
            (Format::Bgrx, _) => {
                color::pack::<4>(rgba, [2, 1, 0], target[0].row(row, left * 4, width * 4));
            }
            (Format::Rgb, _) => {
                color::pack::<3>(rgba, [0, 1, 2], target[0].row(row, left * 3, width * 3));
            }
            (Format::Bgr, _) => {
                color::pack::<3>(rgba, [2, 1, 0], target[0].row(row, left * 3, width * 3));
            }
            (Format::Gbr, _) => {
                for (plane, part) in target.iter_mut().zip([1, 2, 0]) {
                    let to = plane.row(row, left, width);
                    for (to, pixel) in to.iter_mut().zip(rgba.chunks_exact(4)) {
                        *to = pixel[part];
                    }
                }
            }
            (Format::Gray8, Some(yuv)) => yuv.y(rgba, target[0].row(row, left, width)),
            (Format::Y444, Some(yuv)) => {
                yuv.y(rgba, target[0].row(row, left, width));
                yuv.u(rgba, target[1].row(row, left, width));
                yuv.v(rgba, target[2].row(row, left, width));
            }
            (Format::Uyvy, Some(yuv)) => {
                let pairs = width.div_ceil(2);
                let [luma, u, v] = &mut self.scratch.rows;
                yuv.y(rgba, &mut luma[..pairs * 2]);
                let even = color::even_pixels(rgba, pairs, &mut self.scratch.terms.pixels);
                yuv.u(even, &mut u[..pairs]);
                yuv.v(even, &mut v[..pairs]);
                let to = target[0].row(row, left / 2 * 4, pairs * 4);
                for (((to, y), u), v) in to
                    .chunks_exact_mut(4)
                    .zip(luma.chunks_exact(2))
                    .zip(&*u)
                    .zip(&*v)
                {
                    to.copy_from_slice(&[*u, y[0], *v, y[1]]);
                }
            }
            (format @ (Format::Nv12 | Format::I420), Some(yuv)) => {
                yuv.y(rgba, target[0].row(row, left, width));
                let (left, row) = (left / 2, top / 2 + y / 2);
                if y % 2 == 1 {
                    return;
                }
                let pairs = width.div_ceil(2);
                let even = color::even_pixels(rgba, pairs, &mut self.scratch.terms.pixels);
                if format == Format::I420 {
                    yuv.u(even, target[1].row(row, left, pairs));
                    yuv.v(even, target[2].row(row, left, pairs));
                } else {
                    let [_, u, v] = &mut self.scratch.rows;
                    yuv.u(even, &mut u[..pairs]);
                    yuv.v(even, &mut v[..pairs]);
                    let to = target[1].row(row, left * 2, pairs * 2);
                    for ((to, u), v) in to.chunks_exact_mut(2).zip(&*u).zip(&*v) {
                        to.copy_from_slice(&[*u, *v]);
                    }
                }
            }
            // The planner always makes a matrix for these.
            (Format::Gray8 | Format::Y444 | Format::Uyvy | Format::Nv12 | Format::I420, None) => {}
        }
    }
}
