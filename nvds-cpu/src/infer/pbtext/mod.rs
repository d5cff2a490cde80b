//! Protocol-buffer *text format* without generated code.
//!
//! `nvinferserver` is configured in this format, and so is every model of a Triton model repository. An error about
//! a value has to say where that value stands, so the parser keeps the line and column of each field. Of the general
//! protobuf crates, prost-reflect tells the place of what is wrong with syntax, names and types, but not the kind of the
//! mistake, and its values have no place once they are parsed. [`parse`] checks the grammar only; what a field means, and which fields exist, is told by the
//! tables of [`super::schema`].
//!
//! Source of the grammar: the "Text Format Language Specification" of protobuf.dev.

mod value;

use std::fmt;

/// Deepest nesting of messages accepted, the limit protobuf's own parsers use.
const MAX_DEPTH: usize = 100;

/// A place in the text, both numbers counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Text that is not text format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {message}")]
pub struct SyntaxError {
    /// Where the parser stopped.
    pub position: Position,
    /// What it expected and what it found.
    pub message: String,
}

/// The fields of one message in the order of the text. A list `a: [1, 2]` is two fields of the same name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    /// Where the message opens; the first character of the text for the outermost one.
    pub position: Position,
    /// The fields.
    pub fields: Vec<Field>,
}

/// One name with one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name as written; extensions and `Any` urls keep their brackets.
    pub name: String,
    /// Where the name stands, or the list element for elements after the name.
    pub position: Position,
    /// The value.
    pub value: Value,
}

/// A value as written. Numbers stay text until the schema says what type they have to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// One or more adjacent quoted strings, unescaped. Bytes that are not UTF-8 are replaced.
    String(String),
    /// A number with its sign, such as `-0x1F`, `1.5f` or `-inf`.
    Number(String),
    /// A word: an enum value, `true`, `inf`.
    Word(String),
    /// A nested message.
    Message(Message),
}

/// Parses a whole text as the fields of one message.
pub fn parse(text: &str) -> Result<Message, SyntaxError> {
    let mut parser = Parser {
        rest: text.strip_prefix('\u{feff}').unwrap_or(text),
        position: Position { line: 1, column: 1 },
    };
    let position = parser.position;
    let fields = parser.fields(None, 0)?;
    Ok(Message { position, fields })
}

struct Parser<'a> {
    rest: &'a str,
    position: Position,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        if c == '\n' {
            self.position.line += 1;
            self.position.column = 1;
        } else {
            self.position.column += 1;
        }
        Some(c)
    }

    fn skip_space(&mut self) {
        while let Some(c) = self.peek() {
            if c == '#' {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.bump();
                }
            } else if c.is_ascii_whitespace() || c == '\u{b}' {
                self.bump();
            } else {
                return;
            }
        }
    }

    fn error<T>(&self, position: Position, message: impl Into<String>) -> Result<T, SyntaxError> {
        Err(SyntaxError {
            position,
            message: message.into(),
        })
    }

    fn expected<T>(&self, what: &str) -> Result<T, SyntaxError> {
        let found = match self.peek() {
            None => "the end of the file".to_owned(),
            Some(c) => format!("'{}'", c.escape_debug()),
        };
        self.error(self.position, format!("expected {what}, found {found}"))
    }

    /// Fields up to the closing character, or to the end of the text. `open` is that character and where the message began.
    fn fields(
        &mut self,
        close: Option<(char, Position)>,
        depth: usize,
    ) -> Result<Vec<Field>, SyntaxError> {
        if depth > MAX_DEPTH {
            return self.error(
                self.position,
                format!("messages are nested deeper than {MAX_DEPTH}"),
            );
        }
        let mut fields = Vec::new();
        loop {
            self.skip_space();
            match (self.peek(), close) {
                (None, None) => return Ok(fields),
                (None, Some((close, open))) => {
                    return self.error(
                        self.position,
                        format!("the message opened at {open} is not closed: expected '{close}', found the end of the file"),
                    );
                }
                (Some(c), Some((close, _))) if c == close => {
                    self.bump();
                    return Ok(fields);
                }
                _ => {}
            }
            self.field(&mut fields, depth)?;
            self.skip_space();
            if matches!(self.peek(), Some(',' | ';')) {
                self.bump();
            }
        }
    }

    fn field(&mut self, fields: &mut Vec<Field>, depth: usize) -> Result<(), SyntaxError> {
        let position = self.position;
        let name = self.name()?;
        self.skip_space();
        let colon = self.peek() == Some(':');
        if colon {
            self.bump();
            self.skip_space();
        }
        match self.peek() {
            Some('{' | '<') => {
                let value = self.message(depth)?;
                fields.push(Field {
                    name,
                    position,
                    value,
                });
            }
            Some('[') => self.list(&name, position, colon, fields, depth)?,
            _ if !colon => {
                return self.expected(&format!("':' or '{{' after the field name \"{name}\""));
            }
            _ => {
                let value = self.scalar(&name)?;
                fields.push(Field {
                    name,
                    position,
                    value,
                });
            }
        }
        Ok(())
    }

    fn name(&mut self) -> Result<String, SyntaxError> {
        match self.peek() {
            Some('[') => {
                let mut name = String::new();
                while let Some(c) = self.peek() {
                    if !(c.is_ascii_alphanumeric() || "[]._/-%".contains(c)) {
                        break;
                    }
                    name.push(c);
                    self.bump();
                    if c == ']' {
                        return Ok(name);
                    }
                }
                self.expected("']' at the end of an extension name")
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => Ok(self.word()),
            _ => self.expected("a field name"),
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek() {
            if !(c.is_ascii_alphanumeric() || c == '_') {
                break;
            }
            word.push(c);
            self.bump();
        }
        word
    }

    fn message(&mut self, depth: usize) -> Result<Value, SyntaxError> {
        let position = self.position;
        let close = if self.bump() == Some('<') { '>' } else { '}' };
        let fields = self.fields(Some((close, position)), depth + 1)?;
        Ok(Value::Message(Message { position, fields }))
    }

    fn list(
        &mut self,
        name: &str,
        name_position: Position,
        colon: bool,
        fields: &mut Vec<Field>,
        depth: usize,
    ) -> Result<(), SyntaxError> {
        let open = self.position;
        self.bump();
        self.skip_space();
        if self.peek() == Some(']') {
            self.bump();
            return Ok(());
        }
        let mut position = name_position;
        loop {
            self.skip_space();
            let value = match self.peek() {
                Some('{' | '<') => self.message(depth)?,
                // Without the colon only messages may follow, as for a single value.
                Some(_) if colon => self.scalar(name)?,
                Some(_) => return self.expected("'{' in a list of messages"),
                None => {
                    return self
                        .error(self.position, format!("the list opened at {open} is not closed: expected ']', found the end of the file"));
                }
            };
            fields.push(Field {
                name: name.to_owned(),
                position,
                value,
            });
            self.skip_space();
            match self.peek() {
                Some(',') => {
                    self.bump();
                    self.skip_space();
                    position = self.position;
                }
                Some(']') => {
                    self.bump();
                    return Ok(());
                }
                _ => {
                    return self.expected(&format!("',' or ']' in the list opened at {open}"));
                }
            }
        }
    }

    fn scalar(&mut self, name: &str) -> Result<Value, SyntaxError> {
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

#[cfg(test)]
mod tests;
