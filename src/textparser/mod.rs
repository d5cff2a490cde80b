//! `rstextparser`: turns the output tensors of text recognisers into texts of objects or frames, such as number plates.
//!
//! It takes the place of a custom parser library in nvinfer (network-type 100, output-tensor-meta 1), or of the pad probe
//! behind it. Texts are attached as nvinfer attaches a classifier's result.

use glib::prelude::*;

use crate::parser::{AttributeParser, TensorParser};

mod dictionary;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod reader;

glib::wrapper! {
    /// The element `rstextparser`.
    pub struct TextParser(ObjectSubclass<imp::TextParser>)
        @extends AttributeParser, TensorParser, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Where the number of the blank is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsTextBlank")]
#[repr(i32)]
pub enum Blank {
    /// As is usual.
    #[default]
    #[enum_value(
        name = "First for layers [T, D] and for numbers alone, last for [D, T] and for numbers with scores",
        nick = "auto"
    )]
    Auto = 0,
    /// Number 0.
    #[enum_value(name = "Number 0, the first character is number 1", nick = "first")]
    First = 1,
    /// Behind the characters.
    #[enum_value(name = "The number after that of the last character", nick = "last")]
    Last = 2,
}

/// Which dimension of a layer of scores is that of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsTextColumns")]
#[repr(i32)]
pub enum Columns {
    /// The other one.
    #[default]
    #[enum_value(name = "The one that is not as long as the dictionary", nick = "auto")]
    Auto = 0,
    /// `[T, D]`.
    #[enum_value(name = "The first: [T, D]", nick = "first")]
    First = 1,
    /// `[D, T]`.
    #[enum_value(name = "The last: [D, T]", nick = "last")]
    Last = 2,
}

/// How the characters' scores make that of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsTextConfidence")]
#[repr(i32)]
pub enum Confidence {
    /// As is usual.
    #[default]
    #[enum_value(
        name = "The product for numbers with scores (TAO), else the mean",
        nick = "auto"
    )]
    Auto = 0,
    /// The mean.
    #[enum_value(name = "The mean of the characters' scores", nick = "mean")]
    Mean = 1,
    /// The product.
    #[enum_value(name = "Their product", nick = "product")]
    Product = 2,
    /// The lowest.
    #[enum_value(name = "The lowest of them", nick = "least")]
    Least = 3,
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rstextparser",
        gst::Rank::NONE,
        TextParser::static_type(),
    )
}
