//! Tensors that no model computes: recorded ones, or a test's.

use std::ffi::CStr;
use std::sync::Arc;

use nvds::{NetworkInfo, NewLayer, Producer};

use super::{Batch, Engine, Source};
use crate::infer::types::PreprocessConfig;

/// Which frame or object is inferred, for those who look answers up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnitKey {
    /// Pad of the mux.
    pub pad_index: u32,
    /// Source of the frame.
    pub source_id: u32,
    /// Number of the frame in its source.
    pub frame_num: i32,
    /// Place of the frame in its batch.
    pub batch_id: u32,
    /// Width and height of the frame in pixels, 0 where unknown.
    pub size: (u32, u32),
    /// Time of the frame in nanoseconds.
    pub buf_pts: u64,
    /// The object's place among those of its frame, oldest first; `None` for a whole frame.
    pub object: Option<usize>,
}

/// Takes the place of a model.
pub trait Answers: std::fmt::Debug + Send {
    /// Size of the network's input.
    fn network(&self) -> NetworkInfo;

    /// Names of the outputs in their order.
    fn layer_names(&self) -> Vec<Arc<CStr>>;

    /// What there is to warn about since the last call; each thing once.
    fn warnings(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// The outputs for each of `units`, which go into one run together.
    ///
    /// # Errors
    /// What is missing and how it comes to be there. It stops the element.
    fn answer(&mut self, units: &[UnitKey]) -> Result<Vec<Vec<NewLayer>>, String>;
}

impl Engine {
    /// An engine whose tensors are `answers`', as of `nvinfer` unless [`Self::by`] says otherwise. `unique_id` and `batch_size` are what the element's
    /// properties and the configuration amount to.
    pub fn answered(
        answers: Box<dyn Answers>,
        preprocess: &PreprocessConfig,
        unique_id: u32,
        batch_size: u32,
    ) -> Self {
        Self {
            batch: Batch::UpTo((batch_size as usize).max(1)),
            unique_id,
            network: answers.network(),
            producer: Producer::NvInfer,
            padding: (
                preprocess.maintain_aspect_ratio,
                preprocess.symmetric_padding,
            ),
            source: Source::Answers(answers),
        }
    }

    /// Whose conventions the tensor metas follow.
    #[must_use]
    pub fn by(mut self, producer: Producer) -> Self {
        self.producer = producer;
        self
    }
}
