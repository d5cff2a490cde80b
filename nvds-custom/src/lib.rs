//! Bounding box parsers for pipelines that cannot get another element: `libnvdsinfer_custom_rsnvds.so` for nvinfer's
//! `custom-lib-path` and nvinferserver's `custom_lib`, with the decoders of `nvds-decode`.
//!
//! | file | subject |
//! | --- | --- |
//! | `exports.rs` | the functions that inference elements call |
//! | `function.rs` | which family each of them reads |
//! | `parser.rs` | from a call's tensors to objects; one state for each thread and function |
//! | `choose.rs` | which family a call's tensors are of |
//! | `abi.rs`, `shim.cpp`, `parser.h` | memory: the arguments' structs, and std::vector |
//! | `release.rs`, `loaded.rs` | of which size an object is: the release of the loaded libraries |
//! | `options/` | what a user says of the network, in a file or a variable |
//! | `message.rs` | what is said on the error output, each thing once |
//!
//! `docs/custom-parser-library.md` is for who uses it.
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod abi;
mod choose;
mod doubt;
mod exports;
mod function;
mod loaded;
mod message;
mod options;
mod parser;
mod release;

pub use exports::{
    NvDsInferParseRsnvds, NvDsInferParseRsnvdsDetr, NvDsInferParseRsnvdsFace,
    NvDsInferParseRsnvdsSsd, NvDsInferParseRsnvdsYolo,
};
