//! Why tensors could not be decoded, in words for whoever runs the pipeline.

use crate::tensor::{DataType, TensorView};

/// The kind of a [`DecodeError`], cheap to compare: warn once per kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A layer the decoder needs is not there.
    MissingLayer,
    /// A layer has an element type the decoder cannot read.
    WrongType,
    /// A layer has dimensions the decoder cannot read.
    WrongShape,
    /// Two layers disagree about the number of detections.
    CountMismatch,
    /// The anchors are missing, or they are not those of this network.
    Anchors,
    /// No decoder knows these layers.
    NoLayout,
}

/// Why tensors could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A layer the decoder needs is not there.
    #[error(
        "{decoder}: output layer{} {} missing; layers found: {found}; expected: {expected}",
        if missing.len() == 1 { "" } else { "s" },
        are(missing)
    )]
    MissingLayer {
        /// The decoder's name.
        decoder: &'static str,
        /// The names not found.
        missing: Vec<String>,
        /// Every layer there is, with type and dimensions.
        found: String,
        /// Every layer the decoder expects.
        expected: String,
    },
    /// A layer has an element type the decoder cannot read.
    #[error("{decoder}: output layer {layer} is {found}, expected {expected}")]
    WrongType {
        /// The decoder's name.
        decoder: &'static str,
        /// The layer's name.
        layer: String,
        /// The type it has.
        found: DataType,
        /// The types it may have.
        expected: String,
    },
    /// A layer has dimensions the decoder cannot read.
    #[error("{decoder}: output layer {layer} has dimensions {found:?}, expected {expected}")]
    WrongShape {
        /// The decoder's name.
        decoder: &'static str,
        /// The layer's name.
        layer: String,
        /// The dimensions it has.
        found: Vec<usize>,
        /// The dimensions it may have.
        expected: &'static str,
    },
    /// Two layers disagree about the number of detections.
    #[error(
        "{decoder}: output layer {layer} holds {found} detections, \
         but {other} holds {other_found}; they must be equal"
    )]
    CountMismatch {
        /// The decoder's name.
        decoder: &'static str,
        /// The layer's name.
        layer: String,
        /// How many detections it has room for.
        found: usize,
        /// The layer it is compared with.
        other: String,
        /// How many detections that one has room for.
        other_found: usize,
    },
    /// The layers are box encodings, and there are no anchors to decode them with.
    #[error(
        "{decoder}: output layers {boxes} and {scores} look like box encodings and class \
         predictions, which need anchors, and none are set"
    )]
    NoAnchors {
        /// The decoder's name.
        decoder: &'static str,
        /// The layer of box encodings.
        boxes: String,
        /// The layer of class predictions.
        scores: String,
    },
    /// The anchors are not as many as the box encodings.
    #[error(
        "{decoder}: output layer {layer} holds {found} box encodings, but the anchors are {anchors}; \
         check the feature maps and aspect ratios they are made from"
    )]
    AnchorCount {
        /// The decoder's name.
        decoder: &'static str,
        /// The layer of box encodings.
        layer: String,
        /// How many encodings it holds.
        found: usize,
        /// What the anchors are.
        anchors: String,
    },
    /// No decoder knows these layers.
    #[error(
        "no known detection layout fits the output layers; found: {found}; {}\
         known layouts: {known}",
        nearest.as_ref().map(|error| format!("nearest: {error}; ")).unwrap_or_default()
    )]
    NoLayout {
        /// Every layer there is, with type and dimensions.
        found: String,
        /// Every layout and the layers it expects.
        known: String,
        /// What kept the nearest layout from fitting.
        nearest: Option<Box<DecodeError>>,
    },
}

impl DecodeError {
    /// Which kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::MissingLayer { .. } => ErrorKind::MissingLayer,
            Self::WrongType { .. } => ErrorKind::WrongType,
            Self::WrongShape { .. } => ErrorKind::WrongShape,
            Self::CountMismatch { .. } => ErrorKind::CountMismatch,
            Self::NoAnchors { .. } | Self::AnchorCount { .. } => ErrorKind::Anchors,
            Self::NoLayout { .. } => ErrorKind::NoLayout,
        }
    }
}

fn are(names: &[String]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}

/// The layers as text: `scores FLOAT [100], boxes FLOAT [100, 4]`.
pub fn describe(tensors: &[TensorView<'_>]) -> String {
    if tensors.is_empty() {
        return "none".to_owned();
    }
    let all: Vec<String> = tensors.iter().map(TensorView::to_string).collect();
    all.join(", ")
}
