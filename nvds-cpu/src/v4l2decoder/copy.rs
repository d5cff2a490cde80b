//! One decoded picture into one surface.

use gst_video::prelude::*;
use gst_video::{VideoFormat, VideoFrame, VideoFrameRef, VideoInfo};
use nvds::sys as c;

use super::formats::surface_format;
use crate::surface::{self, ColorFormat, MemoryKind, PlaneMut, SurfaceDesc, Surfaces};

/// Copies pictures of one format and size.
pub struct Copier {
    info: VideoInfo,
    desc: SurfaceDesc,
    mem_type: c::NvBufSurfaceMemType,
    detour: Option<Detour>,
}

/// GStreamer's converter, for formats that the copy itself does not read.
struct Detour {
    converter: gst_video::VideoConverter,
    info: VideoInfo,
    /// Picture between converter and surface, kept from frame to frame.
    between: Option<gst::Buffer>,
}

impl Copier {
    /// Plans copies of pictures as `info` says.
    pub fn new(
        info: &VideoInfo,
        mem_type: c::NvBufSurfaceMemType,
    ) -> Result<Self, glib::BoolError> {
        let format = surface_format(info);
        let color = match format {
            VideoFormat::P01010le => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_10LE,
            _ => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12,
        };
        let direct = info.format() == format || info.format() == VideoFormat::I420;
        let detour = if direct {
            None
        } else {
            let target = VideoInfo::builder(format, info.width(), info.height())
                .colorimetry(&info.colorimetry())
                .interlace_mode(info.interlace_mode())
                .fps(info.fps()) // the converter refuses to change it
                .build()?;
            let converter = gst_video::VideoConverter::new(info, &target, None)?;
            Some(Detour {
                converter,
                info: target,
                between: None,
            })
        };
        Ok(Self {
            info: info.clone(),
            desc: SurfaceDesc {
                width: info.width(),
                height: info.height(),
                format: ColorFormat(color),
            },
            mem_type,
            detour,
        })
    }

    /// A buffer with the picture in a surface, with flags, times and metas of the picture.
    pub fn copy(&mut self, picture: &gst::BufferRef) -> Result<gst::Buffer, Error> {
        let frame = VideoFrameRef::from_buffer_ref_readable(picture, &self.info)
            .map_err(|_| Error::Map(picture.size()))?;
        let mut buffer = surface::alloc_with(&[self.desc], MemoryKind::V4l2, self.mem_type)?;
        {
            let surfaces = Surfaces::map(&buffer)?;
            let mut locked = surfaces.write(0)?;
            let mut planes = locked.planes();
            match &mut self.detour {
                None => fill(&mut planes, &frame),
                Some(detour) => {
                    let between = detour.convert(&frame)?;
                    fill(&mut planes, &between.as_video_frame_ref());
                    detour.between = Some(between.into_buffer());
                }
            }
        }
        if let Some(buffer) = buffer.get_mut() {
            use gst::BufferCopyFlags as F;
            picture
                .copy_into(buffer, F::FLAGS | F::TIMESTAMPS | F::META, ..)
                .map_err(|_| Error::Metadata)?;
            // Says that memory was exchanged, which is no business of downstream.
            buffer.unset_flags(gst::BufferFlags::TAG_MEMORY);
            // It describes the planes of the decoder's memory.
            while let Some(meta) = buffer.meta_mut::<gst_video::VideoMeta>() {
                if meta.remove().is_err() {
                    break;
                }
            }
        }
        Ok(buffer)
    }
}

impl Detour {
    fn convert(
        &mut self,
        frame: &VideoFrameRef<&gst::BufferRef>,
    ) -> Result<VideoFrame<gst_video::video_frame::Writable>, Error> {
        let between = match self.between.take() {
            Some(buffer) => buffer,
            None => gst::Buffer::with_size(self.info.size())
                .map_err(|_| Error::Map(self.info.size()))?,
        };
        let mut between = VideoFrame::from_buffer_writable(between, &self.info)
            .map_err(|_| Error::Map(self.info.size()))?;
        let mut target = between.as_mut_video_frame_ref();
        self.converter.frame_ref(frame, &mut target);
        drop(target);
        Ok(between)
    }
}

/// Why a picture does not get into a surface.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Mapping failed.
    #[error("cannot map the decoder's picture of {0} bytes")]
    Map(usize),
    /// Metas do not go over.
    #[error("cannot copy the picture's metadata")]
    Metadata,
    /// No surface.
    #[error(transparent)]
    Surface(#[from] surface::Error),
}

/// Fills luma and interleaved chroma. Where the surface is one column or row larger, because its
/// sides are even, the last sample is repeated.
fn fill(planes: &mut [PlaneMut<'_>], frame: &VideoFrameRef<&gst::BufferRef>) {
    let [luma, chroma, ..] = planes else { return };
    let source = |plane: u32| Source {
        data: frame.plane_data(plane).unwrap_or_default(),
        pitch: usize::try_from(frame.plane_stride()[plane as usize]).unwrap_or(0),
    };
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    copy_rows(luma, &source(0), width, height);
    if frame.format() == VideoFormat::I420 {
        let (u, v) = (source(1), source(2));
        for y in 0..chroma.height {
            let from = y.min(half_height - 1);
            let (u, v) = (u.row(from, half_width), v.row(from, half_width));
            let row = &mut chroma.data[y * chroma.pitch..][..chroma.width * 2];
            for (to, (u, v)) in row.chunks_exact_mut(2).zip(u.iter().zip(v)) {
                to[0] = *u;
                to[1] = *v;
            }
        }
    } else {
        copy_rows(chroma, &source(1), half_width, half_height);
    }
}

struct Source<'a> {
    data: &'a [u8],
    pitch: usize,
}

impl<'a> Source<'a> {
    /// The row's first bytes; fewer where the plane ends.
    fn row(&self, y: usize, bytes: usize) -> &'a [u8] {
        let rest = self.data.get(y * self.pitch..).unwrap_or_default();
        &rest[..bytes.min(rest.len())]
    }
}

/// Copies `width` samples of `height` rows.
fn copy_rows(plane: &mut PlaneMut<'_>, source: &Source<'_>, width: usize, height: usize) {
    let size = plane.bytes_per_pixel;
    for y in 0..plane.height {
        let from = source.row(y.min(height - 1), width * size);
        let row = &mut plane.data[y * plane.pitch..][..plane.width * size];
        row[..from.len()].copy_from_slice(from);
        if from.len() < row.len() && from.len() >= size {
            let last = from.len() - size;
            let (head, tail) = row.split_at_mut(from.len());
            tail[..size].copy_from_slice(&head[last..]);
        }
    }
}
