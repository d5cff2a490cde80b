//! What configurations say about post-processing.

#[path = "../../../nvds-cpu/src/infer/postprocess/settings.rs"]
pub mod settings;
