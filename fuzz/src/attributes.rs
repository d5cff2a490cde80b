//! Layers of classifiers, text recognisers and embeddings with any numbers in them, and galleries.

use nvds_decode::classes::{Classifier, Method, Options};
use nvds_decode::embedding::{Embedder, Gallery};
use nvds_decode::text::{Recogniser, Text};
use nvds_decode::{Activation, TensorView, embedding, text};

/// A number below `end` of the first byte, and the rest.
pub(crate) fn choose(bytes: &[u8], end: usize) -> (usize, &[u8]) {
    match bytes.split_first() {
        Some((first, rest)) => (usize::from(*first) % end, rest),
        None => (0, bytes),
    }
}

pub(crate) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect()
}

/// Scores are finite and reach the threshold.
pub fn classes(bytes: &[u8]) {
    let (method, bytes) = choose(bytes, Method::ALL.len());
    let (activation, bytes) = choose(bytes, 4);
    let (top_k, bytes) = choose(bytes, 8);
    let numbers = floats(bytes);
    let Ok(layer) = TensorView::new("x", &[numbers.len(), 1, 1], &numbers[..]) else {
        return;
    };
    let activations = [
        None,
        Some(Activation::None),
        Some(Activation::Sigmoid),
        Some(Activation::Softmax),
    ];
    let method = Method::ALL[method];
    let mut classifier = Classifier::new(Options {
        method,
        activation: activations[activation],
        top_k,
        ..Options::default()
    });
    if let Ok(classes) = classifier.run(&[layer], 0.25) {
        let sound = |score: f32| score.is_finite() && (method == Method::Compound || score >= 0.25);
        assert!(classes.iter().all(|class| sound(class.score)));
    }
}

/// Texts are of the dictionary, one character a column at most.
pub fn text(bytes: &[u8]) {
    let (numbers, bytes) = choose(bytes, 12);
    let (across, bytes) = choose(bytes, 2);
    let values = floats(bytes);
    let numbers = numbers + 2;
    let columns = values.len() / numbers;
    let dims = if across == 1 {
        [numbers, columns]
    } else {
        [columns, numbers]
    };
    let values = &values[..columns * numbers];
    let Ok(layer) = TensorView::new("x", &dims, values) else {
        return;
    };
    let mut recogniser = Recogniser::new(text::Options {
        characters: vec!["é".to_owned(); numbers - 1],
        ..text::Options::default()
    });
    if let Ok(Text { text, scores, .. }) = recogniser.run(&[layer]) {
        assert!(text.chars().all(|letter| letter == 'é'));
        assert!(scores.iter().all(|score| score.is_finite()));
        assert!(text.chars().count() <= dims[0].max(dims[1]));
    }
}

/// A gallery finds each of its own, and an embedding of any numbers has a name or none.
pub fn gallery(bytes: &[u8]) {
    let (length, rest) = choose(bytes, 64);
    if let Ok(gallery) = Gallery::from_bytes(bytes) {
        assert!(!gallery.is_empty());
        let numbers = floats(rest);
        let nearest = gallery.nearest(&numbers[..numbers.len().min(gallery.length())]);
        assert!(nearest.is_none_or(|nearest| (-1.0..=1.0).contains(&nearest.similarity)));
    }
    let numbers = floats(rest);
    let numbers = &numbers[..numbers.len().min(length)];
    let Ok(layer) = TensorView::new("x", &[numbers.len()], numbers) else {
        return;
    };
    let mut embedder = Embedder::new(embedding::Options {
        normalize: true,
        layer: None,
    });
    if let Ok(Some(found)) = embedder.run(&[layer]) {
        assert!(found.values.iter().all(|value| value.is_finite()));
    }
}
