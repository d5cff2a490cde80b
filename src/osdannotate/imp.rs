use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;

use nvds::Frame;

use super::annotate::{State, Totals};
use super::message;
use super::neighbours::Lookout;
use super::objects::ObjectText;
use super::settings::*;
use super::style::WhenUnknown;
use super::template::Values;
use crate::element::{self, Met, lock};

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

/// Declares getters and setters of settings that are made into a style.
macro_rules! accessors {
    ($($get:ident, $set:ident: $type:ty;)*) => {
        $(
            fn $get(&self) -> $type {
                lock(&self.settings).settings.$get.clone()
            }

            fn $set(&self, value: $type) {
                self.change(|settings| settings.$get = value);
            }
        )*
    };
}

impl OsdAnnotate {
    accessors! {
        text_x, set_text_x: u32;
        text_y, set_text_y: u32;
        font_size, set_font_size: u32;
        post_messages, set_post_messages: bool;
        object_text, set_object_text: ObjectText;
    }

    fn frame_text(&self) -> String {
        lock(&self.settings).settings.frame_text.clone()
    }

    fn set_frame_text(&self, text: Option<String>) {
        self.change(|settings| settings.frame_text = text.unwrap_or_default());
    }

    fn font(&self) -> String {
        lock(&self.settings).settings.font.clone()
    }

    fn set_font(&self, font: Option<String>) {
        self.change(|settings| settings.font = font.unwrap_or_else(|| DEFAULT_FONT.into()));
    }

    fn text_color(&self) -> String {
        lock(&self.settings).settings.text_color.clone()
    }

    fn set_text_color(&self, color: Option<String>) {
        let color = color.unwrap_or_else(|| DEFAULT_TEXT_COLOR.into());
        self.change(|settings| settings.text_color = color);
    }

    fn text_background(&self) -> String {
        lock(&self.settings).settings.text_background.clone()
    }

    fn set_text_background(&self, color: Option<String>) {
        let color = color.unwrap_or_else(|| DEFAULT_TEXT_BACKGROUND.into());
        self.change(|settings| settings.text_background = color);
    }

    fn style_file(&self) -> Option<String> {
        lock(&self.settings).settings.style_file.clone()
    }

    fn set_style_file(&self, path: Option<String>) {
        let path = path.filter(|path| !path.is_empty());
        let turn = lock(&self.settings).next_turn();
        let mut file = None;
        loop {
            {
                let mut settings = lock(&self.settings);
                let changed = settings.set_style_file(turn, path.as_deref(), file.take());
                if let Some(changed) = changed.transpose() {
                    return self.changed(settings, changed);
                }
            }
            file = Some(read_style_file(path.as_deref()));
        }
    }

    fn style(&self) -> Option<String> {
        lock(&self.settings).settings.style.clone()
    }

    fn set_style(&self, style: Option<String>) {
        let read = read_style(style.as_deref());
        let mut settings = lock(&self.settings);
        let changed = settings.set_style(style, read);
        self.changed(settings, changed);
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
        self.tell(notes);
    }

    /// Posts warnings about settings. No lock may be held: a handler may read properties.
    fn tell(&self, notes: Vec<String>) {
        for note in notes {
            gst::warning!(CAT, imp = self, "{note}");
            gst::element_imp_warning!(self, gst::LibraryError::Settings, ("{note}"));
        }
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
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            element::with_stats(
                OsdAnnotate::derived_properties(),
                "Totals since the element started: buffers, frames and objects, and warnings (structure of how often \
                 each kind was met)",
            )
        });
        &PROPERTIES
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "stats" => self.totals.to_structure(&self.met).to_value(),
            _ => self.derived_property(id, pspec),
        }
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        self.derived_set_property(id, value, pspec);
    }

    fn constructed(&self) {
        self.parent_constructed();
        element::pass_through(&*self.obj());
    }
}

impl GstObjectImpl for OsdAnnotate {}

impl ElementImpl for OsdAnnotate {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "DeepStream on-screen annotation",
                "Filter/Effect/Video",
                "Attaches texts and shapes (NvDsDisplayMeta) and styles objects (NvDsObjectMeta) for \
                 nvdsosd to draw; place it before nvdsosd",
                "The rsnvds developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        element::pad_templates()
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        element::change_state(self, *CAT, transition)
    }
}

impl BaseTransformImpl for OsdAnnotate {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

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
        self.tell(notes);
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

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        lock(&self.state).run.set_caps(incaps);
        Ok(())
    }

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

    fn submit_input_buffer(
        &self,
        is_discont: bool,
        buffer: gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let own_metadata = self.own_metadata.load(Ordering::Relaxed);
        element::submit(self, own_metadata, &self.state, is_discont, buffer)
    }

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
