//! Networks in two stages whose objects have a mask each: Mask R-CNN.
//!
//! | format | file | outputs |
//! | --- | --- | --- |
//! | `mask-rcnn` | `torchvision.rs` | `boxes`, `labels`, `scores` and a mask for each box |
//! | `tao-mask-rcnn` | `tao.rs` | rows of box, class and score, and a mask for each class of each row |
//!
//! The networks suppress boxes themselves. A mask covers its box, or the whole input where it is as large as that; either
//! way it is cut to the box as the frame has it.

mod presets;
mod tao;
mod torchvision;

use crate::boxes::detection::{Corners, Detection};
use crate::boxes::doubt::Doubt;
use crate::boxes::extras::Extras;
use crate::layout::Layout;
use crate::letterbox::{BoxUnits, Geometry, Size};
use crate::masks::{Covers, Map};
use crate::select::{Decoder, Family, Input, Several};
use crate::tensor::TensorView;
use half::f16;

/// The family. A new decoder is one row here.
pub static FAMILY: Family = Family {
    name: "mask-rcnn",
    decoders: &ALL,
    several: Several::First,
    presets: &presets::PRESETS,
};

static ALL: [&Decoder; 2] = [&tao::DECODER, &torchvision::DECODER];

/// What the user knows of masks. By default nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Masks {
    /// Whether their values are logits, not yet 0 to 1. `None` for what the layer's name says.
    pub logits: Option<bool>,
    /// Values above this belong to the object: for whoever draws them.
    pub threshold: f32,
}

impl Masks {
    pub(crate) const NOTHING: Self = Self {
        logits: None,
        threshold: 0.5,
    };
}

impl Default for Masks {
    fn default() -> Self {
        Self::NOTHING
    }
}

/// More cells than a mask of a box has across or down; one of the whole input may have more.
const MOST_ACROSS: usize = 128;

/// A mask's width and height, of dimensions that may be either a box's or the input's.
fn size_of_mask(height: usize, width: usize, network: Size) -> Option<Size> {
    let whole = (width, height) == (network.width as usize, network.height as usize);
    let cut = (1..=MOST_ACROSS).contains(&width) && (1..=MOST_ACROSS).contains(&height);
    // Both are within u32 then.
    (whole || cut).then(|| Size::new(width as u32, height as u32))
}

/// The masks of one frame, as a decoder found them.
struct Found<'t, 'a> {
    layer: &'t TensorView<'a>,
    size: Size,
    logits: bool,
    units: BoxUnits,
}

impl<'a> Found<'_, 'a> {
    /// Appends the mask of each detection: `index` gives the number of a detection's mask in the layer, or why it can
    /// have none, `corners` its box as the network gave it.
    fn cut(
        &self,
        (detections, geometry): (&[Detection], &Geometry),
        extras: &mut Extras,
        index: impl Fn(&Detection) -> Result<usize, Doubt>,
        corners: impl Fn(usize) -> Corners,
    ) {
        let whole = self.size == geometry.network();
        let mut numbers = std::mem::take(&mut extras.memory.logits);
        for detection in detections {
            let index = match index(detection) {
                Ok(index) => index,
                Err(doubt) => {
                    extras.no_mask(doubt);
                    continue;
                }
            };
            let map = Map {
                size: self.size,
                covers: match whole {
                    true => Covers::Input,
                    false => Covers::Box(self.pixels(&corners(detection.entry as usize), geometry)),
                },
                logits: self.logits,
            };
            let place = (&detection.bbox, geometry);
            map.cut(place, &mut numbers, extras, |columns, rows, patch| {
                self.copy(index, columns, rows, patch);
            });
        }
        extras.memory.logits = numbers;
    }

    /// The box of a mask in pixels of the network's input.
    fn pixels(&self, corners: &Corners, geometry: &Geometry) -> [f64; 4] {
        let network = geometry.network();
        let (x, y) = match self.units {
            BoxUnits::Normalised => (network.width.into(), network.height.into()),
            BoxUnits::NetworkPixels => (1.0, 1.0),
        };
        [
            x * f64::from(corners.x_min),
            y * f64::from(corners.y_min),
            x * f64::from(corners.x_max),
            y * f64::from(corners.y_max),
        ]
    }

    /// Writes some columns and rows of a mask.
    fn copy(
        &self,
        index: usize,
        columns: std::ops::Range<usize>,
        rows: std::ops::Range<usize>,
        patch: &mut Vec<f32>,
    ) {
        patch.clear();
        let width = self.size.width as usize;
        let first = index * width * self.size.height as usize;
        let (floats, halves) = (self.layer.slice::<f32>(), self.layer.slice::<f16>());
        for row in rows {
            let start = first + width * row;
            let range = start + columns.start..start + columns.end;
            match (floats, halves) {
                (Some(floats), _) => patch.extend_from_slice(floats.get(range).unwrap_or_default()),
                (_, halves) => {
                    let halves = halves.and_then(|halves| halves.get(range));
                    patch.extend(halves.unwrap_or_default().iter().map(|half| half.to_f32()));
                }
            }
        }
    }
}

/// Whether masks are logits: as is stated, else as is usual.
fn are_logits(layout: &Layout, usual: bool) -> bool {
    layout.masks().logits.unwrap_or(usual)
}

/// How a decoder's boxes are read: form and units.
fn boxes(decoder: &Decoder, input: &Input<'_, '_>) -> (fn([f32; 4]) -> Corners, BoxUnits) {
    let usual = decoder.boxes(input.layout);
    (usual.form.corners(), usual.units)
}

#[cfg(test)]
mod tests;
