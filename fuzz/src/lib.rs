//! What the fuzz targets do with their bytes: for the decoders the same as the property tests of `nvds-decode`, which
//! state what must hold for any frame; for configurations of the stand-ins, that what is wrong has a place in the text.

#[path = "../../nvds-decode/tests/scenario/mod.rs"]
mod scenario;

#[allow(dead_code)] // one of its enums is used
#[path = "../../nvds-cpu/src/convert/mod.rs"]
mod convert;
#[allow(dead_code)] // other readers use the rest
mod infer;

use std::path::Path;

use infer::pbtext::{self, Position};
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

/// A configuration of nvinferserver: the text against the table of its keys.
pub fn nvinferserver_config(bytes: &[u8]) {
    let Some(message) = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| pbtext::parse(text).ok())
    else {
        return;
    };
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let mut notes = Vec::new();
    let checked = infer::schema::check(
        Path::new("/c.txt"),
        &message,
        infer::NVINFERSERVER,
        "",
        &mut notes,
    );
    let faults = notes.iter().map(|note| &note.text);
    for fault in faults.chain(checked.err().iter()) {
        if let Some(position) = fault.position {
            assert_inside(text, position);
        }
    }
}
