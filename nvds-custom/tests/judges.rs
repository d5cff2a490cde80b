//! The parsers, called from C++ as nvinfer does, against what other implementations make of reference tensors:
//! `nvds-decode/tests/nets/README.md` has the judges.

mod caller;

use std::path::Path;

use caller::{Frame, Headers, Layer, Object, Run};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

const YOLO: &str = "NvDsInferParseRsnvdsYolo";
const DETR: &str = "NvDsInferParseRsnvdsDetr";
const FACE: &str = "NvDsInferParseRsnvdsFace";

/// A case: what a parser gets, and what others make of it.
struct Case {
    frame: Frame,
    about: Value,
}

fn load(name: &str) -> Case {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../nvds-decode/tests/nets")
        .join(name);
    let about: Value =
        serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
    let bytes = std::fs::read(path.with_extension("safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let layers = file
        .tensors()
        .into_iter()
        .filter(|(name, _)| !name.starts_with("expected"))
        .map(|(name, view)| {
            // As nvinfer does with a batch of one.
            let dims = match view.shape() {
                [1, rest @ ..] if !rest.is_empty() => rest,
                dims => dims,
            };
            Layer {
                name,
                data_type: match view.dtype() {
                    Dtype::F32 => 0,
                    Dtype::F16 => 1,
                    Dtype::I32 => 3,
                    Dtype::I64 => 4,
                    other => panic!("{other:?}"),
                },
                dims: dims.iter().map(|&size| size as u32).collect(),
                elements: None,
                is_input: false,
                bytes: Some(view.data().to_vec()),
            }
        })
        .collect();
    let network = [0, 1].map(|side| about["network"][side].as_u64().unwrap() as u32);
    let classes = about["classes"].as_u64().unwrap() as u32;
    // These judges keep what is above the threshold, parsers what is not below.
    let threshold = (about["params"]["score_threshold"].as_f64().unwrap() as f32).next_up();
    let frame = Frame {
        network,
        classes,
        thresholds: vec![threshold; classes as usize],
        layers,
    };
    Case { frame, about }
}

impl Case {
    /// Rows left, top, width, height, score, class.
    fn rows(&self, key: &str) -> Vec<[f64; 6]> {
        let rows = self.about[key]
            .as_array()
            .unwrap_or_else(|| panic!("no {key}"));
        rows.iter()
            .map(|row| std::array::from_fn(|index| row[index].as_f64().unwrap()))
            .collect()
    }

    /// The judge's rows as a parser gives them: clipped, and none under a pixel.
    fn clipped(&self) -> Vec<[f64; 6]> {
        let [width, height] = self.frame.network.map(f64::from);
        let rows = self
            .rows("expected")
            .into_iter()
            .map(|[x1, y1, x2, y2, score, class]| {
                let [x1, x2] = [x1, x2].map(|x| x.clamp(0.0, width));
                let [y1, y2] = [y1, y2].map(|y| y.clamp(0.0, height));
                [x1, y1, x2 - x1, y2 - y1, score, class]
            });
        rows.filter(|row| row[2] >= 1.0 && row[3] >= 1.0).collect()
    }
}

fn agrees(object: &Object, row: &[f64; 6]) -> bool {
    (0..4).all(|side| (object.sides[side] - row[side]).abs() <= 2e-3)
        && (object.confidence - row[4]).abs() <= 1e-5
        && f64::from(object.class) == row[5]
}

/// Every object is one of the rows, and every row is one of the objects.
fn assert_same(name: &str, objects: &[Object], rows: &[[f64; 6]]) {
    assert_eq!(objects.len(), rows.len(), "{name}: {objects:?}");
    assert_contains(name, objects, rows);
    for object in objects {
        assert!(
            rows.iter().any(|row| agrees(object, row)),
            "{name}: {object:?}"
        );
        assert_eq!(object.angle, 0.0, "{name}: {object:?}");
    }
}

fn assert_contains(name: &str, objects: &[Object], rows: &[[f64; 6]]) {
    for row in rows {
        assert!(
            objects.iter().any(|object| agrees(object, row)),
            "{name}: {row:?}"
        );
    }
}

/// Faces of every kind, without their key points.
#[test]
fn faces_equal_the_judges() {
    for (name, options) in [
        (
            "blazeface/back256_carphone60",
            "nms-mode=usual;nms-iou-threshold=0.3",
        ),
        (
            "yunet/synthetic_320x256",
            "nms-mode=usual;nms-iou-threshold=0.3",
        ),
        (
            "yolov8-face/k5x3_face_160",
            "nms-mode=usual;nms-iou-threshold=0.45",
        ),
    ] {
        let mut case = load(name);
        (case.frame.classes, case.frame.thresholds) = (1, vec![case.frame.thresholds[0]]);
        let objects = Run::new(FACE, vec![case.frame.clone()])
            .options(options)
            .objects();
        assert_ne!(objects.len(), 0, "{name}");
        let rows = case.clipped();
        for object in &objects {
            assert!(
                rows.iter().any(|row| agrees(object, row)),
                "{name}: {object:?} {rows:?}"
            );
        }
    }
    // Nobody loses points without a word: who asks for any network is not given faces.
    let case = load("yunet/synthetic_320x256");
    let answer = Run::new("NvDsInferParseRsnvds", vec![case.frame.clone()]).run();
    assert_eq!(answer.frames[0].1, []);
}

/// What DeepStream-Yolo's own parsers give, before anything is suppressed: row by row.
#[test]
fn objects_are_those_of_deepstream_yolo() {
    let mut compared = 0;
    for (name, format) in [
        ("deepstream-yolo/c1_256x160", "deepstream-yolo"),
        ("deepstream-yolo/c1_256x160_three", "deepstream-yoloe-2023"),
        (
            "deepstream-yolo/c1_256x160_three_cxcywh_int",
            "deepstream-yolo-2023",
        ),
        ("deepstream-yolo/c4_crowd_256", "deepstream-yolo"),
        (
            "deepstream-yolo/c4_crowd_256_three",
            "deepstream-yoloe-2023",
        ),
        ("deepstream-yolo/c80_320", "deepstream-yolo"),
    ] {
        let case = load(name);
        let run = || Run::new(YOLO, vec![case.frame.clone()]).options(format!("format={format}"));
        let objects = run().objects();
        assert_same(name, &objects, &case.rows("parsed"));
        compared += objects.len();
        // Objects of the other size are the same ones.
        assert_eq!(run().old().objects(), objects, "{name}");
        // As nvinfer's own suppression leaves them.
        let suppressed = run().options(format!(
            "format={format};nms-mode=per-class;nms-iou-threshold=0.45"
        ));
        assert_same(name, &suppressed.objects(), &case.rows("expected_ltwh"));
    }
    assert!(compared > 800, "{compared}");
}

/// Networks that need no suppression: exactly what the judges find.
#[test]
fn rows_of_networks_without_suppression_are_given_as_they_are() {
    for (name, function, options) in [
        ("end2end-nx6/c10_hostile", YOLO, ""),
        ("end2end-nx6/c2_640x384_k100", YOLO, ""),
        ("end2end-nx6/c4_zero_padded", YOLO, ""),
        ("end2end-nx6/c80_640", YOLO, ""),
        ("centernet/vtest", YOLO, ""),
        ("detr/focal_q100_c2", DETR, "format=rtdetr"),
        ("detr/focal_q300_c1", DETR, "format=rtdetr"),
        ("detr/focal_q300_c91_hostile", DETR, "format=rtdetr"),
        ("detr/rfdetr_c4_background_last", DETR, "format=rfdetr"),
        ("detr/softmax_q100_c91", DETR, "format=detr"),
        ("detr/softmax_q50_c2", DETR, "format=detr"),
        (
            "detr/ultralytics_new_nx6",
            DETR,
            "format=rtdetr-ultralytics",
        ),
        (
            "detr/ultralytics_old_4c",
            DETR,
            "format=rtdetr-ultralytics-old",
        ),
        ("toy-rtdetr/vtest_60", DETR, "format=rtdetr"),
    ] {
        let case = load(name);
        for old in [false, true] {
            let run = Run::new(function, vec![case.frame.clone()]).options(options);
            let run = if old { run.old() } else { run };
            assert_same(name, &run.objects(), &case.clipped());
        }
    }
}

/// Networks that leave suppression to nvinfer: what the judges are left with is among the objects, of which there are
/// as many as the judges had before they suppressed any.
#[test]
fn objects_are_not_suppressed() {
    for (name, format) in [
        ("yolov8/c1_192", "yolov8"),
        ("yolov8/c2_320x192", "yolov8"),
        ("yolov8/c2_320x192_half", "yolov8"),
        ("yolov8/c2_320x192_transposed", "yolov8"),
        ("yolov8/c3_crowd_256", "yolov8"),
        ("yolov8/c4_hostile_192", "yolov8"),
        ("yolov8/c5_empty_160", "yolov8"),
        ("yolov8/c80_160", "yolov8"),
        ("yolov5/c1_192", "yolov5"),
        ("yolov5/c3_hostile_160", "yolov5"),
        ("yolov5/c4_256x160", "yolov5"),
        ("yolox/c1_192", "yolox"),
        ("yolox/c3_256", "yolox"),
        ("yolox/c3_256_decoded_in_graph", "yolox-decoded"),
        ("yolox/c4_hostile_160", "yolox"),
        ("yolox/c80_160", "yolox"),
        ("yolo-nas/c2_256x160", "yolo-nas"),
        ("yolo-nas/c3_hostile_160", "yolo-nas"),
    ] {
        let case = load(name);
        let objects = Run::new(YOLO, vec![case.frame.clone()])
            .options(format!("format={format}"))
            .objects();
        assert_contains(name, &objects, &case.clipped());
        let candidates = case.about["candidates"].as_u64().unwrap() as usize;
        // Only boxes outside the network or under a pixel are missing.
        let near = candidates.saturating_sub(3)..=candidates;
        assert!(
            near.contains(&objects.len()),
            "{name}: {} of {candidates}",
            objects.len()
        );
        let [width, height] = case.frame.network.map(f64::from);
        for Object {
            sides: [x, y, w, h],
            ..
        } in objects
        {
            assert!(x >= 0.0 && y >= 0.0 && w >= 1.0 && h >= 1.0, "{name}");
            assert!(x + w <= width + 1e-3 && y + h <= height + 1e-3, "{name}");
        }
    }
}

/// One function for all: it reads what only one family can be, and refuses the others by name.
#[test]
fn any_family_is_found_by_its_layers() {
    let any = "NvDsInferParseRsnvds";
    for (name, function) in [
        ("yolov8/c2_320x192", YOLO),
        ("deepstream-yolo/c80_320", YOLO),
        ("detr/softmax_q100_c91", DETR),
        ("detr/rfdetr_c4_background_last", DETR),
    ] {
        let frame = load(name).frame;
        let objects = Run::new(any, vec![frame.clone()]).objects();
        assert_eq!(objects, Run::new(function, vec![frame]).objects(), "{name}");
        assert!(!objects.is_empty());
    }
    let rows = load("end2end-nx6/c80_640").frame;
    let answer = Run::new(any, vec![rows.clone()]).run();
    assert_eq!(answer.frames, [(true, Vec::new())], "{}", answer.messages);
    assert!(
        answer
            .messages
            .contains("NvDsInferParseRsnvdsYolo or NvDsInferParseRsnvdsDetr"),
        "{}",
        answer.messages
    );
    let stated = Run::new(any, vec![rows.clone()])
        .options("format=yolo-e2e")
        .objects();
    assert_eq!(stated, Run::new(YOLO, vec![rows]).objects());
}

/// Several threads, frame after frame, networks of different families in one process: watched by AddressSanitizer, and
/// always the same objects.
#[test]
fn frames_follow_each_other_in_several_threads() {
    let names = [
        "yolov8/c3_crowd_256",
        "yolov8/c5_empty_160",
        "yolov8/c2_320x192",
        "yolov8/c80_160",
    ];
    let cases = names.map(load);
    let frames: Vec<Frame> = cases.iter().map(|case| case.frame.clone()).collect();
    for headers in [Headers::New, Headers::Sanitized] {
        let mut run = Run::new(YOLO, frames.clone());
        (run.headers, run.threads, run.rounds) = (headers, 3, 5);
        let answer = run.run();
        for ((case, name), (done, objects)) in cases.iter().zip(names).zip(&answer.frames) {
            assert!(done);
            assert_contains(name, objects, &case.clipped());
            let alone = Run::new(YOLO, vec![case.frame.clone()]).objects();
            assert_eq!(&alone, objects, "{name}");
        }
    }
}

/// Turned boxes: with their angle where an object has a place for one, else as the upright box around.
#[test]
fn turned_boxes_have_their_angle_or_the_box_around() {
    for name in ["yolo-obb/c15_160", "yolo-obb/c1_192"] {
        let case = load(name);
        let run =
            || Run::new(YOLO, vec![case.frame.clone()]).options("format=yolo-obb;nms-mode=none");
        let (objects, old) = (run().objects(), run().old().objects());
        let rows = case.about["expected_cxcywh_score_class_angle"]
            .as_array()
            .unwrap();
        assert!(!rows.is_empty());
        for row in rows {
            let row: [f64; 7] = std::array::from_fn(|index| row[index].as_f64().unwrap());
            let [x, y, width, height, score, class, angle] = row;
            let is = |object: &&Object, [width, height]: [f64; 2]| {
                let sides = [x - width / 2.0, y - height / 2.0, width, height];
                (0..4).all(|side| (object.sides[side] - sides[side]).abs() <= 5e-3)
                    && (object.confidence - score).abs() <= 1e-5
                    && f64::from(object.class) == class
            };
            let turned = objects.iter().find(|object| is(object, [width, height]));
            let turned = turned.unwrap_or_else(|| panic!("{name}: {row:?}"));
            let off = (turned.angle - angle).rem_euclid(std::f64::consts::PI);
            assert!(
                off.min(std::f64::consts::PI - off) <= 1e-4,
                "{name}: {turned:?} {angle}"
            );
            let (sin, cos) = (angle.sin().abs(), angle.cos().abs());
            let around = [width * cos + height * sin, width * sin + height * cos];
            assert!(
                old.iter().any(|object| is(&object, around)),
                "{name}: {row:?}"
            );
        }
    }
}
