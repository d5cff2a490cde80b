//! Protocol-buffer *text format* without generated code.
//!
//! `nvinferserver` is configured in this format, and so is every model of a Triton model repository. An error about
//! a value has to say where that value stands, so the parser keeps the line and column of each field. Of the general
//! protobuf crates, prost-reflect tells the place of what is wrong with syntax, names and types, but not the kind of the
//! mistake, and its values have no place once they are parsed. [`parse`] checks the grammar only; what a field means, and which fields exist, is told by the
//! tables of [`super::schema`].
//!
//! Source of the grammar: the "Text Format Language Specification" of protobuf.dev.

mod scalar;
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
}

#[cfg(test)]
mod tests;
