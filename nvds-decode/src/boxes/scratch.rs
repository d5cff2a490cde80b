//! Memory of decoders.

/// Memory that decoders keep from frame to frame, so that after the largest frame nothing is allocated.
#[derive(Debug, Default)]
pub struct Scratch {
    /// HALF numbers as FLOAT.
    pub(crate) floats: Vec<f32>,
}
