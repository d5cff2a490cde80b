//! Results out of tensors: boxes, classes, segmentations, as gst-nvinfer makes them.
//!
//! Pure functions on slices; which order of additions and comparisons is whose is told where it decides a bit. What a
//! configuration file says about it is in [`settings`].

mod classify;
mod cluster;
mod detection;
mod grid;
mod labels;
mod parser;
mod place;
mod segment;
pub mod settings;
mod tensors;

pub use self::classify::{Attribute, Classification};
pub use self::cluster::{before, cluster};
use self::detection::keep_best;
pub use self::detection::{Detection, Mask};
pub use self::labels::Labels;
pub use self::parser::{LibraryParser, Parsed, Parser};
pub use self::place::{Fit, Place, place};
pub use self::segment::Segmentation;
pub use self::tensors::{Layer, Tensors};

use self::settings::{ClusterMode, NetworkType, Postprocess};

/// What the tensors of one frame or object amount to.
#[derive(Debug, Clone, PartialEq)]
pub enum Findings {
    /// Boxes of objects in pixels of the network's input, by class.
    Objects(Vec<Detection>),
    /// Classes.
    Classes(Classification),
    /// A class for each pixel.
    Segments(Segmentation),
    /// Nothing is parsed.
    Nothing,
}

/// Settings with all that is loaded for them.
#[derive(Debug)]
pub struct Postprocessor {
    settings: Postprocess,
    labels: Labels,
    parser: Parser,
}

impl Postprocessor {
    /// Checks settings against each other.
    ///
    /// # Errors
    /// What does not go together, with the key to change.
    pub fn new(settings: Postprocess, labels: Labels, parser: Parser) -> Result<Self, String> {
        let detects = matches!(
            settings.network_type,
            NetworkType::Detector | NetworkType::InstanceSegmentation
        );
        if settings.output_instance_mask && detects && settings.cluster_mode != ClusterMode::None {
            return Err(
                "output-instance-mask=1 needs cluster-mode=4: masks are not clustered".to_owned(),
            );
        }
        if detects && settings.class_attrs.is_empty() {
            return Err(
                "num-detected-classes is not given or 0: a detector needs the number of its classes"
                    .to_owned(),
            );
        }
        Ok(Self {
            settings,
            labels,
            parser,
        })
    }

    /// One that makes nothing of tensors.
    pub fn none() -> Self {
        Self {
            settings: Postprocess {
                network_type: NetworkType::Other,
                ..Postprocess::default()
            },
            labels: Labels::default(),
            parser: Parser::BuiltIn,
        }
    }

    /// What counts.
    pub fn settings(&self) -> &Postprocess {
        &self.settings
    }

    /// The labels.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Makes results of the tensors of one frame or object.
    ///
    /// # Errors
    /// Where the tensors are not what the parser needs.
    pub fn run(&mut self, tensors: &Tensors<'_>) -> Result<Findings, String> {
        let settings = &self.settings;
        if settings.network_type == NetworkType::Other {
            return Ok(Findings::Nothing);
        }
        let parsed = match &mut self.parser {
            Parser::BuiltIn => built_in(tensors, settings, &self.labels)?,
            Parser::Library(library) => library.parse(tensors, settings)?,
        };
        Ok(match parsed {
            Parsed::Boxes(mut boxes) => {
                let attrs = &settings.class_attrs;
                before(&mut boxes, attrs);
                let mut boxes = cluster(boxes, attrs, settings.cluster_mode, settings.opencv);
                if let Some(topk) = settings.server.and_then(|server| server.topk) {
                    keep_best(&mut boxes, topk as usize);
                }
                Findings::Objects(boxes)
            }
            Parsed::Classes(mut classes) => {
                classes.add_labels(&self.labels);
                Findings::Classes(classes)
            }
            Parsed::Segments(segments) => Findings::Segments(segments),
        })
    }
}

/// nvdsinfer's own parser for the network's type.
fn built_in(
    tensors: &Tensors<'_>,
    settings: &Postprocess,
    labels: &Labels,
) -> Result<Parsed, String> {
    match settings.network_type {
        NetworkType::Classifier => {
            classify::classify(tensors, settings.classifier_threshold, labels).map(Parsed::Classes)
        }
        NetworkType::Segmentation => segment::segment(
            tensors,
            settings.classes,
            settings.segmentation_order,
            settings.segmentation_threshold,
        )
        .map(Parsed::Segments),
        _ => grid::parse(tensors, &settings.class_attrs).map(Parsed::Boxes),
    }
}
