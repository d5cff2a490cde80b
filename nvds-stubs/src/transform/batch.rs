//! Batches of surfaces as the functions get them, and how the functions end.

use std::ffi::c_uint;

use gst_video::VideoResamplerMethod;
use nvds_sys as c;

use super::{INVALID, ROI, SUCCESS, Status, TransformRect, UNSUPPORTED};
use crate::complain;
use crate::picture::{Picture, Rect};
use crate::surface::Surface;

/// A failed call: what it returns, and what is told.
pub(super) struct Failed(pub Status, pub String);

pub(super) fn failed<T>(status: Status, text: impl Into<String>) -> Result<T, Failed> {
    Err(Failed(status, text.into()))
}

pub(super) fn finish(name: &str, result: Result<(), Failed>) -> Status {
    match result {
        Ok(()) => SUCCESS,
        Err(Failed(status, text)) => {
            complain(&format!("{name}: {text}"));
            status
        }
    }
}

/// The surfaces of a batch.
pub(super) struct Batch {
    first: *mut c::NvBufSurfaceParams,
    pub size: usize,
    pub filled: usize,
    stride: usize,
    rect: usize,
}

impl Batch {
    /// # Safety
    /// `surface` is null or a surface of the stand-ins or of NvBufSurfaceCreate.
    pub unsafe fn of(surface: Surface, what: &str) -> Result<Self, Failed> {
        if surface.is_null() {
            return failed(INVALID, format!("expected a {what}, found a null pointer"));
        }
        let Ok(release) = nvds::release() else {
            return failed(
                INVALID,
                "there is no metadata library, whose release tells how surfaces are laid out",
            );
        };
        let layout = release.layout();
        // SAFETY: a surface, as the caller promises; these fields have the same place in all releases.
        unsafe {
            Ok(Self {
                first: (*surface).surfaceList,
                size: (*surface).batchSize as usize,
                filled: (*surface).numFilled as usize,
                stride: layout.surface_params,
                // Rectangles grew with the surfaces.
                rect: if layout.surface > 64 {
                    48
                } else {
                    size_of::<TransformRect>()
                },
            })
        }
    }

    /// # Safety
    /// The pixels of the surface are not changed by others.
    pub unsafe fn picture(&self, index: usize) -> Result<Picture, Failed> {
        // SAFETY: there are `size` descriptions, and `index` is below it.
        let params = unsafe { self.first.byte_add(index * self.stride) };
        // SAFETY: as the caller promises.
        unsafe { Picture::of(params) }.or_else(|text| failed(UNSUPPORTED, text))
    }

    /// A rectangle of a list, or the whole picture where there is none.
    ///
    /// # Safety
    /// `list` is null or has more than `index` rectangles of the library's release.
    pub unsafe fn rect(
        &self,
        list: *const TransformRect,
        index: usize,
        picture: &Picture,
        what: &str,
    ) -> Result<Rect, Failed> {
        if list.is_null() {
            return Ok(picture.whole());
        }
        // SAFETY: as the caller promises.
        let rect = unsafe { list.byte_add(index * self.rect).read() };
        let rect = Rect {
            left: rect.left,
            top: rect.top,
            width: rect.width,
            height: rect.height,
        };
        let whole = picture.whole();
        if rect.is_within(whole.width, whole.height) {
            return Ok(rect);
        }
        let Rect {
            left,
            top,
            width,
            height,
        } = rect;
        failed(
            ROI,
            format!(
                "{what}[{index}]: expected a rectangle within {}x{}, found {width}x{height} at ({left}, {top})",
                whole.width, whole.height
            ),
        )
    }
}

/// NvBufSurfTransform_Inter: nearest is what the default is on a GPU, too.
pub(super) fn method(filter: c_uint) -> VideoResamplerMethod {
    match filter {
        1 => VideoResamplerMethod::Linear,
        2 => VideoResamplerMethod::Cubic,
        4 => VideoResamplerMethod::Lanczos,
        _ => VideoResamplerMethod::Nearest,
    }
}
