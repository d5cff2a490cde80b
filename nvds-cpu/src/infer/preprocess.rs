//! From a frame to one unit of the network's input: scaling, colour, normalisation, tensor order in one pass.
//!
//! A row of the target is sampled into a small RGB (or luma) buffer and written through one 256-entry table per
//! channel, which holds `scale * (x - offset)` in the tensor's own type. Nothing is allocated once the size of the
//! frames is known.
//!
//! Rules. Scaling: see [`Filter`]; nearest is exact as the stock converter's (luma at `floor(x * sw / dw)`, one chroma
//! sample per 2x2 target pixels). Bilinear samples at `(x + 0.5) * sw / dw - 0.5` with weights of 1/256, luma and chroma
//! alike, truncated; chroma is not interpolated across its own grid but replicated, as everywhere in the converter.
//! YUV to RGB: the matrix of the surface's colour format, truncated. Gray: luma as it is for YUV, BT.601 weights for
//! RGB. Placement: as gst-nvinfer and gst-nvinferserver of DeepStream 9.1 round it, see [`Placement::new`]; what the
//! picture leaves free is black of value 0 before normalisation. Integer tensors saturate and truncate, as
//! nvinferserver's conversion does.

use half::f16;

use super::types::{Color, Filter, Layout, PreprocessConfig, Scaler};

/// Rows of samples.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// Bytes from the first row on.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub pitch: usize,
}

impl<'a> Plane<'a> {
    fn row(&self, y: usize) -> &'a [u8] {
        self.data.get(y * self.pitch..).unwrap_or(&[])
    }

    /// Whether `height` rows of `row_bytes` lie in the slice.
    fn holds(&self, row_bytes: usize, height: usize) -> bool {
        height == 0
            || (self.pitch >= row_bytes
                && self
                    .pitch
                    .checked_mul(height - 1)
                    .and_then(|n| n.checked_add(row_bytes))
                    .is_some_and(|n| n <= self.data.len()))
    }
}

/// Coefficients from YUV to RGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// BT.601, luma 16..235.
    Bt601,
    /// BT.601, luma 0..255.
    Bt601Full,
    /// BT.709, luma 16..235.
    Bt709,
    /// BT.709, luma 0..255.
    Bt709Full,
    /// BT.2020, luma 16..235.
    Bt2020,
}

/// Pixels of a frame.
#[derive(Debug, Clone, Copy)]
pub enum Pixels<'a> {
    /// Full-size luma, then U and V interleaved at half the size in both directions.
    Nv12 {
        /// Luma.
        y: Plane<'a>,
        /// Chroma.
        uv: Plane<'a>,
        /// Colour matrix.
        matrix: Matrix,
    },
    /// Interleaved RGB of any order.
    Packed {
        /// Pixels.
        plane: Plane<'a>,
        /// Bytes per pixel.
        bytes: usize,
        /// Byte of red, green and blue in a pixel.
        order: [usize; 3],
    },
}

/// A frame.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Pixels.
    pub pixels: Pixels<'a>,
}

/// A frame that cannot be sampled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreprocessError {
    /// A side is 0.
    #[error("the frame is {0}x{1} pixels")]
    Empty(usize, usize),
    /// The planes are shorter than the size says.
    #[error("the frame's planes hold less than {0}x{1} pixels")]
    Short(usize, usize),
    /// The output slice is not one unit of the input tensor.
    #[error("the input tensor has {found} elements per frame, {expected} are written")]
    Output {
        /// Elements of one unit.
        expected: usize,
        /// Elements given.
        found: usize,
    },
}

/// Where the picture lies in the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Left edge in pixels.
    pub left: usize,
    /// Top edge in pixels.
    pub top: usize,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
}

impl Placement {
    /// The rectangle an element scales a frame of `source` to, both sizes as width, height.
    ///
    /// The elements take an odd side of the frame one pixel shorter; `source` is what they take.
    pub fn new(
        scaler: Scaler,
        source: (usize, usize),
        network: (usize, usize),
        maintain_aspect_ratio: bool,
        symmetric_padding: bool,
    ) -> Self {
        let (width, height) = if maintain_aspect_ratio {
            let height = network.0 as f64 * source.1 as f64 / source.0 as f64;
            if height <= network.1 as f64 {
                (network.0, height as usize)
            } else {
                let width = network.1 as f64 * source.0 as f64 / source.1 as f64;
                (width as usize, network.1)
            }
        } else {
            network
        };
        let (width, height) = match scaler {
            Scaler::Nvinfer => (width, height),
            Scaler::NvinferServer => (width & !1, height & !1),
        };
        // An extreme ratio rounds to no row at all; one is the least that can be shown.
        let (width, height) = (width.clamp(1, network.0), height.clamp(1, network.1));
        let (left, top) = if maintain_aspect_ratio && symmetric_padding {
            ((network.0 - width) / 2, (network.1 - height) / 2)
        } else {
            (0, 0)
        };
        Self {
            left,
            top,
            width,
            height,
        }
    }
}

/// An element of the input tensor.
pub trait InputElement: Copy + Default + Send {
    /// The element for a normalised value.
    fn from_value(value: f32) -> Self;
}

impl InputElement for f32 {
    fn from_value(value: f32) -> Self {
        value
    }
}

impl InputElement for f16 {
    fn from_value(value: f32) -> Self {
        f16::from_f32(value)
    }
}

macro_rules! integer_element {
    ($($ty:ty),*) => {$(
        impl InputElement for $ty {
            fn from_value(value: f32) -> Self {
                // `as` truncates towards zero and saturates.
                value as $ty
            }
        }
    )*};
}
integer_element!(u8, i8, i32, i64);

/// Turns frames into units of an input tensor whose elements are `T`.
#[derive(Debug)]
pub struct Preprocessor<T> {
    config: PreprocessConfig,
    scaler: Scaler,
    layout: Layout,
    network: (usize, usize),
    /// One per channel in the network's order.
    tables: Vec<[T; 256]>,
    yuv: Option<YuvTables>,
    map: Option<Map>,
    row: Vec<u8>,
}

/// Source columns and rows for one source size.
#[derive(Debug)]
struct Map {
    source: (usize, usize),
    placement: Placement,
    columns: Axis,
    rows: Axis,
}

#[derive(Debug)]
struct Axis {
    /// Per target sample: the source sample, for bilinear the first of two.
    first: Vec<u32>,
    /// Second source sample and its weight of 256; empty for nearest.
    second: Vec<(u32, u32)>,
    /// Per pair of target samples: the chroma sample, for nearest.
    chroma: Vec<u32>,
}

impl Axis {
    fn new(filter: Filter, source: usize, target: usize) -> Self {
        let last = source - 1;
        let nearest = |x: usize| match filter {
            Filter::NearestCentred => (((2 * x + 1) * source) / (2 * target)).min(last),
            _ => (x * source / target).min(last),
        };
        let mut axis = Self {
            first: Vec::with_capacity(target),
            second: Vec::new(),
            chroma: Vec::new(),
        };
        if filter == Filter::Bilinear {
            let ratio = source as f64 / target as f64;
            for x in 0..target {
                let position = ((x as f64 + 0.5) * ratio - 0.5).clamp(0.0, last as f64);
                let first = position as usize;
                let weight = ((position - first as f64) * 256.0).round() as u32;
                axis.first.push(first as u32);
                axis.second.push(((first + 1).min(last) as u32, weight));
            }
        } else {
            axis.first.extend((0..target).map(|x| nearest(x) as u32));
            // The converter's rule: the half-size pictures are scaled to each other.
            let (half_source, half_target) = ((source / 2).max(1), (target / 2).max(1));
            let last = source.div_ceil(2) - 1;
            axis.chroma.extend((0..target.div_ceil(2)).map(|x| {
                let chroma = match filter {
                    Filter::NearestCentred => nearest((2 * x).min(target - 1)) / 2,
                    _ => x * half_source / half_target,
                };
                chroma.min(last) as u32
            }));
        }
        axis
    }
}

impl<T: InputElement> Preprocessor<T> {
    /// A preprocessor for a network input of `width` x `height` pixels.
    pub fn new(
        config: &PreprocessConfig,
        scaler: Scaler,
        layout: Layout,
        width: usize,
        height: usize,
    ) -> Self {
        let channels = config.color.channels();
        let tables = (0..channels)
            .map(|c| {
                let offset = config.offsets.get(c).copied().unwrap_or(0.0);
                let mut table = [T::default(); 256];
                for (x, y) in table.iter_mut().enumerate() {
                    *y = T::from_value(config.scale * (x as f32 - offset));
                }
                table
            })
            .collect();
        Self {
            config: config.clone(),
            scaler,
            layout,
            network: (width, height),
            tables,
            yuv: None,
            map: None,
            row: vec![0; width * channels],
        }
    }

    /// Elements of one unit.
    pub fn unit_len(&self) -> usize {
        self.network.0 * self.network.1 * self.tables.len()
    }

    /// Writes one unit.
    pub fn run(&mut self, image: &Image<'_>, out: &mut [T]) -> Result<Placement, PreprocessError> {
        if out.len() != self.unit_len() {
            return Err(PreprocessError::Output {
                expected: self.unit_len(),
                found: out.len(),
            });
        }
        let (width, height) = (image.width, image.height);
        if width == 0 || height == 0 {
            return Err(PreprocessError::Empty(width, height));
        }
        let complete = match image.pixels {
            Pixels::Nv12 { y, uv, .. } => {
                y.holds(width, height)
                    && uv.holds(width.div_ceil(2).saturating_mul(2), height.div_ceil(2))
            }
            Pixels::Packed {
                plane,
                bytes,
                order,
            } => {
                plane.holds(width.saturating_mul(bytes), height) && order.iter().all(|&o| o < bytes)
            }
        };
        if !complete {
            return Err(PreprocessError::Short(width, height));
        }
        if self
            .map
            .as_ref()
            .is_none_or(|m| m.source != (width, height))
        {
            self.map = Some(self.new_map(width, height));
        }
        if let Pixels::Nv12 { matrix, .. } = image.pixels
            && self.yuv.as_ref().is_none_or(|t| t.matrix != matrix)
        {
            self.yuv = Some(YuvTables::new(matrix));
        }
        let Some(map) = &self.map else {
            return Err(PreprocessError::Empty(width, height));
        };
        let placement = map.placement;
        if (placement.width, placement.height) != self.network {
            self.fill_padding(out);
        }
        let channels = self.tables.len();
        let row = &mut self.row[..placement.width * channels];
        let gray = self.config.color == Color::Gray;
        for y in 0..placement.height {
            match (image.pixels, gray) {
                (Pixels::Nv12 { y: luma, .. }, true) => luma_row(luma, map, y, row),
                (Pixels::Nv12 { y: luma, uv, .. }, false) => {
                    if let Some(tables) = &self.yuv {
                        nv12_row(luma, uv, tables, map, y, row);
                    }
                }
                (
                    Pixels::Packed {
                        plane,
                        bytes,
                        order,
                    },
                    false,
                ) => packed_row(plane, bytes, order, map, y, row),
                (
                    Pixels::Packed {
                        plane,
                        bytes,
                        order,
                    },
                    true,
                ) => packed_luma_row(plane, bytes, order, map, y, row),
            }
            write_row(
                row,
                &self.tables,
                self.config.color,
                self.layout,
                self.network,
                (placement.left, placement.top + y),
                out,
            );
        }
        Ok(placement)
    }

    fn new_map(&self, width: usize, height: usize) -> Map {
        // The stock elements round the source rectangle down to even numbers.
        let even = |n: usize| if n > 1 { n & !1 } else { n };
        let source = (even(width), even(height));
        let placement = Placement::new(
            self.scaler,
            source,
            self.network,
            self.config.maintain_aspect_ratio,
            self.config.symmetric_padding,
        );
        Map {
            source: (width, height),
            placement,
            columns: Axis::new(self.config.filter, source.0, placement.width),
            rows: Axis::new(self.config.filter, source.1, placement.height),
        }
    }

    /// Writes black everywhere. The picture then covers its part.
    fn fill_padding(&self, out: &mut [T]) {
        let plane = self.network.0 * self.network.1;
        match self.layout {
            Layout::Nchw => {
                for (table, plane) in self.tables.iter().zip(out.chunks_exact_mut(plane.max(1))) {
                    plane.fill(table[0]);
                }
            }
            Layout::Nhwc => {
                for pixel in out.chunks_exact_mut(self.tables.len()) {
                    for (table, element) in self.tables.iter().zip(pixel) {
                        *element = table[0];
                    }
                }
            }
        }
    }
}

/// Sends a row of samples through the tables to its place in the tensor.
fn write_row<T: Copy>(
    row: &[u8],
    tables: &[[T; 256]],
    color: Color,
    layout: Layout,
    network: (usize, usize),
    (left, top): (usize, usize),
    out: &mut [T],
) {
    let channels = tables.len();
    let width = row.len() / channels;
    // Position in an RGB sample of the network's channel c.
    let from = |c: usize| if color == Color::Bgr { 2 - c } else { c };
    match layout {
        Layout::Nchw => {
            let plane = network.0 * network.1;
            for (c, table) in tables.iter().enumerate() {
                let start = c * plane + top * network.0 + left;
                let target = &mut out[start..start + width];
                for (element, sample) in target.iter_mut().zip(row.chunks_exact(channels)) {
                    *element = table[usize::from(sample[from(c)])];
                }
            }
        }
        Layout::Nhwc => {
            let start = (top * network.0 + left) * channels;
            let target = &mut out[start..start + width * channels];
            match tables {
                [gray] => {
                    for (element, sample) in target.iter_mut().zip(row) {
                        *element = gray[usize::from(*sample)];
                    }
                }
                [first, second, third] => {
                    let (a, c) = (from(0), from(2));
                    for (pixel, sample) in target.chunks_exact_mut(3).zip(row.chunks_exact(3)) {
                        pixel[0] = first[usize::from(sample[a])];
                        pixel[1] = second[usize::from(sample[1])];
                        pixel[2] = third[usize::from(sample[c])];
                    }
                }
                _ => {}
            }
        }
    }
}

/// Fixed-point contributions of Y, U and V to R, G and B.
#[derive(Debug)]
struct YuvTables {
    matrix: Matrix,
    y: [i32; 256],
    v_to_r: [i32; 256],
    u_to_g: [i32; 256],
    v_to_g: [i32; 256],
    u_to_b: [i32; 256],
}

impl YuvTables {
    /// Fractional bits. The largest sum, about 560, still fits in 31 bits.
    const BITS: u32 = 21;

    fn new(matrix: Matrix) -> Self {
        // The 601 numbers are the rounded ones of the standard, which the converter uses too.
        let (full, r, gu, gv, b) = match matrix {
            Matrix::Bt601 => (false, 1.402, 0.34414, 0.71414, 1.772),
            Matrix::Bt601Full => (true, 1.402, 0.34414, 0.71414, 1.772),
            Matrix::Bt709 | Matrix::Bt709Full | Matrix::Bt2020 => {
                let (kr, kb) = if matrix == Matrix::Bt2020 {
                    (0.2627, 0.0593)
                } else {
                    (0.2126, 0.0722)
                };
                let kg = 1.0 - kr - kb;
                (
                    matrix == Matrix::Bt709Full,
                    2.0 * (1.0 - kr),
                    2.0 * (1.0 - kb) * kb / kg,
                    2.0 * (1.0 - kr) * kr / kg,
                    2.0 * (1.0 - kb),
                )
            }
        };
        let (y_scale, y_zero, c_scale) = if full {
            (1.0, 0.0, 1.0)
        } else {
            (255.0 / 219.0, 16.0, 255.0 / 224.0)
        };
        let one = f64::from(1 << Self::BITS);
        let table = |factor: f64, zero: f64, bias: f64| {
            std::array::from_fn(|i| ((i as f64 - zero) * factor * one + bias).round() as i32)
        };
        Self {
            matrix,
            // Half a unit of rounding per addend may miss a whole number by two; the bias keeps it above.
            y: table(y_scale, y_zero, 2.0),
            v_to_r: table(r * c_scale, 128.0, 0.0),
            u_to_g: table(-gu * c_scale, 128.0, 0.0),
            v_to_g: table(-gv * c_scale, 128.0, 0.0),
            u_to_b: table(b * c_scale, 128.0, 0.0),
        }
    }

    /// The chroma part of R, G and B.
    #[inline(always)]
    fn chroma(&self, u: u8, v: u8) -> [i32; 3] {
        let (u, v) = (usize::from(u), usize::from(v));
        [
            self.v_to_r[v],
            self.u_to_g[u] + self.v_to_g[v],
            self.u_to_b[u],
        ]
    }

    #[inline(always)]
    fn rgb(&self, y: u8, chroma: [i32; 3]) -> [u8; 3] {
        let y = self.y[usize::from(y)];
        chroma.map(|c| ((y + c) >> Self::BITS).clamp(0, 255) as u8)
    }
}

fn nv12_row(
    y: Plane<'_>,
    uv: Plane<'_>,
    tables: &YuvTables,
    map: &Map,
    row: usize,
    out: &mut [u8],
) {
    let columns = &map.columns;
    let first = map.rows.first[row] as usize;
    if columns.second.is_empty() {
        let luma = y.row(first);
        let chroma = uv.row(map.rows.chroma[row / 2] as usize);
        let mut pairs = out.chunks_exact_mut(6);
        let mut xs = columns.first.chunks_exact(2);
        for ((pair, xs), &c) in pairs.by_ref().zip(xs.by_ref()).zip(&columns.chroma) {
            let sample = &chroma[c as usize * 2..][..2];
            let add = tables.chroma(sample[0], sample[1]);
            let left = tables.rgb(luma[xs[0] as usize], add);
            let right = tables.rgb(luma[xs[1] as usize], add);
            pair[..3].copy_from_slice(&left);
            pair[3..].copy_from_slice(&right);
        }
        if let (pixel @ [_, _, _], [x], Some(&c)) = (
            pairs.into_remainder(),
            xs.remainder(),
            columns.chroma.last(),
        ) {
            let sample = &chroma[c as usize * 2..][..2];
            let add = tables.chroma(sample[0], sample[1]);
            pixel.copy_from_slice(&tables.rgb(luma[*x as usize], add));
        }
        return;
    }
    let (second, row_weight) = map.rows.second[row];
    let second = second as usize;
    let (luma0, luma1) = (y.row(first), y.row(second));
    let (chroma0, chroma1) = (uv.row(first / 2), uv.row(second / 2));
    for ((pixel, &x0), &(x1, weight)) in out
        .chunks_exact_mut(3)
        .zip(&columns.first)
        .zip(&columns.second)
    {
        let (x0, x1) = (x0 as usize, x1 as usize);
        let luma = blend(
            luma0[x0], luma0[x1], luma1[x0], luma1[x1], weight, row_weight,
        );
        let (c0, c1) = (x0 & !1, x1 & !1);
        let mix = |i: usize| {
            blend(
                chroma0[c0 + i],
                chroma0[c1 + i],
                chroma1[c0 + i],
                chroma1[c1 + i],
                weight,
                row_weight,
            )
        };
        pixel.copy_from_slice(&tables.rgb(luma, tables.chroma(mix(0), mix(1))));
    }
}

fn luma_row(y: Plane<'_>, map: &Map, row: usize, out: &mut [u8]) {
    sample_row(y, 1, map, row, out, |pixel, out| out[0] = pixel(0));
}

fn packed_row(
    plane: Plane<'_>,
    bytes: usize,
    order: [usize; 3],
    map: &Map,
    row: usize,
    out: &mut [u8],
) {
    sample_row(plane, bytes, map, row, out, |sample, out| {
        for (element, offset) in out.iter_mut().zip(order) {
            *element = sample(offset);
        }
    });
}

fn packed_luma_row(
    plane: Plane<'_>,
    bytes: usize,
    order: [usize; 3],
    map: &Map,
    row: usize,
    out: &mut [u8],
) {
    sample_row(plane, bytes, map, row, out, |sample, out| {
        let [r, g, b] = order.map(|offset| u32::from(sample(offset)));
        // BT.601 in 1/65536; the three weights add up to one.
        out[0] = ((19595 * r + 38470 * g + 7471 * b) >> 16) as u8;
    });
}

/// Calls `write` with a sampler of the pixel's bytes for each target pixel of a row.
#[inline(always)]
fn sample_row(
    plane: Plane<'_>,
    bytes: usize,
    map: &Map,
    row: usize,
    out: &mut [u8],
    write: impl Fn(&dyn Fn(usize) -> u8, &mut [u8]),
) {
    let columns = &map.columns;
    let channels = out.len() / columns.first.len().max(1);
    let line0 = plane.row(map.rows.first[row] as usize);
    if columns.second.is_empty() {
        for (pixel, &x) in out.chunks_exact_mut(channels.max(1)).zip(&columns.first) {
            let source = &line0[x as usize * bytes..][..bytes];
            write(&|i| source[i], pixel);
        }
        return;
    }
    let (second, row_weight) = map.rows.second[row];
    let line1 = plane.row(second as usize);
    for ((pixel, &x0), &(x1, weight)) in out
        .chunks_exact_mut(channels.max(1))
        .zip(&columns.first)
        .zip(&columns.second)
    {
        let (a, b) = (x0 as usize * bytes, x1 as usize * bytes);
        write(
            &|i| {
                blend(
                    line0[a + i],
                    line0[b + i],
                    line1[a + i],
                    line1[b + i],
                    weight,
                    row_weight,
                )
            },
            pixel,
        );
    }
}

/// Bilinear mix of four samples, weights of the right and the lower ones out of 256, truncated.
#[inline(always)]
fn blend(a: u8, b: u8, c: u8, d: u8, x: u32, y: u32) -> u8 {
    let top = u32::from(a) * (256 - x) + u32::from(b) * x;
    let bottom = u32::from(c) * (256 - x) + u32::from(d) * x;
    ((top * (256 - y) + bottom * y) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> PreprocessConfig {
        PreprocessConfig::default()
    }

    /// An RGBA picture whose pixel (x, y) is (x, y, x + y, 255).
    fn rgba(width: usize, height: usize, pitch: usize) -> Vec<u8> {
        let mut data = vec![0xEE; pitch * height];
        for y in 0..height {
            for x in 0..width {
                data[y * pitch + x * 4..][..4].copy_from_slice(&[
                    x as u8,
                    y as u8,
                    (x + y) as u8,
                    255,
                ]);
            }
        }
        data
    }

    fn image(data: &[u8], width: usize, height: usize, pitch: usize) -> Image<'_> {
        Image {
            width,
            height,
            pixels: Pixels::Packed {
                plane: Plane { data, pitch },
                bytes: 4,
                order: [0, 1, 2],
            },
        }
    }

    fn noise(len: usize) -> Vec<u8> {
        let mut state = 12345_u32;
        (0..len)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect()
    }

    #[test]
    fn yuv_to_rgb_is_the_truncated_exact_value() {
        for matrix in [
            Matrix::Bt601,
            Matrix::Bt709,
            Matrix::Bt601Full,
            Matrix::Bt2020,
        ] {
            let tables = YuvTables::new(matrix);
            let (r, gu, gv, b) = match matrix {
                Matrix::Bt709 => (1.5748, 0.187_324_272_93, 0.468_124_272_93, 1.8556),
                Matrix::Bt2020 => (1.4746, 0.164_553_126_84, 0.571_353_126_84, 1.8814),
                _ => (1.402, 0.34414, 0.71414, 1.772),
            };
            let full = matrix == Matrix::Bt601Full;
            for y in 0..=255_u8 {
                for u in (0..=255_u8).step_by(5) {
                    for v in (0..=255_u8).step_by(3) {
                        let (yf, cf) = if full {
                            (f64::from(y), 1.0)
                        } else {
                            ((f64::from(y) - 16.0) * 255.0 / 219.0, 255.0 / 224.0)
                        };
                        let (uf, vf) = ((f64::from(u) - 128.0) * cf, (f64::from(v) - 128.0) * cf);
                        let exact = [yf + r * vf, yf - gu * uf - gv * vf, yf + b * uf];
                        let found = tables.rgb(y, tables.chroma(u, v));
                        for (e, f) in exact.iter().zip(found) {
                            // 1e-6 either side of a whole number both are right.
                            let low = (e - 2e-6).clamp(0.0, 255.0) as u8;
                            let high = (e + 2e-6).clamp(0.0, 255.0) as u8;
                            assert!(f == low || f == high, "{matrix:?} {y} {u} {v}: {e} {f}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn gray_of_limited_range_hits_whole_numbers() {
        let tables = YuvTables::new(Matrix::Bt601);
        // (y - 16) * 255 / 219 is whole for multiples of 73.
        for (y, gray) in [(16, 0), (89, 85), (162, 170), (235, 255)] {
            assert_eq!(tables.rgb(y, tables.chroma(128, 128)), [gray; 3]);
        }
    }

    #[test]
    fn nearest_takes_the_floor_and_ignores_the_pitch() {
        let data = rgba(8, 6, 40);
        let mut p = Preprocessor::<u8>::new(&config(), Scaler::Nvinfer, Layout::Nhwc, 3, 4);
        let mut out = vec![0; p.unit_len()];
        p.run(&image(&data, 8, 6, 40), &mut out).unwrap();
        let columns = [0, 2, 5];
        let rows = [0, 1, 3, 4];
        for (i, pixel) in out.chunks(3).enumerate() {
            let (x, y) = (columns[i % 3], rows[i / 3]);
            assert_eq!(pixel, [x, y, x + y], "pixel {i}");
        }
    }

    #[test]
    fn centred_nearest_takes_the_middle() {
        let data = rgba(8, 8, 32);
        let config = PreprocessConfig {
            filter: Filter::NearestCentred,
            ..config()
        };
        let mut p = Preprocessor::<u8>::new(&config, Scaler::Nvinfer, Layout::Nhwc, 2, 2);
        let mut out = vec![0; p.unit_len()];
        p.run(&image(&data, 8, 8, 32), &mut out).unwrap();
        assert_eq!(out, [2, 2, 4, 6, 2, 8, 2, 6, 8, 6, 6, 12]);
    }

    #[test]
    fn bilinear_between_two_pixels() {
        let data: Vec<u8> = [0, 100].iter().flat_map(|&v| [v, v, v, 255]).collect();
        let config = PreprocessConfig {
            filter: Filter::Bilinear,
            ..config()
        };
        let mut p = Preprocessor::<u8>::new(&config, Scaler::Nvinfer, Layout::Nhwc, 4, 1);
        let mut out = vec![0; p.unit_len()];
        p.run(&image(&data, 2, 1, 8), &mut out).unwrap();
        let reds: Vec<_> = out.chunks(3).map(|p| p[0]).collect();
        assert_eq!(reds, [0, 25, 75, 100]);
    }

    #[test]
    fn normalisation_color_order_and_layout() {
        let data = rgba(2, 2, 8);
        let base = PreprocessConfig {
            scale: 0.5,
            offsets: vec![10.0, 20.0, 30.0],
            ..config()
        };
        let mut out = vec![0.0; 12];
        Preprocessor::<f32>::new(&base, Scaler::Nvinfer, Layout::Nchw, 2, 2)
            .run(&image(&data, 2, 2, 8), &mut out)
            .unwrap();
        assert_eq!(
            out,
            [
                -5.0, -4.5, -5.0, -4.5, // red is x
                -10.0, -10.0, -9.5, -9.5, // green is y
                -15.0, -14.5, -14.5, -14.0
            ]
        );
        let bgr = PreprocessConfig {
            color: Color::Bgr,
            ..base
        };
        Preprocessor::<f32>::new(&bgr, Scaler::Nvinfer, Layout::Nhwc, 2, 2)
            .run(&image(&data, 2, 2, 8), &mut out)
            .unwrap();
        // Offsets follow the network's order: 10 for blue.
        assert_eq!(out[3..6], [-4.5, -10.0, -14.5]);
    }

    #[test]
    fn integer_tensors_saturate_and_truncate() {
        assert_eq!(u8::from_value(-1.0), 0);
        assert_eq!(u8::from_value(300.0), 255);
        assert_eq!(u8::from_value(1.9), 1);
        assert_eq!(i8::from_value(-200.0), -128);
        assert_eq!(i8::from_value(-1.9), -1);
        assert_eq!(i64::from_value(254.5), 254);
        assert_eq!(f16::from_value(0.5).to_f32(), 0.5);
    }

    #[test]
    fn letterbox_places_and_pads() {
        assert_eq!(
            Placement::new(Scaler::Nvinfer, (1920, 1080), (640, 640), true, false),
            Placement {
                left: 0,
                top: 0,
                width: 640,
                height: 360
            }
        );
        assert_eq!(
            Placement::new(Scaler::Nvinfer, (1080, 1920), (640, 640), true, true),
            Placement {
                left: 140,
                top: 0,
                width: 360,
                height: 640
            }
        );
        assert_eq!(
            Placement::new(Scaler::Nvinfer, (768, 576), (300, 301), true, true),
            Placement {
                left: 0,
                top: 38,
                width: 300,
                height: 225
            }
        );
        assert_eq!(
            Placement::new(Scaler::Nvinfer, (768, 576), (300, 300), false, true),
            Placement {
                left: 0,
                top: 0,
                width: 300,
                height: 300
            }
        );
        assert_eq!(
            Placement::new(Scaler::Nvinfer, (4000, 2), (8, 8), true, false).height,
            1
        );

        let data = vec![255; 4 * 4 * 2];
        let config = PreprocessConfig {
            maintain_aspect_ratio: true,
            symmetric_padding: true,
            offsets: vec![1.0, 2.0, 3.0],
            ..config()
        };
        for layout in [Layout::Nchw, Layout::Nhwc] {
            let mut p = Preprocessor::<f32>::new(&config, Scaler::Nvinfer, layout, 4, 4);
            let mut out = vec![9.0; p.unit_len()];
            for _ in 0..2 {
                out.fill(9.0);
                p.run(&image(&data, 4, 2, 16), &mut out).unwrap();
                let at = |x: usize, y: usize, c: usize| match layout {
                    Layout::Nchw => out[c * 16 + y * 4 + x],
                    Layout::Nhwc => out[(y * 4 + x) * 3 + c],
                };
                for x in 0..4 {
                    for c in 0..3 {
                        let offset = (c + 1) as f32;
                        assert_eq!(at(x, 0, c), -offset);
                        assert_eq!(at(x, 1, c), 255.0 - offset);
                        assert_eq!(at(x, 2, c), 255.0 - offset);
                        assert_eq!(at(x, 3, c), -offset);
                    }
                }
            }
        }
    }

    #[test]
    fn nvinferserver_rounds_the_placement_to_even() {
        // 300 * 576 / 768 = 225 rows, of which 224 are used; 76 are free.
        assert_eq!(
            Placement::new(Scaler::NvinferServer, (768, 576), (300, 300), true, true),
            Placement {
                left: 0,
                top: 38,
                width: 300,
                height: 224
            }
        );
    }

    #[test]
    fn placement_is_what_the_decoder_undoes() {
        use nvds_decode::{Geometry, Padding, Scaler as Undone, Size};

        let networks = [2, 3, 8, 31, 224, 300, 301, 416, 640];
        let frames = [2, 3, 5, 63, 240, 481, 576, 640, 768, 1080, 1281, 1920, 3840];
        let mut compared = 0;
        for (scaler, undone) in [
            (Scaler::Nvinfer, Undone::Nvinfer),
            (Scaler::NvinferServer, Undone::NvinferServer),
        ] {
            for network in networks.iter().flat_map(|&w| networks.map(|h| (w, h))) {
                for frame in frames.iter().flat_map(|&w| frames.map(|h| (w, h))) {
                    for (ratio, symmetric) in [(false, true), (true, false), (true, true)] {
                        let Ok(geometry) = Geometry::with_scaler(
                            undone,
                            Size::new(network.0, network.1),
                            Size::new(frame.0, frame.1),
                            Padding::from_flags(ratio, symmetric),
                        ) else {
                            // Nothing of the frame is left, which the decoder refuses.
                            continue;
                        };
                        let (left, top) = geometry.offset();
                        let size = geometry.destination();
                        let config = PreprocessConfig {
                            maintain_aspect_ratio: ratio,
                            symmetric_padding: symmetric,
                            ..config()
                        };
                        let (width, height) = (network.0 as usize, network.1 as usize);
                        let p =
                            Preprocessor::<u8>::new(&config, scaler, Layout::Nhwc, width, height);
                        let map = p.new_map(frame.0 as usize, frame.1 as usize);
                        assert_eq!(
                            map.placement,
                            Placement {
                                left: left as usize,
                                top: top as usize,
                                width: size.width as usize,
                                height: size.height as usize,
                            },
                            "{scaler:?} {frame:?} in {network:?}, {ratio} {symmetric}"
                        );
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 50_000, "{compared}");
    }

    #[test]
    fn what_nvinferserver_leaves_free_when_stretching_is_black() {
        let data = vec![255; 6 * 6 * 4];
        let config = PreprocessConfig {
            offsets: vec![1.0, 2.0, 3.0],
            ..config()
        };
        for layout in [Layout::Nchw, Layout::Nhwc] {
            let mut p = Preprocessor::<f32>::new(&config, Scaler::NvinferServer, layout, 5, 3);
            let mut out = vec![9.0; p.unit_len()];
            p.run(&image(&data, 6, 6, 24), &mut out).unwrap();
            for (x, y) in (0..3).flat_map(|y| (0..5).map(move |x| (x, y))) {
                let sample = if x < 4 && y < 2 { 255.0 } else { 0.0 };
                for c in 0..3 {
                    let at = match layout {
                        Layout::Nchw => c * 15 + y * 5 + x,
                        Layout::Nhwc => (y * 5 + x) * 3 + c,
                    };
                    assert_eq!(out[at], sample - (c + 1) as f32, "{layout} {x},{y}");
                }
            }
        }
    }

    #[test]
    fn nv12_follows_the_converters_sampling() {
        let (width, height, pitch) = (20, 12, 32);
        let y = noise(pitch * height);
        let uv = noise(pitch * height / 2 + 7)[7..].to_vec();
        let picture = Image {
            width,
            height,
            pixels: Pixels::Nv12 {
                y: Plane { data: &y, pitch },
                uv: Plane { data: &uv, pitch },
                matrix: Matrix::Bt601,
            },
        };
        let (dw, dh) = (14, 10);
        let mut p = Preprocessor::<u8>::new(&config(), Scaler::Nvinfer, Layout::Nhwc, dw, dh);
        let mut out = vec![0; p.unit_len()];
        p.run(&picture, &mut out).unwrap();
        let tables = YuvTables::new(Matrix::Bt601);
        for ty in 0..dh {
            for tx in 0..dw {
                let luma = y[ty * height / dh * pitch + tx * width / dw];
                let cx = (tx / 2) * (width / 2) / (dw / 2);
                let cy = (ty / 2) * (height / 2) / (dh / 2);
                let c = &uv[cy * pitch + cx * 2..][..2];
                let expected = tables.rgb(luma, tables.chroma(c[0], c[1]));
                assert_eq!(out[(ty * dw + tx) * 3..][..3], expected, "{tx},{ty}");
            }
        }
    }

    #[test]
    fn nv12_of_odd_size_and_bilinear_stay_inside() {
        for (width, height) in [(1, 1), (3, 5), (7, 2), (21, 13)] {
            for filter in [Filter::Nearest, Filter::NearestCentred, Filter::Bilinear] {
                for (dw, dh) in [(1, 1), (5, 3), (32, 17)] {
                    let pitch = width + 3;
                    let y = noise(pitch * (height - 1) + width);
                    let uv = noise(pitch * (height.div_ceil(2) - 1) + width.div_ceil(2) * 2);
                    let config = PreprocessConfig {
                        filter,
                        maintain_aspect_ratio: dw == 5,
                        ..config()
                    };
                    let mut p =
                        Preprocessor::<f32>::new(&config, Scaler::Nvinfer, Layout::Nchw, dw, dh);
                    let mut out = vec![-1.0; p.unit_len()];
                    p.run(
                        &Image {
                            width,
                            height,
                            pixels: Pixels::Nv12 {
                                y: Plane { data: &y, pitch },
                                uv: Plane { data: &uv, pitch },
                                matrix: Matrix::Bt709,
                            },
                        },
                        &mut out,
                    )
                    .unwrap();
                    assert!(out.iter().all(|v| (0.0..=255.0).contains(v)));
                }
            }
        }
    }

    #[test]
    fn bilinear_of_nv12_at_the_same_size_is_nearest() {
        let (w, h) = (16, 8);
        let (y, uv) = (noise(w * h), noise(w * h / 2));
        let picture = Image {
            width: w,
            height: h,
            pixels: Pixels::Nv12 {
                y: Plane { data: &y, pitch: w },
                uv: Plane {
                    data: &uv,
                    pitch: w,
                },
                matrix: Matrix::Bt601,
            },
        };
        let run = |filter| {
            let config = PreprocessConfig { filter, ..config() };
            let mut p = Preprocessor::<u8>::new(&config, Scaler::Nvinfer, Layout::Nhwc, w, h);
            let mut out = vec![0; p.unit_len()];
            p.run(&picture, &mut out).unwrap();
            out
        };
        assert_eq!(run(Filter::Bilinear), run(Filter::Nearest));
    }

    #[test]
    fn gray_networks() {
        let gray = PreprocessConfig {
            color: Color::Gray,
            ..config()
        };
        let y = noise(64);
        let uv = noise(32);
        let mut out = vec![0_u8; 64];
        let mut p = Preprocessor::new(&gray, Scaler::Nvinfer, Layout::Nchw, 8, 8);
        p.run(
            &Image {
                width: 8,
                height: 8,
                pixels: Pixels::Nv12 {
                    y: Plane { data: &y, pitch: 8 },
                    uv: Plane {
                        data: &uv,
                        pitch: 8,
                    },
                    matrix: Matrix::Bt601,
                },
            },
            &mut out,
        )
        .unwrap();
        assert_eq!(out, y);
        let white = vec![255; 8 * 8 * 4];
        p.run(&image(&white, 8, 8, 32), &mut out).unwrap();
        assert!(out.iter().all(|&v| v == 255));
    }

    #[test]
    fn frames_that_lie_about_their_size_are_refused() {
        let data = rgba(4, 4, 16);
        let mut p = Preprocessor::<u8>::new(&config(), Scaler::Nvinfer, Layout::Nhwc, 2, 2);
        let mut out = vec![0; p.unit_len()];
        assert_eq!(
            p.run(&image(&data, 4, 5, 16), &mut out),
            Err(PreprocessError::Short(4, 5))
        );
        assert_eq!(
            p.run(&image(&data, 5, 4, 16), &mut out),
            Err(PreprocessError::Short(5, 4))
        );
        assert_eq!(
            p.run(&image(&data, 0, 4, 16), &mut out),
            Err(PreprocessError::Empty(0, 4))
        );
        assert!(matches!(
            p.run(&image(&data, 4, 4, 16), &mut out[1..]),
            Err(PreprocessError::Output {
                expected: 12,
                found: 11
            })
        ));
        let huge = Image {
            width: usize::MAX / 2,
            ..image(&data, 4, usize::MAX, usize::MAX)
        };
        assert!(p.run(&huge, &mut out).is_err());
    }
}
