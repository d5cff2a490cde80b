//! Why a file is no recording.

use std::io;

use nvds::TensorError;

use super::key::Place;
use super::{INFO_ENTRY, VERSION};

/// The largest file in bytes that is believed to hold one buffer's tensors.
pub const MAX_FILE: u64 = 1 << 30;

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
