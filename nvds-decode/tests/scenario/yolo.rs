//! Layers that fit a YOLO decoder, with any numbers in them.

use nvds_decode::yolo::Yolo;
use nvds_decode::{DataType, Format, LayerNames, Layout, Options, Size};

use super::{Bytes, Decoder, TYPES, Tensor};

/// 32, 8 and 2 cells.
pub const NETWORK: Size = Size::new(64, 32);
const CELLS: usize = 42;
const LEVELS: [(usize, usize); 3] = [(4, 8), (2, 4), (1, 2)];

pub fn tensors(bytes: &mut Bytes<'_>, decoder: &Decoder, layout: &mut Layout) -> Vec<Tensor> {
    let classes = 1 + bytes.below(9);
    let extras = bytes.below(4);
    let bins = 2 + bytes.below(15);
    layout.format = Some(decoder.format);
    layout.layers = LayerNames::default();
    layout.labels = bytes.one_in(2).then(|| bytes.below(100));
    let levels = matches!(decoder.format, Format::Nanodet | Format::Yolov8Raw);
    let poses = matches!(
        decoder.format,
        Format::YoloPose | Format::DeepstreamYoloPose
    );
    layout.options = Options::Yolo(Yolo {
        multi_label: bytes.one_in(2),
        // Of poses, the format tells.
        extras: (bytes.one_in(2) && !poses).then_some(extras),
        point_numbers: bytes.one_in(3).then(|| 2 + bytes.below(2)),
        bins: levels.then_some(bins),
        ..Yolo::default()
    });
    if levels || decoder.format == Format::YoloNas {
        // The columns alone would not tell which layer is which.
        layout.labels = Some(classes);
    }
    let real = bytes.pick(&TYPES[..2]);
    let other = bytes.pick(&TYPES[..2]);
    let any_rows = bytes.below(20);
    let table = |rows: usize, columns: usize, turned: bool| match turned {
        true => vec![columns, rows],
        false => vec![rows, columns],
    };
    let mut layers: Vec<(String, DataType, Vec<usize>)> = match decoder.name {
        "yolo-pose" => {
            let columns = 5 + bytes.pick(&[2, 3]) * (1 + bytes.below(6));
            vec![(
                "output".to_owned(),
                real,
                table(CELLS, columns, bytes.one_in(2)),
            )]
        }
        "deepstream-yolo-pose" => {
            let columns = 5 + 6 * (1 + bytes.below(3));
            vec![("output".to_owned(), real, vec![any_rows, columns])]
        }
        "deepstream-yolo-seg" => vec![
            ("scores".to_owned(), real, vec![any_rows, 1]),
            (
                "classes".to_owned(),
                bytes.pick(decoder.layers[2].types),
                vec![any_rows, 1],
            ),
            ("boxes".to_owned(), other, vec![any_rows, 4]),
            (
                "masks".to_owned(),
                real,
                vec![any_rows, 1 + bytes.below(5), 1 + bytes.below(5)],
            ),
        ],
        "yolov8" if bytes.one_in(3) => {
            // Coefficients of masks, and as many prototypes.
            layout.labels = Some(classes);
            layout.options = Options::None;
            let columns = 4 + classes + 8;
            vec![
                (
                    "output".to_owned(),
                    real,
                    table(CELLS, columns, bytes.one_in(2)),
                ),
                ("protos".to_owned(), other, vec![8, 4, 8]),
            ]
        }
        "yolov8" | "yolov5" | "yolox" => {
            let before = if decoder.name == "yolov8" { 4 } else { 5 };
            let anchors = match decoder.name {
                "yolox" => CELLS,
                _ => CELLS * bytes.pick(&[1, 3]),
            };
            let columns = before + classes + extras;
            let turned = bytes.one_in(2);
            vec![("output".to_owned(), real, table(anchors, columns, turned))]
        }
        "yolo-nas" => vec![
            (
                "boxes".to_owned(),
                bytes.pick(decoder.layers[0].types),
                vec![CELLS, 4],
            ),
            ("scores".to_owned(), real, vec![CELLS, classes]),
        ],
        "yolov7-e2e" | "super-gradients-flat" => vec![("rows".to_owned(), real, vec![any_rows, 7])],
        "yolo-e2e" | "deepstream-yolo" | "deepstream-yolo-2023-rows" => {
            vec![("rows".to_owned(), real, vec![any_rows, 6])]
        }
        "pp-yoloe" => {
            let mut all = vec![("rows".to_owned(), real, vec![any_rows, 6])];
            if bytes.one_in(2) {
                let count = bytes.pick(decoder.layers[1].types);
                all.push(("multiclass_nms3_0.tmp_2".to_owned(), count, vec![1]));
            }
            all
        }
        "deepstream-yolo-2023" | "deepstream-yoloe-2023" => vec![
            ("scores".to_owned(), real, vec![any_rows, 1]),
            (
                "classes".to_owned(),
                bytes.pick(decoder.layers[2].types),
                vec![any_rows, 1],
            ),
            ("boxes".to_owned(), other, vec![any_rows, 4]),
        ],
        "nanodet" | "yolov8-raw" => {
            let joined = bytes.one_in(2) && decoder.name == "yolov8-raw";
            let level = |(height, width): (usize, usize)| {
                let dims = |channels| match decoder.name {
                    "nanodet" => vec![height * width, channels],
                    _ => vec![channels, height, width],
                };
                match joined {
                    true => vec![(format!("p{width}"), real, dims(4 * bins + classes))],
                    false => vec![
                        (format!("cls_{width}"), real, dims(classes)),
                        (format!("dis_{width}"), other, dims(4 * bins)),
                    ],
                }
            };
            LEVELS.into_iter().flat_map(level).collect()
        }
        other => panic!("no scenario is made for {other}"),
    };
    if bytes.one_in(2) {
        layers.iter_mut().for_each(|layer| layer.2.insert(0, 1));
    }
    let turn = bytes.below(4).min(layers.len());
    layers.rotate_left(turn);
    layers
        .into_iter()
        .map(|(name, data_type, dims)| Tensor::new(bytes, &name, data_type, dims))
        .collect()
}
