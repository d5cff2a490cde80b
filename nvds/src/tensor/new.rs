//! Tensors to be attached.

use std::ffi::CStr;
use std::sync::Arc;

use super::payload::TensorPayload;
use super::{DataType, Dims, NetworkInfo, Producer};
use crate::error::TensorError;

/// Memory that tensors lie in; it is given back by dropping it.
pub trait TensorMemory: Send + Sync {
    /// All of it. Asked for once for each layer; the memory must stay in its place.
    fn bytes(&self) -> &[u8];
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

/// Tensors to be attached to a frame or an object, as an inference element does.
///
/// Copies of the metadata (tee, demux, a converter) share the memory.
#[derive(Clone, Debug)]
pub struct NewTensorMeta {
    pub(super) unique_id: u32,
    pub(super) gpu_id: i32,
    pub(super) network: NetworkInfo,
    pub(super) maintain_aspect_ratio: bool,
    pub(super) symmetric_padding: bool,
    pub(super) producer: Producer,
    pub(super) layers: Vec<PlacedLayer>,
}

/// A layer and where its elements start.
#[derive(Clone, Debug)]
pub(super) struct PlacedLayer {
    pub(super) layer: NewLayer,
    pub(super) start: *const u8,
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
