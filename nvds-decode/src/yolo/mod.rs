//! YOLO networks, and all others whose outputs look like theirs. One file for each kind of outputs.
//!
//! | file | outputs |
//! | --- | --- |
//! | `grid.rs` | a row or column for each anchor in one layer |
//! | `pairs.rs` | boxes in one layer, class scores in another |
//! | `rows.rs` | rows of box, score and class |
//! | `three.rs` | box, score and class in a layer each |
//! | `levels.rs` | layers for each level, distances as distributions |
//! | [`obb`] | turned boxes: a row or column for each anchor, or rows that are selected |
//!
//! Some layouts have the same dimensions, some of these even the same names. Which one it is follows
//! from names, types, dimensions, the size of the network's input and the number of labels; where that
//! leaves two, they are refused by an error that names both, and the format must be stated. Numbers in
//! the layers decide nothing. `presets.rs` has the names that people know the networks by.

mod after;
pub(crate) mod cells;
mod grid;
pub(crate) mod labels;
mod levels;
mod options;
mod pairs;
mod presets;
pub(crate) mod rows;
pub(crate) mod table;
mod three;

use crate::obb;
use crate::select::{Decoder, Family, Several};

pub use options::Yolo;

/// The family. A new decoder is one row here.
pub static FAMILY: Family = Family {
    name: "yolo",
    decoders: &ALL,
    several: Several::Refused,
    presets: &presets::PRESETS,
};

static ALL: [&Decoder; 19] = [
    &grid::V8,
    &grid::V5,
    &grid::X,
    &pairs::DECODER,
    &rows::END_TO_END,
    &rows::DEEPSTREAM,
    &three::DECODER,
    &rows::DEEPSTREAM_2023,
    &three::DECODER_E,
    &rows::YOLOV7,
    &rows::SUPER_GRADIENTS,
    &rows::PP_YOLOE,
    &levels::NANODET,
    &levels::V8_RAW,
    &obb::HEADS,
    &obb::ROWS,
    &grid::POSE,
    &rows::DEEPSTREAM_POSE,
    &three::SEG,
];
