//! Who makes results of tensors: nvdsinfer's own parsers, or a function of a library.

use super::classify::Classification;
use super::detection::Detection;
use super::segment::Segmentation;
use super::settings::{NetworkType, Postprocess};
use super::tensors::Tensors;

/// What a parser makes of the tensors of one frame or object. Boxes are not clustered yet.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed {
    /// Of a detector or of instance segmentation.
    Boxes(Vec<Detection>),
    /// Of a classifier.
    Classes(Classification),
    /// Of a segmentation.
    Segments(Segmentation),
}

/// A function of a parser library.
pub trait LibraryParser: std::fmt::Debug + Send {
    /// Parses the tensors of one frame or object into what the network's type asks for.
    ///
    /// # Errors
    /// Where the function says that it failed.
    fn parse(&mut self, tensors: &Tensors<'_>, settings: &Postprocess) -> Result<Parsed, String>;
}

/// See the module.
#[derive(Debug)]
pub enum Parser {
    /// nvdsinfer's own, by the network's type.
    BuiltIn,
    /// `parse-*-func-name` in `custom-lib-path`.
    Library(Box<dyn LibraryParser>),
}

impl Parser {
    /// What `settings` ask for.
    ///
    /// # Errors
    /// Where there is no such parser.
    pub fn of(settings: &Postprocess) -> Result<Self, String> {
        let names = &settings.parsers;
        let (key, function) = match settings.network_type {
            NetworkType::Detector => ("parse-bbox-func-name", &names.bbox),
            NetworkType::Classifier => ("parse-classifier-func-name", &names.classifier),
            NetworkType::Segmentation => ("parse-segmentation-func-name", &names.segmentation),
            NetworkType::InstanceSegmentation => {
                ("parse-bbox-instance-mask-func-name", &names.instance_mask)
            }
            NetworkType::Other => return Ok(Self::BuiltIn),
        };
        match (function, &names.library) {
            (Some(function), Some(library)) => Err(format!(
                "{key}={function}: functions of custom-lib-path={} are not called by the CPU stand-in; set \
                 network-type=100 and output-tensor-meta=1, and parse the tensors downstream",
                library.display()
            )),
            (_, _) if settings.network_type == NetworkType::InstanceSegmentation => Err(format!(
                "network-type=3 (instance segmentation) has no built-in parser: {key} and custom-lib-path are needed"
            )),
            _ => Ok(Self::BuiltIn),
        }
    }
}
