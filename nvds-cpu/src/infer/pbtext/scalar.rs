//! Single values: words, numbers, strings with their escapes.

use super::{Parser, Position, SyntaxError, Value};

impl Parser<'_> {
    /// The value of the field `name`.
    pub(super) fn scalar(&mut self, name: &str) -> Result<Value, SyntaxError> {
        match self.peek() {
            Some('"' | '\'') => {
                let mut bytes = Vec::new();
                while matches!(self.peek(), Some('"' | '\'')) {
                    self.quoted(&mut bytes)?;
                    self.skip_space();
                }
                Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()))
            }
            Some('-') => {
                self.bump();
                self.skip_space();
                match self.peek() {
                    Some(c) if c.is_ascii_digit() || c == '.' => self.number("-"),
                    Some(c) if c.is_ascii_alphabetic() => {
                        let position = self.position;
                        let word = self.word();
                        match word.to_ascii_lowercase().as_str() {
                            "inf" | "infinity" | "nan" => Ok(Value::Number(format!("-{word}"))),
                            _ => self.error(
                                position,
                                format!("expected a number after '-', found \"{word}\""),
                            ),
                        }
                    }
                    _ => self.expected("a number after '-'"),
                }
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(""),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => Ok(Value::Word(self.word())),
            _ => self.expected(&format!("a value for \"{name}\"")),
        }
    }

    fn number(&mut self, sign: &str) -> Result<Value, SyntaxError> {
        let position = self.position;
        let mut text = sign.to_owned();
        while let Some(c) = self.peek() {
            let exponent_sign =
                matches!(c, '+' | '-') && text.ends_with(['e', 'E']) && !text.contains(['x', 'X']);
            if !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || exponent_sign) {
                break;
            }
            text.push(c);
            self.bump();
        }
        let value = Value::Number(text);
        if value.as_float().is_none() {
            let Value::Number(text) = value else {
                return self.expected("a number");
            };
            return self.error(position, format!("\"{text}\" is not a number"));
        }
        Ok(value)
    }

    fn quoted(&mut self, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
        let open = self.position;
        let quote = self.bump();
        loop {
            let position = self.position;
            match self.bump() {
                None | Some('\n') => {
                    return self.error(
                        open,
                        "the string that starts here is not closed on its line",
                    );
                }
                c if c == quote => return Ok(()),
                Some('\\') => self.escape(position, out)?,
                Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }

    fn escape(&mut self, position: Position, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
        let simple = match self.bump() {
            Some('a') => 7,
            Some('b') => 8,
            Some('f') => 12,
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('t') => b'\t',
            Some('v') => 11,
            Some(c @ ('?' | '\\' | '\'' | '"')) => c as u8,
            Some(c @ '0'..='7') => {
                let mut digits = String::from(c);
                self.digits(&mut digits, 3, 8);
                match u8::from_str_radix(&digits, 8) {
                    Ok(byte) => byte,
                    Err(_) => {
                        return self.error(
                            position,
                            format!("the escape \\{digits} is larger than one byte"),
                        );
                    }
                }
            }
            Some('x' | 'X') => {
                let mut digits = String::new();
                self.digits(&mut digits, 2, 16);
                match u8::from_str_radix(&digits, 16) {
                    Ok(byte) => byte,
                    Err(_) => {
                        return self
                            .error(position, "expected one or two hexadecimal digits after \\x");
                    }
                }
            }
            Some(kind @ ('u' | 'U')) => {
                let length = if kind == 'u' { 4 } else { 8 };
                let mut digits = String::new();
                self.digits(&mut digits, length, 16);
                let point = (digits.len() == length)
                    .then(|| u32::from_str_radix(&digits, 16).ok())
                    .flatten()
                    .and_then(char::from_u32);
                let Some(point) = point else {
                    return self.error(
                        position,
                        format!("expected {length} hexadecimal digits of a Unicode character after \\{kind}"),
                    );
                };
                out.extend_from_slice(point.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            Some(c) => {
                return self.error(
                    position,
                    format!("unknown escape \\{} in a string", c.escape_debug()),
                );
            }
            None => return self.error(position, "the file ends inside a string"),
        };
        out.push(simple);
        Ok(())
    }

    fn digits(&mut self, digits: &mut String, up_to: usize, radix: u32) {
        while digits.len() < up_to {
            match self.peek() {
                Some(c) if c.is_digit(radix) => {
                    digits.push(c);
                    self.bump();
                }
                _ => return,
            }
        }
    }
}
