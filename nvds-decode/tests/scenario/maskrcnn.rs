//! Layers that fit a Mask R-CNN's decoder, with any numbers in them.

use nvds_decode::maskrcnn::Masks;
use nvds_decode::{LayerNames, Layout, Options, Size};

use super::{Bytes, Decoder, TYPES, Tensor};

pub const NETWORK: Size = Size::new(16, 8);

pub fn tensors(bytes: &mut Bytes<'_>, decoder: &Decoder, layout: &mut Layout) -> Vec<Tensor> {
    layout.format = bytes.one_in(2).then_some(decoder.format);
    layout.layers = LayerNames::default();
    layout.options = Options::Masks(Masks {
        logits: bytes.one_in(2).then(|| bytes.one_in(2)),
        threshold: 0.5,
    });
    let rows = bytes.below(9);
    let real = bytes.pick(&TYPES[..2]);
    let other = bytes.pick(&TYPES[..2]);
    let (height, width) = match bytes.one_in(3) {
        true => (8, 16),
        false => (1 + bytes.below(5), 1 + bytes.below(5)),
    };
    let mut layers = match decoder.name {
        "tao-mask-rcnn" => {
            let classes = 1 + bytes.below(3);
            let masks = bytes.pick(decoder.layers[1].names);
            vec![
                ("generate_detections", real, vec![rows, 6]),
                (masks, other, vec![rows, classes, height, width]),
            ]
        }
        _ => {
            let mut masks = vec![rows, height, width];
            if bytes.one_in(2) || rows == 1 {
                masks.insert(1, 1);
            }
            vec![
                ("boxes", bytes.pick(decoder.layers[3].types), vec![rows, 4]),
                ("labels", bytes.pick(decoder.layers[2].types), vec![rows]),
                ("scores", real, vec![rows]),
                ("masks", other, masks),
            ]
        }
    };
    let turn = bytes.below(4).min(layers.len());
    layers.rotate_left(turn);
    let layers = layers.into_iter();
    layers
        .map(|(name, data_type, dims)| Tensor::new(bytes, name, data_type, dims))
        .collect()
}
