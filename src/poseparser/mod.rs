//! `rsposeparser`: turns the output tensors of networks of poses into key points of objects.
//!
//! Networks that look at one person (RTMPose, HRNet, ViTPose) run on the objects of a detector: their points go to these
//! objects. Those that look at whole frames (MoveNet) give new objects. Points are the user meta that the other parsers
//! attach, which rsosdannotate draws and rsmetajson writes.
//!
//! ```text
//! nvinfer config-file-path=people.txt ! nvinfer config-file-path=pose.txt ! rsposeparser unique-id=2
//! ```

use glib::prelude::*;

use crate::parser::TensorParser;

#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod task;

glib::wrapper! {
    /// The element `rsposeparser`.
    pub struct PoseParser(ObjectSubclass<imp::PoseParser>)
        @extends TensorParser, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// What the tensors of [`PoseParser`] are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsPoseFormat")]
#[repr(i32)]
pub enum PoseFormat {
    /// What the dimensions say.
    #[default]
    #[enum_value(name = "As the dimensions say", nick = "auto")]
    Auto = 0,
    /// RTMPose.
    #[enum_value(
        name = "Two layers of bins, for x and y of each point: RTMPose",
        nick = "simcc"
    )]
    Simcc = 1,
    /// HRNet, ViTPose.
    #[enum_value(name = "A map for each point: HRNet, ViTPose", nick = "heatmaps")]
    Heatmaps = 2,
    /// MoveNet of one person.
    #[enum_value(
        name = "y, x and confidence of each point: MoveNet of one person",
        nick = "movenet"
    )]
    Movenet = 3,
    /// MoveNet of several.
    #[enum_value(
        name = "Rows of 17 points and a box: MoveNet of several people",
        nick = "movenet-multi"
    )]
    MovenetMulti = 4,
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rsposeparser",
        gst::Rank::NONE,
        PoseParser::static_type(),
    )
}
