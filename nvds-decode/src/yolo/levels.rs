//! Class scores and distances of each level in layers of their own, the distances as distributions.
//!
//! | format | layers of each level | scores | networks |
//! | --- | --- | --- | --- |
//! | `nanodet` | `[n, C]` and `[n, 4*B]` | 0 to 1 | NanoDet (B = 11), PicoDet (B = 8) |
//! | `yolov8-raw` | `[4*B+C, h, w]`, or `[4*B, h, w]` and `[C, h, w]` | logits | YOLOv8 and later, cut off before its last steps (B = 16) |
//!
//! n is the number of cells of the level, h by w. A side's distance from the centre of its cell is the
//! mean of its B bins, weighted by their softmax, in cells: left, top, right, bottom. Layers go by any
//! names, in any order: their sizes tell the level, and the number of labels which one holds the scores.

use half::f16;

use super::cells::Level;
use super::labels::MOST_CLASSES;
use super::table::{self, Number, Scores, Table};
use crate::boxes::activation::softmax;
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Corners;
use crate::boxes::form::BoxForm;
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Activation, Format, Role};
use crate::letterbox::BoxUnits;
use crate::select::{
    Decoder, Input, LayerSpec, MOST_LAYERS, Plan, REAL, Usual, table as dimensions,
};
use crate::tensor::TensorView;

pub(super) static NANODET: Decoder = Decoder {
    name: "nanodet",
    format: Format::Nanodet,
    description: "NanoDet, PicoDet: class scores and distributions of distances for each level",
    layers: &TABLES,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels),
    check: |input| check(&NANODET, input),
    decode: |input, plan, scratch, out| decode(&NANODET, input, plan, scratch, out),
    finish: None,
};

pub(super) static V8_RAW: Decoder = Decoder {
    name: "yolov8-raw",
    format: Format::Yolov8Raw,
    description: "YOLOv8 and later without their last steps: distributions and class logits for each level",
    layers: &MAPS,
    usual: |_| Usual {
        activation: Activation::Sigmoid,
        ..Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels)
    },
    check: |input| check(&V8_RAW, input),
    decode: |input, plan, scratch, out| decode(&V8_RAW, input, plan, scratch, out),
    ..NANODET
};

static TABLES: [LayerSpec; 2] = [
    LayerSpec::new(Role::Scores, &["cls_8"], REAL, "[n, C] of each level"),
    LayerSpec::new(Role::Boxes, &["dis_8"], REAL, "[n, 4*B] of each level"),
];

static MAPS: [LayerSpec; 2] = [
    LayerSpec::new(Role::Scores, &["cls_8"], REAL, "[C, h, w] of each level"),
    LayerSpec::new(
        Role::Boxes,
        &["output0"],
        REAL,
        "[4*B, h, w] or [4*B+C, h, w] of each level",
    ),
];

/// Strides of any network.
const STRIDES: [u32; 6] = [4, 8, 16, 32, 64, 128];

/// The bins of all YOLOs so far.
const BINS: usize = 16;

/// Meanings of the plan's sizes.
const LEVELS: usize = 0;
const CLASSES: usize = 1;
const DISTANCES: usize = 2;

/// Of the cells of a level: how many numbers each has, if the tensor holds any.
fn channels(decoder: &Decoder, level: Level, tensor: &TensorView<'_>) -> Option<usize> {
    if !REAL.contains(&tensor.data_type()) {
        return None;
    }
    if decoder.format == Format::Nanodet {
        let (rows, columns) = dimensions(tensor)?;
        return (rows == level.len()).then_some(columns);
    }
    match *tensor.dims() {
        [ref leading @ .., channels, height, width]
            if leading.iter().all(|&size| size == 1)
                && (width, height) == (level.width, level.height) =>
        {
            Some(channels)
        }
        _ => None,
    }
}

/// The levels of the network's input that a layer may be of.
fn levels(input: &Input<'_, '_>) -> impl Iterator<Item = Level> {
    let stated = &input.layout.yolo().strides[..];
    let network = input.network;
    let strides = if stated.is_empty() {
        &STRIDES[..]
    } else {
        stated
    };
    let all = strides
        .iter()
        .map(move |&stride| Level::new(network, stride));
    // One cell is no picture.
    all.filter(|level| level.len() > 1)
}

fn check(decoder: &Decoder, input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let mut plan = Plan::default();
    let mut sizes: Option<(usize, usize)> = None;
    let mut count = 0;
    for level in levels(input) {
        let all = input.tensors.iter().enumerate();
        let mut own = all.filter_map(|(at, tensor)| Some((at, channels(decoder, level, tensor)?)));
        let found = match (own.next(), own.next(), own.next()) {
            (None, ..) => continue,
            (Some(one), None, _) => joined(decoder, input, one),
            (Some(a), Some(b), None) => two(decoder, input, a, b),
            _ => None,
        };
        let Some((scores, distances, numbers)) = found else {
            // The prototypes of masks and the like lie beside.
            continue;
        };
        if sizes
            .replace(numbers)
            .is_some_and(|before| before != numbers)
            || 2 * count + 1 >= MOST_LAYERS
        {
            return Err(decoder.missing(input));
        }
        plan.put(2 * count, scores);
        plan.put(2 * count + 1, distances);
        count += 1;
    }
    let least = if input.layout.format.is_some() { 1 } else { 2 };
    match sizes {
        Some((classes, distances)) if count >= least => {
            plan.sizes[LEVELS] = count;
            plan.sizes[CLASSES] = classes;
            plan.sizes[DISTANCES] = distances;
            Ok(plan)
        }
        _ => Err(decoder.missing(input)),
    }
}

/// Positions of scores and distances, and how many numbers there are of each.
type Found = (usize, usize, (usize, usize));

/// Distances and scores in one layer.
fn joined(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    (at, channels): (usize, usize),
) -> Option<Found> {
    if decoder.format == Format::Nanodet {
        return None;
    }
    let distances = 4 * input.layout.yolo().bins.unwrap_or(BINS);
    let classes = channels.checked_sub(distances)?;
    fits(input, classes, distances).then_some((at, at, (classes, distances)))
}

/// Distances and scores in a layer each.
fn two(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    (a, channels_a): (usize, usize),
    (b, channels_b): (usize, usize),
) -> Option<Found> {
    let bins = input.layout.yolo().bins;
    let fits = |classes: usize, distances: usize| match (decoder.format, bins) {
        (Format::Nanodet, None) => fits(input, classes, distances),
        (_, bins) => distances == 4 * bins.unwrap_or(BINS) && fits(input, classes, distances),
    };
    let scores_first = (a, b, (channels_a, channels_b));
    let scores_last = (b, a, (channels_b, channels_a));
    match (fits(channels_a, channels_b), fits(channels_b, channels_a)) {
        (true, false) => Some(scores_first),
        (false, true) => Some(scores_last),
        // Either may be either, unless the names tell.
        (true, true) => {
            let has = |at: usize| {
                let name = input.tensors[at].name();
                ["cls", "score", "conf"]
                    .iter()
                    .any(|word| name.contains(word))
            };
            match (has(a), has(b)) {
                (true, false) => Some(scores_first),
                (false, true) => Some(scores_last),
                _ => None,
            }
        }
        (false, false) => None,
    }
}

fn fits(input: &Input<'_, '_>, classes: usize, distances: usize) -> bool {
    let stated = input.layout.format.is_some();
    let as_labels = input.layout.labels.is_none_or(|labels| labels == classes);
    distances.is_multiple_of(4)
        && (8..=256).contains(&distances)
        && (1..MOST_CLASSES).contains(&classes)
        && (as_labels || stated)
}

fn decode(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    plan: &Plan,
    scratch: &mut Scratch,
    out: &mut Candidates,
) {
    let mut first = 0;
    for level in 0..plan.sizes[LEVELS] {
        let (scores, distances) = (
            plan.layer(input, 2 * level),
            plan.layer(input, 2 * level + 1),
        );
        let place = levels(input).find(|level| channels(decoder, *level, scores).is_some());
        let Some(place) = place else {
            continue; // checked before
        };
        let place = Place {
            level: place,
            first,
        };
        match (scores.slice::<f32>(), distances.slice::<f32>()) {
            (Some(scores), Some(distances)) => {
                read(decoder, input, plan, place, scores, distances, scratch, out);
            }
            (Some(scores), None) => {
                let distances = distances.slice::<f16>().unwrap_or_default();
                read(decoder, input, plan, place, scores, distances, scratch, out);
            }
            (None, Some(distances)) => {
                let scores = scores.slice::<f16>().unwrap_or_default();
                read(decoder, input, plan, place, scores, distances, scratch, out);
            }
            (None, None) => {
                let scores = scores.slice::<f16>().unwrap_or_default();
                let distances = distances.slice::<f16>().unwrap_or_default();
                read(decoder, input, plan, place, scores, distances, scratch, out);
            }
        }
        first += place.level.len();
    }
}

/// A level, and which entry its first cell is.
#[derive(Clone, Copy)]
struct Place {
    level: Level,
    first: usize,
}

#[allow(clippy::too_many_arguments)] // two element types keep them from being one struct
fn read<S: Number, D: Number>(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    plan: &Plan,
    Place { level, first }: Place,
    scores: &[S],
    distances: &[D],
    scratch: &mut Scratch,
    out: &mut Candidates,
) {
    let usual = decoder.boxes(input.layout);
    let by_channel = decoder.format == Format::Yolov8Raw;
    let cells = level.len().max(1);
    let scores = Table {
        data: scores,
        anchors: cells,
        channels: scores.len() / cells,
        by_channel,
    };
    let distances = Table {
        data: distances,
        anchors: cells,
        channels: distances.len() / cells,
        by_channel,
    };
    let classes = plan.sizes[CLASSES];
    let all = Scores {
        objectness: None,
        // After the distances where both are in one layer.
        classes: scores.channels.saturating_sub(classes)..scores.channels,
        activation: usual.activation,
        multi_label: input.layout.yolo().multi_label,
        first,
    };
    let bins = plan.sizes[DISTANCES] / 4;
    let stride = level.stride as f32;
    table::push(&scores, &all, scratch, out, |cell| {
        let (x, y) = level.cell(cell);
        let [left, top, right, bottom] =
            [0, 1, 2, 3].map(|side| mean(&distances, cell, side * bins, bins) * stride);
        let (x, y) = ((x + 0.5) * stride, (y + 0.5) * stride);
        Corners {
            x_min: x - left,
            y_min: y - top,
            x_max: x + right,
            y_max: y + bottom,
            angle: 0.0,
        }
    });
}

/// The most bins that a distance may have.
const MOST_BINS: usize = 64;

/// The mean bin of a distribution.
fn mean<T: Number>(table: &Table<'_, T>, anchor: usize, first: usize, bins: usize) -> f32 {
    let mut numbers = [0.0; MOST_BINS];
    let bins = bins.min(MOST_BINS);
    for (bin, number) in numbers[..bins].iter_mut().enumerate() {
        *number = table.get(anchor, first + bin);
    }
    let part = softmax(&numbers[..bins]);
    let weighted = numbers[..bins].iter().enumerate();
    weighted
        .map(|(bin, &number)| part(number) * bin as f32)
        .sum()
}
