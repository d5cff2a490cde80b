//! The elements inside `nvurisrcbin`: uridecodebin, and a chain behind each stream.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use gst::prelude::*;
use nvds::lock;

use super::CAT;
use super::looping::Looping;
use super::reconnect::Watch;
use super::table::TABLE;
use crate::children::{make, set};
use crate::table::Values;

/// How often a connection is looked at.
const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(500);

/// What follows a stream, and the pad of the bin that it ends in.
struct Chain {
    media: &'static str,
    entry: gst::Pad,
}

/// From READY to PAUSED and back.
pub(super) struct Inside {
    pub(super) decode: gst::Element,
    pub(super) watch: Option<Watch>,
    chains: Mutex<Vec<Chain>>,
    looping: Looping,
    timer: Mutex<Option<gst::PeriodicClockId>>,
}

impl Inside {
    /// Makes uridecodebin, in no bin yet.
    ///
    /// # Errors
    /// What to say when something is missing.
    pub(super) fn new(values: &Values) -> Result<Self, String> {
        let uri = values.text(&TABLE, "uri");
        if uri.is_empty() {
            return Err(
                "uri is not set: expected one such as file:///film.mp4 or rtsp://host/stream"
                    .into(),
            );
        }
        let scheme = uri.split_once(':').map(|(scheme, _)| scheme);
        let scheme = scheme
            .ok_or_else(|| format!("uri={uri} is no URI: expected file://{uri} for a file"))?;
        let decode = make("uridecodebin")?;
        decode.set_property("uri", &uri);
        let number = |name| u64::try_from(values.number(&TABLE, name)).unwrap_or(0);
        let watch = scheme.starts_with("rtsp").then(|| {
            Watch::new(
                number("rtsp-reconnect-interval"),
                number("init-rtsp-reconnect-interval"),
                values.number(&TABLE, "rtsp-reconnect-attempts") as i32,
                Instant::now(),
            )
        });
        Ok(Self {
            decode,
            watch: watch.flatten(),
            chains: Mutex::default(),
            looping: Looping::default(),
            timer: Mutex::default(),
        })
    }

    /// Puts a new stream behind its chain, which is made when it is the first one of its kind.
    pub(super) fn attach(
        self: &Arc<Self>,
        bin: &gst::Bin,
        values: &Values,
        pad: &gst::Pad,
    ) -> Result<(), String> {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let name = caps.structure(0).map(|s| s.name().as_str()).unwrap_or("");
        let media = match name.split_once('/').map(|(media, _)| media) {
            Some("video") => "video",
            Some("audio") if !values.flag(&TABLE, "disable-audio") => "audio",
            _ => {
                gst::debug!(CAT, obj = bin, "{name} is left out");
                return Ok(());
            }
        };
        self.watch_pad(bin, pad);
        let known = lock(&self.chains)
            .iter()
            .find(|chain| chain.media == media)
            .map(|chain| chain.entry.clone());
        let entry = match known {
            Some(entry) if entry.is_linked() => {
                gst::debug!(CAT, obj = bin, "a second stream of {name} is left out");
                return Ok(());
            }
            // Connected again.
            Some(entry) => entry,
            None => self.chain(bin, values, media)?,
        };
        pad.link(&entry)
            .map_err(|error| format!("cannot link {name}: {error}"))?;
        Ok(())
    }

    /// Makes the elements behind a stream, and the bin's pad.
    fn chain(
        &self,
        bin: &gst::Bin,
        values: &Values,
        media: &'static str,
    ) -> Result<gst::Pad, String> {
        // Of a file that loops, the times of its rounds become one line.
        let line = make("identity")?;
        line.set_property("single-segment", values.flag(&TABLE, "file-loop"));
        let mut elements = vec![line];
        if media == "video" {
            let convert = make("nvvideoconvert")?;
            convert.set_property(
                "disable-passthrough",
                values.flag(&TABLE, "disable-passthrough"),
            );
            let filter = make("capsfilter")?;
            let nvmm = gst::Caps::builder("video/x-raw")
                .features(["memory:NVMM"])
                .build();
            filter.set_property("caps", nvmm);
            elements.extend([convert, filter]);
        } else {
            elements.push(make("audioconvert")?);
        }
        let text = |error: glib::BoolError| error.to_string();
        bin.add_many(&elements).map_err(text)?;
        gst::Element::link_many(&elements).map_err(text)?;
        for element in elements.iter().rev() {
            element.sync_state_with_parent().map_err(text)?;
        }
        let (first, last) = (elements.first(), elements.last());
        let entry = first.and_then(|e| e.static_pad("sink")).ok_or("no pad")?;
        let exit = last.and_then(|e| e.static_pad("src")).ok_or("no pad")?;
        lock(&self.chains).push(Chain {
            media,
            entry: entry.clone(),
        });
        let (template, name) = match media {
            "video" => ("vsrc_%u", "vsrc_0"),
            _ => ("asrc_%u", "asrc_0"),
        };
        let template = bin.pad_template(template).ok_or("no template")?;
        let ghost =
            gst::GhostPad::builder_from_template_with_target(&template, &exit).map_err(text)?;
        let ghost = ghost.name(name).build();
        ghost.set_active(true).map_err(text)?;
        bin.add_pad(&ghost).map_err(text)?;
        Ok(entry)
    }

    /// Watches what comes from a stream.
    fn watch_pad(self: &Arc<Self>, bin: &gst::Bin, pad: &gst::Pad) {
        use gst::PadProbeType as P;
        if self.watch.is_some() {
            let inside = Arc::downgrade(self);
            pad.add_probe(P::BUFFER | P::EVENT_DOWNSTREAM, move |_, info| {
                let inside = inside.upgrade();
                let Some(watch) = inside.as_ref().and_then(|inside| inside.watch.as_ref()) else {
                    return gst::PadProbeReturn::Ok;
                };
                match &info.data {
                    Some(gst::PadProbeData::Buffer(_)) => watch.data(Instant::now()),
                    // A camera's end is no end.
                    Some(gst::PadProbeData::Event(event))
                        if event.type_() == gst::EventType::Eos && watch.fail(Instant::now()) =>
                    {
                        return gst::PadProbeReturn::Handled;
                    }
                    _ => (),
                }
                gst::PadProbeReturn::Ok
            });
        } else {
            let bin = bin.downgrade();
            self.looping.watch(pad, &self.decode, move || {
                bin.upgrade()
                    .is_some_and(|bin| bin.property::<bool>("file-loop"))
            });
        }
    }

    /// Has `look` called twice a second.
    pub(super) fn start_timer(&self, look: impl Fn() + Send + 'static) {
        let clock = gst::SystemClock::obtain();
        let timer = clock.new_periodic_id(clock.time(), LOOK);
        if timer.wait_async(move |_, _, _| look()).is_ok() {
            *lock(&self.timer) = Some(timer);
        }
    }

    pub(super) fn stop_timer(&self) {
        if let Some(timer) = lock(&self.timer).take() {
            timer.unschedule();
        }
    }

    /// Connects again.
    pub(super) fn reconnect(&self) {
        self.decode.call_async(|decode| {
            let _ = decode.set_state(gst::State::Null);
            let _ = decode.sync_state_with_parent();
        });
    }
}

/// Sets up what uridecodebin finds on its way.
pub(super) fn configure(element: &gst::Element, values: &Values) {
    let Some(factory) = element.factory() else {
        return;
    };
    let number = |name| values.number(&TABLE, name).to_string();
    let switch = |name| values.flag(&TABLE, name).to_string();
    match factory.name().as_str() {
        "rtspsrc" => {
            set(element, "latency", &number("latency"));
            set(element, "drop-on-latency", &switch("drop-on-latency"));
            set(element, "udp-buffer-size", &number("udp-buffer-size"));
            set(element, "buffer-mode", &number("buffer-mode"));
            // Stock writes two of rtspsrc's flags without their 0x.
            let protocols = match values.number(&TABLE, "select-rtp-protocol") {
                10 => 0x10,
                20 => 0x20,
                flags => flags,
            };
            set(element, "protocols", &protocols.to_string());
        }
        "nvv4l2decoder" => {
            set(
                element,
                "drop-frame-interval",
                &number("drop-frame-interval"),
            );
            set(element, "skip-frames", &number("dec-skip-frames"));
            set(element, "cudadec-memtype", &number("cudadec-memtype"));
            set(element, "num-extra-surfaces", &number("num-extra-surfaces"));
            set(element, "low-latency-mode", &switch("low-latency-mode"));
            set(element, "gpu-id", &number("gpu-id"));
        }
        _ => (),
    }
}
