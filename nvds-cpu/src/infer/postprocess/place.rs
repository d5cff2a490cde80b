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

    /// How nvdspreprocess fitted a region.
    pub fn of_region(ratio: (f64, f64), offset: (f64, f64)) -> Self {
        Self {
            ratio,
            offset: (offset.0 as u32, offset.1 as u32),
        }
    }

    /// A box in pixels of what was fitted, or of the frame that a region at `origin` is of.
    fn unfit(&self, detection: &Detection, origin: (u32, u32)) -> Rect {
        let back = |edge: f32, offset: u32, ratio: f64, origin: u32| {
            (f64::from(edge - offset as f32) / ratio + f64::from(origin)) as f32
        };
        Rect {
            left: back(detection.left, self.offset.0, self.ratio.0, origin.0),
            top: back(detection.top, self.offset.1, self.ratio.1, origin.1),
            width: (f64::from(detection.width) / self.ratio.0) as f32,
            height: (f64::from(detection.height) / self.ratio.1) as f32,
        }
    }
}

/// A region that boxes are looked for in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// In pixels of the frame.
    pub rect: Rect,
    /// What of a box is outside is cut off.
    pub clip: bool,
}

/// Cuts off what of a box is outside of `region`: right and bottom first. What is outside as a whole has a side of 0.
fn clip(rect: &mut Rect, region: &Rect) {
    let cut = |start: &mut f32, length: &mut f32, least: f32, most: f32| {
        if *start + *length > most {
            *length = (most - *start).max(0.0);
        }
        if *start < least {
            *length = (*length - (least - *start)).max(0.0);
            *start = least;
        }
    };
    cut(
        &mut rect.left,
        &mut rect.width,
        region.left,
        region.left + region.width,
    );
    cut(
        &mut rect.top,
        &mut rect.height,
        region.top,
        region.top + region.height,
    );
}

/// A size between the class's limits.
fn fits(rect: &Rect, attrs: &ClassAttrs) -> bool {
    let above = |side: f32, most: u32| most > 0 && side > most as f32;
    !(rect.width < attrs.detected_min_width as f32
        || rect.height < attrs.detected_min_height as f32
        || above(rect.width, attrs.detected_max_width)
        || above(rect.height, attrs.detected_max_height))
}

/// The box of an object in pixels of what was fitted (the frame, or the object it was found in), or of the frame where that
/// was `region`, if none of the class's
/// filters drops it. `frame` is the frame's size in pixels, by which the region of interest is meant also inside an
/// object.
pub fn place(
    detection: &Detection,
    fit: &Fit,
    region: Option<Place>,
    frame: (u32, u32),
    settings: &Postprocess,
) -> Option<Rect> {
    let attrs = settings.class_attrs.get(detection.class as usize)?;
    let server = settings.server;
    // The stock elements keep where a region begins in whole pixels.
    let origin = region.map_or((0, 0), |region| {
        (region.rect.left as u32, region.rect.top as u32)
    });
    let mut rect = fit.unfit(detection, origin);
    if let Some(region) = region.filter(|region| region.clip) {
        clip(&mut rect, &region.rect);
    }
    if server.is_none() {
        // What begins left of or above is moved and not cut.
        for edge in [&mut rect.left, &mut rect.top] {
            if *edge < 0.0 {
                *edge = 0.0;
            }
        }
    }
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
