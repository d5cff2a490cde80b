//! From the scaled picture to the elements of a tensor.

use super::element::InputElement;
use super::mean::MeanImage;
use crate::infer::types::Layout;

/// How samples become elements, and where those lie.
pub(super) struct Tensor<'a, T> {
    pub(super) tables: &'a [[T; 256]],
    pub(super) layout: Layout,
    pub(super) bgr: bool,
    pub(super) network: (usize, usize),
    /// What is subtracted from pixels, in place of the tables.
    pub(super) mean: Option<&'a MeanImage>,
    pub(super) scale: f32,
}

impl<T: InputElement> Tensor<'_, T> {
    /// Where an element lies.
    fn place(&self, channel: usize, x: usize, y: usize) -> usize {
        let (width, height) = self.network;
        match self.layout {
            Layout::Nchw => (channel * height + y) * width + x,
            Layout::Nhwc => (y * width + x) * self.tables.len() + channel,
        }
    }

    /// Writes a pixel, red first, less that of the mean image.
    fn write_less(&self, mean: &MeanImage, pixel: &[u8], (x, y): (usize, usize), out: &mut [T]) {
        let mean = mean.pixel(x, y);
        for (channel, mean) in mean.iter().enumerate() {
            let from = if self.bgr { 2 - channel } else { channel };
            let value = self.scale * (f32::from(pixel[from]) - mean);
            out[self.place(channel, x, y)] = T::from_value(value);
        }
    }

    /// Writes black everywhere. The picture then covers its part.
    pub(super) fn fill_black(&self, out: &mut [T]) {
        if let Some(mean) = self.mean {
            for y in 0..self.network.1 {
                for x in 0..self.network.0 {
                    self.write_less(mean, &[0; 3], (x, y), out);
                }
            }
            return;
        }
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

    /// Sends a row of pixels of `bytes` bytes, red or luma first, through the tables to its place.
    pub(super) fn write_row(
        &self,
        row: &[u8],
        bytes: usize,
        (left, top): (usize, usize),
        out: &mut [T],
    ) {
        if let Some(mean) = self.mean {
            for (x, pixel) in row.chunks_exact(bytes).enumerate() {
                self.write_less(mean, pixel, (left + x, top), out);
            }
            return;
        }
        let channels = self.tables.len();
        let width = row.len() / bytes;
        // Position in an RGB sample of the network's channel c.
        let from = |c: usize| if self.bgr { 2 - c } else { c };
        match self.layout {
            Layout::Nchw => {
                let plane = self.network.0 * self.network.1;
                for (c, table) in self.tables.iter().enumerate() {
                    let start = c * plane + top * self.network.0 + left;
                    let target = &mut out[start..start + width];
                    for (element, pixel) in target.iter_mut().zip(row.chunks_exact(bytes)) {
                        *element = table[usize::from(pixel[from(c)])];
                    }
                }
            }
            Layout::Nhwc => {
                let start = (top * self.network.0 + left) * channels;
                let target = &mut out[start..start + width * channels];
                for (elements, pixel) in target
                    .chunks_exact_mut(channels)
                    .zip(row.chunks_exact(bytes))
                {
                    for (c, (element, table)) in elements.iter_mut().zip(self.tables).enumerate() {
                        *element = table[usize::from(pixel[from(c)])];
                    }
                }
            }
        }
    }
}
