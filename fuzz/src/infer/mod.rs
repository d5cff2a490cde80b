//! The stand-ins' readers of configurations, compiled here alone: the crate they belong to brings what draws and infers,
//! which takes longer to build with a sanitizer than the targets run.

#[path = "../../../nvds-cpu/src/infer/fuzzing.rs"]
pub mod fuzzing;
#[path = "../../../nvds-cpu/src/infer/model_repo.rs"]
pub mod model_repo;
#[path = "../../../nvds-cpu/src/infer/nvinfer_config/mod.rs"]
pub mod nvinfer_config;
#[path = "../../../nvds-cpu/src/infer/pbtext/mod.rs"]
pub mod pbtext;
pub mod postprocess;
pub mod preprocess;
#[path = "../../../nvds-cpu/src/infer/schema.rs"]
pub mod schema;
#[path = "../../../nvds-cpu/src/infer/server_config/mod.rs"]
pub mod server_config;
#[path = "../../../nvds-cpu/src/infer/substitute.rs"]
pub mod substitute;
#[path = "../../../nvds-cpu/src/infer/text.rs"]
mod text;
#[path = "../../../nvds-cpu/src/infer/types.rs"]
pub mod types;
