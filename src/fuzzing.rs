//! What the fuzz targets do with their bytes, and the tests with the fuzz targets' corpus. No part of
//! the plugin's interface.

use nvds::AlignedBytes;

use crate::analytics::check_rules;
use crate::osdannotate::check_style;
use crate::recording::read;

/// A style, as text of a file and as that of the property, and the same as rules of rsanalytics; what is refused must say
/// why.
///
/// # Panics
/// When a rule is broken.
pub fn style(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return; // refused before it is parsed
    };
    for inline in [false, true] {
        for read in [check_style, check_rules] {
            match read(text, inline) {
                Ok(notes) => assert!(notes.iter().all(|note| !note.is_empty())),
                Err(error) => assert!(!error.is_empty()),
            }
        }
    }
}

/// A file of tensors.
///
/// # Panics
/// When a rule is broken.
pub fn recording(bytes: &[u8]) {
    match read::decode(AlignedBytes::copy_of(bytes), (300, 300)) {
        Ok(recording) => {
            let highest = recording.metas.iter().map(|meta| meta.place.frame as usize);
            assert!(
                highest
                    .max()
                    .is_none_or(|highest| highest < recording.frames)
            );
            assert!(recording.told.is_empty() || recording.told.len() == recording.frames);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
