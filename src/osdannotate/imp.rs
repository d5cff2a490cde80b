use std::ffi::CString;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;

use nvds::{Batch, Color, FontName, Frame, NewText};

use super::color;
use super::fps::Meter;
use super::template::{Template, Values};
use crate::video::{self, Warnings};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsosdannotate",
        gst::DebugColorFlags::empty(),
        Some("Texts for the on-screen display"),
    )
});

const DEFAULT_FRAME_TEXT: &str = "Frame Number={frame} Number of Objects={objects}";
const DEFAULT_TEXT_X: u32 = 10;
const DEFAULT_TEXT_Y: u32 = 12;
const DEFAULT_FONT: &str = "Serif";
const DEFAULT_FONT_SIZE: u32 = 10;
const DEFAULT_TEXT_COLOR: &str = "#ffffffff";
const DEFAULT_TEXT_BACKGROUND: &str = "#000000ff";
const DEFAULT_POST_MESSAGES: bool = false;
/// Largest offset that the OSD, which reads it as a C int, takes for what it is.
const MAX_OFFSET: u32 = i32::MAX as u32;

#[derive(Debug, Clone)]
struct Settings {
    frame_text: String,
    text_x: u32,
    text_y: u32,
    font: String,
    font_size: u32,
    text_color: String,
    text_background: String,
    post_messages: bool,
    /// The settings above made ready, while the element runs.
    style: Option<Arc<Style>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            frame_text: DEFAULT_FRAME_TEXT.into(),
            text_x: DEFAULT_TEXT_X,
            text_y: DEFAULT_TEXT_Y,
            font: DEFAULT_FONT.into(),
            font_size: DEFAULT_FONT_SIZE,
            text_color: DEFAULT_TEXT_COLOR.into(),
            text_background: DEFAULT_TEXT_BACKGROUND.into(),
            post_messages: DEFAULT_POST_MESSAGES,
            style: None,
        }
    }
}

/// What is needed for each frame.
#[derive(Debug)]
struct Style {
    template: Template,
    x: f32,
    y: f32,
    font: FontName,
    size: u32,
    /// `None` draws no letters.
    color: Option<Color>,
    background: Option<Color>,
    post_messages: bool,
}

impl Style {
    /// # Errors
    /// Names the property and what is wrong with it.
    fn new(settings: &Settings) -> Result<Self, String> {
        let color = |property, text| color::parse(text).map_err(|e| format!("{property}: {e}"));
        Ok(Self {
            template: Template::parse(&settings.frame_text).map_err(|e| e.to_string())?,
            x: settings.text_x as f32,
            y: settings.text_y as f32,
            font: FontName::intern(&settings.font),
            size: settings.font_size,
            color: color("text-color", &settings.text_color)?,
            background: color("text-background", &settings.text_background)?,
            post_messages: settings.post_messages,
        })
    }
}

/// What a warning is about.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    NoBatch,
}

#[derive(Debug, Default)]
struct State {
    element: CString,
    warnings: Warnings,
    meter: Meter,
    // Scratch memory, kept from buffer to buffer.
    text: String,
    counts: Vec<u32>,
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::OsdAnnotate)]
pub struct OsdAnnotate {
    #[property(name = "frame-text", nick = "Frame text", type = String, get = Self::frame_text,
        set = Self::set_frame_text, default = DEFAULT_FRAME_TEXT, mutable_playing,
        blurb = "Text for every frame, with fields {frame} (number in its source), {objects}, \
                 {count:LABEL} (objects of the frame with that label), {source}, {pts}, {fps} \
                 (measured); {{ and }} for braces; empty for no text")]
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
                 (uint), pad-index (uint), pts (uint64), objects (uint), text (string) and counts \
                 (structure of objects by label)")]
    settings: Mutex<Settings>,
    state: Mutex<State>,
}

/// Declares getters and setters of settings that are made into a style.
macro_rules! accessors {
    ($($get:ident, $set:ident: $type:ty;)*) => {
        $(
            fn $get(&self) -> $type {
                self.settings().$get.clone()
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
    }

    fn frame_text(&self) -> String {
        self.settings().frame_text.clone()
    }

    fn set_frame_text(&self, text: Option<String>) {
        self.change(|settings| settings.frame_text = text.unwrap_or_default());
    }

    fn font(&self) -> String {
        self.settings().font.clone()
    }

    fn set_font(&self, font: Option<String>) {
        self.change(|settings| settings.font = font.unwrap_or_else(|| DEFAULT_FONT.into()));
    }

    fn text_color(&self) -> String {
        self.settings().text_color.clone()
    }

    fn set_text_color(&self, color: Option<String>) {
        let color = color.unwrap_or_else(|| DEFAULT_TEXT_COLOR.into());
        self.change(|settings| settings.text_color = color);
    }

    fn text_background(&self) -> String {
        self.settings().text_background.clone()
    }

    fn set_text_background(&self, color: Option<String>) {
        let color = color.unwrap_or_else(|| DEFAULT_TEXT_BACKGROUND.into());
        self.change(|settings| settings.text_background = color);
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes settings. While the element runs, a change that makes no valid style is taken back
    /// with a warning.
    fn change(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings();
        let mut changed = settings.clone();
        change(&mut changed);
        if changed.style.is_some() {
            match Style::new(&changed) {
                Ok(style) => changed.style = Some(Arc::new(style)),
                Err(error) => {
                    drop(settings);
                    gst::warning!(CAT, imp = self, "setting not changed: {error}");
                    gst::element_imp_warning!(
                        self,
                        gst::LibraryError::Settings,
                        ("Setting not changed: {error}")
                    );
                    return;
                }
            }
        }
        *settings = changed;
    }

    /// Writes the texts of all frames of a buffer. Returns the messages to be posted.
    fn process(
        &self,
        state: &mut State,
        style: &Style,
        buffer: &gst::BufferRef,
    ) -> Result<Vec<gst::Message>, gst::ErrorMessage> {
        let batch = Batch::from_buffer(buffer)
            .map_err(|error| gst::error_msg!(gst::LibraryError::Failed, ("{error}")))?;
        let mut messages = Vec::new();
        let Some(mut batch) = batch else {
            let text = || {
                "a buffer has no batch metadata and is passed on as it is: is there an nvstreammux \
                 upstream?"
                    .to_owned()
            };
            state.warnings.note(Trouble::NoBatch as u32, text);
            return Ok(messages);
        };
        let now = Instant::now();
        let locked = batch.lock();
        for frame in locked.frames() {
            let labels = style.template.labels();
            state.counts.clear();
            state.counts.resize(labels.len(), 0);
            let mut objects = 0;
            for object in frame.objects() {
                objects += 1;
                if !labels.is_empty() {
                    let label = object.label();
                    if let Some(at) = labels.iter().position(|l| *l == label) {
                        state.counts[at] += 1;
                    }
                }
            }
            let values = Values {
                frame: frame.frame_num(),
                objects,
                counts: &state.counts,
                source: frame.source_id(),
                pts: Some(frame.buf_pts()).filter(|pts| *pts != u64::MAX),
                fps: state.meter.frame(frame.source_id(), now),
            };
            state.text.clear();
            style.template.write(&values, &mut state.text);
            if let Some(color) = style.color
                && !style.template.is_empty()
            {
                locked.draw_on(&frame).text(&NewText {
                    text: &state.text,
                    x: style.x,
                    y: style.y,
                    font: style.font,
                    size: style.size,
                    color,
                    background: style.background,
                });
            }
            gst::trace!(CAT, imp = self, "{}", state.text);
            if style.post_messages {
                messages.push(self.message(&frame, &values, &state.text));
            }
        }
        Ok(messages)
    }

    fn message(&self, frame: &Frame<'_>, values: &Values<'_>, text: &str) -> gst::Message {
        let mut counts = gst::Structure::new_empty("counts");
        for object in frame.objects() {
            let name = field_name(&object.label());
            let count = counts.get::<u32>(name.as_str()).unwrap_or(0);
            counts.set(name, count + 1);
        }
        let structure = gst::Structure::builder("rsosdannotate")
            .field("frame", values.frame)
            .field("source", values.source)
            .field("pad-index", frame.pad_index())
            .field("pts", frame.buf_pts())
            .field("objects", values.objects)
            .field("text", text)
            .field("counts", counts)
            .build();
        gst::message::Element::builder(structure)
            .src(&*self.obj())
            .build()
    }
}

/// A label as the name of a structure's field: a letter first, then letters, digits, `-`, `_`, `.`;
/// all else becomes `_`.
fn field_name(label: &str) -> String {
    if label.is_empty() {
        return "unlabeled".into();
    }
    let mut name: String = label
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => c,
            _ => '_',
        })
        .collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert_str(0, "class-");
    }
    name
}

#[glib::object_subclass]
impl ObjectSubclass for OsdAnnotate {
    const NAME: &'static str = "GstRsOsdAnnotate";
    type Type = super::OsdAnnotate;
    type ParentType = gst_base::BaseTransform;
}

#[glib::derived_properties]
impl ObjectImpl for OsdAnnotate {
    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        obj.set_in_place(true);
        obj.set_passthrough(true);
    }
}

impl GstObjectImpl for OsdAnnotate {}

impl ElementImpl for OsdAnnotate {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "DeepStream on-screen text",
                "Filter/Effect/Video",
                "Attaches a text with counts of the frame's objects (NvDsDisplayMeta) for nvdsosd to \
                 draw; place it before nvdsosd",
                "The rsnvds developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        video::pad_templates()
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::NullToReady {
            video::load_library(&*self.obj(), *CAT)?;
        }
        self.parent_change_state(transition)
    }
}

impl BaseTransformImpl for OsdAnnotate {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let mut settings = self.settings();
        let style = Style::new(&settings)
            .map_err(|error| gst::error_msg!(gst::LibraryError::Settings, ("{error}")))?;
        settings.style = Some(Arc::new(style));
        *self.state() = State {
            element: CString::new(self.obj().name().as_str()).unwrap_or_default(),
            ..State::default()
        };
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        self.settings().style = None;
        Ok(())
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let Some(style) = self.settings().style.clone() else {
            return Err(gst::FlowError::Flushing); // stopping
        };
        let mut state = self.state();
        nvds::stamp_input(buffer, &state.element);
        let result = self.process(&mut state, &style, buffer);
        nvds::stamp_output(buffer, &state.element);
        let warnings = state.warnings.take();
        drop(state);
        let obj = self.obj();
        video::post(&*obj, *CAT, warnings);
        let messages = result.map_err(|error| {
            self.post_error_message(error);
            gst::FlowError::Error
        })?;
        for message in messages {
            // Without a bus there is nobody to tell.
            let _ = obj.post_message(message);
        }
        Ok(gst::FlowSuccess::Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::field_name;

    #[test]
    fn labels_become_field_names() {
        for (label, name) in [
            ("person", "person"),
            ("traffic light", "traffic_light"),
            ("3", "class-3"),
            ("", "unlabeled"),
            ("Bär", "B_r"),
        ] {
            assert_eq!(field_name(label), name);
        }
    }
}
