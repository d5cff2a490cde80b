//! Styles in one line of text, as launch lines have them.

use std::borrow::Cow;

/// Reads a `;` outside of strings and comments as a line's end; TOML has no other use for it. Every
/// other byte stays where it is.
pub fn lines(text: &str) -> Cow<'_, str> {
    if !text.contains(';') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => string(rest, '"'),
            '\'' => string(rest, '\''),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (part, after) = rest.split_at(length);
        out.push_str(if part == ";" { "\n" } else { part });
        rest = after;
    }
    out.into()
}

/// What messages call the text of a property: with what ends a line, where it is not the text's own lines that are counted.
pub fn name(property: &'static str, text: &str) -> Cow<'static, str> {
    let is_counted = !text.contains('\n') && lines(text).contains('\n');
    match is_counted {
        true => format!("{property} (; ends a line)").into(),
        false => property.into(),
    }
}

/// Length of the string at the start of `text`; all of it where the string does not end.
fn string(text: &str, quote: char) -> usize {
    let triple = match quote {
        '"' => "\"\"\"",
        _ => "'''",
    };
    let (open, close) = if text.starts_with(triple) {
        (3, triple)
    } else {
        (1, &triple[..1])
    };
    let mut at = open;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(close) {
            return at + close.len();
        }
        let mut chars = rest.chars();
        let escaped = quote == '"' && chars.next() == Some('\\');
        let length = if escaped {
            1 + chars.next().map_or(0, char::len_utf8)
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        at += length;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_end_lines_outside_of_strings() {
        for (text, expected) in [
            ("a=1;b=2", "a=1\nb=2"),
            ("a=';';b=\";\\\";\";c=3", "a=';'\nb=\";\\\";\"\nc=3"),
            ("a='''x;'y;''';b=1", "a='''x;'y;'''\nb=1"),
            ("a=\"\"\"x;\"y;\\\"\"\"\";b", "a=\"\"\"x;\"y;\\\"\"\"\"\nb"),
            ("a=1 # b;c\nd;e", "a=1 # b;c\nd\ne"),
            ("a='é;", "a='é;"),
            ("a=\"\\", "a=\"\\"),
            ("[default];;", "[default]\n\n"),
        ] {
            assert_eq!(lines(text), expected, "{text}");
        }
    }

    #[test]
    fn messages_tell_what_their_numbers_count() {
        assert_eq!(name("config", "a=1;b=2"), "config (; ends a line)");
        for text in ["a=1", "a=1\nb=2", "a=1;\nb=2", "a=';'"] {
            assert_eq!(name("config", text), "config", "{text}");
        }
    }
}
