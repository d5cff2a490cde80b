//! Layers of detectors of faces.

use nvds_decode::select::Decoder;
use nvds_decode::{LayerNames, Layout, Options, Size};

use super::{Bytes, TYPES, Tensor};

/// The network's input: small, so that bytes last for all of its cells.
pub const NETWORK: Size = Size::new(64, 32);

/// Cells of a stride.
fn cells(stride: u32) -> usize {
    (NETWORK.width.div_ceil(stride) * NETWORK.height.div_ceil(stride)) as usize
}

/// Layers that fit the decoder.
pub fn tensors(bytes: &mut Bytes<'_>, decoder: &Decoder, layout: &mut Layout) -> Vec<Tensor> {
    layout.format = Some(decoder.format);
    (layout.options, layout.layers) = (Options::None, LayerNames::default());
    layout.labels = bytes.one_in(2).then_some(1);
    let levels = [cells(8), cells(16), cells(32)];
    let all: usize = levels.iter().sum();
    let rows = bytes.below(60);
    // Rows and columns of each layer, in the decoder's order.
    let dims: Vec<Vec<usize>> = match decoder.name {
        "blazeface" => {
            let count = bytes.pick(&[
                2 * cells(8) + 6 * cells(16),
                2 * cells(16) + 6 * cells(32),
                cells(4),
            ]);
            vec![vec![count, 1], vec![count, 16]]
        }
        "blazeface-split" => {
            let (first, second) = bytes.pick(&[(8, 16), (16, 32)]);
            let (first, second) = (2 * cells(first), 6 * cells(second));
            vec![
                vec![first, 1],
                vec![first, 16],
                vec![second, 1],
                vec![second, 16],
            ]
        }
        "scrfd" => (0..9)
            .map(|i| vec![2 * levels[i / 3], [1, 4, 10][i % 3]])
            .collect(),
        "yunet" => (0..12)
            .map(|i| vec![levels[i / 4], [1, 1, 4, 10][i % 4]])
            .collect(),
        "retinaface" => {
            let points = bytes.pick(&[8, 10]);
            [4, 2, points]
                .map(|columns| vec![2 * all, columns])
                .to_vec()
        }
        "centerface" => [1, 2, 2, 10]
            .map(|channels| {
                vec![
                    channels,
                    NETWORK.height as usize / 4,
                    NETWORK.width as usize / 4,
                ]
            })
            .to_vec(),
        "deepstream-yolo-face" => {
            let points = bytes.pick(&[10, 15]);
            [4, 1, points].map(|columns| vec![rows, columns]).to_vec()
        }
        "yolov8-face" => vec![bytes.pick(&[[20, all], [all, 20]]).to_vec()],
        "yolov5-face" => vec![vec![3 * all, 16]],
        other => panic!("no layers are made for {other}"),
    };
    // SCRFD may have no key points.
    let complete = bytes.one_in(2);
    let batch = bytes.one_in(2);
    let mut tensors: Vec<Tensor> = decoder
        .layers
        .iter()
        .zip(dims)
        .filter(|(layer, _)| !layer.optional || complete)
        .map(|(layer, dims)| {
            let dims = if batch {
                [&[1], &dims[..]].concat()
            } else {
                dims
            };
            let data_type = bytes.pick(&TYPES[..2]);
            Tensor::new(bytes, layer.names[0], data_type, dims)
        })
        .collect();
    let turn = bytes.below(13).min(tensors.len());
    tensors.rotate_left(turn);
    tensors
}
