//! Who makes results of tensors: nvdsinfer's own parsers, or a function of a library.

use super::classify::Classification;
use super::detection::Detection;
use super::segment::Segmentation;
use super::settings::{NetworkType, Postprocess};
use super::tensors::Tensors;
use crate::infer::library;

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
    /// Where there is no such parser, or its library cannot be loaded.
    pub fn of(settings: &Postprocess) -> Result<Self, String> {
        let names = &settings.parsers;
        let function = match settings.network_type {
            NetworkType::Detector => &names.bbox,
            NetworkType::Classifier => &names.classifier,
            NetworkType::Segmentation => &names.segmentation,
            NetworkType::InstanceSegmentation => &names.instance_mask,
            NetworkType::Other => return Ok(Self::BuiltIn),
        };
        match (function, &names.library) {
            (Some(function), Some(library)) => {
                let function = library::open(settings, function, library)?;
                Ok(Self::Library(Box::new(function)))
            }
            (_, _) if settings.network_type == NetworkType::InstanceSegmentation => Err(
                "network-type=3 (instance segmentation) has no built-in parser: parse-bbox-instance-mask-func-name and \
                 custom-lib-path are needed"
                    .to_owned(),
            ),
            _ => Ok(Self::BuiltIn),
        }
    }
}
