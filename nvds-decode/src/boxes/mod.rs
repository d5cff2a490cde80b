//! From what decoders read to boxes on a frame: which entries are kept, where they lie, which of
//! them suppress each other.

pub(crate) mod activation;
pub mod candidates;
pub mod detection;
pub(crate) mod doubt;
pub mod explain;
pub mod extras;
pub mod form;
mod merge;
pub mod nms;
mod pairwise;
pub mod policy;
pub mod postprocess;
pub mod scratch;
mod turned;
