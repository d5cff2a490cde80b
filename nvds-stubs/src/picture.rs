//! The picture of one surface, and its conversion by GStreamer's video library.

use std::ops::Range;

use gst_video::{
    VideoColorMatrix, VideoColorPrimaries, VideoColorRange, VideoColorimetry, VideoConverter,
    VideoConverterConfig, VideoFormat, VideoFormatInfo, VideoFrameRef, VideoInfo,
    VideoResamplerMethod, VideoTransferFunction,
};
use nvds_sys as c;

/// Alignment of the first plane's rows, and of the first pixel, in bytes.
pub const ALIGNMENT: usize = 512;

/// One plane of a surface: samples in a row, rows, bytes of a row, bytes of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plane {
    pub width: usize,
    pub height: usize,
    pub pitch: usize,
    pub bytes: usize,
}

/// Makes sure that GStreamer is there for an application that does not use it otherwise.
pub fn start() -> Result<(), String> {
    gst::init().map_err(|error| format!("GStreamer does not start: {error}"))
}

/// The pixel arrangement as GStreamer names it; none for one that has no name here.
pub fn video_format(format: c::NvBufSurfaceColorFormat) -> Option<VideoFormat> {
    use VideoFormat as F;
    Some(match format {
        // NV12: without a matrix, 601, 709 and 2020, each also of full range where that exists.
        6 | 7 | 33 | 34 | 36 => F::Nv12,
        8 | 9 => F::Nv21,
        2 | 4 | 31 | 32 | 35 => F::I420,
        3 | 5 => F::Yv12,
        1 | 88 => F::Gray8,
        10 | 11 | 89..=91 => F::Uyvy,
        12 | 13 => F::Vyuy,
        14 | 15 => F::Yuy2,
        16 | 17 => F::Yvyu,
        18 | 71..=74 => F::Y444,
        19 => F::Rgba,
        20 => F::Bgra,
        21 => F::Argb,
        22 => F::Abgr,
        23 => F::Rgbx,
        24 => F::Bgrx,
        25 => F::Xrgb,
        26 => F::Xbgr,
        27 => F::Rgb,
        28 => F::Bgr,
        29 | 37..=40 => F::P01010le,
        _ => return None,
    })
}

/// Matrix and range of a format; BT.601 of limited range where its name tells nothing.
fn colorimetry(format: c::NvBufSurfaceColorFormat, info: &VideoFormatInfo) -> VideoColorimetry {
    let matrix = match format {
        _ if info.is_rgb() => VideoColorMatrix::Rgb,
        31..=34 | 38 | 39 | 72 | 73 | 89 | 90 => VideoColorMatrix::Bt709,
        35 | 36 | 40 | 74 | 91 => VideoColorMatrix::Bt2020,
        _ => VideoColorMatrix::Bt601,
    };
    let full = matches!(
        format,
        4 | 5 | 7 | 9 | 11 | 13 | 15 | 17 | 32 | 34 | 37 | 39 | 71 | 73 | 88 | 90
    );
    let range = if full || info.is_rgb() {
        VideoColorRange::Range0_255
    } else {
        VideoColorRange::Range16_235
    };
    VideoColorimetry::new(
        range,
        matrix,
        VideoTransferFunction::Bt709,
        VideoColorPrimaries::Bt709,
    )
}

/// The planes of a surface as the stand-ins lay it out: sides rounded up to even, rows of the first plane to
/// [`ALIGNMENT`], those of the others in proportion, no gaps.
pub fn planes(format: VideoFormat, width: u32, height: u32) -> Vec<Plane> {
    let info = VideoFormatInfo::from_format(format);
    let (width, height) = (
        (width as usize).next_multiple_of(2),
        (height as usize).next_multiple_of(2),
    );
    let bytes = |component: usize| info.pixel_stride()[component] as usize;
    // Two samples of packed 4:2:2 share their chroma; the first component counts each of them.
    let pitch = (width * bytes(0)).next_multiple_of(ALIGNMENT);
    (0..info.n_planes())
        .map(|plane| {
            let component = (0..info.n_components() as usize)
                .find(|&component| info.plane()[component] == plane)
                .unwrap_or(0);
            let (dx, dy) = (1 << info.w_sub()[component], 1 << info.h_sub()[component]);
            Plane {
                width: width / dx,
                height: height / dy,
                pitch: pitch * bytes(component) / (dx * bytes(0)),
                bytes: bytes(component),
            }
        })
        .collect()
}

/// Part of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

impl Rect {
    /// Whether it has pixels, and all lie in a picture of that size.
    pub fn is_within(&self, width: u32, height: u32) -> bool {
        let fits = |start: u32, length: u32, side: u32| {
            length > 0 && start.checked_add(length).is_some_and(|end| end <= side)
        };
        fits(self.left, self.width, width) && fits(self.top, self.height, height)
    }
}

/// Memory of others, lent for as long as a picture is used.
#[derive(Clone, Copy)]
struct Memory(*mut u8, usize);

// SAFETY: only what borrows a picture uses it, on one thread at a time.
unsafe impl Send for Memory {}

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: a picture's memory, which lives on while the picture is used.
        unsafe { std::slice::from_raw_parts(self.0, self.1) }
    }
}

impl AsMut<[u8]> for Memory {
    fn as_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above; whoever made the picture promised that nobody else uses its pixels.
        unsafe { std::slice::from_raw_parts_mut(self.0, self.1) }
    }
}

/// What a surface shows.
pub struct Picture {
    info: VideoInfo,
    memory: Memory,
}

impl Picture {
    /// The picture of a surface.
    ///
    /// # Errors
    /// A text for a format that is not known here, or a surface without memory.
    ///
    /// # Safety
    /// `params` describes a surface in system memory, whose pixels nobody else changes while the picture is used.
    pub unsafe fn of(params: *const c::NvBufSurfaceParams) -> Result<Self, String> {
        start()?;
        // SAFETY: as the caller promises; these fields have the same place in all releases.
        let (number, width, height, data, planes) = unsafe {
            (
                (*params).colorFormat,
                (*params).width,
                (*params).height,
                (*params).dataPtr.cast::<u8>(),
                (*params).planeParams,
            )
        };
        let format = video_format(number)
            .ok_or_else(|| format!("the surface's colour format is {number}, which is none of those that can be converted here"))?;
        if data.is_null() {
            return Err("the surface has no memory".into());
        }
        let info = VideoFormatInfo::from_format(format);
        let count = info.n_planes() as usize;
        let offsets: Vec<usize> = planes.offset[..count].iter().map(|&o| o as usize).collect();
        let strides: Vec<i32> = planes.pitch[..count].iter().map(|&p| p as i32).collect();
        let ends =
            (0..count).map(|i| offsets[i] + planes.pitch[i] as usize * planes.height[i] as usize);
        let memory = Memory(data, ends.max().unwrap_or(0));
        let info = VideoInfo::builder(format, width, height)
            .offset(&offsets)
            .stride(&strides)
            .colorimetry(&colorimetry(number, &info))
            .build()
            .map_err(|_| format!("a surface of {width}x{height} {format} cannot be described"))?;
        Ok(Self { info, memory })
    }

    /// A picture in `pixels`, in I420 of full range, as JPEG has it.
    pub fn for_jpeg(width: u32, height: u32, pixels: &mut Vec<u8>) -> Result<Self, String> {
        let info = VideoInfo::builder(VideoFormat::I420, width, height)
            .colorimetry(&colorimetry(
                4,
                &VideoFormatInfo::from_format(VideoFormat::I420),
            ))
            .build()
            .map_err(|_| format!("a JPEG picture of {width}x{height} cannot be made"))?;
        pixels.resize(info.size(), 0);
        let memory = Memory(pixels.as_mut_ptr(), pixels.len());
        Ok(Self { info, memory })
    }

    /// A picture of the same format, in `pixels`.
    pub fn like(&self, width: u32, height: u32, pixels: &mut Vec<u8>) -> Result<Self, String> {
        let format = self.info.format();
        let info = VideoInfo::builder(format, width, height)
            .colorimetry(&self.info.colorimetry())
            .build()
            .map_err(|_| format!("a picture of {width}x{height} {format} cannot be made"))?;
        pixels.resize(info.size(), 0);
        let memory = Memory(pixels.as_mut_ptr(), pixels.len());
        Ok(Self { info, memory })
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        self.memory.as_ref()
    }

    pub fn info(&self) -> &VideoInfo {
        &self.info
    }

    /// The whole.
    pub fn whole(&self) -> Rect {
        Rect {
            left: 0,
            top: 0,
            width: self.info.width(),
            height: self.info.height(),
        }
    }

    /// The bytes of a plane's row between two of its samples, and how many bytes a sample has.
    fn row(&mut self, plane: usize, y: usize, samples: Range<usize>, bytes: usize) -> &mut [u8] {
        let start = self.info.offset()[plane] + y * self.info.stride()[plane] as usize;
        &mut self.memory.as_mut()[start + samples.start * bytes..start + samples.end * bytes]
    }

    /// Puts part of this picture into the whole of another one, scaled and converted.
    ///
    /// # Errors
    /// A text for formats that GStreamer does not convert into each other.
    pub fn put(
        &self,
        from: Rect,
        to: &mut Self,
        method: VideoResamplerMethod,
    ) -> Result<(), String> {
        // The converter writes whole lines, so that a part of a picture cannot be its target.
        let mut config = VideoConverterConfig::new();
        config.set_src_x(from.left as i32);
        config.set_src_y(from.top as i32);
        config.set_src_width(Some(from.width as i32));
        config.set_src_height(Some(from.height as i32));
        config.set_resampler_method(method);
        let wrong = |_| {
            let (from, to) = (self.info.format(), to.info.format());
            format!("GStreamer does not convert {from} into {to}")
        };
        let converter = VideoConverter::new(&self.info, &to.info, Some(config)).map_err(wrong)?;
        let source = gst::Buffer::from_slice(self.memory);
        let mut target = gst::Buffer::from_mut_slice(to.memory);
        let target = target.make_mut();
        let source = VideoFrameRef::from_buffer_ref_readable(&source, &self.info).map_err(wrong)?;
        let mut target =
            VideoFrameRef::from_buffer_ref_writable(target, &to.info).map_err(wrong)?;
        converter.frame_ref(&source, &mut target);
        Ok(())
    }

    /// For each plane: which it is, how far its sides are divided, as shifts, and bytes of a sample.
    fn shapes(&self) -> Vec<(usize, u32, u32, usize)> {
        let info = self.info.format_info();
        let component = |plane: u32| {
            let mut all = 0..info.n_components() as usize;
            all.find(|&component| info.plane()[component] == plane)
                .unwrap_or(0)
        };
        (0..info.n_planes())
            .map(|plane| {
                let at = component(plane);
                let bytes = info.pixel_stride()[at] as usize;
                (plane as usize, info.w_sub()[at], info.h_sub()[at], bytes)
            })
            .collect()
    }

    /// Puts the whole of this picture into `at` of another one of the same format, line by line.
    pub fn paste(&mut self, to: &mut Self, at: Rect) {
        for (plane, dx, dy, bytes) in self.shapes() {
            let width = (at.width as usize).div_ceil(1 << dx);
            let (left, top) = ((at.left >> dx) as usize, (at.top >> dy) as usize);
            for y in 0..(at.height as usize).div_ceil(1 << dy) {
                let line = self.row(plane, y, 0..width, bytes);
                to.row(plane, top + y, left..left + width, bytes)
                    .copy_from_slice(line);
            }
        }
    }

    /// Puts the whole of this picture into `at` of another one of the same format. The sample at (x, y) of a part of width
    /// x height samples there comes from where `place` of x, y, width and height says.
    pub fn turn(
        &mut self,
        to: &mut Self,
        at: Rect,
        place: impl Fn(usize, usize, usize, usize) -> (usize, usize),
    ) {
        for (plane, dx, dy, bytes) in self.shapes() {
            let sub = |length: u32, by: u32| (length as usize).div_ceil(1 << by);
            let (width, height) = (sub(at.width, dx), sub(at.height, dy));
            let (left, top) = ((at.left >> dx) as usize, (at.top >> dy) as usize);
            for y in 0..height {
                for x in 0..width {
                    let (from_x, from_y) = place(x, y, width, height);
                    let sample = self.row(plane, from_y, from_x..from_x + 1, bytes);
                    to.row(plane, top + y, left + x..left + x + 1, bytes)
                        .copy_from_slice(sample);
                }
            }
        }
    }
}
