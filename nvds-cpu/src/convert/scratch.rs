//! Memory of a conversion that is used again for every picture.

use super::color::Terms;

/// Row buffers, sized at planning.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) rgba: Vec<u8>,
    pub(super) rows: [Vec<u8>; 3],
    pub(super) terms: Terms,
    /// Chroma row that `terms` holds.
    pub(super) terms_row: Option<usize>,
    /// UYVY source taken apart: luma, then U and V interleaved.
    pub(super) uyvy: [Vec<u8>; 2],
}
