//! The built-in parser of detectors: a grid with a confidence and a box in each cell, as DetectNet and resnet10 of
//! DeepStream's samples have it.

use super::detection::Detection;
use super::settings::ClassAttrs;
use super::tensors::{Layer, Tensors};

/// What the network divides distances by.
const NORM: f32 = 35.0;
/// Values of a box.
const SIDES: usize = 4;

/// Centres of the cells along one side, in the network's units.
fn centres(cells: usize, pixels: u32, box_cells: usize) -> Vec<f32> {
    let stride = (pixels as usize).div_ceil(box_cells.max(1));
    (0..cells)
        .map(|cell| ((cell * stride) as f64 + 0.5) as f32 / NORM)
        .collect()
}

/// The last layer whose name has a part. A later one replaces an earlier one, as in nvdsinfer.
fn layer_with<'a>(tensors: &Tensors<'a>, part: &str) -> Option<Layer<'a>> {
    let has = |name: &[u8]| name.windows(part.len()).any(|w| w == part.as_bytes());
    tensors.layers.iter().rfind(|l| has(l.name)).copied()
}

fn found(tensors: &Tensors<'_>, part: &str) -> String {
    let names: Vec<_> = tensors.layers.iter().map(Layer::told).collect();
    format!(
        "the built-in parser of detectors needs an output whose name has \"{part}\", found {}: name another parser by \
         parse-bbox-func-name and custom-lib-path, or set network-type=100 and parse the tensors downstream",
        names.join(", ")
    )
}

/// Keeps a corner inside the picture.
fn clip(value: f32, pixels: u32) -> f32 {
    let value = if value >= pixels as f32 {
        pixels.saturating_sub(1) as f32
    } else {
        value
    };
    if value < 0.0 { 0.0 } else { value }
}

/// Boxes with at least their class's `pre_cluster_threshold`. Classes are those of `attrs`, as far as the network has
/// them.
///
/// # Errors
/// Where an output is missing, of another type than float, or too small.
pub(super) fn parse(tensors: &Tensors<'_>, attrs: &[ClassAttrs]) -> Result<Vec<Detection>, String> {
    let coverage = layer_with(tensors, "cov").ok_or_else(|| found(tensors, "cov"))?;
    let boxes = layer_with(tensors, "bbox").ok_or_else(|| found(tensors, "bbox"))?;
    let [classes, rows, columns] = coverage.chw();
    let [_, box_rows, box_columns] = boxes.chw();
    let grid = rows * columns;
    let (scores, corners) = (coverage.floats()?, boxes.floats()?);
    let classes = classes.min(attrs.len());
    // A class's boxes start after those of the classes before it by the boxes' own size, but lie on the other grid.
    let class_step = SIDES * box_rows * box_columns;
    let needed = classes
        .checked_sub(1)
        .map_or(0, |last| last * class_step + SIDES * grid);
    if corners.len() < needed || scores.len() < classes * grid {
        return Err(format!(
            "outputs \"{}\" {:?} and \"{}\" {:?} do not fit together: expected 4 values of the second for each of the first",
            coverage.told(),
            coverage.dims,
            boxes.told(),
            boxes.dims
        ));
    }
    let across = centres(columns, tensors.network.width, box_columns);
    let down = centres(rows, tensors.network.height, box_rows);
    let (width, height) = (tensors.network.width, tensors.network.height);
    let mut detections = Vec::new();
    for class in 0..classes {
        let sides = &corners[class * class_step..];
        let cells = &scores[class * grid..][..grid];
        for (cell, &confidence) in cells.iter().enumerate() {
            if confidence < attrs[class].pre_cluster_threshold {
                continue;
            }
            let (x, y) = (across[cell % columns], down[cell / columns]);
            let side = |number: usize| sides[number * grid + cell];
            let left = clip((side(0) - x) * -NORM, width);
            let top = clip((side(1) - y) * -NORM, height);
            let right = clip((side(2) + x) * NORM, width);
            let bottom = clip((side(3) + y) * NORM, height);
            if right - left < 0.0 || bottom - top < 0.0 {
                continue;
            }
            detections.push(Detection {
                class: class as u32,
                left,
                top,
                width: right - left,
                height: bottom - top,
                confidence,
                ..Detection::default()
            });
        }
    }
    Ok(detections)
}

#[cfg(test)]
mod tests;
