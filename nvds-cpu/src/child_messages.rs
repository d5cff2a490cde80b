//! Errors and warnings of elements inside a stand-in are the stand-in's: whoever looks for what failed, by
//! the source of the message, finds the element of the pipeline's text.

use gst::prelude::*;

/// The message as the bin's own, with the child's name in the text for programmers.
pub(crate) fn own(bin: &gst::Element, message: gst::Message) -> gst::Message {
    let from = message.src().map(|src| src.name()).unwrap_or_default();
    let debug = |text: Option<glib::GString>| format!("{from}: {}", text.unwrap_or_default());
    match message.view() {
        gst::MessageView::Error(error) => gst::message::Error::builder_from_error(error.error())
            .debug(&debug(error.debug()))
            .src(bin)
            .build(),
        gst::MessageView::Warning(warning) => {
            gst::message::Warning::builder_from_error(warning.error())
                .debug(&debug(warning.debug()))
                .src(bin)
                .build()
        }
        _ => message,
    }
}
