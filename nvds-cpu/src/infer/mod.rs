//! What `nvinfer` and `nvinferserver` have in common: configuration files, preprocessing, ONNX Runtime, tensor metas.
//!
//! Everything here but [`tensor_meta`] works on plain slices and files.

pub mod model_repo;
pub mod pbtext;
pub mod preprocess;
pub mod schema;
pub mod server_config;
pub mod types;
