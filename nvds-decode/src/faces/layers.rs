//! Layers by name, or by the dimensions that follow from the network's input.

use crate::error::DecodeError;
use crate::select::{Decoder, Input, Plan, position, table};
use crate::tensor::TensorView;

/// Rows and columns of a table, or a list, which is a column.
pub fn shape(tensor: &TensorView<'_>) -> Option<(usize, usize)> {
    match *tensor.dims() {
        [rows] => Some((rows, 1)),
        _ => table(tensor).or_else(|| {
            // A column that lost its last dimension, within a batch of one.
            let [rows, 1, 1] = *tensor.dims() else {
                return None;
            };
            Some((rows, 1))
        }),
    }
}

/// A decoder's layers, of which the rows and columns are known: by name, else the only one of these
/// dimensions. The user may name those that are the only ones of their role.
pub fn find(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    dims: &[(usize, usize)],
) -> Result<Plan, DecodeError> {
    let mut plan = Plan::default();
    let specs = decoder.layers.iter().zip(dims).enumerate();
    for (index, (spec, &wanted)) in specs {
        let fits = |tensor: &TensorView<'_>| shape(tensor) == Some(wanted);
        let same = decoder
            .layers
            .iter()
            .filter(|other| other.role == spec.role);
        let named = same.count() == 1 && input.layout.layers.get(spec.role).is_some();
        let at = match named {
            true => Some(input.position(spec).ok_or_else(|| decoder.missing(input))?),
            false => position(input.tensors, spec.names),
        };
        if let Some(at) = at {
            let tensor = &input.tensors[at];
            decoder.check_type(tensor, spec)?;
            if !fits(tensor) {
                return Err(wrong(decoder, input, index, tensor, wanted));
            }
            plan.put(index, at);
            continue;
        }
        let tensors = input.tensors.iter().enumerate();
        let mut alike =
            tensors.filter(|(_, tensor)| fits(tensor) && spec.types.contains(&tensor.data_type()));
        match (alike.next(), alike.next()) {
            (Some((at, _)), None) => plan.put(index, at),
            (Some((_, one)), Some((_, other))) => {
                return Err(DecodeError::SeveralLayers {
                    decoder: decoder.name,
                    layers: vec![one.to_string(), other.to_string()],
                });
            }
            (None, _) if spec.optional => (),
            (None, _) => return Err(decoder.missing(input)),
        }
    }
    Ok(plan)
}

/// Of a layer that bears the name: it is the rows, which follow from the input, or the columns.
fn wrong(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    index: usize,
    tensor: &TensorView<'_>,
    (rows, columns): (usize, usize),
) -> DecodeError {
    match shape(tensor) {
        Some((_, found)) if found == columns => DecodeError::Cells {
            decoder: decoder.name,
            layer: tensor.to_string(),
            width: input.network.width,
            height: input.network.height,
            expected: rows.to_string(),
        },
        _ => decoder.wrong_shape(index, tensor),
    }
}
