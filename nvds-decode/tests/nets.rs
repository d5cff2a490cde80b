//! Reference tensors of YOLO networks against what other implementations make of them: the same boxes
//! in the same order. `nets/README.md` has the judges.

mod judge;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use judge::{Answer, Case};
use nvds_decode::{Extras, yolo};
use serde::Deserialize;

/// What the judge of a case found.
#[derive(Deserialize)]
struct Expected {
    expected: Option<Vec<[f64; 6]>>,
    expected_ltwh: Option<Vec<[f64; 6]>>,
    #[serde(default)]
    dropped_entries: Vec<u32>,
}

impl Expected {
    fn load(path: &Path) -> Self {
        serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap()
    }

    /// Rows x1, y1, x2, y2, score, class.
    fn rows(&self) -> Vec<[f64; 6]> {
        let corners = |[x, y, w, h, score, class]: [f64; 6]| [x, y, x + w, y + h, score, class];
        match (&self.expected, &self.expected_ltwh) {
            (Some(rows), _) => rows.clone(),
            (None, Some(rows)) => rows.iter().copied().map(corners).collect(),
            (None, None) => panic!("the case has no answer"),
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nets")
}

/// Compares an answer with the rows of a judge, one by one.
fn compare(name: &str, answer: &Answer, expected: &[[f64; 6]], score_tolerance: f64) {
    let found: Vec<[f64; 6]> = answer
        .detections
        .iter()
        .map(|found| {
            let b = found.bbox;
            let sides = [
                b.left,
                b.top,
                b.left + b.width,
                b.top + b.height,
                found.score,
            ];
            let [x1, y1, x2, y2, score] = sides.map(f64::from);
            [x1, y1, x2, y2, score, f64::from(found.class_id)]
        })
        .collect();
    assert_eq!(found.len(), expected.len(), "{name}: {found:?}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let near = |k: usize, tolerance: f64| (found[k] - expected[k]).abs() <= tolerance;
        let agree = (0..4).all(|side| near(side, 2e-3))
            && near(4, score_tolerance)
            && found[5] == expected[5];
        assert!(
            agree,
            "{name}, detection {index}: {found:?}, expected {expected:?}"
        );
    }
}

/// Cases, the format to state, and the decoder that reads them.
const CASES: [(&str, Option<&str>, &str); 32] = [
    ("yolov8/c1_192", None, "yolov8"),
    ("yolov8/c2_320x192", None, "yolov8"),
    ("yolov8/c2_320x192_half", None, "yolov8"),
    ("yolov8/c2_320x192_transposed", Some("yolo11"), "yolov8"),
    ("yolov8/c3_crowd_256", None, "yolov8"),
    ("yolov8/c4_hostile_192", None, "yolov8"),
    ("yolov8/c5_empty_160", None, "yolov8"),
    ("yolov8/c6_agnostic_192", None, "yolov8"),
    ("yolov8/c6_multilabel_192", None, "yolov8"),
    ("yolov8/c80_160", None, "yolov8"),
    ("yolov5/c1_192", Some("yolov5"), "yolov5"),
    ("yolov5/c3_hostile_160", None, "yolov5"),
    ("yolov5/c4_256x160", None, "yolov5"),
    ("yolox/c1_192", Some("yolox"), "yolox"),
    ("yolox/c3_256", Some("yolox"), "yolox"),
    (
        "yolox/c3_256_decoded_in_graph",
        Some("yolox-decoded"),
        "yolov5",
    ),
    ("yolox/c4_hostile_160", Some("yolox"), "yolox"),
    ("yolox/c80_160", Some("yolox"), "yolox"),
    ("end2end-nx6/c10_hostile", None, "yolo-e2e"),
    ("end2end-nx6/c2_640x384_k100", None, "yolo-e2e"),
    ("end2end-nx6/c4_zero_padded", None, "yolo-e2e"),
    ("end2end-nx6/c80_640", None, "yolo-e2e"),
    ("centernet/vtest", None, "yolo-e2e"),
    ("yolo-nas/c2_256x160", None, "yolo-nas"),
    ("yolo-nas/c3_hostile_160", None, "yolo-nas"),
    ("nanodet/vtest_60", None, "nanodet"),
    (
        "deepstream-yolo/c1_256x160",
        Some("deepstream-yolo"),
        "deepstream-yolo",
    ),
    (
        "deepstream-yolo/c1_256x160_three",
        Some("deepstream-yoloe-2023"),
        "deepstream-yoloe-2023",
    ),
    (
        "deepstream-yolo/c1_256x160_three_cxcywh_int",
        Some("deepstream-yolo-2023"),
        "deepstream-yolo-2023",
    ),
    ("deepstream-yolo/c4_crowd_256", None, "deepstream-yolo"),
    (
        "deepstream-yolo/c4_crowd_256_three",
        Some("deepstream-yoloe-2023"),
        "deepstream-yoloe-2023",
    ),
    ("deepstream-yolo/c80_320", None, "deepstream-yolo"),
];

#[test]
fn detections_equal_the_judges() {
    let mut compared = 0;
    for (name, format, decoder) in CASES {
        let path = folder().join(name);
        let expected = Expected::load(&path);
        let answer = Case::load(&path).and_then(|case| case.decode(format));
        let answer = answer.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(answer.layout.split(':').next(), Some(decoder), "{name}");
        assert_eq!(answer.doubts, [], "{name}");
        assert_eq!(answer.extras, Extras::default(), "{name}");
        // HALF scores are what they are as FLOAT.
        compare(name, &answer, &expected.rows(), 1e-5);
        for found in &answer.detections {
            assert!(
                !expected.dropped_entries.contains(&found.entry),
                "{name}: {found:?}"
            );
        }
        compared += answer.detections.len();
    }
    assert!(compared > 400, "{compared}");
}

/// Every case that needs a format is refused without one, and told which formats it may have.
#[test]
fn what_two_formats_fit_is_refused() {
    for (name, format, decoder) in CASES {
        let Some(_) = format else {
            continue;
        };
        let case = Case::load(&folder().join(name)).unwrap();
        let error = case.decode(None).map(|answer| answer.layout).unwrap_err();
        let format = nvds_decode::families::by_name(decoder).unwrap().format;
        assert!(error.contains("can be read in"), "{name}: {error}");
        assert!(
            error.contains(&format!("format={}", format.name())),
            "{name}: {error}"
        );
    }
}

#[test]
fn every_case_is_decoded() {
    let mut files = BTreeSet::new();
    for kind in std::fs::read_dir(folder()).unwrap() {
        let kind = kind.unwrap();
        // Other kinds have tests of their own.
        let name = format!("{}/", kind.file_name().to_str().unwrap());
        if !CASES.iter().any(|(case, ..)| case.starts_with(&name)) {
            continue;
        }
        for file in std::fs::read_dir(kind.path()).unwrap() {
            let path = file.unwrap().path().with_extension("");
            let case = path.strip_prefix(folder()).unwrap();
            files.insert(case.to_str().unwrap().to_owned());
        }
    }
    let cases: BTreeSet<String> = CASES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(files, cases);
}

/// Cases of another folder, whose formats need not be stated or follow from its names.
#[test]
fn other_folders_agree_too() {
    let Some(root) = std::env::var_os("RSNVDS_NETS") else {
        return;
    };
    let root = PathBuf::from(root);
    let kinds = [
        ("yolov8", "yolov8"),
        ("yolov5", "yolov5"),
        ("yolox", "yolox"),
        ("end2end-nx6", "yolo-e2e"),
        ("yolo-nas", "yolo-nas"),
        ("deepstream-yolo", "deepstream-yolo"),
        ("real/yolox-nano", "yolox"),
        ("real/nanodet", "nanodet"),
        ("real/centernet", "centernet"),
    ];
    let mut compared = 0;
    for (kind, format) in kinds {
        for file in std::fs::read_dir(root.join(kind)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let name = path.file_stem().unwrap().to_str().unwrap();
            let format = match name {
                _ if name.contains("decoded_in_graph") => "yolox-decoded",
                _ if name.contains("cxcywh") => "deepstream-yolo-2023",
                _ if name.contains("three") => "deepstream-yoloe-2023",
                // Of faces, key points and masks.
                _ if ["face", "pose", "seg"]
                    .iter()
                    .any(|word| name.starts_with(word)) =>
                {
                    continue;
                }
                _ => format,
            };
            let answer = Case::load(&path).and_then(|case| case.decode(Some(format)));
            let answer = answer.unwrap_or_else(|error| panic!("{kind}/{name}: {error}"));
            let expected = Expected::load(&path);
            compare(&format!("{kind}/{name}"), &answer, &expected.rows(), 1e-5);
            compared += 1;
        }
    }
    assert_ne!(compared, 0);
}

/// The decoders without a judge of their own read what others read, written in their way.
mod rewritten {
    use super::*;
    use nvds_decode::{Geometry, Layout, Padding, Params, Postprocessor, TensorView};
    use std::sync::Arc;

    /// What a case gives, and its tensors, to be written in another way.
    fn original(name: &str, format: Option<&str>) -> (Case, Answer) {
        let case = Case::load(&folder().join(name)).unwrap();
        let answer = case.decode(format).unwrap();
        assert!(answer.detections.len() > 5);
        (case, answer)
    }

    fn numbers<'a>(tensors: &[TensorView<'a>], name: &str) -> &'a [f32] {
        let tensor = tensors.iter().find(|tensor| tensor.name() == name).unwrap();
        tensor.slice().unwrap()
    }

    fn agree(
        case: &Case,
        answer: &Answer,
        decoder: &str,
        tensors: &[TensorView<'_>],
        params: &Params,
        tolerance: f32,
    ) {
        let (_, layout) = case.layout(None).unwrap();
        let decoder = nvds_decode::families::by_name(decoder).unwrap();
        let layout = Layout {
            format: Some(decoder.format),
            ..layout
        };
        let geometry = Geometry::new(case.network, case.network, Padding::Stretch).unwrap();
        let mut postprocessor = Postprocessor::of(&yolo::FAMILY, Arc::new(layout));
        let found = postprocessor.run(tensors, &geometry, params).unwrap();
        assert_eq!(found.len(), answer.detections.len());
        for (found, expected) in found.iter().zip(&answer.detections) {
            let (a, b) = (found.bbox, expected.bbox);
            let sides = [
                a.left - b.left,
                a.top - b.top,
                a.width - b.width,
                a.height - b.height,
            ];
            assert!(
                sides.iter().all(|side| side.abs() <= tolerance),
                "{found:?} {expected:?}"
            );
            assert!((found.score - expected.score).abs() <= 1e-5);
            assert_eq!(
                (found.class_id, found.entry),
                (expected.class_id, expected.entry)
            );
        }
        assert_eq!(
            postprocessor.decoder().map(|used| used.name),
            Some(decoder.name)
        );
    }

    #[test]
    fn rows_of_other_columns() {
        let (case, answer) = original("end2end-nx6/c80_640", None);
        let views: Vec<_> = case.layers.iter().map(judge::Layer::view).collect();
        let rows = numbers(&views, "output0").as_chunks::<6>().0;
        let write = |order: fn(&[f32; 6]) -> Vec<f32>| -> Vec<f32> {
            rows.iter().flat_map(order).collect()
        };
        let flat = |name, data: &[f32]| {
            let columns = data.len() / rows.len();
            let view = TensorView::new("rows", &[rows.len(), columns], data).unwrap();
            agree(&case, &answer, name, &[view], &case.params, 1e-4);
        };
        flat(
            "yolov7-e2e",
            &write(|&[a, b, c, d, score, class]| vec![0.0, a, b, c, d, class, score]),
        );
        flat(
            "super-gradients-flat",
            &write(|&[a, b, c, d, score, class]| vec![0.0, a, b, c, d, score, class]),
        );
        let counted = write(|&[a, b, c, d, score, class]| vec![class, score, a, b, c, d]);
        flat("pp-yoloe", &counted);
        // With a count, what comes after it is none.
        let count = [rows.len() as i32 - 1];
        let mut doubled = counted.clone();
        let last = doubled.len() - 6;
        doubled[last..].copy_from_slice(&[1.0, 1.0, 5.0, 5.0, 50.0, 50.0]);
        let tensors = [
            TensorView::new("multiclass_nms3_0.tmp_0", &[rows.len(), 6], &doubled[..]).unwrap(),
            TensorView::new("multiclass_nms3_0.tmp_2", &[1], &count[..]).unwrap(),
        ];
        agree(&case, &answer, "pp-yoloe", &tensors, &case.params, 1e-4);
    }

    #[test]
    fn rows_of_centres() {
        let (case, answer) = original("deepstream-yolo/c80_320", None);
        let views: Vec<_> = case.layers.iter().map(judge::Layer::view).collect();
        let rows = numbers(&views, "output").as_chunks::<6>().0;
        let centred: Vec<f32> = rows
            .iter()
            .flat_map(|&[a, b, c, d, score, class]| {
                [(a + c) / 2.0, (b + d) / 2.0, c - a, d - b, score, class]
            })
            .collect();
        let view = TensorView::new("output", &[rows.len(), 6], &centred[..]).unwrap();
        let params = Params {
            edge: nvds_decode::EdgePolicy::Clip,
            ..case.params.clone()
        };
        agree(
            &case,
            &answer,
            "deepstream-yolo-2023-rows",
            &[view],
            &params,
            1e-3,
        );
    }

    /// NanoDet's levels as maps of logits, distances and scores in one layer or apart.
    #[test]
    fn levels_as_maps() {
        let (case, answer) = original("nanodet/vtest_60", None);
        let views: Vec<_> = case.layers.iter().map(judge::Layer::view).collect();
        let (classes, distances) = (24, 44);
        for joined in [true, false] {
            let mut layers: Vec<(String, Vec<usize>, Vec<f32>)> = Vec::new();
            for (stride, side) in [(32, 13), (8, 52), (16, 26)] {
                let turned = |name: &str, channels: usize, change: fn(f32) -> f32| -> Vec<f32> {
                    let rows = numbers(&views, &format!("{name}_{stride}"));
                    let cells = side * side;
                    assert_eq!(rows.len(), cells * channels);
                    let at = |channel, cell| change(rows[cell * channels + channel]);
                    (0..channels)
                        .flat_map(|channel| (0..cells).map(move |cell| at(channel, cell)))
                        .collect()
                };
                let logit = |score: f32| (f64::from(score) / (1.0 - f64::from(score))).ln() as f32;
                let distance = turned("dis", distances, |number| number);
                let scores = turned("cls", classes, logit);
                match joined {
                    true => {
                        let both = [distance, scores].concat();
                        layers.push((
                            format!("p{stride}"),
                            vec![distances + classes, side, side],
                            both,
                        ));
                    }
                    false => {
                        layers.push((format!("s{stride}"), vec![1, classes, side, side], scores));
                        layers.push((
                            format!("d{stride}"),
                            vec![1, distances, side, side],
                            distance,
                        ));
                    }
                }
            }
            let tensors: Vec<TensorView<'_>> = layers
                .iter()
                .map(|(name, dims, data)| TensorView::new(name, dims, &data[..]).unwrap())
                .collect();
            let (_, layout) = case.layout(None).unwrap();
            let layout = Layout {
                format: Some(nvds_decode::Format::Yolov8Raw),
                options: nvds_decode::Options::Yolo(yolo::Yolo {
                    bins: Some(11),
                    ..yolo::Yolo::default()
                }),
                ..layout
            };
            let geometry = Geometry::new(case.network, case.network, Padding::Stretch).unwrap();
            let mut postprocessor = Postprocessor::of(&yolo::FAMILY, Arc::new(layout));
            let found = postprocessor
                .run(&tensors, &geometry, &case.params)
                .unwrap();
            assert_eq!(found.len(), answer.detections.len());
            for (found, expected) in found.iter().zip(&answer.detections) {
                assert!(
                    (found.bbox.left - expected.bbox.left).abs() < 1e-3,
                    "{found:?} {expected:?}"
                );
                assert!((found.bbox.height - expected.bbox.height).abs() < 1e-3);
                assert!((found.score - expected.score).abs() < 1e-5);
                assert_eq!(
                    (found.class_id, found.entry),
                    (expected.class_id, expected.entry)
                );
            }
        }
    }
}
