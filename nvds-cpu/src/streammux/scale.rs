//! Frames to one size.

use std::collections::HashMap;

use gst_video::VideoFormat;
use nvds::sys as c;

use crate::convert::{Method, Rect};
use crate::placement::{self, Placement, is_full_range};
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

impl Target {
    /// The surface of a frame of this size and format, with the matrix and range of `like` where the arrangement
    /// is the same.
    fn desc(&self, like: Option<ColorFormat>) -> SurfaceDesc {
        let like = like.filter(|format| format.video_format() == Some(self.format));
        let number = match self.format {
            VideoFormat::Rgba => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA,
            VideoFormat::I420 => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_YUV420,
            _ => c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12,
        };
        SurfaceDesc {
            width: self.width,
            height: self.height,
            format: like.unwrap_or(ColorFormat(number)),
        }
    }

    /// A grey frame.
    pub fn grey(&self) -> Option<gst::Buffer> {
        let buffer = surface::alloc(&[self.desc(None)], MemoryKind::Nvds).ok()?;
        for plane in Surfaces::map(&buffer).ok()?.write(0).ok()?.planes() {
            plane.data.fill(128);
        }
        Some(buffer)
    }
}

/// Why a frame cannot be brought to size.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such surface.
    #[error(transparent)]
    Surface(#[from] surface::Error),
    /// It cannot be scaled.
    #[error(transparent)]
    Place(#[from] placement::Error),
}

/// Scales frames of all sources; keeps a planned conversion for each kind of them.
#[derive(Default)]
pub struct Scaler {
    plans: HashMap<(SurfaceDesc, (u32, u32)), Plan>,
    target: Option<Target>,
}

struct Plan {
    out: SurfaceDesc,
    /// The picture does not fill the frame.
    banded: bool,
    placement: Placement,
}

impl Scaler {
    /// The frame at the target's size and format, in a surface of its own; `None` if it fits as it
    /// is. `pixel_aspect`: width over height of its pixels.
    pub fn scale(
        &mut self,
        buffer: &gst::BufferRef,
        pixel_aspect: (u32, u32),
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
        let plan = match self.plans.entry((desc, pixel_aspect)) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(Plan::new(&desc, pixel_aspect, target)?)
            }
        };
        let out = surface::alloc(&[plan.out], MemoryKind::Nvds)?;
        let from = surfaces.read(0)?;
        let out_surfaces = Surfaces::map(&out)?;
        let mut to = out_surfaces.write(0)?;
        if plan.banded {
            let black = if is_full_range(plan.out.format) {
                0
            } else {
                16
            };
            placement::fill(&mut to, black);
        }
        plan.placement.draw(&from, &mut to)?;
        drop(to);
        Ok(Some(out))
    }
}

impl Plan {
    fn new(desc: &SurfaceDesc, pixel_aspect: (u32, u32), target: &Target) -> Result<Self, Error> {
        let out = target.desc(Some(desc.format));
        let whole = Rect {
            left: 0,
            top: 0,
            width: target.width as usize,
            height: target.height as usize,
        };
        let area = match target.padding {
            true => letterbox(desc, pixel_aspect, target),
            false => whole,
        };
        Ok(Self {
            out,
            banded: area != whole,
            placement: Placement::new(desc, &out, area, target.method)?,
        })
    }
}

/// Where a picture of the source's aspect ratio lies in the middle of the target: numbers rounded down to
/// even ones, so that chroma fits.
fn letterbox(desc: &SurfaceDesc, (par_n, par_d): (u32, u32), target: &Target) -> Rect {
    let (sw, sh) = (
        u128::from(desc.width) * u128::from(par_n.max(1)),
        u128::from(desc.height) * u128::from(par_d.max(1)),
    );
    let (tw, th) = (u128::from(target.width), u128::from(target.height));
    let (width, height) = if sw * th >= sh * tw {
        (tw, tw * sh / sw)
    } else {
        (th * sw / sh, th)
    };
    // What is narrower than two pixels is not nothing.
    let even = |side: u128, limit: u128| (side & !1).clamp(limit.min(2), limit) as usize;
    let (width, height) = (even(width, tw), even(height, th));
    let middle = |side: usize, limit: u128| (limit as usize - side) / 4 * 2;
    Rect {
        left: middle(width, tw),
        top: middle(height, th),
        width,
        height,
    }
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
        let place = |desc: SurfaceDesc, target: &Target| {
            let area = letterbox(&desc, (1, 1), target);
            (area.left, area.top, area.width, area.height)
        };
        assert_eq!(place(source(320, 160), &target), (0, 160, 640, 320));
        assert_eq!(place(source(160, 320), &target), (160, 0, 320, 640));
        assert_eq!(place(source(99, 99), &target), (0, 0, 640, 640));
        // 640 * 98 / 320 is 196, 640 * 99 / 320 is 198, of 197.5 rows 196 are left.
        assert_eq!(place(source(320, 98), &target), (0, 222, 640, 196));
        assert_eq!(place(source(641, 198), &target), (0, 222, 640, 196));
        // Narrower than a pixel is not nothing.
        assert_eq!(place(source(1, 32768), &target), (318, 0, 2, 640));
        // Pixels twice as wide as high.
        let area = letterbox(&source(160, 160), (2, 1), &target);
        assert_eq!((area.top, area.height), (160, 320));
    }

    #[test]
    fn bands_are_black_and_the_picture_is_not() {
        let buffer = filled(source(64, 32), 200, 90);
        let out = Scaler::default()
            .scale(&buffer, (1, 1), &target(64, 64))
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
        let fits = Scaler::default()
            .scale(&buffer, (1, 1), &target(64, 32))
            .unwrap();
        assert!(fits.is_none());
    }
}
