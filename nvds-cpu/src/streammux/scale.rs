//! Frames to one size.

use std::collections::HashMap;

use gst_video::VideoFormat;
use nvds::sys as c;

use crate::convert::{self, Color, Converter, Format, Frame, Matrix, Method, Options};
use crate::surface::{self, ColorFormat, MemoryKind, SurfaceDesc, Surfaces};

/// The one size and format of a batch's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Pixel format of the caps.
    pub format: VideoFormat,
    /// Keep the aspect ratio, with black bands.
    pub padding: bool,
    /// How to scale.
    pub method: Method,
}

/// Why a frame cannot be brought to size.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such surface.
    #[error(transparent)]
    Surface(#[from] surface::Error),
    /// The converter refuses.
    #[error(transparent)]
    Convert(#[from] convert::Error),
    /// A pixel format that the mux does not take.
    #[error("surfaces of {0:?} cannot be scaled; convert to NV12, I420 or RGBA before the mux")]
    Format(ColorFormat),
}

/// Scales frames of all sources; keeps a planned conversion for each kind of them.
#[derive(Default)]
pub struct Scaler {
    plans: HashMap<(u32, u32, ColorFormat), Plan>,
    target: Option<Target>,
}

struct Plan {
    out: SurfaceDesc,
    /// Left, top, width and height of the picture in the frame.
    area: (usize, usize, usize, usize),
    converter: Converter,
}

impl Scaler {
    /// The frame at the target's size and format, in a surface of its own; `None` if it fits as it
    /// is.
    pub fn scale(
        &mut self,
        buffer: &gst::BufferRef,
        target: &Target,
    ) -> Result<Option<gst::Buffer>, Error> {
        if self.target.as_ref() != Some(target) {
            self.plans.clear();
            self.target = Some(*target);
        }
        let surfaces = Surfaces::map(buffer)?;
        let desc = surfaces.desc(0)?;
        let same_format = desc.format.video_format() == Some(target.format);
        if same_format && (desc.width, desc.height) == (target.width, target.height) {
            return Ok(None);
        }
        let plan = match self.plans.entry((desc.width, desc.height, desc.format)) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(Plan::new(&desc, target)?)
            }
        };
        let out = surface::alloc(&[plan.out], MemoryKind::Nvds)?;
        let from = surfaces.read(0)?;
        let out_surfaces = Surfaces::map(&out)?;
        let mut to = out_surfaces.write(0)?;
        plan.run(&from, &mut to)?;
        drop(to);
        Ok(Some(out))
    }
}

impl Plan {
    fn new(desc: &SurfaceDesc, target: &Target) -> Result<Self, Error> {
        let same_format = desc.format.video_format() == Some(target.format);
        let out = SurfaceDesc {
            width: target.width,
            height: target.height,
            // Matrix and range stay those of the source where the arrangement does.
            format: match target.format {
                _ if same_format => desc.format,
                VideoFormat::Rgba => {
                    ColorFormat(c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA)
                }
                VideoFormat::I420 => {
                    ColorFormat(c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420)
                }
                _ => ColorFormat(c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12),
            },
        };
        let area = if target.padding {
            letterbox(desc, target)
        } else {
            (0, 0, target.width as usize, target.height as usize)
        };
        let source = frame(desc.format, desc.width as usize, desc.height as usize)?;
        let picture = frame(out.format, area.2, area.3)?;
        let options = Options {
            method: target.method,
            ..Options::default()
        };
        Ok(Self {
            out,
            area,
            converter: Converter::new(source, picture, &options)?,
        })
    }

    fn run(
        &mut self,
        from: &surface::SurfaceRead<'_>,
        to: &mut surface::SurfaceWrite<'_>,
    ) -> Result<(), Error> {
        let from: Vec<_> = from
            .planes()
            .iter()
            .map(|plane| convert::Plane {
                data: plane.data,
                pitch: plane.pitch,
            })
            .collect();
        let (left, top, width, height) = self.area;
        let whole = (width, height) == (self.out.width as usize, self.out.height as usize);
        let format = self.out.format;
        let luma_height = self.out.height.next_multiple_of(2) as usize;
        let mut planes = to.planes();
        let mut parts: Vec<_> = planes
            .iter_mut()
            .enumerate()
            .map(|(index, plane)| {
                if !whole {
                    fill_black(plane.data, format, index);
                }
                let down = luma_height / plane.height;
                // Chroma is halved both ways in all formats that the mux takes.
                let start = top / down * plane.pitch + left / down * plane.bytes_per_pixel;
                convert::PlaneMut {
                    data: &mut plane.data[start..],
                    pitch: plane.pitch,
                }
            })
            .collect();
        self.converter.convert(&from, &mut parts)?;
        Ok(())
    }
}

/// Where a picture of the source's aspect ratio lies in the middle of the target; even numbers, so
/// that chroma fits.
fn letterbox(desc: &SurfaceDesc, target: &Target) -> (usize, usize, usize, usize) {
    let (sw, sh) = (u64::from(desc.width), u64::from(desc.height));
    let (tw, th) = (u64::from(target.width), u64::from(target.height));
    let (width, height) = if sw * th >= sh * tw {
        (tw, (tw * sh / sw).max(1))
    } else {
        ((th * sw / sh).max(1), th)
    };
    let even = |side: u64, limit: u64| (side.next_multiple_of(2).min(limit)) as usize;
    let (width, height) = (even(width, tw), even(height, th));
    let middle = |side: usize, limit: u64| (limit as usize - side) / 4 * 2;
    (middle(width, tw), middle(height, th), width, height)
}

/// Black, in the plane's format.
fn fill_black(data: &mut [u8], format: ColorFormat, plane: usize) {
    match (format.video_format(), plane) {
        (Some(VideoFormat::Rgba), _) => {
            for pixel in data.chunks_exact_mut(4) {
                pixel.copy_from_slice(&[0, 0, 0, 255]);
            }
        }
        (_, 0) => data.fill(if is_full_range(format) { 0 } else { 16 }),
        _ => data.fill(128),
    }
}

fn is_full_range(format: ColorFormat) -> bool {
    matches!(
        format.0,
        c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_ER
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_709_ER
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_ER
            | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_709_ER
    )
}

/// A surface's format as the converter names it.
fn frame(format: ColorFormat, width: usize, height: usize) -> Result<Frame, Error> {
    let matrix = match format.0 {
        c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_709
        | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_709_ER
        | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_709
        | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_709_ER => Matrix::Bt709,
        c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12_2020
        | c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420_2020 => Matrix::Bt2020,
        _ => Matrix::Bt601,
    };
    Ok(Frame {
        format: match format.video_format() {
            Some(VideoFormat::Nv12) => Format::Nv12,
            Some(VideoFormat::I420) => Format::I420,
            Some(VideoFormat::Rgba) => Format::Rgba,
            _ => return Err(Error::Format(format)),
        },
        color: Color {
            matrix,
            full_range: is_full_range(format),
        },
        width,
        height,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(width: u32, height: u32) -> SurfaceDesc {
        SurfaceDesc {
            width,
            height,
            format: ColorFormat(c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12),
        }
    }

    fn target(width: u32, height: u32) -> Target {
        Target {
            width,
            height,
            format: VideoFormat::Nv12,
            padding: true,
            method: Method::Nearest,
        }
    }

    fn filled(desc: SurfaceDesc, luma: u8, chroma: u8) -> gst::Buffer {
        gst::init().unwrap();
        let buffer = surface::alloc(&[desc], MemoryKind::Nvds).unwrap();
        let surfaces = Surfaces::map(&buffer).unwrap();
        let mut locked = surfaces.write(0).unwrap();
        let mut planes = locked.planes();
        planes[0].data.fill(luma);
        planes[1].data.fill(chroma);
        drop(locked);
        buffer
    }

    #[test]
    fn letterboxes_lie_in_the_middle() {
        let target = target(640, 640);
        assert_eq!(letterbox(&source(320, 160), &target), (0, 160, 640, 320));
        assert_eq!(letterbox(&source(160, 320), &target), (160, 0, 320, 640));
        assert_eq!(letterbox(&source(99, 99), &target), (0, 0, 640, 640));
        // Narrower than a pixel is not nothing.
        assert_eq!(letterbox(&source(1, 32768), &target), (318, 0, 2, 640));
    }

    #[test]
    fn bands_are_black_and_the_picture_is_not() {
        let buffer = filled(source(64, 32), 200, 90);
        let out = Scaler::default()
            .scale(&buffer, &target(64, 64))
            .unwrap()
            .unwrap();
        let surfaces = Surfaces::map(&out).unwrap();
        let locked = surfaces.read(0).unwrap();
        let planes = locked.planes();
        let (luma, chroma) = (&planes[0], &planes[1]);
        for y in 0..64 {
            let expected = if (16..48).contains(&y) { 200 } else { 16 };
            assert_eq!(luma.data[y * luma.pitch..][..64], [expected; 64], "row {y}");
        }
        for y in 0..32 {
            let expected = if (8..24).contains(&y) { 90 } else { 128 };
            assert_eq!(
                chroma.data[y * chroma.pitch..][..64],
                [expected; 64],
                "row {y}"
            );
        }
    }

    #[test]
    fn frames_that_fit_are_not_touched() {
        let buffer = filled(source(64, 32), 200, 90);
        let fits = Scaler::default().scale(&buffer, &target(64, 32)).unwrap();
        assert!(fits.is_none());
    }
}
