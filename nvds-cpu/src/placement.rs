//! A surface's picture brought into a part of another surface: what the mux does with frames of other sizes, and the
//! tiler with all.

use gst_video::VideoFormat;
use nvds::sys as c;

use crate::convert::{self, Converter, Method, Options, Rect};
use crate::surface::{ColorFormat, SurfaceDesc, SurfaceRead, SurfaceWrite};
use crate::videoconvert::frame_of;

/// Why a picture cannot be brought there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The converter refuses.
    #[error(transparent)]
    Convert(#[from] convert::Error),
    /// A pixel format that cannot be scaled.
    #[error("surfaces of {0:?} cannot be scaled; convert to NV12, I420 or RGBA before")]
    Format(ColorFormat),
}

/// A planned way from surfaces of one size and format into an area of surfaces of another.
#[derive(Debug)]
pub struct Placement {
    area: Rect,
    converter: Converter,
}

impl Placement {
    /// Plans it. `area`, in pixels, lies within `to` and has even sides and corners.
    ///
    /// # Errors
    /// Formats other than NV12, I420 and RGBA; [`Method::Super`] asked to enlarge.
    pub fn new(
        from: &SurfaceDesc,
        to: &SurfaceDesc,
        area: Rect,
        method: Method,
    ) -> Result<Self, Error> {
        let picture = |desc: &SurfaceDesc| {
            let known = matches!(
                desc.format.video_format(),
                Some(VideoFormat::Nv12 | VideoFormat::I420 | VideoFormat::Rgba)
            );
            let frame = frame_of(desc).filter(|_| known);
            frame.ok_or(Error::Format(desc.format))
        };
        let source = picture(from)?;
        let target = convert::Frame {
            width: area.width,
            height: area.height,
            ..picture(to)?
        };
        let options = Options {
            method,
            ..Options::default()
        };
        Ok(Self {
            area,
            converter: Converter::new(source, target, &options)?,
        })
    }

    /// Draws one picture; the rest of the target stays as it is.
    ///
    /// # Errors
    /// Surfaces that are smaller than planned for.
    pub fn draw(&mut self, from: &SurfaceRead<'_>, to: &mut SurfaceWrite<'_>) -> Result<(), Error> {
        let from: Vec<_> = from
            .planes()
            .iter()
            .map(|plane| convert::Plane {
                data: plane.data,
                pitch: plane.pitch,
            })
            .collect();
        let rows = to.desc().height.next_multiple_of(2) as usize;
        let Rect { left, top, .. } = self.area;
        let mut planes = to.planes();
        let mut parts: Vec<_> = planes
            .iter_mut()
            .map(|plane| {
                // Chroma is halved both ways in all formats that come here.
                let down = rows / plane.height;
                let start = top / down * plane.pitch + left / down * plane.bytes_per_pixel;
                convert::PlaneMut {
                    data: plane.data.get_mut(start..).unwrap_or_default(),
                    pitch: plane.pitch,
                }
            })
            .collect();
        Ok(self.converter.convert(&from, &mut parts)?)
    }
}

/// Fills a surface: planes of 8-bit samples with `first`, chroma planes with 128; all bytes of RGBA with 0.
pub fn fill(to: &mut SurfaceWrite<'_>, first: u8) {
    let packed = to.desc().format.video_format() == Some(VideoFormat::Rgba);
    for (index, plane) in to.planes().into_iter().enumerate() {
        plane.data.fill(match index {
            _ if packed => 0,
            0 => first,
            _ => 128,
        });
    }
}

/// Whether samples of this format use all values from 0 to 255.
pub fn is_full_range(format: ColorFormat) -> bool {
    matches!(
        format.0,
        c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_ER
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_709_ER
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_ER
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_709_ER
    )
}
