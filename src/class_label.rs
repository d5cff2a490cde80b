//! How the labels that a style names are compared with those that objects have.
//!
//! Elements store at most [`STORED`] bytes of a label, without white space around it; files write one letter in more
//! than one way (Unicode's composed and decomposed forms). So both sides are brought to one form before they are
//! compared.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Most bytes of a label that an object holds, the last zero byte left out.
const STORED: usize = 127;

/// A label as a style names it: without white space around it, composed (NFC).
///
/// # Errors
/// Says what no label can have.
pub fn named(name: &str) -> Result<String, String> {
    let no_label = |what: &str, instead: &str| {
        Err(format!(
            "{name:?} is no label: label files are read {what}; write {instead:?}"
        ))
    };
    if let Some((before, _)) = name.split_once(';') {
        return no_label("up to the ;", before.trim());
    }
    if let Some((before, _)) = name.trim().split_once(['\n', '\r', '\0']) {
        return no_label("line by line", before.trim());
    }
    // A tab may stand in a label; nothing prints the others.
    let garbage = |c: char| c.is_control() && c != '\t';
    if name.trim().contains(garbage) {
        return no_label(
            "without control characters",
            name.replace(garbage, "").trim(),
        );
    }
    Ok(normal(name).into_owned())
}

/// The label of an object in the same form. What stock elements left of a letter that they cut goes.
pub fn stored(label: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(label) {
        Ok(text) => normal(text),
        Err(error) if error.error_len().is_none() => {
            normal(std::str::from_utf8(&label[..error.valid_up_to()]).unwrap_or_default())
        }
        Err(_) => Cow::Owned(normal(&String::from_utf8_lossy(label)).into_owned()),
    }
}

/// The forms that an object's label may have, of a name from [`named`]. More than one only where it is cut: the file
/// may have had it composed or not.
pub fn forms(name: &str) -> impl Iterator<Item = String> {
    let cut = |text: &str| normal(nvds::truncate_utf8(text, STORED)).into_owned();
    let composed = cut(name);
    let decomposed = (!name.is_ascii()).then(|| cut(&name.nfd().collect::<String>()));
    let decomposed = decomposed.filter(|form| *form != composed);
    std::iter::once(composed).chain(decomposed)
}

fn normal(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.is_ascii() || is_nfc(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(name: &str, label: &[u8]) -> bool {
        let label = stored(label);
        forms(&named(name).unwrap()).any(|form| form == label)
    }

    #[test]
    fn names_are_compared_as_labels_are_stored() {
        let long = "脸".repeat(50); // 150 bytes: 42 letters are stored
        let composed = "é".repeat(80); // 160 bytes
        let decomposed = "e\u{301}".repeat(80); // 240 bytes
        for (name, label) in [
            ("face", "face"),
            ("face ", "face"),
            ("\tface", " face "),
            ("caf\u{e9}", "cafe\u{301}"),
            ("cafe\u{301}", "caf\u{e9}"),
            (&long, nvds::truncate_utf8(&long, 127)),
            (&composed, nvds::truncate_utf8(&composed, 127)),
            (&composed, nvds::truncate_utf8(&decomposed, 127)),
            (&decomposed, nvds::truncate_utf8(&composed, 127)),
            ("", ""),
        ] {
            assert!(matches(name, label.as_bytes()), "{name} {label}");
        }
        let ascii = "a".repeat(160);
        assert!(matches(&ascii, &ascii.as_bytes()[..127]));
        // Cut between bytes, as stock elements do: 42 letters and a byte of the next.
        assert!(matches(&long, &long.as_bytes()[..127]));
        for (name, label) in [("face", "Face"), ("fase", "face"), ("a", "\u{fffd}")] {
            assert!(!matches(name, label.as_bytes()), "{name} {label}");
        }
    }

    #[test]
    fn labels_that_no_file_gives_are_refused() {
        for (name, instead) in [
            ("face;head", "face"),
            ("a ; b", "a"),
            ("a\nb", "a"),
            ("a\0b", "a"),
            ("\u{1b}[1ma\u{7f}", "[1ma"),
        ] {
            let error = named(name).unwrap_err();
            assert!(error.contains(&format!("write {instead:?}")), "{error}");
        }
    }
}
