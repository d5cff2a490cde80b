//! What the fuzz targets do with their bytes: for the decoders the same as the property tests of `nvds-decode`, which
//! state what must hold for any frame; for configurations of the stand-ins, that what is wrong has a place in the text.

#[path = "../../nvds-decode/tests/scenario/mod.rs"]
mod scenario;

use std::path::Path;

use gstnvdscpu::infer::nvinfer_config::NvinferConfig;
use gstnvdscpu::infer::pbtext::{self, Position};
use gstnvdscpu::infer::server_config::ServerConfig;
use nvds_decode::{AnchorForm, Anchors, decoders};
use scenario::{Bytes, Scenario};

/// Layers of any names, types and dimensions.
pub fn any_layers(bytes: &[u8]) {
    Scenario::any(&mut Bytes(bytes)).check();
}

/// Layers that fit a decoder, with any numbers in them.
pub fn layout(decoder: &str, bytes: &[u8]) {
    let decoder = decoders::by_name(decoder).expect("the target's name is a decoder's");
    Scenario::of(&mut Bytes(bytes), decoder).check();
}

/// A file of anchors.
pub fn anchors_file(bytes: &[u8]) {
    for tensor in [None, Some("anchors")] {
        if let Ok(anchors) = Anchors::from_bytes(bytes, AnchorForm::Yxyx, tensor) {
            assert!(!anchors.is_empty());
            assert!(
                anchors
                    .boxes()
                    .iter()
                    .flatten()
                    .all(|side| side.is_finite())
            );
        }
    }
}

/// Whether a place is one of the text, or just behind it. Column 0 is the whole line.
fn assert_inside(text: &str, position: Position) {
    let lines = text.split('\n').count().max(1) as u32;
    assert!((1..=lines + 1).contains(&position.line), "{position}");
    let columns = text
        .split('\n')
        .nth(position.line as usize - 1)
        .map_or(0, |line| line.chars().count());
    assert!(position.column as usize <= columns + 1, "{position}");
}

/// Protobuf's text format, whatever it describes.
pub fn protobuf_text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Err(error) = pbtext::parse(text) {
        assert_inside(text, error.position);
    }
}

/// A configuration of nvinferserver.
pub fn nvinferserver_config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match ServerConfig::parse(text, Path::new("/c.txt")) {
        Ok(config) => assert!(!config.roots.is_empty() && config.max_batch_size > 0),
        Err(error) => {
            if let Some(position) = error.position {
                assert_inside(text, position);
            }
        }
    }
}

/// A configuration of nvinfer.
pub fn nvinfer_config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match NvinferConfig::parse(text, Path::new("/c.txt")) {
        Ok(config) => assert_ne!(config.unique_id, Some(0)),
        Err(error) => {
            if let Some(position) = error.position {
                assert_inside(text, position);
            }
        }
    }
}
