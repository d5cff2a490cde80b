use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gst::prelude::*;
use gst::subclass::prelude::*;
use nvds::event::SourceEvent;
use nvds::{Batch, Frame, NewBatch};

use crate::caps;
use crate::surface;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
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
struct Stream {
    pad: gst::Pad,
    /// Downstream heard the start; it is told once.
    started: bool,
}

#[derive(Debug, Default)]
struct State {
    /// By the number in the pad's name.
    streams: BTreeMap<u32, Stream>,
    /// Caps of the batches.
    caps: Option<gst::Caps>,
}

/// Why a frame cannot be given out.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// No batch.
    #[error(
        "the buffer has no batch meta: put nvstreammux upstream, and no element between that drops \
         metadata"
    )]
    NoBatch,
    /// No metadata library, or one of another release.
    #[error(transparent)]
    Metadata(#[from] nvds::Error),
    /// No such surface, or not ours.
    #[error("frame {frame_num} of source {pad_index}: {error}")]
    Surface {
        /// Number of the mux's pad.
        pad_index: u32,
        /// Number of the frame.
        frame_num: i32,
        /// What is wrong.
        error: surface::Error,
    },
}

pub struct StreamDemux {
    sink: gst::Pad,
    state: Mutex<State>,
}

impl StreamDemux {
    fn state(&self) -> MutexGuard<'_, State> {
        // A streaming thread that panicked has reported that and stopped.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pad(&self, id: u32) -> Option<gst::Pad> {
        self.state().streams.get(&id).map(|s| s.pad.clone())
    }

    fn chain(&self, buffer: &gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
        gst::log!(CAT, imp = self, "Got {buffer:?}");
        let fail = |error: Error| {
            gst::element_imp_error!(self, gst::StreamError::Failed, ("{error}"));
            gst::FlowError::Error
        };
        let batch = Batch::from_buffer(buffer).map_err(|error| fail(error.into()))?;
        let batch = batch.ok_or_else(|| fail(Error::NoBatch))?;
        // No buffer is pushed with the batch locked: branches of a tee upstream share it.
        let mut outs = Vec::new();
        for (index, frame) in batch.lock().frames().enumerate() {
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
            outs.push((pad, single(buffer, index, &frame)));
        }
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

    fn sink_event(&self, event: gst::Event) -> bool {
        gst::log!(CAT, obj = self.sink, "Got {event:?}");
        match event.view() {
            gst::EventView::Caps(view) => self.sink_caps(view.caps_owned()),
            // Said of each source by events of their own.
            gst::EventView::StreamStart(_)
            | gst::EventView::Segment(_)
            | gst::EventView::Eos(_)
            | gst::EventView::Tag(_) => true,
            gst::EventView::SinkMessage(view) => {
                let message = view.message();
                let structure = message.structure();
                let ended = structure.filter(|s| s.name().as_str() == "stream-eos");
                match ended.and_then(|s| s.get::<u32>("stream-id").ok()) {
                    Some(id) => {
                        self.tell(id, event);
                        true
                    }
                    None => self.forward(event),
                }
            }
            _ => {
                let about = SourceEvent::of(&event).zip(event.structure());
                about.is_some_and(|(kind, s)| self.source_event(kind, s)) || self.forward(event)
            }
        }
    }

    fn forward(&self, event: gst::Event) -> bool {
        gst::Pad::event_default(&self.sink, Some(&*self.obj()), event)
    }

    fn sink_caps(&self, caps: gst::Caps) -> bool {
        let refuse = |text: String| {
            gst::element_imp_error!(self, gst::CoreError::Negotiation, ("{text}"));
            false
        };
        let structure = caps.structure(0);
        if structure.is_none_or(|s| s.name() != "video/x-raw") || !caps::is_nvmm(&caps) {
            return refuse(format!(
                "caps {caps} are not supported by the CPU stand-in, only \
                 video/x-raw(memory:NVMM) is"
            ));
        }
        let surfaces = structure.and_then(|s| s.get::<i32>("num-surfaces-per-frame").ok());
        if let Some(surfaces) = surfaces.filter(|surfaces| *surfaces != 1) {
            return refuse(format!(
                "num-surfaces-per-frame={surfaces} is not supported by the CPU stand-in, only 1 is"
            ));
        }
        self.state().caps = Some(caps);
        true
    }

    /// Something that the mux tells about one of its sources. Whether it is such an event.
    ///
    /// What a branch answers is not handed on: GStreamer would hold back everything that the mux
    /// tells afterwards, of other sources too. A refused one shows with its next frame.
    fn source_event(&self, kind: SourceEvent, event: &gst::StructureRef) -> bool {
        let id = |field: &str| event.get::<u32>(field).unwrap_or(0);
        match kind {
            SourceEvent::PadAdded | SourceEvent::PadDeleted => {}
            SourceEvent::StreamStart => {
                let stream_id = event.get::<&str>("stream-id");
                self.start(id("source-id"), stream_id.unwrap_or_default());
            }
            SourceEvent::UpdateCaps => self.update_caps(id("stream-id"), event),
            SourceEvent::StreamSegment => {
                if let Ok(segment) = event.get::<gst::Segment>("segment") {
                    self.tell(id("source-id"), gst::event::Segment::new(&segment));
                }
            }
            SourceEvent::StreamEos => {
                self.tell(id("source-id"), gst::event::Eos::new());
            }
            _ => return false,
        }
        true
    }

    /// Pushes an event out of a source's pad, if there is one.
    fn tell(&self, id: u32, event: gst::Event) {
        if let Some(pad) = self.pad(id)
            && !pad.push_event(event)
        {
            gst::debug!(CAT, imp = self, "Behind src_{id} an event was refused");
        }
    }

    fn start(&self, id: u32, stream_id: &str) {
        let pad = {
            let mut state = self.state();
            let stream = state.streams.get_mut(&id);
            stream.and_then(|stream| {
                let again = std::mem::replace(&mut stream.started, true);
                (!again).then(|| stream.pad.clone())
            })
        };
        if let Some(pad) = pad {
            pad.push_event(gst::event::StreamStart::new(stream_id));
        }
    }

    /// Caps of a pad: those of the batches with the source's size.
    fn update_caps(&self, id: u32, event: &gst::StructureRef) {
        let Some(mut caps) = self.state().caps.clone() else {
            gst::warning!(
                CAT,
                imp = self,
                "src_{id} gets caps before the batches have"
            );
            return;
        };
        self.start(id, event.get::<&str>("stream-id-str").unwrap_or_default());
        for structure in caps.make_mut().iter_mut() {
            for (field, from) in [("width", "width-val"), ("height", "height-val")] {
                let value = event.get::<u32>(from).ok();
                if let Some(value) = value.and_then(|value| i32::try_from(value).ok()) {
                    structure.set(field, value);
                }
            }
            if structure.has_field("batch-size") {
                // Unsigned here and signed behind the mux, in stock as well.
                structure.set("batch-size", 1_u32);
            }
        }
        gst::info!(CAT, imp = self, "Frames on src_{id} have {caps}");
        self.tell(id, gst::event::Caps::new(&caps));
    }
}

/// The buffer of one frame of a batch.
fn single(buffer: &gst::BufferRef, index: usize, frame: &Frame<'_>) -> Result<gst::Buffer, Error> {
    // Stock takes the surface of the frame's place in the list.
    let mut out = surface::share(&[(buffer, index)], 1).map_err(|error| Error::Surface {
        pad_index: frame.pad_index(),
        frame_num: frame.frame_num(),
        error,
    })?;
    let mut batch = NewBatch::new(1)?;
    batch.copy_frame(frame, 0)?;
    if let Some(out) = out.get_mut() {
        // Says that memory was exchanged, which is no business of downstream.
        out.unset_flags(gst::BufferFlags::TAG_MEMORY);
        let pts = frame.buf_pts();
        out.set_pts((pts != u64::MAX).then(|| gst::ClockTime::from_nseconds(pts)));
        batch.attach(out);
    }
    Ok(out)
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
        let number = name.and_then(|name| name.strip_prefix("src_"));
        let Some(id) = number.and_then(|number| number.parse::<u32>().ok()) else {
            gst::error!(
                CAT,
                imp = self,
                "pad {name:?}: expected src_N, N of the mux's sink_N"
            );
            return None;
        };
        let pad = gst::Pad::builder_from_template(template)
            .name(format!("src_{id}"))
            .flags(gst::PadFlags::FIXED_CAPS)
            .build();
        {
            let mut state = self.state();
            if state.streams.contains_key(&id) {
                drop(state);
                gst::error!(CAT, imp = self, "src_{id} exists already");
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
            for stream in state.streams.values_mut() {
                stream.started = false;
            }
        }
        Ok(success)
    }
}
