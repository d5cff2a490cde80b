//! Classifiers, text recognisers and embeddings: reference tensors against what other implementations make of them, and
//! what holds for any tensors.

mod answers;
#[allow(dead_code)] // its layers are read
mod judge;

use std::path::{Path, PathBuf};

use nvds_decode::classes::{Classifier, Method, Options};
use nvds_decode::embedding::{Embedder, Gallery, GalleryError};
use nvds_decode::text::{Blank, Columns, Recogniser};
use nvds_decode::{Activation, DecodeError, TensorView, embedding, text};
use proptest::prelude::*;
use serde_json::Value;

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/nets")
        .join(name)
}

/// What is found for a case, and the case with its answers.
fn judged(name: &str) -> (Value, Value) {
    let path = case(name).with_extension("json");
    let found = answers::answer(&path)
        .unwrap()
        .expect("a case without boxes");
    let expected = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    (found, expected)
}

fn assert_near(name: &str, found: &Value, expected: &Value) {
    match (found, expected) {
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{name}: {found:?}");
            found
                .iter()
                .zip(expected)
                .for_each(|(a, b)| assert_near(name, a, b));
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() < 1e-5, "{name}: {a} instead of {b}");
        }
        _ => assert_eq!(found, expected, "{name}"),
    }
}

#[test]
fn the_judges_agree() {
    let softmax = &["softmax_top5", "sigmoid_top5", "sigmoid_above_half"][..];
    for (name, fields) in [
        ("classifier/c1000", softmax),
        ("classifier/c1_sigmoid", softmax),
        ("classifier/c2", softmax),
        ("classifier/c6", softmax),
        (
            "classifier/three_heads",
            &["expected_layer_class_probability"],
        ),
        ("face-attributes/emotion", &["best"]),
        ("face-attributes/gender", &["best"]),
        ("face-embedding/three_faces", &["norms", "cosine"]),
        ("lpr-ctc/A8C2K6", &["text", "indices", "mean_probability"]),
        ("lpr-ctc/X77BD1", &["text", "indices", "mean_probability"]),
    ] {
        let (found, expected) = judged(name);
        for field in fields {
            assert!(expected.get(field).is_some(), "{name} has no {field}");
            assert_near(name, &found[field], &expected[field]);
        }
    }
}

/// Cases of another folder, of the same kinds.
#[test]
fn other_folders_agree_too() {
    let Some(root) = std::env::var_os("RSNVDS_NETS").map(PathBuf::from) else {
        return;
    };
    let mut compared = 0;
    for kind in [
        "classifier",
        "real/face-attributes",
        "real/face-embedding",
        "real/lpr-ctc",
        "real/ocr-ctc",
    ] {
        for file in std::fs::read_dir(root.join(kind)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let found = answers::answer(&path)
                .unwrap()
                .expect("a case without boxes");
            let expected: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            for (field, value) in found.as_object().unwrap() {
                // How many classes there are has the name of those that are found.
                if let Some(expected) = expected.get(field)
                    && field != "classes"
                {
                    assert_near(path.to_str().unwrap(), value, expected);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 10, "{compared}");
}

/// Rows with NaN and infinity have no softmax, great numbers do not overflow, of equals the first counts.
#[test]
fn hostile_logits_have_no_answer() {
    let (found, _) = judged("classifier/hostile");
    let classes = found["classes"].as_array().unwrap();
    let heads: Vec<u64> = classes.iter().map(|row| row[0].as_u64().unwrap()).collect();
    assert_eq!(heads, [3, 4]);
    assert_near(
        "hostile",
        &classes[0],
        &serde_json::json!([3, 0, 0.731_058_6]),
    );
    assert_near("hostile", &classes[1], &serde_json::json!([4, 0, 0.25]));
}

fn floats<'t>(name: &'t str, dims: &[usize], values: &'t [f32]) -> TensorView<'t> {
    TensorView::new(name, dims, values).unwrap()
}

fn run(options: Options, tensors: &[TensorView<'_>], threshold: f32) -> Vec<(u32, u32, f32)> {
    let mut classifier = Classifier::new(options);
    let found = classifier.run(tensors, threshold).unwrap();
    found
        .iter()
        .map(|class| (class.head, class.class, class.score))
        .collect()
}

#[test]
fn layers_are_chosen_by_names_and_dimensions() {
    let scores = [0.2, 0.8];
    let boxes = floats("boxes", &[2, 2], &[0.0; 4]);
    let mut classifier = Classifier::default();
    let error = classifier
        .run(&[boxes, floats("scores", &[2], &scores)], 0.5)
        .unwrap_err();
    assert!(error.is_unrelated(), "{error}");
    let named = |name: &str| Options {
        layers: vec![name.to_owned()],
        ..Options::default()
    };
    let tensors = [boxes, floats("scores", &[2], &scores)];
    assert_eq!(run(named("scores"), &tensors, 0.5), [(0, 1, 0.8)]);
    assert!(matches!(
        Classifier::new(named("score")).run(&tensors, 0.5),
        Err(DecodeError::NoLayer { .. })
    ));
    // Before and after the softmax, the same layer twice.
    let twins = [
        floats("logits", &[2], &[-9.0, 9.0]),
        floats("softmax", &[2], &scores),
    ];
    assert_eq!(run(Options::default(), &twins, 0.5), [(0, 1, 0.8)]);
}

#[test]
fn numbers_of_classes_are_read_with_or_without_scores() {
    let options = || Options {
        method: Method::Index,
        ..Options::default()
    };
    let classes = TensorView::new("argmax", &[1, 3], &[4i32, -1, 2][..]).unwrap();
    assert_eq!(run(options(), &[classes], 0.5), [(0, 4, 1.0), (2, 2, 1.0)]);
    let scores = floats("max", &[3], &[0.4, 0.9, 0.9]);
    assert_eq!(run(options(), &[scores, classes], 0.5), [(2, 2, 0.9)]);
}

#[test]
fn a_space_may_follow_the_dictionary() {
    // Blank, A, B, space.
    let rows = [
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.9],
        [0.0, 0.0, 1.0, 0.0],
    ]
    .concat();
    let options = |columns, blank| text::Options {
        characters: vec!["A".to_owned(), "B".to_owned()],
        columns,
        blank,
        ..text::Options::default()
    };
    let tensors = [floats("out", &[3, 4], &rows)];
    let read = |options| Recogniser::new(options).run(&tensors).unwrap().text.clone();
    // Three columns of two characters, a blank and a space, or four of two and a blank: the dictionary fits both.
    assert_eq!(read(options(Columns::First, Blank::Auto)), "A B");
    assert_ne!(read(options(Columns::Last, Blank::Last)), "A B");
}

#[test]
fn a_gallery_says_what_is_wrong() {
    let error = Gallery::from_bytes(b"nothing").unwrap_err();
    assert!(matches!(error, GalleryError::Format(_)), "{error}");
    let empty = [&2u64.to_le_bytes()[..], b"{}"].concat();
    assert_eq!(Gallery::from_bytes(&empty), Err(GalleryError::Empty));
    let header = br#"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#;
    let file = |numbers: [f32; 4]| {
        let numbers: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        [&(header.len() as u64).to_le_bytes()[..], header, &numbers].concat()
    };
    let gallery = Gallery::from_bytes(&file([1.0, 0.0, 0.0, 3.0])).unwrap();
    let nearest = gallery.nearest(&[0.0, 0.5]).unwrap();
    assert_eq!(
        (nearest.name, nearest.similarity),
        ("a", 1.0),
        "the nearer of two pictures"
    );
    assert!(gallery.nearest(&[1.0]).is_none() && gallery.nearest(&[0.0, 0.0]).is_none());
    let error = Gallery::from_bytes(&file([1.0, 0.0, f32::NAN, 3.0])).unwrap_err();
    assert!(error.to_string().contains("not finite"), "{error}");
}

fn number() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => -20f32..20.0,
        1 => Just(f32::NAN),
        1 => Just(f32::INFINITY),
        1 => Just(f32::NEG_INFINITY),
        1 => any::<f32>(),
    ]
}

fn numbers() -> impl Strategy<Value = Vec<f32>> {
    proptest::collection::vec(number(), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever the numbers are: scores are finite and reach the threshold, classes are in range, each once in a head.
    #[test]
    fn classes_are_sound(values in numbers(), method in 0..4usize, activation in 0..4usize, threshold in 0f32..1.0) {
        let method = [Method::Max, Method::Multi, Method::Expectation, Method::Regression][method];
        let activation =
            [None, Some(Activation::None), Some(Activation::Sigmoid), Some(Activation::Softmax)][activation];
        let options = Options { method, activation, ..Options::default() };
        let mut classifier = Classifier::new(options);
        // More values than a regression has are refused.
        let most = if method == Method::Regression { 8 } else { values.len() };
        let values = &values[..values.len().min(most)];
        let tensors = [floats("x", &[values.len(), 1, 1], values)];
        let found = classifier.run(&tensors, threshold).unwrap().to_vec();
        for class in &found {
            prop_assert!(class.score.is_finite() && class.score >= threshold);
            if method != Method::Regression {
                prop_assert!((class.class as usize) < values.len() || class.value.is_some());
            }
        }
        if method == Method::Multi {
            prop_assert!(found.is_sorted_by(|a, b| a.score >= b.score));
        }
        if method == Method::Max {
            prop_assert!(found.len() <= 1);
        }
        // The same again: nothing is left from frame to frame.
        prop_assert_eq!(&found, classifier.run(&tensors, threshold).unwrap());
    }

    /// Texts are of the dictionary's characters, at most one for each column.
    #[test]
    fn texts_are_sound(values in proptest::collection::vec(number(), 40), across: bool) {
        let characters: Vec<String> = "ABC".chars().map(String::from).collect();
        let dims = if across { [4, 10] } else { [10, 4] };
        let mut recogniser = Recogniser::new(text::Options { characters, ..text::Options::default() });
        let tensors = [floats("x", &dims, &values)];
        let found = recogniser.run(&tensors).unwrap().clone();
        prop_assert!(found.text.chars().all(|letter| "ABC".contains(letter)));
        prop_assert!(found.indices.len() + found.unsound <= 10);
        prop_assert_eq!(found.indices.len(), found.scores.len());
        prop_assert!(found.scores.iter().all(|score| score.is_finite()));
        prop_assert_eq!(&found, recogniser.run(&tensors).unwrap());
    }

    /// An embedding is of length 1, or there is none.
    #[test]
    fn embeddings_are_of_length_1(values in proptest::collection::vec(number(), 2..40)) {
        let options = embedding::Options { normalize: true, layer: None };
        let mut embedder = Embedder::new(options);
        let tensors = [floats("x", &[values.len()], &values)];
        if let Some(found) = embedder.run(&tensors).unwrap() {
            let length: f64 = found.values.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
            prop_assert!((length - 1.0).abs() < 1e-4, "{}", length);
        } else {
            prop_assert!(values.iter().any(|v| !v.is_finite() || v.abs() > 1e18) || values.iter().all(|v| *v == 0.0));
        }
    }
}
