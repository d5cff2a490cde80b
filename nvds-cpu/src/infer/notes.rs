//! Remarks about a configuration, for the log and the application.

use super::types::{Note, NoteLevel};

/// Logs the remarks about a configuration, and posts those that are warnings as one message. Its handlers may call the
/// element back: no lock may be held.
pub fn log_notes(category: &gst::DebugCategory, element: &gst::Element, notes: &[Note]) {
    let warnings = notes.iter().filter(|note| note.level == NoteLevel::Warning);
    let warnings: Vec<_> = warnings.map(|note| note.text.to_string()).collect();
    match warnings.split_first() {
        None => {}
        Some((first, [])) => {
            gst::element_warning!(element, gst::LibraryError::Settings, ("{first}"));
        }
        Some((first, more)) => gst::element_warning!(
            element,
            gst::LibraryError::Settings,
            ("{first}, and {} more", more.len()),
            ["{}", warnings.join("\n")]
        ),
    }
    for note in notes {
        match note.level {
            NoteLevel::Warning => gst::warning!(category, obj = element, "{}", note.text),
            NoteLevel::Info => gst::info!(category, obj = element, "{}", note.text),
        }
    }
}
