//! Reading a recording. Nothing in a file is believed.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use nvds::{AlignedBytes, Dims, NetworkInfo, NewLayer, NewTensorMeta};
use safetensors::tensor::{Metadata, TensorInfo};
use serde::Deserialize;

use super::error::{MAX_FILE, ReadError};
use super::header::header;
use super::key::{self, Place};
use super::{FrameInfo, INFO_ENTRY, Inference, Info, Network, ProducerName, VERSION, from_dtype};

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
    /// Kept aspect and symmetric padding, where the file tells them.
    pub told_padding: Option<(bool, bool)>,
    /// Number of layers.
    pub layers: usize,
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
        maintain_aspect_ratio: None,
        symmetric_padding: None,
        layers: None,
    })
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
        for key in metadata.offset_keys() {
            let Some(info) = metadata.info(&key) else {
                continue;
            };
            let Some((place, layer)) = key::parse(&key) else {
                return Err(ReadError::Key(key));
            };
            let layer = (layer.to_owned(), info.clone());
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
            .padding(
                inference.maintain_aspect_ratio.unwrap_or(false),
                inference.symmetric_padding.unwrap_or(false),
            )
            .gpu_id(inference.gpu_id);
        Ok(RecordedMeta {
            place,
            meta,
            told_padding: inference
                .maintain_aspect_ratio
                .zip(inference.symmetric_padding),
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
