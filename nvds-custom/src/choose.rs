//! Which family of networks a call's tensors are of.

use nvds_decode::select::{Family, Input, select};
use nvds_decode::{DecodeError, Layout, Size, TensorView, families, ssd};

use crate::function::Function;
use crate::parser::Fault;

/// The family whose layouts the layers fit: several are refused, but those of SSDs fit only what no other does.
pub fn choose(
    tensors: &[TensorView<'_>],
    layout: &Layout,
    network: Size,
) -> Result<&'static Family, Fault> {
    let input = Input {
        tensors,
        layout,
        network,
    };
    let mut fitting: Vec<&'static Family> = Vec::new();
    let mut nearest: Option<DecodeError> = None;
    let known = families::FAMILIES.into_iter().rev();
    for family in known.filter(|family| Function::of(family).is_some_and(Function::is_among_any)) {
        if family.name == ssd::FAMILY.name && !fitting.is_empty() {
            continue;
        }
        match select(family, &input) {
            Ok(_) | Err(DecodeError::Ambiguous { .. }) => fitting.push(family),
            Err(error) => {
                let unrelated = error.is_unrelated();
                if nearest
                    .as_ref()
                    .is_none_or(|known| known.is_unrelated() && !unrelated)
                {
                    nearest = Some(error);
                }
            }
        }
    }
    match (&fitting[..], nearest) {
        ([family], _) => Ok(family),
        ([], Some(error)) => {
            let detail = error
                .detail()
                .map_or(String::new(), |detail| format!("; {detail}"));
            Err((format!("{:?}", error.kind()), format!("{error}{detail}")))
        }
        (several, _) => {
            let names: Vec<&str> = several
                .iter()
                .filter_map(|family| Function::of(family))
                .map(Function::name)
                .collect();
            Err((
                "families".into(),
                format!(
                    "the output layers {} fit networks of several families: set parse-bbox-func-name to {}",
                    nvds_decode::error::describe(tensors),
                    names.join(" or ")
                ),
            ))
        }
    }
}
