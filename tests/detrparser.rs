//! DETRs through `rsdetrparser` on NVIDIA's metadata library.

mod common;
mod heads;
mod pages;

use common::*;
use gst::prelude::*;
use heads::*;
use nvds::{NetworkInfo, NewLayer, NewTensorMeta, Producer};
use nvds_decode::Format;
use nvds_decode::detr::FAMILY;

/// Queries of the networks.
const QUERIES: usize = 100;

fn tensors(layers: Vec<NewLayer>) -> NewTensorMeta {
    let network = NetworkInfo {
        width: SIDE as u32,
        height: SIDE as u32,
        channels: 3,
    };
    NewTensorMeta::new(5, network, Producer::NvInfer, layers).unwrap()
}

fn found(buffer: &gst::BufferRef) -> Vec<(i32, u32, [i32; 4])> {
    let mut found: Vec<_> = objects(buffer)[0]
        .iter()
        .map(|object| {
            let score = (100.0 * object.confidence).round() as u32;
            let rect = object.rect.map(|side| side.round() as i32);
            (object.class_id, score, rect)
        })
        .collect();
    found.sort_unstable();
    found
}

fn both() -> Vec<(i32, u32, [i32; 4])> {
    vec![(2, 90, RECTS[0]), (7, 60, RECTS[1])]
}

#[track_caller]
fn finds(properties: &str, layers: Vec<NewLayer>, expected: &[(i32, u32, [i32; 4])]) {
    let mut rig = Rig::new(&format!("rsdetrparser {properties}"));
    let pushed = rig.push(frame_with(&tensors(layers)));
    assert!(pushed.is_ok(), "{properties}: {}", rig.error());
    let out = rig.harness.pull().unwrap();
    assert_eq!(found(&out), expected, "{properties}");
    assert_eq!(rig.warnings(), [""; 0], "{properties}");
}

#[track_caller]
fn refused(properties: &str, layers: Vec<NewLayer>) -> String {
    let mut rig = Rig::new(&format!("rsdetrparser {properties}"));
    assert!(
        rig.push(frame_with(&tensors(layers))).is_err(),
        "{properties}"
    );
    rig.error()
}

/// Centre and size of an object, 0 to 1.
fn place(index: usize) -> [f32; 4] {
    centred(BOXES[index]).map(|side| side / SIDE as f32)
}

fn logit(score: f32) -> f32 {
    (score / (1.0 - score)).ln()
}

/// Boxes and predictions by these names. Queries 10 and 11 see the objects; `rest` are the columns of
/// a query that sees none.
fn pair(boxes: &str, scores: &str, columns: usize, rest: &[f32], softmax: bool) -> Vec<NewLayer> {
    let mut sides = vec![0.5; 4 * QUERIES];
    let mut numbers = rest.repeat(QUERIES);
    assert_eq!(numbers.len(), columns * QUERIES);
    for index in 0..2 {
        let query = 10 + index;
        sides[4 * query..4 * query + 4].copy_from_slice(&place(index));
        let row = &mut numbers[columns * query..columns * (query + 1)];
        match softmax {
            // The others share what is left.
            true => {
                let left = (1.0 - SCORES[index]) / (columns - 1) as f32;
                row.fill(left.ln());
                row[CLASSES[index]] = SCORES[index].ln();
            }
            false => {
                row.fill(-9.0);
                row[CLASSES[index]] = logit(SCORES[index]);
            }
        }
    }
    vec![
        layer(scores, &[QUERIES, columns], &numbers),
        layer(boxes, &[QUERIES, 4], &sides),
    ]
}

fn sigmoid(boxes: &str, scores: &str, columns: usize) -> Vec<NewLayer> {
    pair(boxes, scores, columns, &vec![-9.0; columns], false)
}

/// The layers of a network with outputs of this format.
fn detr(format: Format) -> Vec<NewLayer> {
    let table = |columns: usize, row: &dyn Fn(usize) -> Vec<f32>| {
        let mut values = vec![0.0; QUERIES * columns];
        for index in 0..2 {
            let first = (10 + index) * columns;
            values[first..first + columns].copy_from_slice(&row(index));
        }
        vec![layer("output0", &[QUERIES, columns], &values)]
    };
    match format {
        Format::Rtdetr => sigmoid("pred_boxes", "pred_logits", CLASS_COUNT),
        Format::Rfdetr => sigmoid("dets", "labels", CLASS_COUNT + 1),
        Format::Detr => {
            let mut rest = [-9.0; CLASS_COUNT + 1];
            rest[CLASS_COUNT] = 9.0;
            pair("pred_boxes", "logits", CLASS_COUNT + 1, &rest, true)
        }
        Format::RtdetrUltralytics => table(6, &|i| {
            [&place(i)[..], &[SCORES[i], CLASSES[i] as f32]].concat()
        }),
        Format::RtdetrUltralyticsOld => table(4 + CLASS_COUNT, &|i| {
            let mut scores = [0.0; CLASS_COUNT];
            scores[CLASSES[i]] = SCORES[i];
            [&place(i)[..], &scores].concat()
        }),
        other => panic!("{} is no DETR's", other.name()),
    }
}

#[test]
fn every_preset_reads_its_layout() {
    for preset in FAMILY.presets {
        let properties = format!("format={}", preset.name);
        finds(&properties, detr(preset.format), &both());
    }
}

#[test]
fn labels_say_which_it_is() {
    let file = labels(CLASS_COUNT);
    let properties = format!("labels-file={}", file.path());
    for decoder in FAMILY.decoders {
        finds(&properties, detr(decoder.format), &both());
    }
    let properties = format!("num-classes={CLASS_COUNT}");
    finds(&properties, detr(Format::Detr), &both());
    // These names are RF-DETR's, whatever the number.
    finds("", detr(Format::Rfdetr), &both());
}

#[test]
fn exports_of_the_networks_own_repositories() {
    let boxes: Vec<f32> = BOXES.concat();
    let layers = vec![
        layer("labels", &[2], &[2.0, 7.0]),
        layer("boxes", &[2, 4], &boxes),
        layer("scores", &[2], &SCORES),
    ];
    finds("", layers, &both());
    let boxes: Vec<f32> = boxes.iter().map(|side| side / SIDE as f32).collect();
    let layers = || {
        vec![
            layer("labels", &[2], &[2.0, 7.0]),
            layer("boxes", &[2, 4], &boxes),
            layer("scores", &[2], &SCORES),
        ]
    };
    // The second input was ones.
    finds("box-units=normalised", layers(), &both());
    let mut rig = Rig::new("rsdetrparser");
    rig.process(frame_with(&tensors(layers())));
    let warnings = rig.warnings();
    assert!(warnings[0].contains("box-units=normalised"), "{warnings:?}");
}

#[test]
fn two_readings_are_refused_with_both_names() {
    let error = refused("", detr(Format::Rtdetr));
    for part in [
        "not those of a DETR",
        "format=rtdetr (",
        "format=detr (",
        "labels-file",
        "pred_logits FLOAT [100, 10]",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    // The activation tells as well.
    finds("score-activation=sigmoid", detr(Format::Rtdetr), &both());
    finds("score-activation=softmax", detr(Format::Detr), &both());
}

#[test]
fn what_is_missing_is_named() {
    let only = vec![layer("pred_logits", &[10, 2], &[0.0; 20])];
    let error = refused("unique-id=5", only);
    for part in ["pred_boxes is missing", "Set boxes-layer if"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let named = sigmoid("head_boxes", "head_logits", CLASS_COUNT);
    let properties = "format=rtdetr boxes-layer=head_boxes scores-layer=head_logits";
    finds(properties, named, &both());
    let error = start_error("rsdetrparser format=yolov8");
    assert!(
        error.contains("\"yolov8\" is one of rsyoloparser"),
        "{error}"
    );
    let error = start_error("rsdetrparser format=rtdert");
    assert!(error.contains("did you mean \"rtdetr\"?"), "{error}");
}

#[test]
fn a_class_stands_for_no_object() {
    // All queries but two are sure of class 0.
    let mut rest = [-9.0; CLASS_COUNT];
    rest[0] = 5.0;
    let layers = || pair("pred_boxes", "pred_logits", CLASS_COUNT, &rest, false);
    finds("format=rtdetr background-class=0", layers(), &both());
    finds("format=tao-detr", layers(), &both());
    let mut rig = Rig::new("rsdetrparser format=tao-detr background-class=-1");
    let out = rig.process(frame_with(&tensors(layers())));
    assert_eq!(found(&out).len(), QUERIES);
    assert_eq!(rig.element.property::<i32>("background-class"), -1);
}

#[test]
fn a_query_may_be_of_two_classes_and_nothing_is_suppressed() {
    let mut rig = Rig::new("rsdetrparser format=rtdetr");
    let columns = CLASS_COUNT;
    let mut numbers = vec![-9.0; columns * QUERIES];
    let mut sides = vec![0.5; 4 * QUERIES];
    for (at, score) in [(2, 0.9), (3, 0.8), (columns + 2, 0.7)] {
        numbers[at] = logit(score);
    }
    for query in 0..2 {
        sides[4 * query..4 * query + 4].copy_from_slice(&place(0));
    }
    let layers = || {
        vec![
            layer("logits", &[QUERIES, columns], &numbers),
            layer("pred_boxes", &[QUERIES, 4], &sides),
        ]
    };
    let out = rig.process(frame_with(&tensors(layers())));
    let expected = [(2, 70), (2, 90), (3, 80)].map(|(class, score)| (class, score, RECTS[0]));
    assert_eq!(found(&out), expected);
    rig.element.set_property_from_str("nms-mode", "agnostic");
    let out = rig.process(frame_with(&tensors(layers())));
    assert_eq!(found(&out), [(2, 90, RECTS[0])]);
}

/// What TensorRT's half precision makes of these networks' logits.
#[test]
fn an_engine_that_overflows_is_named() {
    let layers = vec![
        layer("pred_logits", &[QUERIES, 2], &[f32::NAN; 2 * QUERIES]),
        layer("pred_boxes", &[QUERIES, 4], &[f32::NAN; 4 * QUERIES]),
    ];
    let mut rig = Rig::new("rsdetrparser format=rtdetr");
    let out = rig.process(frame_with(&tensors(layers)));
    assert_eq!(found(&out), []);
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for part in ["non-finite: ", "network-mode=0", "opset 17"] {
        assert!(warnings[0].contains(part), "{part}: {warnings:?}");
    }
    assert!(rig.stat("dropped-non-finite") >= QUERIES as u64);
}

const DOCS: &str = include_str!("../docs/rsdetrparser.md");

#[test]
fn the_docs_have_every_network_with_its_keys() {
    pages::have_every_network(DOCS, &FAMILY);
}

#[test]
fn the_lines_of_the_docs_start() {
    assert_eq!(pages::start_lines(DOCS, &labels(3)), 2);
}
