//! Layers of which only the numbers in a row matter: class scores, characters, embeddings.

use half::f16;

use crate::error::DecodeError;
use crate::tensor::{DataType, TensorData, TensorView};

/// The sizes of a layer without those of 1, and how many there are; all 0 for more than two, which is none of these.
pub(crate) fn squeezed(tensor: &TensorView<'_>) -> Option<Shape> {
    let mut sizes = tensor.dims().iter().copied().filter(|&size| size != 1);
    let first = sizes.next();
    let second = sizes.next();
    if sizes.next().is_some() {
        return None;
    }
    Some(match (first, second) {
        (None, _) => Shape::Vector(1),
        (Some(length), None) => Shape::Vector(length),
        (Some(rows), Some(columns)) => Shape::Table(rows, columns),
    })
}

/// What a layer is when sizes of 1 are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Vector(usize),
    Table(usize, usize),
}

/// Whether numbers have a fraction, as probabilities do.
pub(crate) fn is_float(tensor: &TensorView<'_>) -> bool {
    matches!(tensor.data_type(), DataType::Float | DataType::Half)
}

/// Whether numbers are whole and can count far enough to be class numbers.
pub(crate) fn is_index(tensor: &TensorView<'_>) -> bool {
    matches!(tensor.data_type(), DataType::Int32 | DataType::Int64)
}

/// The numbers of a layer. Those that are not FLOAT are converted into `memory`.
pub(crate) fn floats<'v>(tensor: &TensorView<'v>, memory: &'v mut Vec<f32>) -> &'v [f32] {
    memory.clear();
    match tensor.data() {
        TensorData::F32(data) => return data,
        TensorData::F16(data) => memory.extend(data.iter().copied().map(f16::to_f32)),
        data => memory.extend((0..data.len()).filter_map(|i| data.value(i).map(|v| v as f32))),
    }
    memory
}

/// Where the layers of these names are, in their order; all layers if no name is stated.
///
/// # Errors
/// [`DecodeError::NoLayer`] for a name that no layer has.
pub(crate) fn named(
    tensors: &[TensorView<'_>],
    names: &[String],
) -> Result<Vec<usize>, DecodeError> {
    if names.is_empty() {
        return Ok((0..tensors.len()).collect());
    }
    let find = |name: &String| {
        let at = tensors.iter().position(|tensor| tensor.name() == name);
        at.ok_or_else(|| no_layer(format!("called {name}"), tensors))
    };
    names.iter().map(find).collect()
}

/// The error of layers among which that one is missing.
pub(crate) fn no_layer(expected: impl Into<String>, tensors: &[TensorView<'_>]) -> DecodeError {
    DecodeError::NoLayer {
        expected: expected.into(),
        found: crate::error::describe(tensors),
    }
}

/// Whether some layers are those of another time: then a plan that was made for them still holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known(Vec<(String, crate::tensor::Dims, DataType)>);

impl Known {
    pub(crate) fn are(&self, tensors: &[TensorView<'_>]) -> bool {
        let same =
            |(tensor, known): (&TensorView<'_>, &(String, crate::tensor::Dims, DataType))| {
                tensor.name() == known.0
                    && tensor.shape() == known.1
                    && tensor.data_type() == known.2
            };
        !self.0.is_empty() && self.0.len() == tensors.len() && tensors.iter().zip(&self.0).all(same)
    }

    pub(crate) fn renew(&mut self, tensors: &[TensorView<'_>]) {
        let of = |tensor: &TensorView<'_>| {
            (tensor.name().to_owned(), tensor.shape(), tensor.data_type())
        };
        self.0 = tensors.iter().map(of).collect();
    }
}
