//! The keys of nvdspreprocess' configuration, and what becomes of them on the CPU.

use crate::infer::nvinfer_config::keys::Kind::{self, Flag, Float, Floats, Int, Ints, Text, Uint};
use crate::infer::nvinfer_config::keys::Support::{self, Honoured, Ignored};

const NO_GPU: &str = "there is no GPU";
const NO_POOL: &str = "tensors are made as they are needed";

/// How the names of a source's regions begin; its number follows.
pub(super) const REGIONS: &str = "roi-params-src-";

pub(super) const PROPERTY: &[(&str, Kind, Support)] = &[
    ("enable", Flag, Honoured),
    ("unique-id", Uint, Honoured),
    ("gpu-id", Uint, Honoured),
    ("process-on-frame", Flag, Honoured),
    ("maintain-aspect-ratio", Flag, Honoured),
    ("symmetric-padding", Flag, Honoured),
    ("processing-width", Uint, Honoured),
    ("processing-height", Uint, Honoured),
    ("scaling-buf-pool-size", Uint, Ignored(NO_POOL)),
    ("tensor-buf-pool-size", Uint, Ignored(NO_POOL)),
    ("target-unique-ids", Ints, Honoured),
    ("operate-on-gie-id", Int, Honoured),
    ("network-input-order", Uint, Honoured),
    ("network-input-shape", Ints, Honoured),
    ("network-color-format", Uint, Honoured),
    ("scaling-filter", Uint, Honoured),
    ("tensor-data-type", Uint, Honoured),
    ("scaling-pool-memory-type", Uint, Ignored(NO_GPU)),
    ("scaling-pool-compute-hw", Uint, Ignored(NO_GPU)),
    ("tensor-name", Text, Honoured),
    ("custom-lib-path", Text, Honoured),
    ("custom-tensor-preparation-function", Text, Honoured),
];

/// Those of [`PROPERTY`] without which the stock element does not start.
pub(super) const NEEDED: [&str; 11] = [
    "processing-width",
    "processing-height",
    "network-input-order",
    "network-input-shape",
    "network-color-format",
    "tensor-data-type",
    "tensor-name",
    "custom-lib-path",
    "custom-tensor-preparation-function",
    "scaling-filter",
    "scaling-pool-memory-type",
];

pub(super) const USER: &[(&str, Kind, Support)] = &[
    ("pixel-normalization-factor", Float, Honoured),
    ("mean-file", Text, Honoured),
    ("offsets", Floats, Honoured),
];

pub(super) const GROUP: &[(&str, Kind, Support)] = &[
    ("src-ids", Ints, Honoured),
    ("custom-input-transformation-function", Text, Honoured),
    ("process-on-roi", Flag, Honoured),
    ("process-on-all-objects", Flag, Honoured),
    ("operate-on-class-ids", Ints, Honoured),
    ("input-object-min-width", Uint, Honoured),
    ("input-object-min-height", Uint, Honoured),
    ("input-object-max-width", Uint, Honoured),
    ("input-object-max-height", Uint, Honoured),
    ("interval", Uint, Honoured),
    ("draw-roi", Flag, Honoured),
    ("roi-color", Floats, Honoured),
];
