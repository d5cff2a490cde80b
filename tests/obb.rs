//! Networks of turned boxes through `rsyoloparser`, `rsmetajson` and `rsosdannotate` on the loaded metadata library.

mod common;
mod drawn;
mod heads;

use std::path::Path;

use common::*;
use heads::{CLASS_COUNT, SIDE, cells, head, transposed, yolo_obb};
use nvds::{Batch, Corner, NetworkInfo, NewLayer, NewTensorMeta, Object, Producer, Rect};

/// What of an object is looked at.
#[derive(Clone, Debug)]
struct Found {
    class_id: i32,
    confidence: f32,
    rect: Rect,
    detector_rect: Rect,
    rotation: f32,
    corners: Option<[Corner; 4]>,
    text_at: (u32, u32),
}

impl Found {
    fn of(object: &Object<'_>) -> Self {
        let text = object.text();
        Self {
            class_id: object.class_id(),
            confidence: object.confidence(),
            rect: object.rect(),
            detector_rect: object.detector_rect(),
            rotation: object.rect_params().rotation,
            corners: object.corners().map(|corners| corners.points),
            text_at: (text.x_offset(), text.y_offset()),
        }
    }
}

/// The objects of the first frame, best first.
fn found(buffer: &gst::BufferRef) -> Vec<Found> {
    let locked = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let frame = locked.frames().next().unwrap();
    frame
        .objects()
        .rev()
        .map(|object| Found::of(&object))
        .collect()
}

fn tensors(side: usize, layers: Vec<NewLayer>) -> NewTensorMeta {
    let network = NetworkInfo {
        width: side as u32,
        height: side as u32,
        channels: 3,
    };
    NewTensorMeta::new(5, network, Producer::NvInfer, layers).unwrap()
}

fn float(heads: &[heads::Head]) -> Vec<NewLayer> {
    let layers = heads.iter();
    layers
        .map(|head| layer(&head.name, &head.dims, &head.values))
        .collect()
}

/// A head of three classes that sees one object, of class 1.
fn one([x, y, width, height]: [f32; 4], angle: f32) -> Vec<NewLayer> {
    let columns = 4 + 3 + 1;
    let mut values = vec![0.0; cells() * columns];
    values[..columns].copy_from_slice(&[x, y, width, height, 0.0, 0.9, 0.0, angle]);
    let values = transposed(cells(), columns, &values);
    float(&[head("output0", &[columns, cells()], values)])
}

#[track_caller]
fn near(found: f32, expected: f64, what: &str) {
    let (found, expected) = (f64::from(found), expected);
    assert!(
        (found - expected).abs() < 2e-3,
        "{what}: {found}, {expected}"
    );
}

fn numbers(row: &serde_json::Value) -> Vec<f64> {
    let row = row.as_array().unwrap().iter();
    row.map(|number| number.as_f64().unwrap()).collect()
}

/// ultralytics' own boxes, angles and corners of a head.
fn golden(name: &str, properties: &str, key: &str) {
    let path = Path::new("nvds-decode/tests/nets/yolo-obb").join(name);
    let case = std::fs::read(path.with_extension("json")).unwrap();
    let case: serde_json::Value = serde_json::from_slice(&case).unwrap();
    let bytes = std::fs::read(path.with_extension("safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let view = file.tensor("output0").unwrap();
    let dims = &view.shape()[1..];
    let layers = vec![raw_layer(
        "output0",
        nvds::DataType::Float,
        dims,
        view.data(),
    )];
    let side = case["network"][0].as_u64().unwrap() as u32;
    let classes = case["classes"].as_u64().unwrap();
    let launch = format!(
        "rsyoloparser num-classes={classes} score-threshold=0.25 nms-iou-threshold=0.45 \
         edge-policy=keep {properties}"
    );
    let mut rig = Rig::with_size(&launch, (side, side));
    let out = rig.process(frame_with(&tensors(side as usize, layers)));
    assert_eq!(rig.warnings(), [""; 0]);
    let all = found(&out);
    let rows = case[format!("{key}_cxcywh_score_class_angle")]
        .as_array()
        .unwrap();
    assert_eq!(all.len(), rows.len(), "{name} {key}");
    assert!(rows.len() > 3);
    for (index, (found, row)) in all.iter().zip(rows).enumerate() {
        let [x, y, w, h, score, class, angle] = numbers(row).try_into().unwrap();
        near(found.confidence, score, "score");
        assert_eq!(f64::from(found.class_id), class);
        let corners = found.corners.unwrap();
        let (sin, cos) = angle.sin_cos();
        // Clockwise from the upper left one.
        for (corner, (along, down)) in corners.iter().zip([(-w, -h), (w, -h), (w, h), (-w, h)]) {
            near(corner.x, x + (along * cos - down * sin) / 2.0, "x");
            near(corner.y, y + (along * sin + down * cos) / 2.0, "y");
        }
        if key == "expected" {
            // As ultralytics lists them: from the lower right one, anticlockwise.
            let listed = case["expected_corners"][index].as_array().unwrap();
            for (at, expected) in listed.iter().enumerate() {
                let corner = corners[(6 - at) % 4];
                let expected = numbers(expected);
                near(corner.x, expected[0], "x as listed");
                near(corner.y, expected[1], "y as listed");
            }
        }
        let rect = found.rect;
        if release_has(9, 0) {
            near(found.rotation, angle.to_degrees() % 360.0, "rotation");
            near(rect.left, x - w / 2.0, "left");
            near(rect.top, y - h / 2.0, "top");
            near(rect.width, w, "width");
            near(rect.height, h, "height");
        } else {
            assert_eq!(found.rotation, 0.0);
            let (across, down) = (
                (w * cos).abs() + (h * sin).abs(),
                (w * sin).abs() + (h * cos).abs(),
            );
            near(rect.left, x - across / 2.0, "left");
            near(rect.top, y - down / 2.0, "top");
            near(rect.width, across, "width");
            near(rect.height, down, "height");
        }
        assert_eq!(found.detector_rect, rect);
    }
}

#[test]
fn objects_are_those_of_ultralytics() {
    for name in ["c15_160", "c1_192"] {
        golden(name, "", "expected");
        golden(name, "format=yolo11-obb", "expected");
        golden(name, "nms-mode=per-class", "greedy");
    }
}

/// A stretched picture makes a parallelogram of a turned box: the ends of its longer axis are where they are seen.
#[test]
fn two_scales_are_dealt_with_along_the_boxs_own_axes() {
    let mut rig = Rig::with_size("rsyoloparser num-classes=3", (640, 320));
    let layers = one([160.0, 160.0, 100.0, 20.0], 0.5);
    let out = rig.process(frame_with(&tensors(SIDE, layers)));
    let [found] = &found(&out)[..] else {
        panic!("one object")
    };
    let [a, b, c, d] = found.corners.unwrap();
    let (sin, cos) = 0.5f64.sin_cos();
    near((b.x + c.x) / 2.0, 320.0 + 100.0 * cos, "right end");
    near((b.y + c.y) / 2.0, 160.0 + 50.0 * sin, "right end");
    near((a.x + d.x) / 2.0, 320.0 - 100.0 * cos, "left end");
    near((a.y + d.y) / 2.0, 160.0 - 50.0 * sin, "left end");
    // And it is a rectangle.
    near(
        (b.x - a.x) * (d.x - a.x) + (b.y - a.y) * (d.y - a.y),
        0.0,
        "right angle",
    );
}

#[test]
fn what_reaches_over_the_edge_keeps_its_corners() {
    let mut rig = Rig::with_size("rsyoloparser num-classes=3", (320, 320));
    let layers = one([10.0, 160.0, 60.0, 20.0], 0.5);
    let out = rig.process(frame_with(&tensors(SIDE, layers)));
    let [found] = &found(&out)[..] else {
        panic!("one object")
    };
    let (sin, cos) = 0.5f64.sin_cos();
    let left = 10.0 - 30.0 * cos - 10.0 * sin;
    let corners = found.corners.unwrap();
    near(corners[3].x, left, "the lowest left corner");
    if release_has(9, 0) {
        assert_eq!(found.rect.left, -20.0);
    } else {
        assert_eq!(found.rect.left, 0.0);
        near(found.rect.width, 10.0 + 30.0 * cos + 10.0 * sin, "width");
        near(found.detector_rect.left, left, "as it was detected");
    }
    // The text stands above the upright box.
    let top = 160.0 - 30.0 * sin - 10.0 * cos;
    assert_eq!(found.text_at, (0, (top - 10.0) as u32));
}

/// Upper left of the upright box, a label would stand apart from what it names.
#[test]
fn labels_stand_at_the_highest_or_lowest_corner() {
    let (sin, cos) = 0.5f64.sin_cos();
    let corner = (30.0 * cos - 10.0 * sin, 30.0 * sin + 10.0 * cos);
    for (position, left, edge) in [
        ("above", 160.0 - corner.0, 160.0 - corner.1),
        ("below", 160.0 + corner.0, 160.0 + corner.1),
    ] {
        let mut rig = Rig::with_size(
            &format!(
                "rsyoloparser num-classes=3 ! rsosdannotate style=\"default.label='x';\
                 default.border-width=2;default.label-position='{position}'\""
            ),
            (320, 320),
        );
        let layers = one([160.0, 160.0, 60.0, 20.0], 0.5);
        let out = rig.process(frame_with(&tensors(SIDE, layers)));
        let (x, y) = found(&out)[0].text_at;
        assert!(
            (f64::from(x) - (left - 1.0)).abs() <= 1.0,
            "{position}: {x} for {left}"
        );
        // A text of the usual font is about 20 pixels high.
        let y = f64::from(y);
        let fits = match position {
            "above" => (edge - 30.0..edge - 10.0).contains(&y),
            _ => (y - (edge + 1.0)).abs() <= 1.0,
        };
        assert!(fits, "{position}: {y} for {edge}");
    }
}

#[test]
fn upright_boxes_of_other_networks_are_not_turned() {
    let mut rig = Rig::new("rsyoloparser");
    let layers = float(&heads::yolov8());
    let out = rig.process(frame_with(&tensors(SIDE, layers)));
    let all = found(&out);
    assert_eq!(all.len(), 2);
    for found in all {
        assert_eq!((found.rotation, found.corners), (0.0, None));
    }
}

#[test]
fn without_labels_an_angle_may_be_a_class() {
    let channels = [20, cells()];
    let layers = || vec![layer("output0", &channels, &vec![0.1; 20 * cells()])];
    let mut rig = Rig::new("rsyoloparser");
    assert!(rig.push(frame_with(&tensors(SIDE, layers()))).is_err());
    let error = rig.error();
    for format in ["format=yolov8", "format=yolo-obb"] {
        assert!(error.contains(format), "{error}");
    }
    for (properties, turned) in [("num-classes=15", true), ("num-classes=16", false)] {
        let mut rig = Rig::new(&format!("rsyoloparser score-threshold=0 {properties}"));
        let out = rig.process(frame_with(&tensors(SIDE, layers())));
        let all = found(&out);
        assert!(!all.is_empty());
        assert!(all.iter().all(|found| found.corners.is_some() == turned));
    }
}

#[test]
fn lines_of_json_have_rotation_and_corners() {
    let json = TempFile::new("obb.jsonl", "");
    let run = |fields: &str, layers: Vec<NewLayer>| {
        init();
        let launch = format!(
            "rsyoloparser num-classes={CLASS_COUNT} ! rsmetajson location={} {fields}",
            json.path()
        );
        let mut harness = gst_check::Harness::new_parse(&launch);
        harness.set_src_caps_str("video/x-raw,format=RGBA,width=320,height=320,framerate=25/1");
        harness.push(frame_with(&tensors(SIDE, layers))).unwrap();
        harness.push_event(gst::event::Eos::new());
        drop(harness);
        let text = std::fs::read_to_string(json.path()).unwrap();
        serde_json::from_str::<serde_json::Value>(text.trim()).unwrap()
    };
    let line = run("", float(&yolo_obb([0.5, 0.0])));
    let schema = include_str!("../docs/metajson.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    assert!(schema.is_valid(&line), "{line}");
    let turned = &line["objects"][0];
    let degrees = if release_has(9, 0) {
        0.5f64.to_degrees()
    } else {
        0.0
    };
    assert!((turned["rotation"].as_f64().unwrap() - degrees).abs() < 1e-3);
    let corners = turned["corners"].as_array().unwrap();
    assert_eq!(corners.len(), 4);
    // Centre 64, 112; size 64, 96.
    let (sin, cos) = 0.5f64.sin_cos();
    let first = numbers(&corners[0]);
    near(first[0] as f32, 64.0 - 32.0 * cos + 48.0 * sin, "x");
    near(first[1] as f32, 112.0 - 32.0 * sin - 48.0 * cos, "y");
    // Of no angle.
    assert_eq!(line["objects"][1]["rotation"].as_f64(), Some(0.0));

    let line = run("fields=objects+style", float(&yolo_obb([0.5, 0.0])));
    assert!(line["objects"][0].get("corners").is_none());
    let line = run("", float(&heads::yolov8()));
    for key in ["rotation", "corners"] {
        assert!(line["objects"][0].get(key).is_none(), "{key}");
    }
}

const RED: [u8; 3] = [255, 0, 0];

/// The outline is where the object is seen, whoever turns the box: nvdsosd, or lines before DeepStream 9.0.
#[test]
fn a_turned_outline_is_drawn_where_it_is() {
    // The text, at the upper left of the upright box, covers nothing of it.
    let (width, height, angle) = (120.0f32, 50.0f32, -0.6f32);
    let setup = drawn::Setup {
        size: (320, 320),
        ..drawn::Setup::default()
    };
    for (style, drawn_at_all) in [
        ("", true),
        ("[default]\nborder-color = '#f00'\nborder-width = 3", true),
        ("[default]\nbox = 'none'", false),
        ("[default]\nhide = true", false),
    ] {
        let parser = "rsyoloparser num-classes=3 !";
        let picture = drawn::draw_by(parser, style, 1, setup, move |buffer| {
            let batch = Batch::from_buffer(buffer).unwrap().unwrap();
            let locked = batch.lock();
            let frame = locked.frames().next().unwrap();
            let layers = one([160.0, 160.0, width, height], angle);
            let tensors = tensors(SIDE, layers);
            locked.add_tensor_to_frame(&frame, &tensors).unwrap();
        })
        .remove(0);
        let (sin, cos) = angle.sin_cos();
        let at = |along: f32, down: f32| {
            let x = 160.0 + along * width / 2.0 * cos - down * height / 2.0 * sin;
            let y = 160.0 + along * width / 2.0 * sin + down * height / 2.0 * cos;
            (x.round() as u32, y.round() as u32)
        };
        let is_red = |(x, y): (u32, u32)| picture.at(x, y) == RED;
        // Along all four sides.
        for part in [-0.8, -0.4, 0.0, 0.4, 0.8] {
            for (along, down) in [(part, -1.0), (part, 1.0), (-1.0, part), (1.0, part)] {
                assert_eq!(
                    is_red(at(along, down)),
                    drawn_at_all,
                    "{style}: {along} {down}"
                );
                // Neither inside nor outside.
                for (along, down) in [(0.7 * along, 0.7 * down), (1.3 * along, 1.3 * down)] {
                    assert!(!is_red(at(along, down)), "{style}: {along} {down}");
                }
            }
        }
        // All that is red is the outline: no upright box beside it.
        let count = picture.count(0..320, 0..320, RED);
        let length = 2.0 * (width + height);
        let expected = if drawn_at_all { 2.0 * length } else { 0.0 };
        assert!(
            count as f32 <= 1.8 * expected && count as f32 >= 0.8 * expected,
            "{style}: {count}"
        );
    }
}
