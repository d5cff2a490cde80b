//! Grouping of similar rectangles by the rules of OpenCV 4's `groupRectangles`, in whole pixels.

use crate::infer::postprocess::detection::Detection;

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Whole {
    /// Fractions are cut off.
    pub(super) fn of(detection: &Detection) -> Self {
        Self {
            x: detection.left as i32,
            y: detection.top as i32,
            width: detection.width as i32,
            height: detection.height as i32,
        }
    }

    fn sides(&self) -> [i64; 4] {
        [self.x, self.y, self.width, self.height].map(i64::from)
    }

    fn corners(&self) -> [i64; 4] {
        let [x, y, width, height] = self.sides();
        [x, y, x + width, y + height]
    }
}

/// Whether all corners are within a part of the smaller sides.
fn similar(a: &Whole, b: &Whole, eps: f64) -> bool {
    let smaller = i64::from(a.width.min(b.width)) + i64::from(a.height.min(b.height));
    let delta = eps * smaller as f64 * 0.5;
    let (a, b) = (a.corners(), b.corners());
    a.iter().zip(b).all(|(a, b)| (a - b).abs() as f64 <= delta)
}

/// The number of each rectangle's group: rectangles belong together that are similar, or similar to ones that are.
/// Groups are numbered by their first rectangle.
fn groups(rects: &[Whole], eps: f64) -> (Vec<usize>, usize) {
    const NONE: usize = usize::MAX;
    let mut group = vec![NONE; rects.len()];
    let mut count = 0;
    let mut open = Vec::new();
    for first in 0..rects.len() {
        if group[first] != NONE {
            continue;
        }
        group[first] = count;
        open.push(first);
        while let Some(one) = open.pop() {
            for other in 0..rects.len() {
                if group[other] == NONE && similar(&rects[one], &rects[other], eps) {
                    group[other] = count;
                    open.push(other);
                }
            }
        }
        count += 1;
    }
    (group, count)
}

/// The nearest whole number, an even one of two as near; out of range is the lowest of all, as a CPU converts.
fn round(value: f64) -> i32 {
    let rounded = value.round_ties_even();
    if (-2_147_483_648.0..2_147_483_648.0).contains(&rounded) {
        rounded as i32
    } else {
        i32::MIN
    }
}

/// The mean of each group and how many it has.
fn means(rects: &[Whole], eps: f64) -> Vec<(Whole, i64)> {
    let (group, count) = groups(rects, eps);
    let mut sums = vec![([0_i64; 4], 0_i64); count];
    for (rect, group) in rects.iter().zip(group) {
        let (sum, members) = &mut sums[group];
        for (sum, side) in sum.iter_mut().zip(rect.sides()) {
            *sum += side;
        }
        *members += 1;
    }
    let mean = |(sum, members): ([i64; 4], i64)| {
        let share = 1.0_f32 / members as f32;
        let [x, y, width, height] = sum.map(|side| round((side as f32 * share).into()));
        let mean = Whole {
            x,
            y,
            width,
            height,
        };
        (mean, members)
    };
    sums.into_iter().map(mean).collect()
}

/// Whether a group lies inside a larger one that has more members.
fn is_inside((inner, members): &(Whole, i64), (outer, others): &(Whole, i64), eps: f64) -> bool {
    let dx = i64::from(round(f64::from(outer.width) * eps));
    let dy = i64::from(round(f64::from(outer.height) * eps));
    let (inner, outer) = (inner.corners(), outer.corners());
    inner[0] >= outer[0] - dx
        && inner[1] >= outer[1] - dy
        && inner[2] <= outer[2] + dx
        && inner[3] <= outer[3] + dy
        && (*others > (*members).max(3) || *members < 3)
}

/// One rectangle for each group of more than `threshold`. With a `threshold` of 0 or less all stay as they are.
pub(super) fn group(rects: Vec<Whole>, threshold: i32, eps: f64) -> Vec<Whole> {
    if threshold <= 0 {
        return rects;
    }
    let mut means = means(&rects, eps);
    means.retain(|(_, members)| *members > i64::from(threshold));
    let is_part = |(index, one): &(usize, &(Whole, i64))| {
        let others = means.iter().enumerate().filter(|(other, _)| other != index);
        let mut others = others.map(|(_, other)| other);
        others.any(|other| is_inside(one, other, eps))
    };
    means
        .iter()
        .enumerate()
        .filter(|one| !is_part(one))
        .map(|(_, (mean, _))| *mean)
        .collect()
}
