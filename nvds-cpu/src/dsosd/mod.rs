//! Element `nvdsosd`: draws boxes, texts and shapes from the metadata onto the frame.
//!
//! Behaves as DeepStream 9.1's element: it draws what was acquired from the batch's pools, attached to a frame or
//! not, newest first, all of it onto the first surface of the batch. Boxes lie below masks, texts, lines, arrows and
//! circles, in this order. The pixels are those of the stock element: see [`crate::osd`].
//!
//! A pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../../pipelines/clock.txt"), "```")]

mod imp;
mod scene;
mod settings;

use glib::prelude::*;
use glib::subclass::prelude::*;

use crate::osd::ClockTime;

glib::wrapper! {
    /// The element.
    pub struct DsOsd(ObjectSubclass<imp::DsOsd>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

impl DsOsd {
    /// Makes the clock show a fixed time instead of the local one, for frames that must not change from run to run.
    pub fn fix_clock(&self, time: Option<ClockTime>) {
        *self
            .imp()
            .fixed_clock
            .lock()
            .unwrap_or_else(|e| e.into_inner()) = time;
    }
}

/// Which of its two sets of drawing rules the element follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstNvDsOsdMode")]
pub enum ProcessMode {
    /// Cairo and Pango; RGBA only.
    #[enum_value(name = "CPU_MODE", nick = "MODE_CPU")]
    Cpu = 0,
    /// The rules of the GPU's rasteriser.
    #[default]
    #[enum_value(name = "GPU_MODE", nick = "MODE_GPU")]
    Gpu = 1,
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses the type.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvdsosd",
        gst::Rank::PRIMARY,
        DsOsd::static_type(),
    )
}
