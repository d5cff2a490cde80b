//! The best of all pairs of query and class: what networks with a sigmoid for each class mean.

use crate::boxes::candidates::Candidates;
use crate::boxes::detection::{Corners, DropReason};
use crate::ssd::class_scores::blocks::{Blocks, Prediction};
use crate::ssd::class_scores::scan::{AsFloat, Limit};

/// A score that is of interest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    score: f32,
    query: u32,
    class: u32,
}

/// About how many predictions are compared with the limit at a time.
const BLOCK: usize = 768;

/// No box: what comes of a query with a number that is none.
const NO_BOX: Corners = Corners {
    x_min: f32::NAN,
    y_min: f32::NAN,
    x_max: f32::NAN,
    y_max: f32::NAN,
    angle: 0.0,
};

/// The class predictions of all queries.
pub struct Predictions<'a, P> {
    /// Query by query.
    pub all: &'a [P],
    /// How many each has, more than 0.
    pub columns: usize,
    /// The column that is no class.
    pub background: Option<usize>,
}

impl<P> Predictions<'_, P> {
    /// How many queries there are.
    pub fn queries(&self) -> usize {
        self.all.len() / self.columns
    }

    /// How many predictions of a query are of classes.
    pub fn classes(&self) -> usize {
        self.columns - usize::from(self.background.is_some())
    }

    /// The columns outside of which there is no class.
    fn range(&self) -> std::ops::Range<usize> {
        match self.background {
            Some(0) => 1..self.columns,
            Some(last) if last + 1 == self.columns => 0..last,
            _ => 0..self.columns,
        }
    }
}

/// Pushes as many pairs of query and class as there are queries: those with the best scores, which are
/// predictions that reach `limit` made into scores by `activate`; of equal scores those of the earlier
/// queries, then of the lower classes. So a query may give several classes. A query with a number that
/// is none gives nothing and takes nobody's place.
///
/// Rules on classes do not change which pairs these are: the network's own selection knows none.
pub fn decode<P: Prediction + AsFloat>(
    predictions: &Predictions<'_, P>,
    limit: f32,
    activate: impl Fn(f32) -> f32,
    (pairs, memory): (&mut Vec<Pair>, &mut Vec<f32>),
    out: &mut Candidates,
    corners: impl Fn(usize) -> Corners,
) {
    let &Predictions {
        all,
        columns,
        background,
    } = predictions;
    let range = predictions.range();
    let queries = predictions.queries();
    pairs.clear();
    let mut broken = 0;
    let rows = (BLOCK / columns).max(1);
    let mut blocks = Blocks::new(columns, range.clone(), Limit::Same(limit));
    for (index, block) in all.chunks(rows * columns).enumerate() {
        if blocks.all_below(block) {
            continue;
        }
        for (offset, row) in block.chunks_exact(columns).enumerate() {
            if P::reaching(&row[range.clone()], P::bound(limit)) == 0 {
                continue;
            }
            let row = P::as_float(row, memory);
            let query = index * rows + offset;
            let whole = is_finite(row) && corners(query).is_finite();
            for (class, &prediction) in range.clone().zip(&row[range.clone()]) {
                if prediction < limit || Some(class) == background {
                    continue;
                }
                let score = activate(prediction);
                if whole {
                    pairs.push(Pair {
                        score,
                        query: query as u32,
                        class: class as u32,
                    });
                } else {
                    broken += 1;
                    out.push(query, class as f64, score, || NO_BOX);
                }
            }
        }
    }
    let reached = pairs.len();
    let (best, others) = split_best(pairs, queries);
    for (pairs, is_best) in [(best, true), (others, false)] {
        for pair in pairs {
            let query = pair.query as usize;
            if is_best {
                out.push(query, pair.class.into(), pair.score, || corners(query));
            } else {
                out.leave_out(query, pair.class, pair.score, || corners(query));
            }
        }
    }
    let below = queries * predictions.classes() - reached - broken;
    out.pass_over(below as u64, DropReason::BelowThreshold);
}

/// Whether all predictions of a query are numbers. Counted, as that can be done many at a time.
#[inline]
pub fn is_finite(row: &[f32]) -> bool {
    let mut odd = 0u32;
    for &prediction in row {
        odd += u32::from(!prediction.is_finite());
    }
    odd == 0
}

/// The best, in the order in which they were, and the others.
fn split_best(pairs: &mut [Pair], most: usize) -> (&[Pair], &[Pair]) {
    if pairs.len() <= most || most == 0 {
        return (pairs, &[]);
    }
    let place = |pair: &Pair| (pair.query, pair.class);
    pairs.select_nth_unstable_by(most - 1, |a, b| {
        let by_score = b.score.total_cmp(&a.score);
        by_score.then_with(|| place(a).cmp(&place(b)))
    });
    let (best, others) = pairs.split_at_mut(most);
    best.sort_unstable_by_key(place);
    (best, others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_scores_the_first_ones_stay() {
        let scores = [0.5, 0.9, 0.5, 0.7, 0.5, 0.9, 0.1];
        let mut pairs: Vec<Pair> = (0..7)
            .map(|i| Pair {
                score: scores[i as usize],
                query: i / 2,
                class: i % 2,
            })
            .collect();
        let (best, others) = split_best(&mut pairs, 4);
        let places: Vec<u32> = best.iter().map(|p| 2 * p.query + p.class).collect();
        assert_eq!(places, [0, 1, 3, 5]);
        assert_eq!(others.len(), 3);
        assert_eq!(split_best(&mut pairs, 7).0.len(), 7);
    }
}
