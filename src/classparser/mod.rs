//! `rsclassparser`: turns the output tensors of classifiers into classes of objects or frames.
//!
//! It takes the place of a custom parser library in nvinfer (network-type 100, output-tensor-meta 1), or of the pad probe
//! behind it. Results are attached as nvinfer attaches its own, and those without a label have the class's number.

use glib::prelude::*;

use crate::parser::{AttributeParser, TensorParser};

#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod labels;
mod reader;

glib::wrapper! {
    /// The element `rsclassparser`.
    pub struct ClassParser(ObjectSubclass<imp::ClassParser>)
        @extends AttributeParser, TensorParser, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// How [`ClassParser`] chooses classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsClassMethod")]
#[repr(i32)]
pub enum Method {
    /// The best.
    #[default]
    #[enum_value(name = "The class with the highest score", nick = "max")]
    Max = 0,
    /// The best after a softmax.
    #[enum_value(
        name = "As max, after a softmax: for networks without one",
        nick = "softmax"
    )]
    Softmax = 1,
    /// All above the threshold.
    #[enum_value(
        name = "Every class with a score of score-threshold or more",
        nick = "multi"
    )]
    Multi = 2,
    /// Yes or no, many times.
    #[enum_value(
        name = "Each number is a yes or no with two labels: the first for score-threshold or more, the second for less",
        nick = "compound"
    )]
    Compound = 3,
    /// Argmax in the graph.
    #[enum_value(
        name = "The numbers are those of classes, which the network chose",
        nick = "index"
    )]
    Index = 4,
    /// A number.
    #[enum_value(name = "The number is the answer, such as an age", nick = "regression")]
    Regression = 5,
    /// A mean.
    #[enum_value(
        name = "The mean of the classes' numbers by their scores, such as an age of 100 classes",
        nick = "expectation"
    )]
    Expectation = 6,
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rsclassparser",
        gst::Rank::NONE,
        ClassParser::static_type(),
    )
}
