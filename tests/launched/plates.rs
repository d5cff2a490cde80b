//! pipelines/plates.txt: one network finds number plates on a drawn picture, a second one reads them.

use super::{Scratch, assert_no_leaks, assert_no_warnings, launch, pipeline, text};

/// The plates of pipelines/config/cars.svg: text and rectangle in pixels. The network leaves out the left end of a plate.
const PLATES: [(&str, [f64; 4]); 2] = [
    ("A8C2K6", [165.0, 388.0, 140.0, 44.0]),
    ("X77BD1", [660.0, 336.0, 120.0, 38.0]),
];
const TOLERANCE: f64 = 25.0;

#[test]
fn two_networks_find_and_read_number_plates() {
    let scratch = Scratch::new("plates");
    let json = scratch.file("plates.jsonl");
    let film = scratch.file("plates.mp4");
    let recorder = format!(
        "! rsmetajson location={json} fields=objects+classifiers+key-points\n! rsosdannotate"
    );
    let output = launch(&pipeline(
        "plates.txt",
        &[
            ("num-buffers=50", "num-buffers=3"),
            ("! rsosdannotate", &recorder),
            ("out/plates.mp4", &film),
        ],
    ));
    assert!(output.status.success(), "{}", text(&output));
    assert_no_warnings(&output);
    assert_no_leaks(&output);
    let lines = std::fs::read_to_string(json).unwrap();
    assert_eq!(lines.lines().count(), 3);
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let objects = line["objects"].as_array().unwrap();
        assert_eq!(objects.len(), PLATES.len(), "{line}");
        for (read, place) in PLATES {
            let object = objects
                .iter()
                .find(|object| object["classifiers"][0]["labels"][0]["label"] == read)
                .unwrap_or_else(|| panic!("nobody read {read}: {line}"));
            assert_plate(object, place);
        }
    }
}

/// The object is a plate there, with a corner at each of the rectangle's.
fn assert_plate(object: &serde_json::Value, [left, top, width, height]: [f64; 4]) {
    assert_eq!(object["label"], "plate");
    assert_eq!(object["classifiers"][0]["type"], "plate");
    assert_eq!(object["classifiers"][0]["unique_component_id"], 10);
    let near = |found: &serde_json::Value, wanted: f64| {
        let found = found.as_f64().unwrap();
        assert!((found - wanted).abs() < TOLERANCE, "{object}");
    };
    for (side, wanted) in [left, top, width, height].into_iter().enumerate() {
        near(&object["rect"][side], wanted);
    }
    // From the lower right on, clockwise.
    let (right, bottom) = (left + width, top + height);
    let corners = [(right, bottom), (left, bottom), (left, top), (right, top)];
    for (corner, (x, y)) in corners.into_iter().enumerate() {
        near(&object["key_points"][corner][0], x);
        near(&object["key_points"][corner][1], y);
    }
}
