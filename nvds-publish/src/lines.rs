//! Splits buffers into lines. A line may span several buffers.

/// Most bytes of a line, 16 MiB: no broker takes more as it comes, and a stream without line feeds would fill the memory.
pub const LONGEST: usize = 16 << 20;

/// Collects lines.
#[derive(Debug, Default)]
pub struct Assembler {
    carry: Vec<u8>,
    /// The line in work is longer than [`LONGEST`]: the rest of it is passed over.
    skipping: bool,
    /// Lines that were too long.
    too_long: u64,
}

impl Assembler {
    /// Adds the bytes of a buffer and hands on every line that ends in it, without its end. Empty ones are passed over.
    /// With `framed` the end of the buffer is the end of a line; else a rest is kept, unless it is a whole JSON object.
    pub fn push(&mut self, bytes: &[u8], framed: bool, mut take: impl FnMut(&[u8])) {
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            self.end(&rest[..at], &mut take);
            rest = &rest[at + 1..];
        }
        if framed {
            self.end(rest, &mut take);
            return;
        }
        self.keep(rest);
        if whole(&self.carry) {
            self.end(&[], &mut take);
        }
    }

    /// At the end of the stream: what is left is a line.
    pub fn finish(&mut self, mut take: impl FnMut(&[u8])) {
        self.end(&[], &mut take);
    }

    /// After a flush: what is left will not go on.
    pub fn clear(&mut self) {
        self.carry.clear();
        self.skipping = false;
    }

    /// Number of lines longer than [`LONGEST`] since the last call.
    pub fn take_too_long(&mut self) -> u64 {
        std::mem::take(&mut self.too_long)
    }

    fn end(&mut self, last: &[u8], take: &mut impl FnMut(&[u8])) {
        let line = if self.carry.is_empty() && !self.skipping && last.len() <= LONGEST {
            last
        } else {
            self.keep(last);
            &self.carry
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.iter().all(u8::is_ascii_whitespace) {
            take(line);
        }
        self.clear();
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.skipping {
            return;
        }
        if self.carry.len() + bytes.len() > LONGEST {
            self.carry = Vec::new();
            self.skipping = true;
            self.too_long += 1;
            return;
        }
        self.carry.extend_from_slice(bytes);
    }
}

/// Whether the bytes are a JSON object to its last brace. The start of an object never is one.
fn whole(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b'{')
        && bytes.last() == Some(&b'}')
        && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(assembler: &mut Assembler, bytes: &[u8], framed: bool) -> Vec<String> {
        let mut found = Vec::new();
        assembler.push(bytes, framed, |line| {
            found.push(String::from_utf8_lossy(line).into_owned())
        });
        found
    }

    #[test]
    fn buffers_cut_anywhere() {
        let mut assembler = Assembler::default();
        assert_eq!(lines(&mut assembler, b"ab", false), [""; 0]);
        assert_eq!(lines(&mut assembler, b"c\r\n\n \nd", false), ["abc"]);
        let mut last = Vec::new();
        assembler.finish(|line| last.push(line.to_vec()));
        assert_eq!(last, [b"d"]);
    }

    #[test]
    fn an_object_needs_no_line_feed() {
        let mut assembler = Assembler::default();
        assert_eq!(lines(&mut assembler, br#"{"a":"}"#, false), [""; 0]);
        assert_eq!(lines(&mut assembler, br#""}"#, false), [r#"{"a":"}"}"#]);
        assert_eq!(lines(&mut assembler, b"\n", false), [""; 0]);
        assert_eq!(lines(&mut assembler, b"{1", true), ["{1"]);
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let mut assembler = Assembler::default();
        let block = vec![b'x'; LONGEST / 2 + 1];
        for _ in 0..4 {
            assert!(lines(&mut assembler, &block, false).is_empty());
        }
        assert!(assembler.carry.is_empty());
        assert_eq!(lines(&mut assembler, b"x\nnext\n", false), ["next"]);
        assert_eq!(
            (assembler.take_too_long(), assembler.take_too_long()),
            (1, 0)
        );
    }

    proptest! {
        #[test]
        fn how_a_text_is_cut_does_not_matter(text in "([a-z{}\"]{0,5}\n){0,6}", at in 0_usize..40) {
            let bytes = text.as_bytes();
            let at = at.min(bytes.len());
            let expected: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
            // A whole object may end before its line feed.
            let mut assembler = Assembler::default();
            let mut found = lines(&mut assembler, &bytes[..at], false);
            found.extend(lines(&mut assembler, &bytes[at..], false));
            let joined = |lines: Vec<String>| lines.concat();
            prop_assert_eq!(joined(found), expected.concat());
        }
    }
}
