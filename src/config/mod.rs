//! Texts of TOML, read key by key, with the line and key of whatever is wrong.

mod filter;
mod inline;
pub mod points;
mod reader;
mod value;

use toml::Spanned;
use toml::de::DeTable;

pub use filter::{ClassName, Classes};
pub use inline::lines;
pub use reader::{Row, key, read_text};
pub use value::Value;

/// Whether a table has a key.
pub fn has(table: &DeTable<'_>, key: &str) -> bool {
    let is = |(name, _): (&Spanned<_>, _)| name.get_ref() == key;
    table.iter().any(is)
}

/// Refuses a table that lacks a key.
///
/// # Errors
/// Names the key.
pub fn check_needed(table: &DeTable<'_>, needed: &[&str]) -> Result<(), String> {
    match needed.iter().find(|key| !has(table, key)) {
        Some(key) => Err(format!("the key {key} is missing")),
        None => Ok(()),
    }
}
