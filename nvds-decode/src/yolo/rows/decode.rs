//! From rows to candidates.

use super::{COUNT, Columns, ROWS, columns};
use crate::boxes::activation::of_one;
use crate::boxes::candidates::{BLOCK, Candidates};
use crate::boxes::detection::Corners;
use crate::select::{Decoder, Input, Plan};
use crate::ssd::filled;

pub(super) fn decode(decoder: &Decoder, input: &Input<'_, '_>, plan: &Plan, out: &mut Candidates) {
    let Some(count) = filled(plan.find(input, COUNT), plan.sizes[0], out) else {
        return;
    };
    let usual = decoder.boxes(input.layout);
    let corners = usual.form.corners();
    let activation = of_one(usual.activation);
    let activate = activation.unwrap_or(|score| score);
    let columns = columns(decoder);
    let width = plan.sizes[1].max(columns.count);
    let rows = plan.layer(input, ROWS);
    match rows.slice::<f32>() {
        // What all but a few formats have.
        Some(data) if (columns.corners, columns.score, columns.class) == (0, 4, 5) => {
            let data = &data[..data.len().min(count * width)];
            let passing = out.passing::<f32>().filter(|_| activation.is_none());
            let mut row = 0;
            for block in data.chunks(BLOCK * width) {
                let rows = block.chunks_exact(width);
                let ends = rows.clone().map(|row| (row[4], row[5]));
                if passing.is_some_and(|passing| passing.passes_over_all(ends)) {
                    out.passed_over(rows.len());
                    row += rows.len();
                    continue;
                }
                for numbers in rows {
                    if let [x1, y1, x2, y2, score, class, ..] = *numbers {
                        let box_of = || corners([x1, y1, x2, y2]);
                        out.push(row, f64::from(class), activate(score), box_of);
                    }
                    row += 1;
                }
            }
        }
        Some(data) => {
            for (row, numbers) in data.chunks_exact(width).take(count).enumerate() {
                push(&columns, row, |k| numbers[k], activate, corners, out);
            }
        }
        None => {
            let data = rows.data();
            for row in 0..count {
                let first = row * width;
                let number = |k| data.value(first + k).unwrap_or(f64::NAN) as f32;
                push(&columns, row, number, activate, corners, out);
            }
        }
    }
}

/// Pushes one row.
fn push(
    columns: &Columns,
    row: usize,
    number: impl Fn(usize) -> f32,
    activate: impl Fn(f32) -> f32,
    corners: impl Fn([f32; 4]) -> Corners,
    out: &mut Candidates,
) {
    if columns.image.is_some_and(|image| number(image) < 0.0) {
        return; // no row
    }
    let class = match columns.class {
        usize::MAX => 0.0,
        column => f64::from(number(column)),
    };
    out.push(row, class, activate(number(columns.score)), || {
        corners([0, 1, 2, 3].map(|k| number(columns.corners + k)))
    });
}
