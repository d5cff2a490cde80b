//! Cases of what nvdsosd draws: the JSON format of `tests/data/osd/README.md`, and the PNGs beside it.
//!
//! Shared by the golden test and by the example `osd-case`; each uses a part of it.
#![allow(dead_code)]

pub mod pipeline;
mod run;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A case: what was attached to a frame, and what came of it.
#[derive(Debug, Deserialize)]
pub struct Case {
    #[serde(default)]
    pub name: String,
    pub width: u32,
    pub height: u32,
    pub surface_format: Format,
    pub background: Background,
    #[serde(default)]
    pub osd_properties: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    pub note: String,
    #[serde(default = "yes")]
    pub batch_meta: bool,
    #[serde(default)]
    pub frames: Vec<Frame>,
    #[serde(default)]
    pub outputs: BTreeMap<String, Output>,
    /// The folder of the JSON file.
    #[serde(skip)]
    pub folder: PathBuf,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Format {
    #[allow(clippy::upper_case_acronyms)] // as in the JSON
    RGBA,
    NV12,
}

#[derive(Debug, Deserialize)]
pub struct Background {
    pub file: String,
    #[serde(default)]
    pub made_by: String,
}

fn yes() -> bool {
    true
}

/// How a mode ended.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Output {
    Ok {
        files: Vec<String>,
        changed_pixels: Vec<usize>,
    },
    Error {
        error_domain: String,
        error_code: i32,
        error_text: String,
    },
}

/// A whole number of C: written with or without a fraction, signed or not, kept by its low 32 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Int(pub i64);

impl Int {
    /// As a C `unsigned int` holds it.
    pub fn u32(self) -> u32 {
        self.0 as u32
    }

    /// As a C `int` holds it.
    pub fn i32(self) -> i32 {
        self.0 as i32
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> std::result::Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(source)?;
        let whole = number
            .as_i64()
            .or_else(|| number.as_f64().map(|f| f as i64));
        whole
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("{number} is no C integer")))
    }
}

/// Structs of the metadata: names and meaning of C, what is missing is 0, what nvdsosd does not look at is ignored.
macro_rules! c_struct {
    ($($name:ident { $($field:ident: $type:ty,)* })*) => {
        $(
            #[derive(Debug, Default, Deserialize)]
            #[serde(default)]
            pub struct $name {
                $(pub $field: $type,)*
            }
        )*
    };
}

type Rgba = [f64; 4];

c_struct! {
    Frame {
        objects: Vec<Object>,
        display_metas: Vec<Display>,
    }
    Object {
        class_id: Int,
        unique_component_id: Int,
        rect_params: Rect,
        mask_params: Option<Mask>,
        text_params: Text,
        acquire_only: bool,
        then_removed: bool,
    }
    Display {
        rect_params: Vec<Rect>,
        text_params: Vec<Text>,
        line_params: Vec<Line>,
        arrow_params: Vec<Arrow>,
        circle_params: Vec<Circle>,
        acquire_only: bool,
        then_removed: bool,
    }
    Rect {
        left: f32,
        top: f32,
        width: f32,
        height: f32,
        border_width: Int,
        border_color: Rgba,
        has_bg_color: Int,
        bg_color: Rgba,
        rotation_angle: f32,
    }
    Mask {
        width: Int,
        height: Int,
        threshold: f32,
        data: Vec<f32>,
    }
    Text {
        display_text: Option<String>,
        x_offset: Int,
        y_offset: Int,
        font_name: Option<String>,
        font_size: Int,
        font_color: Rgba,
        set_bg_clr: Int,
        text_bg_clr: Rgba,
    }
    Line {
        x1: Int,
        y1: Int,
        x2: Int,
        y2: Int,
        line_width: Int,
        line_color: Rgba,
    }
    Arrow {
        x1: Int,
        y1: Int,
        x2: Int,
        y2: Int,
        arrow_width: Int,
        arrow_head: Int,
        arrow_color: Rgba,
    }
    Circle {
        xc: Int,
        yc: Int,
        radius: Int,
        circle_color: Rgba,
        has_bg_color: Int,
        bg_color: Rgba,
        circle_width: Int,
    }
}

/// The versions that the letters were drawn with: with these every byte has to be right.
const PANGO: &str = "1.50.";
const CAIRO: &str = "1.16.";

/// With other versions: how many of a case's drawn pixels may differ, in percent, if it has letters.
const LETTERS_PERCENT: usize = 40;

/// Whether this machine renders letters as the one that made the golden frames.
pub fn same_letters() -> bool {
    pango::version_string().starts_with(PANGO) && cairo::version_string().starts_with(CAIRO)
}

/// What can go wrong while reading or writing a case, as text for people.
pub type Result<T> = std::result::Result<T, String>;

impl Case {
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut case: Self =
            serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        case.folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(case)
    }

    /// How many pixels may differ from the golden picture, of which `changed` were drawn.
    pub fn allowed(&self, changed: usize) -> usize {
        let objects = self
            .frames
            .iter()
            .flat_map(|f| &f.objects)
            .map(|o| &o.text_params);
        let displays = self
            .frames
            .iter()
            .flat_map(|f| &f.display_metas)
            .flat_map(|d| &d.text_params);
        let texts = objects
            .chain(displays)
            .any(|text| text.display_text.is_some());
        let letters = texts || self.osd_properties.contains_key("display-clock");
        if letters && !same_letters() {
            changed * LETTERS_PERCENT / 100
        } else {
            0
        }
    }

    /// The undrawn frame: tightly packed RGBA, or NV12 with its UV rows below the Y rows.
    pub fn background(&self) -> Result<Vec<u8>> {
        self.picture(&self.background.file)
    }

    /// Reads a picture of this case's size and format.
    pub fn picture(&self, file: &str) -> Result<Vec<u8>> {
        let path = self.folder.join(file);
        let fail = |what: String| format!("{}: {what}", path.display());
        let input = File::open(&path).map_err(|e| fail(e.to_string()))?;
        let mut reader = png::Decoder::new(BufReader::new(input))
            .read_info()
            .map_err(|e| fail(e.to_string()))?;
        let mut bytes = vec![
            0;
            reader
                .output_buffer_size()
                .ok_or_else(|| fail("too large".into()))?
        ];
        let info = reader
            .next_frame(&mut bytes)
            .map_err(|e| fail(e.to_string()))?;
        bytes.truncate(info.buffer_size());
        let expected = self.png_layout();
        let found = (info.width, info.height, info.color_type);
        if found != expected {
            return Err(fail(format!("expected {expected:?}, found {found:?}")));
        }
        Ok(bytes)
    }

    /// Writes a picture of this case's size and format.
    pub fn save(&self, path: &Path, pixels: &[u8]) -> Result<()> {
        let fail = |what: String| format!("{}: {what}", path.display());
        let output = File::create(path).map_err(|e| fail(e.to_string()))?;
        let (width, height, color) = self.png_layout();
        let mut encoder = png::Encoder::new(BufWriter::new(output), width, height);
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(|e| fail(e.to_string()))?;
        writer
            .write_image_data(pixels)
            .map_err(|e| fail(e.to_string()))?;
        writer.finish().map_err(|e| fail(e.to_string()))
    }

    fn png_layout(&self) -> (u32, u32, png::ColorType) {
        match self.surface_format {
            Format::RGBA => (self.width, self.height, png::ColorType::Rgba),
            Format::NV12 => (self.width, self.height * 3 / 2, png::ColorType::Grayscale),
        }
    }
}

/// How many pixels (NV12: bytes) differ.
pub fn differing(format: Format, a: &[u8], b: &[u8]) -> usize {
    assert_eq!(a.len(), b.len());
    let size = if format == Format::RGBA { 4 } else { 1 };
    a.chunks(size)
        .zip(b.chunks(size))
        .filter(|(a, b)| a != b)
        .count()
}

/// The largest difference of two bytes.
pub fn largest(a: &[u8], b: &[u8]) -> u8 {
    a.iter()
        .zip(b)
        .map(|(a, b)| a.abs_diff(*b))
        .max()
        .unwrap_or(0)
}
