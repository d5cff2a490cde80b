//! Texts of TOML, read key by key, with the line and key of whatever is wrong.

#[cfg(test)]
mod as_json;
mod filter;
mod inline;
pub mod points;
mod reader;
mod value;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

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

/// Puts sections over those of the same name, and the others behind them, in time that grows with their number alone.
pub fn put_over<T>(known: &mut Vec<T>, later: Vec<T>, name: fn(&T) -> &str) {
    let places = known.iter().enumerate();
    let mut places: HashMap<String, usize> = places
        .map(|(at, section)| (name(section).to_owned(), at))
        .collect();
    for section in later {
        match places.entry(name(&section).to_owned()) {
            Entry::Occupied(place) => known[*place.get()] = section,
            Entry::Vacant(place) => {
                place.insert(known.len());
                known.push(section);
            }
        }
    }
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
