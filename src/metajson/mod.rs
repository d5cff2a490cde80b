//! `rsmetajson`: writes what the metadata says, one JSON object per frame and line.
//!
//! It goes anywhere behind the mux and passes buffers on as they are. Two runs whose lines are the
//! same attached the same objects: that makes it the measuring end of tests that need no pictures.
//!
//! ```text
//! gst-launch-1.0 -q ... ! rsssdparser labels-file=pipelines/config/labels.txt \
//!     ! rsmetajson location=out/metajson.jsonl fields=objects+classifiers ! fakesink
//! ```
//!
//! It is a tee, too: the pad `json`, on request, has the lines as a stream, and `emit` hands them to the application.
//!
//! `docs/metajson.md` tells what the members of a line mean, `docs/metajson.schema.json` is their
//! JSON Schema, and `pipelines/metajson.txt` is a whole pipeline that the tests run.

use glib::prelude::*;

mod analytics;
mod branch;
#[allow(missing_docs)] // what the macro makes
mod emit;
#[allow(missing_docs)] // what the macro makes
mod fields;
mod flusher;
mod frame;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod json;
mod metrics;
mod output;
mod rle;
mod settings;
mod totals;

pub use emit::Emit;
pub use fields::Fields;
pub use json::unescape;

glib::wrapper! {
    /// The element `rsmetajson`.
    pub struct MetaJson(ObjectSubclass<imp::MetaJson>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers the element.
///
/// # Errors
/// When GStreamer refuses, as it does for a name that is taken.
pub fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "rsmetajson",
        gst::Rank::NONE,
        MetaJson::static_type(),
    )
}
