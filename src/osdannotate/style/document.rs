//! One text of a style, read but not yet made one with others.

use std::time::Duration;

use nvds::{Color, FontName};
use toml::de::DeValue;

use super::keys::ObjectKeys;
use super::marks::{self, NewMark};
use super::model::{ClassName, Corner, FrameText, MAX_FONT_SIZE, TextPosition, WhenUnknown};
use super::sections::Sections;
use crate::config::{Row, Value, points, read_text};
use crate::osdannotate::template::Template;

/// What a text says. `None` and empty where it says nothing.
#[derive(Debug, Clone, Default)]
pub struct Document {
    pub texts: Option<Vec<Placed<FrameText>>>,
    pub sections: Sections,
    pub zones: Vec<NewMark>,
    pub lines: Vec<NewMark>,
    pub palette: Option<Vec<Color>>,
    pub trace_timeout: Option<Duration>,
    pub redact_hold: Option<u32>,
    pub redact_growth: Option<f32>,
    pub redact_when_unknown: Option<WhenUnknown>,
}

/// Something and the place in the text where it came from, for messages.
#[derive(Debug, Clone)]
pub struct Placed<T> {
    pub place: String,
    pub value: T,
}

/// Why a text is not a style: every mistake, one a line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct StyleError(pub Vec<String>);

impl Document {
    /// Reads a text, which messages call by `name`: a file or a property. Also returns what was changed to be usable.
    ///
    /// # Errors
    /// Every mistake of the text, with its name, line and key.
    pub fn parse(text: &str, name: &str) -> Result<(Self, Vec<String>), StyleError> {
        read_text(text, name, ROWS).map_err(StyleError)
    }

    /// Puts what `later` says over this.
    pub fn refine(&mut self, later: Self) {
        self.texts = later.texts.or(self.texts.take());
        self.sections.refine(later.sections);
        marks::refine(&mut self.zones, later.zones);
        marks::refine(&mut self.lines, later.lines);
        self.palette = later.palette.or(self.palette.take());
        self.trace_timeout = later.trace_timeout.or(self.trace_timeout);
        self.redact_hold = later.redact_hold.or(self.redact_hold);
        self.redact_growth = later.redact_growth.or(self.redact_growth);
        self.redact_when_unknown = later.redact_when_unknown.or(self.redact_when_unknown);
    }
}

/// The keys outside of sections, and the sections.
pub const ROWS: &[Row<Document>] = &[
    ("palette-colors", |this, value| {
        let colors = value.array()?;
        if colors.len() == 0 {
            return Err("expected one colour or more".into());
        }
        let colors: Result<Vec<_>, String> = colors.map(|color| visible(&color)).collect();
        this.palette = Some(colors?);
        Ok(())
    }),
    ("trace-timeout", |this, value| {
        let seconds = value.number(0.0..=3600.0)?;
        this.trace_timeout = Some(Duration::from_secs_f32(seconds));
        Ok(())
    }),
    ("redact-hold", |this, value| {
        this.redact_hold = Some(value.integer(0..=100_000)?);
        Ok(())
    }),
    ("redact-growth", |this, value| {
        this.redact_growth = Some(value.number(0.0..=1000.0)?);
        Ok(())
    }),
    ("redact-when-unknown", |this, value| {
        let words = [
            ("nothing", WhenUnknown::Nothing),
            ("frame", WhenUnknown::Frame),
        ];
        this.redact_when_unknown = Some(value.choice(&words)?);
        Ok(())
    }),
    ("frame", |this, value| {
        this.texts = texts(value)?.or(this.texts.take());
        Ok(())
    }),
    ("default", |this, value| match value.get() {
        DeValue::Table(table) => {
            let keys = &mut this.sections.default;
            value
                .reader
                .table(value.path, table, ObjectKeys::ROWS, keys);
            Ok(())
        }
        _ => Err("expected a section [default]".into()),
    }),
    ("class", |this, value| {
        let classes = &mut this.sections.classes;
        each_section(value, |name, keys| {
            classes
                .entry(ClassName::parse(name)?)
                .or_default()
                .refine(keys);
            Ok(())
        })
    }),
    ("source", |this, value| {
        let sources = &mut this.sections.sources;
        each_section(value, |name, keys| {
            let number = number(name)?;
            sources.entry(number).or_default().refine(keys);
            Ok(())
        })
    }),
    ("gie", |this, value| {
        let gies = &mut this.sections.gies;
        each_section(value, |name, keys| {
            let number = number(name)?;
            gies.entry(number).or_default().refine(keys);
            Ok(())
        })
    }),
    ("zone", |this, value| {
        marks::read(value, marks::ZONE_ROWS, &["points"], &mut this.zones)
    }),
    ("line", |this, value| {
        marks::read(value, marks::LINE_ROWS, &["a", "b"], &mut this.lines)
    }),
];

/// A colour that draws something.
fn visible(value: &Value<'_>) -> Result<Color, String> {
    let color = value.color()?;
    color.ok_or_else(|| "expected a colour, found none".to_owned())
}

/// Reads sections about objects, as in `[class.NAME]`.
fn each_section(
    value: &Value<'_>,
    mut take: impl FnMut(&str, &ObjectKeys) -> Result<(), String>,
) -> Result<(), String> {
    let reader = value.reader;
    reader.each_table(value, |section| {
        let mut keys = ObjectKeys::default();
        reader.table(section.path, section.table, ObjectKeys::ROWS, &mut keys);
        take(section.name, &keys)
    })
}

fn number<T: std::str::FromStr>(name: &str) -> Result<T, String> {
    (name.parse()).map_err(|_| format!("expected a number as the section's name, found {name:?}"))
}

/// Keys of `[frame]`.
#[derive(Debug, Default)]
pub struct FrameKeys {
    look: TextLook,
    texts: Option<Vec<TextKeys>>,
}

/// How a text of the frame looks.
#[derive(Debug, Clone, Default)]
pub struct TextLook {
    font: Option<FontName>,
    font_size: Option<u32>,
    color: Option<Option<Color>>,
    background: Option<Option<Color>>,
}

/// Keys of `[[frame.text]]`.
#[derive(Debug, Default)]
pub struct TextKeys {
    place: String,
    template: Option<Template>,
    position: Option<TextPosition>,
    look: TextLook,
}

/// Declares the rows of a table that has a look among its keys.
macro_rules! rows_with_look {
    ($($row:expr,)*) => {
        &[
            ("font", |this, value| {
                this.look.font = Some(value.font()?);
                Ok(())
            }),
            ("font-size", |this, value| {
                this.look.font_size = Some(value.limited(0, MAX_FONT_SIZE)?);
                Ok(())
            }),
            ("text-color", |this, value| {
                this.look.color = Some(value.color()?);
                Ok(())
            }),
            ("text-background", |this, value| {
                this.look.background = Some(value.color()?);
                Ok(())
            }),
            $($row,)*
        ]
    };
}

pub const FRAME_ROWS: &[Row<FrameKeys>] = rows_with_look![("text", |this, value| {
    this.texts = Some(match value.get() {
        DeValue::String(_) => vec![TextKeys::plain(value)?],
        _ => (value.array()?)
            .map(|text| TextKeys::read(&text))
            .collect::<Result<_, _>>()?,
    });
    Ok(())
}),];

pub const TEXT_ROWS: &[Row<TextKeys>] = rows_with_look![
    ("template", |this, value| {
        this.template = Some(template(value)?);
        Ok(())
    }),
    ("position", |this, value| {
        this.position = Some(position(value)?);
        Ok(())
    }),
];

/// Names of places in the frame.
pub const CORNERS: &[(&str, Corner)] = &[
    ("top-left", Corner::TopLeft),
    ("top", Corner::Top),
    ("top-right", Corner::TopRight),
    ("bottom-left", Corner::BottomLeft),
    ("bottom", Corner::Bottom),
    ("bottom-right", Corner::BottomRight),
];

fn position(value: &Value<'_>) -> Result<TextPosition, String> {
    match value.get() {
        DeValue::Array(_) => {
            let point = value.point()?;
            points::check_units(&[point])?;
            Ok(TextPosition::At(point))
        }
        _ => value.choice(CORNERS).map(TextPosition::Named),
    }
}

pub fn template(value: &Value<'_>) -> Result<Template, String> {
    Template::parse(value.text()?).map_err(|error| error.to_string())
}

impl TextKeys {
    fn plain(value: &Value<'_>) -> Result<Self, String> {
        Ok(Self {
            place: value.place(),
            template: Some(template(value)?),
            ..Self::default()
        })
    }

    fn read(value: &Value<'_>) -> Result<Self, String> {
        match value.get() {
            DeValue::String(_) => Self::plain(value),
            DeValue::Table(table) => {
                let mut this = Self {
                    place: value.place(),
                    ..Self::default()
                };
                value.reader.table(value.path, table, TEXT_ROWS, &mut this);
                Ok(this)
            }
            _ => Err("expected texts: strings or tables with a template".into()),
        }
    }

    /// The text, with what the frame's keys say where it says nothing.
    fn finish(self, frame: &TextLook) -> Placed<FrameText> {
        let look = self.look;
        Placed {
            place: self.place,
            value: FrameText {
                template: self.template.unwrap_or_default(),
                position: (self.position).unwrap_or(TextPosition::Named(Corner::TopLeft)),
                font: look.font.or(frame.font).unwrap_or(FontName::SERIF),
                size: look.font_size.or(frame.font_size).unwrap_or(10),
                color: look.color.or(frame.color).unwrap_or(Some(Color::WHITE)),
                background: (look.background.or(frame.background)).unwrap_or(Some(Color::BLACK)),
            },
        }
    }
}

/// The texts of `[frame]`, `None` where it has no key `text`.
fn texts(value: &Value<'_>) -> Result<Option<Vec<Placed<FrameText>>>, String> {
    let DeValue::Table(table) = value.get() else {
        return Err("expected a section [frame]".into());
    };
    let mut keys = FrameKeys::default();
    value.reader.table(value.path, table, FRAME_ROWS, &mut keys);
    let FrameKeys { look, texts } = keys;
    Ok(texts.map(|texts| texts.into_iter().map(|text| text.finish(&look)).collect()))
}
