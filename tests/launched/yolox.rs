//! pipelines/yolox.txt: a real YOLOX finds the characters of the clock that nvdsosd draws.

use super::{Scratch, assert_no_leaks, assert_no_warnings, launch, pipeline, text};

/// Upper left corner of the clock in pixels, as the line has it, and more than its letters are high.
const CLOCK: (f64, f64) = (40.0, 150.0);
const HEIGHT: f64 = 60.0;

#[test]
fn a_real_yolox_finds_the_characters_of_a_clock() {
    let scratch = Scratch::new("yolox");
    let json = scratch.file("yolox.jsonl");
    let film = scratch.file("yolox.mp4");
    let recorder = format!("! rsmetajson location={json} fields=objects\n! rsosdannotate");
    let output = launch(&pipeline(
        "yolox.txt",
        &[
            ("num-buffers=50", "num-buffers=3"),
            ("! rsosdannotate", &recorder),
            ("out/yolox.mp4", &film),
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
        // 14 digits; hyphens and colons are too small, and which digits are missed depends on the time.
        assert!((10..=19).contains(&objects.len()), "{line}");
        for object in objects {
            assert_eq!(object["label"], "character");
            let [left, top, width, height] =
                [0, 1, 2, 3].map(|side: usize| object["rect"][side].as_f64().unwrap());
            let below = top >= CLOCK.1 - 10.0 && top + height <= CLOCK.1 + HEIGHT;
            assert!(
                below && left >= CLOCK.0 - 10.0 && width < HEIGHT,
                "{object}"
            );
        }
    }
}
