//! `nvinfer`: runs an ONNX network on the CPU and attaches what gst-nvinfer makes of its tensors, and the tensors.
//!
//! The stock element's configuration file is read as it is. Detectors, classifiers and segmentations are parsed by
//! nvdsinfer's built-in rules or by functions of parser libraries, on frames or on objects; `docs/nvinfer.md` tells what is
//! exact. A key that needs TensorRT is an error that names it.
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/ssd-parser-nvinfer.txt"), "```")]

use std::sync::Arc;

use glib::subclass::prelude::*;
use gst::prelude::*;

use crate::infer::engine::Answers;
use crate::infer::postprocess::LibraryParser;
use crate::infer::postprocess::settings::Postprocess;

mod imp;
mod settings;
mod stand_ins;

/// Makes what takes a model's place, each time the element loads one. The error stops it.
pub type MakeAnswers = Arc<dyn Fn() -> Result<Box<dyn Answers>, String> + Send + Sync>;

glib::wrapper! {
    /// The element.
    pub struct Infer(ObjectSubclass<imp::Infer>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Makes a parser for a function of a library, or says that it has none for it.
pub type MakeParser =
    Arc<dyn Fn(&Postprocess) -> Result<Option<Box<dyn LibraryParser>>, String> + Send + Sync>;

impl Infer {
    /// Has tensors come from `make` instead of a model from the next start on: for tests, and for machines that have
    /// recorded tensors only. The configuration's model is not looked at then.
    pub fn set_answers(&self, make: MakeAnswers) {
        self.imp().set_answers(make);
    }

    /// Has functions of parser libraries come from `make` from the next start on.
    pub fn set_parsers(&self, make: MakeParser) {
        self.imp().set_parsers(make);
    }

    /// Whether cluster-mode 0 groups rectangles as a build of nvdsinfer with OpenCV does, whatever the environment says.
    pub fn set_opencv(&self, opencv: bool) {
        self.imp().set_opencv(opencv);
    }
}

/// What is inferred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstNvInferProcessModeType")]
#[repr(i32)]
pub enum ProcessMode {
    /// Whole frames.
    #[default]
    #[enum_value(name = "Primary (Full Frame)", nick = "primary")]
    Primary = 1,
    /// Objects of another element.
    #[enum_value(name = "Secondary (Objects)", nick = "secondary")]
    Secondary = 2,
}

/// Registers the element under its stock name.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvinfer",
        gst::Rank::PRIMARY,
        Infer::static_type(),
    )
}
