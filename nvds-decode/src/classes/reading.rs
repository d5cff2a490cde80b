//! From the numbers of a head to classes.

use super::plan::Rows;
use super::{Class, Met, Method, Options};
use crate::boxes::activation;
use crate::layout::Activation;

/// Scores may exceed 1 by rounding; logits do by far.
const ODD: f32 = 1e-3;

/// One head of one frame or object.
pub(super) struct Reading<'a> {
    pub options: &'a Options,
    pub head: u32,
    pub threshold: f32,
    pub found: &'a mut Vec<Class>,
    pub met: &'a mut Met,
}

impl Reading<'_> {
    /// Adds the classes of a row. `scores` is memory.
    pub fn row(
        &mut self,
        row: &[f32],
        rows: &Rows,
        confidences: Option<&[f32]>,
        scores: &mut Vec<f32>,
    ) {
        match self.options.method {
            Method::Index => return self.index(row, confidences),
            Method::Regression => return self.regression(row),
            _ => {}
        }
        let Some(of_row) = Scores::of(rows.activation, row) else {
            self.met.non_finite += 1;
            return;
        };
        scores.clear();
        scores.extend(row.iter().map(|&number| of_row.of_number(number)));
        if rows.activation == Activation::None {
            let odd = |score: &&f32| **score < -ODD || **score > 1.0 + ODD;
            let odd = scores.iter().find(odd).copied();
            self.met.odd_score = self.met.odd_score.or(odd.filter(|score| score.is_finite()));
        }
        let unsound = scores.iter().filter(|score| !score.is_finite()).count();
        self.met.non_finite += unsound;
        let best = best(scores);
        if let Some((_, score)) = best {
            self.saw(score);
        }
        match self.options.method {
            Method::Max => {
                let best = best.filter(|&(_, score)| score >= self.threshold);
                self.found
                    .extend(best.map(|(class, score)| self.class(class, score)));
            }
            Method::Multi => self.multi(scores),
            Method::Compound => self.compound(scores),
            _ => self.expectation(scores, best),
        }
    }

    /// Notes a score.
    fn saw(&mut self, score: f32) {
        self.met.best = Some(self.met.best.map_or(score, |best| best.max(score)));
    }

    fn class(&self, class: usize, score: f32) -> Class {
        Class {
            head: self.head,
            class: class as u32,
            score,
            value: None,
        }
    }

    fn multi(&mut self, scores: &[f32]) {
        let begin = self.found.len();
        for (class, &score) in scores.iter().enumerate() {
            if score.is_finite() && score >= self.threshold {
                self.found.push(self.class(class, score));
            }
        }
        // A stable sort leaves equals in the order of their numbers.
        self.found[begin..].sort_by(|a, b| b.score.total_cmp(&a.score));
        if self.options.top_k > 0 {
            self.found.truncate(begin + self.options.top_k);
        }
    }

    fn compound(&mut self, scores: &[f32]) {
        for (k, &score) in scores.iter().enumerate() {
            if !score.is_finite() {
                continue;
            }
            let class = match score >= self.threshold {
                true => self.class(2 * k, score),
                false => self.class(2 * k + 1, 1.0 - score),
            };
            self.found.push(class);
        }
    }

    fn expectation(&mut self, scores: &[f32], best: Option<(usize, f32)>) {
        let sound = || {
            scores
                .iter()
                .enumerate()
                .filter(|(_, score)| score.is_finite())
        };
        let sum: f64 = sound().map(|(_, &score)| f64::from(score)).sum();
        let weighted: f64 = sound()
            .map(|(class, &score)| class as f64 * f64::from(score))
            .sum();
        let (Some((_, score)), true) = (best, sum > 0.0) else {
            return;
        };
        if score >= self.threshold {
            self.value((weighted / sum) as f32, score, 0);
        }
    }

    fn regression(&mut self, row: &[f32]) {
        for (k, &number) in row.iter().enumerate() {
            if number.is_finite() {
                self.saw(1.0);
                self.value(number, 1.0, k as u32);
            } else {
                self.met.non_finite += 1;
            }
        }
    }

    fn value(&mut self, number: f32, score: f32, more: u32) {
        let scale = match self.options.scale {
            0.0 => 1.0,
            scale => scale,
        };
        let value = number * scale;
        self.found.push(Class {
            head: self.head + more,
            class: value.round().max(0.0) as u32,
            score,
            value: Some(value),
        });
    }

    fn index(&mut self, row: &[f32], confidences: Option<&[f32]>) {
        for (k, &number) in row.iter().enumerate() {
            let score =
                confidences.map_or(1.0, |scores| scores.get(k).copied().unwrap_or(f32::NAN));
            if !number.is_finite() || number < 0.0 || !score.is_finite() {
                self.met.non_finite += 1;
                continue;
            }
            if number.fract() != 0.0 {
                self.met.odd_index.get_or_insert(number);
            }
            self.saw(score);
            if score >= self.threshold {
                self.found.push(Class {
                    head: self.head + k as u32,
                    class: number as u32,
                    score,
                    value: None,
                });
            }
        }
    }
}

/// The highest of the scores that are finite, and which it is; the first of equals.
fn best(scores: &[f32]) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (at, &score) in scores.iter().enumerate() {
        if score.is_finite() && best.is_none_or(|(_, most)| score > most) {
            best = Some((at, score));
        }
    }
    best
}

/// What makes scores of the numbers of a row.
pub(crate) enum Scores {
    Each(fn(f32) -> f32),
    Softmax { greatest: f32, sum: f64 },
}

impl Scores {
    /// `None` for a softmax of numbers that have none: with one that is NaN or infinite, or all of minus infinity.
    pub(crate) fn of(activation: Activation, row: &[f32]) -> Option<Self> {
        if activation != Activation::Softmax {
            return Some(Self::Each(
                activation::of_one(activation).unwrap_or(|score| score),
            ));
        }
        let greatest = activation::greatest(row);
        if !greatest.is_finite() || row.iter().any(|number| number.is_nan()) {
            return None;
        }
        let sum = row
            .iter()
            .map(|&number| f64::from((number - greatest).exp()))
            .sum();
        Some(Self::Softmax { greatest, sum })
    }

    #[inline]
    pub(crate) fn of_number(&self, number: f32) -> f32 {
        match self {
            Self::Each(of) => of(number),
            Self::Softmax { greatest, sum } => (f64::from((number - greatest).exp()) / sum) as f32,
        }
    }
}
