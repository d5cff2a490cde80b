//! JSON text, written piece by piece into memory that is kept.

use serde_json::ser::{CompactFormatter, Formatter};

/// Byte 0 of what is no UTF-8 would become this character, byte 0xff the 255th behind it: U+10FC80
/// to U+10FCFF stand for the bytes 0x80 to 0xff. They are for private use, so that any JSON parser
/// takes them; lone surrogates, the other custom, are refused or lost by many.
const ESCAPED_BYTE: u32 = 0x10_fc00;

/// Lines of JSON. Commas are put where the piece before asks for one.
#[derive(Debug, Default)]
pub struct Json {
    text: Vec<u8>,
}

impl Json {
    /// What was written.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// Where the next piece comes, behind a key.
    pub fn place(&self) -> usize {
        self.text.len()
    }

    /// Writes the value again that stands at `value`, as the value of the key before.
    pub fn again(&mut self, value: std::ops::Range<usize>) {
        self.separate();
        self.text.extend_from_within(value);
    }

    /// Empties it; the memory stays.
    pub fn clear(&mut self) {
        self.text.clear();
    }

    /// Ends a line.
    pub fn end_line(&mut self) {
        self.text.push(b'\n');
    }

    /// An object whose members `members` writes.
    pub fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.separate();
        self.text.push(b'{');
        members(self);
        self.text.push(b'}');
    }

    /// An array of what `write` makes of the items.
    pub fn array<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.separate();
        self.text.push(b'[');
        for item in items {
            write(self, item);
        }
        self.text.push(b']');
    }

    /// A member's name, which must need no escapes; its value comes next.
    // Inlined, so that the name is stored and not copied by a call.
    #[inline(always)]
    pub fn key(&mut self, name: &'static str) -> &mut Self {
        self.separate();
        self.text.push(b'"');
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b"\":");
        self
    }

    pub fn null(&mut self) {
        self.separate();
        self.text.extend_from_slice(b"null");
    }

    pub fn bool(&mut self, value: bool) {
        self.separate();
        let text: &[u8] = if value { b"true" } else { b"false" };
        self.text.extend_from_slice(text);
    }

    pub fn signed(&mut self, value: i32) {
        if let Ok(value) = u32::try_from(value) {
            return self.unsigned(value);
        }
        self.separate();
        // Writing to memory cannot fail, here and below.
        let _ = CompactFormatter.write_i32(&mut self.text, value);
    }

    pub fn unsigned(&mut self, value: impl Into<u64>) {
        self.separate();
        match value.into() {
            // Most are: classes, widths.
            digit @ 0..=9 => self.text.push(b'0' + digit as u8),
            value => drop(CompactFormatter.write_u64(&mut self.text, value)),
        }
    }

    /// The shortest number that is read back as the same `f32`; null if it is not finite.
    pub fn float(&mut self, value: f32) {
        if value.is_finite() {
            self.separate();
            let _ = CompactFormatter.write_f32(&mut self.text, value);
        } else {
            self.null();
        }
    }

    /// `[a, b, ...]`.
    pub fn floats<const N: usize>(&mut self, values: [f32; N]) {
        self.array(values, Self::float);
    }

    /// `[a, b, ...]`.
    pub fn unsigneds<const N: usize>(&mut self, values: [u32; N]) {
        self.array(values, Self::unsigned);
    }

    /// `"#rrggbbaa"`, each component in 0..1 times 255 and cut to a whole number, as the OSD does;
    /// what is outside 0..1 becomes the nearer end, NaN 0.
    pub fn color(&mut self, components: [f64; 4]) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.separate();
        self.text.extend_from_slice(b"\"#");
        for component in components {
            let byte = (component * 255.0) as u8;
            let digits = [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
            self.text.extend_from_slice(&digits);
        }
        self.text.push(b'"');
    }

    /// A string. Bytes that are no UTF-8 become characters of private use: see [`unescape`].
    pub fn string(&mut self, bytes: &[u8]) {
        self.separate();
        self.text.push(b'"');
        let plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        let simple = bytes.iter().position(|b| !plain(b)).unwrap_or(bytes.len());
        let (simple, rest) = bytes.split_at(simple);
        self.text.extend_from_slice(simple);
        for chunk in rest.utf8_chunks() {
            for character in chunk.valid().chars() {
                self.character(character);
            }
            for byte in chunk.invalid() {
                self.escaped_byte(*byte);
            }
        }
        self.text.push(b'"');
    }

    fn character(&mut self, character: char) {
        let mut utf8 = [0; 4];
        let escape: &[u8] = match character {
            '"' => b"\\\"",
            '\\' => b"\\\\",
            '\n' => b"\\n",
            '\r' => b"\\r",
            '\t' => b"\\t",
            '\0'..='\x1f' | '\x7f' => return self.code_unit(character as u16),
            // The characters that stand for bytes are themselves written as bytes.
            '\u{10fc80}'..='\u{10fcff}' => {
                for byte in character.encode_utf8(&mut utf8).bytes() {
                    self.escaped_byte(byte);
                }
                return;
            }
            _ => character.encode_utf8(&mut utf8).as_bytes(),
        };
        self.text.extend_from_slice(escape);
    }

    fn escaped_byte(&mut self, byte: u8) {
        let character = char::from_u32(ESCAPED_BYTE + u32::from(byte)).unwrap_or_default();
        for unit in character.encode_utf16(&mut [0; 2]) {
            self.code_unit(*unit);
        }
    }

    /// `\uXXXX`.
    fn code_unit(&mut self, unit: u16) {
        let digit = |shift: u32| {
            char::from_digit(u32::from(unit) >> shift & 15, 16).map_or(b'0', |digit| digit as u8)
        };
        let escape = [b'\\', b'u', digit(12), digit(8), digit(4), digit(0)];
        self.text.extend_from_slice(&escape);
    }

    #[inline]
    fn separate(&mut self) {
        if !matches!(self.text.last(), None | Some(b'{' | b'[' | b':' | b'\n')) {
            self.text.push(b',');
        }
    }
}

/// The bytes that [`Json::string`] made a text of, whatever they were.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match u32::from(character).wrapping_sub(ESCAPED_BYTE) {
            byte @ 0x80..=0xff => bytes.push(byte as u8),
            _ => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Json)) -> String {
        let mut json = Json::default();
        write(&mut json);
        String::from_utf8(json.text).unwrap()
    }

    #[test]
    fn commas_stand_between_values() {
        let line = text(|json| {
            for _ in 0..2 {
                json.object(|json| {
                    json.key("a").unsigned(u64::MAX);
                    json.key("b").array([None, Some(-1)], |json, n| match n {
                        Some(n) => json.signed(n),
                        None => json.null(),
                    });
                    json.key("c").object(|_| ());
                    json.key("d").string(b"{");
                    json.key("e").bool(true);
                });
                json.end_line();
            }
        });
        let one = "{\"a\":18446744073709551615,\"b\":[null,-1],\"c\":{},\"d\":\"{\",\"e\":true}\n";
        assert_eq!(line, one.repeat(2));
    }

    #[test]
    fn whole_numbers_of_each_length() {
        let numbers = [0, 9, 10, -1, -9, -10, i32::MAX, i32::MIN];
        let line = text(|json| json.array(numbers, Json::signed));
        assert_eq!(line, "[0,9,10,-1,-9,-10,2147483647,-2147483648]");
        assert_eq!(
            text(|json| json.unsigneds([0, 9, 10, u32::MAX])),
            "[0,9,10,4294967295]"
        );
    }

    #[test]
    fn a_value_is_written_again() {
        let line = text(|json| {
            json.object(|json| {
                let from = json.key("a").place();
                json.floats([0.5, 1.0]);
                let to = json.place();
                json.key("b").again(from..to);
                json.key("c").unsigned(1_u32);
            });
        });
        assert_eq!(line, r#"{"a":[0.5,1.0],"b":[0.5,1.0],"c":1}"#);
    }

    #[test]
    fn floats_are_read_back_as_they_were() {
        assert_eq!(
            text(|j| j.floats([0.9, 100.0, -0.1, 16_777_216.0])),
            "[0.9,100.0,-0.1,16777216.0]"
        );
        assert_eq!(
            text(|j| j.floats([f32::NAN, f32::INFINITY, f32::NEG_INFINITY])),
            "[null,null,null]"
        );
        // Every 100003rd bit pattern.
        for bits in (0..=u32::MAX).step_by(100_003) {
            let value = f32::from_bits(bits);
            let written = text(|j| j.float(value));
            if value.is_finite() {
                assert_eq!(written.parse::<f32>().unwrap().to_bits(), bits, "{written}");
                assert!(serde_json::from_str::<f64>(&written).is_ok(), "{written}");
            } else {
                assert_eq!(written, "null");
            }
        }
    }

    #[test]
    fn colours_are_cut_as_the_osd_cuts_them() {
        for n in 0..=255_u8 {
            let component = f64::from(n) / 255.0;
            let written = text(|j| j.color([component, 0.999, -1.0, 2.0]));
            assert_eq!(written, format!("\"#{n:02x}fe00ff\""));
        }
        assert_eq!(
            text(|j| j.color([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-300])),
            "\"#00ff0000\""
        );
    }

    #[test]
    fn texts_read_well() {
        for (bytes, written) in [
            (&b"person"[..], r#""person""#),
            (b"", r#""""#),
            (
                "Größe 東京 \u{1f697}".as_bytes(),
                "\"Größe 東京 \u{1f697}\"",
            ),
            (
                b"a\"b\\c\n\r\t\x01\x1f\x7f/",
                r#""a\"b\\c\n\r\t\u0001\u001f\u007f/""#,
            ),
            // A label that was cut within a character.
            (b"Gr\xc3", r#""Gr\udbff\udcc3""#),
            (b"\xff\x80a", r#""\udbff\udcff\udbff\udc80a""#),
        ] {
            assert_eq!(text(|j| j.string(bytes)), written);
        }
    }

    /// What `bytes` are after a JSON parser and [`unescape`].
    fn round_trip(bytes: &[u8]) -> Vec<u8> {
        let written = text(|j| j.string(bytes));
        unescape(&serde_json::from_str::<String>(&written).unwrap())
    }

    #[test]
    fn any_bytes_survive() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(round_trip(&all), all);
        for byte in 0..=255_u8 {
            for other in 0..=255_u8 {
                let bytes = [byte, other, b'"'];
                assert_eq!(round_trip(&bytes), bytes);
            }
        }
        // Pieces that a decoder could take for each other.
        let pieces: [&[u8]; 8] = [
            b"\xf4\x8f\xb2\x80", // U+10FC80 itself
            "\u{10fcff}".as_bytes(),
            "\u{10fc7f}\u{10fd00}\u{10ffff}".as_bytes(),
            b"\xed\xb2\x80", // a surrogate in the manner of UTF-8
            b"\xf4\x8f\xb2", // cut short
            b"\\udbff\\udc80",
            b"\xc0\x80",
            b"\xf5\x90\x80\x80",
        ];
        for first in pieces {
            for second in pieces {
                let bytes = [first, second].concat();
                assert_eq!(round_trip(&bytes), bytes);
            }
        }
    }
}
