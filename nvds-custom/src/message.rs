//! What is said on the error output: inference elements give parsers no other place.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

/// More kinds of messages than a pipeline can have; names of layers may be part of a kind.
const MOST: usize = 256;

static SAID: Mutex<BTreeSet<(&'static str, String)>> = Mutex::new(BTreeSet::new());

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Objects are lost.
    Error,
    /// Something can only be a mistake.
    Warning,
    /// What was decided.
    Info,
}

/// Says something, unless the function already said something of this kind. The text is made only if it is needed.
pub fn once(function: &'static str, level: Level, kind: &str, text: impl FnOnce() -> String) {
    {
        let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() >= MOST || !said.insert((function, kind.to_owned())) {
            return;
        }
    }
    let level = match level {
        Level::Error => "error: ",
        Level::Warning => "warning: ",
        Level::Info => "",
    };
    let line = format!("{function}: {level}{}\n", text());
    // Whoever closed the error output does not want to know.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
