//! Metadata before and behind nvvideoconvert, as the files in `tests/data/convert/metadata` hold them: a frame a line.
//!
//! A line has frame number, source and pipeline size, objects and display metas in list order. Lines of a display meta
//! are [x1, y1, x2, y2, width], arrows [x1, y1, x2, y2, width, head], circles [x, y, radius, width].
//!
//! Shared by the golden test and by the example `convert-case`.
#![allow(dead_code)]

pub mod pipeline;

use serde::{Deserialize, Serialize, Serializer};

#[derive(Debug, Deserialize, Serialize, PartialEq)]
pub struct Frame {
    pub frame: i32,
    pub source_frame: [u32; 2],
    pub pipeline: [u32; 2],
    pub objects: Vec<Object>,
    pub displays: Vec<Display>,
}

#[derive(Debug, Deserialize, Serialize, PartialEq)]
pub struct Object {
    pub rect: Rect,
    pub text: Text,
    /// The detector's own box: left, top, width, height.
    pub detector: [Float; 4],
}

#[derive(Debug, Deserialize, Serialize, PartialEq)]
pub struct Rect {
    /// Left, top, width, height.
    pub rect: [Float; 4],
    pub border_width: u32,
    pub has_bg: u32,
    pub rotation_angle: Float,
}

#[derive(Debug, Deserialize, Serialize, PartialEq)]
pub struct Text {
    pub text: Option<String>,
    pub at: [u32; 2],
    pub font_size: u32,
    pub font: Option<String>,
    pub bg: u32,
}

#[derive(Debug, Deserialize, Serialize, PartialEq)]
pub struct Display {
    pub rects: Vec<Rect>,
    pub texts: Vec<Text>,
    pub lines: Vec<[u32; 5]>,
    pub arrows: Vec<[u32; 6]>,
    pub circles: Vec<[u32; 4]>,
}

/// A C float, written with nine digits as `%.9g` does: enough to tell any two apart.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct Float(pub f32);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rounded: f64 = format!("{:.8e}", self.0).parse().unwrap_or(f64::NAN);
        if rounded.fract() == 0.0 && rounded.abs() < 1e9 {
            serializer.serialize_i64(rounded as i64)
        } else {
            serializer.serialize_f64(rounded)
        }
    }
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u32, pub u32);

/// What the element is to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    pub from: Size,
    pub to: Size,
    /// Properties of the element and their values.
    pub properties: Vec<(&'static str, String)>,
}

impl Conversion {
    /// Reads `--from WxH --to WxH [--flip-method N] [--src-crop L:T:W:H] [--dest-crop L:T:W:H]`; other words are
    /// returned in order.
    ///
    /// # Errors
    /// An unknown option, a value that is missing or not a size, a size that is missing.
    pub fn parse(
        arguments: impl IntoIterator<Item = String>,
    ) -> Result<(Self, Vec<String>), String> {
        let mut arguments = arguments.into_iter();
        let (mut from, mut to, mut properties, mut words) = (None, None, Vec::new(), Vec::new());
        while let Some(argument) = arguments.next() {
            let Some(option) = argument.strip_prefix("--") else {
                words.push(argument);
                continue;
            };
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (option, arguments.next()),
            };
            let value = value.ok_or_else(|| format!("--{name} needs a value"))?;
            match name {
                "from" => from = Some(size(name, &value)?),
                "to" => to = Some(size(name, &value)?),
                "flip-method" => properties.push(("flip-method", value)),
                "src-crop" => properties.push(("src-crop", value)),
                "dest-crop" => properties.push(("dest-crop", value)),
                _ => return Err(format!("unknown option --{name}")),
            }
        }
        let conversion = Self {
            from: from.ok_or("--from WxH is missing")?,
            to: to.ok_or("--to WxH is missing")?,
            properties,
        };
        Ok((conversion, words))
    }
}

fn size(option: &str, text: &str) -> Result<Size, String> {
    let sides = text.split_once('x');
    sides
        .and_then(|(width, height)| Some(Size(width.parse().ok()?, height.parse().ok()?)))
        .filter(|size| size.0 > 0 && size.1 > 0)
        .ok_or_else(|| format!("--{option} takes WxH in pixels, e.g. 1280x720, not {text:?}"))
}

/// Reads a file's text, a frame a line.
///
/// # Errors
/// Names the line that is not a frame.
pub fn read(text: &str) -> Result<Vec<Frame>, String> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| format!("line {}: {error}", index + 1))
        })
        .collect()
}

/// Writes frames as [`read`] reads them.
///
/// # Errors
/// Never with frames read or taken from a batch.
pub fn write(frames: &[Frame]) -> Result<String, String> {
    let lines = frames.iter().map(|frame| {
        let line = serde_json::to_string(frame).map_err(|error| error.to_string())?;
        Ok(line + "\n")
    });
    lines.collect()
}
