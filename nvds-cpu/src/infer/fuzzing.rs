//! What the fuzz targets of configurations do with their bytes, and the tests with the fuzz targets' corpus.

use std::path::Path;

use super::model_repo;
use super::nvinfer_config::NvinferConfig;
use super::pbtext::{self, Position};
use super::server_config::ServerConfig;
use super::text;
use super::types::{ConfigError, Note, PreprocessConfig};

const FILE: &str = "/folder/c.txt";

/// The text of a file, or nothing where it is refused before it is parsed; that must have a reason.
fn text_of(bytes: &[u8]) -> Option<String> {
    match text::text(Path::new(FILE), "configuration", bytes.to_vec()) {
        Ok(text) => Some(text),
        Err(error) => {
            assert!(!error.message.is_empty());
            None
        }
    }
}

/// Whether a place is one of the text, or just behind it. Column 0 is the whole line.
fn assert_inside(text: &str, position: Position) {
    // YAML's lines end at carriage returns, too.
    let lines = text.split(['\n', '\r']).count().max(1) as u32;
    assert!((1..=lines + 1).contains(&position.line), "{position}");
    if text.contains('\r') {
        return;
    }
    let columns = text
        .split('\n')
        .nth(position.line as usize - 1)
        .map_or(0, |line| line.chars().count());
    assert!(position.column as usize <= columns + 1, "{position}");
}

/// What must hold of any answer.
fn check(text: &str, error: Option<&ConfigError>, notes: &[Note], read: Option<&PreprocessConfig>) {
    for told in notes.iter().map(|note| &note.text).chain(error) {
        assert!(!told.message.is_empty());
        // A message is read in a terminal, whatever fills the file.
        assert!(told.message.len() < 4000, "{told}");
        if let Some(position) = told.position {
            assert_inside(text, position);
        }
    }
    if let Some(read) = read {
        assert!(read.scale.is_finite());
        assert!(read.offsets.iter().all(|offset| offset.is_finite()));
        assert!(read.offsets.is_empty() || read.offsets.len() >= read.color.channels());
    }
}

/// Protobuf's text format, whatever it describes.
///
/// # Panics
/// When a rule is broken.
pub fn protobuf_text(bytes: &[u8]) {
    let Some(text) = text_of(bytes) else { return };
    if let Err(error) = pbtext::parse(&text) {
        assert_inside(&text, error.position);
    }
}

/// A configuration of nvinferserver.
///
/// # Panics
/// When a rule is broken.
pub fn nvinferserver_config(bytes: &[u8]) {
    let Some(text) = text_of(bytes) else { return };
    match ServerConfig::parse(&text, Path::new(FILE)) {
        Ok(config) => {
            check(&text, None, &config.notes, Some(&config.preprocess));
            assert!(config.max_batch_size > 0);
            assert!(config.model.server.is_some() || !config.model.roots.is_empty());
        }
        Err(error) => check(&text, Some(&error), &[], None),
    }
}

/// A model's `config.pbtxt`.
///
/// # Panics
/// When a rule is broken.
pub fn model_config(bytes: &[u8]) {
    let Some(text) = text_of(bytes) else { return };
    let mut notes = Vec::new();
    let read = model_repo::parse_config(&text, Path::new(FILE), "m", &mut notes);
    check(&text, read.err().as_ref(), &notes, None);
}

/// A configuration of nvinfer.
///
/// # Panics
/// When a rule is broken.
pub fn nvinfer_config(bytes: &[u8]) {
    nvinfer(bytes, Path::new(FILE));
}

/// A configuration of nvinfer in YAML.
///
/// # Panics
/// When a rule is broken.
pub fn nvinfer_yaml(bytes: &[u8]) {
    nvinfer(bytes, Path::new("/folder/c.yml"));
}

fn nvinfer(bytes: &[u8], file: &Path) {
    let Some(text) = text_of(bytes) else { return };
    match NvinferConfig::parse(&text, file) {
        Ok(config) => {
            check(&text, None, &config.notes, Some(&config.preprocess));
            assert!(config.unique_id != Some(0));
            let (classes, attrs) = (config.postprocess.classes, &config.postprocess.class_attrs);
            assert!(attrs.is_empty() || attrs.len() == classes as usize);
            assert!(attrs.iter().all(|of_class| of_class.topk >= -1));
        }
        Err(error) => check(&text, Some(&error), &[], None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the files of a target's corpus to what the target does, whole and cut in the middle.
    fn each(target: &str, check: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        let mut count = 0;
        for file in std::fs::read_dir(corpus.join(target)).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            check(&bytes);
            check(&bytes[..bytes.len() / 2]);
            count += 1;
        }
        assert!(count >= 4, "{target}: {count}");
    }

    #[test]
    fn the_corpus_of_the_fuzz_targets() {
        each("protobuf_text", protobuf_text);
        each("nvinferserver_config", nvinferserver_config);
        each("model_config", model_config);
        each("nvinfer_config", nvinfer_config);
        each("nvinfer_yaml", nvinfer_yaml);
    }
}
