//! What a value as written means as one of the types that a schema may ask for.

use super::Value;

impl Value {
    /// What the value is, for "expected X, found Y".
    pub fn kind(&self) -> &'static str {
        match self {
            Value::String(_) => "a string",
            Value::Number(_) => "a number",
            Value::Word(_) => "a word",
            Value::Message(_) => "a message",
        }
    }

    /// Integer value: decimal, octal or hexadecimal, within i64 or u64.
    pub fn as_integer(&self) -> Option<i128> {
        let Value::Number(text) = self else {
            return None;
        };
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.as_str()),
        };
        let magnitude = if let Some(hex) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
            u64::from_str_radix(hex, 16)
        } else if digits.len() > 1 && digits.starts_with('0') {
            u64::from_str_radix(&digits[1..], 8)
        } else {
            digits.parse()
        };
        magnitude.ok().map(|m| sign * i128::from(m))
    }

    /// Floating-point value; integers count, so do `inf` and `nan`.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Value::Number(text) => {
                if let Some(integer) = self.as_integer() {
                    return Some(integer as f64);
                }
                text.parse()
                    .ok()
                    .or_else(|| text.strip_suffix(['f', 'F'])?.parse().ok())
            }
            Value::Word(word) => match word.to_ascii_lowercase().as_str() {
                "inf" | "infinity" => Some(f64::INFINITY),
                "nan" => Some(f64::NAN),
                _ => None,
            },
            _ => None,
        }
    }

    /// Boolean value: `true`, `True`, `t`, `1` and their opposites.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Word(word) => match word.as_str() {
                "true" | "True" | "t" => Some(true),
                "false" | "False" | "f" => Some(false),
                _ => None,
            },
            Value::Number(_) => match self.as_integer() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            _ => None,
        }
    }
}
