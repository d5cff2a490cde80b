//! Reference tensors of semantic segmentations and poses against what other implementations make of them;
//! `nets/README.md` has the judges.

mod answers;
#[allow(dead_code)] // its layers are read
mod judge;

use std::path::{Path, PathBuf};

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
