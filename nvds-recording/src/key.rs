//! Names of tensors in a recording: `f0.u5.boxes`, `f0.o2.u6.color`.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// What a tensor belongs to. Ordered as a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Position in the batch.
    pub frame: u32,
    /// Position among the frame's objects, oldest first; `None` for the frame itself.
    pub object: Option<u32>,
    /// unique-id of the inference element.
    pub unique_id: u32,
}

impl fmt::Display for Place {
    /// The part of a key before the layer's name, without its last dot.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f{}.", self.frame)?;
        if let Some(object) = self.object {
            write!(f, "o{object}.")?;
        }
        write!(f, "u{}", self.unique_id)
    }
}

/// Splits a key into its place and the layer's name as it is written there.
pub fn parse(key: &str) -> Option<(Place, &str)> {
    let (frame, rest) = number(key, 'f')?;
    let (object, rest) = match number(rest, 'o') {
        Some((object, rest)) => (Some(object), rest),
        None => (None, rest),
    };
    let (unique_id, layer) = number(rest, 'u')?;
    let place = Place {
        frame,
        object,
        unique_id,
    };
    Some((place, layer))
}

/// Takes `letter`, a number and a dot. Only one spelling of a number is taken, so that no two keys
/// mean the same.
fn number(text: &str, letter: char) -> Option<(u32, &str)> {
    let (digits, rest) = text.strip_prefix(letter)?.split_once('.')?;
    let plain = digits.bytes().all(|b| b.is_ascii_digit())
        && (digits.len() == 1 || !digits.starts_with('0'));
    plain.then(|| Some((digits.parse().ok()?, rest)))?
}

/// A layer's name as keys have it: `%` and what is not UTF-8 becomes `%XX`.
pub fn escape(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for part in chunk.valid().split_inclusive('%') {
            match part.strip_suffix('%') {
                Some(part) => {
                    text.push_str(part);
                    text.push_str("%25");
                }
                None => text.push_str(part),
            }
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The bytes of an escaped name. A `%` that starts no escape stands for itself.
pub fn unescape(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let bytes = text.as_bytes();
    let mut name = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digit = |i: usize| Some(char::from(*bytes.get(at + i)?).to_digit(16)? as u8);
        match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                name.push(high << 4 | low);
                at += 3;
            }
            _ => {
                name.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_written() {
        for (frame, object, unique_id, layer) in [
            (0, None, 5, "boxes"),
            (7, Some(19), 4_294_967_295, "a.b.u3.c"),
            (10, Some(0), 0, ""),
            (1, None, 2, "o3.u4.x"),
        ] {
            let place = Place {
                frame,
                object,
                unique_id,
            };
            let key = format!("{place}.{layer}");
            assert_eq!(parse(&key), Some((place, layer)), "{key}");
        }
    }

    #[test]
    fn other_keys_are_refused() {
        for key in [
            "",
            "boxes",
            "f0",
            "f0.u5",
            "f.u5.x",
            "f0.u.x",
            "f00.u5.x",
            "f+1.u5.x",
            "f-1.u5.x",
            "f4294967296.u5.x",
            "f0.o1.x",
            "f0.o1.u05.x",
            "F0.u5.x",
            "u5.f0.x",
            "f\u{664}.u5.x",
        ] {
            assert_eq!(parse(key), None, "{key}");
        }
    }

    #[test]
    fn names_of_any_bytes_are_kept() {
        for (name, escaped) in [
            (&b"boxes/Concat:0"[..], "boxes/Concat:0"),
            (b"", ""),
            (b"100%", "100%25"),
            (b"%FF", "%25FF"),
            (b"b\xf6xes", "b%F6xes"),
            (b"%\xff%4", "%25%FF%254"),
            ("größe".as_bytes(), "größe"),
        ] {
            assert_eq!(escape(name), escaped);
            assert_eq!(unescape(escaped), name);
        }
        let all: Vec<u8> = (1..=255).chain(1..=255).collect();
        assert_eq!(unescape(&escape(&all)), all);
        // As hand-made files may have it.
        assert_eq!(&*unescape("100%"), b"100%");
        assert_eq!(&*unescape("%4"), b"%4");
        assert_eq!(&*unescape("%%41"), b"%A");
    }
}
