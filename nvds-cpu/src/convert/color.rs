//! The two colour matrices, row by row.

use super::{Color, Matrix};

impl Matrix {
    /// Luma weights of red and blue.
    const fn weights(self) -> (f64, f64) {
        match self {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
            Matrix::Bt2020 => (0.2627, 0.0593),
        }
    }
}

/// Fractional bits of [`YuvToRgb`]'s tables: sums stay below 2^31 / 2^21 = 1024.
const BITS: u32 = 21;

/// Full-range samples come out brighter by this much: the GPU maps 255 to 16383/64.
const FULL_RANGE_GAIN: f64 = 16383.0 / 16320.0;

/// YUV to RGB: each output is a sum of table entries, truncated.
#[derive(Debug)]
pub(super) struct YuvToRgb {
    y: [i32; 256],
    red_v: [i32; 256],
    green_u: [i32; 256],
    green_v: [i32; 256],
    blue_u: [i32; 256],
}

/// What the chroma of a row adds to red, green and blue of each pixel.
#[derive(Debug, Default)]
pub(super) struct Terms {
    red: Vec<i32>,
    green: Vec<i32>,
    blue: Vec<i32>,
    /// Every second pixel of a row, for subsampled outputs.
    pub(super) pixels: Vec<u8>,
}

impl Terms {
    pub(super) fn new(width: usize) -> Self {
        let width = width.next_multiple_of(2);
        Self {
            red: vec![0; width],
            green: vec![0; width],
            blue: vec![0; width],
            pixels: vec![0; width * 2],
        }
    }
}

impl YuvToRgb {
    pub(super) fn new(color: Color) -> Self {
        let (kr, kb) = color.matrix.weights();
        let kg = 1.0 - kr - kb;
        let (offset, luma, chroma) = if color.full_range {
            (0.0, FULL_RANGE_GAIN, FULL_RANGE_GAIN)
        } else {
            (16.0, 255.0 / 219.0, 255.0 / 224.0)
        };
        let table = |zero: f64, gain: f64| -> [i32; 256] {
            let one = f64::from(1 << BITS);
            std::array::from_fn(|i| ((i as f64 - zero) * gain * one).round() as i32)
        };
        let (from_v, from_u) = (2.0 * (1.0 - kr) * chroma, 2.0 * (1.0 - kb) * chroma);
        Self {
            y: table(offset, luma),
            red_v: table(128.0, from_v),
            green_u: table(128.0, -from_u * kb / kg),
            green_v: table(128.0, -from_v * kr / kg),
            blue_u: table(128.0, from_u),
        }
    }

    /// Looks a row of U and V up, each for `1 << shift` pixels.
    pub(super) fn fill_shifted(
        &self,
        chroma: impl Iterator<Item = (u8, u8)>,
        shift: u32,
        terms: &mut Terms,
    ) {
        if shift == 0 {
            self.fill::<1>(chroma, terms);
        } else {
            self.fill::<2>(chroma, terms);
        }
    }

    fn fill<const REPEAT: usize>(&self, chroma: impl Iterator<Item = (u8, u8)>, terms: &mut Terms) {
        let (red, _) = terms.red.as_chunks_mut::<REPEAT>();
        let (green, _) = terms.green.as_chunks_mut::<REPEAT>();
        let (blue, _) = terms.blue.as_chunks_mut::<REPEAT>();
        for ((((u, v), red), green), blue) in chroma.zip(red).zip(green).zip(blue) {
            let (u, v) = (usize::from(u), usize::from(v));
            *red = [self.red_v[v]; REPEAT];
            *green = [self.green_u[u] + self.green_v[v]; REPEAT];
            *blue = [self.blue_u[u]; REPEAT];
        }
    }

    /// A row of luma and its chroma terms to opaque RGBA.
    pub(super) fn row(&self, luma: &[u8], terms: &Terms, rgba: &mut [u8]) {
        let (pixels, _) = rgba.as_chunks_mut::<4>();
        let width = pixels.len().min(luma.len());
        let (blocks, rest) = pixels[..width].as_chunks_mut::<BLOCK>();
        let (luma, luma_rest) = luma[..width].as_chunks::<BLOCK>();
        let done = blocks.len() * BLOCK;
        for ((((pixels, luma), red), green), blue) in blocks
            .iter_mut()
            .zip(luma)
            .zip(terms.red.as_chunks::<BLOCK>().0)
            .zip(terms.green.as_chunks::<BLOCK>().0)
            .zip(terms.blue.as_chunks::<BLOCK>().0)
        {
            // Looked up apart from the arithmetic, which then runs in vectors.
            let mut sums = [0; BLOCK];
            for (sum, y) in sums.iter_mut().zip(luma) {
                *sum = self.y[usize::from(*y)];
            }
            let red = clamp_block(&sums, red);
            let green = clamp_block(&sums, green);
            let blue = clamp_block(&sums, blue);
            for i in 0..BLOCK {
                let low = red[i] | green[i] << 8;
                let high = blue[i] | 0xff00;
                pixels[i] = (u32::from(low) | u32::from(high) << 16).to_le_bytes();
            }
        }
        for ((((pixel, y), red), green), blue) in rest
            .iter_mut()
            .zip(luma_rest)
            .zip(&terms.red[done..])
            .zip(&terms.green[done..])
            .zip(&terms.blue[done..])
        {
            let y = self.y[usize::from(*y)];
            *pixel = [
                clamp(y + red) as u8,
                clamp(y + green) as u8,
                clamp(y + blue) as u8,
                255,
            ];
        }
    }
}

fn clamp(sum: i32) -> i16 {
    ((sum >> BITS) as i16).clamp(0, 255)
}

fn clamp_block(luma: &[i32; BLOCK], terms: &[i32; BLOCK]) -> [u16; BLOCK] {
    let mut out = [0; BLOCK];
    for i in 0..BLOCK {
        out[i] = clamp(luma[i] + terms[i]) as u16;
    }
    out
}

/// RGB to YUV: offset, then red, green, blue added by fused multiply-adds in f32, truncated.
#[derive(Debug)]
pub(super) struct RgbToYuv {
    y: [f32; 4],
    u: [f32; 4],
    v: [f32; 4],
}

/// Adding it moves an f32's integer part into the low mantissa bits.
const MAGIC: f32 = 12_582_912.0;

/// Results closer than this to an integer are worked out again: far more than the few f32
/// roundings that separate [`approximate`] from [`exact`].
const DOUBT: f32 = 0.5 - 1.0 / 4096.0;

/// Pixels that share one decision to work again.
const BLOCK: usize = 32;

impl RgbToYuv {
    pub(super) fn new(color: Color) -> Self {
        let (kr, kb) = color.matrix.weights();
        let kg = 1.0 - kr - kb;
        let (offset, luma, chroma) = if color.full_range {
            (0.0, 1.0, 1.0)
        } else {
            (16.0, 219.0 / 255.0, 224.0 / 255.0)
        };
        let row = |weights: [f64; 3], gain: f64, offset: f64| -> [f32; 4] {
            let [r, g, b] = weights.map(|weight| (weight * gain) as f32);
            [r, g, b, offset as f32]
        };
        let (over_u, over_v) = (2.0 * (1.0 - kb), 2.0 * (1.0 - kr));
        Self {
            y: row([kr, kg, kb], luma, offset),
            u: row([-kr / over_u, -kg / over_u, 0.5], chroma, 128.0),
            v: row([0.5, -kg / over_v, -kb / over_v], chroma, 128.0),
        }
    }

    /// Luma of a row of RGBA; `out` decides how many pixels.
    pub(super) fn y(&self, rgba: &[u8], out: &mut [u8]) {
        apply(&self.y, rgba, out);
    }

    /// U of a row of RGBA; `out` decides how many pixels.
    pub(super) fn u(&self, rgba: &[u8], out: &mut [u8]) {
        apply(&self.u, rgba, out);
    }

    /// V of a row of RGBA; `out` decides how many pixels.
    pub(super) fn v(&self, rgba: &[u8], out: &mut [u8]) {
        apply(&self.v, rgba, out);
    }
}

fn apply(matrix: &[f32; 4], rgba: &[u8], out: &mut [u8]) {
    let (pixels, _) = rgba.as_chunks::<4>();
    let (pixels, _) = pixels.split_at(out.len().min(pixels.len()));
    let (blocks, rest) = pixels.as_chunks::<BLOCK>();
    let (out_blocks, out_rest) = out.as_chunks_mut::<BLOCK>();
    for (pixels, out) in blocks.iter().zip(out_blocks) {
        if approximate(matrix, pixels, out) {
            for (pixel, out) in pixels.iter().zip(out) {
                *out = exact(matrix, pixel);
            }
        }
    }
    for (pixel, out) in rest.iter().zip(out_rest) {
        *out = exact(matrix, pixel);
    }
}

/// Plain f32 sums; true if any of them is too close to an integer to be trusted.
///
/// Written for the vectoriser: fixed length, 32-bit lanes, no branch.
fn approximate(matrix: &[f32; 4], pixels: &[[u8; 4]; BLOCK], out: &mut [u8; BLOCK]) -> bool {
    let [red, green, blue, offset] = *matrix;
    let mut doubtful = 0;
    let mut results = [0; BLOCK];
    for (pixel, result) in pixels.iter().zip(&mut results) {
        let pixel = u32::from_le_bytes(*pixel);
        let part = |shift: u32| ((pixel >> shift) & 255) as i32 as f32;
        let value = offset - 0.5 + red * part(0) + green * part(8) + blue * part(16);
        let shifted = value + MAGIC;
        *result = shifted.to_bits() & 255;
        doubtful |= u32::from((value - (shifted - MAGIC)).abs() > DOUBT);
    }
    for (out, result) in out.iter_mut().zip(results) {
        *out = result as u8;
    }
    doubtful != 0
}

/// The GPU's own sequence. f64 holds each product and sum exactly, so that one rounding to f32
/// per step makes it a fused multiply-add.
fn exact(matrix: &[f32; 4], pixel: &[u8; 4]) -> u8 {
    let [red, green, blue, offset] = *matrix;
    let add = |sum: f32, weight: f32, value: u8| {
        (f64::from(sum) + f64::from(weight) * f64::from(value)) as f32
    };
    add(
        add(add(offset, red, pixel[0]), green, pixel[1]),
        blue,
        pixel[2],
    ) as u8
}

#[cfg(test)]
mod tests;
