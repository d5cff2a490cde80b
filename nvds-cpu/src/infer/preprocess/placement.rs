//! Where a scaled frame lies in the network's input.

use crate::infer::types::Scaler;

/// Where the picture lies in the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Left edge in pixels.
    pub left: usize,
    /// Top edge in pixels.
    pub top: usize,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
}

impl Placement {
    /// The rectangle an element scales a frame of `source` to, both sizes as width, height.
    ///
    /// The elements take an odd side of the frame one pixel shorter; `source` is what they take.
    pub fn new(
        scaler: Scaler,
        source: (usize, usize),
        network: (usize, usize),
        maintain_aspect_ratio: bool,
        symmetric_padding: bool,
    ) -> Self {
        let (width, height) = if maintain_aspect_ratio {
            let height = network.0 as f64 * source.1 as f64 / source.0 as f64;
            if height <= network.1 as f64 {
                (network.0, height as usize)
            } else {
                let width = network.1 as f64 * source.0 as f64 / source.1 as f64;
                (width as usize, network.1)
            }
        } else {
            network
        };
        let (width, height) = match scaler {
            Scaler::Nvinfer => (width, height),
            Scaler::NvinferServer => (width & !1, height & !1),
        };
        // An extreme ratio rounds to no row at all; one is the least that can be shown.
        let (width, height) = (width.clamp(1, network.0), height.clamp(1, network.1));
        let (left, top) = if maintain_aspect_ratio && symmetric_padding {
            ((network.0 - width) / 2, (network.1 - height) / 2)
        } else {
            (0, 0)
        };
        Self {
            left,
            top,
            width,
            height,
        }
    }
}

#[cfg(test)]
mod tests;
