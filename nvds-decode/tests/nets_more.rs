//! Reference tensors of DETRs against what other implementations make of them; `nets/README.md` has the
//! judges.

mod judge;

use std::path::Path;

use judge::Case;
use nvds_decode::EdgePolicy;
use serde_json::Value;

/// How boxes and points may differ, in pixels, and scores.
const PIXELS: f64 = 2e-3;
const SCORES: f64 = 1e-5;

fn numbers(value: &Value) -> Vec<f64> {
    let all = value.as_array().unwrap().iter();
    all.map(|number| number.as_f64().unwrap()).collect()
}

/// Compares a case with its answer, row by row; those of judges that do not sort are sorted first.
fn compare(name: &str, format: Option<&str>, decoder: &str, clipped: bool) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/nets")
        .join(name);
    let answer: Value =
        serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
    let mut case = Case::load(&path).unwrap();
    if clipped {
        case.params.edge = EdgePolicy::Clip;
    }
    let found = case
        .decode(format)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(found.layout.split(':').next(), Some(decoder), "{name}");
    assert_eq!(found.doubts, [], "{name}");
    let mut expected: Vec<Vec<f64>> = answer["expected"]
        .as_array()
        .unwrap()
        .iter()
        .map(numbers)
        .collect();
    expected.sort_by(|a, b| b[4].total_cmp(&a[4]));
    assert_eq!(found.detections.len(), expected.len(), "{name}");
    for (found, expected) in found.detections.iter().zip(&expected) {
        let b = found.bbox;
        let sides = [b.left, b.top, b.left + b.width, b.top + b.height];
        for (side, expected) in sides.into_iter().zip(expected) {
            assert!(
                (f64::from(side) - expected).abs() < PIXELS,
                "{name}: {found:?} {expected}"
            );
        }
        assert!(
            (f64::from(found.score) - expected[4]).abs() < SCORES,
            "{name}: {found:?}"
        );
        assert_eq!(f64::from(found.class_id), expected[5], "{name}");
        if let Some(dropped) = answer.get("dropped_entries") {
            assert!(
                !numbers(dropped).contains(&found.entry.into()),
                "{name}: {found:?}"
            );
        }
    }
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
        compare(name, format, decoder, clipped);
    }
}
