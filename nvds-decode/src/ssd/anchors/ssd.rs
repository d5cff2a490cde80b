//! Anchors computed from scales, ratios and feature maps.

use super::{AnchorError, Anchors, MOST};
use crate::boxes::form::BoxForm;

/// The SSD anchor generator of TensorFlow's object detection API
/// (`ssd_anchor_generator`), by the names of its configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct TfSsd {
    /// The scale of the first feature map's anchors; 0.2 by default.
    pub min_scale: f64,
    /// The scale of the last feature map's anchors; 0.95 by default.
    pub max_scale: f64,
    /// The scale of every feature map, in place of the two above if not empty.
    pub scales: Vec<f64>,
    /// The ratios of width to height; 1, 2, 0.5, 3, 0.3333 by default.
    pub aspect_ratios: Vec<f64>,
    /// The ratio of one more anchor, between the scales of two feature maps; 1
    /// by default, 0 for none.
    pub interpolated_scale_aspect_ratio: f64,
    /// Whether the first feature map has but three anchors at each place: ratio
    /// 1 with scale 0.1, and ratios 2 and 0.5. True by default.
    pub reduce_boxes_in_lowest_layer: bool,
    /// Rows and columns of each feature map; squares of 19, 10, 5, 3, 2 and 1 by
    /// default, which is what an input of 300x300 gives.
    pub feature_maps: Vec<(u32, u32)>,
    /// Width and height of the network's input; only their ratio matters, for an
    /// anchor of ratio 1 is square in pixels. (1, 1) by default.
    pub input_size: (u32, u32),
}

impl Default for TfSsd {
    fn default() -> Self {
        Self {
            min_scale: 0.2,
            max_scale: 0.95,
            scales: Vec::new(),
            aspect_ratios: vec![1.0, 2.0, 0.5, 3.0, 0.3333],
            interpolated_scale_aspect_ratio: 1.0,
            reduce_boxes_in_lowest_layer: true,
            feature_maps: [19, 10, 5, 3, 2, 1].map(|side| (side, side)).to_vec(),
            input_size: (1, 1),
        }
    }
}

/// The default boxes of torchvision's SSDs (`DefaultBoxGenerator`), by the names
/// of its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct TorchvisionSsd {
    /// For each feature map, the ratios of width to height besides 1; each
    /// stands for its inverse too.
    pub aspect_ratios: Vec<Vec<f64>>,
    /// The scale of the first feature map, if `scales` is empty.
    pub min_ratio: f64,
    /// The scale of the last feature map, if `scales` is empty.
    pub max_ratio: f64,
    /// The scale of every feature map, and one more.
    pub scales: Vec<f64>,
    /// The distance of two places in pixels, for each feature map; empty for
    /// the input's size over that of the feature map.
    pub steps: Vec<f64>,
    /// Whether widths and heights are cut at the input's.
    pub clip: bool,
    /// Rows and columns of each feature map.
    pub feature_maps: Vec<(u32, u32)>,
    /// Width and height of the network's input, needed with `steps` only.
    pub input_size: (u32, u32),
}

impl TorchvisionSsd {
    /// `ssd300_vgg16`: input 300x300, 8732 boxes.
    pub fn ssd300() -> Self {
        Self {
            aspect_ratios: [
                &[2.0][..],
                &[2.0, 3.0],
                &[2.0, 3.0],
                &[2.0, 3.0],
                &[2.0],
                &[2.0],
            ]
            .map(<[f64]>::to_vec)
            .to_vec(),
            min_ratio: 0.15,
            max_ratio: 0.9,
            scales: vec![0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05],
            steps: vec![8.0, 16.0, 32.0, 64.0, 100.0, 300.0],
            clip: true,
            feature_maps: [38, 19, 10, 5, 3, 1].map(|side| (side, side)).to_vec(),
            input_size: (300, 300),
        }
    }

    /// `ssdlite320_mobilenet_v3_large`: input 320x320, 3234 boxes.
    pub fn ssdlite320() -> Self {
        Self {
            aspect_ratios: vec![vec![2.0, 3.0]; 6],
            min_ratio: 0.2,
            max_ratio: 0.95,
            scales: Vec::new(),
            steps: Vec::new(),
            clip: true,
            feature_maps: [20, 10, 5, 3, 2, 1].map(|side| (side, side)).to_vec(),
            input_size: (320, 320),
        }
    }
}

impl Anchors {
    /// As TensorFlow's object detection API computes them.
    ///
    /// # Errors
    ///
    /// When a value makes no anchors.
    pub fn tf_ssd(spec: &TfSsd) -> Result<Self, AnchorError> {
        let maps = &spec.feature_maps;
        let count = maps.len();
        let mut scales = if spec.scales.is_empty() {
            even_scales(spec.min_scale, spec.max_scale, count)
        } else {
            spec.scales.clone()
        };
        positive("scales", &scales, count)?;
        positive(
            "aspect-ratios",
            &spec.aspect_ratios,
            spec.aspect_ratios.len(),
        )?;
        let between = spec.interpolated_scale_aspect_ratio;
        if !(between.is_finite() && between >= 0.0) {
            return Err(value(
                "interpolated-scale-aspect-ratio",
                between,
                "0 or more",
            ));
        }
        let (width, height) = input_size(spec.input_size)?;
        // Scales are parts of the shorter side.
        let shorter = width.min(height);
        let part = (shorter / width, shorter / height);
        scales.push(1.0);

        let shapes = (0..count).map(|layer| {
            let (scale, next) = (scales[layer], scales[layer + 1]);
            let mut shapes = Vec::new();
            if layer == 0 && spec.reduce_boxes_in_lowest_layer {
                shapes.extend([(0.1, 1.0), (scale, 2.0), (scale, 0.5)]);
            } else {
                shapes.extend(spec.aspect_ratios.iter().map(|&ratio| (scale, ratio)));
                if between > 0.0 {
                    shapes.push(((scale * next).sqrt(), between));
                }
            }
            shapes
                .into_iter()
                .map(|(scale, ratio)| {
                    (scale * ratio.sqrt() * part.0, scale / ratio.sqrt() * part.1)
                })
                .collect()
        });
        let steps = maps
            .iter()
            .map(|&(rows, columns)| (1.0 / f64::from(columns), 1.0 / f64::from(rows)));
        Ok(Self {
            boxes: tile(maps, shapes, steps)?,
            order: BoxForm::Yxyx,
            kind: "tf-ssd",
            normalised: true,
            largest_log: f32::INFINITY,
        })
    }

    /// As torchvision's `DefaultBoxGenerator` computes them.
    ///
    /// # Errors
    ///
    /// When a value makes no anchors.
    pub fn torchvision_ssd(spec: &TorchvisionSsd) -> Result<Self, AnchorError> {
        let maps = &spec.feature_maps;
        let count = maps.len();
        let scales = if spec.scales.is_empty() {
            let mut scales = even_scales(spec.min_ratio, spec.max_ratio, count);
            scales.push(if count == 1 { spec.max_ratio } else { 1.0 });
            scales
        } else {
            spec.scales.clone()
        };
        positive("scales", &scales, count + 1)?;
        if spec.aspect_ratios.len() != count {
            return Err(value(
                "aspect-ratios",
                format!("{} lists", spec.aspect_ratios.len()),
                "as many lists as feature-maps",
            ));
        }
        for ratios in &spec.aspect_ratios {
            positive("aspect-ratios", ratios, ratios.len())?;
        }
        let (width, height) = input_size(spec.input_size)?;
        if !spec.steps.is_empty() {
            positive("steps", &spec.steps, count)?;
        }
        let clip = |side: f64| {
            if spec.clip {
                side.clamp(0.0, 1.0)
            } else {
                side
            }
        };

        let shapes = (0..count).map(|layer| {
            let (scale, next) = (scales[layer], scales[layer + 1]);
            let between = (scale * next).sqrt();
            let mut shapes = vec![(scale, scale), (between, between)];
            for ratio in &spec.aspect_ratios[layer] {
                let (long, short) = (scale * ratio.sqrt(), scale / ratio.sqrt());
                shapes.extend([(long, short), (short, long)]);
            }
            shapes
                .into_iter()
                .map(|(width, height)| (clip(width), clip(height)))
                .collect()
        });
        let steps =
            maps.iter()
                .enumerate()
                .map(|(layer, &(rows, columns))| match spec.steps.get(layer) {
                    Some(step) => (step / width, step / height),
                    None => (1.0 / f64::from(columns), 1.0 / f64::from(rows)),
                });
        Ok(Self {
            boxes: tile(maps, shapes, steps)?,
            order: BoxForm::Xyxy,
            kind: "torchvision-ssd",
            normalised: true,
            // `bbox_xform_clip` of its box coder.
            largest_log: (1000.0f32 / 16.0).ln(),
        })
    }
}

fn value(name: &'static str, found: impl ToString, expected: &'static str) -> AnchorError {
    AnchorError::Value {
        name,
        found: found.to_string(),
        expected,
    }
}

fn positive(name: &'static str, values: &[f64], count: usize) -> Result<(), AnchorError> {
    if values.len() != count {
        let expected = "one for each feature map (torchvision: and one more)";
        return Err(value(name, format!("{} values", values.len()), expected));
    }
    match values.iter().find(|v| !(v.is_finite() && **v > 0.0)) {
        Some(bad) => Err(value(name, bad, "numbers greater than 0")),
        None => Ok(()),
    }
}

fn input_size((width, height): (u32, u32)) -> Result<(f64, f64), AnchorError> {
    if width == 0 || height == 0 {
        return Err(value(
            "input-width x input-height",
            format!("{width}x{height}"),
            "a size",
        ));
    }
    Ok((f64::from(width), f64::from(height)))
}

/// Scales from the first to the last feature map, evenly apart.
fn even_scales(first: f64, last: f64, count: usize) -> Vec<f64> {
    let steps = count.saturating_sub(1).max(1) as f64;
    (0..count)
        .map(|layer| first + (last - first) * layer as f64 / steps)
        .collect()
}

/// Puts the shapes (width, height) of each feature map at each of its places,
/// row by row. `steps` is the distance of places in x and y.
fn tile(
    maps: &[(u32, u32)],
    shapes: impl Iterator<Item = Vec<(f64, f64)>>,
    steps: impl Iterator<Item = (f64, f64)>,
) -> Result<Vec<[f32; 4]>, AnchorError> {
    if maps.is_empty()
        || maps
            .iter()
            .any(|&(rows, columns)| rows == 0 || columns == 0)
    {
        return Err(value(
            "feature-maps",
            format!("{maps:?}"),
            "sizes of one feature map or more",
        ));
    }
    let mut boxes = Vec::new();
    for ((&(rows, columns), shapes), step) in maps.iter().zip(shapes).zip(steps) {
        let places = u64::from(rows) * u64::from(columns);
        let more = places.saturating_mul(shapes.len() as u64);
        if more > (MOST - boxes.len()) as u64 {
            return Err(AnchorError::TooMany);
        }
        for row in 0..rows {
            let y = (f64::from(row) + 0.5) * step.1;
            for column in 0..columns {
                let x = (f64::from(column) + 0.5) * step.0;
                boxes.extend(
                    shapes
                        .iter()
                        .map(|&(width, height)| [x, y, width, height].map(|v| v as f32)),
                );
            }
        }
    }
    if boxes.is_empty() {
        return Err(value("aspect-ratios", "empty", "one ratio or more"));
    }
    Ok(boxes)
}
