use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gst::prelude::*;
use gst::subclass::prelude::*;
use nvds::{Batch, latency};

use super::frame::{Error, components, single};
use crate::caps;

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvstreamdemux",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for the stock stream demultiplexer"),
    )
});

const SINK_CAPS: &str = "video/x-raw(memory:NVMM), format=(string){ NV12, RGBA, I420 }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]; \
    audio/x-raw(memory:NVMM), format=(string){ S16LE, F32LE }, layout=(string)interleaved, channels=(int)[ 1, 2147483647 ], rate=(int)[ 1, 2147483647 ]";

const SRC_CAPS: &str = "video/x-raw(memory:NVMM), format=(string){ NV12, RGBA, I420 }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]; \
    audio/x-raw, format=(string){ S16LE, F32LE }, layout=(string)interleaved, channels=(int)[ 1, 2147483647 ], rate=(int)[ 1, 2147483647 ]";

/// A requested pad.
#[derive(Debug)]
pub(super) struct Stream {
    pub pad: gst::Pad,
    /// Downstream heard the start; it is told once.
    pub started: bool,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// By the number in the pad's name.
    pub streams: BTreeMap<u32, Stream>,
    /// Caps of the batches.
    pub caps: Option<gst::Caps>,
    /// A batch has come.
    pub begun: bool,
    /// Pads without a source have been named.
    pub warned: bool,
}

pub struct StreamDemux {
    pub(super) sink: gst::Pad,
    state: Mutex<State>,
    /// Held while a pad without a source is told of a beginning or an end.
    pub(super) beginning: Mutex<()>,
}

impl StreamDemux {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A streaming thread that panicked has reported that and stopped.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pad(&self, id: u32) -> Option<gst::Pad> {
        self.state().streams.get(&id).map(|s| s.pad.clone())
    }

    fn chain(&self, buffer: &gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
        gst::log!(CAT, imp = self, "Got {buffer:?}");
        let fail = |error: Error| {
            gst::element_imp_error!(self, gst::StreamError::Failed, ("{error}"));
            gst::FlowError::Error
        };
        if !std::mem::replace(&mut self.state().begun, true) {
            self.watch_missing();
        }
        let batch = Batch::from_buffer(buffer).map_err(|error| fail(error.into()))?;
        let batch = batch.ok_or_else(|| fail(Error::NoBatch))?;
        // No buffer is pushed with the batch locked: branches of a tee upstream share it.
        let mut outs = Vec::new();
        let locked = batch.lock();
        for (index, frame) in locked.frames().enumerate() {
            let pad = self.pad(frame.pad_index());
            let usable = |pad: &gst::Pad| pad.is_linked() && pad.has_current_caps();
            let Some(pad) = pad.filter(usable) else {
                gst::log!(
                    CAT,
                    imp = self,
                    "No use for a frame of {}",
                    frame.pad_index()
                );
                continue;
            };
            let out = single(buffer, index, &frame).inspect(|out| {
                for component in components(&locked, &frame) {
                    latency::add_component(out, &component);
                }
            });
            outs.push((pad, out));
        }
        drop(locked);
        // As in stock the last frame's result counts, so that a branch that has ended leaves the
        // others their frames; what is an error is told at once.
        let mut flow = Ok(gst::FlowSuccess::Ok);
        for (pad, out) in outs {
            flow = match pad.push(out.map_err(fail)?) {
                Err(gst::FlowError::NotLinked) => Ok(gst::FlowSuccess::Ok),
                Err(error @ (gst::FlowError::Error | gst::FlowError::NotNegotiated)) => {
                    return Err(error);
                }
                other => other,
            };
        }
        flow
    }
}

#[glib::object_subclass]
impl ObjectSubclass for StreamDemux {
    const NAME: &'static str = "GstNvStreamDemux";
    type Type = super::StreamDemux;
    type ParentType = gst::Element;

    fn with_class(class: &Self::Class) -> Self {
        let template = class
            .pad_template("sink")
            .expect("the template is declared below");
        let sink = gst::Pad::builder_from_template(&template)
            .chain_function(|_, parent, buffer| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::FlowError::Error),
                    |imp| imp.chain(&buffer),
                )
            })
            .event_function(|_, parent, event| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.sink_event(event))
            })
            .build();
        Self {
            sink,
            state: Mutex::default(),
            beginning: Mutex::default(),
        }
    }
}

impl ObjectImpl for StreamDemux {
    fn constructed(&self) {
        self.parent_constructed();
        self.obj()
            .add_pad(&self.sink)
            .expect("a new element has no such pad");
    }
}

impl GstObjectImpl for StreamDemux {}

impl ElementImpl for StreamDemux {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Stream demultiplexer 2",
                "Generic",
                "Gives out the frames of batches, each source on its own pad (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            vec![
                caps::template(
                    "sink",
                    gst::PadDirection::Sink,
                    gst::PadPresence::Always,
                    SINK_CAPS,
                ),
                caps::template(
                    "src_%u",
                    gst::PadDirection::Src,
                    gst::PadPresence::Request,
                    SRC_CAPS,
                ),
            ]
        });
        &TEMPLATES
    }

    fn request_new_pad(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
        _caps: Option<&gst::Caps>,
    ) -> Option<gst::Pad> {
        let Some((id, name)) = caps::pad_number(name, "src_").zip(name) else {
            gst::error!(
                CAT,
                imp = self,
                "pad {name:?}: expected src_N, N of the mux's sink_N"
            );
            return None;
        };
        let pad = gst::Pad::builder_from_template(template)
            // As asked for, src_00 too: applications look it up by that.
            .name(name)
            .flags(gst::PadFlags::FIXED_CAPS)
            .build();
        {
            let mut state = self.state();
            if state.streams.contains_key(&id) {
                drop(state);
                gst::error!(
                    CAT,
                    imp = self,
                    "{name}: there is a pad of source {id} already"
                );
                return None;
            }
            let stream = Stream {
                pad: pad.clone(),
                started: false,
            };
            state.streams.insert(id, stream);
        }
        // Activates it if the element is running.
        if let Err(error) = self.obj().add_pad(&pad) {
            gst::error!(CAT, imp = self, "{error}");
            self.state().streams.remove(&id);
            return None;
        }
        Some(pad)
    }

    fn release_pad(&self, pad: &gst::Pad) {
        self.state().streams.retain(|_, stream| stream.pad != *pad);
        let _ = pad.set_active(false);
        if let Err(error) = self.obj().remove_pad(pad) {
            gst::warning!(CAT, imp = self, "{error}");
        }
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        let success = self.parent_change_state(transition)?;
        if transition == gst::StateChange::PausedToReady {
            let mut state = self.state();
            state.caps = None;
            (state.begun, state.warned) = (false, false);
            for stream in state.streams.values_mut() {
                stream.started = false;
            }
        }
        Ok(success)
    }
}
