//! Which layers are read, and as what.

use super::{Blank, Columns, Confidence, Options};
use crate::error::DecodeError;
use crate::tensor::TensorView;
use crate::vector::{Shape, is_float, is_index, named, no_layer, squeezed};

/// Where the characters come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Source {
    /// Scores of all characters for each column.
    Scores {
        layer: usize,
        /// How many columns the picture has.
        columns: usize,
        /// How many characters with the blank there are.
        numbers: usize,
        /// Whether the numbers of a column are apart: `[D, T]`.
        across: bool,
    },
    /// The characters' numbers, which the network chose, and perhaps their scores.
    Indices { layer: usize, scores: Option<usize> },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    pub source: Source,
    /// Number of the blank.
    pub blank: u32,
    /// Number of the first character.
    pub first: u32,
    /// Whether the number behind that of the last character is a space.
    pub space: bool,
    pub confidence: Confidence,
}

const EXPECTED: &str = "of characters: [T, D] or [D, T] of FLOAT or HALF, or [T] of INT32 or INT64, alone or with as \
                        many scores";

/// Looks for the layers.
pub(super) fn plan(tensors: &[TensorView<'_>], options: &Options) -> Result<Plan, DecodeError> {
    let chosen = named(tensors, &options.layers)?;
    let shape = |layer: usize| squeezed(&tensors[layer]);
    let whole = |layer: &usize| {
        is_index(&tensors[*layer]) && matches!(shape(*layer), Some(Shape::Vector(1..)))
    };
    let indices: Vec<usize> = chosen.iter().copied().filter(whole).collect();
    let others: Vec<usize> = chosen
        .iter()
        .copied()
        .filter(|layer| !whole(layer))
        .collect();
    match (&indices[..], &others[..]) {
        (&[layer], &[]) => Ok(of_indices(layer, None, options)),
        (&[layer], &[scores]) if is_float(&tensors[scores]) && shape(scores) == shape(layer) => {
            Ok(of_indices(layer, Some(scores), options))
        }
        (&[], &[layer]) if is_float(&tensors[layer]) => of_scores(tensors, layer, options),
        _ => Err(no_layer(EXPECTED, tensors)),
    }
}

fn of_indices(layer: usize, scores: Option<usize>, options: &Options) -> Plan {
    let usual = match scores {
        Some(_) => Blank::Last,
        None => Blank::First,
    };
    let usual_confidence = match scores {
        Some(_) => Confidence::Product,
        None => Confidence::Mean,
    };
    let (blank, first) = blank(options, usual, options.characters.len() + 1);
    Plan {
        source: Source::Indices { layer, scores },
        blank,
        first,
        // The network says nothing of how many there are.
        space: first == 1,
        confidence: confidence(options, usual_confidence),
    }
}

fn confidence(options: &Options, usual: Confidence) -> Confidence {
    match options.confidence {
        Confidence::Auto => usual,
        stated => stated,
    }
}

/// Numbers of the blank and of the first character.
fn blank(options: &Options, usual: Blank, numbers: usize) -> (u32, u32) {
    let place = match options.blank {
        Blank::Auto => usual,
        stated => stated,
    };
    match place {
        Blank::Last => ((numbers - 1) as u32, 0),
        _ => (0, 1),
    }
}

/// Scores: one dimension is that of the characters with the blank, or with the blank and a space.
fn of_scores(
    tensors: &[TensorView<'_>],
    layer: usize,
    options: &Options,
) -> Result<Plan, DecodeError> {
    // A picture of one column, or a network of one character, would be a vector: neither makes a text.
    let Some(Shape::Table(rows, columns)) = squeezed(&tensors[layer]) else {
        return Err(no_layer(EXPECTED, tensors));
    };
    let characters = options.characters.len();
    let fits = |numbers: usize| numbers == characters + 1 || numbers == characters + 2;
    let across = match options.columns {
        Columns::First => false,
        Columns::Last => true,
        // What fits exactly goes before what fits with a space.
        Columns::Auto => match (fits(columns), fits(rows)) {
            (true, true) => rows < columns && rows == characters + 1,
            (_, across) => across,
        },
    };
    let (time, numbers) = if across {
        (columns, rows)
    } else {
        (rows, columns)
    };
    if !fits(numbers) {
        return Err(DecodeError::Characters {
            layer: tensors[layer].to_string(),
            characters,
        });
    }
    let usual = if across { Blank::Last } else { Blank::First };
    let (blank, first) = blank(options, usual, numbers);
    Ok(Plan {
        source: Source::Scores {
            layer,
            columns: time,
            numbers,
            across,
        },
        blank,
        first,
        space: numbers == characters + 2,
        confidence: confidence(options, Confidence::Mean),
    })
}
