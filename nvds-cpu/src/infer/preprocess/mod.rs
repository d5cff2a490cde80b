//! From a frame to one unit of the network's input: scaling, colour, normalisation, tensor order.
//!
//! The stock elements scale and convert a frame with the library that nvvideoconvert uses, to RGBA or GRAY8, and then
//! write `scale * (x - offset)` into the tensor. So does this: [`convert`](crate::convert) makes the picture, a table of
//! 256 entries per channel the tensor. Nothing is allocated once the format and size of the frames are known.
//!
//! Placement: as gst-nvinfer and gst-nvinferserver of DeepStream 9.1 round it, see [`Placement::new`]; what the
//! picture leaves free is black of value 0 before normalisation. Gray is the luma of YUV as it is, and BT.601's of RGB.
//! Integer tensors saturate and truncate, as nvinferserver's conversion does.

mod element;
mod mean;
mod placement;
mod tensor;

pub use element::InputElement;
pub use mean::MeanImage;
pub use placement::Placement;
use tensor::Tensor;

use super::types::{Color, Layout, PreprocessConfig, Scaler};
use crate::convert::{self, Converter, Format, Frame, Options, Plane, PlaneMut, Rect};

/// A frame.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    /// Format, colours and size.
    pub frame: Frame,
    /// The planes of [`Format::planes`], in that order.
    pub planes: &'a [Plane<'a>],
}

/// A frame that cannot become the network's input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreprocessError {
    /// The area average was asked to enlarge, which fails in DeepStream too.
    #[error(
        "scaling filter 3 cannot enlarge {0}x{1} pixels to {2}x{3}: choose another scaling-filter (nvinfer) or frame_scaling_filter (nvinferserver)"
    )]
    Enlarge(usize, usize, usize, usize),
    /// A side is 0, or the planes are shorter than the size says.
    #[error("the frame cannot be read: {0}")]
    Frame(convert::Error),
    /// The output slice is not one unit of the input tensor.
    #[error("the input tensor has {found} elements per frame, {expected} are written")]
    Output {
        /// Elements of one unit.
        expected: usize,
        /// Elements given.
        found: usize,
    },
}

impl From<convert::Error> for PreprocessError {
    fn from(error: convert::Error) -> Self {
        match error {
            convert::Error::Enlarge {
                from_width,
                from_height,
                to_width,
                to_height,
            } => Self::Enlarge(from_width, from_height, to_width, to_height),
            other => Self::Frame(other),
        }
    }
}

/// Turns frames into units of an input tensor whose elements are `T`.
#[derive(Debug)]
pub struct Preprocessor<T> {
    config: PreprocessConfig,
    scaler: Scaler,
    layout: Layout,
    network: (usize, usize),
    /// One per channel in the network's order.
    tables: Vec<[T; 256]>,
    work: Option<Work>,
}

/// What frames of one format and size have in common.
#[derive(Debug)]
struct Work {
    source: Frame,
    placement: Placement,
    converter: Converter,
    /// The scaled picture: RGBA, or one byte of luma per pixel.
    pixels: Vec<u8>,
    bytes: usize,
    pitch: usize,
}

impl Work {
    fn new(
        source: Frame,
        config: &PreprocessConfig,
        scaler: Scaler,
        network: (usize, usize),
    ) -> Result<Self, PreprocessError> {
        let gray = config.color == Color::Gray;
        // The luma plane alone: conversion would go through RGB.
        let has_luma_plane = matches!(source.format, Format::Nv12 | Format::I420 | Format::Y444);
        let from = Frame {
            format: if gray && has_luma_plane {
                Format::Gray8
            } else {
                source.format
            },
            ..source
        };
        // The stock elements round the source rectangle down to even numbers.
        let even = |n: usize| if n > 1 { n & !1 } else { n };
        let (width, height) = (even(source.width), even(source.height));
        if width == 0 || height == 0 {
            return Err(PreprocessError::Frame(convert::Error::Empty {
                which: "source",
                width,
                height,
            }));
        }
        let placement = Placement::new(
            scaler,
            (width, height),
            network,
            config.maintain_aspect_ratio,
            config.symmetric_padding,
        );
        let whole = |width, height| Rect {
            left: 0,
            top: 0,
            width,
            height,
        };
        // The stock elements name the rectangle they fill, so an odd one is filled as it is. Only a whole picture of
        // odd size would be scaled as the next even one.
        let to = Frame {
            format: if gray { Format::Gray8 } else { Format::Rgba },
            width: placement.width.next_multiple_of(2),
            height: placement.height.next_multiple_of(2),
            ..source
        };
        let options = Options {
            method: config.filter,
            src_crop: whole(width, height),
            dst_crop: whole(placement.width, placement.height),
            ..Options::default()
        };
        let bytes = if gray { 1 } else { 4 };
        let pitch = to.width * bytes;
        Ok(Self {
            source,
            placement,
            converter: Converter::new(from, to, &options)?,
            pixels: vec![0; pitch * to.height],
            bytes,
            pitch,
        })
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
        let tables = (0..config.color.channels())
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
            work: None,
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
        let work = match &mut self.work {
            Some(work) if work.source == image.frame => work,
            other => other.insert(Work::new(
                image.frame,
                &self.config,
                self.scaler,
                self.network,
            )?),
        };
        let mut pixels = [PlaneMut {
            data: &mut work.pixels,
            pitch: work.pitch,
        }];
        work.converter.convert(image.planes, &mut pixels)?;
        let mean = self.config.mean.as_ref();
        let tensor = Tensor {
            tables: &self.tables,
            layout: self.layout,
            bgr: self.config.color == Color::Bgr,
            network: self.network,
            // It was read for a network of this size.
            mean: mean.filter(|mean| mean.size() == self.network),
            scale: self.config.scale,
        };
        let placement = work.placement;
        if (placement.width, placement.height) != self.network {
            tensor.fill_black(out);
        }
        for (y, row) in work
            .pixels
            .chunks_exact(work.pitch)
            .take(placement.height)
            .enumerate()
        {
            let row = &row[..placement.width * work.bytes];
            tensor.write_row(row, work.bytes, (placement.left, placement.top + y), out);
        }
        Ok(placement)
    }
}

#[cfg(test)]
mod tests;
