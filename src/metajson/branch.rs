//! The pad `json`: the text of each buffer as a stream of its own, beside the buffers that pass.
//!
//! What happens on it never ends the buffers' own stream. Nothing is queued: who takes long, as a sink that waits for
//! its clock or for the pipeline to start, is waited for.

use std::sync::Mutex;

use gst::prelude::*;
use gst_base::prelude::*;

use crate::element::lock;

/// Name of the pad and of its template.
const NAME: &str = "json";

/// Template of the pad.
pub fn template() -> Option<gst::PadTemplate> {
    let caps = gst::Caps::new_empty_simple("application/x-json");
    gst::PadTemplate::new(
        NAME,
        gst::PadDirection::Src,
        gst::PadPresence::Request,
        &caps,
    )
    .ok()
}

/// The pad, if somebody asked for it. Its lock is never held while something is pushed.
#[derive(Debug, Default)]
pub struct Branch(Mutex<Option<Stream>>);

#[derive(Debug, Clone)]
struct Stream {
    pad: gst::Pad,
    /// The events of the buffers' stream that the pad was told, first of all that it starts.
    start: Option<gst::Event>,
    segment: Option<gst::Event>,
    has_started: bool,
}

impl Branch {
    /// Makes the pad and adds it to the element.
    ///
    /// # Errors
    /// Where there is one already, or another name is asked for.
    pub fn add(
        &self,
        element: &super::MetaJson,
        template: &gst::PadTemplate,
        name: Option<&str>,
    ) -> Result<gst::Pad, &'static str> {
        let pad = self.make(template, name)?;
        // Before it is added: the element may be running.
        let active = pad.set_active(true);
        match active.and_then(|()| element.add_pad(&pad)) {
            Ok(()) => Ok(pad),
            Err(_) => {
                self.forget(&pad);
                Err("the pad json cannot be added")
            }
        }
    }

    /// Removes the pad from the element, if it is this one.
    pub fn remove(&self, element: &super::MetaJson, pad: &gst::Pad) {
        if self.forget(pad) {
            // A flow that is on its way ends there.
            pad.set_active(false).ok();
            element.remove_pad(pad).ok();
        }
    }

    fn make(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
    ) -> Result<gst::Pad, &'static str> {
        if name.is_some_and(|name| name != NAME) {
            return Err("the pad for text is called json");
        }
        let mut stream = lock(&self.0);
        if stream.is_some() {
            return Err("there is one pad json: put a tee behind it");
        }
        let pad = gst::Pad::builder_from_template(template)
            .name(NAME)
            .event_function(upstream)
            .build();
        *stream = Some(Stream {
            pad: pad.clone(),
            start: None,
            segment: None,
            has_started: false,
        });
        Ok(pad)
    }

    /// Forgets the pad, and tells whether it was this one.
    fn forget(&self, pad: &gst::Pad) -> bool {
        lock(&self.0).take_if(|stream| stream.pad == *pad).is_some()
    }

    /// Whether text goes anywhere.
    pub fn is_linked(&self) -> bool {
        lock(&self.0)
            .as_ref()
            .is_some_and(|stream| stream.pad.is_linked())
    }

    /// Name of the sink that the first text goes to, if nothing is queued before it: it would hold the text until the
    /// pipeline has started, which waits for the buffer that waits here.
    pub fn sink_without_queue(&self) -> Option<glib::GString> {
        let pad = lock(&self.0)
            .as_ref()
            .filter(|stream| !stream.has_started)
            .map(|stream| stream.pad.clone())?;
        let element = pad.peer()?.parent_element()?;
        let sink = element.downcast::<gst_base::BaseSink>().ok()?;
        Some(sink.name())
    }

    /// Passes on an event that the element gets, if it concerns the text. What is sticky waits for the next text.
    pub fn event(&self, element: &super::MetaJson, event: &gst::Event) {
        let kind = event.type_();
        let in_order = match kind {
            gst::EventType::FlushStart | gst::EventType::FlushStop => false,
            gst::EventType::Eos | gst::EventType::Gap | gst::EventType::SegmentDone => true,
            _ => return,
        };
        let Some(stream) = lock(&self.0).clone() else {
            return;
        };
        if in_order {
            self.catch_up(element, &stream);
        }
        stream.pad.push_event(event.clone());
        if kind == gst::EventType::FlushStop {
            // The pad forgot its segment.
            self.note(&stream.pad, |stream| stream.segment = None);
        }
    }

    /// Pushes the text of a buffer, or that there is none.
    ///
    /// # Errors
    /// What is wrong behind the pad, of which nothing follows. That it is not linked, flushes or wants no more is not
    /// wrong.
    pub fn push(
        &self,
        element: &super::MetaJson,
        text: &[u8],
        of: &gst::BufferRef,
    ) -> Result<(), gst::FlowError> {
        let Some(stream) = lock(&self.0).clone() else {
            return Ok(());
        };
        if !stream.pad.is_linked() {
            return Ok(());
        }
        self.catch_up(element, &stream);
        if text.is_empty() {
            if let Some(pts) = of.pts() {
                let gap = gst::event::Gap::builder(pts).duration(of.duration());
                stream.pad.push_event(gap.build());
            }
            return Ok(());
        }
        let mut buffer = gst::Buffer::from_slice(text.to_vec());
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(of.pts());
            buffer.set_duration(of.duration());
            buffer.set_flags(of.flags() & gst::BufferFlags::DISCONT);
        }
        match stream.pad.push(buffer) {
            Ok(_)
            | Err(gst::FlowError::NotLinked | gst::FlowError::Flushing | gst::FlowError::Eos) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Tells the pad what it was not told yet: that a stream starts, of what it is, and its segment.
    fn catch_up(&self, element: &super::MetaJson, stream: &Stream) {
        let (sink, pad) = (element.sink_pad(), &stream.pad);
        let start = sink.sticky_event::<gst::event::StreamStart>(0);
        let segment = sink.sticky_event::<gst::event::Segment>(0);
        let (group, start) = (
            start.as_ref().and_then(|start| start.group_id()),
            start.map(gst::Event::from),
        );
        let starts = !stream.has_started || !same(&stream.start, &start);
        if starts {
            let id = pad.create_stream_id(element, Some(NAME));
            let mut event = gst::event::StreamStart::builder(&id);
            if let Some(start) = &start {
                event = event.seqnum(start.seqnum());
            }
            if let Some(group) = group {
                event = event.group_id(group);
            }
            pad.push_event(event.build());
            let caps = gst::Caps::new_empty_simple("application/x-json");
            pad.push_event(gst::event::Caps::new(&caps));
        }
        let segment = segment.map(gst::Event::from);
        if let Some(segment) = &segment
            && (starts || !same(&stream.segment, &Some(segment.clone())))
        {
            pad.push_event(segment.clone());
        }
        self.note(pad, |stream| {
            stream.has_started = true;
            stream.start = start;
            stream.segment = segment;
        });
    }

    /// Changes what is known of the pad, if it is still there.
    fn note(&self, pad: &gst::Pad, change: impl FnOnce(&mut Stream)) {
        if let Some(stream) = lock(&self.0).as_mut().filter(|stream| stream.pad == *pad) {
            change(stream);
        }
    }
}

/// Whether they are the same event, and not only equal ones.
fn same(a: &Option<gst::Event>, b: &Option<gst::Event>) -> bool {
    let address = |event: &Option<gst::Event>| event.as_ref().map(|event| event.as_ptr());
    address(a) == address(b)
}

/// An event from behind the pad. That text comes late, or that its reader changed, is no matter of the video's.
fn upstream(pad: &gst::Pad, parent: Option<&gst::Object>, event: gst::Event) -> bool {
    match event.type_() {
        gst::EventType::Qos | gst::EventType::Reconfigure => true,
        _ => gst::Pad::event_default(pad, parent, event),
    }
}
