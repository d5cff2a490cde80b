//! The cases in `tests/data/nvinfer`, in their own form: see the README there.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Case, Lines};

#[derive(Debug, Deserialize)]
struct Element {
    config: String,
    labels: Option<String>,
    tensors: String,
    launch: String,
}

#[derive(Debug, Deserialize)]
struct Committed {
    name: String,
    frame_size: [usize; 2],
    frames: usize,
    #[serde(default)]
    opencv: bool,
    ids_before: Option<String>,
    elements: Vec<Element>,
    expected: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Tensors {
    network: [usize; 2],
    layers: Vec<(String, Vec<usize>)>,
    units: usize,
    /// Unit, class, cell, confidence, four sides; what is not there is 0.
    #[serde(default)]
    cells: Vec<[f64; 8]>,
    /// All numbers of each layer.
    #[serde(default)]
    values: Vec<Vec<f64>>,
}

impl Tensors {
    /// The numbers of a layer.
    fn values(&self, index: usize) -> Vec<f32> {
        if let Some(values) = self.values.get(index) {
            return values.iter().map(|value| *value as f32).collect();
        }
        let (name, shape) = &self.layers[index];
        let unit: usize = shape.iter().product();
        let grid = shape[1] * shape[2];
        let mut values = vec![0.0; self.units * unit];
        for cell in &self.cells {
            let [number, class, place] = [cell[0], cell[1], cell[2]].map(|n| n as usize);
            let found = if name.contains("cov") {
                &cell[3..4]
            } else {
                &cell[4..]
            };
            for (channel, value) in found.iter().enumerate() {
                let channel = class * found.len() + channel;
                values[number * unit + channel * grid + place] = *value as f32;
            }
        }
        values
    }

    fn write(&self, file: &Path) {
        let bytes: Vec<Vec<u8>> = (0..self.layers.len())
            .map(|layer| {
                self.values(layer)
                    .iter()
                    .flat_map(|v| v.to_le_bytes())
                    .collect()
            })
            .collect();
        let views = self
            .layers
            .iter()
            .zip(&bytes)
            .map(|((name, shape), bytes)| {
                let shape = [&[self.units], shape.as_slice()].concat();
                (name, TensorView::new(Dtype::F32, shape, bytes).unwrap())
            });
        let names: Vec<_> = self.layers.iter().map(|(name, _)| name.as_str()).collect();
        let metadata = [
            ("network_width".to_owned(), self.network[0].to_string()),
            ("network_height".to_owned(), self.network[1].to_string()),
            ("layers".to_owned(), names.join(",")),
        ];
        let text = serialize(views, Some(metadata.into())).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

/// Plays each case of the folder `data`, in a folder below `work`; returns the name of each and where it differs.
pub fn play(data: &Path, work: &Path) -> Vec<(String, Option<String>)> {
    let read = |name: &str| std::fs::read_to_string(data.join(name)).unwrap();
    let tensors: BTreeMap<String, Tensors> = serde_json::from_str(&read("tensors.json")).unwrap();
    let cases: Vec<Committed> = serde_json::from_str(&read("cases.json")).unwrap();
    let difference = |case: Committed| {
        let folder = work.join(&case.name);
        std::fs::create_dir_all(&folder).unwrap();
        for (element, number) in case.elements.iter().zip(1..) {
            let write = |name: String, text: &str| std::fs::write(folder.join(name), text).unwrap();
            write(format!("config-{number}.txt"), &element.config);
            if let Some(labels) = &element.labels {
                write(format!("labels-{number}.txt"), labels);
            }
            tensors[&element.tensors].write(&folder.join(format!("tensors-{number}.safetensors")));
        }
        let lines = super::pipeline::play(&Case {
            elements: case.elements.iter().map(|e| e.launch.clone()).collect(),
            sources: 1,
            frames_per_source: case.frames,
            frame_size: case.frame_size,
            nvdsinfer_with_opencv: case.opencv,
            rotation_angle_defined: true,
            object_ids_set_before: case.ids_before,
            exit: 0,
            messages: Vec::new(),
            lines: None,
            custom_libraries: Vec::new(),
            folder,
        });
        let lines = lines.map(|lines| short(&lines));
        let difference = lines.map_or_else(Some, |found| {
            super::compare::difference(&case.name, &json!(found), &json!(case.expected))
        });
        (case.name, difference)
    };
    cases.into_iter().map(difference).collect()
}

/// Frames in the committed form: whether they were inferred, and their objects with what no rule tells.
fn short(lines: &Lines) -> Vec<Value> {
    let parse = |text: &String| serde_json::from_str::<Value>(text).unwrap();
    let frames = lines
        .objects
        .iter()
        .map(parse)
        .zip(lines.more.iter().map(parse));
    frames
        .map(|(frame, more)| {
            let objects = frame["objects"].as_array().unwrap().iter().enumerate();
            let objects =
                objects.map(|(n, object)| row(object, more["objects"].get(n.to_string())));
            json!([frame["infer_done"], objects.collect::<Vec<_>>()])
        })
        .collect()
}

/// An object: element, class, label, confidence, box, and what is not as usual.
fn row(object: &Value, more: Option<&Value>) -> Value {
    let rect = &object["rect"];
    let offset = |n: usize, rise: f32| (rect[n].as_f64().unwrap() as f32 - rise) as i64 as u32;
    let usual = json!({
        "detector_rect": rect,
        "border": {"width": 3, "color": "#ff0000ff"},
        "text": object["label"],
        "text_at": [offset(0, 0.0), offset(1, 10.0)],
        "parent": null,
        "object_id": null,
        "classifiers": [],
    });
    let mut unusual = serde_json::Map::new();
    for (key, usual) in usual.as_object().unwrap() {
        if object[key] != *usual {
            unusual.insert(key.clone(), object[key].clone());
        }
    }
    if let Some(more) = more {
        unusual.insert("more".to_owned(), more.clone());
    }
    let [component, class, label, confidence] =
        ["unique_component_id", "class_id", "label", "confidence"].map(|key| object[key].clone());
    let mut row = vec![component, class, label, confidence, rect.clone()];
    if !unusual.is_empty() {
        row.push(Value::Object(unusual));
    }
    Value::Array(row)
}
