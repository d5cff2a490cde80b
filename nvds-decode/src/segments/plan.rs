//! Which layer is the map, and what its dimensions mean.

use super::{MOST_CLASSES, Options, Order, SIDES};
use crate::error::DecodeError;
use crate::letterbox::Size;
use crate::tensor::{DataType, TensorView};
use crate::vector::{is_float, no_layer};

/// What the dimensions of a layer mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    pub width: usize,
    pub height: usize,
    pub classes: usize,
    pub order: Order,
    /// Whether the numbers are classes.
    pub chosen: bool,
}

const EXPECTED: &str = "of [C, H, W], [H, W, C] or [H, W]";

/// The only layer of some that can be a map.
pub(super) fn find<'t, 'a>(
    tensors: &'t [TensorView<'a>],
    places: &[usize],
    options: &Options,
    network: Option<Size>,
) -> Result<(&'t TensorView<'a>, Plan), DecodeError> {
    let mut found = None;
    let mut unordered = false;
    for tensor in places.iter().filter_map(|&at| tensors.get(at)) {
        match of(tensor, options, network) {
            Ok(plan) if found.is_none() => found = Some((tensor, plan)),
            Ok(_) => {
                return Err(no_layer(
                    "that alone can be a map (several can: set layer)",
                    tensors,
                ));
            }
            Err(NotOne::Unordered) => unordered = true,
            Err(NotOne::Other) => (),
        }
    }
    found.ok_or_else(|| match unordered {
        true => no_layer(
            "whose dimensions tell where the classes are (set channel-order)",
            tensors,
        ),
        false => no_layer(EXPECTED, tensors),
    })
}

enum NotOne {
    /// Its dimensions do not tell which of them the classes are.
    Unordered,
    Other,
}

fn of(tensor: &TensorView<'_>, options: &Options, network: Option<Size>) -> Result<Plan, NotOne> {
    let dims = match *tensor.dims() {
        [height, width] => [1, height, width],
        [a, b, c] => [a, b, c],
        [1, a, b, c] => [a, b, c],
        _ => return Err(NotOne::Other),
    };
    let real = is_float(tensor);
    let whole = matches!(
        tensor.data_type(),
        DataType::Int32 | DataType::Int64 | DataType::Uint8 | DataType::Int8
    );
    let order = options.order.filter(|_| tensor.dims().len() > 2);
    let order = order
        .or_else(|| order_of(dims, network))
        .ok_or(NotOne::Unordered)?;
    let (classes, height, width) = match order {
        Order::Chw => (dims[0], dims[1], dims[2]),
        Order::Hwc => (dims[2], dims[0], dims[1]),
    };
    let chosen = whole && classes == 1;
    let fits = SIDES.contains(&width)
        && SIDES.contains(&height)
        && width * height > 1
        && (1..MOST_CLASSES).contains(&classes)
        && (real || chosen);
    if !fits {
        return Err(NotOne::Other);
    }
    Ok(Plan {
        width,
        height,
        classes,
        order,
        chosen,
    })
}

/// What dimensions say: the map has the shape of the network's input, and mostly has more pixels a side than classes.
fn order_of([a, b, c]: [usize; 3], network: Option<Size>) -> Option<Order> {
    match (a, c) {
        (1, 1) | (1, _) => return Some(Order::Chw),
        (_, 1) => return Some(Order::Hwc),
        _ => (),
    }
    let like = |height: usize, width: usize| {
        network.is_some_and(|network| {
            width * network.height as usize == height * network.width as usize
        })
    };
    match (like(b, c), like(a, b)) {
        (true, false) => Some(Order::Chw),
        (false, true) => Some(Order::Hwc),
        _ if a < b.min(c) && a < c => Some(Order::Chw),
        _ if c < a.min(b) && c < a => Some(Order::Hwc),
        _ => None,
    }
}
