//! The keys of nvinfer's configuration, and what becomes of them on the CPU.

/// Type of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Flag,
    Int,
    Uint,
    Float,
    Text,
    /// Numbers separated by `;`.
    Floats,
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Support {
    Honoured,
    /// No effect, for this reason.
    Ignored(&'static str),
    /// Cannot be done, for this reason; a flag that is off or a number 0 is no such demand.
    Refused(&'static str),
}

use self::Kind::{Flag, Float, Floats, Int, Text, Uint};
use self::Support::{Honoured, Ignored, Refused};

const NO_TENSORRT: &str = "ONNX Runtime runs the model as it is, TensorRT takes no part";
const NO_GPU: &str = "there is no GPU";
pub(super) const NO_PARSING: &str = "with network-type=100 nothing is parsed";
const FULL_FRAME: &str = "it belongs to inference on objects, and frames are inferred here";
const NO_DUMP: &str = "tensors are not written to files or read from them";
const OTHER_MODEL: &str =
    "only ONNX models can be run; convert the model and name it with onnx-file";

pub(super) const PROPERTY: &[(&str, Kind, Support)] = &[
    ("gie-unique-id", Uint, Honoured),
    ("process-mode", Uint, Honoured),
    ("network-type", Uint, Honoured),
    ("is-classifier", Flag, Refused("only network-type=100 is")),
    ("interval", Uint, Honoured),
    ("batch-size", Uint, Honoured),
    ("gpu-id", Uint, Ignored(NO_GPU)),
    ("enable-dla", Flag, Ignored(NO_GPU)),
    ("use-dla-core", Int, Ignored(NO_GPU)),
    ("network-mode", Uint, Ignored(NO_TENSORRT)),
    ("onnx-file", Text, Honoured),
    ("model-engine-file", Text, Ignored(NO_TENSORRT)),
    ("model-file", Text, Refused(OTHER_MODEL)),
    ("proto-file", Text, Refused(OTHER_MODEL)),
    ("uff-file", Text, Refused(OTHER_MODEL)),
    ("uff-input-blob-name", Text, Refused(OTHER_MODEL)),
    ("uff-input-order", Uint, Refused(OTHER_MODEL)),
    ("uff-input-dims", Text, Refused(OTHER_MODEL)),
    ("input-dims", Text, Refused(OTHER_MODEL)),
    ("tlt-encoded-model", Text, Refused(OTHER_MODEL)),
    (
        "tlt-model-key",
        Text,
        Ignored("it unlocks models that cannot be run here"),
    ),
    ("int8-calib-file", Text, Ignored(NO_TENSORRT)),
    ("custom-network-config", Text, Refused(OTHER_MODEL)),
    ("infer-dims", Text, Honoured),
    ("force-implicit-batch-dim", Flag, Ignored(NO_TENSORRT)),
    ("workspace-size", Uint, Ignored(NO_TENSORRT)),
    ("output-io-formats", Text, Ignored(NO_TENSORRT)),
    ("layer-device-precision", Text, Ignored(NO_TENSORRT)),
    ("strongly-typed", Flag, Ignored(NO_TENSORRT)),
    ("dynamic-properties", Text, Ignored(NO_TENSORRT)),
    ("warmup-engine", Flag, Ignored("there is no warm-up")),
    (
        "output-blob-names",
        Text,
        Ignored("all outputs are attached, as in gst-nvinfer"),
    ),
    ("model-color-format", Uint, Honoured),
    ("net-scale-factor", Float, Honoured),
    ("offsets", Floats, Honoured),
    (
        "mean-file",
        Text,
        Refused("mean images are not supported; use offsets"),
    ),
    ("network-input-order", Uint, Honoured),
    ("maintain-aspect-ratio", Flag, Honoured),
    ("symmetric-padding", Flag, Honoured),
    ("scaling-filter", Uint, Honoured),
    (
        "scaling-compute-hw",
        Uint,
        Ignored("frames are scaled by the CPU"),
    ),
    ("labelfile-path", Text, Ignored(NO_PARSING)),
    ("num-detected-classes", Uint, Ignored(NO_PARSING)),
    ("cluster-mode", Uint, Ignored(NO_PARSING)),
    ("enable-dbscan", Flag, Ignored(NO_PARSING)),
    ("parse-func", Uint, Ignored(NO_PARSING)),
    ("parse-bbox-func-name", Text, Ignored(NO_PARSING)),
    (
        "parse-bbox-instance-mask-func-name",
        Text,
        Ignored(NO_PARSING),
    ),
    ("parse-segmentation-func-name", Text, Ignored(NO_PARSING)),
    ("parse-classifier-func-name", Text, Ignored(NO_PARSING)),
    ("engine-create-func-name", Text, Ignored(NO_TENSORRT)),
    ("custom-lib-path", Text, Ignored(NO_PARSING)),
    ("output-tensor-meta", Flag, Honoured),
    (
        "tensor-meta-pool-size",
        Uint,
        Ignored("ONNX Runtime pools its own buffers"),
    ),
    (
        "disable-output-host-copy",
        Flag,
        Ignored("tensors are always in host memory"),
    ),
    ("auto-inc-mem", Flag, Ignored(NO_GPU)),
    ("max-gpu-mem-per", Float, Ignored(NO_GPU)),
    (
        "input-tensor-from-meta",
        Flag,
        Refused("tensors of nvdspreprocess cannot be read"),
    ),
    ("output-instance-mask", Flag, Ignored(NO_PARSING)),
    ("segmentation-threshold", Float, Ignored(NO_PARSING)),
    ("segmentation-output-order", Uint, Ignored(NO_PARSING)),
    ("classifier-threshold", Float, Ignored(NO_PARSING)),
    ("classifier-type", Text, Ignored(NO_PARSING)),
    ("classifier-async-mode", Flag, Ignored(FULL_FRAME)),
    ("secondary-reinfer-interval", Int, Ignored(FULL_FRAME)),
    ("input-object-min-width", Int, Ignored(FULL_FRAME)),
    ("input-object-min-height", Int, Ignored(FULL_FRAME)),
    ("input-object-max-width", Int, Ignored(FULL_FRAME)),
    ("input-object-max-height", Int, Ignored(FULL_FRAME)),
    ("operate-on-gie-id", Int, Ignored(FULL_FRAME)),
    ("operate-on-class-ids", Text, Ignored(FULL_FRAME)),
    ("filter-out-class-ids", Text, Ignored(NO_PARSING)),
    ("crop-objects-to-roi-boundary", Flag, Ignored(NO_PARSING)),
    ("stabilize-buffer-count", Uint, Honoured),
    ("dump-input-tensor", Flag, Refused(NO_DUMP)),
    ("dump-output-tensor", Flag, Refused(NO_DUMP)),
    ("overwrite-input-tensor", Flag, Refused(NO_DUMP)),
    ("overwrite-output-tensor", Flag, Refused(NO_DUMP)),
    ("ip-tensor-file", Text, Refused(NO_DUMP)),
    ("op-tensor-files", Text, Refused(NO_DUMP)),
    ("raw-output-file-write", Flag, Refused(NO_DUMP)),
];

pub(super) const CLASS_ATTRS: &[&str] = &[
    "threshold",
    "pre-cluster-threshold",
    "post-cluster-threshold",
    "eps",
    "group-threshold",
    "minBoxes",
    "dbscan-min-score",
    "nms-iou-threshold",
    "topk",
    "roi-top-offset",
    "roi-bottom-offset",
    "detected-min-w",
    "detected-min-h",
    "detected-max-w",
    "detected-max-h",
    "border-color",
    "bg-color",
];
