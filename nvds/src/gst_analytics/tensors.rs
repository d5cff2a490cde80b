//! Tensors on buffers, as GStreamer's inference elements attach them.

use std::ptr::null_mut;

use nvds_sys::gst_analytics as c;

use super::read::quark_text;
use super::write::quark;
use super::{GstAnalytics, GstAnalyticsError};
use crate::aligned::AlignedBytes;
use crate::tensor::DataType;

/// `GST_TENSOR_DIM_ORDER_ROW_MAJOR`, and `GST_TENSOR_LAYOUT_CONTIGUOUS`, the only layout.
const ROW_MAJOR: i32 = 0;
const CONTIGUOUS: i32 = 0;

/// More dims than any network's tensor has. A count above it is taken for garbage.
const MOST_DIMS: usize = 32;

/// A tensor in row-major order.
#[derive(Debug)]
pub struct GstTensor {
    /// What it is, by the name that decoders look for.
    pub id: String,
    /// Type of its elements.
    pub data_type: DataType,
    /// Its shape, with the batch.
    pub dims: Vec<usize>,
    /// Its elements.
    pub data: AlignedBytes,
}

/// Why a tensor cannot be taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GstTensorError {
    /// DeepStream has no such type.
    #[error(
        "tensor {id} has elements of GstTensorDataType {found}: expected int8, uint8, int32, int64, float16 or float32"
    )]
    Type {
        /// The tensor.
        id: String,
        /// The number of the type.
        found: i32,
    },
    /// Columns first, or what is no plain array.
    #[error("tensor {id} is not a plain array in row-major order")]
    Order {
        /// The tensor.
        id: String,
    },
    /// Its size is not that of its dims.
    #[error("tensor {id} has dims {dims:?} and {bytes} bytes, which do not fit each other")]
    Size {
        /// The tensor.
        id: String,
        /// Its dims.
        dims: Vec<usize>,
        /// Its bytes.
        bytes: usize,
    },
    /// Its memory cannot be mapped.
    #[error("the memory of tensor {id} cannot be read")]
    Memory {
        /// The tensor.
        id: String,
    },
}

/// Numbers of `GstTensorDataType`.
const TYPES: [(i32, DataType); 6] = [
    (1, DataType::Int8),
    (3, DataType::Int32),
    (4, DataType::Int64),
    (6, DataType::UInt8),
    (10, DataType::Half),
    (11, DataType::Float),
];

/// Bytes of a tensor, `None` where they are too many for any memory.
fn size(data_type: DataType, dims: &[usize]) -> Option<usize> {
    dims.iter()
        .try_fold(data_type.size(), |product, dim| product.checked_mul(*dim))
}

impl GstAnalytics {
    /// Attaches tensors to a buffer as one tensor meta. Returns their number: one without dims, with a dim of 0 or with
    /// fewer or more bytes than its dims say is left out.
    ///
    /// # Errors
    /// Before GStreamer 1.26.
    pub fn write_tensors(
        &self,
        buffer: &mut gst::BufferRef,
        tensors: Vec<GstTensor>,
    ) -> Result<usize, GstAnalyticsError> {
        let api = self.api.tensors.as_ref().map_err(Clone::clone)?;
        let mut made: Vec<*mut c::GstTensor> = tensors
            .into_iter()
            .filter_map(|tensor| make(api, tensor))
            .collect();
        if made.is_empty() {
            return Ok(0);
        }
        // SAFETY: a live buffer that is writable; array and tensors are of GLib's heap and go over to the meta.
        unsafe {
            let meta = (api.gst_buffer_add_tensor_meta)(buffer.as_mut_ptr());
            let bytes = size_of_val(&made[..]);
            let array = glib::ffi::g_malloc(bytes).cast::<*mut c::GstTensor>();
            array.copy_from_nonoverlapping(made.as_mut_ptr(), made.len());
            (api.gst_tensor_meta_set)(meta, made.len() as u32, array);
        }
        Ok(made.len())
    }

    /// The tensors of a buffer, in their order; none before GStreamer 1.26.
    pub fn read_tensors(&self, buffer: &gst::BufferRef) -> Vec<Result<GstTensor, GstTensorError>> {
        let Ok(api) = &self.api.tensors else {
            return Vec::new();
        };
        let mut read = Vec::new();
        let mut state = null_mut();
        // SAFETY: a live buffer; metas of this type are tensor metas, whose array is as long as they say.
        unsafe {
            let kind = (api.gst_tensor_meta_api_get_type)();
            let next = || {
                let buffer = buffer.as_ptr().cast_mut();
                gst::ffi::gst_buffer_iterate_meta_filtered(buffer, &mut state, kind)
            };
            for meta in std::iter::repeat_with(next).take_while(|meta| !meta.is_null()) {
                let meta = meta.cast::<c::GstTensorMeta>();
                for at in 0..(*meta).num_tensors {
                    let tensor = *(*meta).tensors.add(at);
                    if !tensor.is_null() {
                        read.push(take(tensor));
                    }
                }
            }
        }
        read
    }
}

/// A tensor of GLib's heap, `None` for one that GStreamer would refuse.
fn make(api: &c::TensorFunctions, mut tensor: GstTensor) -> Option<*mut c::GstTensor> {
    let (number, _) = TYPES.iter().find(|(_, kind)| *kind == tensor.data_type)?;
    let bytes = tensor.data.as_slice().len();
    let fits = size(tensor.data_type, &tensor.dims) == Some(bytes);
    if tensor.dims.is_empty() || tensor.dims.contains(&0) || !fits {
        return None;
    }
    let id = quark(Some(&tensor.id));
    let data = gst::Buffer::from_slice(Held(tensor.data));
    let count = tensor.dims.len();
    // SAFETY: the buffer goes over to the tensor; the dims are as many as is said, and are copied. Order, type and size
    // are such that it refuses none.
    let made = unsafe {
        (api.gst_tensor_new_simple)(
            id,
            *number,
            glib::translate::IntoGlibPtr::into_glib_ptr(data),
            ROW_MAJOR,
            count,
            tensor.dims.as_mut_ptr(),
        )
    };
    (!made.is_null()).then_some(made)
}

/// A copy of a tensor.
///
/// # Safety
/// It must be alive.
unsafe fn take(tensor: *const c::GstTensor) -> Result<GstTensor, GstTensorError> {
    // SAFETY: the caller vouches for the tensor, which as many dims follow as it says.
    let (id, kind, plain, dims, data) = unsafe {
        let count = (*tensor).num_dims;
        let first = (&raw const (*tensor).dims).cast::<usize>();
        let dims = std::slice::from_raw_parts(first, count.min(MOST_DIMS)).to_vec();
        let plain = (*tensor).dims_order == ROW_MAJOR
            && (*tensor).layout == CONTIGUOUS
            && count <= MOST_DIMS;
        let id = quark_text((*tensor).id).unwrap_or_default();
        (id, (*tensor).data_type, plain, dims, (*tensor).data)
    };
    if !plain {
        return Err(GstTensorError::Order { id });
    }
    let Some((_, data_type)) = TYPES.iter().find(|(number, _)| *number == kind) else {
        return Err(GstTensorError::Type { id, found: kind });
    };
    if data.is_null() {
        return Err(GstTensorError::Memory { id });
    }
    // SAFETY: a tensor's buffer lives as long as it.
    let data = unsafe { gst::BufferRef::from_ptr(data) };
    let Ok(map) = data.map_readable() else {
        return Err(GstTensorError::Memory { id });
    };
    if size(*data_type, &dims) != Some(map.len()) {
        let bytes = map.len();
        return Err(GstTensorError::Size { id, dims, bytes });
    }
    Ok(GstTensor {
        id,
        data_type: *data_type,
        dims,
        data: AlignedBytes::copy_of(&map),
    })
}

/// Elements that a buffer keeps.
struct Held(AlignedBytes);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}
