//! The software decoder that does the work, a child of the element.

use gst::prelude::*;

use super::formats::{StreamFormat, raw_caps};
use super::skip::Codec;

/// A decoder and what it decodes.
#[derive(Clone, Debug)]
pub(super) struct Software {
    pub(super) element: gst::Element,
    pub(super) codec: Codec,
    pub(super) stream: StreamFormat,
    pub(super) sink: gst::Pad,
    pub(super) src: gst::Pad,
}

impl Software {
    /// The best installed decoder for the caps, in state READY.
    ///
    /// # Errors
    /// What to install when there is none, or why none of them starts.
    pub(super) fn find(caps: &gst::Caps) -> Result<Self, String> {
        let mut failed = Vec::new();
        for factory in factories(caps) {
            let Ok(element) = factory.create().build() else {
                continue;
            };
            // Errors go nowhere while it is in no bin: the next one is tried.
            match (element.static_pad("sink"), element.static_pad("src")) {
                (Some(sink), Some(src)) if element.set_state(gst::State::Ready).is_ok() => {
                    return Ok(Self {
                        element,
                        codec: Codec::of(caps),
                        stream: StreamFormat::of(caps),
                        sink,
                        src,
                    });
                }
                _ => {
                    let _ = element.set_state(gst::State::Null);
                    failed.push(factory.name());
                }
            }
        }
        let name = caps.structure(0).map_or("?", |s| s.name().as_str());
        Err(if failed.is_empty() {
            format!(
                "no software decoder for {name} is installed; on Debian and Ubuntu: \
                 apt install gstreamer1.0-libav (and gstreamer1.0-plugins-good for JPEG)"
            )
        } else {
            format!("none of the software decoders for {name} starts: {failed:?}")
        })
    }

    /// Whether it goes on with other caps.
    pub(super) fn accepts(&self, caps: &gst::Caps) -> bool {
        self.codec == Codec::of(caps)
            && self
                .element
                .factory()
                .is_some_and(|factory| factory.can_sink_all_caps(caps))
    }

    /// Makes it hand out the pictures that it still holds. It takes no more frames afterwards.
    pub(super) fn drain(&self) {
        // Its end is not the stream's: another decoder follows.
        self.src
            .add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, info| {
                match &info.data {
                    Some(gst::PadProbeData::Event(event))
                        if event.type_() == gst::EventType::Eos =>
                    {
                        gst::PadProbeReturn::Handled
                    }
                    _ => gst::PadProbeReturn::Ok,
                }
            });
        self.sink.send_event(gst::event::Eos::new());
    }
}

/// Installed software decoders for the caps, highest rank first.
fn factories(caps: &gst::Caps) -> Vec<gst::ElementFactory> {
    use gst::ElementFactoryType as T;
    let mut factories: Vec<_> = gst::ElementFactory::factories_with_type(
        T::DECODER | T::MEDIA_VIDEO | T::MEDIA_IMAGE,
        gst::Rank::MARGINAL,
    )
    .into_iter()
    .filter(|factory| {
        let klass = factory.metadata(gst::ELEMENT_METADATA_KLASS).unwrap_or("");
        !klass.contains("Hardware")
            // Hardware too, ourselves among them.
            && !factory.name().starts_with("nv")
            && factory.can_sink_all_caps(caps)
            && factory.can_src_any_caps(&raw_caps())
    })
    .collect();
    factories.sort_by(|a, b| {
        b.rank()
            .cmp(&a.rank())
            .then_with(|| a.name().cmp(&b.name()))
    });
    factories
}
