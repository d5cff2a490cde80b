//! Frames on their way to the elements that `RSNVDS_SINK` names: a pipeline of their own.

use std::cell::Cell;

use gst::prelude::*;

use super::{CAT, description};
use crate::caps;
use crate::children::make;
use crate::egltransform::MEMORY_EGL_IMAGE;

/// The environment variable.
const VARIABLE: &str = "RSNVDS_SINK";

/// How long a writer may take to finish its file.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(10);

thread_local! {
    /// Elements are being made by this thread.
    static MAKING: Cell<bool> = const { Cell::new(false) };
}

/// Held while elements are made, so that none of them makes its own in turn.
struct Turn;

impl Turn {
    fn take() -> Option<Self> {
        (!MAKING.replace(true)).then(|| Self) // made only then: what drops it gives the turn back
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        MAKING.set(false);
    }
}

/// What shows or writes frames.
pub(super) struct Screen {
    pipeline: gst::Pipeline,
    /// Hands frames in; it belongs to no element.
    pad: gst::Pad,
    /// Into and out of `nvvideoconvert`, which system memory does not need.
    from_nvmm: gst::Pad,
    converted: gst::Pad,
    /// Where system memory goes.
    target: gst::Pad,
    /// Whose frames they are.
    sink: glib::WeakRef<gst::Element>,
    ended: bool,
}

impl Screen {
    /// What the environment asks for; `None` when it asks for nothing.
    ///
    /// # Errors
    /// What to say of elements that cannot be used.
    pub(super) fn of_environment(sink: &gst::Element) -> Result<Option<Self>, String> {
        let Some(_turn) = Turn::take() else {
            // autovideosink tries sinks before they are in a pipeline.
            return Err(format!(
                "{VARIABLE}: its elements choose a stand-in that shows frames by this variable: name another sink"
            ));
        };
        match std::env::var(VARIABLE) {
            Ok(elements) if !elements.trim().is_empty() => {
                let elements = elements.replace("{name}", &sink.name());
                let screen =
                    description::check(&elements, sink).and_then(|()| Self::new(&elements, sink));
                screen.map(Some).map_err(|error| {
                    format!(
                        "{VARIABLE}={elements:?} cannot be used: {error}; expected elements that take video/x-raw and \
                         end in a sink, as autovideosink or pngenc ! multifilesink location=frame-%05d.png"
                    )
                })
            }
            _ => Ok(None),
        }
    }

    fn new(elements: &str, sink: &gst::Element) -> Result<Self, String> {
        let entry = make("nvvideoconvert")?;
        let filter = make("capsfilter")?;
        filter.set_property("caps", gst::Caps::new_empty_simple("video/x-raw"));
        let bin = gst::parse::bin_from_description(&format!("videoconvert ! {elements}"), true)
            .map_err(|error| error.message().to_owned())?;
        description::check_chain(&bin)?;
        let target = bin.static_pad("sink");
        let target = target.ok_or("its elements are not linked to a chain")?;
        if bin.static_pad("src").is_some() {
            return Err("its last element is no sink".to_owned());
        }
        show_at_once(&bin);
        let pipeline = gst::Pipeline::with_name(description::PIPELINE);
        let children = [&entry, &filter, bin.upcast_ref()];
        pipeline.add_many(children).map_err(|e| e.to_string())?;
        entry.link(&filter).map_err(|e| e.to_string())?;
        let screen = Self {
            pad: gst::Pad::builder(gst::PadDirection::Src)
                .name("frames")
                .build(),
            from_nvmm: entry.static_pad("sink").ok_or("no pad")?,
            converted: filter.static_pad("src").ok_or("no pad")?,
            target,
            sink: sink.downgrade(),
            ended: false,
            pipeline,
        };
        screen.run()?;
        Ok(screen)
    }

    fn run(&self) -> Result<(), String> {
        let bus = self.pipeline.bus().ok_or("no bus")?;
        let started = self.pipeline.set_state(gst::State::Playing);
        if started.is_err() {
            let message = bus.pop_filtered(&[gst::MessageType::Error]);
            let text = message.as_ref().and_then(error_text);
            return Err(text.unwrap_or_else(|| "it does not start".to_owned()));
        }
        self.pad.set_active(true).map_err(|e| e.to_string())?;
        Ok(())
    }

    /// Announces frames of another kind.
    pub(super) fn set_caps(&mut self, caps: &gst::Caps) {
        let mut caps = caps.clone();
        // What nvegltransform lets pass are surfaces.
        if caps
            .features(0)
            .is_some_and(|features| features.contains(MEMORY_EGL_IMAGE))
        {
            caps.make_mut()
                .set_features(0, Some(gst::CapsFeatures::new([caps::MEMORY_NVMM])));
        }
        if let Err(error) = self.connect(caps::is_nvmm(&caps)) {
            gst::warning!(CAT, "cannot link to {VARIABLE}: {error}");
        }
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        self.pad.push_event(gst::event::StreamStart::new("frames"));
        self.pad.push_event(gst::event::Caps::new(&caps));
        self.pad.push_event(gst::event::Segment::new(&segment));
    }

    fn connect(&self, nvmm: bool) -> Result<(), gst::PadLinkError> {
        let entry = if nvmm { &self.from_nvmm } else { &self.target };
        if self.pad.peer().as_ref() == Some(entry) {
            return Ok(());
        }
        for pad in [&self.pad, &self.converted] {
            if let Some(peer) = pad.peer() {
                let _ = pad.unlink(&peer);
            }
        }
        if nvmm {
            self.converted.link(&self.target)?;
        }
        self.pad.link(entry)?;
        Ok(())
    }

    /// Hands a frame over, with its running time as its time.
    pub(super) fn show(
        &mut self,
        buffer: &gst::Buffer,
        segment: &gst::Segment,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        if self.ended {
            gst::debug!(CAT, "not shown, as the stream has ended before: {buffer:?}");
            return Ok(gst::FlowSuccess::Ok);
        }
        let mut buffer = buffer.copy();
        if let (Some(buffer), Some(segment)) =
            (buffer.get_mut(), segment.downcast_ref::<gst::ClockTime>())
        {
            let time = buffer.pts().and_then(|pts| segment.to_running_time(pts));
            buffer.set_pts(time);
        }
        let pushed = self.pad.push(buffer);
        let error = self.error();
        match (pushed, error) {
            (Ok(success), None) => Ok(success),
            // The inner end, as of a sink that wants no more frames.
            (Err(gst::FlowError::Eos), None) => {
                self.ended = true;
                Ok(gst::FlowSuccess::Ok)
            }
            (pushed, error) => {
                self.report(&error.unwrap_or_else(|| self.refusal(pushed.err())));
                Err(gst::FlowError::Error)
            }
        }
    }

    /// Why frames are not taken, where nobody in there says so.
    fn refusal(&self, error: Option<gst::FlowError>) -> String {
        let caps = self.pad.current_caps();
        let caps = caps.map_or_else(|| "unknown caps".to_owned(), |caps| caps.to_string());
        match error {
            Some(gst::FlowError::NotLinked | gst::FlowError::NotNegotiated) => format!(
                "it does not take frames of {caps}; expected video/x-raw in system memory or memory:NVMM: put \
                 nvvideoconvert before the display sink"
            ),
            Some(gst::FlowError::Flushing) => "it has been stopped".to_owned(),
            _ => "it takes no frames".to_owned(),
        }
    }

    /// An error that was posted since the last look.
    fn error(&self) -> Option<String> {
        let message = self
            .pipeline
            .bus()?
            .pop_filtered(&[gst::MessageType::Error])?;
        error_text(&message)
    }

    /// Ends the stream and waits for files to be whole.
    pub(super) fn finish(&mut self) {
        if self.ended || self.pad.peer().is_none() {
            return;
        }
        self.ended = true;
        self.pad.push_event(gst::event::Eos::new());
        let Some(bus) = self.pipeline.bus() else {
            return;
        };
        let ends = [gst::MessageType::Eos, gst::MessageType::Error];
        match bus.timed_pop_filtered(PATIENCE, &ends) {
            Some(message) => {
                if let Some(error) = error_text(&message) {
                    self.report(&error);
                }
            }
            None => self.report(&format!("it does not end within {PATIENCE}")),
        }
    }

    fn report(&self, error: &str) {
        if let Some(sink) = self.sink.upgrade() {
            gst::element_error!(sink, gst::ResourceError::Write, ("{VARIABLE}: {error}"));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.finish();
        let _ = self.pad.set_active(false);
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn error_text(message: &gst::Message) -> Option<String> {
    let gst::MessageView::Error(error) = message.view() else {
        return None;
    };
    let from = message.src().map(|src| src.name()).unwrap_or_default();
    Some(format!("{from}: {}", error.error().message()))
}

/// Frames come when they are due; nobody in there is to wait again.
fn show_at_once(bin: &gst::Bin) {
    for element in bin.iterate_recurse().into_iter().flatten() {
        if element.element_flags().contains(gst::ElementFlags::SINK) && element.has_property("sync")
        {
            element.set_property("sync", false);
        }
    }
}
