//! Texts of TOML, read key by key, with the line and key of whatever is wrong.

mod inline;
pub mod points;
mod reader;
mod value;

pub use inline::lines;
pub use reader::{Findings, Reader, Row, key};
pub use value::Value;
