//! Numbers that can only be a mistake, through `rsssdparser`: one warning with the property to set,
//! and none where the numbers are as they should be.

mod common;

use common::*;
use gst::prelude::*;
use nvds::NewLayer;

/// The warnings after three frames of these layers.
fn warnings(properties: &str, layers: &[NewLayer]) -> Vec<String> {
    let mut rig = Rig::new(&format!("rsssdparser {properties}"));
    for _ in 0..3 {
        rig.process(frame_with(&tensor(5, layers.to_vec())));
    }
    let warnings = rig.warnings();
    assert_eq!(rig.stat("doubtful-tensors") > 0, !warnings.is_empty());
    warnings
}

#[track_caller]
fn warns(properties: &str, layers: &[NewLayer], parts: &[&str]) {
    let warnings = warnings(properties, layers);
    assert_eq!(warnings.len(), 1, "{properties}: {warnings:?}");
    for part in parts {
        assert!(
            warnings[0].contains(part),
            "{part:?} is not in {warnings:?}"
        );
    }
}

#[track_caller]
fn is_silent(properties: &str, layers: &[NewLayer]) {
    assert_eq!(warnings(properties, layers), [""; 0], "{properties}");
}

fn scored(scores: &[f32]) -> Vec<NewLayer> {
    let entries: Vec<Entry> = scores
        .iter()
        .enumerate()
        .map(|(i, &score)| (score, 1.0, cell(i)))
        .collect();
    ssd_layers(&entries)
}

#[test]
fn percentages_are_told_and_can_be_read() {
    warns(
        "",
        &scored(&[90.0, 80.0]),
        &["is 90", "score-activation=percent"],
    );
    let mut rig = Rig::new("rsssdparser score-activation=percent");
    let out = rig.process(frame_with(&tensor(5, scored(&[90.0, 80.0, 3.0]))));
    let found: Vec<f32> = objects(&out)[0].iter().map(|o| o.confidence).collect();
    assert_eq!(found, [0.9, 0.8]);
    assert_eq!(rig.warnings(), [""; 0]);
}

#[test]
fn logits_are_told_and_can_be_read() {
    warns("", &scored(&[3.1, -0.2]), &["3.1", "sigmoid"]);
    warns("", &scored(&[0.4, -0.2]), &["-0.2", "sigmoid"]);
    is_silent("score-activation=sigmoid", &scored(&[3.1, -0.2]));
}

/// What TensorRT's EfficientNMS makes of halves.
#[test]
fn negative_scores_are_told() {
    let mut many = vec![-0.9; 40];
    many[0] = -0.1;
    for scores in [&[-0.1, -0.2][..], &many] {
        warns("", &scored(scores), &["EfficientNMS", "-0."]);
        warns("score-threshold=0.05", &scored(scores), &["EfficientNMS"]);
    }
}

#[test]
fn scores_as_they_should_be_are_no_trouble() {
    let crowd: Vec<f32> = (0..100).map(|i| 1.0 - i as f32 / 100.0).collect();
    for properties in [
        "",
        "score-threshold=0",
        "score-threshold=0.01 nms-mode=none",
    ] {
        is_silent(properties, &scored(&crowd));
        // 1 and a rounding, zeros, and what unused entries are filled with.
        is_silent(
            properties,
            &scored(&[1.000_001, 1.0, 0.0, -0.0, -1e-6, -1.0]),
        );
        is_silent(properties, &scored(&[0.0; 40]));
        is_silent(properties, &scored(&[f32::NAN, f32::INFINITY, 0.7]));
    }
}

const ROWS: usize = 3234;
const COLUMNS: usize = 21;

/// Class predictions of as many rows as torchvision's SSDlite has anchors.
fn predictions(of: impl Fn(usize, usize) -> f32) -> Vec<NewLayer> {
    let scores: Vec<f32> = (0..ROWS * COLUMNS)
        .map(|i| of(i / COLUMNS, i % COLUMNS))
        .collect();
    vec![
        layer("boxes_enc", &[ROWS, 4], &vec![0.0; 4 * ROWS]),
        layer("cls", &[ROWS, COLUMNS], &scores),
    ]
}

fn raw(properties: &str) -> String {
    format!("anchors=torchvision-ssdlite320 {properties}")
}

/// The parts of one that a row's class predictions are after a softmax.
fn part(row: usize, column: usize) -> f32 {
    let object = row % 500 == 7;
    match (object, column) {
        (false, 0) | (true, 3) => 0.8,
        _ => 0.01,
    }
}

#[test]
fn scores_that_are_activated_twice_are_told() {
    let softmaxed = predictions(part);
    let parts = &["score-activation=none", "add up to 1"][..];
    warns(&raw(""), &softmaxed, parts);
    warns(
        &raw("score-activation=softmax background-class=0"),
        &softmaxed,
        parts,
    );
    let sigmoids = predictions(|row, column| if column == row % 400 { 0.9 } else { 0.02 });
    warns(&raw(""), &sigmoids, &["score-activation=none"]);
    is_silent(&raw("score-activation=none"), &sigmoids);
    is_silent(&raw("score-activation=none background-class=0"), &softmaxed);
}

#[test]
fn a_background_that_is_not_named_is_told() {
    // The background's logit is 6, but for some rows with an object.
    let logits = predictions(|row, column| match (row % 500 == 7, column) {
        (false, 0) | (true, 3) => 6.0,
        _ => 0.0,
    });
    for properties in [
        "score-activation=softmax",
        "score-activation=softmax score-threshold=0.9",
    ] {
        warns(&raw(properties), &logits, &["background-class=0"]);
    }
    is_silent(&raw("score-activation=softmax background-class=0"), &logits);
    is_silent(
        &raw("score-activation=softmax background-class=-1"),
        &logits,
    );
    // The same after the network's own softmax, or of independent logits.
    warns(
        &raw("score-activation=none"),
        &predictions(part),
        &["background-class=0"],
    );
    let sigmoids = predictions(|_, column| if column == 0 { 3.0 } else { -5.0 });
    warns(&raw(""), &sigmoids, &["background-class=0"]);
}

#[test]
fn logits_without_an_activation_are_told() {
    let logits = predictions(|row, column| {
        if column == 3 && row % 500 == 7 {
            9.0
        } else {
            -6.0
        }
    });
    warns(
        &raw("score-activation=none"),
        &logits,
        &["score-activation=sigmoid"],
    );
    is_silent(&raw(""), &logits);
}

/// A low threshold lets much through, and in a crowd many boxes are found.
#[test]
fn low_thresholds_and_crowds_are_no_trouble() {
    let weak = predictions(|row, column| -4.0 + ((row * 7 + column * 3) % 40) as f32 / 10.0);
    is_silent(&raw("score-threshold=0.001 top-k=100"), &weak);
    let crowd = predictions(|row, column| match column == 1 + row % 5 && row % 3 == 0 {
        true => 4.0,
        false => -4.0,
    });
    is_silent(&raw("top-k=100"), &crowd);
    is_silent(&raw("top-k=100 score-threshold=0.01"), &crowd);
    let softmax = predictions(|row, column| match (row % 3, column) {
        (0, column) if column == 1 + row % 5 => 5.0,
        (_, 0) => 2.0,
        _ => -3.0,
    });
    is_silent(
        &raw("score-activation=softmax background-class=0 score-threshold=0.01 top-k=100"),
        &softmax,
    );
}

/// Suppressing so many kept the stream from going on, and from being stopped.
#[test]
fn more_boxes_than_any_frame_has_are_told_and_cut() {
    let crowd = predictions(|row, column| if column == 1 + row % 5 { 4.0 } else { 3.0 });
    let mut rig = Rig::new(&format!("rsssdparser {}", raw("")));
    for _ in 0..2 {
        rig.process(frame_with(&tensor(5, crowd.clone())));
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("the best 8192 are looked at"),
        "{warnings:?}"
    );
    let stats: gst::Structure = rig.element.property("stats");
    let warnings: gst::Structure = stats.get("warnings").unwrap();
    assert_eq!(warnings.get::<u64>("crowd").unwrap(), 2);
    assert!(rig.stat("dropped-top-k") > 0);
}

#[test]
fn stated_units_that_leave_nothing_are_told() {
    let pixels: Vec<Entry> = vec![(0.9, 1.0, [60.0, 30.0, 150.0, 90.0])];
    let parts = ["box-units says", "box-units=pixels"];
    warns("box-units=normalised", &ssd_layers(&pixels), &parts);
    let normalised: Vec<Entry> = vec![(0.9, 1.0, [0.2, 0.1, 0.5, 0.3])];
    let parts = ["box-units says", "box-units=normalised"];
    let small = "box-units=pixels min-width=16 min-height=16";
    warns(small, &ssd_layers(&normalised), &parts);
    // Who states them knows better as long as something is left.
    is_silent("box-units=pixels", &ssd_layers(&normalised));
    let mut mixed = pixels;
    mixed.extend(normalised);
    is_silent("box-units=normalised", &ssd_layers(&mixed));
}

/// Their boxes vanished, and only `stats` told.
#[test]
fn classes_without_a_line_in_the_labels_file_are_told_once() {
    let entries = [(0.9, 1.0, cell(0)), (0.8, 2.0, cell(1))];
    let told = |text: &str, properties: &str| {
        let labels = TempFile::new(
            &format!("unlisted-{}-{}", text.len(), properties.len()),
            text,
        );
        let mut rig = Rig::new(&format!(
            "rsssdparser labels-file={} {properties}",
            labels.path()
        ));
        for _ in 0..3 {
            rig.process(frame_with(&ssd(5, &entries)));
        }
        rig.warnings()
    };
    let one = |text: &str, properties: &str, parts: &[&str]| {
        let warnings = told(text, properties);
        assert_eq!(warnings.len(), 1, "{text:?}: {warnings:?}");
        for part in parts {
            assert!(
                warnings[0].contains(part),
                "{part:?} is not in {warnings:?}"
            );
        }
    };
    one(
        "background\n",
        "",
        &["class 1 has no line in labels-file, which has 1"],
    );
    one(
        "background\nperson",
        "",
        &["class 2 has no line", "which has 2"],
    );
    one(
        "bg,person,car\n",
        "",
        &["class 1 has no line", "one line for each class"],
    );
    one(
        "a\nb\nc",
        "label-offset=1",
        &["class 2 with label-offset=1", "which has 3"],
    );
    assert_eq!(told("background\nperson\ncar", ""), [""; 0]);
    // Who limits the classes has said so, and scores of no interest need no label.
    assert_eq!(told("background\nperson\ncar", "num-classes=2"), [""; 0]);
    assert_eq!(told("background\nperson", "score-threshold=0.85"), [""; 0]);
}

/// A network with a score for each class tells all of them.
#[test]
fn columns_without_a_line_in_the_labels_file_are_told() {
    let labels = TempFile::new("columns", "background\nperson\n");
    let mut rig = Rig::new(&format!(
        "rsssdparser format=pytorch-ssd labels-file={}",
        labels.path()
    ));
    let layers = vec![
        layer("boxes", &[2, 4], &[0.1, 0.1, 0.3, 0.3, 0.5, 0.5, 0.7, 0.7]),
        layer("scores", &[2, 3], &[0.1, 0.8, 0.1, 0.2, 0.1, 0.7]),
    ];
    let out = rig.process(frame_with(&tensor(5, layers)));
    assert_eq!(objects(&out)[0].len(), 1);
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("class 2 has no line"), "{warnings:?}");
}
