//! The inputs of the fuzz targets that read files for the elements: `make fuzz` goes on from them.

use std::path::Path;

use gstrsnvds::fuzzing;

/// Gives the files of a target's corpus to what the target does.
fn each(target: &str, check: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut count = 0;
    for file in std::fs::read_dir(corpus.join(target)).unwrap() {
        check(&std::fs::read(file.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= 10, "{target}: {count}");
}

#[test]
fn styles() {
    gst::init().unwrap();
    each("style", fuzzing::style);
}

#[test]
fn recordings() {
    each("recording", fuzzing::recording);
}

/// Cut and changed at every byte.
#[test]
fn damaged_recordings() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/recordings/ssdlite_pedestrian/000000.safetensors");
    let whole = std::fs::read(file).unwrap();
    for at in 0..whole.len().min(3000) {
        fuzzing::recording(&whole[..at]);
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        fuzzing::recording(&changed);
    }
}
