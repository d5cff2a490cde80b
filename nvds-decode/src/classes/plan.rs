//! Which layers are read, and as what.

use super::{Method, Options};
use crate::error::DecodeError;
use crate::layout::Activation;
use crate::tensor::TensorView;
use crate::vector::{Shape, is_float, named, no_layer, squeezed};

/// A layer of rows, each of which is a head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rows {
    /// Which layer.
    pub layer: usize,
    pub rows: usize,
    /// Numbers of a row, at least one.
    pub columns: usize,
    pub activation: Activation,
}

/// The layers of a network.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub layers: Vec<Rows>,
    /// The layer with scores of the classes that [`Method::Index`] reads.
    pub confidences: Option<usize>,
}

impl Plan {
    /// How many classes each head has room for.
    pub fn heads(&self, method: Method) -> impl Iterator<Item = usize> {
        let of = move |rows: &Rows| match method {
            Method::Compound => (rows.rows, 2 * rows.columns),
            Method::Index | Method::Regression => (rows.rows, 0),
            _ => (rows.rows, rows.columns),
        };
        let layers = self.layers.iter().map(of);
        layers.flat_map(|(rows, classes)| std::iter::repeat_n(classes, rows))
    }
}

const EXPECTED: &str =
    "of class scores, [C] or [C, 1, 1] of FLOAT or HALF, and none else beside it";
const EXPECTED_VALUES: &str = "of values, [1] to [8] of FLOAT or HALF, and none else beside it";
const EXPECTED_NAMED: &str = "of class scores, [C] or [K, C]";

/// Most numbers of a layer that nobody named which may all be values: more are the scores of classes, an embedding, or
/// boxes.
const MOST_VALUES: usize = 8;

/// Looks for the layers.
pub(super) fn plan(tensors: &[TensorView<'_>], options: &Options) -> Result<Plan, DecodeError> {
    let mut chosen = named(tensors, &options.layers)?;
    let stated = !options.layers.is_empty();
    if options.method == Method::Index {
        return index(tensors, &chosen);
    }
    if !stated {
        leave_out_twins(tensors, options.activation, &mut chosen);
    }
    let mut plan = Plan::default();
    for layer in chosen {
        let tensor = &tensors[layer];
        let rows = match squeezed(tensor) {
            Some(Shape::Vector(columns)) if columns > 0 => (1, columns),
            // Rows of a layer that nobody named may well be boxes.
            Some(Shape::Table(rows, columns)) if stated && rows > 0 && columns > 0 => {
                (rows, columns)
            }
            _ if stated => return Err(no_layer(EXPECTED_NAMED, std::slice::from_ref(tensor))),
            _ => return Err(no_layer(EXPECTED, tensors)),
        };
        if !stated && !is_float(tensor) {
            return Err(no_layer(EXPECTED, tensors));
        }
        if !stated && options.method == Method::Regression && rows.1 > MOST_VALUES {
            return Err(no_layer(EXPECTED_VALUES, tensors));
        }
        plan.layers.push(Rows {
            layer,
            rows: rows.0,
            columns: rows.1,
            activation: activation(tensor.name(), rows.1, options),
        });
    }
    if plan.layers.is_empty() {
        return Err(no_layer(EXPECTED, tensors));
    }
    Ok(plan)
}

/// Class numbers, and perhaps as many scores.
fn index(tensors: &[TensorView<'_>], chosen: &[usize]) -> Result<Plan, DecodeError> {
    let length = |layer: usize| match squeezed(&tensors[layer]) {
        Some(Shape::Vector(length)) if length > 0 => Some(length),
        _ => None,
    };
    let rows = |layer: usize| {
        Some(Rows {
            layer,
            rows: 1,
            columns: length(layer)?,
            activation: Activation::None,
        })
    };
    let numbers = |layer: &usize| !is_float(&tensors[*layer]);
    let (whole, fractions): (Vec<usize>, Vec<usize>) =
        chosen.iter().partition(|layer| numbers(layer));
    let (classes, confidences) = match (&whole[..], &fractions[..]) {
        // A network in FLOAT throughout puts out its numbers in FLOAT as well.
        (&[], &[classes]) | (&[classes], &[]) => (classes, None),
        (&[classes], &[scores]) if length(classes) == length(scores) => (classes, Some(scores)),
        _ => return Err(no_layer(INDEX, tensors)),
    };
    Ok(Plan {
        layers: vec![rows(classes).ok_or_else(|| no_layer(INDEX, tensors))?],
        confidences,
    })
}

const INDEX: &str = "of class numbers, [K], alone or with one of as many scores";

/// Of two layers that say the same, before and after a softmax, leaves the one that is asked for.
fn leave_out_twins(
    tensors: &[TensorView<'_>],
    activation: Option<Activation>,
    chosen: &mut Vec<usize>,
) {
    let &[a, b] = &chosen[..] else {
        return;
    };
    if squeezed(&tensors[a]) != squeezed(&tensors[b]) {
        return;
    }
    let (logits, scores) = match (is_logits(tensors[a].name()), is_logits(tensors[b].name())) {
        (true, false) => (a, b),
        (false, true) => (b, a),
        _ => return,
    };
    let has = |part| contains(tensors[scores].name(), part);
    if has("softmax") || has("prob") {
        *chosen = vec![match activation {
            None | Some(Activation::None | Activation::Percent) => scores,
            Some(Activation::Softmax | Activation::Sigmoid) => logits,
        }];
    }
}

/// Whether a layer's name says that its numbers are no scores yet.
pub(crate) fn is_logits(name: &str) -> bool {
    contains(name, "logit")
}

fn contains(name: &str, part: &str) -> bool {
    name.to_ascii_lowercase().contains(part)
}

fn activation(name: &str, numbers: usize, options: &Options) -> Activation {
    match options.activation {
        Some(activation) => activation,
        None if options.method == Method::Regression || !is_logits(name) => Activation::None,
        // The softmax of one number is 1, whatever it is.
        None if numbers == 1 || matches!(options.method, Method::Multi | Method::Compound) => {
            Activation::Sigmoid
        }
        None => Activation::Softmax,
    }
}
