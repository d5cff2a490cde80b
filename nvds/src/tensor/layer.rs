//! One output of a network: its name, type, shape and elements.

use std::borrow::Cow;
use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;

use half::f16;
use nvds_sys as c;

use super::{DataType, Dims, MAX_DIMS};
use crate::error::TensorError;

/// Elements of a layer in host memory, row-major.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum LayerData<'a> {
    Float(&'a [f32]),
    Half(&'a [f16]),
    Int8(&'a [i8]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    UInt8(&'a [u8]),
}

impl<'a> LayerData<'a> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Float(elements) => elements.len(),
            Self::Half(elements) => elements.len(),
            Self::Int8(elements) => elements.len(),
            Self::Int32(elements) => elements.len(),
            Self::Int64(elements) => elements.len(),
            Self::UInt8(elements) => elements.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements' bytes in this machine's byte order.
    pub fn as_bytes(&self) -> &'a [u8] {
        match self {
            Self::Float(elements) => bytes_of(elements),
            Self::Half(elements) => bytes_of(elements),
            Self::Int8(elements) => bytes_of(elements),
            Self::Int32(elements) => bytes_of(elements),
            Self::Int64(elements) => bytes_of(elements),
            Self::UInt8(elements) => elements,
        }
    }
}

/// The bytes of elements of a [`LayerData`].
fn bytes_of<T: Copy>(elements: &[T]) -> &[u8] {
    // SAFETY: numbers without padding, so that every byte is initialised.
    unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), size_of_val(elements)) }
}

/// One output layer.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    pub(crate) info: NonNull<c::NvDsInferLayerInfo>,
    pub(super) host: *const c_void,
    pub(super) marker: PhantomData<&'a c::NvDsInferLayerInfo>,
}

impl<'a> Layer<'a> {
    /// Name, empty if the pointer is NULL; bytes that are no UTF-8 are replaced.
    pub fn name(&self) -> Cow<'a, str> {
        // SAFETY: a live layer; the name lives as long as the inference context, which the tensor
        // meta keeps.
        let name = unsafe { crate::text::c_str((*self.info.as_ptr()).layerName) };
        // The checked way first, which is the faster one for a name that is well.
        name.map_or(Cow::Borrowed(""), |name| match name.to_str() {
            Ok(name) => Cow::Borrowed(name),
            Err(_) => name.to_string_lossy(),
        })
    }

    /// Name as it is stored: not necessarily UTF-8. Empty if the pointer is NULL.
    pub fn name_bytes(&self) -> &'a [u8] {
        // SAFETY: as in `name`.
        let name = unsafe { crate::text::c_str((*self.info.as_ptr()).layerName) };
        name.map_or(&[], CStr::to_bytes)
    }

    /// Element type.
    ///
    /// # Errors
    /// [`TensorError::UnknownType`].
    pub fn data_type(&self) -> Result<DataType, TensorError> {
        // SAFETY: a live layer.
        let value = unsafe { (*self.info.as_ptr()).dataType };
        DataType::from_c(value).ok_or_else(|| TensorError::UnknownType {
            layer: self.name().into_owned(),
            found: value,
        })
    }

    /// Shape without the batch.
    ///
    /// # Errors
    /// [`TensorError::TooManyDims`].
    pub fn dims(&self) -> Result<Dims, TensorError> {
        // SAFETY: a live layer.
        let dims = unsafe { (*self.info.as_ptr()).inferDims };
        let count = dims.numDims as usize;
        if count > MAX_DIMS {
            return Err(TensorError::TooManyDims {
                layer: self.name().into_owned(),
                found: dims.numDims,
            });
        }
        let size = |at: usize| if at < count { dims.d[at] as usize } else { 0 };
        Ok(Dims {
            count,
            dims: std::array::from_fn(size),
        })
    }

    /// The elements in host memory.
    ///
    /// The host pointers of the tensor meta already point at this frame's slice and are used as
    /// they are; the layer's own `buffer` field is not valid as gst-nvinfer delivers it.
    ///
    /// # Errors
    /// [`TensorError`] for an unknown type, too many dims, dims that contradict `numElements`, a
    /// NULL or misaligned pointer.
    pub fn data(&self) -> Result<LayerData<'a>, TensorError> {
        self.read().map(|(_, data)| data)
    }

    /// [`Self::dims`] and [`Self::data`].
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn read(&self) -> Result<(Dims, LayerData<'a>), TensorError> {
        let data_type = self.data_type()?;
        let dims = self.dims()?;
        // SAFETY: a live layer.
        let claimed = unsafe { (*self.info.as_ptr()).inferDims.numElements };
        let elements = dims
            .elements()
            // A scalar (no dims) is delivered with numElements 0.
            .filter(|n| *n == claimed as usize || (dims.count == 0 && claimed == 0))
            .filter(|n| {
                n.checked_mul(data_type.size())
                    .is_some_and(|b| b <= isize::MAX as usize)
            })
            .ok_or_else(|| TensorError::Elements {
                layer: self.name().into_owned(),
                dims: dims.as_slice().to_vec(),
                claimed,
            })?;
        // SAFETY: the dims agree with numElements.
        let data = unsafe { self.elements(data_type, elements) }?;
        Ok((dims, data))
    }

    /// The elements in host memory.
    ///
    /// # Errors
    /// When the pointer is NULL or misaligned.
    ///
    /// # Safety
    /// The layer must be of this type and have that many elements, and they must fit into `isize` bytes.
    pub(crate) unsafe fn elements(
        &self,
        data_type: DataType,
        elements: usize,
    ) -> Result<LayerData<'a>, TensorError> {
        if self.host.is_null() {
            return Err(TensorError::NoHostData {
                layer: self.name().into_owned(),
            });
        }
        if !(self.host as usize).is_multiple_of(data_type.size()) {
            return Err(TensorError::Misaligned {
                layer: self.name().into_owned(),
            });
        }
        // SAFETY: host memory of that many elements, as the caller vouches, aligned,
        // alive as long as the tensor meta; every bit pattern is valid for these types.
        Ok(unsafe {
            match data_type {
                DataType::Float => LayerData::Float(self.slice(elements)),
                DataType::Half => LayerData::Half(self.slice(elements)),
                DataType::Int8 => LayerData::Int8(self.slice(elements)),
                DataType::Int32 => LayerData::Int32(self.slice(elements)),
                DataType::Int64 => LayerData::Int64(self.slice(elements)),
                DataType::UInt8 => LayerData::UInt8(self.slice(elements)),
            }
        })
    }

    /// # Safety
    /// The host pointer must be aligned for `T` and hold that many elements for `'a`.
    unsafe fn slice<T>(&self, elements: usize) -> &'a [T] {
        // SAFETY: the caller vouches for it.
        unsafe { std::slice::from_raw_parts(self.host.cast(), elements) }
    }
}
