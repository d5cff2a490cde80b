//! Models that lost the names of their outputs.

use crate::select::number;
use crate::tensor::TensorView;

/// The layers that TensorFlow 2 has numbered after one name, by number: `Identity`,
/// `Identity_1`, ...; `StatefulPartitionedCall:0`, `:1`, ..., as positions. `None` unless each number below
/// `COUNT` is there once, and no other.
pub fn numbered_from_one_name<const COUNT: usize>(
    tensors: &[TensorView<'_>],
) -> Option<[usize; COUNT]> {
    ["StatefulPartitionedCall", "Identity"]
        .into_iter()
        .find_map(|base| {
            let mut found = [None; COUNT];
            for (at, tensor) in tensors.iter().enumerate() {
                let name = tensor.name();
                let Some(suffix) = name.rsplit('/').next().and_then(|n| n.strip_prefix(base))
                else {
                    continue;
                };
                // `Identity_1:0` is the only output of the operation `Identity_1`.
                let plain = match suffix.strip_suffix(":0") {
                    Some(rest) if rest.starts_with('_') => rest,
                    _ => suffix,
                };
                let index = match plain {
                    "" => 0,
                    _ => number(plain)? as usize,
                };
                if found.get_mut(index)?.replace(at).is_some() {
                    return None;
                }
            }
            let all = found.iter().all(Option::is_some);
            all.then(|| found.map(Option::unwrap_or_default))
        })
}
