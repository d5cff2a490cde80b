//! Lists as text: `key, key` or, as a GstStructure is written, `name, key=number, key=number`.

use std::fmt;

/// What stands before a `=` or between two commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    Number(u32),
    Name(String),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => write!(f, "\"{name}\""),
        }
    }
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub key: Key,
    /// The key as it is written, without quotes.
    pub text: String,
    pub value: Option<f32>,
}

/// Reads a list. Entries are separated by `,` or `;`, white space around them does not count, empty
/// ones are left out. A key of digits is a number, unless it stands in quotes; in quotes, `\` makes
/// the letter after it an ordinary one. A value may have its type before it, as in `(float)0.5`.
///
/// # Errors
/// What is wrong, with the text at which it is.
pub fn parse(text: &str) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix([',', ';']) {
            rest = after.trim_start();
            continue;
        }
        let (word, quoted, after) = word(rest)?;
        rest = after;
        let key = match word.parse::<u32>() {
            Ok(number) if !quoted && word.bytes().all(|b| b.is_ascii_digit()) => {
                Key::Number(number)
            }
            _ if word.is_empty() => return Err(format!("a key is missing before \"{rest}\"")),
            _ => Key::Name(word.clone()),
        };
        let mut value = None;
        if let Some(after) = rest.strip_prefix('=') {
            let end = after.find([',', ';']).unwrap_or(after.len());
            let (text, after) = after.split_at(end);
            value = Some(number(text).ok_or_else(|| {
                format!("\"{}\" of {key} is not a number such as 0.5", text.trim())
            })?);
            rest = after;
        }
        items.push(Item {
            key,
            text: word,
            value,
        });
    }
    Ok(items)
}

/// The key at the start of a text, whether it was in quotes, and what follows it, from `=`, `,` or
/// `;` on.
fn word(text: &str) -> Result<(String, bool, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ';', '=']).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        return Ok((word.trim().to_owned(), false, rest));
    };
    let mut word = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next() {
            Some('"') => break,
            Some('\\') => word.extend(chars.next()),
            Some(letter) => word.push(letter),
            None => return Err(format!("a quote is missing at the end of {text}")),
        }
    }
    let rest = chars.as_str().trim_start();
    if rest.is_empty() || rest.starts_with([',', ';', '=']) {
        Ok((word, true, rest))
    } else {
        Err(format!("a comma is missing before \"{rest}\""))
    }
}

fn number(text: &str) -> Option<f32> {
    let mut text = text.trim();
    if let Some(typed) = text.strip_prefix('(') {
        text = typed.split_once(')')?.1.trim();
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<(String, Option<f32>)> {
        parse(text)
            .unwrap()
            .into_iter()
            .map(|item| (item.key.to_string(), item.value))
            .collect()
    }

    #[test]
    fn lists_of_keys_and_values() {
        assert_eq!(keys(""), []);
        assert_eq!(keys(" ,; "), []);
        assert_eq!(
            keys("3, +3, -3"),
            ["3", "\"+3\"", "\"-3\""].map(|key| (key.to_owned(), None))
        );
        assert_eq!(
            keys("1, 3;person,traffic light"),
            [
                ("1".into(), None),
                ("3".into(), None),
                ("\"person\"".into(), None),
                ("\"traffic light\"".into(), None),
            ]
        );
        assert_eq!(
            keys("thresholds, person=(float)0.5, 7 = 1;"),
            [
                ("\"thresholds\"".into(), None),
                ("\"person\"".into(), Some(0.5)),
                ("7".into(), Some(1.0)),
            ]
        );
    }

    /// The text that GStreamer itself makes of a structure.
    #[test]
    fn text_of_a_structure() {
        gst::init().unwrap();
        let structure = gst::Structure::builder("thresholds")
            .field("person", 0.6_f64)
            .field("2", 0.25_f32)
            .build();
        assert_eq!(
            keys(&structure.to_string()),
            [
                ("\"thresholds\"".into(), None),
                ("\"person\"".into(), Some(0.6)),
                ("2".into(), Some(0.25)),
            ]
        );
    }

    #[test]
    fn quotes_keep_everything_together() {
        assert_eq!(
            keys(r#""a, b=c"=0.5,"7" , "say \"x\"\\""#),
            [
                ("\"a, b=c\"".into(), Some(0.5)),
                ("\"7\"".into(), None),
                ("\"say \"x\"\\\"".into(), None),
            ]
        );
        assert_eq!(parse("\"7\"").unwrap()[0].key, Key::Name("7".into()));
        // Too large for a class.
        assert_eq!(
            parse("4294967296").unwrap()[0].key,
            Key::Name("4294967296".into())
        );
    }

    #[test]
    fn errors_say_where() {
        for (text, part) in [
            ("\"person=0.5", "\"person=0.5"),
            ("\"person\" car=0.5", "car=0.5"),
            ("person=high", "\"high\" of \"person\""),
            ("3=", "\"\" of 3"),
            ("3=(float", "\"(float\" of 3"),
            ("=0.5", "=0.5"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
