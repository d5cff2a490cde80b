//! Layers of turned boxes.

use nvds_decode::select::Decoder;
use nvds_decode::{LayerNames, Layout, Options, Size};

use super::{Bytes, TYPES, Tensor};

/// 32, 8 and 2 cells.
pub const NETWORK: Size = Size::new(64, 32);
const CELLS: usize = 42;

/// Layers that fit the decoder.
pub fn tensors(bytes: &mut Bytes<'_>, decoder: &Decoder, layout: &mut Layout) -> Vec<Tensor> {
    layout.format = Some(decoder.format);
    (layout.options, layout.layers) = (Options::None, LayerNames::default());
    layout.labels = bytes.one_in(2).then(|| bytes.below(9));
    let channels = 6 + bytes.below(9);
    let dims = match (decoder.name, bytes.one_in(2)) {
        ("yolo-obb", true) => vec![channels, CELLS],
        ("yolo-obb", false) => vec![CELLS, channels],
        _ => vec![bytes.below(40), 7],
    };
    let dims = if bytes.one_in(2) {
        [&[1], &dims[..]].concat()
    } else {
        dims
    };
    let data_type = bytes.pick(&TYPES[..2]);
    vec![Tensor::new(bytes, "output0", data_type, dims)]
}
