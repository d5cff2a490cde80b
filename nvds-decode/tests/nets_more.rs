//! Reference tensors of DETRs, of detectors of faces and of turned boxes against what other implementations make of them;
//! `nets/README.md` has the judges.

mod judge;

use std::path::{Path, PathBuf};

use judge::{Answer, Case};
use nvds_decode::EdgePolicy;
use safetensors::SafeTensors;
use serde_json::Value;

/// How boxes and points may differ, in pixels, and scores.
const PIXELS: f64 = 2e-3;
const SCORES: f64 = 1e-5;

fn numbers(value: &Value) -> Vec<f64> {
    let all = value.as_array().unwrap().iter();
    all.map(|number| number.as_f64().unwrap()).collect()
}

fn path(name: &str) -> PathBuf {
    let nets = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nets");
    nets.join(name)
}

fn answers(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path(name).with_extension("json")).unwrap()).unwrap()
}

fn decode(name: &str, case: &Case, format: Option<&str>, decoder: &str) -> Answer {
    let found = case.decode(format);
    let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(found.layout.split(':').next(), Some(decoder), "{name}");
    assert_eq!(found.doubts, [], "{name}");
    found
}

/// Compares what was found with rows x1, y1, x2, y2, score, class, best first.
fn compare(name: &str, found: &Answer, expected: &[Vec<f64>]) {
    assert_eq!(found.detections.len(), expected.len(), "{name}");
    for (found, expected) in found.detections.iter().zip(expected) {
        let b = found.bbox;
        let sides = [b.left, b.top, b.left + b.width, b.top + b.height];
        for (side, expected) in sides.into_iter().zip(expected) {
            let near = (f64::from(side) - expected).abs() < PIXELS;
            assert!(near, "{name}: {found:?} {expected}");
        }
        let near = (f64::from(found.score) - expected[4]).abs() < SCORES;
        assert!(near, "{name}: {found:?} {expected:?}");
        assert_eq!(f64::from(found.class_id), expected[5], "{name}");
    }
}

fn rows(answers: &Value, key: &str) -> Vec<Vec<f64>> {
    answers[key]
        .as_array()
        .unwrap()
        .iter()
        .map(numbers)
        .collect()
}

#[test]
fn detrs_equal_the_judges() {
    for (name, format, decoder, clipped) in [
        ("detr/focal_q100_c2", None, "rtdetr", false),
        ("detr/focal_q300_c1", None, "rfdetr", false),
        ("detr/focal_q300_c91_hostile", None, "rtdetr", false),
        (
            "detr/focal_q300_c91_hostile",
            Some("d-fine"),
            "rtdetr",
            false,
        ),
        ("detr/rfdetr_c4_background_last", None, "rfdetr", true),
        ("detr/softmax_q50_c2", None, "detr", false),
        ("detr/softmax_q100_c91", None, "detr", false),
        ("detr/softmax_q100_c91", Some("yolos"), "detr", false),
        (
            "detr/ultralytics_new_nx6",
            Some("rtdetr-ultralytics"),
            "rtdetr-ultralytics",
            false,
        ),
        (
            "detr/ultralytics_old_4c",
            None,
            "rtdetr-ultralytics-old",
            false,
        ),
        ("toy-rtdetr/vtest_60", None, "rtdetr", false),
    ] {
        let answers = answers(name);
        let mut case = Case::load(&path(name)).unwrap();
        if clipped {
            case.params.edge = EdgePolicy::Clip;
        }
        let found = decode(name, &case, format, decoder);
        // Some judges leave them in the order of the queries.
        let mut expected = rows(&answers, "expected");
        expected.sort_by(|a, b| b[4].total_cmp(&a[4]));
        compare(name, &found, &expected);
        if let Some(dropped) = answers.get("dropped_entries") {
            let dropped = numbers(dropped);
            let entries = found.detections.iter().map(|found| f64::from(found.entry));
            assert!(
                entries.into_iter().all(|entry| !dropped.contains(&entry)),
                "{name}"
            );
        }
    }
}

/// Boxes, and x, y and confidence (1 if a judge has none) of every key point.
fn compare_faces(name: &str, found: &Answer, answers: &Value, boxes: &str, points: &str) {
    let mut expected = rows(answers, boxes);
    if boxes == "expected_ltwh" {
        for row in &mut expected {
            row[2] += row[0];
            row[3] += row[1];
        }
    }
    compare(name, found, &expected);
    let expected = answers[points].as_array().unwrap();
    for (index, expected) in expected.iter().enumerate() {
        let expected: Vec<Vec<f64>> = expected.as_array().unwrap().iter().map(numbers).collect();
        let points = found.extras.key_points_of(index);
        assert_eq!(points.len(), expected.len(), "{name}");
        for (point, expected) in points.iter().zip(&expected) {
            let have = [point.x, point.y, point.confidence].map(f64::from);
            let want = [
                expected[0],
                expected[1],
                expected.get(2).copied().unwrap_or(1.0),
            ];
            let near = have
                .iter()
                .zip(want)
                .all(|(have, want)| (have - want).abs() < PIXELS);
            assert!(near, "{name}: {point:?} {expected:?}");
        }
    }
}

#[test]
fn faces_equal_the_judges() {
    let (plain, points) = ("expected", "expected_keypoints");
    for (name, format, decoder, boxes, points) in [
        ("blazeface/synthetic_128", None, "blazeface", plain, points),
        (
            "blazeface/back256_carphone60",
            None,
            "blazeface-split",
            plain,
            points,
        ),
        (
            "blazeface/front128_megamind120",
            None,
            "blazeface-split",
            plain,
            points,
        ),
        ("yunet/synthetic_320x256", None, "yunet", plain, points),
        (
            "retinaface/synthetic_160x128",
            None,
            "retinaface",
            plain,
            points,
        ),
        (
            "retina-plate/drawn_plate_320",
            None,
            "retinaface",
            plain,
            points,
        ),
        ("centerface/carphone", None, "centerface", plain, points),
        (
            "deepstream-yolo-face/face_192",
            None,
            "deepstream-yolo-face",
            "expected_ltwh",
            "keypoints",
        ),
        (
            "yolov8-face/k5x3_face_160",
            Some("yolov8-face"),
            "yolov8-face",
            plain,
            points,
        ),
    ] {
        let case = Case::load(&path(name)).unwrap();
        let found = decode(name, &case, format, decoder);
        compare_faces(name, &found, &answers(name), boxes, points);
    }
}

/// Boxes and key points of networks of poses.
#[test]
fn poses_equal_the_judge() {
    for (format, decoder) in [
        (None, "yolov8"),
        (Some("yolo11-pose"), "yolo-pose"),
        (Some("yolov8"), "yolov8"),
    ] {
        let name = "yolo-pose/k4x2_160";
        let case = Case::load(&path(name)).unwrap();
        let found = decode(name, &case, format, decoder);
        let answers = answers(name);
        compare_faces(name, &found, &answers, "expected", "expected_keypoints");
    }
}

/// Boxes and masks, as the judge makes these: in cells of the prototypes and in pixels.
#[test]
fn masks_equal_the_judge() {
    let name = "yolo-seg/c80_128x96";
    let case = Case::load(&path(name)).unwrap();
    let found = decode(name, &case, None, "yolov8");
    compare(name, &found, &rows(&answers(name), "expected"));
    let bytes = std::fs::read(path(name).with_extension("safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (low, full) = &found.masks;
    for (key, masks) in [("expected_mask_low", low), ("expected_mask_full", full)] {
        let expected = file.tensor(key).unwrap();
        let all: Vec<u8> = masks
            .iter()
            .flat_map(|mask| mask.bits.iter().map(|&bit| u8::from(bit)))
            .collect();
        assert!(all.contains(&1));
        assert!(all == expected.data(), "{key}");
    }
    // What is attached covers the box as evenly: as much of it is the object's.
    for (index, full) in full.iter().enumerate() {
        let (values, size) = found.extras.mask_of(index).unwrap();
        let inside = values.iter().filter(|&&value| value > 0.5).count() as f32;
        let part = inside / (size.width * size.height) as f32;
        let bbox = found.detections[index].bbox;
        let (left, top) = (bbox.left.max(0.0), bbox.top.max(0.0));
        let area = (bbox.left + bbox.width - left) * (bbox.top + bbox.height - top);
        let expected = full.area() as f32 / area;
        assert!((part - expected).abs() < 0.1, "{index}: {part} {expected}");
    }
}

/// DeepStream-Yolo-Seg's masks are as they are in the layer.
#[test]
fn masks_that_are_cut_equal_the_judge() {
    let name = "yolo-seg/seg_192";
    let case = Case::load(&path(name)).unwrap();
    let answers = answers(name);
    let mut expected = rows(&answers, "expected_ltwh");
    for row in &mut expected {
        row[2] += row[0];
        row[3] += row[1];
    }
    let mut pairs: Vec<_> = expected
        .into_iter()
        .zip(numbers(&answers["mask_sums"]))
        .collect();
    pairs.sort_by(|a, b| b.0[4].total_cmp(&a.0[4]));
    for format in [None, Some("deepstream-yolo-seg")] {
        let found = decode(name, &case, format, "deepstream-yolo-seg");
        let expected: Vec<_> = pairs.iter().map(|(row, _)| row.clone()).collect();
        compare(name, &found, &expected);
        for (index, (_, sum)) in pairs.iter().enumerate() {
            let (values, size) = found.extras.mask_of(index).unwrap();
            assert_eq!((size.width, size.height), (24, 24));
            let found: f64 = values.iter().map(|&value| f64::from(value)).sum();
            assert!((found - sum).abs() < 1e-3, "{found} {sum}");
        }
    }
}

/// MediaPipe's means of the boxes and key points that overlap.
#[test]
fn weighted_faces_equal_the_judge() {
    for (name, decoder) in [
        ("blazeface/synthetic_128", "blazeface"),
        ("blazeface/back256_carphone60", "blazeface-split"),
        ("blazeface/front128_megamind120", "blazeface-split"),
    ] {
        let mut case = Case::load(&path(name)).unwrap();
        case.suppress("weighted").unwrap();
        let found = decode(name, &case, None, decoder);
        compare_faces(
            name,
            &found,
            &answers(name),
            "weighted",
            "weighted_keypoints",
        );
    }
}

/// Centre, size, score, class and angle of turned boxes, of both ways to suppress them.
#[test]
fn turned_boxes_equal_the_judge() {
    for name in ["yolo-obb/c15_160", "yolo-obb/c1_192"] {
        for (mode, key) in [("fast", "expected"), ("class", "greedy")] {
            let mut case = Case::load(&path(name)).unwrap();
            if mode != "fast" {
                case.suppress(mode).unwrap();
            }
            let found = decode(name, &case, None, "yolo-obb");
            let key = format!("{key}_cxcywh_score_class_angle");
            let expected = rows(&answers(name), &key);
            let corners: Vec<Vec<f64>> = expected
                .iter()
                .map(|row| {
                    let (w, h) = (0.5 * row[2], 0.5 * row[3]);
                    let sides = [row[0] - w, row[1] - h, row[0] + w, row[1] + h];
                    [&sides[..], &row[4..6]].concat()
                })
                .collect();
            compare(name, &found, &corners);
            for (angle, row) in found.extras.angles.iter().zip(&expected) {
                assert!((f64::from(*angle) - row[6]).abs() < 1e-6, "{name}: {angle}");
            }
            assert_eq!(found.extras.angles.len(), expected.len());
        }
    }
}
