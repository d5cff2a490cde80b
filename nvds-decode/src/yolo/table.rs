//! Class scores of many anchors: which anchors are of interest, and their best class.
//!
//! Few anchors are, so most of the work is to tell that one is not. Numbers are compared with the
//! least threshold block by block, in vector instructions; only the anchors that reach it are looked at
//! one by one.

use std::ops::{BitOrAssign, Range};

use half::f16;

use crate::boxes::activation::{least, of_one, of_row};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::{Corners, DropReason};
use crate::boxes::scratch::Scratch;
use crate::layout::Activation;

/// A type of scores.
pub trait Number: Copy + Into<f32> {
    /// What is compared.
    type Key: Copy;
    /// A mark as wide as a number, so that vectors of both have as many lanes.
    type Mark: Copy + Default + PartialEq + BitOrAssign;
    /// At least this is what reaches the limit.
    fn bound(limit: f32) -> Self::Key;
    /// Other than zero if a number reaches it. One that is NaN may or may not; an infinite one does.
    fn mark(self, bound: Self::Key) -> Self::Mark;
    /// The marks of a block's anchors, and memory for their positions.
    fn marks(scratch: &mut Scratch) -> (&mut Vec<Self::Mark>, &mut Vec<u32>);
}

impl Number for f32 {
    type Key = f32;
    type Mark = u32;

    fn bound(limit: f32) -> f32 {
        limit
    }

    // A NaN is not below.
    #[allow(clippy::neg_cmp_op_on_partial_ord)]
    #[inline(always)]
    fn mark(self, bound: f32) -> u32 {
        u32::from(!(self < bound))
    }

    fn marks(scratch: &mut Scratch) -> (&mut Vec<u32>, &mut Vec<u32>) {
        (&mut scratch.reached.0, &mut scratch.anchors)
    }
}

impl Number for f16 {
    type Key = i16;
    type Mark = u16;

    /// Positive numbers are in the order of their bits, all negative ones below. A limit that is not
    /// positive is reached by all.
    fn bound(limit: f32) -> i16 {
        if limit.is_nan() || limit <= 0.0 {
            return i16::MIN;
        }
        let near = f16::from_f32(limit);
        let bits = near.to_bits() as i16;
        if near.to_f32() < limit {
            bits.saturating_add(1)
        } else {
            bits
        }
    }

    #[inline(always)]
    fn mark(self, bound: i16) -> u16 {
        u16::from(self.to_bits() as i16 >= bound)
    }

    fn marks(scratch: &mut Scratch) -> (&mut Vec<u16>, &mut Vec<u32>) {
        (&mut scratch.reached.1, &mut scratch.anchors)
    }
}

/// Numbers of anchors: those of a channel or those of an anchor lie side by side.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a, T> {
    pub data: &'a [T],
    pub anchors: usize,
    /// How many numbers each anchor has.
    pub channels: usize,
    /// Whether those of a channel lie side by side.
    pub by_channel: bool,
}

impl<T: Number> Table<'_, T> {
    /// A number, NaN where there is none.
    #[inline]
    pub fn get(&self, anchor: usize, channel: usize) -> f32 {
        let at = match self.by_channel {
            true => channel * self.anchors + anchor,
            false => anchor * self.channels + channel,
        };
        self.data.get(at).map_or(f32::NAN, |&number| number.into())
    }

    /// Four numbers in a row.
    #[inline]
    pub fn four(&self, anchor: usize, first: usize) -> [f32; 4] {
        [0, 1, 2, 3].map(|k| self.get(anchor, first + k))
    }
}

/// Where in a table the scores are and how they are read.
#[derive(Debug, Clone)]
pub struct Scores {
    /// The channel of the objectness, if there is one.
    pub objectness: Option<usize>,
    /// The channels of the classes.
    pub classes: Range<usize>,
    pub activation: Activation,
    pub multi_label: bool,
    /// The number of the first anchor among the network's entries.
    pub first: usize,
}

/// So many anchors are tested at a time: the numbers of all their classes stay in the cache.
const BLOCK: usize = 512;

/// Pushes the best class of every anchor, or every class if each counts. `corners` gives the box of an
/// anchor of the table.
pub fn push<T: Number>(
    table: &Table<'_, T>,
    scores: &Scores,
    scratch: &mut Scratch,
    out: &mut Candidates,
    corners: impl Fn(usize) -> Corners,
) {
    if scores.classes.is_empty() || scores.classes.end > table.channels {
        return;
    }
    out.note_columns(scores.classes.len() as u32);
    let limit = least(scores.activation, out.least_threshold());
    let mut left = table.anchors;
    let mut start = 0;
    while left > 0 {
        let count = left.min(BLOCK);
        let block = start..start + count;
        reached(table, scores, block.clone(), T::bound(limit), scratch);
        let found = scratch.anchors.len();
        if found > 0 {
            best(table, scores, start, scratch);
            entries(table, scores, start, scratch, out, &corners);
        }
        let per_anchor = match scores.multi_label {
            true => scores.classes.len(),
            false => 1,
        };
        let below = (count - found) as u64 * per_anchor as u64;
        out.pass_over(below, DropReason::BelowThreshold);
        (start, left) = (block.end, left - count);
    }
}

/// Finds the anchors of a block with a number of interest: the objectness, or any class.
fn reached<T: Number>(
    table: &Table<'_, T>,
    scores: &Scores,
    block: Range<usize>,
    bound: T::Key,
    scratch: &mut Scratch,
) {
    let gate = match scores.objectness {
        Some(channel) => channel..channel + 1,
        None => scores.classes.clone(),
    };
    let (reached, anchors) = T::marks(scratch);
    let none = T::Mark::default();
    anchors.clear();
    if table.by_channel {
        reached.clear();
        reached.resize(block.len(), none);
        let channel = |channel: usize| {
            let first = channel * table.anchors;
            table.data.get(first + block.start..first + block.end)
        };
        let mut gate = gate.filter_map(channel);
        // Four at a time: marks are read and written once for four numbers.
        while let Some(a) = gate.next() {
            match (gate.next(), gate.next(), gate.next()) {
                (Some(b), Some(c), Some(d)) => mark_four(reached, [a, b, c, d], bound),
                (b, c, _) => {
                    for some in [Some(a), b, c].into_iter().flatten() {
                        mark(reached, some, bound);
                    }
                }
            }
        }
        let marked = reached.iter().enumerate();
        anchors.extend(
            marked
                .filter(|(_, mark)| **mark != none)
                .map(|(at, _)| at as u32),
        );
        return;
    }
    let rows = table.data.chunks_exact(table.channels);
    for (at, row) in rows.skip(block.start).take(block.len()).enumerate() {
        let mut any = none;
        for &number in row.get(gate.clone()).unwrap_or_default() {
            any |= number.mark(bound);
        }
        if any != none {
            anchors.push(at as u32);
        }
    }
}

#[inline]
fn mark<T: Number>(marks: &mut [T::Mark], numbers: &[T], bound: T::Key) {
    for (mark, number) in marks.iter_mut().zip(numbers) {
        *mark |= number.mark(bound);
    }
}

#[inline]
fn mark_four<T: Number>(marks: &mut [T::Mark], [a, b, c, d]: [&[T]; 4], bound: T::Key) {
    let rest = a.iter().zip(b).zip(c.iter().zip(d));
    for (mark, ((a, b), (c, d))) in marks.iter_mut().zip(rest) {
        let mut any = a.mark(bound);
        any |= b.mark(bound);
        any |= c.mark(bound);
        any |= d.mark(bound);
        *mark |= any;
    }
}

/// In place of a class: a number of the anchor is none.
const ODD: u16 = u16::MAX;

/// Finds the best class of the anchors of interest. The first of several that are equal.
fn best<T: Number>(table: &Table<'_, T>, scores: &Scores, start: usize, scratch: &mut Scratch) {
    let Scratch {
        anchors,
        best,
        class,
        ..
    } = scratch;
    best.clear();
    best.resize(anchors.len(), f32::NEG_INFINITY);
    class.clear();
    class.resize(anchors.len(), 0);
    let consider = |number: f32, index: usize, best: &mut f32, class: &mut u16| {
        if !number.is_finite() {
            *class = ODD;
        } else if number > *best && *class != ODD {
            (*best, *class) = (number, index as u16);
        }
    };
    if table.by_channel {
        // Channel by channel, as they lie in memory.
        for (index, channel) in scores.classes.clone().enumerate() {
            let found = anchors.iter().zip(best.iter_mut()).zip(class.iter_mut());
            for ((&at, best), class) in found {
                consider(table.get(start + at as usize, channel), index, best, class);
            }
        }
    } else {
        let found = anchors.iter().zip(best.iter_mut()).zip(class.iter_mut());
        for ((&at, best), class) in found {
            let first = (start + at as usize) * table.channels;
            let numbers = table
                .data
                .get(first + scores.classes.start..first + scores.classes.end);
            for (index, &number) in numbers.unwrap_or_default().iter().enumerate() {
                consider(number.into(), index, best, class);
            }
        }
    }
}

/// Pushes the anchors of interest.
fn entries<T: Number>(
    table: &Table<'_, T>,
    scores: &Scores,
    start: usize,
    scratch: &mut Scratch,
    out: &mut Candidates,
    corners: &impl Fn(usize) -> Corners,
) {
    let Scratch {
        anchors,
        best,
        class,
        row,
        ..
    } = scratch;
    let alone = of_one(scores.activation).unwrap_or(|score| score);
    let of_all = scores.multi_label || scores.activation == Activation::Softmax;
    for ((&at, &best), &class) in anchors.iter().zip(&*best).zip(&*class) {
        let anchor = start + at as usize;
        let entry = scores.first + anchor;
        let objectness = scores
            .objectness
            .map(|channel| alone(table.get(anchor, channel)));
        // At most the objectness, by which anchors are passed over before their classes are looked at.
        let with = |score: f32| match objectness {
            Some(objectness) if objectness * score > objectness => objectness,
            Some(objectness) => objectness * score,
            None => score,
        };
        let number = |index: usize| if class == ODD { f64::NAN } else { index as f64 };
        if !of_all {
            let score = with(alone(best));
            out.push(entry, number(usize::from(class)), score, || corners(anchor));
            continue;
        }
        row.clear();
        row.extend(
            scores
                .classes
                .clone()
                .map(|channel| table.get(anchor, channel)),
        );
        let activate = of_row(scores.activation, row);
        if !scores.multi_label {
            let score = with(activate(best));
            out.push(entry, number(usize::from(class)), score, || corners(anchor));
            continue;
        }
        for (index, &score) in row.iter().enumerate() {
            let score = with(activate(score));
            out.push(entry, number(index), score, || corners(anchor));
        }
    }
}
