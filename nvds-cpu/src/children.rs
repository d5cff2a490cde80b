//! Elements inside a stand-in.

use gst::prelude::*;

/// A message as the bin's own, with the child's name in the text for programmers. Errors and warnings of the elements
/// inside are the stand-in's: whoever looks for what failed, by the source of the message, finds the element of the
/// pipeline's text.
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

/// Sets a property that this release of the element has.
pub(crate) fn set(element: &gst::Element, name: &str, text: &str) {
    if element.has_property(name) {
        element.set_property_from_str(name, text);
    }
}

/// A child, or what to say when there is none.
pub(crate) fn make(factory: &str) -> Result<gst::Element, String> {
    let made = gst::ElementFactory::make(factory).build();
    made.map_err(|_| format!("the element {factory} is missing"))
}
