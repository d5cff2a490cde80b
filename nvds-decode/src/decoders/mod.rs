//! The tensor layouts this crate knows, one file each.

mod tf_od;

use std::fmt::Write as _;

use crate::candidates::Candidates;
use crate::error::{DecodeError, describe};
use crate::tensor::{DataType, TensorView};

/// Every decoder. A new one is one row here.
pub static ALL: [&Decoder; 1] = [&tf_od::DECODER];

/// A layer that a decoder needs.
#[derive(Debug, Clone, Copy)]
pub struct LayerSpec {
    /// The layer's name; see [`find`] for the variations that are accepted.
    pub name: &'static str,
    /// The types it may have.
    pub types: &'static [DataType],
    /// The dimensions it may have, for people: `[N, 4]`.
    pub dims: &'static str,
}

impl LayerSpec {
    fn types_text(&self) -> String {
        let all: Vec<String> = self.types.iter().map(DataType::to_string).collect();
        all.join(" or ")
    }
}

/// One tensor layout and how to read it.
#[derive(Debug)]
pub struct Decoder {
    /// Its name, also of its folder of reference data: lower case, digits, `-`.
    pub name: &'static str,
    /// Which networks have this layout, in a few words.
    pub description: &'static str,
    /// The layers it needs.
    pub layers: &'static [LayerSpec],
    /// Looks at names, types and dimensions only.
    pub probe: fn(&[TensorView<'_>]) -> Match,
    /// Reads the tensors of one frame and pushes every entry to the candidates.
    pub decode: fn(&[TensorView<'_>], &mut Candidates) -> Result<(), DecodeError>,
}

impl Decoder {
    /// Whether the layout fits the tensors, and if not, how near it is.
    pub fn matches(&self, tensors: &[TensorView<'_>]) -> Match {
        (self.probe)(tensors)
    }

    /// Reads the tensors of one frame.
    ///
    /// # Errors
    ///
    /// The reason for which [`matches`](Self::matches) would have said no.
    pub fn decode(
        &self,
        tensors: &[TensorView<'_>],
        candidates: &mut Candidates,
    ) -> Result<(), DecodeError> {
        (self.decode)(tensors, candidates)
    }

    /// The layers it needs as text: `num_detections FLOAT [1], ...`.
    pub fn expected(&self) -> String {
        let mut text = String::new();
        for layer in self.layers {
            let comma = if text.is_empty() { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "{comma}{} {} {}",
                layer.name,
                layer.types_text(),
                layer.dims
            );
        }
        text
    }

    /// Finds every layer, in the order of [`layers`](Self::layers), and checks
    /// its type. `K` is the number of layers.
    ///
    /// # Errors
    ///
    /// [`DecodeError::MissingLayer`] or [`DecodeError::WrongType`].
    pub fn resolve<'a, const K: usize>(
        &self,
        tensors: &[TensorView<'a>],
    ) -> Result<[TensorView<'a>; K], DecodeError> {
        debug_assert_eq!(K, self.layers.len());
        let mut resolved = [TensorView::default(); K];
        for (slot, layer) in resolved.iter_mut().zip(self.layers) {
            *slot = *find(tensors, layer.name).ok_or_else(|| self.missing(tensors))?;
        }
        // Types only after names: a missing layer says more about the network.
        for (tensor, layer) in resolved.iter().zip(self.layers) {
            if !layer.types.contains(&tensor.data_type()) {
                return Err(DecodeError::WrongType {
                    decoder: self.name,
                    layer: tensor.name().to_owned(),
                    found: tensor.data_type(),
                    expected: layer.types_text(),
                });
            }
        }
        Ok(resolved)
    }

    /// The error for layers that are not there.
    fn missing(&self, tensors: &[TensorView<'_>]) -> DecodeError {
        DecodeError::MissingLayer {
            decoder: self.name,
            missing: self
                .layers
                .iter()
                .map(|layer| layer.name)
                .filter(|name| find(tensors, name).is_none())
                .collect(),
            found: describe(tensors),
            expected: self.expected(),
        }
    }

    /// The error for a layer with dimensions other than its [`LayerSpec::dims`].
    pub fn wrong_shape(&self, layer: usize, tensor: &TensorView<'_>) -> DecodeError {
        DecodeError::WrongShape {
            decoder: self.name,
            layer: tensor.name().to_owned(),
            found: tensor.dims().to_vec(),
            expected: self.layers.get(layer).map_or("", |layer| layer.dims),
        }
    }

    /// What a probe returns, given the error its checks ended with, if any.
    pub fn verdict(&self, tensors: &[TensorView<'_>], error: Option<DecodeError>) -> Match {
        match error {
            None => Match::Yes,
            Some(reason) => Match::No {
                layers_found: self
                    .layers
                    .iter()
                    .filter(|layer| find(tensors, layer.name).is_some())
                    .count(),
                reason,
            },
        }
    }
}

/// Whether a decoder fits some tensors.
#[derive(Debug, Clone, PartialEq)]
pub enum Match {
    /// It does.
    Yes,
    /// It does not.
    No {
        /// How many of the layers it needs are there by name.
        layers_found: usize,
        /// What is wrong first.
        reason: DecodeError,
    },
}

/// The decoder of that name.
pub fn by_name(name: &str) -> Option<&'static Decoder> {
    ALL.into_iter().find(|decoder| decoder.name == name)
}

/// The first decoder that fits the tensors.
///
/// # Errors
///
/// The reason why the nearest decoder does not fit if it found all its layers,
/// else [`DecodeError::NoLayout`], which names every layout there is.
pub fn select(tensors: &[TensorView<'_>]) -> Result<&'static Decoder, DecodeError> {
    let mut nearest: Option<(usize, DecodeError)> = None;
    for decoder in ALL {
        match decoder.matches(tensors) {
            Match::Yes => return Ok(decoder),
            Match::No {
                layers_found,
                reason,
            } => {
                let missing = decoder.layers.len().saturating_sub(layers_found);
                if nearest.as_ref().is_none_or(|(least, _)| missing < *least) {
                    nearest = Some((missing, reason));
                }
            }
        }
    }
    match nearest {
        Some((0, reason)) => Err(reason),
        nearest => Err(DecodeError::NoLayout {
            found: describe(tensors),
            known: ALL
                .map(|decoder| format!("{} ({})", decoder.name, decoder.expected()))
                .join("; "),
            nearest: nearest.map(|(_, reason)| Box::new(reason)),
        }),
    }
}

/// The layer of that name. If there is none, the one whose name has a number
/// after it, as exporters add it: `detection_boxes:0` or `detection_boxes_0`;
/// of several, the one with the least number. The order of layers, which
/// inference elements do not guarantee, never matters.
pub fn find<'t, 'a>(tensors: &'t [TensorView<'a>], name: &str) -> Option<&'t TensorView<'a>> {
    tensors
        .iter()
        .find(|tensor| tensor.name() == name)
        .or_else(|| find_numbered(tensors, name))
}

fn find_numbered<'t, 'a>(tensors: &'t [TensorView<'a>], name: &str) -> Option<&'t TensorView<'a>> {
    let number = |tensor: &TensorView<'_>| {
        let suffix = tensor.name().strip_prefix(name)?;
        let digits = suffix.strip_prefix([':', '_'])?;
        // `parse` alone would let a sign through.
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<u32>().ok()).flatten()
    };
    tensors
        .iter()
        .filter_map(|tensor| Some((number(tensor)?, tensor)))
        .min_by_key(|(number, _)| *number)
        .map(|(_, tensor)| tensor)
}

/// The length of a tensor that is a plain list: all dimensions but one are 1
/// (a batch of one, a trailing axis). `None` if it is not. A length of zero is
/// what networks with as many outputs as detections put out for an empty frame.
pub fn list_length(tensor: &TensorView<'_>) -> Option<usize> {
    let long = tensor.dims().iter().filter(|&&size| size != 1).count();
    (long <= 1).then(|| tensor.len())
}

/// The number of rows of a tensor `[N, columns]`, a batch of one before it or
/// not. `None` if it is no such tensor; zero rows are possible as in [`list_length`].
pub fn row_count(tensor: &TensorView<'_>, columns: usize) -> Option<usize> {
    match tensor.dims() {
        [leading @ .., rows, last] if *last == columns && leading.iter().all(|&size| size == 1) => {
            Some(*rows)
        }
        _ => None,
    }
}
