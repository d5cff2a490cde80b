//! Reference tensors of semantic segmentations, poses and masks against what other implementations make of them;
//! `nets/README.md` has the judges.

mod answers;
#[allow(dead_code)] // its layers are read
mod judge;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nvds_decode::{Geometry, Layout, Padding, Params, Postprocessor, Size, TensorView, maskrcnn};
use safetensors::SafeTensors;
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    let nets = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nets");
    nets.join(name).with_extension("json")
}

/// What is found for a case, and the case with its answers.
fn judged(name: &str) -> (Value, Value) {
    let found = answers::answer(&path(name)).unwrap();
    let expected = serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap();
    (found.expect("a case without boxes"), expected)
}

fn assert_near(name: &str, found: &Value, expected: &Value) {
    match (found, expected) {
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{name}: {found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert_near(name, found, expected);
            }
        }
        _ => {
            let (a, b) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
            assert!((a - b).abs() < 1e-4, "{name}: {a} instead of {b}");
        }
    }
}

#[test]
fn poses_equal_the_judges() {
    for (name, fields) in [
        (
            "pose-simcc/rtmpose_256x192",
            &[("bins", "expected_bins"), ("scores", "expected_scores")][..],
        ),
        (
            "pose-heatmap/hrnet_256x192",
            &[("keypoints", "expected_keypoints")],
        ),
        (
            "movenet/lightning_carphone",
            &[("keypoints", "expected_keypoints")],
        ),
        (
            "movenet/multipose_vtest",
            &[
                ("keypoints", "expected_keypoints"),
                ("detections", "expected"),
            ],
        ),
    ] {
        let (found, expected) = judged(name);
        for (own, theirs) in fields {
            let (found, expected) = (&found[own], &expected[theirs]);
            // Of one person, a case has no list of people.
            let one = name.contains("heatmap") || name.contains("lightning");
            assert_near(name, if one { &found[0] } else { found }, expected);
        }
    }
}

/// Classes of runs such as `0x12 -1x4`.
fn classes(runs: &Value) -> Vec<i16> {
    let words = runs.as_str().unwrap().split(' ');
    words
        .flat_map(|word| {
            let (class, count) = word.rsplit_once('x').unwrap();
            vec![class.parse::<i16>().unwrap(); count.parse().unwrap()]
        })
        .collect()
}

#[test]
fn maps_equal_the_judges() {
    for (name, layer, runs, key) in [
        (
            "c1_sigmoid_64",
            "probabilities",
            "/runs",
            "expected_nvinfer_threshold",
        ),
        (
            "c2_64x64",
            "probabilities",
            "/runs",
            "expected_nvinfer_threshold",
        ),
        (
            "c2_64x64",
            "probabilities",
            "/argmax/runs",
            "expected_argmax",
        ),
        ("c2_64x64", "logits", "/argmax/runs", "expected_argmax"),
        ("c2_64x64", "nhwc", "/argmax/runs", "expected_argmax"),
        ("c2_64x64", "argmax_in_graph", "/runs", "expected_argmax"),
    ] {
        let name = format!("semantic-seg/{name}");
        let (found, _) = judged(&name);
        let bytes = std::fs::read(path(&name).with_extension("safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let expected = file.tensor(key).unwrap();
        let expected = expected.data().as_chunks().0.iter();
        let expected: Vec<i16> = expected.copied().map(i16::from_le_bytes).collect();
        let found = found["maps"][layer].pointer(runs).unwrap();
        assert!(classes(found) == expected, "{name}: {layer} {key}");
    }
}

/// What a case of a Mask R-CNN gives for its frame.
fn mask_rcnn(name: &str, case: &Value) -> Postprocessor {
    let size = |key: &str| {
        let side = |at: usize| case[key][at].as_u64().unwrap() as u32;
        Size::new(side(0), side(1))
    };
    let geometry = Geometry::new(size("network"), size("frame"), Padding::Stretch).unwrap();
    let params = Params {
        score_threshold: case["params"]["score_threshold"].as_f64().unwrap() as f32,
        ..Params::default()
    };
    let layers = judge::layers(&path(name)).unwrap();
    let tensors: Vec<TensorView<'_>> = layers.iter().map(judge::Layer::view).collect();
    let mut postprocessor = Postprocessor::of(&maskrcnn::FAMILY, Arc::<Layout>::default());
    postprocessor.run(&tensors, &geometry, &params).unwrap();
    postprocessor
}

/// The pixels of the frame in whose middle a mask, stretched over its box, is above one half.
fn inside(values: &[f32], size: Size, sides: [f64; 4], frame: (usize, usize)) -> Vec<bool> {
    let (width, height) = (size.width as usize, size.height as usize);
    let [left, top, right, bottom] = sides;
    let place = |at: usize, from: f64, to: f64, cells: usize| {
        let place = (at as f64 + 0.5 - from) / (to - from) * cells as f64 - 0.5;
        let place = place.clamp(0.0, cells as f64 - 1.0);
        let cell = (place as usize).min(cells.saturating_sub(2));
        (cell, (cell + 1).min(cells - 1), place - cell as f64)
    };
    let value = |x: usize, y: usize| f64::from(values[y * width + x]);
    let pixel = |x: usize, y: usize| {
        let middle = (x as f64 + 0.5, y as f64 + 0.5);
        let in_box = left < middle.0 && middle.0 < right && top < middle.1 && middle.1 < bottom;
        let (a, b, across) = place(x, left, right, width);
        let (c, d, down) = place(y, top, bottom, height);
        let line = |y: usize| value(a, y) * (1.0 - across) + value(b, y) * across;
        in_box && line(c) * (1.0 - down) + line(d) * down > 0.5
    };
    (0..frame.0 * frame.1)
        .map(|at| pixel(at % frame.0, at / frame.0))
        .collect()
}

#[test]
fn masks_of_boxes_equal_the_reference() {
    for (name, decoder, tolerance) in [
        ("tao_logits", "tao-mask-rcnn", 2e-4),
        ("tao_sigmoid_half", "tao-mask-rcnn", 2e-4),
        ("torchvision_boxes", "mask-rcnn", 2e-4),
        ("torchvision_whole_half", "mask-rcnn", 2e-4),
    ] {
        let name = format!("mask-rcnn/{name}");
        let case: Value = serde_json::from_slice(&std::fs::read(path(&name)).unwrap()).unwrap();
        let bytes = std::fs::read(path(&name).with_extension("safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let found = mask_rcnn(&name, &case);
        assert_eq!(found.decoder().unwrap().name, decoder, "{name}");
        assert_eq!(found.doubts().count(), 0, "{name}");
        let expected = case["expected"].as_array().unwrap();
        assert_eq!(found.detections().len(), expected.len(), "{name}");
        for (index, (detection, row)) in found.detections().iter().zip(expected).enumerate() {
            let row: Vec<f64> = serde_json::from_value(row.clone()).unwrap();
            let b = detection.bbox;
            let sides = [b.left, b.top, b.left + b.width, b.top + b.height].map(f64::from);
            let near = sides.iter().zip(&row).all(|(a, b)| (a - b).abs() < 1e-3);
            let same =
                f64::from(detection.score) == row[4] && f64::from(detection.class_id) == row[5];
            assert!(
                near && same,
                "{name} {index}: {detection:?} instead of {row:?}"
            );

            let mask = file.tensor(&format!("expected_mask_{index}")).unwrap();
            let (values, size) = found.extras().mask_of(index).unwrap();
            let shape = [size.height as usize, size.width as usize];
            assert_eq!(shape, mask.shape(), "{name} {index}");
            let wanted = mask
                .data()
                .as_chunks()
                .0
                .iter()
                .copied()
                .map(f32::from_le_bytes);
            for (at, (value, wanted)) in values.iter().zip(wanted).enumerate() {
                assert!(
                    (value - wanted).abs() < tolerance,
                    "{name} {index}, value {at}: {value}, {wanted}"
                );
            }

            // As it is drawn: stretched over the box that is attached.
            let frame: [usize; 2] = serde_json::from_value(case["frame"].clone()).unwrap();
            let drawn = inside(values, size, sides, (frame[0], frame[1]));
            let runs: Vec<usize> =
                serde_json::from_value(case["expected_inside"][index].clone()).unwrap();
            let bits = runs
                .iter()
                .enumerate()
                .flat_map(|(at, &run)| vec![at % 2 == 1; run]);
            let (mut both, mut either) = (0, 0);
            for (drawn, wanted) in drawn.iter().zip(bits) {
                both += usize::from(*drawn & wanted);
                either += usize::from(*drawn | wanted);
            }
            assert!(
                both > 40 && both as f64 > 0.97 * either as f64,
                "{name} {index}: {both} of {either}"
            );
        }
    }
}
