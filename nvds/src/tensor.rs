//! Raw outputs of networks: reading what inference elements attached, and attaching alike.

use std::borrow::Cow;
use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

use half::f16;
use nvds_sys as c;

use crate::error::TensorError;
use crate::release::{KEPT_ASPECT, Release, SYMMETRIC};
use crate::view::getters;

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

/// One output layer.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    pub(crate) info: NonNull<c::NvDsInferLayerInfo>,
    host: *const c_void,
    marker: PhantomData<&'a c::NvDsInferLayerInfo>,
}

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

/// Memory that tensors lie in; it is given back by dropping it.
pub trait TensorMemory: Send + Sync {
    /// All of it. Asked for once for each layer; the memory must stay in its place.
    fn bytes(&self) -> &[u8];
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

/// One layer to be attached.
#[derive(Clone)]
pub struct NewLayer {
    /// Name.
    pub name: Arc<CStr>,
    /// Element type.
    pub data_type: DataType,
    /// Shape without the batch.
    pub dims: Dims,
    /// Where the elements lie.
    pub memory: Arc<dyn TensorMemory>,
    /// Byte in that memory where they start.
    pub offset: usize,
}

impl std::fmt::Debug for NewLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} {}{:?}",
            self.name,
            self.data_type.name(),
            self.dims
        )
    }
}

/// Tensors to be attached to a frame or an object, as an inference element does.
///
/// Copies of the metadata (tee, demux, a converter) share the memory.
#[derive(Clone, Debug)]
pub struct NewTensorMeta {
    unique_id: u32,
    gpu_id: i32,
    network: NetworkInfo,
    maintain_aspect_ratio: bool,
    symmetric_padding: bool,
    producer: Producer,
    layers: Vec<PlacedLayer>,
}

/// A layer and where its elements start.
#[derive(Clone, Debug)]
struct PlacedLayer {
    layer: NewLayer,
    start: *const u8,
}

// SAFETY: the pointer leads into memory that the layer keeps and that is Send and Sync.
unsafe impl Send for PlacedLayer {}
// SAFETY: as above; nothing is changed through it.
unsafe impl Sync for PlacedLayer {}

impl NewTensorMeta {
    /// Describes the tensors of one inference.
    ///
    /// # Errors
    /// [`TensorError`] when a layer does not fit into its memory, is misaligned there, or has a
    /// shape that the C struct cannot hold.
    pub fn new(
        unique_id: u32,
        network: NetworkInfo,
        producer: Producer,
        layers: Vec<NewLayer>,
    ) -> Result<Self, TensorError> {
        let layers = layers
            .into_iter()
            .map(|layer| {
                let start = layer.check()?;
                Ok(PlacedLayer { layer, start })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            unique_id,
            gpu_id: 0,
            network,
            maintain_aspect_ratio: false,
            symmetric_padding: false,
            producer,
            layers,
        })
    }

    /// The layers in order.
    pub fn layers(&self) -> impl ExactSizeIterator<Item = &NewLayer> {
        self.layers.iter().map(|placed| &placed.layer)
    }

    /// Size of the network's input.
    pub fn network(&self) -> NetworkInfo {
        self.network
    }

    /// Whose conventions it follows.
    pub fn producer(&self) -> Producer {
        self.producer
    }

    /// How the frame was fitted into the network's input.
    #[must_use]
    pub fn padding(mut self, maintain_aspect_ratio: bool, symmetric: bool) -> Self {
        self.maintain_aspect_ratio = maintain_aspect_ratio;
        self.symmetric_padding = symmetric;
        self
    }

    /// GPU of the inference, 0 if never called; -1 for none.
    #[must_use]
    pub fn gpu_id(mut self, gpu_id: i32) -> Self {
        self.gpu_id = gpu_id;
        self
    }

    /// What hangs on the user meta.
    pub(crate) fn to_payload(&self) -> Box<TensorPayload> {
        let fill = self.producer == Producer::NvInferServer;
        Box::new(TensorPayload::new(self.clone(), fill))
    }
}

impl NewLayer {
    /// The elements; none where the memory is too short for them.
    pub fn bytes(&self) -> &[u8] {
        let bytes = self
            .dims
            .elements()
            .map(|n| n.saturating_mul(self.data_type.size()));
        let end = bytes.map_or(usize::MAX, |bytes| self.offset.saturating_add(bytes));
        self.memory.bytes().get(self.offset..end).unwrap_or(&[])
    }

    /// Where the elements start, if all of them are in the memory.
    fn check(&self) -> Result<*const u8, TensorError> {
        let layer = || self.name.to_string_lossy().into_owned();
        let elements = self.dims.elements();
        let bytes = self.memory.bytes();
        let end = elements
            .filter(|n| u32::try_from(*n).is_ok())
            .and_then(|n| n.checked_mul(self.data_type.size()))
            .and_then(|n| n.checked_add(self.offset));
        if end.is_none_or(|end| end > bytes.len())
            || self
                .dims
                .as_slice()
                .iter()
                .any(|d| u32::try_from(*d).is_err())
        {
            return Err(TensorError::Elements {
                layer: layer(),
                dims: self.dims.as_slice().to_vec(),
                claimed: u32::try_from(bytes.len() / self.data_type.size()).unwrap_or(u32::MAX),
            });
        }
        let start = bytes[self.offset..].as_ptr();
        if !(start as usize).is_multiple_of(self.data_type.size()) {
            return Err(TensorError::Misaligned { layer: layer() });
        }
        Ok(start)
    }
}

/// A tensor meta with everything its pointers point at. The C struct comes first, because a reader
/// takes the address of the payload for the address of the struct.
#[repr(C)]
pub(crate) struct TensorPayload {
    raw: c::NvDsInferTensorMeta,
    source: NewTensorMeta,
    infos: Box<[c::NvDsInferLayerInfo]>,
    host: Box<[*mut c_void]>,
    device: Box<[*mut c_void]>,
}

// SAFETY: the raw pointers point into boxes of the same payload and into memory kept by Arc.
unsafe impl Send for TensorPayload {}
// SAFETY: nothing is changed through a shared reference.
unsafe impl Sync for TensorPayload {}

impl TensorPayload {
    fn new(source: NewTensorMeta, fill_buffers: bool) -> Self {
        let mut host: Box<[*mut c_void]> = source
            .layers
            .iter()
            .map(|layer| layer.start.cast_mut().cast())
            .collect();
        let mut device: Box<[*mut c_void]> = match source.producer {
            Producer::NvInfer => host.clone(),
            Producer::NvInferServer => host.iter().map(|_| std::ptr::null_mut()).collect(),
        };
        let mut infos: Box<[c::NvDsInferLayerInfo]> = source
            .layers
            .iter()
            .zip(&host)
            .enumerate()
            .map(|(i, (PlacedLayer { layer, .. }, host))| {
                let mut d = [0; MAX_DIMS];
                for (to, from) in d.iter_mut().zip(layer.dims.as_slice()) {
                    *to = *from as u32; // `check` saw that it fits
                }
                c::NvDsInferLayerInfo {
                    dataType: layer.data_type.to_c(),
                    inferDims: c::NvDsInferDims {
                        numDims: layer.dims.as_slice().len() as u32,
                        d,
                        numElements: layer.dims.elements().unwrap_or(0) as u32,
                    },
                    bindingIndex: i as i32,
                    layerName: layer.name.as_ptr(),
                    buffer: if fill_buffers {
                        *host
                    } else {
                        std::ptr::null_mut()
                    },
                    isInput: 0,
                }
            })
            .collect();
        let raw = c::NvDsInferTensorMeta {
            unique_id: source.unique_id,
            num_output_layers: infos.len() as u32,
            output_layers_info: infos.as_mut_ptr(),
            out_buf_ptrs_host: host.as_mut_ptr(),
            out_buf_ptrs_dev: device.as_mut_ptr(),
            gpu_id: source.gpu_id,
            priv_data: std::ptr::null_mut(),
            network_info: c::NvDsInferNetworkInfo {
                width: source.network.width,
                height: source.network.height,
                channels: source.network.channels,
            },
            maintain_aspect_ratio: source.maintain_aspect_ratio.into(),
            symmetric_padding: source.symmetric_padding.into(),
        };
        Self {
            raw,
            source,
            infos,
            host,
            device,
        }
    }
}

impl Clone for TensorPayload {
    /// As the stock copy functions do: own arrays, shared memory, `buffer` fields set.
    fn clone(&self) -> Self {
        debug_assert_eq!(self.raw.num_output_layers as usize, self.infos.len());
        debug_assert_eq!(self.host.len(), self.device.len());
        Self::new(self.source.clone(), true)
    }
}
