//! Layers of DETRs.

use nvds_decode::select::Decoder;
use nvds_decode::{Background, DataType, Format, LayerNames, Layout, Options, Role};

use super::{Bytes, TYPES, Tensor};

/// Layers that fit a DETR's decoder, and what is known of them.
pub fn layers(
    bytes: &mut Bytes<'_>,
    decoder: &Decoder,
    mut layout: Layout,
) -> (Vec<Tensor>, Layout) {
    layout.format = Some(decoder.format);
    layout.options = Options::None;
    if bytes.one_in(2) {
        layout.layers = LayerNames::default();
    }
    layout.labels = bytes.one_in(2).then(|| bytes.below(9));
    let queries = bytes.below(30);
    // Without a class for no object, or with one among few.
    let columns = 2 + bytes.below(7);
    if bytes.one_in(3) {
        layout.background = Background::Class(bytes.below(columns + 1) as u32);
    }
    let listed = decoder.name == "rtdetr-official";
    let complete = bytes.one_in(2);
    let mut tensors: Vec<Tensor> = decoder
        .layers
        .iter()
        .filter(|layer| !layer.optional || complete)
        .map(|layer| {
            let dims = match (layer.role, decoder.format) {
                (Role::Count, _) => vec![1],
                (Role::Boxes, _) => vec![queries, 4],
                (Role::Scores | Role::Classes, _) if listed => vec![queries],
                (Role::Detections, Format::RtdetrUltralytics) => vec![queries, 6],
                (Role::Detections, _) => vec![queries, 3 + columns],
                _ => vec![queries, columns],
            };
            let dims = if bytes.one_in(2) {
                [&[1], &dims[..]].concat()
            } else {
                dims
            };
            let data_type = match layer.role {
                Role::Scores | Role::Detections => bytes.pick(&TYPES[..2]),
                _ if layer.types.contains(&DataType::Int64) => bytes.pick(layer.types),
                _ => bytes.pick(&TYPES[..2]),
            };
            let name = layout.layers.get(layer.role).unwrap_or(layer.names[0]);
            Tensor::new(bytes, name, data_type, dims)
        })
        .collect();
    let turn = bytes.below(4).min(tensors.len());
    tensors.rotate_left(turn);
    (tensors, layout)
}
