//! `rsanalytics`: tells what tracked objects do, in zones, at lines and over the ground.
//!
//! It takes the place of nvdsanalytics and of the pad probe that reads its metadata: results are user metas that are
//! plain C structs (`include/rsnvds.h`), element messages, members of rsmetajson's lines and fields of rsosdannotate's
//! templates. `docs/rsanalytics.md` describes rules and results; what is counted, the crate `nvds-analytics` knows.
//!
//! `pipelines/rsanalytics.txt` is a whole pipeline with it, which the tests run:
//!
#![doc = concat!("```text\ngst-launch-1.0 ", include_str!("../../pipelines/rsanalytics.txt"), "```")]

use glib::prelude::*;

mod analyse;
mod beside;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod kinds;
#[allow(missing_docs)] // what the names say
mod message;
mod misplaced;
mod room;
mod rules;
mod scratch;
mod settings;

pub use message::Messages;

glib::wrapper! {
    /// The element `rsanalytics`.
    pub struct Analytics(ObjectSubclass<imp::Analytics>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rsanalytics",
        gst::Rank::NONE,
        Analytics::static_type(),
    )
}

/// Reads rules, of a file's text or of the property's. Returns the notes on them.
///
/// # Errors
/// Why they cannot be used.
pub(crate) fn check_rules(text: &str, inline: bool) -> Result<Vec<String>, String> {
    let text = match inline {
        true => crate::config::lines(text),
        false => text.into(),
    };
    let (document, notes) =
        rules::Document::parse(&text, "config").map_err(|error| error.to_string())?;
    document.config();
    Ok(notes)
}
