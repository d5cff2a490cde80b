//! Errors of this crate.

use nvds_sys as c;

/// Why metadata cannot be read or written.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The metadata libraries were not found, or cannot be used.
    #[error(transparent)]
    Load(#[from] c::LoadError),
    /// The batch has a memory layout that this build does not know.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The library could not make a batch.
    #[error("DeepStream's metadata library could not create a batch of {0} frames")]
    Create(u32),
    /// An element that a batch lists but that is of another batch's pool, or of none.
    #[error(
        "{} of another batch is on a list of this one: whoever put it there must take it from the \
         pool of the batch that it is attached to (nvds_acquire_..._from_pool)",
        kind_name(*.0)
    )]
    ForeignMeta(i32),
    /// Metadata that cannot be copied.
    #[error("the buffer's metadata cannot be copied: {0}")]
    Copy(&'static str),
    /// A mask whose size and number of values contradict each other.
    #[error("a mask of {width} x {height} has {found} values: expected width * height, at least 1")]
    Mask {
        /// Values in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// Values given.
        found: usize,
    },
}

fn kind_name(meta_type: i32) -> &'static str {
    match meta_type {
        c::NvDsMetaType_NVDS_FRAME_META => "a frame meta",
        c::NvDsMetaType_NVDS_OBJ_META => "an object meta",
        _ => "a meta",
    }
}

/// A batch whose pools do not have the element sizes of DeepStream 9.0 and 9.1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// A pool pointer is NULL.
    #[error("the batch has no {0} pool: not a DeepStream video batch")]
    NoPool(&'static str),
    /// A pool holds another kind of element, as in an audio batch.
    #[error(
        "the {pool} pool holds metas of type {found} instead of {expected}: not a DeepStream video \
         batch"
    )]
    WrongKind {
        /// Which pool.
        pool: &'static str,
        /// Meta type expected there.
        expected: i32,
        /// Meta type found there.
        found: i32,
    },
    /// Element sizes differ.
    #[error(
        "the metadata has the layout of {release}: its {pool} metas have {found} bytes, those of \
         DeepStream 9.0 and 9.1, which this build reads, have {expected}. Use DeepStream 9.0 or \
         9.1, and make sure that only one metadata library is in the process"
    )]
    Size {
        /// Which pool.
        pool: &'static str,
        /// Bytes expected.
        expected: usize,
        /// Bytes found.
        found: usize,
        /// The releases known to have what was found.
        release: &'static str,
    },
}

/// Why a tensor cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TensorError {
    /// `numDims` is over the limit of eight.
    #[error("layer {layer:?} claims {found} dims; DeepStream allows 8")]
    TooManyDims {
        /// Layer name.
        layer: String,
        /// Value of numDims.
        found: u32,
    },
    /// The product of the dims and `numElements` contradict each other, or overflow.
    #[error(
        "layer {layer:?} has dims {dims:?} but claims {claimed} elements: is its first dim not the \
         batch?"
    )]
    Elements {
        /// Layer name.
        layer: String,
        /// The dims.
        dims: Vec<usize>,
        /// Value of numElements.
        claimed: u32,
    },
    /// No data in host memory.
    #[error(
        "layer {layer:?} has no data in host memory: remove disable-output-host-copy from nvinfer's \
         configuration"
    )]
    NoHostData {
        /// Layer name.
        layer: String,
    },
    /// Data type number unknown.
    #[error(
        "layer {layer:?} has data type {found}; known are 0 FLOAT, 1 HALF, 2 INT8, 3 INT32, 4 INT64 \
         and 5 UINT8"
    )]
    UnknownType {
        /// Layer name.
        layer: String,
        /// Number found.
        found: u32,
    },
    /// The pointer is not aligned to the element type.
    #[error("the data of layer {layer:?} is not aligned to its elements")]
    Misaligned {
        /// Layer name.
        layer: String,
    },
    /// The layer array itself is NULL.
    #[error("the tensor meta claims {0} layers but has no layer array")]
    NoLayers(u32),
}
