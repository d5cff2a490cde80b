//! What the real nvvideoconvert (9.0.2, discrete GPU) made of pictures.
//!
//! `data/convert/manifest.json` lists input, output, sizes, element properties and the surfaces'
//! colour formats. NV12 pictures are grey PNGs with the interleaved chroma rows below the luma,
//! I420 pictures raw packed planes, RGBA pictures RGBA PNGs.

#![allow(dead_code)] // each test binary uses a part

use std::path::{Path, PathBuf};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Entry {
    Run(Box<Run>),
    Same { name: String, same_as: String },
}

#[derive(Deserialize)]
pub struct Run {
    pub name: String,
    pub input: String,
    pub input_format: String,
    pub input_size: [usize; 2],
    pub output_format: String,
    pub output_size: [usize; 2],
    pub properties: String,
    #[serde(default)]
    pub caps: String,
    pub status: String,
    #[serde(default)]
    pub output: String,
    #[serde(default)]
    pub surface_color_formats: Vec<String>,
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/convert")
}

pub fn manifest() -> Vec<Entry> {
    let text = std::fs::read_to_string(data().join("manifest.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The file's bytes; planes packed one after the other.
pub fn load(file: &str) -> Vec<u8> {
    let path = data().join(file);
    if file.ends_with(".i420") {
        return std::fs::read(path).unwrap();
    }
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert!(matches!(
        info.color_type,
        png::ColorType::Rgba | png::ColorType::Grayscale
    ));
    bytes.truncate(info.buffer_size());
    bytes
}

impl Run {
    /// Largest difference and how many bytes per thousand may have it. The methods that sum in
    /// floating point may round an exact half the other way.
    fn tolerance(&self) -> (u8, usize) {
        match self.properties.as_str() {
            "interpolation-method=2" | "interpolation-method=4" => (1, 3),
            "interpolation-method=3" => (1, 1),
            _ => (0, 0),
        }
    }

    /// Whether packed planes are the captured ones, byte for byte.
    pub fn is_exact(&self, found: &[u8]) -> bool {
        load(&self.output) == found
    }

    /// What is wrong with packed planes, if anything.
    pub fn compare(&self, found: &[u8]) -> Option<String> {
        let expected = load(&self.output);
        if found.len() != expected.len() {
            let (found, expected) = (found.len(), expected.len());
            return Some(format!("{}: {found} bytes, not {expected}", self.name));
        }
        let (limit, per_mille) = self.tolerance();
        let differences = found.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b));
        let worst = differences.clone().max().unwrap_or(0);
        let count = differences.filter(|d| *d > 0).count();
        println!(
            "{}: {count} of {} differ, by {worst}",
            self.name,
            found.len()
        );
        (worst > limit || count * 1000 > per_mille * found.len())
            .then(|| format!("{}: {count} differ, by {worst}", self.name))
    }
}
