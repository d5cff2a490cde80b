//! Layers by name, as exporters vary them.

use crate::tensor::TensorView;

/// The layer of that name. If there is none, the one whose name has a number
/// after it, as exporters add it: `detection_boxes:0` or `detection_boxes_0`;
/// of several, the one with the least number. If there is none either, the only one of
/// that name, a number after it or not, within some scope: `model/detection_boxes`. The order
/// of layers, which inference elements do not guarantee, never matters.
pub fn find<'t, 'a>(tensors: &'t [TensorView<'a>], name: &str) -> Option<&'t TensorView<'a>> {
    tensors.get(position(tensors, &[name])?)
}

/// Where the layer is that goes by one of these names: all are looked for as they are first, then with
/// a number after them, then within a scope; see [`find`].
pub(crate) fn position(tensors: &[TensorView<'_>], names: &[&str]) -> Option<usize> {
    let by = |find: fn(&[TensorView<'_>], &str) -> Option<usize>| {
        names.iter().find_map(|name| find(tensors, name))
    };
    by(exact)
        .or_else(|| by(numbered))
        .or_else(|| by(within_scope))
}

fn exact(tensors: &[TensorView<'_>], name: &str) -> Option<usize> {
    tensors.iter().position(|tensor| tensor.name() == name)
}

fn numbered(tensors: &[TensorView<'_>], name: &str) -> Option<usize> {
    let with_number = tensors.iter().enumerate().filter_map(|(at, tensor)| {
        let number = number(tensor.name().strip_prefix(name)?)?;
        Some((number, at))
    });
    with_number
        .min_by_key(|(number, _)| *number)
        .map(|(_, at)| at)
}

fn within_scope(tensors: &[TensorView<'_>], name: &str) -> Option<usize> {
    let is_it = |tensor: &TensorView<'_>| {
        let scopes = tensor.name().match_indices('/');
        let mut within = scopes.map(|(at, _)| &tensor.name()[at + 1..]);
        within.any(|rest| {
            let after = rest.strip_prefix(name);
            after.is_some_and(|after| after.is_empty() || number(after).is_some())
        })
    };
    let mut found = (0..tensors.len()).filter(|&at| is_it(&tensors[at]));
    // Of two scopes, either choice would be a guess.
    found.next().filter(|_| found.next().is_none())
}

/// The number that exporters put after a name: `:0`, `_12`.
pub(crate) fn number(suffix: &str) -> Option<u32> {
    let digits = suffix.strip_prefix([':', '_'])?;
    // `parse` alone would let a sign through.
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}
