//! From pixels of the network's input to pixels of the frame, and which boxes count there.

use nvds::Rect;

use super::detection::Detection;
use super::settings::{ClassAttrs, Postprocess};
use crate::infer::preprocess::Placement;
use crate::infer::types::Scaler;

/// How a frame, or an object's part of it, was fitted into the network's input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Pixels of the network for one of the frame, across and down.
    pub ratio: (f64, f64),
    /// Pixels of padding on the left and top.
    pub offset: (u32, u32),
}

impl Fit {
    /// As nvinfer fits `source` into `network`; both are width and height in pixels, and `source` is taken even.
    pub fn new(
        source: (u32, u32),
        network: (u32, u32),
        maintain_aspect_ratio: bool,
        symmetric_padding: bool,
    ) -> Self {
        let even = |side: u32| (side & !1).max(1) as usize;
        let source = (even(source.0), even(source.1));
        let placement = Placement::new(
            Scaler::Nvinfer,
            source,
            (network.0.max(1) as usize, network.1.max(1) as usize),
            maintain_aspect_ratio,
            symmetric_padding,
        );
        Self {
            ratio: (
                placement.width as f64 / source.0 as f64,
                placement.height as f64 / source.1 as f64,
            ),
            offset: (placement.left as u32, placement.top as u32),
        }
    }

    /// A box in pixels of what was fitted. With `clamp`, where it begins left of or above that, it is moved and not cut.
    fn unfit(&self, detection: &Detection, clamp: bool) -> Rect {
        let back = |edge: f32, offset: u32, ratio: f64| {
            let edge = (f64::from(edge - offset as f32) / ratio) as f32;
            if clamp && edge < 0.0 { 0.0 } else { edge }
        };
        Rect {
            left: back(detection.left, self.offset.0, self.ratio.0),
            top: back(detection.top, self.offset.1, self.ratio.1),
            width: (f64::from(detection.width) / self.ratio.0) as f32,
            height: (f64::from(detection.height) / self.ratio.1) as f32,
        }
    }
}

/// A size between the class's limits.
fn fits(rect: &Rect, attrs: &ClassAttrs) -> bool {
    let above = |side: f32, most: u32| most > 0 && side > most as f32;
    !(rect.width < attrs.detected_min_width as f32
        || rect.height < attrs.detected_min_height as f32
        || above(rect.width, attrs.detected_max_width)
        || above(rect.height, attrs.detected_max_height))
}

/// The box of an object in pixels of what was fitted (the frame, or the object it was found in), if none of the class's
/// filters drops it. `frame` is the frame's size in pixels, by which the region of interest is meant also inside an
/// object.
pub fn place(
    detection: &Detection,
    fit: &Fit,
    frame: (u32, u32),
    settings: &Postprocess,
) -> Option<Rect> {
    let attrs = settings.class_attrs.get(detection.class as usize)?;
    let server = settings.server;
    let mut rect = fit.unfit(detection, server.is_none());
    if settings.filter_out_classes.contains(&detection.class) {
        return None;
    }
    if server.is_some_and(|server| !server.filters) {
        return Some(rect);
    }
    if !fits(&rect, attrs) {
        return None;
    }
    let top = attrs.roi_top_offset as f32;
    // An offset beyond the frame wraps, as nvinfer's unsigned numbers do: it drops nothing.
    let bottom = frame.1.wrapping_sub(attrs.roi_bottom_offset) as f32;
    if settings.crop_objects_to_roi {
        if rect.top < top {
            rect.top = top;
        }
        let right = frame.0 as f32;
        if rect.left + rect.width >= right {
            rect.width = right - rect.left;
        }
        if rect.top + rect.height > bottom {
            rect.height = bottom - rect.top;
        }
    } else if rect.top < top || rect.top + rect.height > bottom {
        return None;
    }
    Some(rect)
}

#[cfg(test)]
mod tests;
