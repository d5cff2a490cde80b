//! The software decoder inside, between two pads of our own.

use gst::prelude::*;
use gst_video::VideoFormat;

use super::copy::FORMATS;
use super::skip::Codec;

/// A running decoder.
#[derive(Clone, Debug)]
pub struct Inner {
    element: gst::Element,
    /// What it decodes.
    pub codec: Codec,
}

impl Inner {
    /// Starts the best software decoder for the caps between the two pads.
    ///
    /// # Errors
    /// What to install when there is none, or why none of them starts.
    pub fn start(
        caps: &gst::Caps,
        feed: &gst::Pad,
        collect: &gst::Pad,
        bus: &gst::Bus,
        configure: impl FnOnce(&gst::Element),
    ) -> Result<Self, String> {
        let factories = factories(caps);
        let mut failed = Vec::new();
        let element = factories.iter().find_map(|factory| {
            let element = factory.create().build().ok()?;
            element.set_bus(Some(bus));
            match element.set_state(gst::State::Ready) {
                Ok(_) => Some(element),
                Err(_) => {
                    failed.push(factory.name());
                    let _ = element.set_state(gst::State::Null);
                    None
                }
            }
        });
        let Some(element) = element else {
            let name = caps.structure(0).map_or("?", |s| s.name().as_str());
            return Err(if failed.is_empty() {
                format!(
                    "no software decoder for {name} is installed; on Debian and Ubuntu: \
                     apt install gstreamer1.0-libav (and gstreamer1.0-plugins-good for JPEG)"
                )
            } else {
                format!("none of the software decoders for {name} starts: {failed:?}")
            });
        };
        configure(&element);
        let this = Self {
            element,
            codec: Codec::of(caps),
        };
        this.connect(feed, collect).map_err(|error| {
            let name = this.element.name();
            this.stop();
            format!("cannot start {name}: {error}")
        })?;
        Ok(this)
    }

    fn connect(&self, feed: &gst::Pad, collect: &gst::Pad) -> Result<(), glib::BoolError> {
        let (Some(sink), Some(src)) = (
            self.element.static_pad("sink"),
            self.element.static_pad("src"),
        ) else {
            return Err(glib::bool_error!("it lacks the pads sink and src"));
        };
        // The pads belong to no element, so a check of the hierarchy would fail.
        let link = |from: &gst::Pad, to: &gst::Pad| {
            from.link_full(to, gst::PadLinkCheck::empty())
                .map_err(|error| glib::bool_error!("{error}"))
        };
        link(&src, collect)?;
        self.element
            .set_state(gst::State::Paused)
            .map_err(|error| glib::bool_error!("{error}"))?;
        link(feed, &sink)?;
        Ok(())
    }

    /// Whether it goes on with other caps.
    pub fn accepts(&self, caps: &gst::Caps) -> bool {
        self.codec == Codec::of(caps)
            && self
                .element
                .factory()
                .is_some_and(|factory| factory.can_sink_all_caps(caps))
    }

    /// The element, for its properties.
    pub fn element(&self) -> &gst::Element {
        &self.element
    }

    /// Ends it; nothing comes out afterwards.
    pub fn stop(&self) {
        let _ = self.element.set_state(gst::State::Null);
        for pad in self.element.pads() {
            if let Some(peer) = pad.peer() {
                let _ = match pad.direction() {
                    gst::PadDirection::Src => pad.unlink(&peer),
                    _ => peer.unlink(&pad),
                };
            }
        }
        self.element.set_bus(None);
    }
}

/// Caps of the pictures that are taken from a decoder.
pub fn raw_caps() -> gst::Caps {
    raw(FORMATS)
}

fn raw(formats: &[VideoFormat]) -> gst::Caps {
    gst_video::VideoCapsBuilder::new()
        .format_list(formats.iter().copied())
        .build()
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
