//! Memory of decoders.

use crate::detr::Pair;

/// Memory that decoders keep from frame to frame, so that after the largest frame nothing is allocated.
#[derive(Debug, Default)]
pub struct Scratch {
    /// HALF numbers as FLOAT.
    pub(crate) floats: Vec<f32>,
    /// Which anchors of a block are of interest: marks as wide as FLOAT numbers, and as HALF ones.
    pub(crate) reached: (Vec<u32>, Vec<u16>),
    /// The same as positions within the block.
    pub(crate) anchors: Vec<u32>,
    /// The best class score of each of them.
    pub(crate) best: Vec<f32>,
    /// Its class.
    pub(crate) class: Vec<u16>,
    /// A row of numbers.
    pub(crate) row: Vec<f32>,
    /// Scores of interest of queries and classes.
    pub(crate) pairs: Vec<Pair>,
}
