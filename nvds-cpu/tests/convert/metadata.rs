//! Metadata behind nvvideoconvert, on NVIDIA's metadata library.
//!
//! `data/convert/metadata/*.after.jsonl` is what the real element (9.0.2, discrete GPU) made of `before.jsonl`, and
//! `probed.json` what pad probes recorded in an earlier round.

use nvds::Batch;
use serde::Deserialize;

use crate::convert_case::{self, Conversion, Frame, pipeline};
use crate::fidelity::{self, Count};
use crate::support::{attach, play, read_data};
use crate::surface_layout;

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

/// What was captured, as the loaded library's release has it.
fn here(captured: String) -> String {
    if surface_layout::has(surface_layout::CIRCLE_WIDTH) {
        return captured;
    }
    let mut frames = convert_case::read(&captured).unwrap();
    for display in frames.iter_mut().flat_map(|frame| &mut frame.displays) {
        for [_, _, _, width] in &mut display.circles {
            *width = 0;
        }
    }
    convert_case::write(&frames).unwrap()
}

#[test]
fn captured_metadata_moves_to_the_same_places() {
    for (name, arguments) in CASES {
        let found = pipeline::convert(&conversion(arguments), &before()).unwrap();
        let expected = here(data(&format!("{name}.after.jsonl")));
        // As text: order, digits and all.
        assert_eq!(convert_case::write(&found).unwrap(), expected, "{name}");
    }
    fidelity::record(
        "nvvideoconvert",
        "metadata of every kind",
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

#[derive(Deserialize)]
struct MetadataRuns {
    runs: Vec<MetadataRun>,
}

#[derive(Deserialize)]
struct MetadataRun {
    name: String,
    pipeline: String,
    sink: Captured,
    src: Captured,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Captured {
    caps: String,
    object: CapturedRect,
    text: [u32; 3],
    display_text: String,
    rect: CapturedRect,
    line: [u32; 2],
    source: [u32; 2],
}

#[derive(Deserialize, Debug, PartialEq, Clone, Copy)]
struct CapturedRect {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    border_width: u32,
}

impl From<nvds::RectParams> for CapturedRect {
    fn from(params: nvds::RectParams) -> Self {
        let rect = params.rect;
        Self {
            left: rect.left,
            top: rect.top,
            width: rect.width,
            height: rect.height,
            border_width: params.style.border_width,
        }
    }
}

fn metadata_of(buffer: &gst::BufferRef, caps: &gst::Caps) -> Captured {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let object = frame.objects().next().unwrap();
    let display = frame.displays().next().unwrap();
    let line = display.lines().next().unwrap();
    let text = object.text();
    Captured {
        caps: caps.to_string(),
        object: object.rect_params().into(),
        text: [text.x_offset(), text.y_offset(), text.font_size()],
        display_text: text.display_text().unwrap().to_str().unwrap().to_owned(),
        rect: display.rects().next().unwrap().into(),
        line: [line.from.0, line.from.1],
        source: [frame.source_frame_width(), frame.source_frame_height()],
    }
}

#[test]
fn metadata_moves_as_captured() {
    let runs: MetadataRuns = read_data("metadata/probed.json");
    assert_eq!(runs.runs.len(), 8);
    for run in runs.runs {
        let (buffers, caps) = play(&run.pipeline, |buffer| attach(buffer.make_mut(), 1))
            .unwrap_or_else(|error| panic!("{}: {error}", run.name));
        let expected: gst::Caps = run.src.caps.parse().unwrap();
        assert_eq!(caps, expected, "{}", run.name);
        let found = metadata_of(&buffers[0], &expected);
        assert_eq!(
            found,
            Captured {
                caps: expected.to_string(),
                ..run.src
            },
            "{}",
            run.name
        );
        // The capture's own input was what is attached here.
        assert_eq!(run.sink.text, [40, 20, 10], "{}", run.name);
    }
    fidelity::record("nvvideoconvert", "metadata", Count::exact(8));
}
