//! Why tensors could not be decoded, in words for whoever runs the pipeline.

use crate::layout::{Format, Role};
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
    /// Several decoders know these layers.
    Ambiguous,
    /// Not the stated format, but another one fits the layers.
    OtherFormat,
    /// No decoder knows these layers.
    NoLayout,
}

/// Why tensors could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A layer the decoder needs is not there.
    #[error(
        "{decoder}: output layer{} {} missing",
        if missing.len() == 1 { "" } else { "s" },
        are(missing)
    )]
    MissingLayer {
        /// The decoder's name.
        decoder: &'static str,
        /// What was not found, and by which names.
        missing: Vec<(Role, String)>,
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
         predictions, which need anchors, and none are set; or they are decoded boxes and class \
         scores (pytorch-ssd)"
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
    /// The layers are box encodings or boxes, and nothing tells which.
    #[error(
        "{decoder}: output layers {boxes} and {scores} may be decoded boxes and class scores, but also \
         box encodings and class predictions, as anchors or other layer names are set"
    )]
    TwoReadings {
        /// The decoder's name.
        decoder: &'static str,
        /// The layer of boxes.
        boxes: String,
        /// The layer of scores.
        scores: String,
    },
    /// Several layers may be the one that is looked for.
    #[error("{decoder}: output layers {} may each be the one to read; name it", layers.join(" and "))]
    SeveralLayers {
        /// The decoder's name.
        decoder: &'static str,
        /// The layers, with type and dimensions.
        layers: Vec<String>,
    },
    /// A layer has not as many columns as the labels ask for.
    #[error(
        "{decoder}: output layer {layer} leaves {found} numbers of each box for its class scores, \
         but there are {labels} labels"
    )]
    Labels {
        /// The decoder's name.
        decoder: &'static str,
        /// The layer, with type and dimensions.
        layer: String,
        /// How many numbers there are beyond those for the box.
        found: usize,
        /// How many labels there are.
        labels: usize,
    },
    /// A layer's rows are not those that an input of this size gives.
    #[error(
        "{decoder}: output layer {layer} has not as many rows as an input of {width}x{height} gives \
         ({expected})"
    )]
    Cells {
        /// The decoder's name.
        decoder: &'static str,
        /// The layer, with type and dimensions.
        layer: String,
        /// Width of the network's input.
        width: u32,
        /// Height of the network's input.
        height: u32,
        /// How many rows are expected.
        expected: String,
    },
    /// The layers can be read in several ways, and nothing but the user's word tells which is right.
    #[error(
        "the output layers {} can be read in {} ways: {}",
        shortened(found),
        readings.len(),
        listed(readings)
    )]
    Ambiguous {
        /// Every layer there is, with type and dimensions.
        found: String,
        /// What they may be.
        readings: Vec<Reading>,
    },
    /// The layers are not those of the format that is stated, but those of another one.
    #[error(
        "format={} does not fit the output layers {}{}: they are what {} is for",
        stated.name(),
        shortened(found),
        with_labels(*labels),
        listed(readings)
    )]
    OtherFormat {
        /// The format that is stated.
        stated: Format,
        /// Every layer there is, with type and dimensions.
        found: String,
        /// How many labels there are, if that is known.
        labels: Option<usize>,
        /// What the layers are.
        readings: Vec<Reading>,
    },
    /// There is no layer of that kind, or of that name.
    #[error("no output layer is one {expected}; found: {}", shortened(found))]
    NoLayer {
        /// Which layers are read.
        expected: String,
        /// Every layer there is, with type and dimensions.
        found: String,
    },
    /// The characters are not as many as a network's.
    #[error(
        "output layer {layer} has no dimension for {characters} characters and a blank ({}), nor for a space beside \
         them ({})",
        characters + 1,
        characters + 2
    )]
    Characters {
        /// The layer, with type and dimensions.
        layer: String,
        /// How many characters there are.
        characters: usize,
    },
    /// No decoder knows these layers.
    #[error(
        "no known detection layout fits the output layers{}",
        match nearest {
            Some(error) => format!("; nearest: {error}"),
            None => format!(" {}", shortened(found)),
        }
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
            Self::NoAnchors { .. } | Self::AnchorCount { .. } | Self::TwoReadings { .. } => {
                ErrorKind::Anchors
            }
            Self::Labels { .. } | Self::Cells { .. } => ErrorKind::WrongShape,
            Self::Ambiguous { .. } | Self::SeveralLayers { .. } => ErrorKind::Ambiguous,
            Self::OtherFormat { .. } => ErrorKind::OtherFormat,
            Self::Characters { .. } => ErrorKind::WrongShape,
            Self::NoLayer { .. } | Self::NoLayout { .. } => ErrorKind::NoLayout,
        }
    }

    /// Whether nothing of the layers is as expected: they may well be another network's.
    pub fn is_unrelated(&self) -> bool {
        match self {
            Self::NoLayer { .. } => true,
            Self::NoLayout { nearest, .. } => nearest.as_ref().is_none_or(|e| e.is_unrelated()),
            Self::MissingLayer {
                decoder, missing, ..
            } => crate::families::by_name(decoder).is_some_and(|decoder| {
                let needed = decoder.layers.iter().filter(|layer| !layer.optional);
                missing.len() >= needed.count()
            }),
            _ => false,
        }
    }

    /// What is too long for one line: the layers there are, and those that are expected.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::MissingLayer {
                found, expected, ..
            } => Some(format!("layers found: {found}; expected: {expected}")),
            Self::NoLayout { found, known, .. } => {
                Some(format!("layers found: {found}; known layouts: {known}"))
            }
            _ => None,
        }
    }
}

fn are(missing: &[(Role, String)]) -> String {
    let verb = if missing.len() == 1 { "is" } else { "are" };
    let names: Vec<&str> = missing.iter().map(|(_, name)| &name[..]).collect();
    format!("{} {verb}", names.join(", "))
}

/// One of several ways to read some layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The format to state, if this family can read it.
    pub format: Option<Format>,
    /// What is to be done instead if it cannot: another element, or something else to be stated.
    pub instead: &'static str,
    /// Which networks have it.
    pub networks: &'static str,
}

impl Reading {
    /// One that can be stated.
    pub(crate) const fn of(format: Format, networks: &'static str) -> Self {
        Self {
            format: Some(format),
            instead: "",
            networks,
        }
    }

    /// One that no format of this family stands for.
    pub(crate) const fn foreign(instead: &'static str, networks: &'static str) -> Self {
        Self {
            format: None,
            instead,
            networks,
        }
    }
}

fn with_labels(labels: Option<usize>) -> String {
    match labels {
        None => String::new(),
        Some(1) => " and 1 label".to_owned(),
        Some(labels) => format!(" and {labels} labels"),
    }
}

fn listed(readings: &[Reading]) -> String {
    let all: Vec<String> = readings
        .iter()
        .map(|reading| match reading.format {
            Some(format) => format!("format={} ({})", format.name(), reading.networks),
            None => format!("{} ({})", reading.instead, reading.networks),
        })
        .collect();
    all.join(" or ")
}

/// The beginning of a list of layers.
fn shortened(layers: &str) -> String {
    const MOST: usize = 160;
    match layers.char_indices().nth(MOST) {
        None => layers.to_owned(),
        Some((end, _)) => format!("{} ...", &layers[..end]),
    }
}

/// The layers as text: `scores FLOAT [100], boxes FLOAT [100, 4]`.
pub fn describe(tensors: &[TensorView<'_>]) -> String {
    if tensors.is_empty() {
        return "none".to_owned();
    }
    let all: Vec<String> = tensors.iter().map(TensorView::to_string).collect();
    all.join(", ")
}
