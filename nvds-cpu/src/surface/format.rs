//! Pixel formats of surfaces.

use gst_video::{VideoColorMatrix, VideoColorRange, VideoFormat};
use nvds::sys as c;

/// An `NvBufSurfaceColorFormat`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ColorFormat(pub c::NvBufSurfaceColorFormat);

/// One plane of a surface in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaneLayout {
    /// Samples in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Bytes from row to row.
    pub pitch: usize,
    /// Bytes of a sample.
    pub bytes_per_pixel: usize,
}

impl PlaneLayout {
    /// Bytes of the plane.
    pub fn size(&self) -> usize {
        self.pitch * self.height
    }
}

/// Alignment of rows and of the first pixel, in bytes.
pub(super) const ALIGNMENT: usize = 512;

/// Per plane: how far width and height are divided, and bytes of a sample.
type Shape = &'static [(usize, usize, usize)];

const NV12: Shape = &[(1, 1, 1), (2, 2, 2)];
const I420: Shape = &[(1, 1, 1), (2, 2, 1), (2, 2, 1)];
const Y444: Shape = &[(1, 1, 1), (1, 1, 1), (1, 1, 1)];
const P010: Shape = &[(1, 1, 2), (2, 2, 4)];

impl ColorFormat {
    /// The format for a video format and colorimetry, as nvvideoconvert chooses it; `None` for
    /// formats that the stand-ins do not store.
    ///
    /// 8-bit 4:2:0 formats name matrix and range: BT.709 and full range have numbers of their own,
    /// BT.2020 falls back to the plain one. Others ignore the colorimetry.
    pub fn of(info: &gst_video::VideoInfo) -> Option<Self> {
        let colorimetry = info.colorimetry();
        let is_709 = colorimetry.matrix() == VideoColorMatrix::Bt709;
        let full = colorimetry.range() == VideoColorRange::Range0_255;
        Some(Self(match (info.format(), is_709, full) {
            (VideoFormat::Nv12, false, false) => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12,
            (VideoFormat::Nv12, false, true) => {
                c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_ER
            }
            (VideoFormat::Nv12, true, false) => {
                c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_709
            }
            (VideoFormat::Nv12, true, true) => {
                c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_709_ER
            }
            (VideoFormat::I420, false, false) => {
                c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420
            }
            (VideoFormat::I420, false, true) => {
                c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_ER
            }
            (VideoFormat::I420, true, false) => {
                c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_709
            }
            (VideoFormat::I420, true, true) => {
                c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_709_ER
            }
            (VideoFormat::Rgba, ..) => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA,
            (VideoFormat::Bgrx, ..) => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_BGRx,
            (VideoFormat::Rgb, ..) => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGB,
            (VideoFormat::Bgr, ..) => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_BGR,
            // The captured converter reports GRAY8 as 88, full range, always.
            (VideoFormat::Gray8, ..) => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_GRAY8_ER,
            (VideoFormat::Uyvy, ..) => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_UYVY,
            (VideoFormat::Y444, ..) => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV444,
            (VideoFormat::P01010le, ..) => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_10LE,
            _ => return None,
        }))
    }

    /// The pixel arrangement as GStreamer names it, without matrix and range.
    pub fn video_format(self) -> Option<VideoFormat> {
        Some(match self.0 {
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_ER
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_709
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_709_ER
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_2020 => VideoFormat::Nv12,
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_ER
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_709
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_709_ER
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_2020 => VideoFormat::I420,
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA => VideoFormat::Rgba,
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_BGRx => VideoFormat::Bgrx,
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGB => VideoFormat::Rgb,
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_BGR => VideoFormat::Bgr,
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_GRAY8
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_GRAY8_ER => VideoFormat::Gray8,
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_UYVY => VideoFormat::Uyvy,
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV444 => VideoFormat::Y444,
            c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_10LE => VideoFormat::P01010le,
            _ => return None,
        })
    }

    /// Planes of a surface of this size: sides rounded up to even, the first plane's rows to 512
    /// bytes, chroma rows of planar formats in proportion, no gaps. `None` for formats that the
    /// stand-ins do not store.
    pub fn planes(self, width: u32, height: u32) -> Option<Vec<PlaneLayout>> {
        let shape: Shape = match self.video_format()? {
            VideoFormat::Nv12 => NV12,
            VideoFormat::I420 => I420,
            VideoFormat::Y444 => Y444,
            VideoFormat::P01010le => P010,
            VideoFormat::Rgba | VideoFormat::Bgrx => &[(1, 1, 4)],
            VideoFormat::Rgb | VideoFormat::Bgr => &[(1, 1, 3)],
            VideoFormat::Gray8 => &[(1, 1, 1)],
            VideoFormat::Uyvy => &[(1, 1, 2)],
            _ => return None,
        };
        let (width, height) = (
            (width as usize).next_multiple_of(2),
            (height as usize).next_multiple_of(2),
        );
        let pitch = (width * shape[0].2).next_multiple_of(ALIGNMENT);
        Some(
            shape
                .iter()
                .map(|&(dx, dy, bytes)| PlaneLayout {
                    width: width / dx,
                    height: height / dy,
                    pitch: pitch * bytes / (dx * shape[0].2),
                    bytes_per_pixel: bytes,
                })
                .collect(),
        )
    }
}

impl std::fmt::Debug for ColorFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.video_format() {
            Some(format) => write!(f, "NvBufSurfaceColorFormat {} ({format})", self.0),
            None => write!(f, "NvBufSurfaceColorFormat {}", self.0),
        }
    }
}
