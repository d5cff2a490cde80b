//! Reads a case of reference tensors of a network without boxes, for `examples/judge.rs` and the tests: classifiers,
//! text recognisers, embeddings.

use std::fs;
use std::path::Path;

use nvds_decode::classes::{Classifier, Method, Options};
use nvds_decode::embedding::Embedder;
use nvds_decode::text::Recogniser;
use nvds_decode::{Activation, Size, TensorData, TensorView, embedding, poses, segments, text};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::judge::{Layer, layers};

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    family: String,
    #[serde(default)]
    params: Params,
    #[serde(default)]
    tensors: Vec<Named>,
    characters: Option<Vec<String>>,
    network: Option<[u32; 2]>,
}

#[derive(Deserialize, Default)]
struct Params {
    classifier_threshold: Option<f32>,
    segmentation_threshold: Option<f32>,
    score_threshold: Option<f32>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The answer to a case, in the fields of its own; `None` for a case of boxes.
pub fn answer(path: &Path) -> Result<Option<Value>, String> {
    let path = path.with_extension("json");
    let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    let answer = match &manifest.family {
        family if family.contains("classifier") || family.contains("attributes") => classes,
        family if family.contains("ctc") => read_text,
        family if family.contains("semantic") || family.contains("selfie") => maps,
        family if family.contains("pose-") || family.contains("movenet") => read_poses,
        family if family.contains("embedding") => read_embedding,
        _ => return Ok(None),
    };
    let mut layers = layers(&path)?;
    // The file has them in the order of their names, the network in its own.
    layers.sort_by_key(|layer| {
        let of = |named: &Named| named.name == layer.view().name();
        manifest.tensors.iter().position(of)
    });
    let tensors: Vec<TensorView<'_>> = layers.iter().map(Layer::view).collect();
    answer(&tensors, &manifest).map(Some)
}

/// Rows of class and score of a network of one head, of head, class and score of others.
fn rows(
    tensors: &[TensorView<'_>],
    options: Options,
    threshold: f32,
) -> Result<Vec<Value>, String> {
    let mut classifier = Classifier::new(options);
    let found = classifier
        .run(tensors, threshold)
        .map_err(|error| error.to_string())?
        .to_vec();
    let one = classifier.heads().count() == 1;
    let row = |class: &nvds_decode::classes::Class| match one {
        true => json!([class.class, f64::from(class.score)]),
        false => json!([class.head, class.class, f64::from(class.score)]),
    };
    Ok(found.iter().map(row).collect())
}

fn classes(tensors: &[TensorView<'_>], manifest: &Manifest) -> Result<Value, String> {
    let all = |wanted: fn(&TensorView<'_>) -> bool| -> Vec<String> {
        let names = tensors.iter().filter(|tensor| wanted(tensor));
        names.map(|tensor| tensor.name().to_owned()).collect()
    };
    let is_table =
        |tensor: &TensorView<'_>| tensor.dims().iter().filter(|size| **size > 1).count() > 1;
    if let Some(threshold) = manifest.params.classifier_threshold {
        // The judge keeps what is above the threshold.
        let rows = rows(tensors, Options::default(), threshold.next_up())?;
        return Ok(json!({ "classes": rows, "expected_layer_class_probability": rows }));
    }
    if tensors.iter().any(is_table) {
        let options = Options {
            layers: all(|_| true),
            ..Options::default()
        };
        return Ok(json!({ "classes": rows(tensors, options, 0.0)? }));
    }
    let multi = |activation, top_k| Options {
        method: Method::Multi,
        activation,
        top_k,
        ..Options::default()
    };
    let softmax = match all(|tensor| tensor.name().contains("logit"))[..] {
        [] => None,
        _ => Some(Activation::Softmax),
    };
    let best = rows(tensors, multi(softmax, 5), 0.0)?;
    let mut object = json!({ "classes": best, "best": best.first() });
    if softmax.is_some() {
        object["softmax_top5"] = json!(best);
        object["sigmoid_top5"] = json!(rows(tensors, multi(Some(Activation::Sigmoid), 5), 0.0)?);
        let half = 0.5f32.next_up();
        let mut above = rows(tensors, multi(Some(Activation::Sigmoid), 0), half)?;
        above.sort_by_key(|row| row[0].as_u64());
        object["sigmoid_above_half"] = json!(above);
    }
    Ok(object)
}

fn read_text(tensors: &[TensorView<'_>], manifest: &Manifest) -> Result<Value, String> {
    let most = tensors
        .iter()
        .flat_map(|tensor| tensor.dims())
        .max()
        .copied();
    let characters = match &manifest.characters {
        Some(characters) => characters.clone(),
        // Their numbers are an answer as well.
        None => vec![String::new(); most.unwrap_or(1).saturating_sub(1)],
    };
    let mut recogniser = Recogniser::new(text::Options {
        characters,
        ..text::Options::default()
    });
    let found = recogniser.run(tensors).map_err(|error| error.to_string())?;
    let mut object =
        json!({ "indices": found.indices, "mean_probability": f64::from(found.score) });
    if manifest.characters.is_some() {
        object["text"] = json!(found.text);
    }
    Ok(object)
}

/// A row for each of a batch.
fn read_embedding(tensors: &[TensorView<'_>], _: &Manifest) -> Result<Value, String> {
    let [tensor] = tensors else {
        return Err("the case has not one layer".to_owned());
    };
    let TensorData::F32(numbers) = tensor.data() else {
        return Err("the layer is not FLOAT".to_owned());
    };
    let length = tensor.dims().last().copied().unwrap_or(1).max(1);
    let mut embedder = Embedder::new(embedding::Options::default());
    let mut all = Vec::new();
    for row in numbers.chunks_exact(length) {
        let view =
            TensorView::new(tensor.name(), &[length], row).map_err(|error| error.to_string())?;
        let found = embedder.run(&[view]).map_err(|error| error.to_string())?;
        all.push(found.cloned().unwrap_or_default());
    }
    let cosine = |a: &embedding::Embedding, b: &embedding::Embedding| {
        let products = a
            .values
            .iter()
            .zip(&b.values)
            .map(|(&a, &b)| f64::from(a) * f64::from(b));
        products.sum::<f64>() / (f64::from(a.norm) * f64::from(b.norm))
    };
    let cosines: Vec<Vec<f64>> = all
        .iter()
        .map(|a| all.iter().map(|b| cosine(a, b)).collect())
        .collect();
    Ok(json!({
        "embedding": all.iter().map(|e| e.values.clone()).collect::<Vec<_>>(),
        "norms": all.iter().map(|e| f64::from(e.norm)).collect::<Vec<_>>(),
        "cosine": cosines,
    }))
}

/// The map of each layer by itself, as a case has them in several forms: with the case's threshold, and in
/// `argmax` without one.
fn maps(tensors: &[TensorView<'_>], manifest: &Manifest) -> Result<Value, String> {
    let network = manifest.network.map(|[w, h]| Size::new(w, h));
    let read = |tensor: &TensorView<'_>, threshold| -> Result<Value, String> {
        let options = segments::Options {
            threshold,
            ..segments::Options::default()
        };
        let mut map = segments::Map::default();
        segments::Segmenter::new(options)
            .run(&[*tensor], network, &mut map)
            .map_err(|error| error.to_string())?;
        let (counts, none) = map.coverage();
        Ok(json!({
            "dims": [map.size.height, map.size.width],
            "counts": counts,
            "none": none,
            "runs": runs(&map.class_map),
        }))
    };
    let mut all = serde_json::Map::new();
    for tensor in tensors {
        let mut map = read(tensor, manifest.params.segmentation_threshold)?;
        map["argmax"] = read(tensor, Some(f32::NEG_INFINITY))?;
        all.insert(tensor.name().to_owned(), map);
    }
    // What nvinfer would be given.
    let first = ["probabilities", "nhwc"]
        .into_iter()
        .find_map(|name| all.get(name));
    let first = first.or_else(|| all.values().next()).cloned();
    Ok(json!({ "map": first, "maps": all }))
}

/// Classes and how often each comes in a row, as text.
fn runs(classes: &[i32]) -> String {
    let runs = classes.chunk_by(|a, b| a == b);
    let words: Vec<String> = runs
        .map(|run| format!("{}x{}", run[0], run.len()))
        .collect();
    words.join(" ")
}

/// The points of each person, `keypoints`, and boxes, `detections`; of SimCC also the bins that were chosen.
fn read_poses(tensors: &[TensorView<'_>], manifest: &Manifest) -> Result<Value, String> {
    let [width, height] = manifest.network.ok_or("the case has no network size")?;
    let threshold = manifest.params.score_threshold.map_or(0.0, f32::next_up);
    // A batch of several people: one after the other, as nvinfer gives them.
    let batch = match tensors.first().map(|tensor| tensor.dims()) {
        Some(&[batch, _, _]) if tensors.len() == 2 => batch,
        _ => 1,
    };
    let (mut keypoints, mut rows, mut bins, mut scores) = (vec![], vec![], vec![], vec![]);
    let mut name = "";
    for index in 0..batch {
        let mut parts = Vec::new();
        for tensor in tensors {
            let part = tensor.len() / batch;
            let numbers = tensor.slice::<f32>().ok_or("a layer is not FLOAT")?;
            let dims = if batch > 1 {
                &tensor.dims()[1..]
            } else {
                tensor.dims()
            };
            let numbers = &numbers[index * part..(index + 1) * part];
            parts.push(TensorView::new(tensor.name(), dims, numbers).map_err(|e| e.to_string())?);
        }
        let mut found = poses::Poses::default();
        let network = Size::new(width, height);
        let format = poses::read(&parts, network, None, threshold, &mut found)
            .map_err(|error| error.to_string())?;
        name = format.name();
        for pose in found.as_slice() {
            let points = pose.points.iter();
            let numbers = |p: &nvds_decode::KeyPoint| [p.x, p.y, p.confidence].map(f64::from);
            keypoints.push(json!(points.clone().map(numbers).collect::<Vec<_>>()));
            let bin = |p: &nvds_decode::KeyPoint| match p.confidence > 0.0 {
                true => [2.0 * p.x, 2.0 * p.y],
                false => [-1.0; 2],
            };
            bins.push(json!(points.clone().map(bin).collect::<Vec<_>>()));
            scores.push(json!(points.map(|p| p.confidence).collect::<Vec<_>>()));
            if let Some([x1, y1, x2, y2]) = pose.bbox {
                rows.push(json!([x1, y1, x2, y2, pose.score, 0]));
            }
        }
    }
    let mut object = json!({ "layout": name, "keypoints": keypoints });
    if !rows.is_empty() {
        object["detections"] = json!(rows);
    }
    if name == "simcc" {
        (object["bins"], object["scores"]) = (json!(bins), json!(scores));
    }
    Ok(object)
}
