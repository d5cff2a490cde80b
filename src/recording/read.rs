//! Reading a recording. Nothing in a file is believed.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use nvds::{AlignedBytes, Dims, NetworkInfo, NewLayer, NewTensorMeta, TensorError};
use safetensors::tensor::{Metadata, TensorInfo};
use serde::Deserialize;

use super::key::{self, Place};
use super::{FrameInfo, INFO_ENTRY, Inference, Info, Network, ProducerName, VERSION, from_dtype};

/// Bytes of the header's length.
const LENGTH: usize = size_of::<u64>();
/// The longest header in bytes that safetensors allows.
const MAX_HEADER: usize = 100_000_000;
/// The largest file in bytes that is believed to hold one buffer's tensors.
const MAX_FILE: u64 = 1 << 30;
/// How a file begins that stands for one in Git's large file storage.
const LFS_POINTER: &[u8] = b"version https://git-lfs";
/// Channels of a network for which the file does not tell them.
const CHANNELS: u32 = 3;

/// The tensors of one buffer.
#[derive(Debug)]
pub struct Recording {
    /// Number of frames in the batch.
    pub frames: usize,
    /// What the file tells of each frame, in the order of the batch; empty where it tells nothing.
    pub told: Vec<FrameInfo>,
    /// In the order in which they are to be attached.
    pub metas: Vec<RecordedMeta>,
}

/// The tensors of one inference.
#[derive(Debug)]
pub struct RecordedMeta {
    /// What they belong to.
    pub place: Place,
    /// What to attach.
    pub meta: NewTensorMeta,
    /// Number of layers.
    pub layers: usize,
}

/// Why a file is no recording.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is a folder, a pipe or a device.
    #[error("it is not a file")]
    NotAFile,
    /// It is very large.
    #[error("it has {0} bytes; the tensors of one buffer are expected to have at most {MAX_FILE}")]
    TooLarge(u64),
    /// Nothing is in it.
    #[error("it is empty: was writing it broken off, by a full disk or a power cut?")]
    Empty,
    /// A placeholder.
    #[error("it is a pointer of Git LFS and not the file itself: fetch that with `git lfs pull`")]
    LfsPointer,
    /// It ends too early.
    #[error(
        "it is cut short: it has {found} bytes of {expected}; was copying or writing it broken off?"
    )]
    Cut {
        /// Bytes that there are.
        found: usize,
        /// Bytes that its header tells.
        expected: u64,
    },
    /// The header does not fit.
    #[error(
        "it is not a safetensors file: it has {file} bytes, but its first eight claim a header of \
         {header}"
    )]
    Length {
        /// Bytes of the file.
        file: usize,
        /// Bytes of the header.
        header: u64,
    },
    /// More follows than the header tells.
    #[error("it has {found} bytes, but its header tells only of {expected}")]
    Surplus {
        /// Bytes that there are.
        found: usize,
        /// Bytes that its header tells.
        expected: u64,
    },
    /// The header is broken.
    #[error("it is not a safetensors file: its header is not understood: {0}")]
    Header(serde_json::Error),
    /// The entry `nvds` is broken.
    #[error("its entry \"{INFO_ENTRY}\" is not understood: {0}")]
    Info(serde_json::Error),
    /// The entry `nvds` is of another version.
    #[error(
        "its entry \"{INFO_ENTRY}\" has version {0}; this build reads version {VERSION}: use a newer \
         one, or record anew"
    )]
    Version(u64),
    /// A name that means nothing.
    #[error(
        "the tensor {0:?} is not named f<frame>.u<unique-id>.<layer> or \
         f<frame>.o<object>.u<unique-id>.<layer>, with numbers from 0 to 4294967295 without leading \
         zeros"
    )]
    Key(String),
    /// A layer's name with a zero byte.
    #[error("the tensor {0:?} has a zero byte in its layer's name")]
    ZeroByte(String),
    /// An element type that DeepStream does not have.
    #[error(
        "the tensor {key:?} has elements of type {found}; DeepStream has F32, F16, I8, U8, I32 and \
         I64: convert it, in numpy with astype(numpy.float32)"
    )]
    Type {
        /// Name of the tensor.
        key: String,
        /// Type found.
        found: safetensors::Dtype,
    },
    /// More dims than DeepStream has.
    #[error("the tensor {key:?} has {found} dims; DeepStream allows 8")]
    Dims {
        /// Name of the tensor.
        key: String,
        /// Number found.
        found: usize,
    },
    /// A tensor that the C structs cannot hold.
    #[error("the tensors {place}.* cannot be attached: {error}")]
    Tensor {
        /// Beginning of their names.
        place: Place,
        /// Why.
        error: TensorError,
    },
    /// A layer without data.
    #[error("its entry \"{INFO_ENTRY}\" has a layer {0:?} that is not among the tensors")]
    NoLayer(String),
    /// A frame that is not in the batch.
    #[error(
        "it has tensors {place}.*, but its entry \"{INFO_ENTRY}\" has {}, numbered from 0",
        counted(*frames, "frame")
    )]
    NoFrame {
        /// Beginning of their names.
        place: Place,
        /// Number of frames.
        frames: usize,
    },
    /// Nothing tells the size of the network.
    #[error(
        "nothing tells the input size of the network with unique-id {0}: set network-width and \
         network-height, or give the file an entry \"{INFO_ENTRY}\" with it"
    )]
    NoNetworkSize(u32),
}

/// `1 frame`, `2 frames`.
pub fn counted(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

impl ReadError {
    /// Whether there is no such file.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// Reads a file. Networks of which it tells no size have `network_size`.
///
/// # Errors
/// [`ReadError`].
pub fn load(path: &Path, network_size: (u32, u32)) -> Result<Recording, ReadError> {
    // Asked before opening, which would wait for a pipe's other end.
    let about = fs::metadata(path)?;
    if !about.is_file() {
        return Err(ReadError::NotAFile);
    }
    // Read, not mapped: a mapped file that is cut while tensors of it are in use ends the process.
    let mut file = File::open(path)?;
    let len = usize::try_from(about.len())
        .ok()
        .filter(|_| about.len() <= MAX_FILE)
        .ok_or(ReadError::TooLarge(about.len()))?;
    decode(AlignedBytes::read(&mut file, len)?, network_size)
}

/// As [`load`], of a file's bytes.
///
/// # Errors
/// [`ReadError`].
pub fn decode(file: AlignedBytes, network_size: (u32, u32)) -> Result<Recording, ReadError> {
    let (metadata, start) = header(file.as_slice())?;
    let info = info(&metadata)?;
    let mut layers = Layers::new(Arc::new(file), start, &metadata)?;
    let mut metas = Vec::new();
    let highest = layers.by_place.keys().map(|place| place.frame as usize + 1);
    let frames = match &info {
        Some(info) => info.frames.len(),
        None => highest.max().unwrap_or(0),
    };
    let (told, known) = info.map_or_else(Default::default, |info| (info.frames, info.inferences));
    for inference in &known {
        let Some(frame) = inference.frame else {
            continue;
        };
        let place = Place {
            frame,
            object: inference.object,
            unique_id: inference.unique_id,
        };
        metas.push(layers.take(place, inference)?);
    }
    while let Some((&place, _)) = layers.by_place.first_key_value() {
        let told = known.iter().find(|i| i.is_of(place));
        let inference = match told {
            Some(inference) => Inference {
                layers: None,
                ..inference.clone()
            },
            None => untold(place, network_size)?,
        };
        metas.push(layers.take(place, &inference)?);
    }
    if let Some(beyond) = metas.iter().find(|m| m.place.frame as usize >= frames) {
        return Err(ReadError::NoFrame {
            place: beyond.place,
            frames,
        });
    }
    Ok(Recording {
        frames,
        told,
        metas,
    })
}

impl Inference {
    /// Whether it tells of the tensors at a place.
    fn is_of(&self, place: Place) -> bool {
        let here = self.frame.is_none_or(|frame| frame == place.frame)
            && (self.frame.is_none() || self.object == place.object);
        here && self.unique_id == place.unique_id
    }
}

/// What is taken for an inference of which the file tells nothing.
fn untold(place: Place, (width, height): (u32, u32)) -> Result<Inference, ReadError> {
    if width == 0 || height == 0 {
        return Err(ReadError::NoNetworkSize(place.unique_id));
    }
    Ok(Inference {
        frame: Some(place.frame),
        object: place.object,
        unique_id: place.unique_id,
        gpu_id: 0,
        producer: ProducerName::NvInfer,
        network: Network {
            width,
            height,
            channels: CHANNELS,
        },
        maintain_aspect_ratio: false,
        symmetric_padding: false,
        layers: None,
    })
}

/// The header, and where the tensors start in the file.
fn header(file: &[u8]) -> Result<(Metadata, usize), ReadError> {
    if file.is_empty() {
        return Err(ReadError::Empty);
    }
    if file.starts_with(LFS_POINTER) {
        return Err(ReadError::LfsPointer);
    }
    let found = file.len();
    let cut = |expected| ReadError::Cut { found, expected };
    let (length, rest) = file.split_first_chunk().ok_or_else(|| cut(LENGTH as u64))?;
    let claimed = u64::from_le_bytes(*length);
    let length = usize::try_from(claimed).unwrap_or(usize::MAX);
    if length > MAX_HEADER || (!rest.is_empty() && rest[0] != b'{') {
        return Err(ReadError::Length {
            file: found,
            header: claimed,
        });
    }
    let start = LENGTH + length;
    let header = rest.get(..length).ok_or_else(|| cut(start as u64))?;
    // The crate's own reader adds up the lengths unchecked: tensors of nearly 2^64 bytes go wrong.
    let metadata: Metadata = serde_json::from_slice(header).map_err(ReadError::Header)?;
    let expected = (metadata.data_len() as u64).saturating_add(start as u64);
    match expected.cmp(&(found as u64)) {
        Ordering::Equal => Ok((metadata, start)),
        Ordering::Greater => Err(cut(expected)),
        Ordering::Less => Err(ReadError::Surplus { found, expected }),
    }
}

/// The entry `nvds`, if there is one.
fn info(metadata: &Metadata) -> Result<Option<Info>, ReadError> {
    let entries = metadata.metadata().as_ref();
    let Some(text) = entries.and_then(|entries| entries.get(INFO_ENTRY)) else {
        return Ok(None);
    };
    match serde_json::from_str::<Info>(text) {
        Ok(info) if info.version == VERSION => Ok(Some(info)),
        Ok(info) => Err(ReadError::Version(info.version)),
        // Another version may have other fields.
        Err(error) => Err(match serde_json::from_str(text) {
            Ok(Version { version }) if version != VERSION => ReadError::Version(version),
            _ => ReadError::Info(error),
        }),
    }
}

/// What an [`Info`] of any version has.
#[derive(Deserialize)]
struct Version {
    version: u64,
}

/// The layers that are in no tensor meta yet.
struct Layers {
    file: Arc<AlignedBytes>,
    /// Where the tensors start.
    start: usize,
    /// Names as in the keys, in the order of the file.
    by_place: BTreeMap<Place, Vec<(String, TensorInfo)>>,
}

impl Layers {
    fn new(file: Arc<AlignedBytes>, start: usize, metadata: &Metadata) -> Result<Self, ReadError> {
        let mut by_place: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let tensors = metadata.tensors();
        for key in metadata.offset_keys() {
            let Some(info) = tensors.get(&key) else {
                continue;
            };
            let Some((place, layer)) = key::parse(&key) else {
                return Err(ReadError::Key(key));
            };
            let layer = (layer.to_owned(), (*info).clone());
            by_place.entry(place).or_default().push(layer);
        }
        Ok(Self {
            file,
            start,
            by_place,
        })
    }

    /// Makes a tensor meta of the layers that `inference` names, or of all at the place.
    fn take(&mut self, place: Place, inference: &Inference) -> Result<RecordedMeta, ReadError> {
        let there = self.by_place.remove(&place).unwrap_or_default();
        let (taken, left) = match &inference.layers {
            None => (there, Vec::new()),
            Some(names) => {
                let mut named: BTreeMap<String, TensorInfo> = there.into_iter().collect();
                let taken = names
                    .iter()
                    .map(|name| {
                        named
                            .remove_entry(name)
                            .ok_or_else(|| ReadError::NoLayer(format!("{place}.{name}")))
                    })
                    .collect::<Result<Vec<_>, _>>()?;
                (taken, named.into_iter().collect())
            }
        };
        if !left.is_empty() {
            self.by_place.insert(place, left);
        }
        let layers = taken
            .iter()
            .map(|(name, info)| self.layer(place, name, info))
            .collect::<Result<Vec<_>, _>>()?;
        let network = NetworkInfo {
            width: inference.network.width,
            height: inference.network.height,
            channels: inference.network.channels,
        };
        let count = layers.len();
        let meta = NewTensorMeta::new(place.unique_id, network, inference.producer.into(), layers)
            .map_err(|error| ReadError::Tensor { place, error })?
            .padding(inference.maintain_aspect_ratio, inference.symmetric_padding)
            .gpu_id(inference.gpu_id);
        Ok(RecordedMeta {
            place,
            meta,
            layers: count,
        })
    }

    fn layer(&self, place: Place, name: &str, info: &TensorInfo) -> Result<NewLayer, ReadError> {
        let key = || format!("{place}.{name}");
        let data_type = from_dtype(info.dtype).ok_or_else(|| ReadError::Type {
            key: key(),
            found: info.dtype,
        })?;
        let dims = Dims::new(&info.shape).ok_or_else(|| ReadError::Dims {
            key: key(),
            found: info.shape.len(),
        })?;
        let name = CString::new(key::unescape(name).into_owned())
            .map_err(|_| ReadError::ZeroByte(key()))?;
        let name: Arc<CStr> = name.into_boxed_c_str().into();
        let (from, to) = info.data_offsets;
        let (from, to) = (self.start + from, self.start + to); // `header` saw that they are inside
        let mut memory = Arc::clone(&self.file);
        let mut offset = from;
        if !from.is_multiple_of(data_type.size()) {
            // Allowed by the format, though the usual writers align.
            memory = Arc::new(AlignedBytes::copy_of(&self.file.as_slice()[from..to]));
            offset = 0;
        }
        Ok(NewLayer {
            name,
            data_type,
            dims,
            memory,
            offset,
        })
    }
}
