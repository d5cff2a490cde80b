//! Cases of what nvdsosd draws: the JSON format of `tests/data/osd/README.md`, and the PNGs beside it.
//!
//! Shared by the golden test and by the example `osd-case`; each uses a part of it.
#![allow(dead_code)]

pub mod pipeline;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A case: what was attached to a frame, and what came of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    pub width: u32,
    pub height: u32,
    pub surface_format: Format,
    pub background: Background,
    pub osd_properties: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    pub note: String,
    pub batch_meta: bool,
    pub frames: Vec<Frame>,
    #[serde(default)]
    pub outputs: BTreeMap<String, Output>,
    /// The folder of the JSON file.
    #[serde(skip)]
    pub folder: PathBuf,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Format {
    RGBA,
    NV12,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Background {
    pub file: String,
    #[serde(default)]
    pub made_by: String,
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

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Frame {
    pub objects: Vec<Object>,
    pub display_metas: Vec<Display>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Object {
    pub class_id: i32,
    pub unique_component_id: i32,
    pub rect_params: Rect,
    pub mask_params: Option<Mask>,
    pub text_params: Text,
    pub acquire_only: bool,
    pub then_removed: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Display {
    pub rect_params: Vec<Rect>,
    pub text_params: Vec<Text>,
    pub line_params: Vec<Line>,
    pub arrow_params: Vec<Arrow>,
    pub circle_params: Vec<Circle>,
}

pub type Rgba = [f64; 4];

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rect {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
    pub border_width: u32,
    pub border_color: Rgba,
    pub has_bg_color: u32,
    pub bg_color: Rgba,
    pub rotation_angle: f32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mask {
    pub width: u32,
    pub height: u32,
    pub threshold: f32,
    pub data: Vec<f32>,
}

/// Offsets may be negative here: they are stored unsigned.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Text {
    pub display_text: Option<String>,
    pub x_offset: i64,
    pub y_offset: i64,
    pub font_name: Option<String>,
    pub font_size: u32,
    pub font_color: Rgba,
    pub set_bg_clr: i32,
    pub text_bg_clr: Rgba,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Line {
    pub x1: i64,
    pub y1: i64,
    pub x2: i64,
    pub y2: i64,
    pub line_width: u32,
    pub line_color: Rgba,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Arrow {
    pub x1: i64,
    pub y1: i64,
    pub x2: i64,
    pub y2: i64,
    pub arrow_width: u32,
    pub arrow_head: u32,
    pub arrow_color: Rgba,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Circle {
    pub xc: i64,
    pub yc: i64,
    pub radius: u32,
    pub circle_color: Rgba,
    pub has_bg_color: u32,
    pub bg_color: Rgba,
    pub circle_width: u32,
}

/// The versions that the letters were drawn with: with these every byte has to be right.
const PANGO: &str = "1.50.";
const CAIRO: &str = "1.16.";

/// With other versions: how many of a case's drawn pixels may differ, in percent, if it has letters.
const LETTERS_PERCENT: usize = 40;

/// Whether this machine renders letters as the one that made the golden frames.
fn same_letters() -> bool {
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
