//! Pictures in system memory or on surfaces, and the way from one to the other.

use gst_video::prelude::*;
use gst_video::{VideoConverter, VideoFormat, VideoFrame, VideoInfo};
use nvds::sys as c;

use crate::convert::{self, Converter, Format, Frame, Matrix, Options, Plane, PlaneMut};
use crate::surface::{ColorFormat, SurfaceDesc};

/// Format, colours and size of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) format: VideoFormat,
    pub(super) color: convert::Color,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Why a picture cannot be converted.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Convert(#[from] convert::Error),
    #[error("GStreamer cannot convert {from} to {to}: {reason}")]
    Detour {
        from: VideoFormat,
        to: VideoFormat,
        reason: glib::BoolError,
    },
    #[error("no memory for a {0} picture: {1}")]
    Memory(VideoFormat, glib::BoolError),
    #[error("surface format {0:?} is not one that can be converted")]
    Surface(ColorFormat),
}

/// What the samples of a surface format mean.
///
/// Only 4:2:0 formats name matrix and range; BT.2020 has no 8-bit number and counts as BT.601.
fn color_of(format: ColorFormat) -> convert::Color {
    let (matrix, full_range) = match format.0 {
        c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_709
        | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_709 => (Matrix::Bt709, false),
        c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_709_ER
        | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_709_ER => (Matrix::Bt709, true),
        c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_ER
        | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_ER => (Matrix::Bt601, true),
        c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_2020
        | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_2020 => (Matrix::Bt2020, false),
        _ => (Matrix::Bt601, false),
    };
    convert::Color { matrix, full_range }
}

impl Shape {
    /// A picture in system memory; its colours mean what they would on a surface.
    pub(super) fn of_info(info: &VideoInfo) -> Self {
        Self {
            format: info.format(),
            color: ColorFormat::of(info).map_or_else(Default::default, color_of),
            width: info.width(),
            height: info.height(),
        }
    }

    pub(super) fn of_surface(desc: &SurfaceDesc) -> Result<Self, Error> {
        Ok(Self {
            format: desc
                .format
                .video_format()
                .ok_or(Error::Surface(desc.format))?,
            color: color_of(desc.format),
            width: desc.width,
            height: desc.height,
        })
    }

    fn info(&self) -> Result<VideoInfo, Error> {
        VideoInfo::builder(self.format, self.width, self.height)
            .build()
            .map_err(|error| Error::Memory(self.format, error))
    }

    /// The same picture for the conversion code; `None` for formats beyond it.
    fn frame(&self) -> Option<Frame> {
        let format = match self.format {
            VideoFormat::Nv12 => Format::Nv12,
            VideoFormat::I420 => Format::I420,
            VideoFormat::Y444 => Format::Y444,
            VideoFormat::Uyvy => Format::Uyvy,
            VideoFormat::Gray8 => Format::Gray8,
            VideoFormat::Rgba => Format::Rgba,
            VideoFormat::Bgrx => Format::Bgrx,
            VideoFormat::Rgb => Format::Rgb,
            VideoFormat::Bgr => Format::Bgr,
            VideoFormat::Gbr => Format::Gbr,
            _ => return None,
        };
        Some(Frame {
            format,
            color: self.color,
            width: self.width as usize,
            height: self.height as usize,
        })
    }

    fn as_rgba(&self) -> Self {
        Self {
            format: VideoFormat::Rgba,
            ..*self
        }
    }
}

/// A surface's picture for the conversion code; `None` for formats beyond it.
pub(crate) fn frame_of(desc: &SurfaceDesc) -> Option<Frame> {
    Shape::of_surface(desc).ok()?.frame()
}

/// A planned way from pictures of one shape to pictures of another.
#[derive(Debug)]
pub(super) struct Conversion {
    source: Shape,
    target: Shape,
    options: Options,
    /// Formats beyond the conversion code get to RGBA and back by GStreamer's converter.
    before: Option<Detour>,
    after: Option<Detour>,
    /// `None` = the picture goes across as it is.
    converter: Option<Converter>,
}

impl Conversion {
    pub(super) fn new(source: Shape, target: Shape, options: Options) -> Result<Self, Error> {
        let as_is = source == target && options == Options::default() && source.frame().is_none();
        let (mut before, mut after, mut converter) = (None, None, None);
        if !as_is {
            let from = match source.frame() {
                Some(frame) => Some(frame),
                None => {
                    before = Some(Detour::new(&source, &source.as_rgba())?);
                    source.as_rgba().frame()
                }
            };
            let to = match target.frame() {
                Some(frame) => Some(frame),
                None => {
                    after = Some(Detour::new(&target.as_rgba(), &target)?);
                    target.as_rgba().frame()
                }
            };
            if let (Some(from), Some(to)) = (from, to) {
                converter = Some(Converter::new(from, to, &options)?);
            }
        }
        Ok(Self {
            source,
            target,
            options,
            before,
            after,
            converter,
        })
    }

    /// Whether this is the way for these pictures.
    pub(super) fn fits(&self, source: &Shape, target: &Shape) -> bool {
        self.source == *source && self.target == *target
    }

    pub(super) fn fits_options(&self, options: &Options) -> bool {
        self.options == *options
    }

    pub(super) fn run(
        &mut self,
        source: &[Plane<'_>],
        target: &mut [PlaneMut<'_>],
    ) -> Result<(), Error> {
        let Some(converter) = &mut self.converter else {
            copy_planes(source, target);
            return Ok(());
        };
        let source = match &mut self.before {
            Some(detour) => {
                copy_planes(source, &mut detour.input());
                detour.run();
                detour.output()
            }
            None => source.to_vec(),
        };
        match &mut self.after {
            Some(detour) => {
                converter.convert(&source, &mut detour.input())?;
                detour.run();
                copy_planes(&detour.output(), target);
            }
            None => converter.convert(&source, target)?,
        }
        Ok(())
    }
}

/// A conversion by GStreamer, between two pictures of its own.
#[derive(Debug)]
struct Detour {
    converter: VideoConverter,
    from: VideoFrame<gst_video::video_frame::Writable>,
    to: VideoFrame<gst_video::video_frame::Writable>,
}

impl Detour {
    fn new(from: &Shape, to: &Shape) -> Result<Self, Error> {
        let picture = |shape: &Shape, info: &VideoInfo| {
            let memory = |error| Error::Memory(shape.format, error);
            let buffer = gst::Buffer::with_size(info.size()).map_err(memory)?;
            VideoFrame::from_buffer_writable(buffer, info).map_err(|_| {
                memory(glib::bool_error!(
                    "a picture of {} bytes does not map",
                    info.size()
                ))
            })
        };
        let (from_info, to_info) = (from.info()?, to.info()?);
        let converter =
            VideoConverter::new(&from_info, &to_info, None).map_err(|reason| Error::Detour {
                from: from.format,
                to: to.format,
                reason,
            })?;
        Ok(Self {
            converter,
            from: picture(from, &from_info)?,
            to: picture(to, &to_info)?,
        })
    }

    fn input(&mut self) -> Vec<PlaneMut<'_>> {
        let strides = self.from.plane_stride().to_vec();
        planes_mut(self.from.planes_data_mut(), &strides)
    }

    fn run(&mut self) {
        self.converter.frame(&self.from, &mut self.to);
    }

    fn output(&self) -> Vec<Plane<'_>> {
        planes(self.to.planes_data(), self.to.plane_stride())
    }
}

/// The planes of a mapped picture. A negative stride becomes 0, which conversions refuse.
pub(super) fn planes<'a>(data: [&'a [u8]; 4], strides: &[i32]) -> Vec<Plane<'a>> {
    let planes = data.into_iter().zip(strides);
    planes
        .map(|(data, stride)| Plane {
            data,
            pitch: usize::try_from(*stride).unwrap_or(0),
        })
        .collect()
}

/// As [`planes`], for writing.
pub(super) fn planes_mut<'a>(data: [&'a mut [u8]; 4], strides: &[i32]) -> Vec<PlaneMut<'a>> {
    let planes = data.into_iter().zip(strides);
    planes
        .map(|(data, stride)| PlaneMut {
            data,
            pitch: usize::try_from(*stride).unwrap_or(0),
        })
        .collect()
}

/// Copies rows between pictures of the same format and size whose rows lie differently far apart.
fn copy_planes(source: &[Plane<'_>], target: &mut [PlaneMut<'_>]) {
    for (from, to) in source.iter().zip(target) {
        let row = from.pitch.min(to.pitch);
        if row == 0 {
            continue;
        }
        for (from, to) in from
            .data
            .chunks(from.pitch)
            .zip(to.data.chunks_mut(to.pitch))
        {
            let row = row.min(from.len()).min(to.len());
            to[..row].copy_from_slice(&from[..row]);
        }
    }
}
