//! Properties, and what they become while the element runs.

use std::path::Path;
use std::sync::Arc;

use nvds::FontName;

use super::color;
use super::objects::ObjectText;
use super::style::{self, Document, FrameText, Length, Point, Style, TextPosition};
use super::template::{Names, Template};
use crate::files;

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

/// Largest style file that is read, in bytes: a wrong file named by mistake must not fill memory.
const MAX_STYLE_FILE: u64 = 1 << 20;

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

/// The styles that the properties name, read and checked line by line.
#[derive(Debug, Clone, Default)]
struct Texts {
    file: Document,
    inline: Document,
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
    /// Whether a text tells frames per second.
    pub shows_fps: bool,
    /// Whether a text tells what rsanalytics found out.
    pub shows_analytics: bool,
}

/// What came of a change: what is needed for each frame from now on, if the element runs, and notes
/// on what was changed to be usable.
pub type Change = (Option<Arc<Ready>>, Vec<String>);

/// The properties with what was made of them.
///
/// `style-file` is read without the lock on this, which getters and setters take: a slow disk or a
/// pipe would hold them up. So two threads may be reading files at the same time, and turns tell
/// which of them came last.
#[derive(Debug, Default)]
pub struct Properties {
    pub settings: Settings,
    /// Of the style in use, while the element runs.
    texts: Option<Texts>,
    /// Turn of the latest call that set `style-file`.
    asked: u64,
    /// Turn of the call whose `style-file` is in use.
    taken: u64,
}

impl Properties {
    /// The turn of a call that sets `style-file`.
    pub fn next_turn(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// What is to be read at the start: `style-file`, its turn, and `style`.
    pub fn to_read(&self) -> (Option<String>, u64, Option<String>) {
        let Settings {
            style_file, style, ..
        } = &self.settings;
        (style_file.clone(), self.taken, style.clone())
    }

    /// Starts with the style file and the style that were read. `None` when another was set meanwhile, which is
    /// to be read then.
    ///
    /// # Errors
    /// Names the property, the line and the key, and says what is wrong.
    pub fn start(
        &mut self,
        turn: u64,
        file: StyleFile,
        (style, inline): (Option<String>, StyleFile),
    ) -> Result<Option<Change>, String> {
        if turn != self.taken || style != self.settings.style {
            return Ok(None);
        }
        let (file, mut notes) = file?;
        let (inline, more) = inline?;
        notes.extend(more);
        let texts = Texts { file, inline };
        let ready = Ready::new(&self.settings, &texts)?;
        self.texts = Some(texts);
        Ok(Some((Some(Arc::new(ready)), notes)))
    }

    /// Forgets what is there only while the element runs.
    pub fn stop(&mut self) {
        self.texts = None;
    }

    /// Sets `style-file`, which is `file` when it was read. `None` when it must be read first.
    ///
    /// # Errors
    /// As [`Self::start`]; nothing is changed then.
    pub fn set_style_file(
        &mut self,
        turn: u64,
        path: Option<&str>,
        file: Option<StyleFile>,
    ) -> Result<Option<Change>, String> {
        if turn < self.taken {
            return Ok(Some(Default::default())); // a later call was faster, and goes for both
        }
        if file.is_none() && self.texts.is_some() {
            return Ok(None);
        }
        // Once stopped, what the file says counts at the next start.
        let file = file.filter(|_| self.texts.is_some());
        let (file, notes) = file.unwrap_or_else(|| Ok(Default::default()))?;
        let settings = Settings {
            style_file: path.map(str::to_owned),
            ..self.settings.clone()
        };
        let ready = self.take(settings, |texts| {
            texts.file = file;
            Ok(())
        })?;
        self.taken = turn;
        Ok(Some((ready, notes)))
    }

    /// Sets `style`, which is `inline` when it was read.
    ///
    /// # Errors
    /// As [`Self::start`]; nothing is changed then.
    pub fn set_style(
        &mut self,
        style: Option<String>,
        inline: StyleFile,
    ) -> Result<Change, String> {
        let settings = Settings {
            style,
            ..self.settings.clone()
        };
        let mut notes = Vec::new();
        let ready = self.take(settings, |texts| {
            (texts.inline, notes) = inline?;
            Ok(())
        })?;
        Ok((ready, notes))
    }

    /// Changes settings but `style-file` and `style`.
    ///
    /// # Errors
    /// As [`Self::start`]; nothing is changed then.
    pub fn change(&mut self, change: impl FnOnce(&mut Settings)) -> Result<Change, String> {
        let mut settings = self.settings.clone();
        change(&mut settings);
        Ok((self.take(settings, |_| Ok(()))?, Vec::new()))
    }

    /// Takes settings over, when they and the style can be used.
    fn take(
        &mut self,
        settings: Settings,
        read: impl FnOnce(&mut Texts) -> Result<(), String>,
    ) -> Result<Option<Arc<Ready>>, String> {
        let mut ready = None;
        if let Some(before) = &self.texts {
            let mut texts = before.clone();
            read(&mut texts)?;
            ready = Some(Arc::new(Ready::new(&settings, &texts)?));
            self.texts = Some(texts);
        }
        self.settings = settings;
        Ok(ready)
    }
}

/// A style file's content with notes on it, or why it cannot be used.
pub type StyleFile = Result<(Document, Vec<String>), String>;

/// Reads a style file. No lock may be held: this takes as long as the file system likes.
pub fn read_style_file(path: Option<&str>) -> StyleFile {
    let Some(path) = path else {
        return Ok(Default::default());
    };
    let text = files::read_text(path.as_ref(), MAX_STYLE_FILE).map_err(|error| {
        let folder = std::env::current_dir().unwrap_or_default();
        let place = match Path::new(path).is_relative() {
            true => format!(" in the working directory {}", folder.display()),
            false => String::new(),
        };
        format!("style-file: {path}{place} cannot be read: {error}")
    })?;
    read(&text, path)
}

/// Reads a style of the property. No lock may be held: it may name files.
pub fn read_style(text: Option<&str>) -> StyleFile {
    let text = text.unwrap_or_default();
    read(&style::lines(text), &crate::config::name("style", text))
}

impl Settings {
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

/// Puts a style together, of a file's text or of the property's. Returns the notes on it.
///
/// # Errors
/// Why it cannot be used.
pub fn check_style(text: &str, inline: bool) -> Result<Vec<String>, String> {
    let mut properties = Properties::default();
    let nothing = StyleFile::Ok(Default::default());
    let (file, inline) = match inline {
        true => (nothing, read_style(Some(text))),
        false => (read(text, "file"), nothing),
    };
    let started = properties.start(0, file, (None, inline))?;
    Ok(started.unwrap_or_default().1)
}

/// Reads a style's text, which messages call by `name`.
fn read(text: &str, name: &str) -> Result<(Document, Vec<String>), String> {
    Document::parse(text, name).map_err(|error| error.to_string())
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
        let marks = (style.zones.iter().map(|zone| &zone.mark))
            .chain(style.lines.iter().map(|line| &line.mark));
        let mut templates =
            (texts.iter().map(|text| &text.template)).chain(marks.map(|mark| &mark.label));
        let shows_fps = templates.clone().any(Template::shows_fps);
        let shows_analytics = templates.any(Template::shows_analytics);
        Ok(Self {
            shows_fps,
            shows_analytics,
            style,
            names,
            texts,
            object_text: settings.object_text,
            post_messages: settings.post_messages,
        })
    }
}
