//! The tensor layouts this crate knows, one file each.

pub mod anchors;
mod batched_nms;
mod class_scores;
mod efficient_nms;
mod four;
mod mmdet;
mod nms_plugin;
mod onnx_nms;
mod pytorch_ssd;
mod raw;
mod tf_od;
mod tflite;
mod torchvision;

use std::cmp::Reverse;
use std::fmt::Write as _;

use crate::boxes::candidates::Candidates;
use crate::error::{DecodeError, ErrorKind, describe};
use crate::layout::{Activation, Background, BoxOrder, Format, Layout, Role};
use crate::letterbox::BoxUnits;
use crate::tensor::{DataType, TensorView};

pub(crate) use class_scores::Scratch;

/// Every decoder. A new one is one row here.
pub static ALL: [&Decoder; 13] = [
    &efficient_nms::DECODER,
    &tf_od::DECODER,
    &tf_od::DECODER_V2,
    &tflite::DECODER,
    &tflite::DECODER_V2,
    &batched_nms::DECODER,
    &nms_plugin::DECODER,
    &onnx_nms::DECODER,
    &mmdet::DECODER,
    &torchvision::DECODER,
    &torchvision::DECODER_ONNX,
    &pytorch_ssd::DECODER,
    &raw::DECODER,
];

/// Types of scores and boxes.
const REAL: &[DataType] = &[DataType::Float, DataType::Half];
/// Types of boxes that may be in pixels.
const COORDINATE: &[DataType] = &[
    DataType::Float,
    DataType::Half,
    DataType::Int32,
    DataType::Int64,
];
/// Types of counts and classes.
const NUMBER: &[DataType] = &[
    DataType::Float,
    DataType::Half,
    DataType::Int32,
    DataType::Int64,
    DataType::Uint8,
];

/// What a decoder works on: the tensors of one frame, and what is known of them.
#[derive(Debug, Clone, Copy)]
pub struct Input<'t, 'a> {
    /// The output layers, in any order.
    pub tensors: &'t [TensorView<'a>],
    /// What the user knows of them.
    pub layout: &'t Layout,
}

impl<'t, 'a> Input<'t, 'a> {
    /// The layer that a decoder asks for, by the user's name for it if there is
    /// one, else by those it is known by; see [`find`].
    pub fn find(&self, spec: &LayerSpec) -> Option<&'t TensorView<'a>> {
        match self.layout.layers.get(spec.role) {
            Some(name) => find(self.tensors, name),
            None => {
                let by = |find: fn(&'t [TensorView<'a>], &str) -> Option<&'t TensorView<'a>>| {
                    spec.names.iter().find_map(|name| find(self.tensors, name))
                };
                by(find_exact)
                    .or_else(|| by(find_numbered))
                    .or_else(|| by(find_prefixed))
            }
        }
    }
}

/// A layer that a decoder needs.
#[derive(Debug, Clone, Copy)]
pub struct LayerSpec {
    /// What it holds.
    pub role: Role,
    /// The names it goes by, the usual one first; see [`find`] for the
    /// variations that are accepted.
    pub names: &'static [&'static str],
    /// The types it may have.
    pub types: &'static [DataType],
    /// The dimensions it may have, for people: `[N, 4]`.
    pub dims: &'static str,
    /// Whether the decoder can do without it.
    pub optional: bool,
}

impl LayerSpec {
    fn types_text(&self) -> String {
        let all: Vec<String> = self.types.iter().map(DataType::to_string).collect();
        all.join(" or ")
    }

    /// The name to look for first.
    fn name<'l>(&self, layout: &'l Layout) -> &'l str {
        let usual = self.names.first().copied().unwrap_or_default();
        layout.layers.get(self.role).unwrap_or(usual)
    }
}

/// How a layout gives its boxes and scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usual {
    /// The order of coordinates.
    pub order: BoxOrder,
    /// Their units.
    pub units: BoxUnits,
    /// What makes scores of the numbers.
    pub activation: Activation,
    /// The class that stands for no object.
    pub background: Option<u32>,
}

impl Usual {
    /// Boxes of this order and these units; the scores need nothing.
    const fn new(order: BoxOrder, units: BoxUnits) -> Self {
        Self {
            order,
            units,
            activation: Activation::None,
            background: None,
        }
    }
}

/// One tensor layout and how to read it.
#[derive(Debug)]
pub struct Decoder {
    /// Its name, also of its folder of reference data: lower case, digits, `-`.
    pub name: &'static str,
    /// The format that users know it as.
    pub format: Format,
    /// Which networks have this layout, in a few words.
    pub description: &'static str,
    /// The layers it needs.
    pub layers: &'static [LayerSpec],
    /// What is taken for granted where the layout states nothing else.
    pub usual: Usual,
    /// Looks at names, types and dimensions only.
    pub check: fn(&Input<'_, '_>) -> Result<(), DecodeError>,
    /// Reads the tensors of one frame and pushes every entry to the candidates.
    pub decode: fn(&Input<'_, '_>, &mut Candidates) -> Result<(), DecodeError>,
}

impl Decoder {
    /// Whether the layout fits the tensors, and if not, how near it is.
    pub fn matches(&self, tensors: &[TensorView<'_>], layout: &Layout) -> Match {
        let input = Input { tensors, layout };
        match (self.check)(&input) {
            Ok(()) => Match::Yes,
            Err(reason) => {
                let mut wrong_types = 0;
                let mut layers_found = 0;
                let mut complete = true;
                for layer in self.layers {
                    let Some(tensor) = input.find(layer) else {
                        complete &= layer.optional;
                        continue;
                    };
                    layers_found += 1;
                    wrong_types += usize::from(!layer.types.contains(&tensor.data_type()));
                }
                Match::No {
                    complete,
                    layers_found,
                    wrong_types,
                    reason,
                }
            }
        }
    }

    /// Reads the tensors of one frame.
    ///
    /// # Errors
    ///
    /// The reason for which [`matches`](Self::matches) would have said no.
    pub fn decode(
        &self,
        tensors: &[TensorView<'_>],
        layout: &Layout,
        candidates: &mut Candidates,
    ) -> Result<(), DecodeError> {
        (self.decode)(&Input { tensors, layout }, candidates)
    }

    /// How boxes and scores are read: as the layout states, else as its anchors suggest, else
    /// as is usual.
    pub fn boxes(&self, layout: &Layout) -> Usual {
        let of_anchors = match (self.format, &layout.raw) {
            (Format::Raw, Some(raw)) => Some(raw.anchors.order()),
            _ => None,
        };
        Usual {
            order: layout.box_order.or(of_anchors).unwrap_or(self.usual.order),
            units: layout.box_units.unwrap_or(self.usual.units),
            activation: layout.activation.unwrap_or(self.usual.activation),
            background: match layout.background {
                Background::Usual => self.usual.background,
                Background::None => None,
                Background::Class(class) => Some(class),
            },
        }
    }

    /// The layers it cannot do without.
    fn needed(&self) -> impl Iterator<Item = &'static LayerSpec> {
        self.layers.iter().filter(|layer| !layer.optional)
    }

    /// The layers it needs as text: `num_detections FLOAT [1], ...`, by the names
    /// that the layout gives them.
    pub fn expected(&self, layout: &Layout) -> String {
        let mut text = String::new();
        for layer in self.layers {
            let comma = if text.is_empty() { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "{comma}{}{} {} {}",
                if layer.optional {
                    "if there is one "
                } else {
                    ""
                },
                layer.name(layout),
                layer.types_text(),
                layer.dims
            );
        }
        text
    }

    /// Finds every layer, in the order of [`layers`](Self::layers), and checks
    /// its type. `K` is the number of layers. An optional one that is not there
    /// is an empty tensor.
    ///
    /// # Errors
    ///
    /// [`DecodeError::MissingLayer`] or [`DecodeError::WrongType`].
    pub fn resolve<'a, const K: usize>(
        &self,
        input: &Input<'_, 'a>,
    ) -> Result<[TensorView<'a>; K], DecodeError> {
        debug_assert_eq!(K, self.layers.len());
        let mut resolved = [TensorView::default(); K];
        let mut found = [false; K];
        for ((slot, found), layer) in resolved.iter_mut().zip(&mut found).zip(self.layers) {
            match input.find(layer) {
                Some(tensor) => (*slot, *found) = (*tensor, true),
                None if layer.optional => (),
                None => return Err(self.missing(input)),
            }
        }
        // Types only after names: a missing layer says more about the network.
        for ((tensor, found), layer) in resolved.iter().zip(found).zip(self.layers) {
            if found {
                self.check_type(tensor, layer)?;
            }
        }
        Ok(resolved)
    }

    /// Whether a layer is of one of the types it may have.
    ///
    /// # Errors
    ///
    /// [`DecodeError::WrongType`].
    pub fn check_type(
        &self,
        tensor: &TensorView<'_>,
        layer: &LayerSpec,
    ) -> Result<(), DecodeError> {
        if layer.types.contains(&tensor.data_type()) {
            return Ok(());
        }
        Err(DecodeError::WrongType {
            decoder: self.name,
            layer: tensor.name().to_owned(),
            found: tensor.data_type(),
            expected: layer.types_text(),
        })
    }

    /// The error for layers that are not there.
    fn missing(&self, input: &Input<'_, '_>) -> DecodeError {
        DecodeError::MissingLayer {
            decoder: self.name,
            missing: self
                .needed()
                .filter(|layer| input.find(layer).is_none())
                .map(|layer| (layer.role, layer.name(input.layout).to_owned()))
                .collect(),
            found: describe(input.tensors),
            expected: self.expected(input.layout),
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

    /// The error for two layers that disagree about how many detections there are.
    fn count_mismatch(
        &self,
        (layer, found): (&TensorView<'_>, usize),
        (other, other_found): (&TensorView<'_>, usize),
    ) -> DecodeError {
        DecodeError::CountMismatch {
            decoder: self.name,
            layer: layer.name().to_owned(),
            found,
            other: other.name().to_owned(),
            other_found,
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
        /// Whether all layers it needs are there by name.
        complete: bool,
        /// How many of its layers are there by name.
        layers_found: usize,
        /// How many of these are of a type they may not have.
        wrong_types: usize,
        /// What is wrong first.
        reason: DecodeError,
    },
}

/// The decoder of that name.
pub fn by_name(name: &str) -> Option<&'static Decoder> {
    ALL.into_iter().find(|decoder| decoder.name == name)
}

/// The first decoder that fits the tensors, of those with the layout's format.
///
/// # Errors
///
/// The reason why the nearest decoder does not fit if it found all its layers
/// or is the only one of the format, else [`DecodeError::NoLayout`], which names
/// every layout there is.
pub fn select(
    tensors: &[TensorView<'_>],
    layout: &Layout,
) -> Result<&'static Decoder, DecodeError> {
    let possible = || {
        ALL.into_iter()
            .filter(|decoder| layout.format.is_none_or(|format| format == decoder.format))
    };
    let mut nearest: Option<(Distance, DecodeError)> = None;
    for decoder in possible() {
        match decoder.matches(tensors, layout) {
            Match::Yes => return Ok(decoder),
            Match::No {
                complete,
                layers_found,
                wrong_types,
                reason,
            } => {
                let distance = Distance {
                    incomplete: !complete,
                    strange: layers_found == 0 && reason.kind() != ErrorKind::Anchors,
                    found: Reverse(layers_found),
                    wrong_types,
                };
                if nearest.as_ref().is_none_or(|(least, _)| distance < *least) {
                    nearest = Some((distance, reason));
                }
            }
        }
    }
    match nearest {
        Some((distance, reason)) if !distance.incomplete || possible().count() == 1 => Err(reason),
        nearest => Err(DecodeError::NoLayout {
            found: describe(tensors),
            known: possible()
                .map(|decoder| format!("{} ({})", decoder.name, decoder.expected(layout)))
                .collect::<Vec<_>>()
                .join("; "),
            nearest: nearest
                .filter(|(distance, _)| !distance.strange)
                .map(|(_, reason)| Box::new(reason)),
        }),
    }
}

/// How far from fitting a decoder is: the fields weigh in their order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Distance {
    /// Layers are missing.
    incomplete: bool,
    /// All are.
    strange: bool,
    found: Reverse<usize>,
    wrong_types: usize,
}

/// The layer of that name. If there is none, the one whose name has a number
/// after it, as exporters add it: `detection_boxes:0` or `detection_boxes_0`;
/// of several, the one with the least number. If there is none either, the only one of
/// that name, a number after it or not, within some scope: `model/detection_boxes`. The order
/// of layers, which inference elements do not guarantee, never matters.
pub fn find<'t, 'a>(tensors: &'t [TensorView<'a>], name: &str) -> Option<&'t TensorView<'a>> {
    find_exact(tensors, name)
        .or_else(|| find_numbered(tensors, name))
        .or_else(|| find_prefixed(tensors, name))
}

fn find_exact<'t, 'a>(tensors: &'t [TensorView<'a>], name: &str) -> Option<&'t TensorView<'a>> {
    tensors.iter().find(|tensor| tensor.name() == name)
}

fn find_numbered<'t, 'a>(tensors: &'t [TensorView<'a>], name: &str) -> Option<&'t TensorView<'a>> {
    tensors
        .iter()
        .filter_map(|tensor| Some((number(tensor.name().strip_prefix(name)?)?, tensor)))
        .min_by_key(|(number, _)| *number)
        .map(|(_, tensor)| tensor)
}

fn find_prefixed<'t, 'a>(tensors: &'t [TensorView<'a>], name: &str) -> Option<&'t TensorView<'a>> {
    let mut found = tensors.iter().filter(|tensor| {
        let scopes = tensor.name().match_indices('/');
        let mut within = scopes.map(|(at, _)| &tensor.name()[at + 1..]);
        within.any(|rest| {
            let after = rest.strip_prefix(name);
            after.is_some_and(|after| after.is_empty() || number(after).is_some())
        })
    });
    // Of two scopes, either choice would be a guess.
    found.next().filter(|_| found.next().is_none())
}

/// The number that exporters put after a name: `:0`, `_12`.
fn number(suffix: &str) -> Option<u32> {
    let digits = suffix.strip_prefix([':', '_'])?;
    // `parse` alone would let a sign through.
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// The layers that TensorFlow 2 has numbered after one name, by number: `Identity`,
/// `Identity_1`, ...; `StatefulPartitionedCall:0`, `:1`, ... Empty unless each number below
/// `COUNT` is there once, and no other.
fn numbered_from_one_name<'a, const COUNT: usize>(
    tensors: &[TensorView<'a>],
) -> Option<[TensorView<'a>; COUNT]> {
    ["StatefulPartitionedCall", "Identity"]
        .into_iter()
        .find_map(|base| {
            let mut found = [None; COUNT];
            for tensor in tensors {
                let name = tensor.name();
                let Some(suffix) = name.rsplit('/').next().and_then(|n| n.strip_prefix(base))
                else {
                    continue;
                };
                // `Identity_1:0` is the only output of the operation `Identity_1`.
                let plain = match suffix.strip_suffix(":0") {
                    Some(rest) if rest.starts_with('_') => rest,
                    _ => suffix,
                };
                let index = match plain {
                    "" => 0,
                    _ => number(plain)? as usize,
                };
                if found.get_mut(index)?.replace(*tensor).is_some() {
                    return None;
                }
            }
            let all = found.iter().all(Option::is_some);
            all.then(|| found.map(Option::unwrap_or_default))
        })
}

/// The length of a tensor that is a plain list: all dimensions but one are 1
/// (a batch of one, a trailing axis). `None` if it is not. A length of zero is
/// what networks with as many outputs as detections put out for an empty frame.
pub fn list_length(tensor: &TensorView<'_>) -> Option<usize> {
    let long = tensor.dims().iter().filter(|&&size| size != 1).count();
    (long <= 1).then(|| tensor.len())
}

/// The number of rows of a tensor `[N, columns]` or `[N, 1, columns]`, a batch of one before it or
/// not. `None` if it is no such tensor; zero rows are possible as in [`list_length`].
pub fn row_count(tensor: &TensorView<'_>, columns: usize) -> Option<usize> {
    match tensor.dims() {
        [leading @ .., rows, 1, last] | [leading @ .., rows, last]
            if *last == columns && leading.iter().all(|&size| size == 1) =>
        {
            Some(*rows)
        }
        _ => None,
    }
}
