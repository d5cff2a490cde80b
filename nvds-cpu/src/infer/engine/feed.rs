//! The input tensor of a run: frames are preprocessed into it, the model reads it.

use std::ops::Range;
use std::sync::Arc;

use half::f16;
use nvds::DataType;
use zerocopy::IntoBytes;

use super::picture::Picture;
use super::{EngineError, Frames};
use crate::infer::preprocess::Preprocessor;
use crate::infer::session::{Model, ModelInput, Output, SessionError};
use crate::infer::types::{PreprocessConfig, Scaler};

/// The input tensor in its element type, with its preprocessor.
#[derive(Debug)]
pub(super) enum Feed {
    Float(Preprocessor<f32>, Vec<f32>),
    Half(Preprocessor<f16>, Vec<f16>),
    UInt8(Preprocessor<u8>, Vec<u8>),
    Int8(Preprocessor<i8>, Vec<i8>),
    Int32(Preprocessor<i32>, Vec<i32>),
    Int64(Preprocessor<i64>, Vec<i64>),
}

/// Runs code for whatever element type a feed has.
macro_rules! with_feed {
    ($feed:expr, $preprocessor:ident, $buffer:ident => $body:expr) => {
        match $feed {
            Feed::Float($preprocessor, $buffer) => $body,
            Feed::Half($preprocessor, $buffer) => $body,
            Feed::UInt8($preprocessor, $buffer) => $body,
            Feed::Int8($preprocessor, $buffer) => $body,
            Feed::Int32($preprocessor, $buffer) => $body,
            Feed::Int64($preprocessor, $buffer) => $body,
        }
    };
}

impl Feed {
    pub(super) fn new(
        data_type: DataType,
        config: &PreprocessConfig,
        scaler: Scaler,
        picture: Picture,
        frames: usize,
    ) -> Self {
        fn make<T: ModelInput>(
            config: &PreprocessConfig,
            scaler: Scaler,
            picture: Picture,
            frames: usize,
        ) -> (Preprocessor<T>, Vec<T>) {
            let preprocessor = Preprocessor::new(
                config,
                scaler,
                picture.layout,
                picture.width,
                picture.height,
            );
            let buffer = vec![T::default(); preprocessor.unit_len() * frames];
            (preprocessor, buffer)
        }
        macro_rules! feed {
            ($variant:ident) => {{
                let (preprocessor, buffer) = make(config, scaler, picture, frames);
                Self::$variant(preprocessor, buffer)
            }};
        }
        match data_type {
            DataType::Float => feed!(Float),
            DataType::Half => feed!(Half),
            DataType::UInt8 => feed!(UInt8),
            DataType::Int8 => feed!(Int8),
            DataType::Int32 => feed!(Int32),
            DataType::Int64 => feed!(Int64),
        }
    }

    /// Reads frames into the tensor, from its first unit on.
    pub(super) fn fill<F: Frames + ?Sized>(
        &mut self,
        frames: &F,
        range: Range<usize>,
    ) -> Result<(), F::Error> {
        with_feed!(self, preprocessor, buffer => {
            let unit = preprocessor.unit_len();
            for (index, target) in range.zip(buffer.chunks_exact_mut(unit.max(1))) {
                if let Some(bytes) = frames.prepared(index) {
                    let (found, target) = (bytes.len(), target.as_mut_bytes());
                    let expected = target.len();
                    if found != expected {
                        return Err(EngineError::Prepared { found, expected }.into());
                    }
                    target.copy_from_slice(bytes);
                    continue;
                }
                frames
                    .with(index, |frame| preprocessor.run(frame, target))?
                    .map_err(EngineError::from)?;
            }
            Ok(())
        })
    }

    /// Runs the model on the first `run_frames` units.
    pub(super) fn run(
        &self,
        model: &mut Model,
        shape: &[usize],
        run_frames: usize,
    ) -> Result<Vec<Option<Arc<Output>>>, SessionError> {
        with_feed!(self, preprocessor, buffer => {
            let input = buffer.get(..preprocessor.unit_len() * run_frames).unwrap_or(&[]);
            model.run(shape, input)
        })
    }
}
