//! The keys of nvinfer's configuration, and what becomes of them on the CPU.

/// Type of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Flag,
    Int,
    Uint,
    Float,
    Text,
    /// Numbers separated by `;`.
    Floats,
    /// Integers separated by `;`.
    Ints,
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Support {
    Honoured,
    /// Honoured where tensors are parsed, so not with network-type 100.
    Parsing,
    /// Honoured where objects are inferred, so with process-mode 2.
    Objects,
    /// No effect, for this reason.
    Ignored(&'static str),
    /// Cannot be done, for this reason; a flag that is off or a number 0 is no such demand.
    Refused(Reason, &'static str),
}

use self::Kind::{Flag, Float, Floats, Int, Ints, Text, Uint};
use self::Support::{Honoured, Ignored, Objects, Parsing, Refused};
use crate::infer::types::Reason;

const NO_TENSORRT: &str = "ONNX Runtime runs the model as it is, TensorRT takes no part";
const NO_GPU: &str = "there is no GPU";
pub(crate) const NO_PARSING: &str = "with network-type=100 nothing is parsed";
pub(crate) const FULL_FRAME: &str =
    "it belongs to inference on objects (process-mode=2), and frames are inferred here";
const NO_DUMP: &str = "tensors are not written to files or read from them";
const OTHER_MODEL: &str = "it describes a model that cannot be run here";
const LEGACY: &str = "DeepStream no longer knows it";

pub(crate) const PROPERTY: &[(&str, Kind, Support)] = &[
    ("gie-unique-id", Uint, Honoured),
    ("process-mode", Uint, Honoured),
    ("network-type", Uint, Honoured),
    ("is-classifier", Flag, Honoured),
    ("interval", Uint, Honoured),
    ("batch-size", Uint, Honoured),
    ("gpu-id", Uint, Ignored(NO_GPU)),
    ("enable-dla", Flag, Ignored(NO_GPU)),
    ("use-dla-core", Int, Ignored(NO_GPU)),
    ("network-mode", Uint, Ignored(NO_TENSORRT)),
    ("onnx-file", Text, Honoured),
    ("model-engine-file", Text, Ignored(NO_TENSORRT)),
    ("model-file", Text, Honoured),
    ("proto-file", Text, Honoured),
    ("uff-file", Text, Honoured),
    ("uff-input-blob-name", Text, Ignored(OTHER_MODEL)),
    ("uff-input-order", Uint, Ignored(OTHER_MODEL)),
    ("uff-input-dims", Ints, Honoured),
    ("input-dims", Ints, Honoured),
    ("tlt-encoded-model", Text, Honoured),
    (
        "tlt-model-key",
        Text,
        Ignored("it unlocks models that cannot be run here"),
    ),
    ("int8-calib-file", Text, Ignored(NO_TENSORRT)),
    ("custom-network-config", Text, Honoured),
    ("infer-dims", Ints, Honoured),
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
    ("mean-file", Text, Honoured),
    ("network-input-order", Uint, Honoured),
    ("maintain-aspect-ratio", Flag, Honoured),
    ("symmetric-padding", Flag, Honoured),
    ("scaling-filter", Uint, Honoured),
    (
        "scaling-compute-hw",
        Uint,
        Ignored("frames are scaled by the CPU"),
    ),
    ("labelfile-path", Text, Parsing),
    ("num-detected-classes", Uint, Parsing),
    ("cluster-mode", Uint, Parsing),
    ("enable-dbscan", Flag, Parsing),
    ("parse-func", Uint, Ignored(LEGACY)),
    ("parse-bbox-func-name", Text, Parsing),
    ("parse-bbox-instance-mask-func-name", Text, Parsing),
    ("parse-segmentation-func-name", Text, Parsing),
    ("parse-classifier-func-name", Text, Parsing),
    ("engine-create-func-name", Text, Honoured),
    ("custom-lib-path", Text, Parsing),
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
    ("input-tensor-from-meta", Flag, Honoured),
    ("output-instance-mask", Flag, Parsing),
    ("segmentation-threshold", Float, Parsing),
    ("segmentation-output-order", Uint, Parsing),
    ("classifier-threshold", Float, Parsing),
    ("classifier-type", Text, Parsing),
    ("classifier-async-mode", Flag, Objects),
    ("secondary-reinfer-interval", Int, Objects),
    ("input-object-min-width", Uint, Objects),
    ("input-object-min-height", Uint, Objects),
    ("input-object-max-width", Uint, Objects),
    ("input-object-max-height", Uint, Objects),
    ("operate-on-gie-id", Int, Objects),
    ("operate-on-class-ids", Ints, Objects),
    ("filter-out-class-ids", Ints, Parsing),
    ("crop-objects-to-roi-boundary", Flag, Parsing),
    ("stabilize-buffer-count", Uint, Honoured),
    (
        "dump-input-tensor",
        Flag,
        Refused(Reason::TensorFiles, NO_DUMP),
    ),
    (
        "dump-output-tensor",
        Flag,
        Refused(Reason::TensorFiles, NO_DUMP),
    ),
    (
        "overwrite-input-tensor",
        Flag,
        Refused(Reason::TensorFiles, NO_DUMP),
    ),
    (
        "overwrite-output-tensor",
        Flag,
        Refused(Reason::TensorFiles, NO_DUMP),
    ),
    (
        "ip-tensor-file",
        Text,
        Refused(Reason::TensorFiles, NO_DUMP),
    ),
    (
        "op-tensor-files",
        Text,
        Refused(Reason::TensorFiles, NO_DUMP),
    ),
    (
        "raw-output-file-write",
        Flag,
        Refused(Reason::TensorFiles, NO_DUMP),
    ),
];

pub(crate) const CLASS_ATTRS: &[(&str, Kind, Support)] = &[
    ("threshold", Float, Honoured),
    ("pre-cluster-threshold", Float, Honoured),
    ("post-cluster-threshold", Float, Honoured),
    ("eps", Float, Honoured),
    ("group-threshold", Uint, Honoured),
    ("minBoxes", Uint, Honoured),
    ("dbscan-min-score", Float, Honoured),
    ("nms-iou-threshold", Float, Honoured),
    ("topk", Uint, Honoured),
    ("roi-top-offset", Uint, Honoured),
    ("roi-bottom-offset", Uint, Honoured),
    ("detected-min-w", Uint, Honoured),
    ("detected-min-h", Uint, Honoured),
    ("detected-max-w", Uint, Honoured),
    ("detected-max-h", Uint, Honoured),
    ("border-color", Floats, Honoured),
    ("bg-color", Floats, Honoured),
];
