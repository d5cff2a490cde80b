//! CenterFace: maps with a value for each cell of four pixels.
//!
//! | layer | or | dimensions | meaning |
//! | --- | --- | --- | --- |
//! | `537` | `heatmap` | `[1, h, w]` | score |
//! | `538` | `scale` | `[2, h, w]` | logarithms of height and width, in cells |
//! | `539` | `offset` | `[2, h, w]` | y and x of the centre from the middle of the cell, in cells |
//! | `540` | `landmarks` | `[10, h, w]` | y and x of five key points from the box's left upper corner, in its height and width |
//!
//! h and w are a fourth of the input's, which may be padded to a multiple of 32. Scale and offset have
//! the same dimensions: with numbers for names the scale has the lower one. The key points are both
//! eyes, the tip of the nose and the corners of the mouth.

use super::scan::{self, floats, number};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Detection;
use crate::boxes::extras::Extras;
use crate::boxes::form::{BoxForm, xyxy};
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::letterbox::{BoxUnits, Geometry};
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual};
use crate::tensor::TensorView;

pub(super) static DECODER: Decoder = Decoder {
    name: "centerface",
    format: Format::Centerface,
    description: "CenterFace: maps of scores, scales, offsets and landmarks",
    layers: &LAYERS,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels),
    check,
    decode,
    finish: Some(finish),
};

const POINTS: usize = 5;
const STRIDE: u32 = 4;
const CHANNELS: [usize; 4] = [1, 2, 2, 2 * POINTS];
const SCALE: usize = 1;
const OFFSET: usize = 2;
const LANDMARKS: usize = 3;

static LAYERS: [LayerSpec; 4] = [
    LayerSpec::new(Role::Scores, &["537", "heatmap"], REAL, "[1, H/4, W/4]"),
    LayerSpec::new(Role::Boxes, &["538", "scale"], REAL, "[2, H/4, W/4]"),
    LayerSpec::new(Role::Detections, &["539", "offset"], REAL, "[2, H/4, W/4]"),
    LayerSpec::new(
        Role::KeyPoints,
        &["540", "landmarks"],
        REAL,
        "[10, H/4, W/4]",
    ),
];

/// Channels, height and width.
fn maps(tensor: &TensorView<'_>) -> Option<[usize; 3]> {
    match *tensor.dims() {
        [height, width] => Some([1, height, width]),
        [ref leading @ .., channels, height, width] if leading.iter().all(|&size| size == 1) => {
            Some([channels, height, width])
        }
        _ => None,
    }
}

/// The plan's first two sizes are width and height of the maps.
fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let named = LAYERS.each_ref().map(|layer| input.position(layer));
    let positions = match named {
        [Some(a), Some(b), Some(c), Some(d)] => [a, b, c, d],
        _ => by_shape(input).ok_or_else(|| DECODER.missing(input))?,
    };
    let plan = Plan::of(&positions);
    let size = |pixels: u32| [pixels.div_ceil(STRIDE), pixels.div_ceil(32) * (32 / STRIDE)];
    let (widths, heights) = (size(input.network.width), size(input.network.height));
    let mut found = None;
    for (index, channels) in CHANNELS.into_iter().enumerate() {
        let tensor = plan.layer(input, index);
        DECODER.check_type(tensor, &LAYERS[index])?;
        let shape = maps(tensor).filter(|&[count, height, width]| {
            let fits =
                |sizes: [u32; 2], size: usize| sizes.iter().any(|&other| other as usize == size);
            count == channels && fits(widths, width) && fits(heights, height)
        });
        let [_, height, width] = shape.ok_or_else(|| DECODER.wrong_shape(index, tensor))?;
        if *found.get_or_insert((width, height)) != (width, height) {
            return Err(DECODER.wrong_shape(index, tensor));
        }
    }
    let (width, height) = found.unwrap_or_default();
    Ok(plan.with([width, height, 0, 0]))
}

/// The layers by their numbers of channels; of two, that with the lower number for a name comes first.
fn by_shape(input: &Input<'_, '_>) -> Option<[usize; 4]> {
    let of = |channels: usize| {
        let tensors = input.tensors.iter().enumerate();
        tensors.filter(move |(_, tensor)| maps(tensor).is_some_and(|[count, ..]| count == channels))
    };
    let only = |channels: usize| {
        let mut all = of(channels).map(|(at, _)| at);
        all.next().filter(|_| all.next().is_none())
    };
    let mut pairs = of(2).map(|(at, tensor)| Some((tensor.name().parse::<u64>().ok()?, at)));
    let (one, other, none) = (pairs.next()??, pairs.next()??, pairs.next());
    if none.is_some() || one.0 == other.0 {
        return None;
    }
    let (scale, offset) = if one.0 < other.0 {
        (one.1, other.1)
    } else {
        (other.1, one.1)
    };
    Some([only(1)?, scale, offset, only(2 * POINTS)?])
}

/// Left, top, width and height of the box at a cell.
fn rectangle(input: &Input<'_, '_>, plan: &Plan, index: usize) -> [f32; 4] {
    let [width, height, _, _] = plan.sizes;
    let (x, y) = ((index % width.max(1)) as f32, (index / width.max(1)) as f32);
    let second = width * height + index;
    let (scale, offset) = (plan.layer(input, SCALE), plan.layer(input, OFFSET));
    let stride = STRIDE as f32;
    let high = stride * number(scale, index).exp();
    let wide = stride * number(scale, second).exp();
    let centre_y = stride * (y + 0.5 + number(offset, index));
    let centre_x = stride * (x + 0.5 + number(offset, second));
    [centre_x - 0.5 * wide, centre_y - 0.5 * high, wide, high]
}

fn decode(input: &Input<'_, '_>, plan: &Plan, scratch: &mut Scratch, out: &mut Candidates) {
    let by = DECODER.boxes(input.layout).activation;
    let heat = plan.layer(input, 0);
    let scores = floats(heat, 0..heat.len(), &mut scratch.floats);
    scan::push(scores, 0, by, out, |index| {
        let [left, top, width, height] = rectangle(input, plan, index);
        xyxy([left, top, left + width, top + height])
    });
}

fn finish(
    input: &Input<'_, '_>,
    plan: &Plan,
    detections: &[Detection],
    geometry: &Geometry,
    extras: &mut Extras,
) {
    let cells = plan.sizes[0] * plan.sizes[1];
    let numbers = plan.layer(input, LANDMARKS);
    scan::points(detections, POINTS, geometry, extras, |entry, at| {
        let [left, top, width, height] = rectangle(input, plan, entry);
        let y = top + height * number(numbers, 2 * at * cells + entry);
        let x = left + width * number(numbers, (2 * at + 1) * cells + entry);
        (x, y, 1.0)
    });
}
