//! Every tensor layout through `rsssdparser` on NVIDIA's metadata library, and the properties with
//! which it is told what it cannot see.

mod common;

use common::*;
use gst::prelude::*;
use nvds::{DataType, NewLayer};

fn ints(name: &str, dims: &[usize], values: &[i32]) -> NewLayer {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_ne_bytes()).collect();
    raw_layer(name, DataType::Int32, dims, &bytes)
}

/// Two boxes, in the units of the network's input of 300x300: class 2 with 0.9 and class 7 with 0.6.
const BOXES: [[f32; 4]; 2] = [[30.0, 60.0, 90.0, 150.0], [150.0, 150.0, 300.0, 240.0]];
/// The same in a frame of 1920x1080: left, top, width, height.
const RECTS: [[i32; 4]; 2] = [[192, 216, 384, 324], [960, 540, 960, 324]];

/// x_min, y_min, x_max, y_max of both boxes, 0 to 1.
fn normalised() -> Vec<f32> {
    BOXES.concat().iter().map(|side| side / 300.0).collect()
}

fn y_first(boxes: &[f32]) -> Vec<f32> {
    boxes
        .chunks(4)
        .flat_map(|b| [b[1], b[0], b[3], b[2]])
        .collect()
}

/// Class and rectangle of the objects made of some layers, best score first.
fn seen(rig: &mut Rig, layers: Vec<NewLayer>) -> Vec<(i32, [i32; 4])> {
    let out = rig.process(frame_with(&tensor(5, layers)));
    objects(&out)[0]
        .iter()
        .map(|object| (object.class_id, object.rect.map(|side| side.round() as i32)))
        .collect()
}

fn both() -> Vec<(i32, [i32; 4])> {
    vec![(2, RECTS[0]), (7, RECTS[1])]
}

#[track_caller]
fn finds_both(properties: &str, layers: Vec<NewLayer>) {
    let mut rig = Rig::new(&format!("rsssdparser {properties}"));
    let mut found = seen(&mut rig, layers);
    found.sort_unstable();
    assert_eq!(found, both(), "{properties}");
    assert_eq!(rig.warnings(), [""; 0], "{properties}");
}

fn four(names: [&str; 4], whole: bool, boxes: &[f32]) -> Vec<NewLayer> {
    let number = |name, dims: &[usize], values: &[i32]| match whole {
        true => ints(name, dims, values),
        false => layer(
            name,
            dims,
            &values.iter().map(|&v| v as f32).collect::<Vec<_>>(),
        ),
    };
    let [count, scores, classes, box_name] = names;
    vec![
        layer(box_name, &[2, 4], boxes),
        number(classes, &[2], &[2, 7]),
        layer(scores, &[2], &[0.9, 0.6]),
        number(count, &[1], &[2]),
    ]
}

const OD: [&str; 4] = [
    "num_detections",
    "detection_scores",
    "detection_classes",
    "detection_boxes",
];

#[test]
fn tf_od_in_any_order_of_layers() {
    let layers = four(OD, false, &y_first(&normalised()));
    for _ in 0..4 {
        let mut turned = layers.clone();
        turned.rotate_left(1);
        finds_both("", turned);
    }
    finds_both("format=tf-od", layers);
}

/// The names are those of tf-od, and order and units are others.
#[test]
fn efficient_nms_is_told_from_tf_od_by_its_types() {
    let pixels = BOXES.concat();
    finds_both("", four(OD, true, &pixels));
    let names = ["num_dets", "det_scores", "det_classes", "det_boxes"];
    finds_both("", four(names, true, &pixels));
    finds_both("format=efficient-nms", four(OD, false, &pixels));
    let boxes = y_first(&normalised());
    finds_both("format=tf-od", four(OD, true, &boxes));
    finds_both(
        "box-order=yxyx box-units=normalised",
        four(OD, true, &boxes),
    );
}

#[test]
fn batched_nms_by_both_sets_of_names() {
    let names = [
        "num_detections",
        "nmsed_scores",
        "nmsed_classes",
        "nmsed_boxes",
    ];
    finds_both("", four(names, false, &normalised()));
    let tao = ["BatchedNMS", "BatchedNMS_2", "BatchedNMS_3", "BatchedNMS_1"];
    let mut layers = four(tao, false, &normalised());
    layers[3] = ints("BatchedNMS", &[1], &[2]);
    finds_both("", layers);
    finds_both(
        "format=batched-nms box-units=pixels",
        four(names, false, &BOXES.concat()),
    );
}

#[test]
fn tflite_by_both_sets_of_names() {
    let boxes = y_first(&normalised());
    let operation = [
        "TFLite_Detection_PostProcess:3",
        "TFLite_Detection_PostProcess:2",
        "TFLite_Detection_PostProcess:1",
        "TFLite_Detection_PostProcess",
    ];
    finds_both("", four(operation, false, &boxes));
    let mut calls = [0, 1, 2, 3].map(|i| format!("StatefulPartitionedCall:{i}"));
    finds_both("", four(calls.each_ref().map(|s| &s[..]), false, &boxes));
    calls.reverse();
    finds_both("", four(calls.each_ref().map(|s| &s[..]), false, &boxes));
}

/// The names that TensorFlow 2 numbers: with `_`, without a number for the first, in a scope.
#[test]
fn tensorflow_2_by_all_sets_of_names() {
    let boxes = y_first(&normalised());
    for base in [
        "StatefulPartitionedCall",
        "Identity",
        "model/StatefulPartitionedCall",
        "model/tf/Identity",
    ] {
        let mut names = [0, 1, 2, 3].map(|i| match i {
            0 => base.to_owned(),
            _ => format!("{base}_{i}"),
        });
        for _ in 0..2 {
            finds_both("", four(names.each_ref().map(|s| &s[..]), false, &boxes));
            finds_both(
                "",
                four(
                    names
                        .each_ref()
                        .map(|s| s.clone() + ":0")
                        .each_ref()
                        .map(|s| &s[..]),
                    false,
                    &boxes,
                ),
            );
            names.reverse();
        }
        // Eight layers are those of the object detection API, in the order of their lost names.
        let name = |number: usize| match number {
            0 => base.to_owned(),
            _ => format!("{base}_{number}"),
        };
        let names = [5, 4, 2, 1].map(name);
        let mut layers = four(names.each_ref().map(|s| &s[..]), false, &boxes);
        for number in [0, 3, 6, 7] {
            layers.push(layer(&name(number), &[2, 3], &[0.7; 6]));
        }
        finds_both("", layers);
    }
    let scoped = OD.map(|name| format!("model/head/{name}:0"));
    finds_both("", four(scoped.each_ref().map(|s| &s[..]), false, &boxes));
}

fn longs(name: &str, dims: &[usize], values: &[i64]) -> NewLayer {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_ne_bytes()).collect();
    raw_layer(name, DataType::Int64, dims, &bytes)
}

#[test]
fn efficient_nms_of_any_type_by_names_of_its_own() {
    let pixels = BOXES.concat();
    let rest = || {
        vec![
            layer("det_scores", &[2, 1, 1], &[0.9, 0.6]),
            layer("det_boxes", &[2, 1, 4], &pixels),
        ]
    };
    for whole in [ints, |name: &str, dims: &[usize], values: &[i32]| {
        longs(
            name,
            dims,
            &values.iter().map(|&v| v.into()).collect::<Vec<_>>(),
        )
    }] {
        let mut layers = rest();
        layers.push(whole("num_dets", &[1], &[2]));
        layers.push(whole("det_classes", &[2], &[2, 7]));
        finds_both("", layers);
    }
    let mut layers = rest();
    layers.push(layer("num_detections", &[1], &[2.0]));
    layers.push(layer("det_classes", &[2, 1], &[2.0, 7.0]));
    finds_both("", layers);
}

#[test]
fn boxes_labels_and_scores_without_a_count() {
    let lists = |boxes: &str, sides: &[f32]| {
        vec![
            longs("labels", &[1, 2], &[2, 7]),
            layer("scores", &[1, 2], &[0.9, 0.6]),
            layer(boxes, &[1, 2, 4], sides),
        ]
    };
    finds_both("", lists("boxes", &BOXES.concat()));
    finds_both("format=torchvision", lists("boxes", &BOXES.concat()));
    finds_both("box-units=normalised", lists("boxes", &normalised()));
    finds_both("", lists("bboxes", &normalised()));
    // A network without objects puts out nothing.
    let mut rig = Rig::new("rsssdparser");
    let empty = vec![
        longs("labels", &[0], &[]),
        layer("scores", &[0], &[]),
        layer("boxes", &[0, 4], &[]),
    ];
    assert_eq!(seen(&mut rig, empty), []);
    // The object detection API's lists do without as well, as NVIDIA's own parser does.
    let mut layers = four(OD, false, &y_first(&normalised()));
    layers.pop();
    finds_both("", layers);
}

#[test]
fn rows_of_five_and_labels() {
    let mut dets = [BOXES[0].to_vec(), vec![0.9], BOXES[1].to_vec(), vec![0.6]].concat();
    dets.extend([0.0; 5]);
    let layers = |dets_name: &str| {
        vec![
            longs("labels", &[1, 3], &[2, 7, -1]),
            layer(dets_name, &[1, 3, 5], &dets),
        ]
    };
    finds_both("", layers("dets"));
    finds_both("format=mmdet detections-layer=out", layers("out"));
    // RF-DETR has other layers of these names.
    contains(
        &refusal(
            "",
            vec![
                layer("dets", &[3, 4], &[0.5; 12]),
                layer("labels", &[3, 9], &[0.5; 27]),
            ],
        ),
        &["mmdet: output layer dets has dimensions [3, 4], expected [N, 5]"],
    );
}

/// Decoded boxes and class scores of 20 boxes, two of which are objects.
fn decoded(boxes: &str, scores: &str, sides: &[f32]) -> Vec<NewLayer> {
    let mut all = vec![0.0; 4 * 20];
    all[4 * 5..4 * 7].copy_from_slice(sides);
    let mut parts = vec![[0.93, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01]; 20];
    parts[5] = [0.03, 0.01, 0.9, 0.02, 0.01, 0.01, 0.01, 0.01];
    parts[6] = [0.34, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.6];
    vec![
        layer(scores, &[1, 20, 8], parts.as_flattened()),
        layer(boxes, &[1, 20, 4], &all),
    ]
}

#[test]
fn decoded_boxes_and_class_scores_need_no_anchors() {
    let sides = normalised();
    finds_both("", decoded("boxes", "scores", &sides));
    finds_both("format=pytorch-ssd", decoded("a", "b", &sides));
    finds_both(
        "format=pytorch-ssd boxes-layer=a scores-layer=b box-order=yxyx background-class=0",
        decoded("a", "b", &y_first(&sides)),
    );
    // By other names they may be encodings as well: both are named.
    contains(
        &refusal("", decoded("a", "b", &sides)),
        &["need anchors", "decoded boxes", "format=pytorch-ssd"],
    );
    // With anchors they are taken for encodings, which those are not.
    contains(
        &refusal("anchors=tf-ssd", decoded("boxes", "scores", &sides)),
        &["boxes holds 20 box encodings", "1917 anchors"],
    );
}

#[test]
fn indices_that_were_selected_of_boxes_and_scores() {
    let mut scores = vec![0.2; 8 * 3];
    (scores[2 * 3 + 1], scores[7 * 3 + 2]) = (0.9, 0.6);
    let mut boxes = vec![0.0; 4];
    boxes.extend(BOXES.concat());
    let turned: Vec<f32> = (0..24).map(|i| scores[(i % 8) * 3 + i / 8]).collect();
    for (dims, scores) in [([8, 3], &scores), ([3, 8], &turned)] {
        // Unused rows repeat the last one, or are -1.
        for fill in [[0, 7, 2], [-1, -1, -1]] {
            let rows = [[0, 2, 1], [0, 7, 2], fill, fill];
            finds_both(
                "nms-mode=none",
                vec![
                    ints("selected_indices", &[4, 3], rows.as_flattened()),
                    layer("boxes", &[1, 3, 4], &boxes),
                    layer("scores", &[&[1], &dims[..]].concat(), scores),
                ],
            );
        }
    }
}

/// Two scopes with such layers leave a choice, which is not made.
#[test]
fn layers_in_two_scopes_are_refused() {
    let mut layers = four(OD.map(|name| name), false, &y_first(&normalised()));
    layers.truncate(3);
    layers.push(layer("a/detection_boxes", &[2, 4], &normalised()));
    layers.push(layer("b/detection_boxes", &[2, 4], &normalised()));
    layers.remove(0);
    assert!(refusal("", layers).contains("detection_boxes"));
}

/// The text is short, says what is nearest, what is missing and what helps. The rest is for
/// whoever looks closer.
#[test]
fn the_error_of_unknown_layers_is_a_short_line() {
    let mut layers = four(OD, false, &normalised());
    layers.remove(2);
    let mut rig = Rig::new("rsssdparser");
    assert!(rig.push(frame_with(&tensor(5, layers))).is_err());
    let error = rig.error();
    let (text, _) = error.split_once("src/").unwrap();
    assert!(text.len() < 350, "{} letters: {text}", text.len());
    contains(
        text,
        &[
            "nearest: tf-od",
            "detection_scores is missing",
            "scores-layer",
            "format",
            "unique-id",
        ],
    );
    // Without anything near, it says what there is.
    let text = refusal("", vec![layer("prob", &[1000], &[0.0; 1000])]);
    contains(&text, &["prob FLOAT [1000]", "boxes-layer"]);
}

fn rows(end: &[f32]) -> Vec<f32> {
    let boxes = normalised();
    let mut rows = vec![0.0, 2.0, 0.9];
    rows.extend(&boxes[..4]);
    rows.extend([0.0, 7.0, 0.6]);
    rows.extend(&boxes[4..]);
    rows.extend(end);
    rows
}

#[test]
fn rows_of_seven_with_a_count_or_an_end() {
    // What follows the count or the end must not be read.
    let beyond = [0.0, 1.0, 0.99, 0.0, 0.0, 1.0, 1.0];
    let table = layer("NMS", &[1, 3, 7], &rows(&beyond));
    // TensorRT calls it FLOAT and writes an integer.
    let bits = layer("NMS_1", &[1, 1, 1], &[f32::from_bits(2)]);
    finds_both("", vec![bits, table.clone()]);
    finds_both(
        "format=nms-plugin",
        vec![table.clone(), ints("keep_count", &[1], &[2])],
    );
    finds_both(
        "detections-layer=NMS count-layer=how_many",
        vec![table, layer("how_many", &[1], &[2.0])],
    );
    let mut ended = beyond;
    ended[0] = -1.0;
    finds_both(
        "",
        vec![layer("detection_out", &[1, 1, 3, 7], &rows(&ended))],
    );
}

/// Two feature maps of one place each, with one square anchor: 0.5 and 1 wide.
const TWO_ANCHORS: &str = "tf-ssd,scales=<0.5,1.0>,aspect-ratios=<1.0>,\
    interpolated-scale-aspect-ratio=0.0,reduce-boxes-in-lowest-layer=false,feature-maps=<1,1>";

/// Encodings of both boxes on anchors in the middle of the input, y first.
fn encodings(sizes: [f32; 2]) -> Vec<f32> {
    BOXES
        .iter()
        .zip(sizes)
        .flat_map(|(&[x0, y0, x1, y1], size)| {
            let side = size * 300.0;
            let centre = |a: f32, b: f32| 10.0 * ((a + b) / 2.0 - 150.0) / side;
            let log = |a: f32, b: f32| 5.0 * ((b - a) / side).ln();
            [centre(y0, y1), centre(x0, x1), log(y0, y1), log(x0, x1)]
        })
        .collect()
}

/// Predictions with the score 0.9 of class 2 in the first row and 0.6 of class 7 in the second.
fn logits() -> Vec<f32> {
    let mut logits = vec![-9.0; 2 * 8];
    logits[2] = (0.9_f32 / 0.1).ln();
    logits[8 + 7] = (0.6_f32 / 0.4).ln();
    logits
}

#[test]
fn raw_encodings_with_computed_anchors() {
    let raw = |scores: &str, boxes: &str| {
        vec![
            layer(scores, &[2, 8], &logits()),
            layer(boxes, &[1, 2, 4], &encodings([0.5, 1.0])),
        ]
    };
    let named = raw("raw_outputs/class_predictions", "raw_outputs/box_encodings");
    finds_both(&format!("anchors=\"{TWO_ANCHORS}\""), named.clone());
    finds_both(
        &format!("format=raw anchors=\"{TWO_ANCHORS}\""),
        raw("a", "b"),
    );
    finds_both(
        &format!("scores-layer=a boxes-layer=b anchors=\"{TWO_ANCHORS}\""),
        raw("a", "b"),
    );
    // What is background has no objects; other classes keep their numbers.
    let mut rig = Rig::new(&format!(
        "rsssdparser background-class=2 anchors=\"{TWO_ANCHORS}\""
    ));
    assert_eq!(seen(&mut rig, named), [(7, RECTS[1])]);
    assert_eq!(rig.stat("candidates"), 14);
    assert_eq!(rig.stat("dropped-below-threshold"), 13);
}

#[test]
fn raw_encodings_with_anchors_from_a_file() {
    // Centre x, centre y, width, height, in pixels; encodings by their own divisors, x first.
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }\n";
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.as_bytes());
    let anchors = [
        [150.0_f32, 150.0, 150.0, 150.0],
        [150.0, 150.0, 300.0, 300.0],
    ];
    npy.extend(anchors.as_flattened().iter().flat_map(|v| v.to_le_bytes()));
    let file = TempFile::new("anchors.npy", "");
    std::fs::write(&file.0, npy).unwrap();
    let boxes: Vec<f32> = y_first(&encodings([0.5, 1.0]))
        .chunks(4)
        .flat_map(|e| [e[0] / 10.0, e[1] / 10.0, e[2] / 5.0, e[3] / 5.0])
        .collect();
    // Of softmax: the predictions are the scores' logarithms.
    let scores: Vec<f32> = [
        [0.02, 0.02, 0.9, 0.02, 0.01, 0.01, 0.01, 0.01],
        [0.1, 0.1, 0.05, 0.05, 0.03, 0.03, 0.04, 0.6],
    ]
    .as_flattened()
    .iter()
    .map(|p: &f32| p.ln() + 3.0)
    .collect();
    finds_both(
        &format!(
            "anchors=\"file,location={},form=xywh\" variances=1,1,1,1 score-activation=softmax \
             box-units=pixels",
            file.path()
        ),
        vec![
            layer("bbox_regression", &[2, 4], &boxes),
            layer("cls_logits", &[2, 8], &scores),
        ],
    );
}

/// A wrong guess of the units would show as boxes in a corner, or none at all.
#[test]
fn boxes_in_other_units_than_usual_are_warned_of() {
    let names = [
        "num_detections",
        "nmsed_scores",
        "nmsed_classes",
        "nmsed_boxes",
    ];
    for (layers, units) in [
        (four(OD, true, &normalised()), "set box-units=normalised"),
        (four(names, false, &BOXES.concat()), "set box-units=pixels"),
    ] {
        let mut rig = Rig::new("rsssdparser");
        for _ in 0..3 {
            seen(&mut rig, layers.clone());
        }
        let warnings = rig.warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(units), "{warnings:?}");
    }
}

/// The error of a stream of one buffer with layers that cannot be read.
fn refusal(properties: &str, layers: Vec<NewLayer>) -> String {
    let mut rig = Rig::new(&format!("rsssdparser {properties}"));
    // Layers that are nothing like those of an SSD may be another network's, and are an error at the end only.
    let _ = rig.push(frame_with(&tensor(5, layers)));
    rig.harness.push_event(gst::event::Eos::new());
    rig.error()
}

#[track_caller]
fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn when_nothing_fits_all_is_told() {
    let mut layers = four(OD, false, &normalised());
    layers.remove(2);
    contains(
        &refusal("", layers),
        &[
            "found: detection_boxes FLOAT [2, 4], detection_classes FLOAT [2]",
            "nearest: tf-od: output layer detection_scores is missing",
            "known layouts: efficient-nms (",
            "nms-plugin (NMS FLOAT or HALF [N, 7]",
            "raw (raw_outputs/box_encodings",
        ],
    );
    // A format has its own reasons.
    contains(
        &refusal("format=nms-plugin", four(OD, false, &normalised())),
        &["nms-plugin: output layer NMS is missing"],
    );
    contains(
        &refusal(
            "boxes-layer=bboxes format=batched-nms",
            four(OD, false, &normalised()),
        ),
        &["nmsed_scores, nmsed_classes, bboxes are missing"],
    );
}

#[test]
fn anchors_that_are_missing_or_of_another_network_are_told() {
    let raw = || {
        vec![
            layer("class_predictions", &[2, 8], &logits()),
            layer("box_encodings", &[2, 4], &encodings([0.5, 1.0])),
        ]
    };
    contains(
        &refusal("", raw()),
        &["box_encodings FLOAT [2, 4]", "need anchors"],
    );
    contains(
        &refusal("anchors=tf-ssd", raw()),
        &[
            "box_encodings holds 2 box encodings",
            "tf-ssd with 1917 anchors",
            "feature maps",
        ],
    );
}

/// The error of an element that does not start with these properties.
fn start_error(properties: &str) -> String {
    common::start_error(&format!("rsssdparser {properties}"))
}

#[test]
fn settings_that_cannot_be_used_are_told_at_the_start() {
    for (properties, parts) in [
        ("format=raw", &["anchors:", "anchors=tf-ssd"][..]),
        (
            "anchors=tf-sdd",
            &["anchors: tf-sdd is not known", "tf-ssd"],
        ),
        (
            "anchors=file,location=/no/such/file.npy",
            &["anchors: the file /no/such/file.npy cannot be read"],
        ),
        (
            "variances=10,10,5",
            &["variances: \"10,10,5\"", "10,10,5,5"],
        ),
        (
            "anchors=tf-ssd variances=10,10,0,5",
            &["variances: variance 2 is 0"],
        ),
        (
            "format=raw anchors=tf-ssd box-units=pixels",
            &["box-units:", "normalised, not pixels"],
        ),
    ] {
        contains(&start_error(properties), parts);
    }
    let file = TempFile::new("not-anchors", "no anchors at all");
    contains(
        &start_error(&format!("anchors=file,location={}", file.path())),
        &[
            "anchors: ",
            file.path(),
            "neither a .npy nor a safetensors file",
        ],
    );
}

#[test]
fn properties_read_back() {
    init();
    let element = gst::ElementFactory::make("rsssdparser")
        .property_from_str("format", "efficient-nms")
        .property_from_str("box-order", "yxyx")
        .property_from_str("box-units", "normalised")
        .property_from_str("score-activation", "softmax")
        .property("anchors", TWO_ANCHORS)
        .property("variances", "10,10,5,5")
        .property("background-class", 0)
        .property("boxes-layer", "loc")
        .build()
        .unwrap();
    let text = |name: &str| element.property::<Option<String>>(name);
    assert_eq!(text("anchors").as_deref(), Some(TWO_ANCHORS));
    assert_eq!(text("variances").as_deref(), Some("10,10,5,5"));
    assert_eq!(text("boxes-layer").as_deref(), Some("loc"));
    assert_eq!(text("scores-layer"), None);
    assert_eq!(element.property::<i32>("background-class"), 0);
    let format = element.property_value("format");
    assert_eq!(format.serialize().unwrap(), "efficient-nms");
}

/// Every line that the documentation shows for a layout parses a frame of such a network.
#[test]
fn documented_lines_run() {
    let text = include_str!("../docs/rsssdparser.md");
    let lines = |layout: &str| {
        let fence = format!("```launch {layout}\n");
        let blocks = text.split(&fence[..]).skip(1);
        let lines = blocks.filter_map(|block| Some(block.split("```").next()?.trim().to_owned()));
        lines.collect::<Vec<String>>()
    };
    let efficient = lines("efficient-nms");
    assert_eq!(efficient.len(), 1);
    let names = [
        "num_detections",
        "detection_scores",
        "detection_classes",
        "boxes",
    ];
    for line in efficient {
        let mut rig = Rig::new(&line);
        let layers = four(names, true, &y_first(&normalised()));
        assert_eq!(seen(&mut rig, layers).len(), 2, "{line}");
    }
    let raw = lines("raw");
    assert_eq!(raw.len(), 2);
    for line in raw {
        let rows = if line.contains("tf-ssd") { 1917 } else { 3234 };
        // One box in the middle of the input, of class 3.
        let mut scores = vec![-9.0; rows * 5];
        scores[5 * (rows - 1) + 3] = 9.0;
        let mut rig = Rig::new(&line);
        let layers = vec![
            layer("box_encodings", &[rows, 1, 4], &vec![0.0; 4 * rows]),
            layer("class_predictions", &[rows, 5], &scores),
        ];
        let found = seen(&mut rig, layers);
        assert_eq!(found.len(), 1, "{line}");
        assert_eq!(found[0].0, 3, "{line}");
    }
}

#[test]
fn documentation_names_every_choice_and_anchor() {
    let text = include_str!("../docs/rsssdparser.md");
    let rig = Rig::new("rsssdparser");
    for property in ["format", "box-order", "box-units", "score-activation"] {
        assert!(text.contains(&format!("`{property}`")), "{property}");
        let spec = rig.element.find_property(property).unwrap();
        let class = gst::glib::EnumClass::with_type(spec.value_type()).unwrap();
        for value in class.values().iter().filter(|value| value.nick() != "auto") {
            let nick = value.nick();
            // The two orders are named with an example and in words.
            assert!(
                text.contains(&format!("`{nick}`")) || nick == "xyxy",
                "{property}={nick}"
            );
        }
    }
    for kind in [
        "tf-ssd",
        "torchvision-ssd300",
        "torchvision-ssdlite320",
        "file",
    ] {
        assert!(text.contains(&format!("`{kind}`")), "{kind}");
    }
}

/// What is remembered of the layers must not outlive them: order, number, types and layouts change from
/// frame to frame.
#[test]
fn frames_of_other_layers_are_read_as_what_they_are() {
    let mut rig = Rig::new("rsssdparser");
    let boxes = y_first(&normalised());
    let usual = || four(OD, false, &boxes);
    let one = || {
        vec![
            layer(OD[3], &[1, 4], &boxes[..4]),
            layer(OD[2], &[1], &[2.0]),
            layer(OD[1], &[1], &[0.9]),
            layer(OD[0], &[1], &[1.0]),
        ]
    };
    let whole_classes = || {
        let mut layers = usual();
        layers[1] = ints(OD[2], &[2], &[7, 2]);
        layers
    };
    let more = || {
        let mut layers = usual();
        layers.insert(0, layer("features", &[3], &[0.0; 3]));
        layers
    };
    let mut turned = usual();
    turned.reverse();
    for _ in 0..2 {
        assert_eq!(seen(&mut rig, usual()), both());
        assert_eq!(seen(&mut rig, one()), both()[..1]);
        assert_eq!(seen(&mut rig, usual()), both());
        assert_eq!(seen(&mut rig, turned.clone()), both());
        assert_eq!(
            seen(&mut rig, whole_classes()),
            [(7, RECTS[0]), (2, RECTS[1])]
        );
        assert_eq!(seen(&mut rig, more()), both());
    }
    assert_eq!(rig.warnings(), [""; 0]);
}
