//! What must hold for any input of any layout.

#[allow(dead_code)] // its numbers are read, its targets are not called
#[path = "../../fuzz/src/attributes.rs"]
mod attributes;
#[path = "../../fuzz/src/maps.rs"]
mod maps;
mod scenario;

use std::path::Path;

use nvds_decode::families::{by_name, decoders};
use nvds_decode::{Anchors, BoxForm, detr, faces};
use proptest::collection::vec;
use proptest::prelude::*;
use scenario::{Bytes, Scenario};

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 1000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_layers(bytes in vec(any::<u8>(), 0..1500)) {
        Scenario::any(&mut Bytes(&bytes)).check();
    }

    #[test]
    fn any_numbers_in_layers_that_fit(
        decoder in 0..decoders().count(),
        bytes in vec(any::<u8>(), 0..3000),
    ) {
        Scenario::of(&mut Bytes(&bytes), decoders().nth(decoder).unwrap()).check();
    }

    #[test]
    fn any_numbers_in_queries(
        decoder in 0..detr::FAMILY.decoders.len(),
        bytes in vec(any::<u8>(), 0..3000),
    ) {
        Scenario::of(&mut Bytes(&bytes), detr::FAMILY.decoders[decoder]).check();
    }

    #[test]
    fn any_numbers_of_faces(
        decoder in 0..faces::FAMILY.decoders.len(),
        bytes in vec(any::<u8>(), 0..3000),
    ) {
        Scenario::of(&mut Bytes(&bytes), faces::FAMILY.decoders[decoder]).check();
    }

    #[test]
    fn any_numbers_of_turned_boxes(
        decoder in 0..2usize,
        bytes in vec(any::<u8>(), 0..3000),
    ) {
        let decoder = decoders().filter(|own| scenario::is_turned(own)).nth(decoder).unwrap();
        Scenario::of(&mut Bytes(&bytes), decoder).check();
    }

    #[test]
    fn any_file_of_anchors(bytes in vec(any::<u8>(), 0..300)) {
        let _ = Anchors::from_bytes(&bytes, BoxForm::Yxyx, None);
        let mut npy = b"\x93NUMPY\x01\x00".to_vec();
        npy.extend(&bytes);
        let _ = Anchors::from_bytes(&npy, BoxForm::Xywh, Some("anchors"));
        let mut archive = b"PK\x03\x04".to_vec();
        archive.extend(&bytes);
        let _ = Anchors::from_bytes(&archive, BoxForm::Xywh, None);
        let text: String = bytes.iter().map(|byte| char::from(b"0123 -.e,\n"[usize::from(byte % 10)])).collect();
        let _ = Anchors::from_bytes(text.as_bytes(), BoxForm::Xywh, None);
    }
}

/// The inputs that fuzzing found to be of different kinds.
#[test]
fn the_corpus_of_the_fuzz_targets() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let mut frames = 0;
    for folder in std::fs::read_dir(corpus).unwrap() {
        let folder = folder.unwrap();
        let target = folder.file_name().into_string().unwrap().replace('_', "-");
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            match (by_name(&target), &target[..]) {
                (Some(decoder), _) => Scenario::of(&mut Bytes(&bytes), decoder).check(),
                (None, "any-layers") => Scenario::any(&mut Bytes(&bytes)).check(),
                (None, "anchors-file") => {
                    let _ = Anchors::from_bytes(&bytes, BoxForm::Yxyx, None);
                }
                (None, "segments") => maps::segments(&bytes),
                (None, "poses") => maps::poses(&bytes),
                (None, "prototypes") => maps::prototypes(&bytes),
                (None, _) => continue, // of another crate's target
            }
            frames += 1;
        }
    }
    assert!(frames > 100);
}
