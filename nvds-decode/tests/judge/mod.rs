//! Reads a case of reference tensors and decodes it, for `examples/judge.rs` and the tests.
//!
//! A case is two files of one name: `.json` with the network's size, the number of classes and the
//! thresholds, and `.safetensors` with the layers. What the answer should be is not read here.

mod masks;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use nvds_decode::select::{Family, Input, select};
use nvds_decode::yolo::Yolo;
use nvds_decode::{
    DecodeError, Detection, Doubt, EdgePolicy, Extras, Format, Geometry, Layout, NmsMode, Options,
    Padding, Params, Postprocessor, Size, TensorView, f16, faces, families,
};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

pub use masks::Bits;

#[derive(Deserialize)]
struct Manifest {
    network: Option<[u32; 2]>,
    classes: Option<usize>,
    #[serde(default)]
    params: Thresholds,
}

#[derive(Deserialize, Default)]
struct Thresholds {
    score_threshold: Option<f32>,
    iou_threshold: Option<f32>,
    mode: Option<String>,
    max: Option<usize>,
}

/// Elements of a layer.
enum Data {
    F32(Vec<f32>),
    F16(Vec<f16>),
    I8(Vec<i8>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
}

/// A layer of its own.
pub struct Layer {
    name: String,
    dims: Vec<usize>,
    data: Data,
}

impl Layer {
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

/// Tensors and everything with which they are decoded, as the files have it.
pub struct Case {
    pub layers: Vec<Layer>,
    pub network: Size,
    pub classes: Option<usize>,
    pub params: Params,
    multi_label: bool,
}

/// What a case gave.
pub struct Answer {
    /// The decoder and the layers it read.
    pub layout: String,
    pub detections: Vec<Detection>,
    pub extras: Extras,
    /// What hardly can be what it was taken for.
    pub doubts: Vec<Doubt>,
    /// Masks of networks with prototypes: in cells of the prototypes, and in pixels of the input.
    #[allow(dead_code)] // not all who read cases do
    pub masks: (Vec<Bits>, Vec<Bits>),
}

impl Case {
    /// Reads both files of a case, of which one is named.
    pub fn load(path: &Path) -> Result<Self, String> {
        let read = |path: &Path| fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
        let manifest: Manifest = serde_json::from_slice(&read(&path.with_extension("json"))?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let layers = layers(path)?;
        let [width, height] = manifest.network.ok_or("the case has no network size")?;
        let Thresholds {
            score_threshold,
            iou_threshold,
            mode,
            max,
        } = manifest.params;
        let mode = mode.unwrap_or_default();
        let params = Params {
            // These judges keep what is above the threshold, this crate what is not below.
            score_threshold: score_threshold.unwrap_or(0.25).next_up(),
            nms_iou_threshold: iou_threshold.unwrap_or(0.45),
            nms_mode: if mode.contains("no suppression") {
                NmsMode::None
            } else if mode.contains("agnostic") {
                NmsMode::Agnostic
            } else if mode.contains("per-class") {
                NmsMode::PerClass
            } else {
                NmsMode::Usual
            },
            top_k: max.unwrap_or(0),
            edge: EdgePolicy::KeepAll,
            num_classes: manifest.classes.map_or(0, |classes| classes as u32),
            ..Params::default()
        };
        Ok(Self {
            layers,
            network: Size::new(width, height),
            classes: manifest.classes,
            params,
            multi_label: mode.contains("multi_label"),
        })
    }

    /// States which boxes suppress each other.
    #[allow(dead_code)] // not all who read cases do
    pub fn suppress(&mut self, mode: &str) -> Result<(), String> {
        self.params.nms_mode = match mode {
            "class" => NmsMode::PerClass,
            "agnostic" => NmsMode::Agnostic,
            "none" => NmsMode::None,
            "weighted" => NmsMode::Weighted,
            "fast" => NmsMode::Fast,
            _ => return Err(format!("boxes cannot suppress each other by {mode}")),
        };
        Ok(())
    }

    /// What is known of the layers: the number of labels, and the format if there is one.
    pub fn layout(
        &self,
        format: Option<&str>,
    ) -> Result<(Option<&'static Family>, Layout), String> {
        let layout = Layout {
            labels: self.classes,
            options: match self.multi_label {
                true => Options::Yolo(Yolo {
                    multi_label: true,
                    ..Yolo::default()
                }),
                false => Options::None,
            },
            ..Layout::default()
        };
        match format.filter(|name| *name != "auto") {
            None => Ok((None, layout)),
            Some(name) => match families::preset(name) {
                Some((family, preset)) => Ok((Some(family), preset.layout(layout))),
                None => Err(format!("no format or network is known as {name}")),
            },
        }
    }

    /// Decodes the layers. `format` names the layout or the network, else it is found by the layers.
    pub fn decode(&self, format: Option<&str>) -> Result<Answer, String> {
        let (family, layout) = self.layout(format)?;
        let tensors: Vec<TensorView<'_>> = self.layers.iter().map(Layer::view).collect();
        let family = match family {
            Some(family) => family,
            None => self.family(&tensors, &layout)?,
        };
        let geometry = Geometry::new(self.network, self.network, Padding::Stretch)
            .map_err(|error| error.to_string())?;
        let mut params = self.params.clone();
        let format = match layout.format {
            Some(format) => Some(format),
            None => self.format(family, &tensors, &layout),
        };
        if let Some(
            Format::DeepstreamYolo
            | Format::DeepstreamYolo2023
            | Format::DeepstreamYoloe2023
            | Format::DeepstreamYoloFace
            | Format::DeepstreamYoloPose
            | Format::DeepstreamYoloSeg,
        ) = format
        {
            // What DeepStream-Yolo's parsers do before any box suppresses another.
            params.edge = EdgePolicy::Clip;
            params.min_width = 1f32.next_down();
            params.min_height = params.min_width;
        }
        let mut postprocessor = Postprocessor::of(family, Arc::new(layout));
        let detections = postprocessor
            .run(&tensors, &geometry, &params)
            .map_err(|error| error.to_string())?
            .to_vec();
        let decoder = postprocessor.decoder().map_or("", |decoder| decoder.name);
        let mut extras = postprocessor.extras().clone();
        if params.edge == EdgePolicy::Clip {
            // So are their key points.
            let (width, height) = (self.network.width as f32, self.network.height as f32);
            for point in &mut extras.key_points {
                point.x = point.x.clamp(0.0, width);
                point.y = point.y.clamp(0.0, height);
            }
        }
        let masks = masks::of_prototypes(&tensors, self.network, &detections, &extras);
        Ok(Answer {
            masks,
            layout: format!("{decoder}: {}", nvds_decode::error::describe(&tensors)),
            detections,
            extras,
            doubts: postprocessor.doubts().collect(),
        })
    }

    fn format(
        &self,
        family: &Family,
        tensors: &[TensorView<'_>],
        layout: &Layout,
    ) -> Option<Format> {
        let input = Input {
            tensors,
            layout,
            network: self.network,
        };
        select(family, &input)
            .ok()
            .map(|found| found.decoder().format)
    }

    /// The family whose layouts the layers fit: the last ones first, as those of SSDs fit most. An
    /// error of one that nearly fits is worth more than any other.
    fn family(
        &self,
        tensors: &[TensorView<'_>],
        layout: &Layout,
    ) -> Result<&'static Family, String> {
        let input = Input {
            tensors,
            layout,
            network: self.network,
        };
        let mut nearest: Option<DecodeError> = None;
        for family in families::FAMILIES.into_iter().rev() {
            match select(family, &input) {
                Ok(_) => return Ok(family),
                // One of the readings may be another family's, which then fits.
                Err(DecodeError::Ambiguous { ref readings, .. })
                    if readings.iter().any(|reading| reading.format.is_none())
                        && select(&faces::FAMILY, &input).is_ok() =>
                {
                    return Ok(&faces::FAMILY);
                }
                Err(error @ DecodeError::Ambiguous { .. }) => return Err(error.to_string()),
                Err(error) => nearest = nearest.or(Some(error)),
            }
        }
        Err(nearest.map_or_else(String::new, |error| error.to_string()))
    }
}

/// Reads the layers of a case, without its answers.
pub fn layers(path: &Path) -> Result<Vec<Layer>, String> {
    let path = &path.with_extension("safetensors");
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let file =
        SafeTensors::deserialize(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut layers = Vec::new();
    for (name, view) in file.tensors() {
        if name.starts_with("expected") {
            continue; // an answer
        }
        let data = data(view.dtype(), view.data())
            .ok_or_else(|| format!("{name} is {:?}, which no layer is", view.dtype()))?;
        // As nvinfer does with a batch of one.
        let dims = match view.shape() {
            [1, rest @ ..] if !rest.is_empty() => rest,
            dims => dims,
        };
        layers.push(Layer {
            name,
            dims: dims.to_vec(),
            data,
        });
    }
    Ok(layers)
}

fn data(data_type: Dtype, bytes: &[u8]) -> Option<Data> {
    fn elements<const SIZE: usize, T>(bytes: &[u8], convert: fn([u8; SIZE]) -> T) -> Vec<T> {
        bytes.as_chunks().0.iter().copied().map(convert).collect()
    }
    Some(match data_type {
        Dtype::F32 => Data::F32(elements(bytes, f32::from_le_bytes)),
        Dtype::F16 => Data::F16(elements(bytes, f16::from_le_bytes)),
        Dtype::I8 => Data::I8(elements(bytes, i8::from_le_bytes)),
        Dtype::I32 => Data::I32(elements(bytes, i32::from_le_bytes)),
        Dtype::I64 => Data::I64(elements(bytes, i64::from_le_bytes)),
        Dtype::U8 => Data::U8(bytes.to_vec()),
        _ => return None,
    })
}
