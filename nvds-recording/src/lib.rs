//! The files that `rstensorrecord` writes and `rstensorreplay` reads: safetensors files with the
//! tensors of one buffer each. `docs/record-replay.md` describes them.

pub mod error;
mod header;
pub mod key;
pub mod location;
pub mod read;
pub mod replace;
pub mod write;

use nvds::{DataType, Producer};
use safetensors::Dtype;
use serde::{Deserialize, Serialize};

/// What is said where no location is given.
pub const NO_LOCATION: &str =
    "location is not set: give the files' name, as location=folder/%06u.safetensors";

/// Entry of `__metadata__` that holds [`Info`] as JSON text.
pub const INFO_ENTRY: &str = "nvds";
/// The one version of [`Info`] there is.
pub const VERSION: u64 = 1;

// Files are little-endian and tensors are written as they lie in memory.
const _: () = assert!(cfg!(target_endian = "little"));

/// What the tensors alone do not tell.
#[derive(Debug, Serialize, Deserialize)]
pub struct Info {
    /// [`VERSION`].
    pub version: u64,
    /// Presentation time of the buffer in nanoseconds.
    #[serde(default)]
    pub buffer_pts: Option<u64>,
    /// In the order of the batch.
    pub frames: Vec<FrameInfo>,
    /// Oldest first on each frame and object.
    #[serde(default)]
    pub inferences: Vec<Inference>,
}

/// A frame of the batch. What a file made by hand leaves out is not known.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FrameInfo {
    /// Pad of the mux.
    pub pad_index: Option<u32>,
    /// Source.
    pub source_id: u32,
    /// Number of the frame in its source.
    pub frame_num: i32,
    /// Place in the batch.
    pub batch_id: u32,
    /// Time of the frame in nanoseconds.
    pub buf_pts: Option<u64>,
    /// Wall clock time in nanoseconds.
    pub ntp_timestamp: u64,
    /// In pixels, 0 where unknown.
    pub width: u32,
    /// In pixels, 0 where unknown.
    pub height: u32,
}

/// One tensor meta. Without `frame`, all of this `unique_id` that have no entry of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Inference {
    /// Position of the frame.
    #[serde(default)]
    pub frame: Option<u32>,
    /// Position of the object among the frame's, oldest first.
    #[serde(default)]
    pub object: Option<u32>,
    /// Of the inference element.
    pub unique_id: u32,
    /// -1 where unknown.
    #[serde(default)]
    pub gpu_id: i32,
    /// Which element it was.
    #[serde(default)]
    pub producer: ProducerName,
    /// Size of its input.
    pub network: Network,
    /// Left out where the DeepStream release does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintain_aspect_ratio: Option<bool>,
    /// As [`Self::maintain_aspect_ratio`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symmetric_padding: Option<bool>,
    /// Names as in the keys, in the order of the inference element; without, all that have a key.
    #[serde(default)]
    pub layers: Option<Vec<String>>,
}

/// Input size of a network.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Network {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// 3 for colours, 1 for gray.
    pub channels: u32,
}

/// Whose conventions the tensor meta follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProducerName {
    /// gst-nvinfer.
    #[default]
    NvInfer,
    /// gst-nvinferserver.
    NvInferServer,
}

impl From<Producer> for ProducerName {
    fn from(producer: Producer) -> Self {
        match producer {
            Producer::NvInfer => Self::NvInfer,
            Producer::NvInferServer => Self::NvInferServer,
        }
    }
}

impl From<ProducerName> for Producer {
    fn from(name: ProducerName) -> Self {
        match name {
            ProducerName::NvInfer => Self::NvInfer,
            ProducerName::NvInferServer => Self::NvInferServer,
        }
    }
}

const fn to_dtype(data_type: DataType) -> Dtype {
    match data_type {
        DataType::Float => Dtype::F32,
        DataType::Half => Dtype::F16,
        DataType::Int8 => Dtype::I8,
        DataType::Int32 => Dtype::I32,
        DataType::Int64 => Dtype::I64,
        DataType::UInt8 => Dtype::U8,
    }
}

const fn from_dtype(dtype: Dtype) -> Option<DataType> {
    Some(match dtype {
        Dtype::F32 => DataType::Float,
        Dtype::F16 => DataType::Half,
        Dtype::I8 => DataType::Int8,
        Dtype::I32 => DataType::Int32,
        Dtype::I64 => DataType::Int64,
        Dtype::U8 => DataType::UInt8,
        _ => return None,
    })
}
