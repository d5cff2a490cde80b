//! What `nvinfer` and `nvinferserver` have in common: configuration files, preprocessing, ONNX Runtime, tensors.
//!
//! Everything works on plain slices and files; the elements bring the frames and attach what comes out.

pub mod config_file;
pub mod element;
pub mod engine;
#[cfg(test)]
mod fuzzing;
pub mod library;
pub mod model_repo;
mod notes;
pub mod nvinfer_config;
pub mod pbtext;
pub mod postprocess;
pub mod prepared;
pub mod preprocess;
pub mod replay;
pub mod results;
pub mod runner;
pub mod schema;
pub mod server_config;
pub mod session;
pub mod substitute;
pub(crate) mod text;
pub mod types;
