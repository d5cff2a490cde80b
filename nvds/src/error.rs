//! Errors of this crate.

use std::fmt;

use nvds_sys as c;

use crate::layout::pools::{self, Sizes};
use crate::layout::{self, Layout};
use crate::release::{KNOWN, VERSION_VARIABLE, Version};

/// Why metadata cannot be read or written.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The metadata libraries were not found, or cannot be used.
    #[error(transparent)]
    Load(#[from] c::LoadError),
    /// The batch cannot be read, or the library is of an unknown release.
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
    /// Input of nvdspreprocess that cannot be attached.
    #[error("nvdspreprocess' metas cannot be attached: {0}")]
    Prepared(&'static str),
    /// Events without a place for joints; why, in words.
    #[error("events for nvmsgconv have joints in DeepStream 6.2 and newer, {0}")]
    NoJoints(String),
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

/// A batch that cannot be read, or a library whose structs this build does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// A pool pointer is NULL.
    #[error("the batch has no {0} pool: not a DeepStream video batch")]
    NoPool(&'static str),
    /// A pool holds another kind of element, as in an audio batch.
    #[error(
        "the {pool} pool holds metas of type {found} instead of {expected}: {}",
        if AUDIO_FRAMES.contains(found) {
            "a batch of audio, of which this plugin reads nothing. Link the element behind a mux of \
             video"
        } else {
            "not a DeepStream video batch"
        }
    )]
    WrongKind {
        /// Which pool.
        pool: &'static str,
        /// Meta type expected there.
        expected: i32,
        /// Meta type found there.
        found: i32,
    },
    /// A pool that was made for no element, and which the library cannot let grow.
    #[error(
        "the batch was made for 0 frames: its {0} pool has no elements and cannot grow. Set \
         batch-size of the mux to 1 or more, or call nvds_create_batch_meta with at least 1"
    )]
    EmptyPool(&'static str),
    /// Not of the library that this plugin uses.
    #[error(
        "the batch was not made by the metadata library that this plugin uses: the elements of its \
         pools have these sizes in bytes: {}; those of the library: {}. Make sure that only one metadata library is in \
         the process",
        Listed(found),
        Listed(library)
    )]
    Mixed {
        /// Sizes of the pools' elements.
        found: Sizes,
        /// Those of the library.
        library: Sizes,
    },
    /// Sizes that no known release has.
    #[error(
        "the metadata library is of an unknown DeepStream release: the elements of its pools have \
         these sizes in bytes: {}. {Known}. Use one of these, or set {VERSION_VARIABLE} to the one that it is like, if \
         you know that",
        Listed(sizes)
    )]
    Unknown {
        /// Sizes of the pools' elements.
        sizes: Sizes,
    },
    /// A release that this build does not know.
    #[error(
        "DeepStream {version} ({told_by}) is not known to this build: the elements of the library's \
         pools have these sizes in bytes: {}. {Known}. Use one of these, or set {VERSION_VARIABLE} to the one that it \
         is like, if you know that",
        Listed(sizes)
    )]
    UnknownVersion {
        /// The release.
        version: Version,
        /// Where that is written.
        told_by: String,
        /// Sizes of the pools' elements.
        sizes: Sizes,
    },
    /// The library has not the structs of the release that it is said to be.
    #[error(
        "the metadata library is not that of DeepStream {version} ({told_by}): the elements of its \
         pools have these sizes in bytes: {}. {Known}. Put the library of that release there, or set \
         {VERSION_VARIABLE} to the release that it is of",
        Listed(sizes)
    )]
    Contradiction {
        /// The release.
        version: Version,
        /// Where that is written.
        told_by: String,
        /// Sizes of the pools' elements.
        sizes: Sizes,
    },
    /// The environment variable does not name a known release.
    #[error(
        "{VERSION_VARIABLE}={0} is not a known DeepStream release: unset it, so that the release is found, or name \
         one. {Known}; 6.0.1 and 6.1.1 are read as 6.0 and 6.1, and so is any third number"
    )]
    Variable(String),
}

/// Meta types of audio frames in DeepStream 6.0 to 9.1.
const AUDIO_FRAMES: [i32; 4] = [17, 19, 25, 26];

/// Sizes of the pools' elements in words, and the releases that have them.
struct Listed<'a>(&'a Sizes);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(self.0, f)?;
        match pools::class_of(self.0) {
            Some(class) => write!(f, " (DeepStream {})", versions(class)),
            None => f.write_str(" (no known release)"),
        }
    }
}

fn list(sizes: &Sizes, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (i, (name, size)) in pools::NAMES.iter().zip(sizes).enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        write!(f, "{comma}{name} {size}")?;
    }
    Ok(())
}

/// The releases of a class in words.
fn versions(class: &Layout) -> String {
    let versions = KNOWN.iter().filter(|v| Layout::of(**v) == Some(class));
    let versions: Vec<_> = versions.map(ToString::to_string).collect();
    versions.join(", ")
}

/// The known releases and their sizes in words.
struct Known;

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known are")?;
        for (i, class) in layout::ALL.iter().rev().enumerate() {
            let separator = if i == 0 { " DeepStream" } else { ";" };
            write!(f, "{separator} {}: ", versions(class))?;
            list(&class.elements(), f)?;
        }
        Ok(())
    }
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
