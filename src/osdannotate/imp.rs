use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;

use nvds::Frame;

use super::annotate::State;
use super::message;
use super::neighbours::Lookout;
use super::objects::ObjectText;
use super::settings::*;
use super::style::WhenUnknown;
use super::template::Values;
use super::totals::Totals;
use crate::element::{self, Met, lock};

mod accessors;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsosdannotate",
        gst::DebugColorFlags::empty(),
        Some("Annotations for the on-screen display"),
    )
});

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::OsdAnnotate)]
pub struct OsdAnnotate {
    #[property(name = "style-file", nick = "Style file", type = Option<String>,
        get = Self::style_file, set = Self::set_style_file, mutable_playing,
        blurb = "File of TOML that says how frames and objects are drawn: docs/osd-style.md. It is \
                 read when the property is set and when the element starts; a bad file set while \
                 playing leaves the style as it is, with a warning")]
    #[property(name = "style", nick = "Style", type = Option<String>, get = Self::style,
        set = Self::set_style, mutable_playing,
        blurb = "The same as text, put over what style-file says; ; ends a line, as in \
                 class.face.redact=true; default.box='corners'")]
    #[property(name = "object-text", nick = "Object text", type = ObjectText,
        get = Self::object_text, set = Self::set_object_text, mutable_playing,
        blurb = "What the label of a style does to the text that an object has",
        builder(ObjectText::default()))]
    #[property(name = "frame-text", nick = "Frame text", type = String, get = Self::frame_text,
        set = Self::set_frame_text, default = DEFAULT_FRAME_TEXT, mutable_playing,
        blurb = "Text for every frame, with fields {frame} (number in its source), {objects}, \
                 {count:LABEL} (objects of the frame with that label), {source}, {pts}, {fps} \
                 (measured), {zone:NAME}, {line:NAME:in}, {line:NAME:out} (of the style); {{ and }} \
                 for braces; empty for no text. Not drawn when the style has texts of its own")]
    #[property(name = "text-x", nick = "Text x", type = u32, get = Self::text_x,
        set = Self::set_text_x, maximum = MAX_OFFSET, default = DEFAULT_TEXT_X, mutable_playing,
        blurb = "Left edge of the text in pixels")]
    #[property(name = "text-y", nick = "Text y", type = u32, get = Self::text_y,
        set = Self::set_text_y, maximum = MAX_OFFSET, default = DEFAULT_TEXT_Y, mutable_playing,
        blurb = "Upper edge of the text in pixels")]
    #[property(name = "font", nick = "Font", type = String, get = Self::font, set = Self::set_font,
        default = DEFAULT_FONT, mutable_playing,
        blurb = "Font family of the text")]
    #[property(name = "font-size", nick = "Font size", type = u32, get = Self::font_size,
        set = Self::set_font_size, maximum = 200, default = DEFAULT_FONT_SIZE, mutable_playing,
        blurb = "Font size in points; nvdsosd draws sizes below 10 as 10, and nothing for 0")]
    #[property(name = "text-color", nick = "Text colour", type = String, get = Self::text_color,
        set = Self::set_text_color, default = DEFAULT_TEXT_COLOR, mutable_playing,
        blurb = "Colour of the letters: #rgb, #rgba, #rrggbb, #rrggbbaa, or none")]
    #[property(name = "text-background", nick = "Text background", type = String,
        get = Self::text_background, set = Self::set_text_background,
        default = DEFAULT_TEXT_BACKGROUND, mutable_playing,
        blurb = "Colour of the box behind the text, as text-color; none for no box")]
    #[property(name = "post-messages", nick = "Post messages", type = bool,
        get = Self::post_messages, set = Self::set_post_messages, default = DEFAULT_POST_MESSAGES,
        mutable_playing,
        blurb = "Post an element message rsosdannotate for every frame, with frame (int), source \
                 (uint), pad-index (uint), pts (uint64), objects (uint), text (string), counts \
                 (structure of objects by label, with _ for what is no letter or digit of ASCII) and \
                 label-counts (list of structures with label (string) and count (uint))")]
    settings: Mutex<Properties>,
    /// What is made of the settings, from start to stop. The streaming thread takes this lock for
    /// each buffer and never the one above, under which styles are put together; who needs both
    /// takes that one first.
    ready: Mutex<Option<Arc<Ready>>>,
    #[property(name = "own-metadata", nick = "Own metadata", type = bool, get, set,
        mutable_playing,
        blurb = "Behind a tee, work on a copy of the metadata that the other branches do not see; \
                 pixels stay shared: docs/behind-a-tee.md")]
    own_metadata: AtomicBool,
    state: Mutex<State>,
    // Apart from the state, which is locked while a buffer is in work.
    totals: Arc<Totals>,
    met: Arc<Met>,
    lookout: Lookout,
}

impl OsdAnnotate {
    fn stats(&self) -> gst::Structure {
        self.totals.to_structure(&self.met)
    }

    /// Changes settings. While the element runs, a change that makes no valid style is taken back
    /// with a warning.
    fn change(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = lock(&self.settings);
        let changed = settings.change(change);
        self.changed(settings, changed);
    }

    /// Puts the outcome of a change in use.
    fn changed(&self, settings: MutexGuard<'_, Properties>, changed: Result<Change, String>) {
        let notes = match changed {
            Ok((ready, notes)) => {
                if ready.is_some() {
                    // Still under the settings' lock, so that the last change stays.
                    *lock(&self.ready) = ready;
                }
                notes
            }
            Err(error) => vec![format!("Setting not changed: {error}")],
        };
        drop(settings);
        element::warn_of_settings(&*self.obj(), *CAT, notes);
    }

    /// Annotates all frames of a buffer, and collects the messages to be posted.
    fn process(
        &self,
        state: &mut State,
        ready: &Arc<Ready>,
        buffer: &gst::BufferRef,
        messages: &mut Vec<gst::Message>,
    ) -> Result<(), gst::ErrorMessage> {
        let Some(batch) = state.run.batch(buffer, " and is passed on as it is")? else {
            return self.without_batch(ready);
        };
        state.set_ready(ready);
        let sizes = state.run.frame_sizes(buffer);
        let annotated = state.annotate(&batch, &sizes, ready, |frame, values, text| {
            gst::trace!(CAT, imp = self, "{text}");
            if ready.post_messages {
                messages.push(self.message(frame, values, text));
            }
        });
        annotated.map_err(|error| {
            gst::error_msg!(
                gst::StreamError::Failed,
                ("A frame cannot be drawn on, so that nothing of it can be covered: {error}")
            )
        })
    }

    /// # Errors
    /// When what the style covers would be seen.
    fn without_batch(&self, ready: &Ready) -> Result<(), gst::ErrorMessage> {
        let style = &ready.style;
        if style.redacts && style.redaction.when_unknown == WhenUnknown::Frame {
            return Err(gst::error_msg!(
                gst::StreamError::Failed,
                ("A buffer has no batch metadata, so that nothing of it can be covered: is there an \
                  nvstreammux upstream?"),
                ["the style has redact-when-unknown = \"frame\""]
            ));
        }
        Ok(())
    }

    fn message(&self, frame: &Frame<'_>, values: &Values<'_>, text: &str) -> gst::Message {
        let (counts, label_counts) = message::counts(frame);
        let structure = gst::Structure::builder("rsosdannotate")
            .field("frame", values.frame)
            .field("source", values.source)
            .field("pad-index", frame.pad_index())
            .field("pts", frame.buf_pts())
            .field("objects", values.objects)
            .field("text", text)
            .field("counts", counts)
            .field("label-counts", label_counts)
            .build();
        gst::message::Element::builder(structure)
            .src(&*self.obj())
            .build()
    }

    /// Notes what did not come until the end of the stream, and posts it.
    fn end(&self) {
        let warnings = {
            let mut state = lock(&self.state);
            state.end();
            state.run.take_warnings()
        };
        element::post(self.obj().upcast_ref::<gst::Element>(), *CAT, warnings);
    }
}

#[glib::object_subclass]
impl ObjectSubclass for OsdAnnotate {
    const NAME: &'static str = "GstRsOsdAnnotate";
    type Type = super::OsdAnnotate;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for OsdAnnotate {
    element::properties_and_stats!(
        OsdAnnotate,
        *CAT,
        "Totals since the element started: buffers, frames and objects, and warnings (structure of how often \
         each kind was met)"
    );

    element::constructed_passing_through!();
}

impl GstObjectImpl for OsdAnnotate {}

impl ElementImpl for OsdAnnotate {
    element::metadata!(
        "DeepStream on-screen annotation",
        "Filter/Effect/Video",
        "Attaches texts and shapes (NvDsDisplayMeta) and styles objects (NvDsObjectMeta) for \
         nvdsosd to draw; place it before nvdsosd"
    );
    element::video_pads!();
    element::change_state_with_library!(*CAT);
}

impl BaseTransformImpl for OsdAnnotate {
    element::in_place!();

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let notes = loop {
            let (path, turn, style) = lock(&self.settings).to_read();
            let file = read_style_file(path.as_deref());
            let inline = read_style(style.as_deref());
            let mut settings = lock(&self.settings);
            let started = settings
                .start(turn, file, (style, inline))
                .map_err(|error| gst::error_msg!(gst::LibraryError::Settings, ("{error}")))?;
            if let Some((ready, notes)) = started {
                *lock(&self.ready) = ready;
                break notes;
            }
        };
        let run = element::Running::new(&*self.obj(), *CAT).counting(&self.met);
        *lock(&self.state) = State::new(run, &self.totals);
        self.lookout.changed();
        element::warn_of_settings(&*self.obj(), *CAT, notes);
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        {
            let mut settings = lock(&self.settings);
            settings.stop();
            *lock(&self.ready) = None;
        }
        self.lookout.stop();
        self.end();
        Ok(())
    }

    element::set_caps!();

    fn sink_event(&self, event: gst::Event) -> bool {
        if let Some(source) = nvds::event::parse_source_gone(&event) {
            gst::debug!(CAT, imp = self, "source {source} is gone");
            lock(&self.state).scene.forget_source(source);
        } else if event.type_() == gst::EventType::FlushStop {
            lock(&self.state).scene.flush();
        } else if event.type_() == gst::EventType::Caps {
            self.lookout.changed();
        } else if event.type_() == gst::EventType::Eos {
            self.end();
        }
        self.parent_sink_event(event)
    }

    fn src_event(&self, event: gst::Event) -> bool {
        // Pads behind were linked.
        if event.type_() == gst::EventType::Reconfigure {
            self.lookout.changed();
        }
        self.parent_src_event(event)
    }

    element::submit_with_own_metadata!();

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let Some(ready) = lock(&self.ready).clone() else {
            return Err(gst::FlowError::Flushing); // stopping
        };
        // Before the state is locked: properties of other elements are read.
        let element = self.obj();
        let (sink, src) = (element.sink_pad(), element.src_pad());
        if let Some(around) = self.lookout.look(sink, src, ready.style.redacts) {
            lock(&self.state).neighbours = around;
        }
        let mut messages = Vec::new();
        let result = element::pass_changing(self, *CAT, &self.state, buffer, |state, buffer| {
            self.process(state, &ready, buffer, &mut messages)
        });
        for message in messages {
            // Without a bus there is nobody to tell.
            let _ = self.obj().post_message(message);
        }
        result
    }
}
