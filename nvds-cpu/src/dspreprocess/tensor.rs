//! One input tensor, made of several regions.

use std::sync::Arc;

use half::f16;
use nvds::{PreparedType, TensorMemory};
use zerocopy::{Immutable, IntoBytes};

use super::config::Network;
use crate::infer::preprocess::{Image, InputElement, PreprocessError, Preprocessor};
use crate::infer::types::{PreprocessConfig, Scaler};

/// Elements in memory of their own.
struct Elements<T>(Vec<T>);

impl<T: IntoBytes + Immutable + Send + Sync> TensorMemory for Elements<T> {
    fn bytes(&self) -> &[u8] {
        self.0.as_slice().as_bytes()
    }
}

/// Makes tensors whose elements are `T`.
#[derive(Debug)]
pub(super) struct Maker<T> {
    /// One for each place in a tensor: what is at one place is of one size most of the time, for which all is worked out
    /// once.
    places: Vec<Preprocessor<T>>,
    network: Network,
    config: PreprocessConfig,
    elements: Vec<T>,
}

impl<T: InputElement> Maker<T> {
    fn new(network: &Network, config: &PreprocessConfig) -> Self {
        Self {
            places: Vec::new(),
            network: network.clone(),
            config: config.clone(),
            elements: Vec::new(),
        }
    }

    /// Writes the next unit.
    fn add(&mut self, place: usize, image: &Image<'_>) -> Result<(), PreprocessError> {
        while self.places.len() <= place {
            let (width, height) = self.network.size;
            let layout = self.network.layout;
            self.places.push(Preprocessor::new(
                &self.config,
                Scaler::Nvinfer,
                layout,
                width,
                height,
            ));
        }
        let preprocessor = &mut self.places[place];
        let unit = preprocessor.unit_len();
        self.elements.resize((place + 1) * unit, T::default());
        preprocessor.run(image, &mut self.elements[place * unit..])?;
        Ok(())
    }
}

/// A maker for either element type.
#[derive(Debug)]
pub(super) enum Tensors {
    Float(Maker<f32>),
    Half(Maker<f16>),
}

impl Tensors {
    /// `config` is the network's with its mean image.
    pub(super) fn new(network: &Network, config: &PreprocessConfig) -> Self {
        match network.half {
            true => Self::Half(Maker::new(network, config)),
            false => Self::Float(Maker::new(network, config)),
        }
    }

    /// Makes the unit at `place`, which is behind the one before.
    pub(super) fn add(&mut self, place: usize, image: &Image<'_>) -> Result<(), PreprocessError> {
        match self {
            Self::Float(maker) => maker.add(place, image),
            Self::Half(maker) => maker.add(place, image),
        }
    }

    /// The tensor of the units so far, and begins another.
    pub(super) fn take(&mut self) -> (PreparedType, Arc<dyn TensorMemory>) {
        match self {
            Self::Float(maker) => {
                let elements = std::mem::take(&mut maker.elements);
                (PreparedType::Float, Arc::new(Elements(elements)))
            }
            Self::Half(maker) => {
                let elements = std::mem::take(&mut maker.elements);
                (PreparedType::Half, Arc::new(Elements(elements)))
            }
        }
    }
}
