//! Embeddings: numbers that are near each other for pictures of the same thing.

mod gallery;

pub use gallery::{Gallery, GalleryError, Nearest};

use crate::error::DecodeError;
use crate::tensor::TensorView;
use crate::vector::{Known, Shape, floats, is_float, named, no_layer, squeezed};

/// More numbers than any embedding has.
pub const MOST_NUMBERS: usize = 1 << 16;

/// What a reader of embeddings is told beyond the tensors.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether the numbers are divided by their length, so that it is 1.
    pub normalize: bool,
    /// Name of the layer; the only one there is if `None`.
    pub layer: Option<String>,
}

/// An embedding.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Embedding {
    /// The numbers, all finite.
    pub values: Vec<f32>,
    /// Length (L2 norm) of the numbers as the network gave them.
    pub norm: f32,
}

/// Reads the tensors of a network of embeddings.
#[derive(Debug, Clone, Default)]
pub struct Embedder {
    options: Options,
    known: Known,
    layer: usize,
    memory: Vec<f32>,
    embedding: Embedding,
}

const EXPECTED: &str = "with an embedding: [D] of FLOAT or HALF, alone or named";

impl Embedder {
    /// One that is told this.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// That of the last [`run`](Self::run) that found one.
    pub fn embedding(&self) -> &Embedding {
        &self.embedding
    }

    /// The embedding of one frame or object; `None` for one that has no direction, as a number is not finite or all
    /// are 0.
    ///
    /// # Errors
    /// When there is no such layer, or not the one that is named.
    pub fn run(&mut self, tensors: &[TensorView<'_>]) -> Result<Option<&Embedding>, DecodeError> {
        if !self.known.are(tensors) {
            self.known = Known::default();
            self.layer = find(tensors, self.options.layer.as_ref())?;
            self.known.renew(tensors);
        }
        let numbers = floats(&tensors[self.layer], &mut self.memory);
        let norm = norm(numbers);
        if norm <= 0.0 || !norm.is_finite() || !(norm as f32).is_finite() {
            return Ok(None);
        }
        let embedding = &mut self.embedding;
        embedding.norm = norm as f32;
        embedding.values.clear();
        let scale = if self.options.normalize {
            1.0 / norm
        } else {
            1.0
        };
        let scaled = numbers
            .iter()
            .map(|&number| (f64::from(number) * scale) as f32);
        embedding.values.extend(scaled);
        Ok(Some(embedding))
    }
}

/// The length of some numbers; NaN or infinite if one of them is.
pub(crate) fn norm(numbers: &[f32]) -> f64 {
    let squares = numbers
        .iter()
        .map(|&number| f64::from(number) * f64::from(number));
    squares.sum::<f64>().sqrt()
}

fn find(tensors: &[TensorView<'_>], name: Option<&String>) -> Result<usize, DecodeError> {
    let name = name.map(std::slice::from_ref).unwrap_or_default();
    let fits = |layer: &usize| {
        let tensor = &tensors[*layer];
        is_float(tensor)
            && matches!(squeezed(tensor), Some(Shape::Vector(2..)))
            && tensor.len() <= MOST_NUMBERS
    };
    match named(tensors, name)?[..] {
        [layer] if fits(&layer) => Ok(layer),
        _ => Err(no_layer(EXPECTED, tensors)),
    }
}
