//! From a network's layers to the decoder that can read them, whatever its task.
//!
//! A [`Family`] is a list of [`Decoder`]s, rows of data: names, types and dimensions of the layers, a
//! check that looks at nothing else, and functions that read. [`select`] finds the decoder that fits,
//! and [`Selection`] keeps what was found out, so that frames of the same layers are not searched again.

mod choose;
mod names;
mod plan;
mod preset;
mod shapes;
mod stated;

use std::fmt::Write as _;

use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Detection;
use crate::boxes::extras::Extras;
use crate::boxes::form::BoxForm;
use crate::boxes::policy::NmsMode;
use crate::boxes::scratch::Scratch;
use crate::error::{DecodeError, describe};
use crate::layout::{Activation, Background, Format, Layout, Role};
use crate::letterbox::{BoxUnits, Geometry, Size};
use crate::tensor::{DataType, TensorView};

pub use choose::{Match, Selection, select};
pub use names::find;
pub(crate) use names::{number, position};
pub use plan::{MOST_LAYERS, Plan};
pub use preset::Preset;
pub use shapes::{list_length, row_count, table};

/// Types of scores and boxes.
pub(crate) const REAL: &[DataType] = &[DataType::Float, DataType::Half];
/// Types of boxes that may be in pixels.
pub(crate) const COORDINATE: &[DataType] = &[
    DataType::Float,
    DataType::Half,
    DataType::Int32,
    DataType::Int64,
];
/// Types of counts and classes.
pub(crate) const NUMBER: &[DataType] = &[
    DataType::Float,
    DataType::Half,
    DataType::Int32,
    DataType::Int64,
    DataType::Uint8,
];

/// Tensor layouts that one element reads.
#[derive(Debug)]
pub struct Family {
    /// Its name, lower case.
    pub name: &'static str,
    /// Its decoders.
    pub decoders: &'static [&'static Decoder],
    /// What becomes of layers that several decoders fit.
    pub several: Several,
    /// Networks by name, beside the formats' own names.
    pub presets: &'static [Preset],
}

/// What becomes of layers that several decoders of a family fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Several {
    /// The first one reads them: stricter layouts come first.
    First,
    /// They are refused with [`DecodeError::Ambiguous`], which names all readings.
    Refused,
}

/// What a decoder works on: the tensors of one frame, and what is known of them.
#[derive(Debug, Clone, Copy)]
pub struct Input<'t, 'a> {
    /// The output layers, in any order.
    pub tensors: &'t [TensorView<'a>],
    /// What the user knows of them.
    pub layout: &'t Layout,
    /// The size of the network's input, in pixels.
    pub network: Size,
}

impl<'t, 'a> Input<'t, 'a> {
    /// The layer that a decoder asks for, by the user's name for it if there is
    /// one, else by those it is known by; see [`find`].
    pub fn find(&self, spec: &LayerSpec) -> Option<&'t TensorView<'a>> {
        self.tensors.get(self.position(spec)?)
    }

    /// Where that layer is.
    pub fn position(&self, spec: &LayerSpec) -> Option<usize> {
        match self.layout.layers.get(spec.role) {
            Some(name) => position(self.tensors, &[name]),
            None => position(self.tensors, spec.names),
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
    /// A layer that a decoder cannot do without.
    pub const fn new(
        role: Role,
        names: &'static [&'static str],
        types: &'static [DataType],
        dims: &'static str,
    ) -> Self {
        Self {
            role,
            names,
            types,
            dims,
            optional: false,
        }
    }

    /// The same, which may be missing.
    pub const fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }

    /// How many entries are filled, of any type.
    pub(crate) const fn count(names: &'static [&'static str]) -> Self {
        Self::new(Role::Count, names, NUMBER, "[1]")
    }

    /// A score for each entry.
    pub(crate) const fn scores(names: &'static [&'static str]) -> Self {
        Self::new(Role::Scores, names, REAL, "[N] or [1, N]")
    }

    /// A class number for each entry, of any type.
    pub(crate) const fn classes(names: &'static [&'static str]) -> Self {
        Self::new(Role::Classes, names, NUMBER, "[N] or [1, N]")
    }

    /// A box for each entry.
    pub(crate) const fn boxes(names: &'static [&'static str], types: &'static [DataType]) -> Self {
        Self::new(Role::Boxes, names, types, "[N, 4] or [1, N, 4]")
    }

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
    pub form: BoxForm,
    /// Their units.
    pub units: BoxUnits,
    /// What makes scores of the numbers.
    pub activation: Activation,
    /// The class that stands for no object.
    pub background: Option<u32>,
    /// Which boxes suppress each other, for networks that leave it to their user.
    pub nms: NmsMode,
}

impl Usual {
    /// Boxes of this form and these units; the scores need nothing.
    pub const fn new(form: BoxForm, units: BoxUnits) -> Self {
        Self {
            form,
            units,
            activation: Activation::None,
            background: None,
            nms: NmsMode::PerClass,
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
    pub usual: fn(&Layout) -> Usual,
    /// Looks at names, types and dimensions only.
    pub check: fn(&Input<'_, '_>) -> Result<Plan, DecodeError>,
    /// Reads the tensors of one frame and pushes every entry to the candidates.
    pub decode: fn(&Input<'_, '_>, &Plan, &mut Scratch, &mut Candidates),
    /// Reads what else the network says of the detections that are left, such as key points, from the
    /// entries they came from. It appends to the extras for each detection, in their order.
    pub finish: Option<Finish>,
}

/// See [`Decoder::finish`].
pub type Finish = fn(&Input<'_, '_>, &Plan, &[Detection], &Geometry, &mut Extras);

impl Decoder {
    /// How boxes and scores are read: as the layout states, else as is usual.
    pub fn boxes(&self, layout: &Layout) -> Usual {
        let usual = (self.usual)(layout);
        Usual {
            form: layout.box_form.unwrap_or(usual.form),
            units: layout.box_units.unwrap_or(usual.units),
            activation: layout.activation.unwrap_or(usual.activation),
            background: match layout.background {
                Background::Usual => usual.background,
                Background::None => None,
                Background::Class(class) => Some(class),
            },
            nms: usual.nms,
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
    /// its type.
    ///
    /// # Errors
    ///
    /// [`DecodeError::MissingLayer`] or [`DecodeError::WrongType`].
    pub fn resolve(&self, input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
        debug_assert!(self.layers.len() <= MOST_LAYERS);
        let mut plan = Plan::default();
        for (index, layer) in self.layers.iter().enumerate() {
            match input.position(layer) {
                Some(at) => plan.put(index, at),
                None if layer.optional => (),
                None => return Err(self.missing(input)),
            }
        }
        // Types only after names: a missing layer says more about the network.
        for (index, layer) in self.layers.iter().enumerate() {
            if let Some(tensor) = plan.find(input, index) {
                self.check_type(tensor, layer)?;
            }
        }
        Ok(plan)
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
    pub(crate) fn missing(&self, input: &Input<'_, '_>) -> DecodeError {
        let named = |layer: &LayerSpec| (layer.role, layer.name(input.layout).to_owned());
        let absent = self.needed().filter(|layer| input.find(layer).is_none());
        let mut missing: Vec<_> = absent.map(named).collect();
        if missing.is_empty() {
            // Layers of these names are there, and are others.
            missing.extend(self.needed().map(named));
        }
        DecodeError::MissingLayer {
            decoder: self.name,
            missing,
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
    pub(crate) fn count_mismatch(
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
