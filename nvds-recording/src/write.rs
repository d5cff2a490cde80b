//! Writing a recording.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io;
use std::path::Path;

use nvds::{Dims, Layer, TensorError, TensorMeta};
use safetensors::{Dtype, SafeTensorError, View};

use super::key::{self, Place};
use super::replace::replace;
use super::{FrameInfo, INFO_ENTRY, Inference, Info, Network, VERSION, to_dtype};

/// What is written while a file is not complete ends with this.
const TEMPORARY: &str = ".part";

/// One file in the making. It borrows the tensors.
pub struct Writer<'a> {
    info: Info,
    tensors: Vec<(String, Tensor<'a>)>,
    keys: HashSet<String>,
    /// Layers left out so far.
    pub left_out: u64,
}

struct Tensor<'a> {
    dtype: Dtype,
    dims: Dims,
    bytes: &'a [u8],
}

impl View for Tensor<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        self.dims.as_slice()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Why a layer is not in the file.
#[derive(Debug, thiserror::Error)]
pub enum LeftOut {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] TensorError),
    /// Its name is taken.
    #[error(
        "{0} is there twice: give each inference element a unique-id of its own, and each layer a \
         name"
    )]
    Twice(String),
}

/// Why the tensors do not make a file.
#[derive(Debug, thiserror::Error)]
#[error("the tensors do not make a safetensors file: {0}")]
pub struct EncodeError(String);

impl<'a> Writer<'a> {
    /// A file without tensors.
    pub fn new(buffer_pts: Option<u64>) -> Self {
        Self {
            info: Info {
                version: VERSION,
                buffer_pts,
                frames: Vec::new(),
                inferences: Vec::new(),
            },
            tensors: Vec::new(),
            keys: HashSet::new(),
            left_out: 0,
        }
    }

    /// Adds the next frame of the batch.
    pub fn frame(&mut self, frame: FrameInfo) {
        self.info.frames.push(frame);
    }

    /// Number of tensors so far.
    pub fn tensors(&self) -> usize {
        self.tensors.len()
    }

    /// Adds the tensors of one inference. Layers that cannot be written are told to `left_out`.
    pub fn meta(&mut self, place: Place, meta: &TensorMeta<'a>, mut left_out: impl FnMut(LeftOut)) {
        let mut names = Vec::new();
        let mut refuse = |error| {
            left_out(error);
            1
        };
        match meta.layers() {
            Ok(layers) => {
                for layer in layers {
                    match self.layer(place, &layer) {
                        Ok(name) => names.push(name),
                        Err(error) => self.left_out += refuse(error),
                    }
                }
            }
            Err(error) => self.left_out += refuse(error.into()),
        }
        let network = meta.network();
        self.info.inferences.push(Inference {
            frame: Some(place.frame),
            object: place.object,
            unique_id: place.unique_id,
            gpu_id: meta.gpu_id(),
            producer: meta.producer().into(),
            network: Network {
                width: network.width,
                height: network.height,
                channels: network.channels,
            },
            maintain_aspect_ratio: meta.maintain_aspect_ratio(),
            symmetric_padding: meta.symmetric_padding(),
            layers: Some(names),
        });
    }

    /// Adds a layer. Returns its name as it is written.
    fn layer(&mut self, place: Place, layer: &Layer<'a>) -> Result<String, LeftOut> {
        let dims = layer.dims()?;
        let dtype = to_dtype(layer.data_type()?);
        let bytes = layer.data()?.as_bytes();
        let name = key::escape(layer.name_bytes());
        let key = format!("{place}.{name}");
        if !self.keys.insert(key.clone()) {
            return Err(LeftOut::Twice(key));
        }
        self.tensors.push((key, Tensor { dtype, dims, bytes }));
        Ok(name)
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// [`EncodeError`] when the header would be larger than safetensors readers take.
    pub fn encode(self) -> Result<Vec<u8>, EncodeError> {
        let info = serde_json::to_string(&self.info).map_err(|e| EncodeError(e.to_string()))?;
        let metadata = [(INFO_ENTRY.to_owned(), info)].into_iter().collect();
        safetensors::serialize(self.tensors, Some(metadata))
            .map_err(|error: SafeTensorError| EncodeError(error.to_string()))
    }
}

/// Writes a file whole or not at all, see [`replace`](super::replace::replace).
///
/// # Errors
/// As the file system's. Nothing is left behind then.
pub fn save(path: &Path, bytes: &[u8], fsync: bool) -> io::Result<()> {
    replace(path, TEMPORARY, bytes, fsync)
}
