//! Properties, and what they become while the element runs.

use std::sync::Arc;

use nvds::FontName;

use super::color;
use super::objects::ObjectText;
use super::style::{self, Document, FrameText, Length, Point, Style, TextPosition};
use super::template::{Names, Template};

pub const DEFAULT_FRAME_TEXT: &str = "Frame Number={frame} Number of Objects={objects}";
pub const DEFAULT_TEXT_X: u32 = 10;
pub const DEFAULT_TEXT_Y: u32 = 12;
pub const DEFAULT_FONT: &str = "Serif";
pub const DEFAULT_FONT_SIZE: u32 = 10;
pub const DEFAULT_TEXT_COLOR: &str = "#ffffffff";
pub const DEFAULT_TEXT_BACKGROUND: &str = "#000000ff";
pub const DEFAULT_POST_MESSAGES: bool = false;
/// Largest offset that the OSD, which reads it as a C int, takes for what it is.
pub const MAX_OFFSET: u32 = i32::MAX as u32;

/// The properties.
#[derive(Debug, Clone)]
pub struct Settings {
    pub frame_text: String,
    pub text_x: u32,
    pub text_y: u32,
    pub font: String,
    pub font_size: u32,
    pub text_color: String,
    pub text_background: String,
    pub post_messages: bool,
    pub style_file: Option<String>,
    pub style: Option<String>,
    pub object_text: ObjectText,
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
            style_file: None,
            style: None,
            object_text: ObjectText::default(),
        }
    }
}

/// The texts that the properties name, read.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    file: Document,
    inline: Document,
}

/// Which text a change of properties concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Other,
    File,
    Inline,
}

/// What is needed for each frame.
#[derive(Debug)]
pub struct Ready {
    pub style: Style,
    /// What its templates count.
    pub names: Names,
    /// The style's texts, else the one of the properties.
    pub texts: Vec<FrameText>,
    pub object_text: ObjectText,
    pub post_messages: bool,
}

/// Properties that were read and checked.
#[derive(Debug, Clone)]
pub struct Running {
    pub texts: Texts,
    pub ready: Arc<Ready>,
}

impl Settings {
    /// Reads everything. Also returns what was changed to be usable.
    ///
    /// # Errors
    /// Names the property, the line and the key, and says what is wrong.
    pub fn start(&self) -> Result<(Running, Vec<String>), String> {
        let (file, mut notes) = self.read_file()?;
        let (inline, more) = self.read_inline()?;
        notes.extend(more);
        let texts = Texts { file, inline };
        Ok((self.run(texts)?, notes))
    }

    /// The same, with only the text that changed read anew.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn change(
        &self,
        running: &Running,
        changed: Changed,
    ) -> Result<(Running, Vec<String>), String> {
        let mut texts = running.texts.clone();
        let notes;
        match changed {
            Changed::Other => notes = Vec::new(),
            Changed::File => (texts.file, notes) = self.read_file()?,
            Changed::Inline => (texts.inline, notes) = self.read_inline()?,
        }
        Ok((self.run(texts)?, notes))
    }

    fn run(&self, texts: Texts) -> Result<Running, String> {
        let ready = Arc::new(Ready::new(self, &texts)?);
        Ok(Running { texts, ready })
    }

    fn read_file(&self) -> Result<(Document, Vec<String>), String> {
        let Some(path) = &self.style_file else {
            return Ok(Default::default());
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("style-file: {path} cannot be read: {error}"))?;
        read(&text, path)
    }

    fn read_inline(&self) -> Result<(Document, Vec<String>), String> {
        let text = self.style.as_deref().unwrap_or_default();
        read(&style::lines(text), "style")
    }

    /// The text of the frame that the properties describe.
    fn frame_text(&self) -> Result<FrameText, String> {
        let color = |property, text| color::parse(text).map_err(|e| format!("{property}: {e}"));
        Ok(FrameText {
            template: Template::parse(&self.frame_text).map_err(|e| format!("frame-text: {e}"))?,
            position: TextPosition::At(Point {
                x: Length::Pixels(self.text_x as f32),
                y: Length::Pixels(self.text_y as f32),
            }),
            font: FontName::intern(&self.font),
            size: self.font_size,
            color: color("text-color", &self.text_color)?,
            background: color("text-background", &self.text_background)?,
        })
    }
}

/// Reads a style's text; `name` is put before each message.
fn read(text: &str, name: &str) -> Result<(Document, Vec<String>), String> {
    let named = |messages: Vec<String>| -> Vec<String> {
        let named = messages.into_iter().map(|m| format!("{name}: {m}"));
        named.collect()
    };
    match Document::parse(text) {
        Ok((document, notes)) => Ok((document, named(notes))),
        Err(error) => Err(named(error.0).join("\n")),
    }
}

impl Ready {
    fn new(settings: &Settings, texts: &Texts) -> Result<Self, String> {
        let mut document = texts.file.clone();
        document.refine(texts.inline.clone());
        let mut text = settings.frame_text()?;
        // A text that is not drawn may name what the style lacks.
        let others = match document.texts {
            Some(_) => &mut [][..],
            None => std::slice::from_mut(&mut text.template),
        };
        let (mut style, names) =
            Style::new(&document, others).map_err(|error| error.to_string())?;
        let texts = style.texts.take().unwrap_or_else(|| vec![text]);
        Ok(Self {
            style,
            names,
            texts,
            object_text: settings.object_text,
            post_messages: settings.post_messages,
        })
    }
}
