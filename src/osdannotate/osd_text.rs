//! Texts that nvdsosd draws. In its GPU mode it drops a whole string for one letter of four bytes.

/// What stands for a letter that would not be drawn.
const REPLACEMENT: char = '\u{fffd}';

/// Replaces what would keep `text` from being drawn. Returns whether there was anything.
pub fn make_drawable(text: &mut String) -> bool {
    // Without branches, so that compilers make vector instructions of it.
    let odd = |byte: u8| (byte >= 0xf0) | (byte == 0);
    if !text.bytes().fold(false, |any, byte| any | odd(byte)) {
        return false;
    }
    *text = text
        .chars()
        .map(|c| match c {
            '\0' => REPLACEMENT,
            c if c.len_utf8() == 4 => REPLACEMENT,
            c => c,
        })
        .collect();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_drawn_is_replaced() {
        for (text, expected) in [
            ("", ""),
            ("Größe 東京", "Größe 東京"),
            ("a \u{1f697} b\u{10000}", "a \u{fffd} b\u{fffd}"),
            ("a\0b", "a\u{fffd}b"),
        ] {
            let mut drawn = text.to_owned();
            assert_eq!(make_drawable(&mut drawn), text != expected);
            assert_eq!(drawn, expected);
        }
    }
}
