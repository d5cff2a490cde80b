//! The keys of nvinferserver's configuration, and what becomes of them on the CPU.

use crate::infer::schema::{Key, Kind};
use crate::infer::types::Reason;

const NO_GPU: &str = "there is no GPU";

pub(super) const MEDIA_FORMAT: &[(&str, i64)] = &[
    ("MEDIA_FORMAT_NONE", 0),
    ("IMAGE_FORMAT_RGB", 1),
    ("IMAGE_FORMAT_BGR", 2),
    ("IMAGE_FORMAT_GRAY", 3),
];
pub(super) const TENSOR_ORDER: &[(&str, i64)] = &[
    ("TENSOR_ORDER_NONE", 0),
    ("TENSOR_ORDER_LINEAR", 1),
    ("TENSOR_ORDER_NHWC", 2),
];
pub(super) const TENSOR_TYPE: &[(&str, i64)] = &[
    ("TENSOR_DT_NONE", 0),
    ("TENSOR_DT_FP32", 1),
    ("TENSOR_DT_FP16", 2),
    ("TENSOR_DT_INT8", 3),
    ("TENSOR_DT_INT16", 4),
    ("TENSOR_DT_INT32", 5),
    ("TENSOR_DT_UINT8", 6),
    ("TENSOR_DT_UINT16", 7),
    ("TENSOR_DT_UINT32", 8),
    ("TENSOR_DT_FP64", 9),
    ("TENSOR_DT_INT64", 10),
    ("TENSOR_DT_UINT64", 11),
    ("TENSOR_DT_STRING", 12),
];
const SCALING_HW: &[(&str, i64)] = &[
    ("FRAME_SCALING_HW_DEFAULT", 0),
    ("FRAME_SCALING_HW_GPU", 1),
    ("FRAME_SCALING_HW_VIC", 2),
];
const MEMORY_TYPE: &[(&str, i64)] = &[
    ("MEMORY_TYPE_DEFAULT", 0),
    ("MEMORY_TYPE_CPU", 1),
    ("MEMORY_TYPE_GPU", 2),
];
pub(super) const PROCESS_MODE: &[(&str, i64)] = &[
    ("PROCESS_MODE_DEFAULT", 0),
    ("PROCESS_MODE_FULL_FRAME", 1),
    ("PROCESS_MODE_CLIP_OBJECTS", 2),
];

const MODEL_REPO: &[Key] = &[
    Key::new("root", Kind::Text).repeated(),
    Key::new("log_level", Kind::Uint).ignored("there is no Triton server; set GST_DEBUG instead"),
    Key::new("strict_model_config", Kind::Bool),
    Key::new("tf_gpu_memory_fraction", Kind::Float).ignored(NO_GPU),
    Key::new("tf_disable_soft_placement", Kind::Bool).ignored(NO_GPU),
    Key::new("min_compute_capacity", Kind::Float).ignored(NO_GPU),
    Key::new("backend_dir", Kind::Text).ignored("ONNX Runtime is the only backend"),
    Key::new("model_control_mode", Kind::Text).ignored("only the named model is loaded"),
    Key::new("cuda_device_memory", Kind::Any)
        .repeated()
        .ignored(NO_GPU),
    Key::new("pinned_memory_pool_byte_size", Kind::Uint).ignored(NO_GPU),
    Key::new("backend_configs", Kind::Any)
        .repeated()
        .ignored("there is no Triton server"),
];
const CLASSIFY: &[Key] = &[
    Key::new("topk", Kind::Uint),
    Key::new("threshold", Kind::Float),
    Key::new("tensor_name", Kind::Text),
];

const GRPC: &[Key] = &[
    Key::new("url", Kind::Text),
    Key::new("enable_cuda_buffer_sharing", Kind::Bool).ignored(NO_GPU),
];

const TRITON: &[Key] = &[
    Key::new("model_name", Kind::Text),
    Key::new("version", Kind::Int),
    Key::new("class_params", Kind::Message(CLASSIFY))
        .repeated()
        .refused(Reason::Triton, "Triton's classification is not part of it"),
    Key::new("model_repo", Kind::Message(MODEL_REPO)),
    Key::new("grpc", Kind::Message(GRPC)),
];

const INPUT_LAYER: &[Key] = &[
    Key::new("name", Kind::Text),
    Key::new("dims", Kind::Int).repeated(),
    Key::new("data_type", Kind::Enum(TENSOR_TYPE)),
];
const OUTPUT_LAYER: &[Key] = &[
    Key::new("name", Kind::Text),
    Key::new("max_buffer_bytes", Kind::Uint).ignored("ONNX Runtime sizes its own buffers"),
];
const BACKEND: &[Key] = &[
    Key::new("inputs", Kind::Message(INPUT_LAYER)).repeated(),
    Key::new("outputs", Kind::Message(OUTPUT_LAYER)).repeated(),
    Key::new("trt_is", Kind::Message(TRITON)),
    Key::new("triton", Kind::Message(TRITON)),
    Key::new("output_mem_type", Kind::Enum(MEMORY_TYPE))
        .ignored("tensors are always in host memory"),
    Key::new("disable_warmup", Kind::Bool).ignored("there is no warm-up"),
];
const NORMALIZE: &[Key] = &[
    Key::new("scale_factor", Kind::Float),
    Key::new("channel_offsets", Kind::Float).repeated(),
    Key::new("mean_file", Kind::Text),
];
const PREPROCESS: &[Key] = &[
    Key::new("network_format", Kind::Enum(MEDIA_FORMAT)),
    Key::new("tensor_order", Kind::Enum(TENSOR_ORDER)),
    Key::new("tensor_name", Kind::Text),
    Key::new("maintain_aspect_ratio", Kind::Int),
    Key::new("symmetric_padding", Kind::Int),
    Key::new("frame_scaling_hw", Kind::Enum(SCALING_HW)).ignored("frames are scaled by the CPU"),
    Key::new("frame_scaling_filter", Kind::Uint),
    Key::new("normalize", Kind::Message(NORMALIZE)),
];
const OTHER: &[Key] = &[Key::new("type_name", Kind::Text)];

const PER_CLASS: &[Key] = &[Key::new("pre_threshold", Kind::Float)];

const PER_CLASS_ENTRY: &[Key] = &[
    Key::new("key", Kind::Int),
    Key::new("value", Kind::Message(PER_CLASS)),
];

const NMS: &[Key] = &[
    Key::new("confidence_threshold", Kind::Float),
    Key::new("iou_threshold", Kind::Float),
    Key::new("topk", Kind::Int),
];

const DBSCAN: &[Key] = &[
    Key::new("pre_threshold", Kind::Float),
    Key::new("eps", Kind::Float),
    Key::new("min_boxes", Kind::Int),
    Key::new("min_score", Kind::Float),
];

const GROUP_RECTANGLE: &[Key] = &[
    Key::new("confidence_threshold", Kind::Float),
    Key::new("group_threshold", Kind::Int),
    Key::new("eps", Kind::Float),
];

const SIMPLE_CLUSTER: &[Key] = &[Key::new("threshold", Kind::Float)];

const DETECTION: &[Key] = &[
    Key::new("num_detected_classes", Kind::Int),
    Key::new("per_class_params", Kind::Message(PER_CLASS_ENTRY)).repeated(),
    Key::new("custom_parse_bbox_func", Kind::Text),
    Key::new("nms", Kind::Message(NMS)),
    Key::new("dbscan", Kind::Message(DBSCAN)),
    Key::new("group_rectangle", Kind::Message(GROUP_RECTANGLE)),
    Key::new("simple_cluster", Kind::Message(SIMPLE_CLUSTER)),
];

const CLASSIFICATION: &[Key] = &[
    Key::new("threshold", Kind::Float),
    Key::new("custom_parse_classifier_func", Kind::Text),
];

const SEGMENTATION: &[Key] = &[
    Key::new("threshold", Kind::Float),
    Key::new("num_segmentation_classes", Kind::Int),
    Key::new("custom_parse_segmentation_func", Kind::Text),
];

const POSTPROCESS: &[Key] = &[
    Key::new("labelfile_path", Kind::Text),
    Key::new("detection", Kind::Message(DETECTION)),
    Key::new("classification", Kind::Message(CLASSIFICATION)),
    Key::new("segmentation", Kind::Message(SEGMENTATION)),
    Key::new("trtis_classification", Kind::Message(CLASSIFY)),
    Key::new("triton_classification", Kind::Message(CLASSIFY)),
    Key::new("other", Kind::Message(OTHER)),
];

const CUSTOM_LIB: &[Key] = &[Key::new("path", Kind::Text)];

const EXTRA: &[Key] = &[
    Key::new("copy_input_to_host_buffers", Kind::Bool)
        .ignored("only output tensors are attached, and all are in host memory"),
    Key::new("output_buffer_pool_size", Kind::Int).ignored("ONNX Runtime pools its own buffers"),
    // The key is spelt like this in DeepStream.
    Key::new("custom_process_funcion", Kind::Text).refused(
        Reason::Library,
        "its C++ objects are nvinferserver's own; remove the key, set postprocess { other {} } and \
         output_control { output_tensor_meta: true }, and read the tensors behind the element, as rsyoloparser does",
    ),
];

const FROM_META: &[Key] = &[Key::new("is_first_dim_batch", Kind::Bool)
    .ignored("the first dimension of nvdspreprocess' tensors counts the regions")];

const INFER: &[Key] = &[
    Key::new("unique_id", Kind::Uint),
    Key::new("gpu_ids", Kind::Int).repeated().ignored(NO_GPU),
    Key::new("max_batch_size", Kind::Uint),
    Key::new("backend", Kind::Message(BACKEND)),
    Key::new("preprocess", Kind::Message(PREPROCESS)),
    Key::new("input_tensor_from_meta", Kind::Message(FROM_META)),
    Key::new("postprocess", Kind::Message(POSTPROCESS)),
    Key::new("custom_lib", Kind::Message(CUSTOM_LIB)),
    Key::new("extra", Kind::Message(EXTRA)),
    Key::new("lstm", Kind::Any).refused(
        Reason::Loop,
        "loops from outputs to inputs are not supported",
    ),
    Key::new("clip_object_outside_roi", Kind::Bool),
];

const COLOR: &[Key] = &[
    Key::new("r", Kind::Float),
    Key::new("g", Kind::Float),
    Key::new("b", Kind::Float),
    Key::new("a", Kind::Float),
];

const BBOX_FILTER: &[Key] = &[
    Key::new("min_width", Kind::Uint),
    Key::new("min_height", Kind::Uint),
    Key::new("max_width", Kind::Uint),
    Key::new("max_height", Kind::Uint),
];

const CLASS_FILTER: &[Key] = &[
    Key::new("bbox_filter", Kind::Message(BBOX_FILTER)),
    Key::new("roi_top_offset", Kind::Uint),
    Key::new("roi_bottom_offset", Kind::Uint),
    Key::new("border_color", Kind::Message(COLOR)),
    Key::new("bg_color", Kind::Message(COLOR)),
];

const CLASS_FILTER_ENTRY: &[Key] = &[
    Key::new("key", Kind::Uint),
    Key::new("value", Kind::Message(CLASS_FILTER)),
];

const DETECT_CONTROL: &[Key] = &[
    Key::new("default_filter", Kind::Message(CLASS_FILTER)),
    Key::new("specific_class_filters", Kind::Message(CLASS_FILTER_ENTRY)).repeated(),
    Key::new("filter_out_class_ids", Kind::Int).repeated(),
];

const OBJECT_CONTROL: &[Key] = &[Key::new("bbox_filter", Kind::Message(BBOX_FILTER))];

const INPUT_CONTROL: &[Key] = &[
    Key::new("process_mode", Kind::Enum(PROCESS_MODE)),
    Key::new("operate_on_gie_id", Kind::Int),
    Key::new("operate_on_class_ids", Kind::Int).repeated(),
    Key::new("interval", Kind::Uint),
    Key::new("secondary_reinfer_interval", Kind::Uint),
    Key::new("async_mode", Kind::Bool),
    Key::new("object_control", Kind::Message(OBJECT_CONTROL)),
];

const OUTPUT_CONTROL: &[Key] = &[
    Key::new("output_tensor_meta", Kind::Bool),
    Key::new("detect_control", Kind::Message(DETECT_CONTROL)),
    Key::new("classifier_type", Kind::Text),
];

pub(super) const ROOT: &[Key] = &[
    Key::new("infer_config", Kind::Message(INFER)),
    Key::new("input_control", Kind::Message(INPUT_CONTROL)),
    Key::new("output_control", Kind::Message(OUTPUT_CONTROL)),
];
