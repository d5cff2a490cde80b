//! The stand-ins' readers of protobuf text, compiled here alone: the crate they belong to brings GStreamer, which takes
//! longer to build with a sanitizer than the targets run.

#[path = "../../../nvds-cpu/src/infer/server_config/keys.rs"]
mod keys;
#[path = "../../../nvds-cpu/src/infer/pbtext/mod.rs"]
pub mod pbtext;
#[path = "../../../nvds-cpu/src/infer/schema.rs"]
pub mod schema;
#[path = "../../../nvds-cpu/src/infer/types.rs"]
pub mod types;

/// The keys of a nvinferserver configuration.
pub const NVINFERSERVER: &[schema::Key] = keys::ROOT;
