//! Semantic segmentation: the class of each pixel.
//!
//! | dimensions, with a batch of one or not | types | meaning |
//! | --- | --- | --- |
//! | `[C, H, W]`, `[H, W, C]` | FLOAT, HALF | a number for each class: the greatest is the pixel's class |
//! | `[1, H, W]`, `[H, W, 1]`, `[H, W]` | FLOAT, HALF | how sure the network is of the only class, 0 |
//! | the same | INT64, INT32, UINT8, INT8 | the class: argmax is part of the graph |
//!
//! A pixel whose number is not above the threshold has no class, -1, as with nvinfer; so has one whose numbers are none.

mod plan;

use std::ops::Range;

use crate::error::DecodeError;
use crate::layout::Activation;
use crate::letterbox::Size;
use crate::tensor::TensorView;
use crate::vector::{floats, named};
use plan::Plan;

/// Where the classes of a layer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// A map for each class, one after the other: `[C, H, W]`.
    Chw,
    /// The numbers of a pixel side by side: `[H, W, C]`.
    Hwc,
}

/// What is known of the network.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// The layer's name; `None` for the only one that can be a map.
    pub layer: Option<String>,
    /// Where the classes are; `None` for what the dimensions say.
    pub order: Option<Order>,
    /// What makes probabilities of the numbers; `None` for nothing.
    pub activation: Option<Activation>,
    /// Numbers above it count; `None` for 0.5 of one class, else all.
    pub threshold: Option<f32>,
    /// Whether nobody asks for [`Map::probabilities`], which are left empty then.
    pub only_classes: bool,
}

/// The classes of a picture's pixels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// Pixels across and down.
    pub size: Size,
    /// Number of classes; 0 where the graph chooses them, and their number is not known.
    pub classes: u32,
    /// The class of each pixel in rows, -1 for none.
    pub class_map: Vec<i32>,
    /// A number for each class and pixel, class after class; empty where the graph chooses.
    pub probabilities: Vec<f32>,
}

impl Map {
    /// How many pixels have each class, `classes` of them or as many as there are; and how many have none.
    pub fn coverage(&self) -> (Vec<u64>, u64) {
        let (mut counts, mut none) = (vec![0; self.classes as usize], 0);
        for &class in &self.class_map {
            match usize::try_from(class) {
                Ok(class) if class < MOST_CLASSES => {
                    if class >= counts.len() {
                        counts.resize(class + 1, 0);
                    }
                    counts[class] += 1;
                }
                _ => none += 1,
            }
        }
        (counts, none)
    }
}

/// More classes than any network has. A higher number of a graph's argmax is no class.
pub const MOST_CLASSES: usize = 65_536;

/// Reads maps, frame after frame.
#[derive(Debug, Clone, Default)]
pub struct Segmenter {
    options: Options,
    memory: Vec<f32>,
    best: Vec<f32>,
}

impl Segmenter {
    /// One for such a network.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Reads the map of a frame. `network` is the size of the network's input, if it is known.
    ///
    /// # Errors
    /// [`DecodeError::NoLayer`] when no layer, or more than one, can be a map, or its order is not told.
    pub fn run(
        &mut self,
        tensors: &[TensorView<'_>],
        network: Option<Size>,
        map: &mut Map,
    ) -> Result<(), DecodeError> {
        let names: Vec<String> = self.options.layer.iter().cloned().collect();
        let places = named(tensors, &names)?;
        let (tensor, plan) = plan::find(tensors, &places, &self.options, network)?;
        map.size = Size::new(plan.width as u32, plan.height as u32);
        map.class_map.clear();
        map.probabilities.clear();
        if plan.chosen {
            map.classes = 0;
            let data = tensor.data();
            map.class_map.extend((0..data.len()).map(|at| {
                let class = data.value(at).unwrap_or(-1.0);
                match (0.0..MOST_CLASSES as f64).contains(&class) {
                    true => class as i32,
                    false => -1,
                }
            }));
            return Ok(());
        }
        map.classes = plan.classes as u32;
        let numbers = floats(tensor, &mut self.memory);
        let usual = if plan.classes == 1 {
            0.5
        } else {
            f32::NEG_INFINITY
        };
        let threshold = self.options.threshold.unwrap_or(usual);
        let as_they_are = matches!(self.options.activation, Some(Activation::None) | None);
        if plan.order == Order::Chw && as_they_are {
            choose(
                numbers,
                &plan,
                threshold,
                &mut map.class_map,
                &mut self.best,
            );
            if !self.options.only_classes {
                by_class(numbers, &plan, &mut map.probabilities);
            }
            return Ok(());
        }
        by_class(numbers, &plan, &mut map.probabilities);
        activate(&mut map.probabilities, &plan, self.options.activation);
        let Map {
            class_map,
            probabilities,
            ..
        } = map;
        choose(probabilities, &plan, threshold, class_map, &mut self.best);
        if self.options.only_classes {
            map.probabilities.clear();
        }
        Ok(())
    }
}

/// The numbers class after class.
fn by_class(numbers: &[f32], plan: &Plan, to: &mut Vec<f32>) {
    let pixels = plan.width * plan.height;
    match plan.order {
        Order::Chw => to.extend_from_slice(&numbers[..(pixels * plan.classes).min(numbers.len())]),
        Order::Hwc => to.extend((0..plan.classes).flat_map(|class| {
            let of_class = numbers.iter().skip(class).step_by(plan.classes);
            of_class.copied().take(pixels)
        })),
    }
}

fn activate(numbers: &mut [f32], plan: &Plan, by: Option<Activation>) {
    match by {
        Some(Activation::Sigmoid) => {
            for number in numbers {
                *number = 1.0 / (1.0 + (-*number).exp());
            }
        }
        Some(Activation::Softmax) => softmax(numbers, plan.width * plan.height),
        Some(Activation::Percent) => numbers.iter_mut().for_each(|number| *number /= 100.0),
        Some(Activation::None) | None => (),
    }
}

/// The exponentials of each pixel's numbers as parts of their sum.
fn softmax(numbers: &mut [f32], pixels: usize) {
    let mut greatest = vec![f32::NEG_INFINITY; pixels];
    let mut sums = vec![0.0_f32; pixels];
    for of_class in numbers.chunks(pixels.max(1)) {
        for (greatest, &number) in greatest.iter_mut().zip(of_class) {
            *greatest = greatest.max(number);
        }
    }
    for of_class in numbers.chunks_mut(pixels.max(1)) {
        for ((number, &greatest), sum) in of_class.iter_mut().zip(&greatest).zip(&mut sums) {
            *number = (*number - greatest).exp();
            *sum += *number;
        }
    }
    for of_class in numbers.chunks_mut(pixels.max(1)) {
        for (number, &sum) in of_class.iter_mut().zip(&sums) {
            *number /= sum;
        }
    }
}

/// Pixels whose best numbers are at hand at a time, in a near cache.
const TILE: usize = 8192;

/// The first class of the greatest number of each pixel, if it is above the threshold.
fn choose(numbers: &[f32], plan: &Plan, threshold: f32, map: &mut Vec<i32>, best: &mut Vec<f32>) {
    let pixels = plan.width * plan.height;
    map.resize(pixels, -1);
    best.resize(TILE, 0.0);
    for (tile, chosen) in map.chunks_mut(TILE).enumerate() {
        let (from, count) = (tile * TILE, chosen.len());
        let best = &mut best[..count];
        // One of -inf is not above a threshold of -inf, and need not be.
        best.fill(threshold);
        let mut class = 0;
        for four in numbers.chunks(4 * pixels) {
            match [0, 1, 2, 3].map(|at| four.get(at * pixels + from..at * pixels + from + count)) {
                [Some(a), Some(b), Some(c), Some(d)] => {
                    better_of_four([a, b, c, d], class, chosen, best);
                }
                fewer => {
                    for (class, numbers) in (class..).zip(fewer.into_iter().flatten()) {
                        better(numbers, class, chosen, best);
                    }
                }
            }
            class += 4;
        }
    }
}

/// Puts the class where its numbers are greater than the best. Without a branch, so that it is done in vectors.
fn better(numbers: &[f32], class: i32, chosen: &mut [i32], best: &mut [f32]) {
    for ((chosen, best), &number) in chosen.iter_mut().zip(best).zip(numbers) {
        (*chosen, *best) = greater((*chosen, *best), number, class);
    }
}

/// The same of four classes, which read and write what was found once.
fn better_of_four([a, b, c, d]: [&[f32]; 4], class: i32, chosen: &mut [i32], best: &mut [f32]) {
    let numbers = a.iter().zip(b).zip(c).zip(d);
    for ((chosen, best), (((&a, &b), &c), &d)) in chosen.iter_mut().zip(best).zip(numbers) {
        let mut found = (*chosen, *best);
        found = greater(found, a, class);
        found = greater(found, b, class + 1);
        found = greater(found, c, class + 2);
        (*chosen, *best) = greater(found, d, class + 3);
    }
}

#[inline(always)]
fn greater((chosen, best): (i32, f32), number: f32, class: i32) -> (i32, f32) {
    let greater = number > best;
    (
        if greater { class } else { chosen },
        if greater { number } else { best },
    )
}

/// Sizes of maps that are read.
const SIDES: Range<usize> = 1..16_385;

#[cfg(test)]
mod tests;
