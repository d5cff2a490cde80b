//! Reads the reference data of `tests/data`; its README describes the format.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nvds_decode::anchors::{TfSsd, TorchvisionSsd};
use nvds_decode::{
    Activation, Anchors, Background, BoxForm, BoxUnits, Detection, Format, Geometry, Layout,
    Options, Padding, Params, Raw, Role, Size, TensorView, f16,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    #[serde(rename = "source")]
    _source: String,
    network: [u32; 2],
    frame: [u32; 2],
    padding: String,
    params: ParamsText,
    references: BTreeMap<String, Comparison>,
    #[serde(default)]
    layers: Vec<Layer>,
    cases: Vec<CaseFiles>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsText {
    score_threshold: f32,
    nms_iou_threshold: f32,
    top_k: usize,
    min_width: f32,
    min_height: f32,
    num_classes: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Layer {
    name: String,
    #[serde(rename = "type")]
    data_type: String,
    dims: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFiles {
    tensors: String,
    expected: String,
    layers: Option<Vec<Layer>>,
    #[serde(default)]
    layout: LayoutText,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct LayoutText {
    format: Option<String>,
    box_order: Option<String>,
    box_units: Option<String>,
    #[serde(default)]
    layers: BTreeMap<String, String>,
    anchors: Option<String>,
    form: Option<String>,
    variances: Option<[f32; 4]>,
    activation: Option<String>,
    background: Option<i64>,
    labels: Option<usize>,
}

/// How far boxes may differ from those of a reference implementation.
#[derive(Deserialize, Debug, Clone, Copy)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// In pixels, for left, top, width and height each.
    pub tolerance: f32,
    /// Whether it truncates to whole pixels, so that 5 stands for 5 up to 6.
    pub truncated: bool,
    /// How far scores may differ, which some layouts compute.
    #[serde(default)]
    pub score_tolerance: f32,
}

impl Comparison {
    fn agree(&self, have: f32, want: f32) -> bool {
        let most = if self.truncated { want + 1.0 } else { want };
        (want - self.tolerance..=most + self.tolerance).contains(&have)
    }

    fn scores_agree(&self, have: f32, want: f64) -> bool {
        let equal = have.to_bits() == (want as f32).to_bits();
        equal || (f64::from(have) - want).abs() <= f64::from(self.score_tolerance)
    }
}

/// A detection as a reference implementation made it.
#[derive(Deserialize, Debug, Clone)]
pub struct Expected {
    pub class_id: u32,
    pub confidence: f64,
    pub rect: [f32; 4],
}

/// Elements of their own.
pub enum Data {
    F32(Vec<f32>),
    F16(Vec<f16>),
    I8(Vec<i8>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
}

/// A tensor of its own.
pub struct Tensor {
    pub name: String,
    pub dims: Vec<usize>,
    pub data: Data,
}

impl Tensor {
    pub fn view(&self) -> TensorView<'_> {
        let (name, dims) = (&self.name[..], &self.dims[..]);
        match &self.data {
            Data::F32(data) => TensorView::new(name, dims, &data[..]),
            Data::F16(data) => TensorView::new(name, dims, &data[..]),
            Data::I8(data) => TensorView::new(name, dims, &data[..]),
            Data::I32(data) => TensorView::new(name, dims, &data[..]),
            Data::I64(data) => TensorView::new(name, dims, &data[..]),
            Data::U8(data) => TensorView::new(name, dims, &data[..]),
        }
        .unwrap()
    }
}

/// One pair of files.
pub struct Case {
    pub name: String,
    pub layout: Arc<Layout>,
    /// Frame, layer.
    pub frames: Vec<Vec<Tensor>>,
    /// Reference implementation, frame, detection.
    pub expected: BTreeMap<String, Vec<Vec<Expected>>>,
}

/// Everything in one decoder's folder.
pub struct Reference {
    pub geometry: Geometry,
    pub params: Params,
    pub comparisons: BTreeMap<String, Comparison>,
    pub cases: Vec<Case>,
}

/// `tests/data`.
pub fn data_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// Reads the folder of a decoder. Panics with the file's name when it cannot.
pub fn load(decoder: &str) -> Reference {
    let folder = data_folder().join(decoder);
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let manifest: Manifest = serde_json::from_slice(&read("reference.json"))
        .unwrap_or_else(|error| panic!("{decoder}/reference.json: {error}"));
    let padding = match &manifest.padding[..] {
        "stretch" => Padding::Stretch,
        "right-bottom" => Padding::RightBottom,
        "symmetric" => Padding::Symmetric,
        other => panic!("{decoder}/reference.json: padding {other:?}"),
    };
    let size = |[width, height]: [u32; 2]| Size::new(width, height);
    let p = manifest.params;
    Reference {
        geometry: Geometry::new(size(manifest.network), size(manifest.frame), padding).unwrap(),
        params: Params {
            score_threshold: p.score_threshold,
            nms_iou_threshold: p.nms_iou_threshold,
            top_k: p.top_k,
            min_width: p.min_width,
            min_height: p.min_height,
            num_classes: p.num_classes,
            ..Params::default()
        },
        comparisons: manifest.references,
        cases: manifest
            .cases
            .iter()
            .map(|case| Case {
                name: format!("{decoder}/{}", case.tensors),
                layout: Arc::new(layout(&case.layout, read)),
                frames: frames(
                    &case.tensors,
                    &read(&case.tensors),
                    case.layers.as_ref().unwrap_or(&manifest.layers),
                ),
                expected: serde_json::from_slice(&read(&case.expected))
                    .unwrap_or_else(|error| panic!("{decoder}/{}: {error}", case.expected)),
            })
            .collect(),
    }
}

fn layout(text: &LayoutText, read: impl Fn(&str) -> Vec<u8>) -> Layout {
    let mut layout = Layout {
        format: text.format.as_deref().map(|name| {
            let known = Format::ALL.into_iter().find(|format| format.name() == name);
            known.unwrap_or_else(|| panic!("format {name:?}"))
        }),
        box_form: text.box_order.as_deref().map(|order| match order {
            "xyxy" => BoxForm::Xyxy,
            "yxyx" => BoxForm::Yxyx,
            other => panic!("box_order {other:?}"),
        }),
        box_units: text.box_units.as_deref().map(|units| match units {
            "normalised" => BoxUnits::Normalised,
            "pixels" => BoxUnits::NetworkPixels,
            other => panic!("box_units {other:?}"),
        }),
        ..Layout::default()
    };
    for (role, name) in &text.layers {
        let role = match &role[..] {
            "count" => Role::Count,
            "scores" => Role::Scores,
            "classes" => Role::Classes,
            "boxes" => Role::Boxes,
            "detections" => Role::Detections,
            other => panic!("layer {other:?}"),
        };
        layout.layers.set(role, Some(name.clone()));
    }
    let form = match text.form.as_deref() {
        None | Some("yxhw") => BoxForm::Yxhw,
        Some("xywh") => BoxForm::Xywh,
        Some(other) => panic!("form {other:?}"),
    };
    let anchors = text.anchors.as_deref().map(|anchors| match anchors {
        "tf-ssd" => Anchors::tf_ssd(&TfSsd::default()),
        "torchvision-ssdlite320" => Anchors::torchvision_ssd(&TorchvisionSsd::ssdlite320()),
        file => Anchors::from_bytes(&read(file), form, None),
    });
    layout.options = anchors.map_or(Options::None, |anchors| {
        Options::Anchors(Raw {
            variances: text.variances.unwrap_or(Raw::VARIANCES),
            ..Raw::new(anchors.unwrap())
        })
    });
    layout.activation = text
        .activation
        .as_deref()
        .map(|activation| match activation {
            "sigmoid" => Activation::Sigmoid,
            "softmax" => Activation::Softmax,
            "percent" => Activation::Percent,
            "none" => Activation::None,
            other => panic!("activation {other:?}"),
        });
    layout.background = match text.background {
        None => Background::Usual,
        Some(-1) => Background::None,
        Some(class) => Background::Class(class.try_into().unwrap()),
    };
    layout.labels = text.labels;
    assert_eq!(layout.check(), Ok(()));
    layout
}

fn frames(file: &str, mut bytes: &[u8], layers: &[Layer]) -> Vec<Vec<Tensor>> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let tensors = layers
            .iter()
            .map(|layer| Tensor {
                name: layer.name.clone(),
                dims: layer.dims.clone(),
                data: take(file, &mut bytes, layer),
            })
            .collect();
        frames.push(tensors);
    }
    frames
}

fn take(file: &str, bytes: &mut &[u8], layer: &Layer) -> Data {
    fn elements<const SIZE: usize, T>(
        file: &str,
        bytes: &mut &[u8],
        count: usize,
        convert: fn([u8; SIZE]) -> T,
    ) -> Vec<T> {
        let (head, rest) = bytes
            .split_at_checked(count * SIZE)
            .unwrap_or_else(|| panic!("{file} ends in the middle of a frame"));
        *bytes = rest;
        head.as_chunks().0.iter().copied().map(convert).collect()
    }
    let count = layer.dims.iter().product();
    match &layer.data_type[..] {
        "FLOAT" => Data::F32(elements(file, bytes, count, f32::from_le_bytes)),
        "HALF" => Data::F16(elements(file, bytes, count, f16::from_le_bytes)),
        "INT8" => Data::I8(elements(file, bytes, count, i8::from_le_bytes)),
        "INT32" => Data::I32(elements(file, bytes, count, i32::from_le_bytes)),
        "INT64" => Data::I64(elements(file, bytes, count, i64::from_le_bytes)),
        "UINT8" => Data::U8(elements(file, bytes, count, u8::from_le_bytes)),
        other => panic!("{file}: type {other:?} of layer {}", layer.name),
    }
}

/// Why two sets of detections differ, `None` when they agree.
pub fn difference(
    found: &[Detection],
    expected: &[Expected],
    comparison: Comparison,
) -> Option<String> {
    if found.len() != expected.len() {
        return Some(format!(
            "{} detections, expected {}",
            found.len(),
            expected.len()
        ));
    }
    let mut left: Vec<&Detection> = found.iter().collect();
    for want in expected {
        let near = |d: &&Detection| {
            let b = d.bbox;
            d.class_id == want.class_id
                && comparison.scores_agree(d.score, want.confidence)
                && [b.left, b.top, b.width, b.height]
                    .iter()
                    .zip(want.rect)
                    .all(|(have, want)| comparison.agree(*have, want))
        };
        match left.iter().position(near) {
            Some(index) => left.swap_remove(index),
            None => return Some(format!("no {want:?} among {left:?}")),
        };
    }
    None
}
