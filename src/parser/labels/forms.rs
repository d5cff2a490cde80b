//! The forms in which people write label files.

use super::{Form, MAX_CLASS, Problem};

/// The labels of a text, by class.
///
/// # Errors
/// When the text is of a form other than lines and does not say which class is which.
pub fn parse(text: &str, json: bool) -> Result<(Vec<String>, Form), Problem> {
    let (entries, form) = if let Some(entries) = parse_json(text, json)? {
        (entries, Form::Json)
    } else if let Some(entries) = parse_label_map(text)? {
        (entries, Form::LabelMap)
    } else {
        let lines: Vec<&str> = lines(text).collect();
        match numbered(&lines) {
            Some(entries) => (entries, Form::NumberedLines),
            None => return Ok((lines.iter().map(|line| label(line)).collect(), Form::Lines)),
        }
    };
    place(entries, form).map(|labels| (labels, form))
}

/// One class and its label.
type Entry = (u32, String);

/// Puts each label in its class's place.
fn place(entries: Vec<Entry>, form: Form) -> Result<Vec<String>, Problem> {
    let problem = |problem| Problem::Form {
        form: form.describe(),
        problem,
    };
    let mut labels: Vec<Option<String>> = Vec::new();
    for (class, label) in entries {
        if class > MAX_CLASS {
            return Err(problem(format!(
                "it numbers a class {class}: expected 0 to {MAX_CLASS}"
            )));
        }
        let class = class as usize;
        if labels.len() <= class {
            labels.resize(class + 1, None);
        }
        if let Some(other) = &labels[class] {
            return Err(problem(format!(
                "class {class} has two labels, {other:?} and {label:?}"
            )));
        }
        labels[class] = Some(label.trim().to_owned());
    }
    Ok(labels.into_iter().map(Option::unwrap_or_default).collect())
}

/// Lines that end with LF or CR LF; with CR where there is no LF, as old editors wrote.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(if text.contains('\n') { '\n' } else { '\r' })
}

/// What counts of a line.
fn label(line: &str) -> String {
    line.split(';').next().unwrap_or("").trim().to_owned()
}

/// Lines that all begin with a number, `0  person`, `0: person` or `0,person`, and rise from 0 or 1.
/// Numbers that do not rise so belong to the labels, as in `50 km/h`.
fn numbered(lines: &[&str]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    for line in lines.iter().map(|line| line.trim()) {
        if line.is_empty() {
            continue;
        }
        let digits = line.find(|c: char| !c.is_ascii_digit())?;
        let (number, rest) = line.split_at(digits);
        if !rest.starts_with([' ', '\t', ':', ',']) {
            return None;
        }
        let number = number.parse::<u32>().ok()?;
        let name = label(rest.trim_start_matches([' ', '\t', ':', ',']));
        let rises = match entries.last() {
            None => number <= 1,
            Some((before, _)) => *before < number,
        };
        if name.is_empty() || !rises {
            return None;
        }
        entries.push((number, name));
    }
    (entries.len() > 1).then_some(entries)
}

/// JSON: `["person", "car"]`, `{"0": "person"}`, `{"person": 0}`, or an object with such an
/// `id2label`. `None` for a text that is no JSON and does not claim to be.
fn parse_json(text: &str, claimed: bool) -> Result<Option<Vec<Entry>>, Problem> {
    let problem = |problem: String| Problem::Form {
        form: Form::Json.describe(),
        problem,
    };
    if !claimed && !text.trim_start().starts_with(['[', '{']) {
        return Ok(None);
    }
    let value: serde_json::Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) if !claimed => return Ok(None),
        Err(error) => return Err(problem(format!("cannot be parsed: {error}"))),
    };
    let value = value.get("id2label").unwrap_or(&value);
    let entries: Option<Vec<Entry>> = match value {
        serde_json::Value::Array(labels) => (0..)
            .zip(labels)
            .map(|(class, label)| Some((class, label.as_str()?.to_owned())))
            .collect(),
        serde_json::Value::Object(pairs) => pairs
            .iter()
            .map(|(key, value)| match value {
                serde_json::Value::String(label) => Some((key.trim().parse().ok()?, label.clone())),
                number => Some((u32::try_from(number.as_u64()?).ok()?, key.clone())),
            })
            .collect(),
        _ => None,
    };
    let expected = "expected an array of labels, or an object of numbers and labels";
    entries.map(Some).ok_or_else(|| problem(expected.into()))
}

/// TensorFlow's StringIntLabelMap: `item { id: 1 name: "/m/01g317" display_name: "person" }`.
/// `None` for a text that does not begin with an item.
fn parse_label_map(text: &str) -> Result<Option<Vec<Entry>>, Problem> {
    let problem = |problem: String| Problem::Form {
        form: Form::LabelMap.describe(),
        problem,
    };
    let mut tokens = Tokens { text, line: 1 };
    if !begins_with_item(tokens) {
        return Ok(None);
    }
    let mut entries = Vec::new();
    while let Some(token) = tokens.next() {
        match token {
            Token::Sign(',' | ';') => continue,
            Token::Word("item") => {}
            other => {
                let line = tokens.line;
                return Err(problem(format!(
                    "line {line}: expected an item, found {other}"
                )));
            }
        }
        let line = tokens.line;
        entries.push(item(&mut tokens).map_err(|error| problem(format!("line {line}: {error}")))?);
    }
    Ok(Some(entries))
}

fn begins_with_item(mut tokens: Tokens<'_>) -> bool {
    let mut next = || tokens.next();
    next() == Some(Token::Word("item"))
        && match next() {
            Some(Token::Sign(':')) => next() == Some(Token::Sign('{')),
            other => other == Some(Token::Sign('{')),
        }
}

/// What stands in the braces of an item. Fields other than the three are skipped, nested ones too.
fn item(tokens: &mut Tokens<'_>) -> Result<Entry, String> {
    let (mut id, mut name, mut display_name) = (None, None, None);
    let mut field = "";
    let mut depth = 0;
    loop {
        let token = tokens.next().ok_or("the item has no end: expected }")?;
        match token {
            Token::Sign('{' | '<') => depth += 1,
            Token::Sign('}' | '>') => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            Token::Sign(_) => {}
            Token::Word(word) if depth == 1 && field == "id" => {
                let number = word.parse::<u32>();
                id = Some(number.map_err(|_| format!("id is {word:?}: expected a number"))?);
                field = "";
            }
            Token::Word(word) => field = word,
            Token::Text(text) if depth == 1 => match field {
                "name" => name = Some(text),
                "display_name" => display_name = Some(text),
                _ => {}
            },
            Token::Text(_) => {}
        }
    }
    let label = display_name.or(name).unwrap_or_default();
    Ok((id.ok_or("the item has no id")?, label))
}

/// A part of protobuf's text format.
#[derive(Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Text(String),
    Sign(char),
}

impl std::fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word(word) => write!(f, "{word:?}"),
            Self::Text(text) => write!(f, "the text {text:?}"),
            Self::Sign(sign) => write!(f, "{sign:?}"),
        }
    }
}

/// Splits protobuf's text format into tokens; a `#` begins a comment.
#[derive(Clone, Copy)]
struct Tokens<'a> {
    text: &'a str,
    /// Of the last token, counted from 1.
    line: usize,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_blanks();
        let first = self.text.chars().next()?;
        if first == '"' || first == '\'' {
            self.text = &self.text[1..];
            return Some(Token::Text(self.quoted(first)));
        }
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/');
        let end = self.text.find(|c| !is_word(c)).unwrap_or(self.text.len());
        if end == 0 {
            self.text = &self.text[first.len_utf8()..];
            return Some(Token::Sign(first));
        }
        let (word, rest) = self.text.split_at(end);
        self.text = rest;
        Some(Token::Word(word))
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.text.trim_start();
            let blank = &self.text[..self.text.len() - rest.len()];
            self.line += blank.matches('\n').count();
            self.text = rest;
            if !rest.starts_with('#') {
                return;
            }
            self.text = &rest[rest.find('\n').unwrap_or(rest.len())..];
        }
    }

    /// A text up to its closing quote, which may be missing at the end of a line.
    fn quoted(&mut self, quote: char) -> String {
        let mut text = String::new();
        let mut chars = self.text.char_indices();
        let mut end = self.text.len();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                end = at + 1;
                break;
            }
            if c == '\n' {
                end = at;
                break;
            }
            match c {
                '\\' => text.extend(chars.next().map(|(_, escaped)| escaped)),
                c => text.push(c),
            }
        }
        self.text = &self.text[end..];
        text
    }
}
