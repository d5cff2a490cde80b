//! Raw outputs of networks: reading what inference elements attached, and attaching alike.

use std::marker::PhantomData;
use std::ptr::NonNull;

use nvds_sys as c;

use crate::error::TensorError;
use crate::release::{KEPT_ASPECT, Release, SYMMETRIC};
use crate::view::getters;

mod layer;
mod new;
mod payload;

pub use layer::{Layer, LayerData};
pub use new::{NewLayer, NewTensorMeta, TensorMemory};

const MAX_DIMS: usize = c::NVDSINFER_MAX_DIMS as usize;

/// Element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DataType {
    Float,
    Half,
    Int8,
    Int32,
    Int64,
    UInt8,
}

impl DataType {
    /// Bytes of one element.
    pub const fn size(self) -> usize {
        match self {
            Self::Float | Self::Int32 => 4,
            Self::Half => 2,
            Self::Int8 | Self::UInt8 => 1,
            Self::Int64 => 8,
        }
    }

    /// The SDK's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Float => "FLOAT",
            Self::Half => "HALF",
            Self::Int8 => "INT8",
            Self::Int32 => "INT32",
            Self::Int64 => "INT64",
            Self::UInt8 => "UINT8",
        }
    }

    const fn from_c(value: c::NvDsInferDataType) -> Option<Self> {
        Some(match value {
            c::NvDsInferDataType_FLOAT => Self::Float,
            c::NvDsInferDataType_HALF => Self::Half,
            c::NvDsInferDataType_INT8 => Self::Int8,
            c::NvDsInferDataType_INT32 => Self::Int32,
            c::NvDsInferDataType_INT64 => Self::Int64,
            c::NvDsInferDataType_UINT8 => Self::UInt8,
            _ => return None,
        })
    }

    pub(crate) const fn to_c(self) -> c::NvDsInferDataType {
        match self {
            Self::Float => c::NvDsInferDataType_FLOAT,
            Self::Half => c::NvDsInferDataType_HALF,
            Self::Int8 => c::NvDsInferDataType_INT8,
            Self::Int32 => c::NvDsInferDataType_INT32,
            Self::Int64 => c::NvDsInferDataType_INT64,
            Self::UInt8 => c::NvDsInferDataType_UINT8,
        }
    }
}

/// Shape of a tensor, without the batch; at most eight dims, none for a scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Dims {
    count: usize,
    dims: [usize; MAX_DIMS],
}

impl Dims {
    /// A shape, `None` with more than eight dims.
    pub fn new(dims: &[usize]) -> Option<Self> {
        let mut this = Self {
            count: dims.len(),
            dims: [0; MAX_DIMS],
        };
        this.dims.get_mut(..dims.len())?.copy_from_slice(dims);
        Some(this)
    }

    /// The dims, outermost first.
    pub fn as_slice(&self) -> &[usize] {
        &self.dims[..self.count]
    }

    /// Number of elements, `None` if it overflows. A scalar has one.
    pub fn elements(&self) -> Option<usize> {
        self.as_slice()
            .iter()
            .try_fold(1_usize, |product, dim| product.checked_mul(*dim))
    }
}

impl std::fmt::Debug for Dims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_slice().fmt(f)
    }
}

/// Input size of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct NetworkInfo {
    pub width: u32,
    pub height: u32,
    pub channels: u32,
}

/// Whose conventions a tensor meta follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Producer {
    /// gst-nvinfer: the layers' `buffer` fields are not set in the original, only in copies; device
    /// pointers are set (here to the host memory, as with unified memory).
    NvInfer,
    /// gst-nvinferserver: the layers' `buffer` fields are set, the device pointers are NULL.
    NvInferServer,
}

/// The tensors that one inference element attached to one frame or object.
#[derive(Clone, Copy, Debug)]
pub struct TensorMeta<'a> {
    raw: NonNull<c::NvDsInferTensorMeta>,
    release: &'static Release,
    marker: PhantomData<&'a c::NvDsInferTensorMeta>,
}

impl<'a> TensorMeta<'a> {
    /// # Safety
    /// `raw` must be a live tensor meta of the release for `'a`.
    pub(crate) unsafe fn new(
        raw: NonNull<c::NvDsInferTensorMeta>,
        release: &'static Release,
    ) -> Self {
        Self {
            raw,
            release,
            marker: PhantomData,
        }
    }

    getters! {
        /// unique-id of the inference element.
        unique_id: unique_id -> u32;
        /// GPU of the inference; -1 where unknown.
        gpu_id: gpu_id -> i32;
        /// Number of layers it claims to have.
        num_layers: num_output_layers -> u32;
    }

    /// A number that tells it from the others of its batch.
    pub fn address(&self) -> usize {
        self.raw.as_ptr() as usize
    }

    /// Input size of the network in pixels.
    pub fn network(&self) -> NetworkInfo {
        // SAFETY: a view is made of a live tensor meta only.
        let info = unsafe { (*self.raw.as_ptr()).network_info };
        NetworkInfo {
            width: info.width,
            height: info.height,
            channels: info.channels,
        }
    }

    /// Whether the frame was scaled with its aspect ratio kept, leaving bars. `None` where the release
    /// does not tell: before DeepStream 6.1, or where it may be an earlier one.
    pub fn maintain_aspect_ratio(&self) -> Option<bool> {
        self.release.has(KEPT_ASPECT).then(|| {
            // SAFETY: a view is made of a live tensor meta only, and this release has the field.
            unsafe { (*self.raw.as_ptr()).maintain_aspect_ratio != 0 }
        })
    }

    /// Which inference element attached it: nvinferserver delivers no device pointers, nvinfer does.
    pub fn producer(&self) -> Producer {
        // SAFETY: a view is made of a live tensor meta only; the array has one entry a layer.
        let no_device = unsafe {
            let devices = (*self.raw.as_ptr()).out_buf_ptrs_dev;
            self.num_layers() > 0 && !devices.is_null() && (*devices).is_null()
        };
        if no_device {
            Producer::NvInferServer
        } else {
            Producer::NvInfer
        }
    }

    /// Whether those bars are on both sides, not only right or below. `None` where the release does
    /// not tell: before DeepStream 7.1, whose struct ends before it, or where it may be an earlier one.
    pub fn symmetric_padding(&self) -> Option<bool> {
        self.release.has(SYMMETRIC).then(|| {
            // SAFETY: a view is made of a live tensor meta only, and this release has the field.
            unsafe { (*self.raw.as_ptr()).symmetric_padding != 0 }
        })
    }

    /// Takes over what the copy function of nvinferserver leaves unset.
    pub(crate) fn set_geometry_as(&self, original: &TensorMeta<'_>) {
        let (to, from) = (self.raw.as_ptr(), original.raw.as_ptr());
        // SAFETY: live tensor metas of locked batches; only plain fields are written, which the
        // release has.
        unsafe {
            (*to).network_info = (*from).network_info;
            if self.release.has(KEPT_ASPECT) {
                (*to).maintain_aspect_ratio = (*from).maintain_aspect_ratio;
            }
            if self.release.has(SYMMETRIC) {
                (*to).symmetric_padding = (*from).symmetric_padding;
            }
        }
    }

    /// Output layers in the order of the inference element; look them up by name.
    ///
    /// # Errors
    /// [`TensorError::NoLayers`] when the array is NULL although layers are claimed.
    pub fn layers(
        &self,
    ) -> Result<impl ExactSizeIterator<Item = Layer<'a>> + use<'a>, TensorError> {
        let count = self.num_layers();
        // SAFETY: a view is made of a live tensor meta only.
        let (infos, hosts) = unsafe {
            let raw = self.raw.as_ptr();
            ((*raw).output_layers_info, (*raw).out_buf_ptrs_host)
        };
        if infos.is_null() && count > 0 {
            return Err(TensorError::NoLayers(count));
        }
        Ok((0..count as usize).map(move |i| {
            // SAFETY: both arrays have `num_output_layers` entries (the pointer array may be NULL).
            unsafe {
                Layer {
                    info: NonNull::new_unchecked(infos.add(i)),
                    host: if hosts.is_null() {
                        std::ptr::null()
                    } else {
                        (*hosts.add(i)).cast_const()
                    },
                    marker: PhantomData,
                }
            }
        }))
    }
}
