//! Which predictions are scores of interest.

use std::ops::Range;

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::blocks::{Blocks, Prediction};
use crate::boxes::activation::greatest;
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Corners;

/// The classes.
pub struct Columns {
    pub count: usize,
    background: Option<u32>,
    /// Those of interest are among these.
    pub range: Range<usize>,
    /// How many are of interest.
    pub taken: u64,
    /// The least of their thresholds.
    pub least_threshold: f32,
}

impl Columns {
    /// Counts the predictions of classes that are of no interest, but for the
    /// background's.
    pub fn new(count: usize, background: Option<u32>, rows: u64, out: &mut Candidates) -> Self {
        let mut this = Self {
            count,
            background,
            range: 0..0,
            taken: 0,
            least_threshold: f32::INFINITY,
        };
        out.note_columns(count as u32);
        for class in (0..count as u32).filter(|&class| background != Some(class)) {
            if let Some(reason) = out.refuses_class(class) {
                out.pass_over(rows, reason);
                continue;
            }
            let column = class as usize;
            if this.taken == 0 {
                this.range.start = column;
            }
            this.range.end = column + 1;
            this.taken += 1;
            this.least_threshold = this.least_threshold.min(out.score_threshold(class));
        }
        this
    }

    /// Whether the predictions of a class are scores of interest.
    fn takes(&self, column: usize, out: &Candidates) -> bool {
        let class = column as u32;
        self.background != Some(class) && out.refuses_class(class).is_none()
    }
}

/// What a prediction must at least be to be of interest, or a little less.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// In every row.
    Same(f32),
    /// So much more than the row's prediction in a column.
    Above { column: usize, distance: f32 },
    /// So much more than the greatest of the row.
    AboveGreatest { distance: f32 },
}

impl Limit {
    fn of(self, row: &[f32]) -> f32 {
        match self {
            Self::Same(limit) => limit,
            Self::Above { column, distance } => row[column] + distance,
            Self::AboveGreatest { distance } => greatest(row) + distance,
        }
    }
}

/// About how many predictions are tested at a time, and how many columns that
/// are of no interest may be among them for that to be worth while.
const BLOCK: usize = 768;
const FEW: usize = 4;

/// The numbers of a block as FLOAT.
pub trait AsFloat: Sized {
    fn as_float<'b>(block: &'b [Self], memory: &'b mut Vec<f32>) -> &'b [f32];
}

impl AsFloat for f32 {
    fn as_float<'b>(block: &'b [Self], _memory: &'b mut Vec<f32>) -> &'b [f32] {
        block
    }
}

impl AsFloat for f16 {
    fn as_float<'b>(block: &'b [Self], memory: &'b mut Vec<f32>) -> &'b [f32] {
        memory.resize(block.len(), 0.0);
        block.convert_to_f32_slice(memory);
        memory
    }
}

/// Pushes the predictions that reach the limit of their row, made into scores by
/// what `activation` says for the row, and returns how many there were. A NaN
/// counts as reaching it.
///
/// Few rows have one, so most of the work is to tell that there is none. Whole
/// blocks of rows are compared with one number, which compilers turn into vector
/// instructions; then single rows; then single predictions. HALF predictions are
/// compared as they are, and only blocks in which one is of interest are converted.
pub fn scan<P: Prediction + AsFloat, A: Fn(f32) -> f32>(
    predictions: &[P],
    columns: &Columns,
    limit: Limit,
    out: &mut Candidates,
    memory: &mut Vec<f32>,
    corners: impl Fn(usize) -> Corners,
    activation: impl Fn(&[f32]) -> A,
) -> u64 {
    let mut pushed = 0;
    let rows = (BLOCK / columns.count).max(1);
    let few = columns.count - columns.range.len() <= FEW;
    // The greatest always is near the greatest.
    let by_block = few && !matches!(limit, Limit::AboveGreatest { .. });
    let mut blocks = Blocks::new(columns.count, columns.range.clone(), limit);
    for (index, block) in predictions.chunks(rows * columns.count).enumerate() {
        if by_block && blocks.all_below(block) {
            continue;
        }
        let block = P::as_float(block, memory);
        for (offset, all) in block.chunks_exact(columns.count).enumerate() {
            let limit = limit.of(all);
            let interesting = &all[columns.range.clone()];
            let mut below = true;
            for &prediction in interesting {
                below &= prediction < limit;
            }
            if below {
                continue;
            }
            let activate = activation(all);
            for (column, &prediction) in columns.range.clone().zip(interesting) {
                if prediction < limit || !columns.takes(column, out) {
                    continue;
                }
                pushed += 1;
                let row = index * rows + offset;
                out.push(row, column as f64, activate(prediction), || corners(row));
            }
        }
    }
    pushed
}
