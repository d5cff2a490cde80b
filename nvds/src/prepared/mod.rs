//! Input that nvdspreprocess prepares for inference elements: regions of frames and a tensor with all of them.
//!
//! It hangs on the batch as a user meta that no copy of the batch gets, as with the stock element. What inference elements find in a
//! region hangs on the region, and is released with it.

mod attach;
mod raw;
mod view;

use std::ffi::c_void;
use std::sync::Arc;

use glib::ffi::g_list_free;
use nvds_sys as c;

use self::raw::{BatchMeta, CppString, CppVec, Facts, RoiTail, Tensor};
use crate::batch::Locked;
use crate::error::Error;
use crate::frame::Frame;
use crate::layout::{Layout, write_part};
use crate::object::Object;
use crate::tensor::TensorMemory;
use crate::text::Rect;
use crate::user::Parts;
pub use view::{PreparedInput, PreparedTensor, Roi};

/// Element type of a tensor that nvdspreprocess prepares (`NvDsDataType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // named as the numbers are
pub enum PreparedType {
    Float,
    UInt8,
    Int8,
    UInt32,
    Int32,
    Int64,
    UInt64,
    Half,
}

impl PreparedType {
    /// By its number, where `half` is that of half precision: it had 5 before there were integers of 64 bits.
    fn from_c(number: i32, half: i32) -> Option<Self> {
        Some(match number {
            _ if number == half => Self::Half,
            0 => Self::Float,
            1 => Self::UInt8,
            2 => Self::Int8,
            3 => Self::UInt32,
            4 => Self::Int32,
            5 if half > 5 => Self::Int64,
            6 if half > 6 => Self::UInt64,
            _ => return None,
        })
    }

    /// Its number; `None` where the release has none for it.
    fn to_c(self, half: i32) -> Option<i32> {
        let number = match self {
            Self::Float => 0,
            Self::UInt8 => 1,
            Self::Int8 => 2,
            Self::UInt32 => 3,
            Self::Int32 => 4,
            Self::Int64 => 5,
            Self::UInt64 => 6,
            Self::Half => return Some(half),
        };
        (number < half).then_some(number)
    }

    /// Bytes of an element.
    pub fn size(self) -> usize {
        match self {
            Self::UInt8 | Self::Int8 => 1,
            Self::Half => 2,
            Self::Float | Self::UInt32 | Self::Int32 => 4,
            Self::Int64 | Self::UInt64 => 8,
        }
    }
}

/// Prepared input to be attached.
#[derive(Clone)]
pub struct NewPreparedInput {
    /// The unique-ids of the inference elements that it is for.
    pub target_unique_ids: Vec<u64>,
    /// The tensor's elements.
    pub memory: Arc<dyn TensorMemory>,
    /// All dimensions, the number of regions first.
    pub shape: Vec<i32>,
    /// Element type.
    pub data_type: PreparedType,
    /// Name of the network's input.
    pub name: String,
    /// GPU that the tensor is said to be on.
    pub gpu_id: u32,
    /// Number among the tensors of the buffer.
    pub meta_id: u32,
    /// Whether regions keep their shape.
    pub maintain_aspect_ratio: bool,
}

impl std::fmt::Debug for NewPreparedInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, shape, .. } = self;
        write!(f, "{name} {:?}{shape:?}", self.data_type)
    }
}

/// A region to be attached.
#[derive(Clone, Copy, Debug)]
pub struct NewRoi<'s> {
    /// Its box in pixels of the frame.
    pub rect: Rect,
    /// Pixels of the network for one of the frame, across and down.
    pub scale_ratio: (f64, f64),
    /// Pixels of padding on the left and top.
    pub offset: (f64, f64),
    /// Its frame.
    pub frame: Frame<'s>,
    /// The object that it is.
    pub object: Option<Object<'s>>,
}

impl NewRoi<'_> {
    /// Writes all of a region.
    ///
    /// # Safety
    /// There must be as many bytes as `facts` say.
    unsafe fn write(&self, place: *mut u8, layout: &Layout, facts: &Facts) {
        let rect = match &self.object {
            // With all that the object's box has.
            Some(object) => object.read_rect(),
            // SAFETY: numbers, which may be zero.
            None => unsafe { std::mem::zeroed() },
        };
        let rect = c::NvOSD_RectParams {
            left: self.rect.left,
            top: self.rect.top,
            width: self.rect.width,
            height: self.rect.height,
            ..rect
        };
        let object = self.object.as_ref();
        let tail = RoiTail {
            polygon: [[0; 2]; 8],
            converted_buffer: std::ptr::null_mut(),
            frame: self.frame.raw(),
            scale_ratio: self.scale_ratio.into(),
            offset: self.offset.into(),
            classifiers: std::ptr::null_mut(),
            users: std::ptr::null_mut(),
            object: object.map_or(std::ptr::null_mut(), Object::raw),
        };
        // SAFETY: as the caller vouches.
        unsafe {
            layout.write_rect(place.cast(), rect);
            write_part(place.add(facts.rect).cast(), facts.roi - facts.rect, tail);
        }
    }
}

/// Its address marks tensors in memory that this library keeps.
static MARK: u8 = 0;

fn mark() -> *mut c_void {
    (&raw const MARK).cast_mut().cast()
}

/// What hangs on the user meta. The C++ struct comes first, because a reader takes the address of the payload for the
/// address of the struct.
#[repr(C)]
struct Payload {
    raw: BatchMeta,
    facts: Facts,
    tensor: Box<Tensor>,
    // What the containers are over.
    ids: Box<[u64]>,
    shape: Box<[i32]>,
    name: Box<[u8]>,
    /// Regions, in words so that they are aligned.
    rois: Box<[u64]>,
    memory: Arc<dyn TensorMemory>,
}

impl Payload {
    /// # Errors
    /// Where the release has no number for the element type.
    fn new(
        new: &NewPreparedInput,
        rois: &[NewRoi<'_>],
        layout: &Layout,
        facts: Facts,
    ) -> Result<Box<Self>, Error> {
        let data_type = new
            .data_type
            .to_c(facts.half)
            .ok_or(Error::Prepared("64-bit integers came with DeepStream 8.0"))?;
        let mut words = vec![0_u64; facts.roi / size_of::<u64>() * rois.len()].into_boxed_slice();
        for (roi, place) in rois
            .iter()
            .zip(words.chunks_exact_mut(facts.roi / size_of::<u64>()))
        {
            // SAFETY: a chunk has as many bytes as a region.
            unsafe { roi.write(place.as_mut_ptr().cast(), layout, &facts) };
        }
        let mut name: Box<[u8]> = new.name.bytes().chain([0]).collect();
        let mut shape: Box<[i32]> = new.shape.as_slice().into();
        let mut ids: Box<[u64]> = new.target_unique_ids.as_slice().into();
        let bytes = new.memory.bytes();
        let mut tensor = Box::new(Tensor {
            buffer: bytes.as_ptr().cast_mut().cast(),
            buffer_size: bytes.len() as u64,
            shape: CppVec::over(&mut shape),
            data_type,
            name: CppString::over(&mut name),
            gpu_id: new.gpu_id,
            private_data: mark(),
            meta_id: new.meta_id,
            maintain_aspect_ratio: new.maintain_aspect_ratio.into(),
        });
        Ok(Box::new(Self {
            raw: BatchMeta {
                target_unique_ids: CppVec::over(&mut ids),
                tensor: &raw mut *tensor,
                rois: CppVec::over(&mut words),
                private_data: std::ptr::null_mut(),
            },
            facts,
            tensor,
            ids,
            shape,
            name,
            rois: words,
            memory: Arc::clone(&new.memory),
        }))
    }
}

impl Drop for Payload {
    /// Releases what hangs on the regions: the library knows nothing of these lists.
    fn drop(&mut self) {
        debug_assert_eq!(self.tensor.buffer_size as usize, self.memory.bytes().len());
        debug_assert!(self.ids.len() + self.shape.len() + self.name.len() > 0);
        for roi in self
            .rois
            .chunks_exact_mut(self.facts.roi / size_of::<u64>())
        {
            // SAFETY: a region of this release that no reader uses any more: the batch is being released. Whatever is on its
            // lists is of the batch's pools, which are still there, as the user meta is of one of them.
            unsafe { release_roi(roi.as_mut_ptr().cast(), &self.facts) };
        }
    }
}

/// # Safety
/// A region whose batch is being released and whose pools are still there.
unsafe fn release_roi(place: *mut u8, facts: &Facts) {
    // SAFETY: as the caller vouches; user metas begin with their base and are released once, since nothing of them stays.
    unsafe {
        let tail: *mut RoiTail = place.add(facts.rect).cast();
        let has_object = facts.objects && !(*tail).object.is_null();
        let mut node = (*tail).users;
        while !node.is_null() {
            let meta = (*node).data.cast::<c::NvDsUserMeta>();
            if !meta.is_null() {
                if let Some(release) = (*meta).base_meta.release_func.take() {
                    release(meta.cast(), std::ptr::null_mut());
                }
                (*meta).base_meta.copy_func = None;
                (*meta).user_meta_data = std::ptr::null_mut();
            }
            node = (*node).next;
        }
        g_list_free((*tail).users);
        let mut node = (*tail).classifiers;
        // Those of an object are on its list as well, from where the library releases them.
        while !node.is_null() && !has_object {
            let meta = (*node).data.cast::<c::NvDsClassifierMeta>();
            if !meta.is_null() {
                g_list_free((*meta).label_info_list);
                (*meta).label_info_list = std::ptr::null_mut();
            }
            node = (*node).next;
        }
        g_list_free((*tail).classifiers);
        (*tail).users = std::ptr::null_mut();
        (*tail).classifiers = std::ptr::null_mut();
    }
}

/// The error where a release is not known well enough to write or read these metas.
fn facts(locked: &Locked<'_>) -> Result<Facts, Error> {
    Facts::of(locked.owner().release).ok_or(Error::Prepared(
        "they differ between the releases that the metadata library may be of: set RSNVDS_DEEPSTREAM_VERSION to the one it is",
    ))
}

impl Locked<'_> {
    /// Whether [`UserMeta::as_prepared_input`] can tell: the releases that the library may be of have these metas alike.
    pub fn knows_prepared_inputs(&self) -> bool {
        Facts::of(self.owner().release).is_some()
    }

    /// Attaches prepared input to the batch: the tensor has a unit for each of `rois`, in their order.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`]; [`Error::Prepared`] where the release is not known, or has no such element type.
    pub fn add_prepared_input(
        &self,
        new: &NewPreparedInput,
        rois: &[NewRoi<'_>],
    ) -> Result<(), Error> {
        for roi in rois {
            self.check_owned(&roi.frame)?;
            if let Some(object) = &roi.object {
                self.check_owned(object)?;
            }
        }
        let facts = facts(self)?;
        let payload = Payload::new(new, rois, self.owner().layout(), facts)?;
        let parts = Parts {
            meta_type: facts.batch_type,
            data: Box::into_raw(payload).cast(),
            copy: None,
            release: Some(crate::user::release::<Payload>),
        };
        // SAFETY: the function is that of the data; the batch is alive and locked.
        unsafe {
            let meta = self.new_meta_of(parts);
            (self.api().nvds_add_user_meta_to_batch)(self.raw(), meta);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
