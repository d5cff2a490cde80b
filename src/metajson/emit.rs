use glib::subclass::Signal;
use glib::subclass::prelude::*;
use gst::prelude::*;

/// How the application is given the text of each buffer, beside file and pad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsMetaJsonEmit")]
#[repr(i32)]
pub enum Emit {
    /// It is not.
    #[default]
    #[enum_value(name = "Tell the application nothing", nick = "none")]
    None = 0,
    /// By the signal `json`, in the streaming thread.
    #[enum_value(
        name = "Emit the signal json, in the streaming thread",
        nick = "signal"
    )]
    Signal = 1,
    /// By an element message on the bus.
    #[enum_value(
        name = "Post the element message rsmetajson on the bus",
        nick = "message"
    )]
    Message = 2,
}

impl Emit {
    /// Tells the application the lines of a buffer that has some. No lock may be held.
    pub(super) fn tell(
        self,
        element: &super::MetaJson,
        text: &[u8],
        buffer: u64,
        pts: Option<gst::ClockTime>,
    ) {
        if self == Self::None {
            return;
        }
        // Always UTF-8: what is none has been escaped.
        let text = match std::str::from_utf8(text) {
            Ok(text) if !text.is_empty() => text,
            _ => return,
        };
        match self {
            Self::None => (),
            Self::Signal => element.emit_by_name("json", &[&text]),
            Self::Message => {
                let structure = gst::Structure::builder("rsmetajson")
                    .field("json", text)
                    .field("frames", text.lines().count() as u32)
                    .field("buffer", buffer)
                    .field("pts", pts)
                    .build();
                let message = gst::message::Element::builder(structure).src(element);
                // Nobody may listen.
                element.post_message(message.build()).ok();
            }
        }
    }
}

/// The element's signals.
pub(super) fn signals() -> [Signal; 2] {
    [
        // Everything that passed the element so far is in the file afterwards.
        Signal::builder("flush")
            .run_last()
            .action()
            .class_handler(|arguments| {
                if let Ok(element) = arguments[0].get::<super::MetaJson>() {
                    element.imp().flush();
                }
                None
            })
            .build(),
        // The lines of one buffer, each with its end, with emit=signal. No lock is held.
        Signal::builder("json")
            .param_types([String::static_type()])
            .build(),
    ]
}
