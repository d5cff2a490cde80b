//! Semantic segmentation: the likeliest class of each pixel.

use super::tensors::Tensors;
use crate::infer::types::Layout;

/// Class of a pixel of which no class is likely enough.
const NONE: i32 = -1;

/// The classes of a picture of the network's size.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// Number of classes.
    pub classes: u32,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Class of each pixel, -1 for none.
    pub class_map: Vec<i32>,
    /// The first output as it is; empty where a parser gives none.
    pub probabilities: Vec<f32>,
}

/// The likeliest class of each pixel, if it is above `threshold`.
///
/// # Errors
/// Where an output is not of floats, or the first one has not the network's size and `classes` channels.
pub(super) fn segment(
    tensors: &Tensors<'_>,
    classes: u32,
    order: Layout,
    threshold: f32,
) -> Result<Segmentation, String> {
    for layer in tensors.layers {
        layer.floats()?;
    }
    let layer = tensors
        .layers
        .first()
        .ok_or("the network has no output that could be a segmentation")?;
    let [channels, rows, columns] = match order {
        Layout::Nchw => layer.chw(),
        Layout::Nhwc => layer.hwc(),
    };
    if channels != classes as usize {
        return Err(format!(
            "output \"{}\" {:?} has {channels} channels in {order} order, num-detected-classes is {classes}: make them \
             equal, or change segmentation-output-order",
            layer.told(),
            layer.dims
        ));
    }
    let (width, height) = (tensors.network.width, tensors.network.height);
    let (across, down) = (width as usize, height as usize);
    let values = layer.floats()?;
    if columns != across || rows != down || values.len() < channels * rows * columns {
        return Err(format!(
            "output \"{}\" {:?} is {columns}x{rows} in {order} order, expected the network's {width}x{height}",
            layer.told(),
            layer.dims
        ));
    }
    let pixels = across * down;
    let of_pixel = |pixel: usize| {
        let (mut best, mut class) = (-1.0, NONE);
        for channel in 0..channels {
            let value = match order {
                Layout::Nchw => values[channel * pixels + pixel],
                Layout::Nhwc => values[pixel * channels + channel],
            };
            if value > best && value > threshold {
                (best, class) = (value, channel as i32);
            }
        }
        class
    };
    Ok(Segmentation {
        classes,
        width,
        height,
        class_map: (0..pixels).map(of_pixel).collect(),
        probabilities: values[..channels * pixels].to_vec(),
    })
}

#[cfg(test)]
mod tests;
