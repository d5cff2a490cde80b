//! Texts of TOML, read key by key, with the line and key of whatever is wrong.

#[cfg(test)]
mod as_json;
mod filter;
mod inline;
pub mod points;
mod reader;
mod value;

use toml::Spanned;
use toml::de::DeTable;

#[cfg(test)]
pub use as_json::as_json;
pub use filter::{ClassName, Classes};
pub use inline::{lines, name};
pub use reader::{Reader, Row, key, read_text, read_text_and};
pub use value::Value;

/// Whether a table has a key.
pub fn has(table: &DeTable<'_>, key: &str) -> bool {
    let is = |(name, _): (&Spanned<_>, _)| name.get_ref() == key;
    table.iter().any(is)
}

/// Refuses names of zones, lines and other rules that templates, metas or C cannot have.
///
/// # Errors
/// Says what is expected.
pub fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.contains(['{', '}']) {
        return Err("expected a name without braces".into());
    }
    if name.contains(char::is_control) {
        return Err(format!(
            "expected a name without control characters, found {name:?}"
        ));
    }
    Ok(())
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
