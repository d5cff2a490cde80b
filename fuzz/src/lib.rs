//! What the fuzz targets do with their bytes: for the decoders the same as the property tests of `nvds-decode`, which
//! state what must hold for any frame; for configurations of the stand-ins, that what is wrong has a place in the text.

pub mod attributes;
pub mod maps;
#[path = "../../nvds-decode/tests/scenario/mod.rs"]
mod scenario;

#[allow(dead_code, unused_imports)] // one of its enums is used
#[path = "../../nvds-cpu/src/convert/mod.rs"]
mod convert;
#[allow(dead_code)] // the elements use the rest
mod infer;

pub use infer::fuzzing::{
    model_config, nvinfer_config, nvinfer_yaml, nvinferserver_config, protobuf_text,
};
use nvds_decode::{Anchors, BoxForm, families};
use scenario::{Bytes, Scenario};

/// Layers of any names, types and dimensions.
pub fn any_layers(bytes: &[u8]) {
    Scenario::any(&mut Bytes(bytes)).check();
}

/// Layers that fit a decoder, with any numbers in them.
pub fn layout(decoder: &str, bytes: &[u8]) {
    let decoder = families::by_name(decoder).expect("the target's name is a decoder's");
    Scenario::of(&mut Bytes(bytes), decoder).check();
}

/// A file of anchors.
pub fn anchors_file(bytes: &[u8]) {
    for tensor in [None, Some("anchors")] {
        if let Ok(anchors) = Anchors::from_bytes(bytes, BoxForm::Yxyx, tensor) {
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
