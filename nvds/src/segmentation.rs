//! Semantic segmentation: a class for each pixel of a network's input.

use std::ptr::NonNull;
use std::sync::Arc;

use nvds_sys as c;

use crate::batch::Locked;
use crate::error::Error;
use crate::frame::Frame;
use crate::object::Object;
use crate::release::Version;
use crate::user::UserMeta;
use crate::view::View;

/// First release whose segmentations say whose they are.
pub(crate) const HAS_ID: Version = Version::new(6, 2);

/// A segmentation to be attached, whose memory becomes the metadata's. Copies of the metadata have maps of their own, as
/// those of the stock nvinfer: programs write into them.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSegmentation {
    unique_id: i32,
    classes: u32,
    width: u32,
    height: u32,
    class_map: Arc<Vec<i32>>,
    probabilities: Arc<Vec<f32>>,
}

impl NewSegmentation {
    /// `class_map` has a class for each of `width` x `height` pixels in rows, -1 for none; `probabilities` one number
    /// for each class and pixel as the network has them, or is empty.
    ///
    /// # Errors
    /// [`Error::Mask`] where `class_map` has another size.
    pub fn new(
        unique_id: i32,
        (width, height): (u32, u32),
        classes: u32,
        class_map: Vec<i32>,
        probabilities: Vec<f32>,
    ) -> Result<Self, Error> {
        if (width as usize).checked_mul(height as usize) != Some(class_map.len()) {
            return Err(Error::Mask {
                width,
                height,
                found: class_map.len(),
            });
        }
        Ok(Self {
            unique_id,
            classes,
            width,
            height,
            class_map: Arc::new(class_map),
            probabilities: Arc::new(probabilities),
        })
    }
}

/// What hangs on a user meta of a region.
pub(crate) fn payload(source: NewSegmentation) -> Box<impl crate::user::UserData> {
    Box::new(Payload::new(source))
}

/// What hangs on the user meta. The C struct comes first, because a reader takes the address of the payload for the
/// address of the struct.
#[repr(C)]
struct Payload {
    raw: c::NvDsInferSegmentationMeta,
    source: NewSegmentation,
}

// SAFETY: the raw pointers lead into memory that the source keeps by Arc; nothing is changed through them.
unsafe impl Send for Payload {}
// SAFETY: as above.
unsafe impl Sync for Payload {}

impl Payload {
    fn new(source: NewSegmentation) -> Self {
        let probabilities = if source.probabilities.is_empty() {
            std::ptr::null_mut()
        } else {
            source.probabilities.as_ptr().cast_mut()
        };
        Self {
            raw: c::NvDsInferSegmentationMeta {
                classes: source.classes,
                width: source.width,
                height: source.height,
                class_map: source.class_map.as_ptr().cast_mut(),
                class_probabilities_map: probabilities,
                priv_data: std::ptr::null_mut(),
                unique_id: source.unique_id,
            },
            source,
        }
    }
}

impl Clone for Payload {
    fn clone(&self) -> Self {
        let source = &self.source;
        Self::new(NewSegmentation {
            class_map: Arc::new(source.class_map.to_vec()),
            probabilities: Arc::new(source.probabilities.to_vec()),
            ..*source
        })
    }
}

impl Locked<'_> {
    /// Attaches a segmentation to a frame.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_segmentation_to_frame(
        &self,
        frame: &Frame<'_>,
        segmentation: NewSegmentation,
    ) -> Result<(), Error> {
        self.add_to_frame(
            frame,
            c::NvDsMetaType_NVDSINFER_SEGMENTATION_META,
            Box::new(Payload::new(segmentation)),
        )
    }

    /// Attaches a segmentation to an object.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_segmentation_to_object(
        &self,
        object: &Object<'_>,
        segmentation: NewSegmentation,
    ) -> Result<(), Error> {
        self.add_to_object(
            object,
            c::NvDsMetaType_NVDSINFER_SEGMENTATION_META,
            Box::new(Payload::new(segmentation)),
        )
    }
}

/// A segmentation that is attached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segmentation<'a> {
    /// unique-id of the element; `None` before DeepStream 6.2, which does not say.
    pub unique_id: Option<i32>,
    /// Number of classes.
    pub classes: u32,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Class of each pixel in rows, -1 for none; empty where it is missing.
    pub class_map: &'a [i32],
    /// A number for each class and pixel as the network has them; empty where they are missing.
    pub probabilities: &'a [f32],
}

impl<'a> UserMeta<'a> {
    /// The segmentation, if that is what this meta holds.
    pub fn as_segmentation(&self) -> Option<Segmentation<'a>> {
        if self.meta_type() != c::NvDsMetaType_NVDSINFER_SEGMENTATION_META {
            return None;
        }
        let raw: NonNull<c::NvDsInferSegmentationMeta> = NonNull::new(self.payload().cast())?;
        let raw = raw.as_ptr();
        // SAFETY: metas of this kind hold a live NvDsInferSegmentationMeta, whose maps have the size it says and live as
        // long; its last field is read only where the release has it.
        unsafe {
            let (classes, width, height) = ((*raw).classes, (*raw).width, (*raw).height);
            let pixels = (width as usize).saturating_mul(height as usize);
            let values = pixels.saturating_mul(classes as usize);
            Some(Segmentation {
                unique_id: self.owner().release.has(HAS_ID).then(|| (*raw).unique_id),
                classes,
                width,
                height,
                class_map: slice((*raw).class_map, pixels),
                probabilities: slice((*raw).class_probabilities_map, values),
            })
        }
    }
}

/// # Safety
/// NULL, or `length` elements that live and stay unchanged for `'a`.
unsafe fn slice<'a, T>(start: *const T, length: usize) -> &'a [T] {
    let most = isize::MAX as usize / size_of::<T>();
    if start.is_null() || !start.is_aligned() || length > most {
        return &[];
    }
    // SAFETY: the caller vouches for the elements.
    unsafe { std::slice::from_raw_parts(start, length) }
}
