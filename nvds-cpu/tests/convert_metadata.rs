//! Metadata behind nvvideoconvert, on NVIDIA's metadata library.
//!
//! `data/convert/metadata/*.after.jsonl` is what the real element (9.0.2, discrete GPU) made of `before.jsonl`, and
//! `probed.json` what pad probes recorded in an earlier round.

mod convert_case;
mod fidelity;

use convert_case::{Conversion, Frame, pipeline};
use fidelity::Count;

/// Capture and what the element was asked for.
const CASES: &[(&str, &str)] = &[
    ("scale-up", "--from 768x576 --to 1280x720"),
    ("scale-half", "--from 768x576 --to 384x288"),
    ("scale-wide", "--from 768x576 --to 1536x576"),
    ("flip1", "--from 768x576 --to 576x768 --flip-method 1"),
    ("flip2", "--from 768x576 --to 768x576 --flip-method 2"),
    ("flip4", "--from 768x576 --to 768x576 --flip-method 4"),
    ("flip6", "--from 768x576 --to 768x576 --flip-method 6"),
    ("flip7", "--from 768x576 --to 576x768 --flip-method 7"),
    (
        "flip1-scale",
        "--from 768x576 --to 720x1280 --flip-method 1",
    ),
    (
        "flip2-scale",
        "--from 768x576 --to 1280x720 --flip-method 2",
    ),
    (
        "src-crop",
        "--from 768x576 --to 400x300 --src-crop 120:90:400:300",
    ),
    (
        "dest-crop",
        "--from 768x576 --to 768x576 --dest-crop 100:60:384:288",
    ),
];

fn data(file: &str) -> String {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/convert/metadata");
    std::fs::read_to_string(folder.join(file)).unwrap()
}

fn conversion(arguments: &str) -> Conversion {
    let (conversion, rest) = Conversion::parse(arguments.split(' ').map(str::to_owned)).unwrap();
    assert_eq!(rest, [] as [&str; 0]);
    conversion
}

fn before() -> Vec<Frame> {
    convert_case::read(&data("before.jsonl")).unwrap()
}

#[test]
fn captured_metadata_moves_to_the_same_places() {
    for (name, arguments) in CASES {
        let found = pipeline::convert(&conversion(arguments), &before()).unwrap();
        let expected = data(&format!("{name}.after.jsonl"));
        // As text: order, digits and all.
        assert_eq!(convert_case::write(&found).unwrap(), expected, "{name}");
    }
    fidelity::record(
        "nvvideoconvert",
        "metadata of whole lines",
        Count::exact(CASES.len()),
    );
}

#[test]
fn a_text_left_of_a_scaled_crop_wraps_as_captured() {
    let arguments = "--from 768x576 --to 768x576 --src-crop 120:90:400:300";
    let found = pipeline::convert(&conversion(arguments), &before()).unwrap();
    let offsets: Vec<_> = found[0].objects.iter().map(|o| o.text.at).collect();
    assert_eq!(offsets, [[19, 3_951_369_728], [408, 679]]);
}

#[test]
fn wrong_arguments_and_lines_are_errors_that_name_them() {
    for (arguments, word) in [
        ("--from 768x576", "--to WxH is missing"),
        ("--from 768 --to 1x1", "not \"768\""),
        ("--from 0x5 --to 1x1", "not \"0x5\""),
        ("--from 1x1 --to", "--to needs a value"),
        ("--turn 3", "unknown option --turn"),
    ] {
        let error = Conversion::parse(arguments.split(' ').map(str::to_owned)).unwrap_err();
        assert!(error.contains(word), "{arguments}: {error}");
    }
    assert!(convert_case::read("\n{}").unwrap_err().contains("line 2"));
    let out_of_range = conversion("--from 768x576 --to 768x576 --src-crop 700:0:100:100");
    let error = pipeline::convert(&out_of_range, &before()).unwrap_err();
    assert!(error.contains("src-crop 700:0:100:100"), "{error}");
    let flip = conversion("--from 768x576 --to 768x576 --flip-method 9");
    let error = pipeline::convert(&flip, &before()).unwrap_err();
    assert!(error.contains("flip-method"), "{error}");
}
